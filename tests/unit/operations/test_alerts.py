"""Who may make a channel, for whom, carrying what; what is on record of it; what is listed, and to whom."""

from collections.abc import Iterator
from typing import Any

import pytest

from lockplate.errors import BadInput, Conflict, Denied, NotFound, Unauthenticated
from lockplate.hotlist import Category, Priority
from lockplate.operations.alerts import (
    AddChannel,
    ChannelName,
    ChannelsOf,
    DeliveriesOf,
    RetryDeliveries,
)
from lockplate.operations.readers import AddReader, ChangeReader, ReadersOf
from lockplate.registry.channel_filters import Weekday
from lockplate.registry.channel_targets import ChannelKind, Content, Security
from lockplate.terms import Action, Verdict
from receiving import Webhook, webhook

PINE = "pine-county"


def new(**changes: Any) -> AddChannel:
    values: dict[str, Any] = {
        "kind": ChannelKind.WEBHOOK,
        "person": "olga",
        "operator": PINE,
        "url": "https://alerts.example/hook?token=secret",
    }
    return AddChannel(**(values | changes))


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as served:
        yield served


def refused(county: Any, **changes: Any) -> str:
    with pytest.raises((BadInput, NotFound)) as told:
        county.run("alerts.channel.add", new(**changes), "sam", there=True)
    return str(told.value.code)


def test_a_supervisor_makes_one(county: Any) -> None:
    """It is listed without its secrets; the signing secret comes once; the record names channel, kind, content, person."""
    start = county.size()
    made = county.run("alerts.channel.add", new(content=Content.PLATE), "sam", there=True)

    assert made.signing_secret.startswith("whsec_")
    (record,) = county.records(start=start)
    assert (Action.SETTING_CHANGED, Verdict.PERMITTED, ("act-alerts",)) == (
        record.action, record.verdict, record.policy_ids,
    )  # fmt: skip
    assert {
        "change": "alert_channel_added", "channel": made.channel.channel, "kind": "webhook", "content": "plate", "for": "olga",
    } == record.facts  # fmt: skip
    assert {"where", "filter"} == record.commitments.keys()
    (line,) = [
        one for one in county.run("alerts.channel.list", ChannelsOf(operator=PINE), "uma")
        if one.channel.channel == made.channel.channel
    ]  # fmt: skip
    assert ("https://alerts.example/…", 0, 0) == (line.channel.where, line.standing.waiting, line.standing.dead)
    assert not any(word in str(line) for word in ("secret", made.signing_secret))


@pytest.mark.parametrize(
    ("person", "content", "policy"),
    [
        ("ada", Content.PLATE, "floor-alert-plates"),
        ("olga", Content.NOTICE, "default-deny"),
        ("uma", Content.NOTICE, "floor-auditor-manages-nothing"),
        ("quill", Content.NOTICE, "default-deny"),
    ],
)
def test_who_may_not(county: Any, person: str, content: Content, policy: str) -> None:
    """An administrator makes no channel that carries plates, nor anybody else any; nothing is made, the denial recorded."""
    before, start = county.run("alerts.channel.list", ChannelsOf(operator=PINE), "sam"), county.size()
    with pytest.raises(Denied) as denied:
        county.run("alerts.channel.add", new(content=content), person, there=True)
    assert policy == denied.value.reasons[0].policy_id
    (record,) = county.records(start=start)
    assert (Verdict.DENIED, person) == (record.verdict, record.person)
    assert before == county.run("alerts.channel.list", ChannelsOf(operator=PINE), "sam")


def test_an_administrator_makes_one_of_notices(county: Any) -> None:
    """And the system user, who holds the node's keys anyway."""
    county.run("alerts.channel.add", new(), "ada", there=True)
    county.run("alerts.channel.add", new(content=Content.PLATE))
    with pytest.raises(Unauthenticated):
        county.run("alerts.channel.add", new(), there=True)


@pytest.mark.parametrize(
    "changes",
    [
        {"person": "ada"},
        {"person": "uma"},
        {"person": "quinn"},
        {"person": "rita"},
        {"faults": True},
        {"person": "ada", "faults": True},
    ],
)
def test_for_whom(county: Any, changes: dict[str, Any]) -> None:
    """Only for a person whom the policy lets hear of all that the channel takes."""
    assert "person_not_allowed" == refused(county, **changes)
    assert "unknown_person" == refused(county, **(changes | {"person": "nobody"}))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"url": "http://alerts.example/", "content": Content.PLATE}, "unprotected_way"),
        ({"url": "http://alerts.example/#x"}, "bad_target"),
        ({"kind": ChannelKind.EMAIL, "content": Content.PLATE, "server": "127.0.0.1:25", "sender": "a@b.example",
          "recipient": "c@d.example"}, "unprotected_way"),
        ({"kind": ChannelKind.MQTT, "server": "broker.example", "topic": "x"}, "bad_target"),
        ({"kind": ChannelKind.MQTT, "server": "broker.example:1883", "topic": "x/#"}, "bad_target"),
        ({"lists": ("l" + "0" * 20,)}, "unknown_list"),
        ({"lists": ("4HJK882",)}, "bad_filter"),
        ({"readers": ("nowhere",)}, "unknown_reader"),
        ({"hours": "8-17"}, "bad_hours"),
        ({"hours": "08:00"}, "bad_hours"),
        ({"alerts": False}, "bad_filter"),
    ],
)  # fmt: skip
def test_what_is_no_channel(county: Any, changes: dict[str, Any], code: str) -> None:
    """Before anything is on record or made."""
    start = county.size()
    assert code == refused(county, **changes)
    assert start == county.size()


def test_filters_come_back(county: Any) -> None:
    """Every option of one is in the channel that is listed."""
    made = county.run(
        "alerts.channel.add",
        new(
            kind=ChannelKind.MQTT, server="[::1]:8883", security=Security.TLS, topic="t", priorities=(Priority.HIGH,),
            categories=(Category.AMBER,), groups=("north",), days=(Weekday.MONDAY,), hours="22:00-06:00",
        ),
        "sam",
    ).channel  # fmt: skip
    hours = made.filter.hours
    assert ("22:00", "06:00", {Weekday.MONDAY}) == (hours.start, hours.end, hours.days)
    assert ("t at ::1:8883 (TLS)", {"north"}) == (made.where, made.filter.groups)


def test_a_trial(county: Any, hook: Webhook) -> None:
    """It reaches the receiver without an alert in it, or says why not; on record, and not after the end."""
    channel = county.run("alerts.channel.add", new(url=hook.url), "sam").channel.channel
    start = county.size()
    assert (True, "http_204") == outcome(county.run("alerts.channel.test", ChannelName(channel=channel), "ada"))
    hook.answer = lambda _: (500, {}, 0.0)
    assert (False, "http_500") == outcome(county.run("alerts.channel.test", ChannelName(channel=channel), "ada"))
    assert ["test"] * 2 == [one.told["type"] for one in hook.received]
    assert ["alert_channel_tried"] * 2 == [record.facts["change"] for record in county.records(start=start)]
    with pytest.raises(Denied):
        county.run("alerts.channel.test", ChannelName(channel=channel), "olga")
    ended = county.run("alerts.channel.end", ChannelName(channel=channel), "sam")
    assert ended.ended_at is not None
    with pytest.raises(NotFound):
        county.run("alerts.channel.test", ChannelName(channel=channel), "sam")
    with pytest.raises(Conflict):
        county.run("alerts.channel.end", ChannelName(channel=channel), "sam")


def outcome(told: Any) -> tuple[bool, str]:
    return told.delivered, told.code


def test_deliveries_are_for_those_who_answer_for_them(county: Any) -> None:
    """Administrators, supervisors and auditors; not officers, not another agency."""
    for person in ("ada", "sam", "uma"):
        assert () == county.run("alerts.deliveries", DeliveriesOf(operator=PINE), person)
    for person in ("olga", "quill", "rex"):
        with pytest.raises(Denied):
            county.run("alerts.deliveries", DeliveriesOf(operator=PINE), person)
    for limit in (0, 1001):
        with pytest.raises(BadInput):
            county.run("alerts.deliveries", DeliveriesOf(operator=PINE, limit=limit), "sam")


def test_retry_wants_to_know_which(county: Any) -> None:
    """One or all, not neither and not both; an auditor looks and changes nothing."""
    for which in (RetryDeliveries(operator=PINE), RetryDeliveries(operator=PINE, delivery="d1", all_dead=True)):
        with pytest.raises(BadInput):
            county.run("alerts.retry", which, "sam")
    assert 0 == county.run("alerts.retry", RetryDeliveries(operator=PINE, all_dead=True), "sam").deliveries
    with pytest.raises(NotFound):
        county.run("alerts.retry", RetryDeliveries(delivery="d" + "0" * 20), "sam")
    with pytest.raises(Denied):
        county.run("alerts.retry", RetryDeliveries(operator=PINE, all_dead=True), "uma")


def test_readers_are_put_into_groups(county: Any) -> None:
    """When added and later, on record; a group's name is an id."""
    county.run("reader.add", AddReader(reader="gate-7", name="Gate", operator=PINE, groups=("north", "river")), "ada")
    start = county.size()
    changed = county.run("reader.change", ChangeReader(reader="gate-7", groups=("south",)), "ada")
    assert frozenset({"south"}) == changed.groups
    (record,) = county.records(start=start)
    assert {"change": "groups", "reader": "gate-7"} == record.facts
    (line,) = [
        one for one in county.run("reader.list", ReadersOf(operator=PINE), "ada") if one.reader.reader == "gate-7"
    ]
    assert frozenset({"south"}) == line.reader.groups
    for groups in (("4HJK882",), tuple(f"g{number}" for number in range(21))):
        with pytest.raises(BadInput):
            county.run("reader.change", ChangeReader(reader="gate-7", groups=groups), "ada")
    with pytest.raises(Denied):
        county.run("reader.change", ChangeReader(reader="gate-7", groups=()), "sam")
