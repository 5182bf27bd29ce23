"""The watch on a real node with a clock that is set, over nine days of invented traffic: what opens, and what does not."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from lockplate.clock import SetClock, format_time
from lockplate.errors import Conflict, Denied, NotFound, StoreFailed
from lockplate.health import Brought
from lockplate.hotlist import Category, EntryId, ListId, MatchKind
from lockplate.operations.faults import CheckFaults, FaultName, FaultsOf
from lockplate.operations.hotlists import AddHotList, EnterPlate, ImportHotList
from lockplate.operations.operation import Actor
from lockplate.operations.readers import AddReader, ReaderName, ReadersOf
from lockplate.operations.table import operation
from lockplate.operations.watching import FaultWatch, look
from lockplate.plate import fold
from lockplate.read import Read
from lockplate.registry.faults import Changes, Fault, FaultKind, Faults, Wrong
from lockplate.registry.hits import HitDetails, HitState, NewHit
from lockplate.registry.watched import LONGEST_STEP
from lockplate.settings import load_settings
from lockplate.terms import Action, OperatorId, PersonId, PlateText, ReaderId
from lockplate.wiring.node import Node, open_node

BEGAN = datetime(2026, 11, 2, 0, 0, tzinfo=UTC)
"""A Monday."""
NOON = BEGAN + timedelta(days=9, hours=12)
"""A Wednesday, with nine days and a half of history."""
PINE = OperatorId("pine-county")
DAY, NIGHT, ALWAYS = ReaderId("mill-day"), ReaderId("depot-day"), ReaderId("gate-always")
READERS = (DAY, NIGHT, ALWAYS)
MINUTE = timedelta(minutes=1)


def usual(reader: ReaderId, at: datetime) -> int:
    """Return what a reader brings in an hour: two sleep at night, one never does."""
    return 60 if reader == ALWAYS or 6 <= at.hour < 20 else 0


@pytest.fixture(scope="module")
def lived_in(
    make_county: Callable[[Path, SetClock], AbstractContextManager[Any]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A county's home with readers and nine and a half days of traffic, all of it watched; closed again."""
    home = tmp_path_factory.mktemp("lived") / "home"
    clock = SetClock(BEGAN)
    with make_county(home, clock) as county:
        for reader in READERS:
            county.run("reader.add", AddReader(reader=reader, name=f"Reader {reader}", operator=PINE))
        hours = county.node.registries.reader_hours
        for number in range(9 * 24 + 12):
            at = BEGAN + timedelta(hours=number)
            for reader in READERS:
                if reads := usual(reader, at):
                    last = at + timedelta(minutes=59)
                    hours.note(PINE, reader, last, Brought(reads=reads, rejected=1, timed=reads, least_drift=0.2))
        hours.flush()
        while clock.now() < NOON:
            county.node.registries.watched.tick(clock.now())
            clock.advance(LONGEST_STEP)
    return home


class Watched:
    """A copy of that county, opened at noon, with a way to live on minute by minute."""

    def __init__(self, county: Any) -> None:
        self.county, self.node, self.clock = county, county.node, county.clock
        self.quiet: set[ReaderId] = set()
        self.opened: list[tuple[datetime, Fault]] = []
        self.closed: list[tuple[datetime, Fault]] = []

    def look(self) -> Changes:
        """Look once, and keep what changed."""
        told = look(self.node).changes
        self.opened += [(self.clock.now(), fault) for fault in told.opened]
        self.closed += [(self.clock.now(), fault) for fault in told.closed]
        return told

    def live(
        self, time: timedelta, *, brought: dict[ReaderId, Brought] | None = None, step: timedelta = MINUTE
    ) -> None:
        """Let time pass: each reader that is not quiet brings what it usually does, or what is given, and the node looks."""
        end = self.clock.now() + time
        while self.clock.now() < end:
            self.clock.advance(step)
            now = self.clock.now()
            for reader in set(READERS) - self.quiet:
                reads = round(usual(reader, now) * (step / timedelta(hours=1)))
                one = (brought or {}).get(reader) or Brought(reads=reads, timed=reads, least_drift=0.2)
                if one.reads or one.rejected:
                    self.node.registries.reader_hours.note(PINE, reader, now, one)
            self.look()

    def kinds(self) -> list[tuple[FaultKind, str]]:
        """Return what is open now."""
        return [(one.kind, one.subject) for one in self.node.registries.faults.list_open(PINE)]


@dataclass
class Open:
    """An open node with a short way to use it."""

    node: Node
    clock: SetClock

    def run(self, name: str, request: object, person: str = "", *, there: bool = False) -> Any:
        """Run an operation: on the node's own machine, or as over HTTP (`there`)."""
        actor = Actor(person=PersonId(person) if person else None, is_system_user=not there)
        return operation(name).handler(self.node, actor, request)


@contextmanager
def opened_at(home: Path, folder: Path, at: datetime) -> Iterator[Watched]:
    """Copy a closed home, open it at a time, and let it settle."""
    copy = folder / "home"
    # not the engine: it holds no read, and a copy of its folder does not open
    shutil.copytree(home, copy, ignore=shutil.ignore_patterns("store"))
    shutil.copy(home.with_name("home.kek"), folder / "home.kek")
    clock = SetClock(at)
    with open_node(load_settings(copy, {}), clock) as node:
        yield Watched(Open(node, clock))


@pytest.fixture
def watched(lived_in: Path, tmp_path: Path) -> Iterator[Watched]:
    with opened_at(lived_in, tmp_path, NOON) as one:
        one.live(timedelta(minutes=15))
        assert [] == one.kinds()
        one.opened.clear()
        yield one


# Readers


def test_a_reader_that_falls_silent_at_noon_is_told_within_the_hour(watched: Watched) -> None:
    """Half an hour without a read where thirty are usual: one fault, of that reader, once; it closes when it is back."""
    watched.quiet = {DAY}
    watched.live(timedelta(minutes=45))

    ((at, fault),) = watched.opened
    assert (FaultKind.READER_SILENT, DAY) == (fault.kind, fault.subject)
    assert timedelta(minutes=29) < at - (NOON + timedelta(minutes=15)) < timedelta(minutes=35)
    assert fault.facts["usual_reads"] > 20
    watched.live(timedelta(minutes=30))
    assert 1 == len(watched.opened)

    watched.quiet = set()
    watched.live(timedelta(minutes=5))
    assert [(FaultKind.READER_SILENT, DAY)] == watched.kinds(), "a few reads are a sign of life, and no more"
    watched.live(timedelta(minutes=25))
    assert [] == watched.kinds()
    assert [DAY] == [one.subject for _, one in watched.closed]


def test_readers_that_sleep_are_not_silent_at_night(watched: Watched) -> None:
    """Two readers bring nothing from eight to six, as every night; the one that never sleeps would be told."""
    watched.live(timedelta(hours=18), step=LONGEST_STEP)
    assert ([], []) == (watched.opened, watched.kinds())

    night = BEGAN + timedelta(days=10, hours=22)
    watched.live(night - watched.clock.now(), step=LONGEST_STEP)
    watched.quiet = {ALWAYS, NIGHT}
    watched.live(timedelta(hours=2), step=LONGEST_STEP)
    assert [(FaultKind.READER_SILENT, ALWAYS)] == watched.kinds()


def test_a_clock_that_is_off_opens_and_closes(watched: Watched) -> None:
    """Forty seconds open a fault, twenty-five leave it, five close it."""
    for drift, expected in (
        (40.0, [(FaultKind.READER_CLOCK, DAY)]),
        (25.0, [(FaultKind.READER_CLOCK, DAY)]),
        (5.0, []),
    ):
        watched.clock.advance(timedelta(hours=1))
        watched.node.registries.watched.tick(watched.clock.now())
        watched.live(timedelta(minutes=12), brought={DAY: Brought(reads=1, timed=1, least_drift=drift)})
        assert expected == [one for one in watched.kinds() if one[0] is not FaultKind.WATCH_GAP], drift


def test_a_fall_of_the_rate_is_told(watched: Watched) -> None:
    """A tenth of the usual reads for a working afternoon: a fault of the rate, none of silence."""
    tenth = Brought(reads=1, timed=1, least_drift=0.2)
    watched.live(timedelta(hours=7), brought={DAY: tenth}, step=LONGEST_STEP)

    assert [(FaultKind.READER_RATE, DAY)] == watched.kinds()
    ((_, fault),) = watched.opened
    assert fault.facts["reads"] < fault.facts["usual_reads"] / 3


def test_a_share_of_rejects_that_changes_is_told(watched: Watched) -> None:
    """Half of what a reader sends is suddenly no read; when it sends well again the fault closes."""
    junk = Brought(reads=1, rejected=1, timed=1, least_drift=0.2)
    watched.live(timedelta(hours=2), brought={DAY: junk})
    assert [(FaultKind.READER_REJECTS, DAY)] == watched.kinds()

    watched.live(timedelta(hours=7), step=LONGEST_STEP)
    assert [] == watched.kinds()


def confirmed(watched: Watched, reader: ReaderId, states: list[HitState]) -> None:
    """Record hits of a reader, each decided by somebody."""
    hits, now = watched.node.registries.hits, watched.clock.now()
    details = HitDetails(
        plate_text=PlateText("HOT0001"), region=None, vehicle=None, kind=MatchKind.EXACT_TEXT, region_agrees=None,
        listed_text=PlateText("HOT0001"), listed_region=None, reason="",
    )  # fmt: skip
    new = [
        NewHit(
            operator=PINE, list_id=ListId("l1"), entry_id=EntryId(f"e{number}"), category=Category.STOLEN_VEHICLE,
            reader=reader, captured_at=now - timedelta(seconds=number), details=details,
        )
        for number in range(len(states))
    ]  # fmt: skip
    for one, state in zip(hits.record(new), states, strict=True):
        hits.confirm(one.hit_id, state, by=PersonId("olga"))


def test_wrong_reads_that_people_found_are_told(watched: Watched) -> None:
    """Nineteen decided hits say nothing; twelve wrong ones of twenty-two do, and duplicates do not count."""
    confirmed(watched, DAY, [HitState.WRONG_READ] * 10 + [HitState.CORRECT] * 9 + [HitState.DUPLICATE] * 50)
    watched.live(MINUTE)
    assert [] == watched.kinds()

    watched.live(MINUTE)
    confirmed(watched, DAY, [HitState.WRONG_READ] * 2 + [HitState.CORRECT])
    watched.live(MINUTE)
    assert [(FaultKind.READER_ERRORS, DAY)] == watched.kinds()
    (fault,) = watched.node.registries.faults.list_open(PINE)
    assert {"wrong_reads": 12.0, "decided": 22.0} == fault.facts


def test_a_reader_that_is_stopped_has_no_fault(watched: Watched) -> None:
    """Whoever sets a reader inactive closes what was amiss with it."""
    watched.quiet = {DAY}
    watched.live(timedelta(hours=1))
    assert [(FaultKind.READER_SILENT, DAY)] == watched.kinds()

    watched.county.run("reader.deactivate", ReaderName(reader=DAY), "ada", there=True)
    watched.look()
    assert [] == watched.kinds()


def test_a_new_reader_is_not_judged(watched: Watched) -> None:
    """Two days of a lively reader that then falls silent: too little history, no fault, and the list says so."""
    watched.county.run("reader.add", AddReader(reader="new-one", name="New", operator=PINE))
    for number in range(20):
        at = watched.clock.now() - timedelta(hours=number, minutes=30)
        watched.node.registries.reader_hours.note(PINE, ReaderId("new-one"), at, Brought(reads=500))
    watched.live(timedelta(hours=6), step=LONGEST_STEP)

    assert [] == watched.kinds()
    listed = {one.reader.reader: one for one in watched.county.run("reader.list", ReadersOf(operator=PINE))}
    assert ("new", True) == (listed["new-one"].state.value, "of the 7 days" in listed["new-one"].why)
    assert ("well", "") == (listed[DAY].state.value, listed[DAY].why)


# Lists


def add_list(watched: Watched, name: str, hours: float = 24) -> ListId:
    new = AddHotList(
        operator=PINE, name=name, categories=(Category.STOLEN_VEHICLE,), source="state bulletin", legal_basis="cite",
        max_age_hours=hours,
    )  # fmt: skip
    made = watched.county.run("hotlist.add", new)
    return ListId(made.hot_list.list_id)


def send_file(watched: Watched, list_id: ListId) -> None:
    ends = format_time(watched.clock.now() + timedelta(days=30))
    content = f"plate,category,expires\nHOT0001,stolen_vehicle,{ends}\n"
    watched.county.run("hotlist.import", ImportHotList(list_id=list_id, content=content))


def matches(watched: Watched) -> bool:
    read = Read(format="test", plate_text=PlateText("HOT0001"), plate_key=fold("HOT0001"))
    return bool(watched.node.desk(PINE).lane.index.match(read))


def test_a_list_is_stale_at_the_very_second(watched: Watched) -> None:
    """One second before, its entries match and nothing is said; at the second they do not, and it is told; a file ends it."""
    list_id = add_list(watched, "State stolen")
    send_file(watched, list_id)
    sent_at = watched.clock.now()
    watched.clock.advance(timedelta(hours=24, seconds=-1))
    before = look(watched.node)
    assert (True, []) == (matches(watched), [one for one in watched.kinds() if one[0] is FaultKind.LIST_STALE])
    assert sent_at + timedelta(hours=24) == before.next_at, "the watch wakes at that second"

    watched.clock.advance(timedelta(seconds=1))
    watched.look()
    assert not matches(watched)
    assert (FaultKind.LIST_STALE, list_id) in watched.kinds()
    watched.look()
    assert 1 == sum(one.kind is FaultKind.LIST_STALE for _, one in watched.opened)

    send_file(watched, list_id)
    watched.look()
    assert (FaultKind.LIST_STALE, list_id) not in watched.kinds()
    assert matches(watched)


def test_a_list_that_never_got_a_file_is_told_after_an_hour(watched: Watched) -> None:
    """A list that people keep by hand is none of those, also when it is empty for a while."""
    never, by_hand = add_list(watched, "Forgotten"), add_list(watched, "Own desk")
    entry = EnterPlate(
        list_id=by_hand, plate="HOT0002", reason="taken", case_number="26-7", category=Category.STOLEN_VEHICLE,
        until=format_time(watched.clock.now() + timedelta(minutes=30)),
    )  # fmt: skip
    watched.county.run("hotlist.enter", entry, "ada", there=True)
    watched.live(timedelta(minutes=59), step=LONGEST_STEP)
    assert [] == watched.kinds()

    watched.live(timedelta(minutes=10), step=LONGEST_STEP)
    assert [(FaultKind.LIST_NEVER, never)] == watched.kinds()


# The node itself


def test_a_clock_that_jumps_opens_one_fault_and_no_reader_is_silent(watched: Watched) -> None:
    """A hundred readers, a clock a year ahead for an hour and a half, and back: the gap is told, nobody is silent."""
    for number in range(100):
        watched.county.run("reader.add", AddReader(reader=f"pole-{number}", name=f"Pole {number}", operator=PINE))
        for hour in range(9 * 24):
            at = watched.clock.now() - timedelta(hours=hour)
            watched.node.registries.reader_hours.note(PINE, ReaderId(f"pole-{number}"), at, Brought(reads=50))
    watched.look()
    year = timedelta(days=365)
    watched.clock.advance(year)
    watched.look()
    assert [(FaultKind.WATCH_GAP, "node")] == watched.kinds()
    for _ in range(90):
        watched.clock.advance(MINUTE)
        for reader in (DAY, ALWAYS, *(ReaderId(f"pole-{number}") for number in range(100))):
            # the cameras' clocks are right all the time
            wrong_to_us = Brought(reads=1, timed=1, least_drift=-year.total_seconds())
            watched.node.registries.reader_hours.note(PINE, reader, watched.clock.now(), wrong_to_us)
        watched.look()
    assert [(FaultKind.NODE_CLOCK, "node")] == watched.kinds()

    watched.clock.advance(-year)
    watched.quiet = set()
    watched.live(timedelta(minutes=12))
    assert [] == [one for one in watched.kinds() if one[0].value.startswith("reader_")]
    assert FaultKind.WATCH_GAP not in {kind for kind, _ in watched.kinds()}


def test_a_node_that_was_off_says_so_and_blames_no_reader(lived_in: Path, tmp_path: Path) -> None:
    """Opened again after two days: the gap at once, nobody silent, and after ten minutes all is judged as before."""
    with opened_at(lived_in, tmp_path, NOON + timedelta(days=2)) as watched:
        watched.look()
        assert [(FaultKind.WATCH_GAP, "node")] == [one for one in watched.kinds() if one[0] is FaultKind.WATCH_GAP]
        watched.live(timedelta(minutes=11))
        assert [] == [one for one in watched.kinds() if one[0] is not FaultKind.RETENTION_STOPPED]


def test_nothing_is_said_of_readers_until_the_node_has_settled(lived_in: Path, tmp_path: Path) -> None:
    """Twenty minutes off, then a clock an hour off: for ten minutes nobody knows whose clock it is; then it is told."""
    with opened_at(lived_in, tmp_path, NOON + timedelta(minutes=20)) as watched:
        off = {DAY: Brought(reads=1, timed=1, least_drift=3600.0)}
        watched.live(timedelta(minutes=9), brought=off)
        assert [] == watched.kinds()
        watched.live(timedelta(minutes=3), brought=off)
        assert [(FaultKind.READER_CLOCK, DAY)] == watched.kinds()


def test_a_short_restart_is_no_gap(lived_in: Path, tmp_path: Path) -> None:
    """Twenty minutes off: no fault at all, and none of a reader that was not heard meanwhile."""
    with opened_at(lived_in, tmp_path, NOON + timedelta(minutes=20)) as watched:
        watched.live(timedelta(minutes=30))
        assert [] == watched.kinds()


# Faults as records


def test_the_same_look_again_changes_nothing(watched: Watched) -> None:
    """Looking twice in one second opens nothing twice, and writes one warning."""
    watched.quiet = {DAY}
    watched.live(timedelta(minutes=29))
    with capture_logs() as logs:
        watched.live(timedelta(minutes=5))
        watched.look()
        watched.look()
    warnings = [line for line in logs if line["event"] == "fault_opened"]
    assert [("warning", DAY)] == [(line["log_level"], line["subject"]) for line in warnings]
    assert 1 == len(watched.kinds())


def test_what_is_told_is_in_the_same_transaction(watched: Watched) -> None:
    """A fault whose announcement fails is not opened, and one whose announcement is made is told once, opening and end."""
    engine = watched.node.registries.faults._engine
    told: list[tuple[str, bool]] = []

    def breaks(_: object, __: Fault) -> None:
        raise StoreFailed("the outbox is full")

    wrong = [Wrong(kind=FaultKind.READER_SILENT, subject=DAY, facts={"quiet_seconds": 1.0})]
    with pytest.raises(StoreFailed):
        Faults(engine, watched.clock, breaks).settle(PINE, wrong, [])
    assert [] == watched.kinds()

    faults = Faults(engine, watched.clock, lambda _, fault: told.append((fault.subject, fault.is_open)))
    faults.settle(PINE, wrong, [])
    faults.settle(PINE, wrong, [])
    faults.settle(PINE, [], [(FaultKind.READER_SILENT, DAY)])
    faults.settle(PINE, [], [(FaultKind.READER_SILENT, DAY)])
    assert [(DAY, True), (DAY, False)] == told


def test_that_somebody_saw_a_fault_is_on_record(watched: Watched) -> None:
    """By whoever manages what is amiss; officers may look only; once is enough, and a closed fault is over."""
    watched.quiet = {DAY}
    watched.live(timedelta(hours=1))
    run = watched.county.run
    (line,) = run("fault.list", FaultsOf(operator=PINE), "olga", there=True)
    assert ("Reader mill-day", True) == (line.subject_name, "usually brings" in line.says)
    name = FaultName(fault_id=line.fault.fault_id)
    with pytest.raises(Denied):
        run("fault.acknowledge", name, "olga", there=True)

    seen = run("fault.acknowledge", name, "ada", there=True)

    assert "ada" == seen.fault.acknowledged_by
    log = watched.node.desk(PINE).evidence.log
    leaf = log.entry(log.size - 1)
    assert Action.READERS_CHANGED.value.encode() in leaf
    assert b'"fault_acknowledged"' in leaf
    with pytest.raises(Conflict):
        run("fault.acknowledge", name, "abe", there=True)
    with pytest.raises(NotFound):
        run("fault.acknowledge", FaultName(fault_id="f0"), "ada", there=True)
    with pytest.raises(Denied):
        run("fault.list", FaultsOf(operator=PINE), "quinn", there=True)


def test_a_check_by_hand_looks_now(watched: Watched) -> None:
    """`fault check` opens what is amiss and says all that is open; an outsider may not."""
    watched.quiet = {DAY}
    watched.live(timedelta(minutes=28))
    watched.clock.advance(timedelta(minutes=4))

    told = watched.county.run("fault.check", CheckFaults(), "ada", there=True)

    assert (True, [DAY], [DAY]) == (
        told.settled,
        [one.fault.subject for one in told.opened],
        [one.fault.subject for one in told.faults],
    )
    with pytest.raises(Denied):
        watched.county.run("fault.check", CheckFaults(), "quinn", there=True)


def test_the_server_wakes_in_a_minute_or_when_a_list_is_stale(watched: Watched) -> None:
    """The step says how long to wait; hours that are too old are deleted only by a clock that has been steady a day."""
    watch = FaultWatch(watched.node)
    assert 60 == watch.step()
    list_id = add_list(watched, "Short", hours=0.005)
    send_file(watched, list_id)
    assert 17 < watch.step() <= 18
    before = len(watched.node.registries.watched.hours(BEGAN))
    watched.clock.advance(timedelta(days=400))
    watch.step()
    assert before == len(watched.node.registries.watched.hours(BEGAN))
