"""Hypothesis on every parser: refusals only, whatever the bytes; little time and memory; nothing said back.

`make fuzz` does the same with atheris, for as long as one likes.
"""

import os
import random
import resource
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import fuzz_mutating
import fuzz_parsers
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lockplate.readers.formats import format_names

EXAMPLES = int(os.environ.get("LOCKPLATE_FUZZ_EXAMPLES", "40"))
PARSERS = list(fuzz_parsers.parsers())
PROCESSOR_SECONDS = 30.0
"""For one input of at most 1 MB; what is slowest, a nested law text, takes a twentieth of it."""
MEGABYTES = 600
each_parser = pytest.mark.parametrize("parser", PARSERS, ids=lambda one: one.name)


@each_parser
def test_a_seed_is_taken(parser):
    """What the mutations start from is what the parser takes, else they would end at its first check."""
    taken = [fuzz_parsers.offer(parser, seed) for seed in parser.seeds()]
    assert taken
    assert all(taken)


@each_parser
def test_hostile_bytes_are_taken_or_refused(parser):
    """Bytes without form, and valid samples made hostile by their own structure."""
    seeds = parser.seeds()

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(raw=st.binary(max_size=200), seed=st.integers(0, 2**64))
    def offer(raw, seed):
        chance = random.Random(seed)
        fuzz_parsers.offer(parser, raw)
        fuzz_parsers.offer(parser, fuzz_mutating.mutate(chance.choice(seeds), chance, seeds))

    offer()


@each_parser
def test_large_bytes_end(parser):
    """A seed made large in the ways that make parsers slow ends within the processor time and memory allowed."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for bomb in fuzz_mutating.bombs(parser.seeds()[0]):
        with processor_time(PROCESSOR_SECONDS):
            fuzz_parsers.offer(parser, bomb)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEGABYTES * 1024


@contextmanager
def processor_time(seconds):
    """Interrupt what takes more of this process's own processor time, however slow or busy the machine is."""

    def over(*_):
        raise TooLong

    kept = signal.signal(signal.SIGVTALRM, over)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, kept)


class TooLong(BaseException):
    """More processor time than a hostile input may cost; no parser catches it."""


def test_the_checks_would_see():
    """The control: a planted fault is found, a plate that is said back, and an input that never ends."""
    with pytest.raises(ValueError, match="dictionary update"):
        fuzz_parsers.offer(fuzz_parsers.PLANTED, b"a==b")
    with pytest.raises(AssertionError):
        fuzz_parsers.check_words("not a plate: 7ktn041")
    with pytest.raises(TooLong), processor_time(0.05):
        sum(1 for _ in iter(int, 1))


def test_every_parser_has_its_place():
    """Names are unique, each format of readers is on the table, and the page of hostile input names every parser."""
    names = [parser.name for parser in PARSERS]
    page = (Path(__file__).resolve().parents[2] / "docs" / "hostile-input.md").read_text(encoding="utf-8")

    assert len(names) == len(set(names))
    assert {f"payload-{name}" for name in format_names()} < set(names)
    assert [] == [name for name in names if not name.startswith("payload-") and f"`{name}`" not in page]


def test_the_fuzzer_without_atheris_says_so(tmp_path):
    """It is skipped by name, and where nothing may be skipped it fails."""
    (tmp_path / "atheris.py").write_text("raise ImportError")
    for strict, code in (("", 0), ("1", 1)):
        words = [sys.executable, str(Path(__file__).with_name("fuzz.py"))]
        environment = os.environ | {"PYTHONPATH": str(tmp_path), "LOCKPLATE_NO_SKIPS": strict}
        done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert (code, True) == (done.returncode, done.stderr.startswith("SKIPPED: fuzzing with atheris"))
