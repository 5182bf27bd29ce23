"""Forgetting: by law, with receipts, across crashes and clocks that jump."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lockplate.access import AccessRecord
from lockplate.clock import SetClock, format_time, period_of
from lockplate.errors import Denied, KeyUnavailable, NotFound, SealBroken, StoreFailed, Unauthenticated
from lockplate.operations.asking import Ask
from lockplate.operations.operation import Actor
from lockplate.operations.operators import OperatorName
from lockplate.operations.retaining import RunRetention, retention_parts
from lockplate.operations.table import operation
from lockplate.retention.receipt import commitment_hash, periods_in
from lockplate.retention.receipts import Receipts, notes_path
from lockplate.retention.revived import KeysRevived, require_not_revived
from lockplate.retention.sureness import ClockJumped
from lockplate.terms import Action, Basis, Offense, OperatorId, PersonId, Purpose, Verdict
from lockplate.wiring.node import open_node

PINE, RIDGE = OperatorId("pine-county"), OperatorId("ridge-county")
START = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def fresh(tmp_path: Path, make_county: Any) -> Iterator[Any]:
    """A county for one test: its clock will move, and its keys will go."""
    with make_county(tmp_path / "home", SetClock(START)) as county:
        yield county


def ask(county: Any, plate: str, operator: OperatorId, start: datetime, end: datetime, person: str) -> Any:
    request = Ask(
        plate=plate,
        operators=(operator,),
        window_from=format_time(start),
        window_to=format_time(end),
        purpose=Purpose.STOLEN_VEHICLE,
        offense=Offense.FELONY,
        basis=Basis.PROBABLE_CAUSE,
        on_behalf_of="own",
        case_number="24-77",
    )
    return county.run("lookup", request, person)


def run(county: Any, now: datetime | None = None, *, dry_run: bool = False) -> dict[str, Any]:
    """Run retention as the node's own system user; return each operator's part."""
    request = RunRetention(now="" if now is None else format_time(now), dry_run=dry_run)
    return {part.operator: part for part in county.run("retention.run", request).operators}


def receipts(county: Any, operator: OperatorId = PINE) -> list[AccessRecord]:
    return [one for one in county.records(operator) if one.action is Action.RETENTION_RECEIPT]


# A run


def test_what_is_forgotten_answers_nobody(fresh: Any, tmp_path: Path) -> None:
    """A read is found before its limit and not after it: the answer says that nothing is kept, and the day is gone."""
    at = START - 2 * HOUR
    fresh.ingest(tmp_path, [("6TRJ244", at, "bridge-1"), ("6TRJ244", at, "bridge-2")])
    window = (at - HOUR, at + HOUR)
    assert 2 == len(ask(fresh, "6TRJ244", PINE, *window, "olga").reads())

    fresh.clock.advance(30 * DAY - timedelta(seconds=1))
    assert 0 == run(fresh, fresh.clock.now())[PINE].hours
    assert 2 == len(ask(fresh, "6TRJ244", PINE, *window, "olga").reads())

    fresh.clock.advance(timedelta(seconds=1))
    part = run(fresh, fresh.clock.now())[PINE]

    assert (1, 2, {"bridge-1": 1, "bridge-2": 1}, 0) == (
        part.hours,
        part.rows,
        part.rows_by_reader,
        part.hours_kept,
    )
    answer = ask(fresh, "6TRJ244", PINE, *window, "olga")
    assert (Verdict.PERMITTED, []) == (answer.decision, answer.reads())
    assert answer.operators[0].note.startswith("Nothing is kept for this window")
    fresh.clock.advance(DAY)
    assert ((), (at.date(),)) == (part.days_dropped, run(fresh)[PINE].days_dropped)
    assert [] == fresh.node.store.counts(PINE, at.date(), at.date())
    assert (0, 1) == tuple(
        getattr(fresh.run("operator.show", OperatorName(operator=PINE)), name)
        for name in ("hours_kept", "hours_forgotten")
    )


def test_receipts_say_what_law_and_which_keys(fresh: Any, tmp_path: Path) -> None:
    """`begun` is there before the keys go, `destroyed` after; both name the hours and the same keys, the law its hash."""
    times = [START - 5 * HOUR, START - 4 * HOUR, START - HOUR]
    fresh.ingest(tmp_path, [("3FGH108", at, "bridge-1") for at in times], RIDGE)
    ring = fresh.node.desk(RIDGE).ring
    promised = [ring.commitment(period_of(at)) for at in times]
    fresh.clock.advance(30 * DAY)

    part = run(fresh, fresh.clock.now())[RIDGE]

    begun, destroyed = receipts(fresh, RIDGE)
    first = period_of(times[0])
    hours = f"{first}-{first + 1},{first + 4}"
    profile = fresh.node.desk(RIDGE).profile
    assert {
        "step": "begun",
        "now": format_time(fresh.clock.now()),
        "periods": hours,
        "keys": commitment_hash(promised),
        "law": profile.hash(),
        "laws": "us-va",
        "law_from": profile.effective_from.isoformat(),
        "limit_seconds": str(21 * 86_400),
        "counted_from": "capture",
    } == begun.facts
    assert {"periods": 3, "rows": 3, "rows:bridge-1": 3} == begun.counts
    assert {"step": "destroyed", "periods": hours, "keys": commitment_hash(promised)} == destroyed.facts
    assert {"periods": 3, "rows": 3} == destroyed.counts
    assert ("us-va", "-system", Verdict.NOT_ASKED) == (destroyed.profile, destroyed.person, destroyed.verdict)
    assert (part.receipts[0], hours) == (destroyed.refers_to, part.periods)
    assert [] == ring.stored_periods()


def test_a_dry_run_changes_nothing(fresh: Any, tmp_path: Path) -> None:
    """It says what would be forgotten; keys, log and notes stay as they are."""
    fresh.ingest(tmp_path, [("3FGH108", START, "bridge-1")])
    size, now = fresh.size(), START + 31 * DAY

    part = run(fresh, now, dry_run=True)[PINE]

    assert (1, 1, ()) == (part.hours, part.rows, part.receipts)
    assert [period_of(START)] == fresh.node.desk(PINE).ring.stored_periods()
    assert size == fresh.size()
    assert not notes_path(fresh.settings.home, PINE).exists()


def test_a_second_run_has_nothing_to_do(fresh: Any, tmp_path: Path) -> None:
    """No second receipt, no second drop."""
    fresh.ingest(tmp_path, [("3FGH108", START, "bridge-1")])
    fresh.clock.advance(31 * DAY)
    run(fresh, fresh.clock.now())
    size = fresh.size()

    part = run(fresh)[PINE]

    assert (0, 0, (), (), size) == (part.hours, part.recovered, part.receipts, part.days_dropped, fresh.size())


def test_a_day_with_a_live_hour_stays_in_the_store(fresh: Any, tmp_path: Path) -> None:
    """One hour of the day is over and another is not: the day's rows stay, and the live ones still answer."""
    early, late = START - 6 * HOUR, START - HOUR
    fresh.ingest(tmp_path, [("8DEF555", early, "bridge-1"), ("8DEF555", late, "bridge-1")], RIDGE)
    fresh.clock.advance(21 * DAY - 3 * HOUR)

    part = run(fresh, fresh.clock.now())[RIDGE]

    assert (1, 1, ()) == (part.hours, part.hours_kept, part.days_dropped)
    answer = ask(fresh, "8DEF555", RIDGE, late - timedelta(minutes=1), late + HOUR, "rita")
    assert [late] == [read.captured_at for read in answer.reads()]


def test_an_old_day_with_a_young_hour_stays_in_the_store(fresh: Any, tmp_path: Path) -> None:
    """Where the limit counts from storage, an hour of an old day may have come late: its rows stay and answer."""
    early, late = START - 26 * HOUR, START - 25 * HOUR
    fresh.ingest(tmp_path, [("8DEF555", early, "bridge-1")])
    fresh.clock.advance(29 * DAY)
    fresh.ingest(tmp_path, [("8DEF555", late, "bridge-1")])
    fresh.clock.advance(3 * DAY)

    part = run(fresh, fresh.clock.now())[PINE]

    assert (1, 1, ()) == (part.hours, part.hours_kept, part.days_dropped)
    answer = ask(fresh, "8DEF555", PINE, early - HOUR, late + HOUR, "olga")
    assert [late] == [read.captured_at for read in answer.reads()]


def test_a_read_of_a_forgotten_hour_is_refused(fresh: Any, tmp_path: Path) -> None:
    """What is forgotten is not made again by a read that comes late."""
    fresh.ingest(tmp_path, [("3FGH108", START, "bridge-1")])
    fresh.clock.advance(31 * DAY)
    run(fresh, fresh.clock.now())

    report = fresh.ingest(tmp_path, [("3FGH108", START, "bridge-1")])

    assert (0, {"forgotten": 1}) == (report.imported, report.refused_by_reason)


# Crashes


def test_a_crash_before_the_destruction_leaves_every_key(fresh: Any, tmp_path: Path, monkeypatch: Any) -> None:
    """The log says `begun`, nothing is gone, and the next run does it."""
    fresh.ingest(tmp_path, [("3FGH108", START, "bridge-1")])
    fresh.clock.advance(31 * DAY)
    ring = fresh.node.desk(PINE).ring

    def refuse(*_: object) -> None:
        raise KeyUnavailable("the key database refused to write")

    with monkeypatch.context() as patched:
        patched.setattr(ring, "destroy_periods", refuse)
        with pytest.raises(KeyUnavailable):
            run(fresh, fresh.clock.now())
    assert [period_of(START)] == ring.stored_periods()
    assert ["begun"] == [one.facts["step"] for one in receipts(fresh)]
    assert set() == Receipts.read(fresh.node.desk(PINE).evidence.log, notes_path(fresh.settings.home, PINE)).destroyed

    assert 1 == run(fresh, fresh.clock.now())[PINE].hours
    assert ["begun", "begun", "destroyed"] == [one.facts["step"] for one in receipts(fresh)]


def test_a_crash_after_the_destruction_is_receipted_by_the_next_run(
    fresh: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    """The keys are gone, the receipt is missing; the next run writes it, once, and drops the day."""
    fresh.ingest(tmp_path, [("3FGH108", START, "bridge-1")])
    fresh.clock.advance(31 * DAY)
    recorder = fresh.node.desk(PINE).recorder
    record = recorder.record

    def fail_when_done(made: AccessRecord, *rest: Any) -> Any:
        if made.facts.get("step") == "destroyed":
            raise StoreFailed("the disk is full")
        return record(made, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(recorder, "record", fail_when_done)
        with pytest.raises(StoreFailed):
            run(fresh, fresh.clock.now())
    assert [] == fresh.node.desk(PINE).ring.stored_periods()
    assert ["begun"] == [one.facts["step"] for one in receipts(fresh)]

    first, second = run(fresh, fresh.clock.now())[PINE], run(fresh)[PINE]

    assert (1, (START.date(),)) == (first.recovered, first.days_dropped)
    assert (0, ()) == (second.recovered, second.receipts)
    done = receipts(fresh)[-1]
    assert {"step": "destroyed", "periods": str(period_of(START)), "recovered": "yes"} == done.facts


# Clocks


def test_a_clock_that_jumps_ahead_is_asked_about(fresh: Any, tmp_path: Path) -> None:
    """Over a day since the last run: nothing is destroyed until somebody says that the time is right."""
    fresh.ingest(tmp_path, [("3FGH108", START, "bridge-1")])
    run(fresh)
    fresh.clock.advance(31 * DAY)

    with pytest.raises(ClockJumped) as jumped:
        run(fresh)

    assert f"--now {format_time(fresh.clock.now())}" in jumped.value.next_step
    assert [period_of(START)] == fresh.node.desk(PINE).ring.stored_periods()
    assert 1 == run(fresh, fresh.clock.now())[PINE].hours
    fresh.clock.advance(DAY)
    assert 0 == run(fresh)[PINE].hours


def test_before_the_first_run_the_newest_key_tells_the_time(fresh: Any, tmp_path: Path) -> None:
    """A clock that was wrong from the start is asked about, too."""
    fresh.ingest(tmp_path, [("3FGH108", START, "bridge-1")])
    fresh.clock.advance(31 * DAY)

    with pytest.raises(ClockJumped):
        run(fresh)


def test_before_the_first_run_a_clock_behind_the_newest_key_is_asked_about(fresh: Any, tmp_path: Path) -> None:
    """Its time would be remembered, and the right clock would stop forgetting; so the right one goes on by itself."""
    fresh.ingest(tmp_path, [("3FGH108", START, "bridge-1")])
    fresh.clock.advance(-10 * DAY)
    with pytest.raises(ClockJumped):
        run(fresh)
    fresh.clock.advance(10 * DAY + HOUR)

    part = run(fresh)[PINE]

    assert (0, 1) == (part.hours, part.hours_kept)
    assert START + HOUR == fresh.node.receipts[PINE].last_run


def test_before_the_first_run_a_clock_behind_the_newest_key_can_be_vouched_for(fresh: Any, tmp_path: Path) -> None:
    """Then it was the key that was made by a wrong clock, and this clock's time is remembered."""
    fresh.ingest(tmp_path, [("3FGH108", START, "bridge-1")])
    fresh.clock.advance(-10 * DAY)

    run(fresh, fresh.clock.now())

    assert START - 10 * DAY == fresh.node.receipts[PINE].last_run
    assert 0 == run(fresh)[PINE].hours


def test_a_clock_that_goes_back_revives_nothing(fresh: Any, tmp_path: Path) -> None:
    """After the clock goes back, destroyed hours stay destroyed, and the run does not complain."""
    fresh.ingest(tmp_path, [("3FGH108", START, "bridge-1")])
    fresh.clock.advance(31 * DAY)
    run(fresh, fresh.clock.now())
    fresh.clock.advance(-30 * DAY)

    part = run(fresh)[PINE]

    assert (0, 0) == (part.hours, part.hours_kept)
    assert [] == ask(fresh, "3FGH108", PINE, START - HOUR, START + HOUR, "olga").reads()


def test_a_time_to_come_does_not_stand_in_for_the_clock(fresh: Any, tmp_path: Path) -> None:
    """After `--now` in the future, a real jump of the clock is still seen."""
    fresh.ingest(tmp_path, [("3FGH108", START, "bridge-1")])
    run(fresh, START + 20 * DAY)
    fresh.clock.advance(3 * DAY)

    with pytest.raises(ClockJumped):
        run(fresh)


@pytest.mark.parametrize("broken", [b"{", b'{"destroyed": "x"}', b'{"scanned": 1000000}'])
def test_notes_that_cannot_be_read_are_made_again(fresh: Any, tmp_path: Path, broken: bytes) -> None:
    """The notes are a cache: broken, or ahead of the log, they are read anew, and nothing is receipted twice."""
    fresh.ingest(tmp_path, [("3FGH108", START, "bridge-1")])
    run(fresh, START + 31 * DAY)
    fresh.node.close()
    notes_path(fresh.settings.home, PINE).write_bytes(broken)
    with open_node(fresh.settings, fresh.clock) as node:
        log, told = node.desk(PINE).evidence.log, node.receipts[PINE]
        size = log.size
        assert (START, {period_of(START)}) == (told.last_run, told.destroyed)

        operation("retention.run").handler(node, Actor(person=None, is_system_user=True), RunRetention())

        assert size == log.size


# A key database put back


def reopen(county: Any) -> None:
    """Open the node again and check Pine County's keys, as wiring does."""
    with open_node(county.settings, county.clock) as node:
        desk = node.desk(PINE)
        require_not_revived(PINE, desk.ring, node.receipts[PINE])


@pytest.mark.parametrize("notes_lost", [False, True])
def test_an_old_key_database_is_refused(fresh: Any, tmp_path: Path, notes_lost: bool) -> None:
    """A copy from before the destruction is caught by the log, with and without notes; the true one is not."""
    fresh.ingest(tmp_path, [("3FGH108", START, "bridge-1")])
    keys, copy = fresh.node.layout.keys(PINE), tmp_path / "old-keys.db"
    shutil.copyfile(keys, copy)
    run(fresh, START + 31 * DAY)
    desk, notes = fresh.node.desk(PINE), notes_path(fresh.settings.home, PINE)
    assert desk.ring is require_not_revived(PINE, desk.ring, fresh.node.receipts[PINE])
    if notes_lost:
        notes.unlink()
    fresh.node.close()
    shutil.copyfile(copy, keys)

    with pytest.raises(KeysRevived) as refused:
        reopen(fresh)

    assert "keys_revived" == refused.value.code


# Details of records


def test_details_are_forgotten_after_the_law_s_longest_time(fresh: Any) -> None:
    """Virginia purges the audit trail at two years: plate and case are gone, key and all; the leaf stays."""
    answer = ask(fresh, "5ABC123", RIDGE, START - HOUR, START, "rita")
    index = answer.operators[0].record_index
    desk = fresh.node.desk(RIDGE)
    assert "5ABC123" == desk.recorder.details_of(index).values["plate"]
    leaf = desk.evidence.log.entry(index)

    fresh.clock.advance(729 * DAY)
    assert 0 == run(fresh, fresh.clock.now())[RIDGE].details_forgotten
    fresh.clock.advance(40 * DAY)
    part = run(fresh, fresh.clock.now())[RIDGE]

    assert part.details_forgotten >= 1
    with pytest.raises(NotFound) as gone:
        desk.recorder.details_of(index)
    assert "details_forgotten" == gone.value.code
    assert None is desk.ring.stored_data_key("details:2026-11")
    assert leaf == desk.evidence.log.entry(index)
    begun, done = receipts(fresh, RIDGE)
    assert ("details_begun", "2026-11") == (begun.facts["step"], begun.facts["months"])
    assert ("details_forgotten", part.details_forgotten) == (done.facts["step"], done.counts["details"])


def test_details_without_a_longest_time_stay(fresh: Any) -> None:
    """California states none: after years the auditor can still read what was asked."""
    index = ask(fresh, "5ABC123", PINE, START - HOUR, START, "olga").operators[0].record_index
    fresh.clock.advance(3000 * DAY)

    run(fresh, fresh.clock.now())

    assert "5ABC123" == fresh.node.desk(PINE).recorder.details_of(index).values["plate"]


def test_a_destroyed_month_opens_nothing_even_from_a_copy(fresh: Any) -> None:
    """Details that were copied before are useless after the month's key is gone."""
    index = ask(fresh, "5ABC123", RIDGE, START - HOUR, START, "rita").operators[0].record_index
    desk = fresh.node.desk(RIDGE)
    copied = desk.evidence.details.read(index)
    fresh.clock.advance(770 * DAY)
    run(fresh, fresh.clock.now())
    desk.evidence.details.put(index, 1, [copied])

    with pytest.raises(SealBroken):
        desk.recorder.details_of(index)


# Whose word


def test_people_run_retention_when_the_gate_lets_them(fresh: Any, tmp_path: Path) -> None:
    """An administrator may, on record; an officer may not, and that is on record; nobody there sees the future."""
    request = RunRetention(operator=PINE)
    fresh.ingest(tmp_path, [("3FGH108", START, "bridge-1")])
    with pytest.raises(Denied):
        fresh.run("retention.run", request, "olga", there=True)
    denied = receipts(fresh)[-1]
    assert (Verdict.DENIED, "olga") == (denied.verdict, denied.person)
    later = RunRetention(operator=PINE, now=format_time(START + 31 * DAY))
    with pytest.raises(Unauthenticated):
        fresh.run("retention.run", later, "ada", there=True)
    fresh.clock.advance(31 * DAY)
    confirmed = RunRetention(operator=PINE, now=format_time(fresh.clock.now()))

    fresh.run("retention.run", confirmed, "ada", there=True)

    done = receipts(fresh)[-1]
    assert ("ada", ("act-administration",), Verdict.PERMITTED) == (done.person, done.policy_ids, done.verdict)


def test_a_run_of_both_operators_checks_both_clocks_first(fresh: Any, tmp_path: Path) -> None:
    """One operator's doubt stops all before anything is destroyed."""
    fresh.ingest(tmp_path, [("3FGH108", START, "bridge-1")], RIDGE)
    node = fresh.node
    parts = [retention_parts(node, RIDGE), retention_parts(node, PINE)]
    signed = {
        name: AccessRecord(action=Action.RETENTION_RECEIPT, at=START, operator=name, person=PersonId("-system"))
        for name in (RIDGE, PINE)
    }
    node.retention.run(parts[1:], signed)
    fresh.clock.advance(23 * DAY)
    node.receipts[RIDGE].remember(fresh.clock.now())  # Ridge was sure of the time just now

    with pytest.raises(ClockJumped):
        node.retention.run(parts, signed)

    assert [period_of(START)] == node.desk(RIDGE).ring.stored_periods()


# A receipt's size


def test_a_receipt_too_long_for_a_leaf_becomes_several(fresh: Any, monkeypatch: Any) -> None:
    """More ranges and readers than a leaf holds: several receipts, which together name every hour and every row."""
    ring = fresh.node.desk(PINE).ring
    periods = [period_of(START) - 2 * number for number in range(2500)]
    with ring._transaction():
        for period in periods:
            ring._connection.execute(
                "INSERT INTO period_keys VALUES (?, ?, ?, ?, 0)", (period, b"x", bytes(32), format_time(START))
            )
    names = {f"camera-{number:04d}-{'x' * 40}": 1 for number in range(1500)}
    monkeypatch.setattr(fresh.node.store, "rows_in_period", lambda _, period: names if period == max(periods) else {})

    part = run(fresh, START + 31 * DAY)[PINE]

    assert (2500, 1500) == (part.hours, part.rows)
    told = receipts(fresh)
    done = [one for one in told if one.facts["step"] == "destroyed"]
    assert 3 == len(done)
    assert sorted(periods) == sorted(period for one in done for period in periods_in(one.facts["periods"]))
    counted = [(name, count) for one in told for name, count in one.counts.items() if name.startswith("rows:")]
    assert sorted((f"rows:{name}", 1) for name in names) == sorted(counted)
