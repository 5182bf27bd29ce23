"""The witness's page: what it has seen, in words, and loud when a log signed two histories."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lockplate.clock import SetClock
from lockplate.errors import LockplateError
from lockplate.note import encode_base64
from lockplate.web.witness.page import WitnessPage, ago
from lockplate.witnessing.folder import WitnessFolder
from lockplate.witnessing.submission import Submission
from lockplate.witnessing.trusting import trust_log
from lockplate.witnessing.witness import Witness
from witnessed import PlainLog

NOW = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
LOG = PlainLog()


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOW)


@pytest.fixture
def witness(tmp_path: Path, clock: SetClock) -> Iterator[Witness]:
    folder = WitnessFolder.at(tmp_path / "witness")
    folder.create("clerk.example/w1", clock.now())
    with folder.open(clock) as opened:
        yield opened


@pytest.fixture
def watching(witness: Witness, clock: SetClock) -> Witness:
    trust_log(witness._state, LOG.vkey, clock.now())
    return witness


def html(witness: Witness) -> str:
    return WitnessPage(witness).html()


def ask(witness: Witness, submission: Submission) -> None:
    try:
        witness.add_checkpoint(submission.body())
    except LockplateError:
        return


def test_before_any_log_it_says_what_to_do(witness):
    """An empty page is an instruction, and shows the keys to give away."""
    page = html(witness)
    assert "No log is watched yet" in page
    assert "lockplate witness add-log" in page
    assert all(vkey.replace("+", "&#43;") in page or vkey in page for vkey in witness.vkeys)


def test_a_log_that_has_not_asked(watching):
    page = html(watching)
    assert LOG.origin in page
    assert "Has not asked yet" in page
    assert "Two histories" not in page


def test_a_log_in_order(watching, clock):
    """Size, time, root and key; one history, no alarm."""
    ask(watching, LOG.submission(0, 1204))
    clock.advance(timedelta(hours=3, minutes=5))
    page = html(watching)
    for words in ("1,204 records", "24 Nov 2026, 08:30:00 UTC", "3 hours ago", "One history"):
        assert words in page
    assert encode_base64(LOG.root(1204)).replace("+", "&#43;") in page.replace("+", "&#43;")
    assert 'role="alert"' not in page


def test_a_fork_is_loud(watching):
    """In the title, as an alert before everything else, and on the log itself."""
    ask(watching, LOG.submission(0, 7))
    ask(watching, LOG.told("false").submission(7, 7))
    page = html(watching)
    assert "<title>Two histories: " in page
    assert page.index('role="alert"') < page.index("<article")
    assert "kept 1 signed request as proof" in page
    assert "lockplate witness evidence --json" in page
    assert 2 == page.count("Two histories")  # the title and the log's own mark


def test_doubts_are_told_without_alarm(watching):
    """A false proof and an old checkpoint are explained, not cried about."""
    ask(watching, LOG.submission(0, 7))
    ask(watching, LOG.submission(0, 5))
    page = html(watching)
    assert "Refused as older than what was signed" in page
    assert "One history" in page  # anyone can send an old checkpoint: that alone colours nothing
    ask(watching, Submission(old=7, proof=(), note=LOG.note(12)))
    page = html(watching)
    assert 'role="alert"' not in page
    assert "Look at what was refused" in page
    assert "Refused without a proof that holds" in page


def test_a_clock_behind_is_told(watching, clock):
    """The keeper learns why nothing is signed."""
    ask(watching, LOG.submission(0, 7))
    clock.advance(timedelta(minutes=-1))
    page = html(watching)
    assert "The clock of this machine is behind" in page
    assert "ago" not in page.partition("<dt>Signed</dt>")[2].partition("</dd>")[0]


def test_a_hostile_name_stays_text(witness, clock):
    """A log is named by strangers."""
    for origin in ("<script>alert(1)</script>", "x\u202eevil", "a&b\"c'd"):
        trust_log(witness._state, PlainLog(origin=origin).vkey, clock.now())
    page = html(witness)
    assert "<script" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;" in page


def test_two_keys_of_a_log_are_shown(watching, clock):
    second = PlainLog(seed=bytes(32))
    trust_log(watching._state, second.vkey, clock.now(), another=True)
    page = html(watching)
    assert "Keys that this witness trusts" in page
    assert second.vkey.rpartition("+")[2][:20] in page


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "less than a minute ago"), (59, "less than a minute ago"), (60, "1 minute ago"), (7199, "1 hour ago"),
     (7200, "2 hours ago"), (86_400 * 3 + 1, "3 days ago")],
)  # fmt: skip
def test_how_long_ago(seconds, words):
    assert words == ago(timedelta(seconds=seconds))
