"""Channels: made once, never changed, their targets sealed and gone at the end."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine

from lockplate.clock import SetClock
from lockplate.errors import BadInput, Conflict, NotFound
from lockplate.hotlist import Category, ListId, Priority
from lockplate.registry.channel_filters import AlertFacts, ChannelFilter, Hours
from lockplate.registry.channel_targets import ChannelKind, Content, Security, Target
from lockplate.registry.channels import MAX_CHANNELS, ChannelId, Channels, NewChannel, new_channel_id
from lockplate.registry.database import close_database, reading
from lockplate.registry.readers import RegisteredReaders
from lockplate.registry.sealing import ColumnSealer
from lockplate.terms import OperatorId, PersonId, ReaderId

pytestmark = pytest.mark.usefixtures("county")
PINE = OperatorId("pine-county")
NEW = NewChannel(
    operator=PINE,
    person=PersonId("ann"),
    kind=ChannelKind.MQTT,
    content=Content.PLATE,
    target=Target(
        host="broker.example",
        port=8883,
        security=Security.TLS,
        topic="lockplate/alerts",
        username="node",
        password="hush hush",
    ),
    filter=ChannelFilter(),
)
ALERT = AlertFacts(
    hit_id="h1",
    operator=PINE,
    list_id=ListId("l" + "0" * 20),
    category=Category.AMBER,
    priority=Priority.HIGH,
    reader=ReaderId("bridge-1"),
)


@pytest.fixture
def channels(engine: Engine, clock: SetClock, sealers: dict[str, ColumnSealer]) -> Channels:
    return Channels(engine, sealers.__getitem__, clock)


def made(channels: Channels, **changes: Any) -> ChannelId:
    return channels.add(new_channel_id(), msgspec.structs.replace(NEW, **changes)).channel


def wanting(channels: Channels, engine: Engine, alert: AlertFacts = ALERT) -> tuple[ChannelId, ...]:
    with reading(engine) as connection:
        return channels.wanting(connection, alert)


def test_a_channel_comes_back(channels: Channels, clock: SetClock) -> None:
    """What was made is listed without its secrets; whoever sends gets them."""
    name = made(channels)
    (listed,) = channels.list_all(PINE)

    assert (name, "lockplate/alerts at broker.example:8883 (TLS)", clock.now(), None) == (
        listed.channel, listed.where, listed.made_at, listed.ended_at,
    )  # fmt: skip
    assert NEW.target == channels.target(name)
    assert listed == channels.get(name)
    assert () == channels.list_all(OperatorId("quarry-city"))


def test_its_end_takes_the_target_away(channels: Channels, engine: Engine) -> None:
    """An ended channel is listed only when asked for, leads nowhere, wants nothing, and does not end twice."""
    name = made(channels)
    assert (name,) == wanting(channels, engine)
    ended = channels.end(name)

    assert ("", False) == (ended.where, ended.ended_at is None)
    assert ((), (ended,)) == (channels.list_all(PINE), channels.list_all(PINE, ended=True))
    assert () == wanting(channels, engine)
    with pytest.raises(NotFound):
        channels.target(name)
    with pytest.raises(Conflict):
        channels.end(name)


def test_what_is_held_in_memory_follows_changes(channels: Channels, engine: Engine) -> None:
    """A channel wants alerts from the moment it is made until it ends, whatever was asked before."""
    assert () == wanting(channels, engine)
    first = made(channels)
    assert (first,) == wanting(channels, engine)
    second = made(channels)
    assert {first, second} == set(wanting(channels, engine))
    channels.end(first)
    assert (second,) == wanting(channels, engine)


def test_groups_and_hours_count_when_an_alert_comes(channels: Channels, engine: Engine, clock: SetClock) -> None:
    """The reader's groups and the operator's own time of that moment; the county lives eight hours behind UTC."""
    by_group = made(channels, filter=ChannelFilter(groups=frozenset({"north"})))
    by_night = made(channels, filter=ChannelFilter(hours=Hours(start="00:00", end="05:00")))
    assert (by_night,) == wanting(channels, engine)
    RegisteredReaders(engine, clock).set_groups(ReaderId("bridge-1"), frozenset({"north", "river"}))
    clock.advance(timedelta(hours=6))
    assert (by_group,) == wanting(channels, engine)
    unknown = msgspec.structs.replace(ALERT, reader=ReaderId("a-file"))
    assert () == wanting(channels, engine, unknown)


def test_faults_go_to_those_who_take_them(channels: Channels, engine: Engine) -> None:
    """And alerts do not go to a channel that takes faults only."""
    made(channels)
    faults = made(channels, filter=ChannelFilter(alerts=False, faults=True))
    with reading(engine) as connection:
        assert (faults,) == channels.wanting_faults(connection, PINE)
    assert faults not in wanting(channels, engine)


def test_what_cannot_be_is_not_made(channels: Channels) -> None:
    """Half a target, an unprotected plate, somebody unknown, and one more than the node serves."""
    for changes in (
        {"target": Target()},
        {"target": msgspec.structs.replace(NEW.target, security=Security.NONE)},
        {"filter": ChannelFilter(alerts=False)},
    ):
        with pytest.raises(BadInput):
            made(channels, **changes)
    with pytest.raises(Conflict):
        made(channels, person=PersonId("nobody"))
    for _ in range(MAX_CHANNELS):
        last = made(channels)
    with pytest.raises(Conflict):
        made(channels)
    channels.end(last)
    made(channels)


def test_no_target_lies_in_plain(channels: Channels, engine: Engine, database_file: Path) -> None:
    """Not an address, a topic, a name or a password can be read in the file."""
    made(channels)
    close_database(engine)
    content = database_file.read_bytes()
    for secret in (b"broker.example", b"lockplate/alerts", b"hush hush"):
        assert secret not in content
