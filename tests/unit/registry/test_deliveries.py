"""Deliveries: written with their hit or not at all, due when they are, settled once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from lockplate.clock import SetClock
from lockplate.errors import Conflict, NotFound
from lockplate.hotlist import Category, EntryId, ListId, MatchKind, Priority
from lockplate.registry.channel_filters import ChannelFilter
from lockplate.registry.channel_targets import ChannelKind, Content, Target
from lockplate.registry.channels import ChannelId, Channels, NewChannel, new_channel_id
from lockplate.registry.database import writing
from lockplate.registry.deliveries import (
    KEPT_SETTLED,
    LONGEST_WAIT,
    Deliveries,
    Delivery,
    DeliveryId,
    DeliveryState,
    Subject,
)
from lockplate.registry.hits import HitDetails, HitId, Hits, NewHit
from lockplate.registry.sealing import ColumnSealer
from lockplate.terms import LeafIndex, OperatorId, PersonId, PlateText, ReaderId

pytestmark = pytest.mark.usefixtures("county")
PINE, QUARRY = OperatorId("pine-county"), OperatorId("quarry-city")


@pytest.fixture
def channels(engine: Engine, clock: SetClock, sealers: dict[str, ColumnSealer]) -> Channels:
    return Channels(engine, sealers.__getitem__, clock)


@pytest.fixture
def deliveries(engine: Engine, channels: Channels, clock: SetClock) -> Deliveries:
    return Deliveries(engine, channels, clock)


@pytest.fixture
def hits(engine: Engine, clock: SetClock, sealers: dict[str, ColumnSealer], deliveries: Deliveries) -> Hits:
    return Hits(engine, sealers.__getitem__, clock, deliveries)


@pytest.fixture
def make_channel(channels: Channels) -> Callable[..., ChannelId]:
    def made(operator: OperatorId = PINE, person: str = "ann", **fields: Any) -> ChannelId:
        new = NewChannel(
            operator=operator,
            person=PersonId(person),
            kind=ChannelKind.WEBHOOK,
            content=Content.NOTICE,
            target=Target(url="https://alerts.example/", signing_secret="a2V5"),
            filter=ChannelFilter(**fields),
        )
        return channels.add(new_channel_id(), new).channel

    return made


@pytest.fixture
def see(hits: Hits, clock: SetClock) -> Callable[..., HitId]:
    def seen(entry: str, **changes: Any) -> HitId:
        values: dict[str, Any] = {
            "operator": PINE,
            "list_id": ListId("l" + "0" * 20),
            "entry_id": EntryId(entry),
            "category": Category.AMBER,
            "reader": ReaderId("bridge-1"),
            "captured_at": clock.now(),
            "details": HitDetails(
                plate_text=PlateText("7ZO0814"),
                region=None,
                vehicle=None,
                kind=MatchKind.EXACT_TEXT,
                region_agrees=None,
                listed_text=PlateText("7ZO0814"),
                listed_region=None,
                reason="",
            ),
        }
        return hits.record([NewHit(**(values | changes))])[0].hit_id

    return seen


Make, See = Callable[..., ChannelId], Callable[..., HitId]


def only(deliveries: Deliveries, operator: OperatorId = PINE) -> Delivery:
    (one,) = deliveries.list_all(operator)
    return one


def test_an_alert_and_its_deliveries_are_one_write(
    hits: Hits, deliveries: Deliveries, make_channel: Make, see: See
) -> None:
    """One row for each channel of that operator that wants it; none for a hit that raises no alert, or comes again."""
    wanted = {make_channel(), make_channel(priorities=frozenset({Priority.NORMAL}))}
    make_channel(priorities=frozenset({Priority.HIGH}))
    make_channel(operator=QUARRY, person="emil")
    hit = see("e1")
    see("e1")
    see("e2", alerts=False)

    listed = deliveries.list_all(PINE)
    assert wanted == {one.channel for one in listed}
    assert {(hit, Subject.HIT, DeliveryState.WAITING, 0)} == {
        (one.subject_id, one.subject, one.state, one.attempts) for one in listed
    }
    assert () == deliveries.list_all(QUARRY)


def test_a_hit_that_is_not_kept_is_not_told(
    hits: Hits, deliveries: Deliveries, make_channel: Make, see: See, sealers: dict[str, Any]
) -> None:
    """When the batch is rolled back, so are its deliveries."""
    make_channel()
    sealers["nowhere"] = sealers[PINE]
    with pytest.raises(Conflict):
        see("e1", operator=OperatorId("nowhere"))
    assert () == deliveries.list_all(PINE)


def test_a_repeat_is_not_told_again(deliveries: Deliveries, make_channel: Make, see: See, clock: SetClock) -> None:
    """A car that stands before a reader is one alert."""
    make_channel()
    see("e1", repeat_after=timedelta(minutes=5))
    clock.advance(timedelta(minutes=3))
    see("e1", repeat_after=timedelta(minutes=5))
    assert 1 == len(deliveries.list_all(PINE))


def test_what_is_due(deliveries: Deliveries, make_channel: Make, see: See, clock: SetClock) -> None:
    """At once, then after the wait that a failed try asks for; a clock set back holds nothing up for ever."""
    channel = make_channel()
    see("e1")
    now = clock.now()
    first = deliveries.next_due(channel, now)
    assert first is not None
    assert ({channel}, now) == (deliveries.channels_due(now), deliveries.next_at())

    deliveries.try_again(first.delivery, now + timedelta(minutes=2), "http_503", leaf=LeafIndex(7))
    assert (None, frozenset()) == (deliveries.next_due(channel, now), deliveries.channels_due(now))
    assert now + timedelta(minutes=2) == deliveries.next_at()
    clock.advance(timedelta(minutes=2))
    again = deliveries.next_due(channel, clock.now())
    assert again is not None
    assert (1, "http_503", 7) == (again.attempts, again.last_code, again.leaf)
    assert again == deliveries.next_due(channel, now - LONGEST_WAIT - timedelta(hours=1))


def test_the_oldest_goes_first_and_the_rest_waits_along(
    deliveries: Deliveries, make_channel: Make, see: See, clock: SetClock
) -> None:
    """In the order of their writing; put off together without losing a try, brought forward together."""
    channel = make_channel()
    ids = [see(f"e{number}") for number in range(3)]
    now = clock.now()
    first = deliveries.next_due(channel, now)
    assert first is not None
    assert ids[0] == first.subject_id
    later = now + timedelta(minutes=10)
    deliveries.put_off(channel, now, later)
    assert [(0, later)] * 3 == [(one.attempts, one.next_try_at) for one in deliveries.list_all(PINE)]
    deliveries.bring_forward(channel, now)
    assert frozenset({channel}) == deliveries.channels_due(now)


def test_what_is_settled_stays_settled(deliveries: Deliveries, make_channel: Make, see: See, clock: SetClock) -> None:
    """A delivery that is over changes no more, counts in the standing of its channel, and goes after ninety days."""
    channel = make_channel()
    see("e1")
    one = only(deliveries)
    deliveries.settle(one.delivery, DeliveryState.DELIVERED, "http_204", leaf=LeafIndex(3), tried=True)
    deliveries.settle(one.delivery, DeliveryState.DEAD, "late", leaf=None, tried=True)
    deliveries.try_again(one.delivery, clock.now(), "late", leaf=None)

    settled = only(deliveries)
    assert (DeliveryState.DELIVERED, "http_204", 1, 3) == (
        settled.state, settled.last_code, settled.attempts, settled.leaf,
    )  # fmt: skip
    standing = deliveries.standings(PINE)[channel]
    assert (1, 0, clock.now(), None) == (
        standing.delivered, standing.waiting, standing.last_delivered, standing.oldest_waiting,
    )  # fmt: skip
    assert 0 == deliveries.tidy(clock.now() + KEPT_SETTLED - timedelta(seconds=1))
    assert 1 == deliveries.tidy(clock.now() + KEPT_SETTLED)
    assert None is deliveries.next_at()


def test_a_standing_says_what_waits_and_why(
    deliveries: Deliveries, make_channel: Make, see: See, clock: SetClock
) -> None:
    """Since when the oldest waits, and how the newest try went."""
    channel, began = make_channel(), clock.now()
    see("e1")
    clock.advance(timedelta(minutes=1))
    see("e2")
    first = deliveries.next_due(channel, clock.now())
    assert first is not None
    deliveries.try_again(first.delivery, clock.now() + timedelta(hours=1), "unreachable", leaf=None)
    standing = deliveries.standings(PINE)[channel]
    assert (2, began, "unreachable") == (standing.waiting, standing.oldest_waiting, standing.last_code)


def test_a_person_asks_for_a_dead_one_again(
    deliveries: Deliveries, channels: Channels, make_channel: Make, see: See, clock: SetClock
) -> None:
    """Its tries and its age begin anew; what is not dead, another operator's, or of an ended channel is not revived."""
    channel, gone = make_channel(), make_channel()
    see("e1")
    for one in deliveries.list_all(PINE):
        deliveries.settle(one.delivery, DeliveryState.DEAD, "too_old", leaf=None, tried=True)
    channels.end(gone)
    dead = next(one for one in deliveries.list_all(PINE) if one.channel == channel)
    clock.advance(timedelta(days=2))
    with pytest.raises(NotFound):
        deliveries.revive(QUARRY, dead.delivery)
    with pytest.raises(NotFound):
        deliveries.revive(PINE, DeliveryId("d" + "0" * 20))
    assert 1 == deliveries.revive(PINE, None)
    revived = deliveries.get(dead.delivery)
    assert (DeliveryState.WAITING, 0, clock.now()) == (revived.state, revived.attempts, revived.since)
    with pytest.raises(Conflict):
        deliveries.revive(PINE, dead.delivery)


def test_deliveries_go_with_their_hits(
    hits: Hits, deliveries: Deliveries, make_channel: Make, see: See, clock: SetClock, engine: Engine
) -> None:
    """What the law forgets is forgotten in the outbox, too; a fault's delivery is not a hit's."""
    make_channel(faults=True)
    see("e1")
    with writing(engine) as connection:
        assert 1 == deliveries.enqueue_fault(connection, PINE, "f1", "silent")
    clock.advance(timedelta(days=1))
    see("e2")
    hits.forget(PINE, clock.now() - timedelta(hours=1), from_capture=False)
    assert ["f1", *(hit.hit_id for hit in hits.list_recent(PINE))] == [
        one.subject_id for one in reversed(deliveries.list_all(PINE))
    ]


def test_a_fault_goes_to_channels_that_take_faults(deliveries: Deliveries, make_channel: Make, engine: Engine) -> None:
    """Written in the caller's transaction; rolled back with it."""
    make_channel()
    faults = make_channel(alerts=False, faults=True)

    def cut_short() -> None:
        with writing(engine) as connection:
            deliveries.enqueue_fault(connection, PINE, "f1", "silent")
            raise NotFound("something else went wrong")

    with pytest.raises(NotFound):
        cut_short()
    assert () == deliveries.list_all(PINE)
    with writing(engine) as connection:
        deliveries.enqueue_fault(connection, PINE, "f1", "silent")
    one = only(deliveries)
    assert (faults, Subject.FAULT, "f1", "silent") == (one.channel, one.subject, one.subject_id, one.fault_kind)


def test_a_long_list_comes_in_pages(deliveries: Deliveries, make_channel: Make, engine: Engine) -> None:
    """Newest first, never more than a thousand at once; by state and by channel."""
    channel = make_channel(faults=True)
    with writing(engine) as connection:
        for number in range(1200):
            deliveries.enqueue_fault(connection, PINE, f"f{number}", "silent")
    listed = deliveries.list_all(PINE, limit=5000)
    assert (1000, "f1199") == (len(listed), listed[0].subject_id)
    assert 7 == len(deliveries.list_all(PINE, channel=channel, state=DeliveryState.WAITING, limit=7))
    assert () == deliveries.list_all(PINE, state=DeliveryState.DEAD)
