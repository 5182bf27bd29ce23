"""The worker: each thing once, allowed and on record first; nothing lost, nothing held up, nothing quiet."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from lockplate.alerting import delivering
from lockplate.alerting.delivering import GAPS, OLDEST, DeliveryWorker
from lockplate.clock import SetClock, format_time
from lockplate.errors import StoreFailed
from lockplate.hotlist import Category
from lockplate.operations.alerts import AddChannel, ChannelName, DeliveriesOf, RetryDeliveries
from lockplate.operations.hotlists import AddHotList, ImportHotList
from lockplate.operations.people import PersonName, PersonRoles
from lockplate.operations.readers import AddReader
from lockplate.registry.channel_targets import ChannelKind, Content
from lockplate.registry.database import writing
from lockplate.registry.deliveries import Delivery, DeliveryState
from lockplate.terms import Action, Role, Verdict
from receiving import Webhook, stays, until, webhook
from running import free_port

PLATES = tuple(f"4HJK{number:03d}" for number in range(100, 140))
Make = Callable[[Path, SetClock], AbstractContextManager[Any]]


class Stage:
    """A county with a listed plate or two, a reader, and a worker that runs."""

    def __init__(self, county: Any, folder: Path) -> None:
        self.county, self.folder, self.seen = county, folder, 0
        county.run("reader.add", AddReader(reader="bridge-1", name="Bridge", operator="pine-county", groups=("north",)))
        made = county.run(
            "hotlist.add",
            AddHotList(
                name="Stolen",
                categories=(Category.STOLEN_VEHICLE,),
                source="desk",
                legal_basis="invented 1",
                max_age_hours=24 * 90,
                operator="pine-county",
            ),
        )
        until_day = format_time(county.clock.now() + timedelta(days=90))
        lines = "".join(f"{plate},{until_day}\n" for plate in PLATES)
        county.run("hotlist.import", ImportHotList(list_id=made.hot_list.list_id, content="plate,expires\n" + lines))

    @property
    def worker(self) -> DeliveryWorker:
        worker: DeliveryWorker = self.county.node.delivering
        return worker

    def channel(self, url: str, **more: Any) -> str:
        new = AddChannel(
            **({"kind": ChannelKind.WEBHOOK, "person": "olga", "operator": "pine-county", "url": url} | more)
        )
        return str(self.county.run("alerts.channel.add", new, "sam").channel.channel)

    def see(self) -> str:
        """Let a listed car pass, and return its plate."""
        plate = PLATES[self.seen]
        self.seen += 1
        report = self.county.ingest(self.folder, [(plate, self.county.clock.now(), "bridge-1")], "pine-county")
        assert 1 == report.hits
        return plate

    def deliveries(self, **which: Any) -> tuple[Delivery, ...]:
        found: tuple[Delivery, ...] = self.county.run(
            "alerts.deliveries", DeliveriesOf(operator="pine-county", **which), "sam"
        )
        return found

    def newest(self) -> Delivery:
        return self.deliveries()[0]

    def later(self, by: timedelta) -> None:
        self.county.clock.advance(by)
        self.worker.wake()

    def shown(self, start: int) -> list[Any]:
        return [one for one in self.county.records(start=start) if one.action is Action.ALERT_SHOWN]


@pytest.fixture
def stage(tmp_path: Path, make_county: Make, clock: SetClock) -> Iterator[Stage]:
    with make_county(tmp_path / "home", clock) as county:
        made = Stage(county, tmp_path)
        county.node.delivering.start()
        yield made


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime(2026, 11, 2, 8, 30, tzinfo=UTC))


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as served:
        yield served


def test_on_record_before_it_leaves(stage: Stage, hook: Webhook) -> None:
    """One message, one record under the channel's person with hit, channel and delivery; the row names the record."""
    channel, start = stage.channel(hook.url, content=Content.PLATE), stage.county.size()
    plate = stage.see()
    until(lambda: stage.newest().state is DeliveryState.DELIVERED)
    stays(lambda: len(hook.received) == 1, 0.3)

    (came,), one = hook.received, stage.newest()
    (record,) = stage.shown(start)
    assert (plate, one.delivery) == (came.told["data"]["plate_text"], came.id)
    assert {"hits": one.subject_id, "channel": channel, "delivery": one.delivery} == record.facts
    assert ("olga", Verdict.PERMITTED, {"hits": 1}) == (record.person, record.verdict, record.counts)
    assert record == stage.county.records(start=one.leaf)[0]
    assert f"http://127.0.0.1:8420/app/alerts/{one.subject_id}" == came.told["data"]["open_at"]


def test_without_a_record_nothing_leaves(stage: Stage, hook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log that cannot be written: the alert waits, loses no try, and leaves when there is room again."""
    stage.channel(hook.url)
    desk = stage.county.node.desk("pine-county")
    real = type(desk.recorder).record

    def full(*_: object) -> int:
        raise StoreFailed("the disk is full")

    monkeypatch.setattr(type(desk.recorder), "record", full)
    with capture_logs() as lines:
        stage.see()
        until(lambda: any(line["event"] == "alerts_stumbled" for line in lines))
    assert ((DeliveryState.WAITING, 0), []) == ((stage.newest().state, stage.newest().attempts), hook.received)
    monkeypatch.setattr(type(desk.recorder), "record", real)
    until(lambda: stage.newest().state is DeliveryState.DELIVERED)


def test_what_was_sent_is_not_sent_again_though_it_cannot_be_written_down(
    stage: Stage, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The registry's disk is full just after sending: one message, settled when there is room."""
    stage.channel(hook.url)
    deliveries = stage.county.node.registries.deliveries
    real, tries = type(deliveries).settle, []

    def full(*given: Any, **named: Any) -> None:
        tries.append(given)
        if len(tries) < 3:
            raise StoreFailed("the disk is full")
        real(*given, **named)

    monkeypatch.setattr(type(deliveries), "settle", full)
    monkeypatch.setattr(delivering, "STUMBLE_SECONDS", 0.2)
    stage.see()
    until(lambda: stage.newest().state is DeliveryState.DELIVERED)
    assert (1, 3) == (len(hook.received), len(tries))


def test_tries_get_rarer_and_end(stage: Stage, hook: Webhook) -> None:
    """Twelve tries, each gap longer, all under one id; then dead, loudly; and again when a person asks for it."""
    hook.answer = lambda _: (503, {}, 0.0)
    stage.channel(hook.url)
    stage.see()
    with capture_logs() as lines:
        for number, gap in enumerate(GAPS, 1):
            until(lambda number=number: stage.newest().attempts == number)
            assert gap == stage.newest().next_try_at - stage.county.clock.now()
            stage.later(gap)
        until(lambda: stage.newest().state is DeliveryState.DEAD)
    assert (12, "http_503", 1) == (stage.newest().attempts, stage.newest().last_code, len(set(hook.ids)))
    assert 12 == len(hook.received)
    assert ["alert_dead"] == [line["event"] for line in lines if line["event"] == "alert_dead"]

    hook.answer = lambda _: (204, {}, 0.0)
    stage.later(timedelta(days=3))
    assert 1 == stage.county.run("alerts.retry", RetryDeliveries(delivery=stage.newest().delivery), "sam").deliveries
    until(lambda: stage.newest().state is DeliveryState.DELIVERED)
    assert 1 == len(set(hook.ids))


def test_an_alert_of_yesterday_is_dead(stage: Stage) -> None:
    """What waits longer than a day is not sent any more: it would send somebody after a car that is long gone."""
    with webhook() as hook:
        hook.answer = lambda _: (503, {}, 0.0)
        stage.channel(hook.url)
        stage.see()
        until(lambda: stage.newest().attempts == 1)
        hook.answer = lambda _: (204, {}, 0.0)
        stage.later(OLDEST + timedelta(seconds=2))
        until(lambda: stage.newest().state is DeliveryState.DEAD)
        assert ("too_old", 1) == (stage.newest().last_code, len(hook.received))


def test_410_ends_it_at_once(stage: Stage, hook: Webhook) -> None:
    """The receiver wants no more of it."""
    hook.answer = lambda _: (410, {}, 0.0)
    stage.channel(hook.url)
    stage.see()
    until(lambda: stage.newest().state is DeliveryState.DEAD)
    assert ("http_410", 1) == (stage.newest().last_code, len(hook.received))


def test_when_nobody_is_there_the_rest_waits_along(stage: Stage) -> None:
    """Five alerts for a receiver that is down: a few tries, not five times twelve; the next alert that gets through frees all."""
    port = free_port()
    stage.channel(f"http://127.0.0.1:{port}/")
    for _ in range(5):
        stage.see()
    until(lambda: all(one.last_code or one.next_try_at > stage.county.clock.now() for one in stage.deliveries()))
    with webhook(port) as hook:
        stage.see()
        until(lambda: {one.state for one in stage.deliveries()} == {DeliveryState.DELIVERED})
        assert 6 == len(hook.received) == len(set(hook.ids))


@pytest.mark.parametrize(
    ("command", "change", "code"),
    [
        ("user.roles", PersonRoles(person="olga", roles=(Role.AUDITOR,)), "default-deny"),
        ("user.deactivate", PersonName(person="olga"), "floor-person-inactive"),
    ],
)
def test_the_gate_decides_at_the_moment_of_sending(
    stage: Stage, hook: Webhook, command: str, change: object, code: str
) -> None:
    """Other roles or a closed account between match and delivery: nothing leaves, the denial is on record and named."""
    hook.answer = lambda _: (503, {}, 0.0)
    stage.channel(hook.url, content=Content.PLATE)
    stage.see()
    until(lambda: stage.newest().attempts == 1)
    start = stage.county.size()
    stage.county.run(command, change, "ada")
    stage.later(GAPS[0])
    until(lambda: stage.newest().state is DeliveryState.DEAD)
    (record,) = stage.shown(start)
    assert (1, code) == (len(hook.received), stage.newest().last_code)
    assert (Verdict.DENIED, (code,)) == (record.verdict, record.policy_ids)
    assert record == stage.county.records(start=stage.newest().leaf)[0]


def test_an_ended_channel_gets_nothing_more(stage: Stage) -> None:
    """What waits for it is dropped; a hit that was forgotten is, too."""
    port = free_port()
    channel = stage.channel(f"http://127.0.0.1:{port}/")
    stage.see()
    until(lambda: stage.newest().attempts == 1)
    stage.county.run("alerts.channel.end", ChannelName(channel=channel), "sam")
    stage.later(GAPS[0])
    until(lambda: stage.newest().state is DeliveryState.DROPPED)
    assert "channel_ended" == stage.newest().last_code


def test_a_hit_that_is_gone_is_dropped(stage: Stage, hook: Webhook) -> None:
    """Somebody deleted its row: there is nothing left to tell, and the channel goes on."""
    hook.answer = lambda _: (503, {}, 0.0)
    stage.channel(hook.url)
    stage.see()
    until(lambda: stage.newest().attempts == 1)
    registries = stage.county.node.registries
    with writing(registries.hits._engine) as connection:
        connection.execute(text("DELETE FROM hits"))
    stage.later(GAPS[0])
    until(lambda: stage.newest().state is DeliveryState.DROPPED)
    assert "unknown_hit" == stage.newest().last_code


def test_a_hit_that_does_not_open_holds_nothing_up(stage: Stage, hook: Webhook) -> None:
    """A broken seal: dead with its code; the next alert is delivered."""
    hook.answer = lambda _: (503, {}, 0.0)
    stage.channel(hook.url)
    stage.see()
    until(lambda: stage.newest().attempts == 1)
    broken = stage.newest().delivery
    with writing(stage.county.node.registries.hits._engine) as connection:
        connection.execute(text("UPDATE hits SET details_sealed = x'0100'"))
    hook.answer = lambda _: (204, {}, 0.0)
    stage.see()
    stage.later(GAPS[0])
    until(lambda: all(one.state is not DeliveryState.WAITING for one in stage.deliveries()))
    states = {one.delivery == broken: one.state for one in stage.deliveries()}
    assert {True: DeliveryState.DEAD, False: DeliveryState.DELIVERED} == states


def test_faults_go_to_whom_may_manage_readers(stage: Stage, hook: Webhook) -> None:
    """A channel of an administrator that takes faults; no record, since no read is shown; other roles: dead."""
    stage.channel(hook.url, person="ada", alerts=False, faults=True)
    node, start = stage.county.node, stage.county.size()
    with writing(node.registries.hits._engine) as connection:
        node.registries.deliveries.enqueue_fault(connection, "pine-county", "f1", "silent")
    node.delivering.wake()
    until(lambda: stage.newest().state is DeliveryState.DELIVERED)
    assert {"fault_id": "f1", "operator": "pine-county", "kind": "silent"}.items() <= hook.received[0].told[
        "data"
    ].items()
    assert [] == stage.shown(start)
    stage.county.run("user.roles", PersonRoles(person="ada", roles=(Role.OFFICER,)), "abe")
    with writing(node.registries.hits._engine) as connection:
        node.registries.deliveries.enqueue_fault(connection, "pine-county", "f2", "silent")
    node.delivering.wake()
    until(lambda: stage.newest().state is DeliveryState.DEAD)
    assert 1 == len(hook.received)


def test_what_waited_while_nobody_served_goes_out_at_the_start(stage: Stage, hook: Webhook) -> None:
    """A worker that stopped leaves everything in the outbox; the next one finds it. Stopping twice is nothing."""
    stage.channel(hook.url)
    stage.worker.stop()
    stage.worker.stop()
    stage.see()
    stays(lambda: not hook.received, 0.3)
    second = DeliveryWorker(stage.worker._parts, stage.county.node.bus, stage.county.clock)
    second.start()
    try:
        until(lambda: stage.newest().state is DeliveryState.DELIVERED)
    finally:
        second.stop()
    assert 1 == len(hook.received)


def test_no_line_of_the_log_holds_a_plate_or_an_address(stage: Stage) -> None:
    """Of failures only channel, delivery, code and count are said."""
    port = free_port()
    with capture_logs() as lines:
        stage.channel(f"http://127.0.0.1:{port}/a-secret-path", content=Content.PLATE)
        plate = stage.see()
        until(lambda: stage.newest().attempts == 1)
    assert [{"channel", "delivery", "code", "attempts", "event", "log_level"}] == [
        set(line) for line in lines if line["event"] == "alert_not_delivered"
    ]
    assert not any(word in str(lines) for word in (plate, "secret", str(port)))
