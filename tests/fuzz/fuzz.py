"""Fuzz: every parser under atheris, `--seconds` each, a process a parser; prints executions, crashes and a control.

The control is a parser with a fault planted in it: a run that does not find the fault fails, as does one that finds
anything else, or a parser that was not executed. Half of the inputs are libFuzzer's own edits of bits, half come from
the mutator of the seeds, which knows brackets, fields and tags. `make fuzz` installs atheris and runs this.
"""

import argparse
import contextlib
import io
import json
import os
import random
import re
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

try:
    import atheris
except ImportError:
    print(
        "SKIPPED: fuzzing with atheris, because it cannot be installed here (requirements-fuzz.lock)", file=sys.stderr
    )
    raise SystemExit(1 if os.environ.get("LOCKPLATE_NO_SKIPS") else 0) from None

# what all tests share lies one folder up
sys.path.append(str(Path(__file__).resolve().parents[1]))
with (
    contextlib.redirect_stderr(io.StringIO()),  # it names every module
    atheris.instrument_imports(include=["lockplate", "fuzz_parsers"], enable_loader_override=False),
):
    import fuzz_parsers
    from fuzz_mutating import MAX_BYTES, mutate

MEGABYTES = 2048
SLOW_SECONDS = 120
"""No input of 200,000 bytes may take longer, on a machine that does other work, too."""
EXECUTED = re.compile(r"^stat::number_of_executed_units:\s*(\d+)", re.MULTILINE)
DONE = "runs in "
"""What libFuzzer says when the time was over and nothing was found."""
GOING_SECONDS = 5.0
"""How long a process that is done may take to go."""
CONTROL = fuzz_parsers.PLANTED.name


class Told(NamedTuple):
    """What one parser's process said."""

    name: str
    executions: int
    crashes: int
    log: Path

    def line(self) -> str:
        return f"{self.name:24} executions {self.executions:9,}  crashes {self.crashes}"


def fuzz(parser: fuzz_parsers.Parser, seconds: int, folder: Path) -> None:
    """Fuzz one parser until the time is over or something is found; libFuzzer ends the process."""
    seeds = parser.seeds()

    def changed(data: bytes, max_size: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if chance.random() < 0.5:
            return bytes(atheris.Mutate(data, max_size))
        return mutate(data or chance.choice(seeds), chance, seeds)[:max_size]

    for number, sample in enumerate(seeds):
        (folder / f"seed-{number}").write_bytes(sample)
    words = [
        "fuzz", str(folder), f"-max_total_time={seconds}", f"-max_len={MAX_BYTES}", "-print_final_stats=1",
        f"-timeout={SLOW_SECONDS}", f"-rss_limit_mb={MEGABYTES}", f"-artifact_prefix={folder}/found-",
    ]  # fmt: skip
    atheris.Setup(words, lambda data: fuzz_parsers.offer(parser, data), custom_mutator=changed)
    atheris.Fuzz()


def start(parser: fuzz_parsers.Parser, seconds: int, folder: Path) -> int:
    """Start a parser's process, its words in a file; return its number. What was imported is imported once."""
    folder.mkdir()
    process = os.fork()
    if process:
        return process
    with folder.with_suffix(".log").open("wb") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    fuzz(parser, seconds, folder)
    raise SystemExit(3)  # not _exit: libFuzzer writes down what it found as the process ends


def told(parser: fuzz_parsers.Parser, folder: Path, status: int) -> Told:
    """Return what became of a parser's process."""
    log = folder.with_suffix(".log")
    text = log.read_text(errors="replace")
    executed = EXECUTED.search(text)
    found = len(list(folder.glob("found-*")))
    ended = DONE in text  # a table library's threads may hold up the process's own end afterwards; that is no find
    return Told(parser.name, int(executed[1]) if executed else 0, found or int(status != 0 and not ended), log)


def ended(running: dict[int, fuzz_parsers.Parser], folder: Path) -> tuple[int, int]:
    """Wait for one of several processes, and return its number and status; one that is done and does not go is killed."""
    done_at: dict[int, float] = {}
    while True:
        process, status = os.waitpid(-1, os.WNOHANG)
        if process:
            return process, status
        for number, parser in running.items():
            log = (folder / parser.name).with_suffix(".log")
            if log.exists() and DONE in log.read_text(errors="replace"):
                done_at.setdefault(number, time.monotonic())
        for number, since in done_at.items():
            if time.monotonic() - since > GOING_SECONDS:
                os.kill(number, signal.SIGKILL)
        time.sleep(0.1)


def run(parsers: list[fuzz_parsers.Parser], seconds: int, folder: Path, jobs: int) -> list[Told]:
    """Fuzz several parsers, `jobs` at once, and print a line for each as it ends."""
    waiting, running, done = list(parsers), {}, []
    while waiting or running:
        while waiting and len(running) < jobs:
            parser = waiting.pop(0)
            running[start(parser, seconds, folder / parser.name)] = parser
        process, status = ended(running, folder)
        parser = running.pop(process)
        done.append(told(parser, folder / parser.name, status))
        print(done[-1].line(), flush=True)
    return done


def main() -> int:
    """Fuzz, sum up, and return 1 when anything is not as it should be."""
    table = {parser.name: parser for parser in (*fuzz_parsers.parsers(), fuzz_parsers.PLANTED)}
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=int, default=4, help="for each parser")
    options.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options.add_argument(
        "--only", nargs="*", choices=sorted(table), help="these parsers alone; the control always runs"
    )
    options.add_argument("--results", type=Path, help="also as JSON, into this file")
    asked = options.parse_args()
    chosen = [parser for name, parser in table.items() if name == CONTROL or not asked.only or name in asked.only]
    folder = Path(tempfile.mkdtemp(prefix="lockplate-fuzz-"))
    done = run(chosen, asked.seconds, folder, asked.jobs)
    *others, control = sorted(done, key=lambda one: one.name == CONTROL)
    bad = [one for one in others if one.crashes or not one.executions]
    for one in bad:
        print(f"\n{one.name}: {one.log}\n{one.log.read_text(errors='replace')[-4000:]}")
    total = sum(one.executions for one in others)
    print(f"{len(others)} parsers, {total:,} executions, {sum(one.crashes for one in others)} crashes")
    found = bool(control.crashes and control.executions)
    print(f"control: the planted fault was {'found' if found else 'NOT FOUND'}")
    if asked.results:
        asked.results.write_text(json.dumps([one._asdict() | {"log": str(one.log)} for one in done], indent=1))
    return int(bool(bad) or not found)


if __name__ == "__main__":
    sys.exit(main())
