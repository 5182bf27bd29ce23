"""Acts: what a node is doing when the fault strikes, and the ledger: what it said was done.

What flows in: a home that ground.py made. What flows out: one line for each thing that was acknowledged, said only after
the real function returned. What it must never see: which fault strikes, or whether one does.

An act goes on after a refusal, as a server does: what it acknowledges then counts as much as before.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import clerk
import ground
import warm
from ground import HOME, START

from lockplate.clock import Clock, format_time, period_of
from lockplate.errors import Conflict, LockplateError
from lockplate.intake.delivery import Delivery
from lockplate.operations.grants import GrantName
from lockplate.operations.people import NewPerson
from lockplate.operations.retaining import ForgottenAt, RetentionReport, RunRetention
from lockplate.operations.taking_in import Ingest
from lockplate.plate import fold
from lockplate.read import ClockRule, Parsed, Read
from lockplate.settings import load_settings
from lockplate.store.passages import PassagePlace
from lockplate.terms import PlateText, ReaderId, Role, Token
from lockplate.wiring.founding import found_operator
from lockplate.wiring.node import Node

Say = Callable[..., None]
"""Called with a word and what belongs to it; the line is beyond the reach of any fault once it returns."""
Act = Callable[[Node, Say], None]

FROM_NOTHING = frozenset({"founding", "witness"})
"""Acts that found what they work on."""
RECORDS = 4
DELIVERIES = 3
"""Of three reads each."""
LIVE_PLATES = tuple(f"KTN{number:04}" for number in range(101, 101 + 3 * DELIVERIES))
FILE_PLATES = tuple(f"LRW{number:04}" for number in range(201, 206))


def run(name: str, folder: Path, clock: Clock, say: Say, *, early: bool = False) -> None:
    """Open the home in a folder, do the act, and close the home.

    `begin` is said before the act; with `early`, and where the act itself founds, before the home is opened.
    """
    settings = load_settings(folder / "home", {})
    if name == "witness":
        say("begin")
        clerk.cosign(folder, clock, say)
        return
    if name == "ingest":
        write_reads(folder)
    if name == "founding":
        say("begin")
        with _refusals(say):
            with _twice_is_well():
                found_operator(settings, clock, ground.newcomer())
                say("founded")
            with warm.open_node(settings, clock) as node:
                append(node, say)
        return
    if early:
        say("begin")
    node = warm.open_node(settings, clock)
    if not early:
        say("begin")
    ACTS[name](node, say)
    with _refusals(say):
        node.close()


def append(node: Node, say: Say) -> None:
    """Put records with sealed details in the log, and publish in between and at the end."""
    recorder = node.desk(HOME).recorder
    for number in range(RECORDS):
        case = f"26-{number:04}"
        with _refusals(say):
            place = recorder.record(ground.record(), {"case_number": case})
            say("recorded", index=place, case=case)
        if number % 2:
            with _refusals(say):
                say("published", note=node.desk(HOME).evidence.publisher.publish())


def destroy(node: Node, say: Say) -> None:
    """Run retention: the key of one hour is over."""
    with _refusals(say):
        report: Any = ground.do(node, "retention.run", RunRetention())
        say("forgotten", receipts=list(_told(report).receipts), hours=_told(report).hours)


def grant(node: Node, say: Say) -> None:
    """Approve the grant that waits, as a second person."""
    name = ground.facts_of(node.settings.home.parent).grant
    with _refusals(say):
        ground.do(node, "grant.approve", GrantName(grant=name), "sam")
        say("granted", grant=name)


def ingest(node: Node, say: Say) -> None:
    """Take in live deliveries and a file; a question in between finds what is there."""
    for number in range(DELIVERIES):
        plates = LIVE_PLATES[3 * number : 3 * number + 3]
        with _refusals(say):
            node.live.submit(_delivery(plates)).result()
            say("stored", plates=plates)
    with _refusals(say):
        ground.do(node, "ingest", Ingest(path=str(_reads_file(node.settings.home.parent))))
        say("stored", plates=FILE_PLATES)


def everything(node: Node, say: Say) -> None:
    """Touch every SQLite file of a home: log, heads, details, both key rings, registry, passages."""
    append(node, say)
    with _refusals(say):
        ground.do(node, "user.add", NewPerson(person="otto", agency="home", display_name="Otto", roles=(Role.OFFICER,)))
        say("added", person="otto")
    with _refusals(say):
        period = period_of(START + timedelta(hours=1))
        node.desk(HOME).ring.make_period_key(period, START)
        commitment = node.desk(HOME).ring.commitment(period)
        say("made", period=period, commitment="" if commitment is None else commitment.commitment)
    grant(node, say)
    destroy(node, say)
    for number in range(3):
        node.live._passages.put([_place(number)])
    append(node, say)


ACTS: dict[str, Act] = {
    "append": append,
    "destroy": destroy,
    "grant": grant,
    "ingest": ingest,
    "everything": everything,
}


def write_reads(folder: Path) -> None:
    """Lay the file that an ingest takes in beside the home: before the fault, for it is no part of the node."""
    lines = [
        f'{{"plate":"{plate}","captured_at":"{format_time(captured_at(plate))}","reader":"r1"}}'
        for plate in FILE_PLATES
    ]
    _reads_file(folder).write_text("\n".join(lines) + "\n", encoding="utf-8")


def captured_at(plate: str) -> Any:
    """Return when a plate of an act was read: each in a second of its own, in two hours of the same day."""
    return START - timedelta(seconds=311 * int(plate[-3:]) % 5400 + 1)


def _reads_file(folder: Path) -> Path:
    return folder / "reads.ndjson"


def _delivery(plates: tuple[str, ...]) -> Delivery:
    reads = tuple(
        Read(
            format="lockplate",
            plate_text=PlateText(plate),
            plate_key=fold(plate),
            captured_at=captured_at(plate),
            clock_rule=ClockRule.OFFSET,
            passage_ids=(f"passage-{plate}",),
        )
        for plate in plates
    )
    return Delivery(
        operator=HOME, reader=ReaderId("r1"), parsed=Parsed(format="lockplate", reads=reads), received_at=START
    )


def _place(number: int) -> PassagePlace:
    return PassagePlace(
        operator=HOME,
        hash=bytes([number]) * 32,
        token=Token(bytes(8)),
        captured_at=number,
        reader=ReaderId("r1"),
        noted_at=1,
    )


def _told(report: RetentionReport) -> ForgottenAt:
    (one,) = report.operators
    return one


@contextmanager
def _refusals(say: Say) -> Iterator[None]:
    """Let the act go on after a refusal from the tree of errors; any other exception is said for what it is."""
    try:
        yield
    except LockplateError as error:
        say("refused", code=error.code)
    except Exception as error:  # noqa: BLE001 - the harness counts it as a bad outcome
        say("broke", kind=f"{type(error).__name__}: {error}")


@contextmanager
def _twice_is_well() -> Iterator[None]:
    """Let a founding that was cut short be repeated: an operator that is there already is well."""
    try:
        yield
    except Conflict as error:
        if error.code == "kek_exists":
            raise
