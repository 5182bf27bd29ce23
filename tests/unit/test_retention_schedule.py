"""The node forgets by itself: at start and each hour, in its own name, and loudly not when the clock is not believed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from lockplate.access import AccessRecord
from lockplate.clock import SetClock, format_time, period_of
from lockplate.errors import BadInput, Denied, KeyUnavailable, NotFound
from lockplate.operations.operators import OperatorName
from lockplate.operations.people import NewPerson
from lockplate.operations.publishing import PublicNumbers
from lockplate.operations.retaining import RunRetention, retention_state_of, run_on_schedule
from lockplate.operations.schedule import RETRY_SECONDS, ForgettingSchedule
from lockplate.retention.sureness import Stop
from lockplate.terms import Action, OperatorId, Role, Verdict
from lockplate.web.metrics import Metrics

PINE, RIDGE = OperatorId("pine-county"), OperatorId("ridge-county")
START = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def fresh(tmp_path: Path, make_county: Any) -> Iterator[Any]:
    """A county for one test."""
    with make_county(tmp_path / "home", SetClock(START)) as county:
        yield county


def receipts(county: Any, operator: OperatorId = RIDGE) -> list[AccessRecord]:
    return [one for one in county.records(operator) if one.action is Action.RETENTION_RECEIPT]


def live(county: Any, days: int, schedule: ForgettingSchedule) -> None:
    """Let days pass on a node that is never off."""
    for _ in range(days * 2):
        county.clock.advance(DAY / 2)
        schedule.step()


# By itself


def test_the_node_forgets_by_itself_in_its_own_name(fresh: Any, tmp_path: Path) -> None:
    """After 21 days of Virginia's law the hour goes; the receipt names the node's own retention and the gate's yes."""
    fresh.ingest(tmp_path, [("3FGH108", START, "bridge-1")], RIDGE)
    schedule = ForgettingSchedule(fresh.node)

    live(fresh, 21, schedule)

    assert [] == fresh.node.desk(RIDGE).ring.stored_periods()
    begun, done = receipts(fresh)
    for record in (begun, done):
        assert ("-retention", "ridge-county", Verdict.PERMITTED, ("act-retention-on-schedule",)) == (
            record.person,
            record.agency,
            record.verdict,
            record.policy_ids,
        )
    assert fresh.node.gate.policy_set_hash == done.policy_set_hash


def test_it_runs_once_an_hour_and_writes_nothing_when_nothing_is_over(fresh: Any, tmp_path: Path) -> None:
    """At start and when an hour begins, each operator once; an unchanged state leaves no leaf."""
    fresh.ingest(tmp_path, [("3FGH108", START, "bridge-1")], RIDGE)
    schedule = ForgettingSchedule(fresh.node)
    sizes = [fresh.size(operator) for operator in (PINE, RIDGE)]

    assert {PINE, RIDGE} == set(schedule.step())
    assert () == schedule.step()
    fresh.clock.advance(timedelta(minutes=29))
    assert () == schedule.step()
    fresh.clock.advance(timedelta(minutes=1))
    assert {PINE, RIDGE} == set(schedule.step())

    assert sizes == [fresh.size(operator) for operator in (PINE, RIDGE)]
    assert fresh.clock.now() == fresh.node.receipts[RIDGE].last_run


def test_one_operator_s_failure_stops_no_other_and_is_told(fresh: Any, tmp_path: Path, monkeypatch: Any) -> None:
    """Pine's key database refuses: Ridge forgets all the same; the failure is logged, shown, and tried again."""
    for operator in (PINE, RIDGE):
        fresh.ingest(tmp_path, [("3FGH108", START, "bridge-1")], operator)
    schedule = ForgettingSchedule(fresh.node)
    live(fresh, 29, schedule)
    ring = fresh.node.desk(PINE).ring

    def refuse(*_: object) -> None:
        raise KeyUnavailable("the key database refused to write")

    with monkeypatch.context() as patched, capture_logs() as logs:
        patched.setattr(ring, "destroy_periods", refuse)
        live(fresh, 1, schedule)
    failed = retention_state_of(fresh.node, PINE)

    assert [] == fresh.node.desk(RIDGE).ring.stored_periods()
    assert [period_of(START)] == ring.stored_periods()
    assert ("retention_failed", "error", PINE) == tuple(logs[-1][name] for name in ("event", "log_level", "operator"))
    assert (True, Stop.FAILED, fresh.clock.now()) == (failed.is_stopped, failed.why, failed.stopped_since)
    assert () == schedule.step()
    monkeypatch.setattr("lockplate.operations.schedule.monotonic_seconds", lambda: 1e12 + RETRY_SECONDS)
    assert (PINE,) == schedule.step()
    assert ([], False) == (ring.stored_periods(), retention_state_of(fresh.node, PINE).is_stopped)


# Whose word


def test_nobody_can_be_registered_as_the_node_itself(fresh: Any) -> None:
    """No person's id begins with a dash, so nobody stands behind `-retention`; naming it does not help either."""
    with pytest.raises(BadInput):
        fresh.run(
            "user.add",
            NewPerson(person="-retention", agency="pine-county", display_name="X", roles=(Role.ADMINISTRATOR,)),
        )
    for there in (True, False):
        with pytest.raises(NotFound):
            fresh.run("retention.run", RunRetention(operator=PINE), "-retention", there=there)


def test_a_gate_that_says_no_leaves_a_denial_and_every_key(fresh: Any, tmp_path: Path, monkeypatch: Any) -> None:
    """Nothing is destroyed without a permit, though nobody is there; the denial is on record."""
    fresh.ingest(tmp_path, [("3FGH108", START, "bridge-1")], RIDGE)
    allowed = fresh.node.gate.explain_act

    def as_an_officer(person: Any, *rest: Any) -> Any:
        return allowed(fresh.node.registries.people.facts("rita"), *rest)

    monkeypatch.setattr(fresh.node.gate, "explain_act", as_an_officer)

    with pytest.raises(Denied):
        run_on_schedule(fresh.node, RIDGE)

    assert [("-retention", Verdict.DENIED)] == [(one.person, one.verdict) for one in receipts(fresh)]
    assert [period_of(START)] == fresh.node.desk(RIDGE).ring.stored_periods()


# Clocks


def test_a_node_that_was_off_for_a_week_asks(fresh: Any, tmp_path: Path) -> None:
    """At start its clock is days ahead of the last run: it says so everywhere, and forgets once somebody confirms."""
    fresh.ingest(tmp_path, [("3FGH108", START, "bridge-1")], RIDGE)
    live(fresh, 20, ForgettingSchedule(fresh.node))
    last = fresh.clock.now()
    fresh.clock.advance(7 * DAY)
    schedule = ForgettingSchedule(fresh.node)

    with capture_logs() as logs:
        schedule.step()
        fresh.clock.advance(HOUR)
        schedule.step()

    stopped = [one for one in logs if one["event"] == "retention_stopped" and one["operator"] == RIDGE]
    assert 2 == len(stopped)
    assert ("error", "clock_jumped") == (stopped[0]["log_level"], stopped[0]["code"])
    assert "retention run --now" in stopped[0]["next_step"]
    assert [period_of(START)] == fresh.node.desk(RIDGE).ring.stored_periods()
    shown = fresh.run("operator.show", OperatorName(operator=RIDGE)).forgetting
    assert (last, Stop.CLOCK_JUMPED) == (shown.stopped_since, shown.why)
    public = {one.operator: one.forgetting for one in PublicNumbers().page(fresh.node).operators}
    assert last == public[RIDGE].stopped_since
    metrics = Metrics()
    metrics.show_retention(retention_state_of(fresh.node, RIDGE))
    lines = metrics.text().decode()
    assert 'lockplate_retention_stopped{operator="ridge-county",why="clock_jumped"} 1.0' in lines
    assert f'lockplate_retention_last_run_seconds{{operator="ridge-county"}} {last.timestamp():.9e}'[:60] in lines

    fresh.run("retention.run", RunRetention(now=format_time(fresh.clock.now())))

    assert [] == fresh.node.desk(RIDGE).ring.stored_periods()
    assert not retention_state_of(fresh.node, RIDGE).is_stopped
    fresh.clock.advance(HOUR)
    with capture_logs() as logs:
        schedule.step()
    assert [] == logs


def test_a_wrong_clock_is_not_believed_because_somebody_named_another_time(fresh: Any, tmp_path: Path) -> None:
    """`--now` with the true time, while the clock is a month ahead: the schedule stays stopped."""
    fresh.ingest(tmp_path, [("3FGH108", START, "bridge-1")], RIDGE)
    ForgettingSchedule(fresh.node).step()
    fresh.clock.advance(30 * DAY)

    fresh.run("retention.run", RunRetention(now=format_time(START + HOUR)))
    ForgettingSchedule(fresh.node).step()

    assert [period_of(START)] == fresh.node.desk(RIDGE).ring.stored_periods()
    assert START + HOUR == retention_state_of(fresh.node, RIDGE).stopped_since


def test_a_clock_set_back_cannot_lengthen_what_was_due(fresh: Any, tmp_path: Path) -> None:
    """What is over is counted from the last run when the clock is behind it: for destroying and for answering."""
    late = START + 3 * HOUR
    fresh.ingest(tmp_path, [("3FGH108", START, "bridge-1")], RIDGE)
    ring = fresh.node.desk(RIDGE).ring
    fresh.node.receipts[RIDGE].remember(START + 21 * DAY)  # a run that saw the time, and was cut short
    ring.make_period_key(period_of(late), late)

    fresh.clock.advance(DAY)
    state = retention_state_of(fresh.node, RIDGE)
    run_on_schedule(fresh.node, RIDGE)

    assert 20 * DAY == state.clock_behind
    assert [period_of(late)] == ring.stored_periods()
    assert START + 21 * DAY == fresh.node.receipts[RIDGE].last_run
