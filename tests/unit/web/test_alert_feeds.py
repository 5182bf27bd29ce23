"""Feeds: word becomes frames, in order and once; a watcher who lags, loses their session or leaves costs nobody."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from lockplate.alerting.bus import AlertBus
from lockplate.alerting.events import AlertEvent, FaultEvent
from lockplate.alerting.streaming import Resumed
from lockplate.errors import Denied, Overloaded, StoreFailed, Unauthenticated
from lockplate.hotlist import Category, ListId, MatchKind, Priority
from lockplate.registry.hits import HitId, HitState, Recorded
from lockplate.terms import OperatorId, PlateText, ReaderId
from lockplate.web import alert_feeds, alert_stream
from lockplate.web.alert_feeds import MAX_STREAMS, MAX_WAITING, Feed, StreamDesk
from lockplate.web.alert_stream import _send_frames

PINE, ELSEWHERE = OperatorId("pine"), OperatorId("elsewhere")
AT = datetime(2026, 11, 24, tzinfo=UTC)


class Stream:
    """What a feed asks of an alert stream; what it may tell is set by the test."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.asked: list[tuple[HitId, ...]] = []
        self.judged = 0
        self.behind = Resumed(hit_ids=(), complete=True)

    def concerns(self, event: Any) -> bool:
        return bool(event.operator == PINE)

    def judge(self) -> "Stream":
        self.judged += 1
        if self.error:
            raise self.error
        return self

    def missed(self, _: HitId) -> Resumed:
        return self.behind

    def tell(self, hit_ids: Sequence[HitId]) -> tuple[AlertEvent, ...]:
        if self.error:
            raise self.error
        self.asked.append(tuple(hit_ids))
        return tuple(event(hit_id) for hit_id in hit_ids)


def event(hit_id: HitId) -> AlertEvent:
    return AlertEvent(
        hit_id=hit_id,
        operator=PINE,
        list_id=ListId("l1"),
        list_name="Stolen",
        category=Category.AMBER,
        priority=Priority.HIGH,
        reader=ReaderId("bridge"),
        captured_at=AT,
        recorded_at=AT,
        kind=MatchKind.EXACT_TEXT,
        region_agrees=None,
        plate_text=PlateText("4HJK882"),
        region=None,
        listed_text=PlateText("4HJK882"),
        listed_region=None,
        has_picture=False,
    )


class Watching:
    """A feed that is read in the event loop, and the bus it hears."""

    def __init__(self, desk: StreamDesk, stream: Stream, bus: AlertBus, feed: Feed) -> None:
        self.desk, self.stream, self.bus, self.feed = desk, stream, bus, feed
        self.frames: list[bytes] = []
        self.task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for one in self.feed.frames():
            self.frames.append(one)

    def names(self) -> list[str]:
        return [one.split(b"\n")[0].decode().removeprefix("event: ") for one in self.frames[1:]]

    async def until(self, holds: Callable[[], object]) -> None:
        for _ in range(2000):
            if holds():
                return
            await asyncio.sleep(0.005)
        raise AssertionError("it did not come")

    def come(self, *hit_ids: str, operator: OperatorId = PINE) -> None:
        recorded = [Recorded(hit_id=HitId(one), is_new=True) for one in hit_ids]
        thread = threading.Thread(target=self.bus.publish_recorded, args=(operator, recorded))
        thread.start()
        thread.join()


def watched(
    then: Callable[[Watching], Awaitable[None]], stream: Stream | None = None, after: HitId | None = None
) -> Watching:
    """Run a test's steps beside a feed, and return what it told."""

    async def play() -> Watching:
        desk, bus, told = StreamDesk(), AlertBus(), stream or Stream()
        try:
            with desk.feeding(told, bus, after) as feed:  # type: ignore[arg-type]
                one = Watching(desk, told, bus, feed)
                await one.until(lambda: one.frames)
                await then(one)
                one.task.cancel()
                await asyncio.gather(one.task, return_exceptions=True)
            assert 0 == desk.count
        finally:
            desk.close()
        return one

    return asyncio.run(play())


def test_alerts_that_come_together_are_told_together() -> None:
    """One question to the gate and one record for all that waits; another operator's word is not heard."""

    async def then(one: Watching) -> None:
        one.come("h0", operator=ELSEWHERE)
        for number in range(1, 4):
            one.come(f"h{number}")
        await one.until(lambda: len(one.names()) >= 3)

    told = watched(then)
    assert [("h1", "h2", "h3")] == told.stream.asked
    assert ["alert"] * 3 == told.names()


def test_no_alert_is_told_twice() -> None:
    """What was resumed and comes on the bus, too, is told once."""
    stream = Stream()
    stream.behind = Resumed(hit_ids=(HitId("h1"), HitId("h2")), complete=False)

    async def then(one: Watching) -> None:
        one.come("h2", "h3")
        await one.until(lambda: len(one.names()) >= 4)

    told = watched(then, stream, HitId("h0"))
    assert ["gap", "alert", "alert", "alert"] == told.names()
    assert [("h1", "h2"), ("h3",)] == told.stream.asked


def test_decisions_and_faults_are_passed_on() -> None:
    """In the order in which they came, after the alerts that waited with them."""

    async def then(one: Watching) -> None:
        one.bus.publish_state(PINE, HitId("h1"), HitState.CORRECT)
        one.bus.publish_fault(
            FaultEvent(operator=PINE, fault_id="f1", kind="silent", subject="bridge", since=AT, open=True)
        )
        await one.until(lambda: len(one.names()) >= 2)

    assert ["state", "fault"] == watched(then).names()


@pytest.mark.parametrize(
    ("error", "why"),
    [(Unauthenticated("gone"), b"unauthenticated"), (Denied([]), b"denied"), (StoreFailed("full"), b"store_failed")],
)
def test_whoever_may_not_watch_any_more_is_told_why(error: Exception, why: bytes) -> None:
    """At the next alert: nothing of it leaves."""

    async def then(one: Watching) -> None:
        one.stream.error = error
        one.come("h1")
        await one.until(one.task.done)

    told = watched(then)
    assert ["end"] == told.names()
    assert why in told.frames[-1]


def test_a_heartbeat_judges_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any alert: a comment for the line's sake, a look at the session, and the end when it is over."""
    monkeypatch.setattr(alert_feeds, "HEARTBEAT_SECONDS", 0.02)

    async def then(one: Watching) -> None:
        await one.until(lambda: one.stream.judged >= 3)
        one.stream.error = Unauthenticated("gone")
        await one.until(one.task.done)

    told = watched(then)
    assert b": \n\n" in told.frames
    assert told.names()[-1] == "end"


def test_a_watcher_who_lags_is_sent_away() -> None:
    """More waits than is kept for one watcher: the feed ends, and says so; the publisher was never held up."""

    async def play() -> list[bytes]:
        desk, bus = StreamDesk(), AlertBus()
        try:
            with desk.feeding(Stream(), bus, None) as feed:  # type: ignore[arg-type]
                frames = feed.frames()
                await anext(frames)
                for number in range(MAX_WAITING + 10):
                    bus.publish_state(PINE, HitId(f"h{number}"), HitState.CORRECT)
                await asyncio.sleep(0)
                return [one async for one in frames]
        finally:
            desk.close()

    told = asyncio.run(play())
    assert b'event: end\ndata: {"why":"too_slow"}\n\n' == told[-1]
    assert MAX_WAITING + 1 >= len(told)


def test_a_watcher_who_takes_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line is full for too long: sending is given up."""
    monkeypatch.setattr(alert_stream, "STALL_SECONDS", 0.05)

    async def stuck(_: Any) -> None:
        await asyncio.sleep(60)

    async def play() -> None:
        desk = StreamDesk()
        try:
            with (
                desk.feeding(Stream(), AlertBus(), None) as feed,  # type: ignore[arg-type]
                pytest.raises(TimeoutError),
            ):
                await _send_frames(feed, stuck)
        finally:
            desk.close()

    asyncio.run(play())


def test_a_server_that_stops_ends_every_stream() -> None:
    """With the reason."""

    async def then(one: Watching) -> None:
        one.desk.end_all("stopping")
        await one.until(one.task.done)

    told = watched(then)
    assert [b'event: end\ndata: {"why":"stopping"}\n\n'] == told.frames[1:]


def test_there_is_room_for_so_many() -> None:
    """One more is told to come later."""

    async def play() -> None:
        desk, bus = StreamDesk(), AlertBus()
        try:
            desk._feeds |= {Feed(Stream(), None, desk.run) for _ in range(MAX_STREAMS - 1)}  # type: ignore[arg-type]
            desk.require_room()
            with desk.feeding(Stream(), bus, None), pytest.raises(Overloaded):  # type: ignore[arg-type]
                desk.require_room()
            desk.require_room()
        finally:
            desk.close()

    asyncio.run(play())
