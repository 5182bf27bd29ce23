"""Manage how people hear of alerts: `alerts channel add|list|test|end`, `alerts deliveries|retry`.

What flows in: a channel's person, way, target and filter. What flows out: channels, how they stand; a signing secret,
shown once.
What it must never see: an alert. Who makes a channel decides where alerts go, so it is judged and on record.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from lockplate.alerting.messages import SendFailed
from lockplate.alerting.webhooks import SECRET_PREFIX, new_signing_secret
from lockplate.errors import BadInput, NotFound
from lockplate.gate.act import Act, ActContext
from lockplate.hotlist import Category, ListId, Priority
from lockplate.operations.authority import Change, carry_out, require_any
from lockplate.operations.operation import Actor, Operation
from lockplate.operations.taking_in import only_operator
from lockplate.registry.channel_filters import ChannelFilter, Hours, Weekday
from lockplate.registry.channel_targets import ChannelKind, Content, Security, Target
from lockplate.registry.channels import Channel, ChannelId, NewChannel, new_channel_id
from lockplate.registry.deliveries import MAX_LISTED, Delivery, DeliveryId, DeliveryState, Standing
from lockplate.terms import Action, OperatorId, PersonId, ReaderId, Verdict
from lockplate.wiring.alerts import watcher_of
from lockplate.wiring.node import Node

T = TypeVar("T")


class AddChannel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A channel to make; which fields of the target count depends on its kind."""

    kind: ChannelKind
    person: str
    """Who hears of alerts by it; judged again at each one."""
    operator: str = ""
    content: Content = Content.NOTICE
    url: str = ""
    """webhook: where to post."""
    server: str = ""
    """mqtt, email: HOST:PORT."""
    security: Security = Security.NONE
    topic: str = ""
    sender: str = ""
    recipient: str = ""
    username: str = ""
    password: str = ""
    ca_pem: str = ""
    lists: tuple[str, ...] = ()
    priorities: tuple[Priority, ...] = ()
    categories: tuple[Category, ...] = ()
    readers: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    days: tuple[Weekday, ...] = ()
    hours: str = ""
    """HH:MM-HH:MM in the operator's time zone; over midnight, too."""
    alerts: bool = True
    faults: bool = False


class ChannelsOf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose channels; `ended`: those that have ended, too."""

    operator: str = ""
    ended: bool = False


class ChannelName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One channel."""

    channel: str


class DeliveriesOf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which deliveries: the newest, of one state or channel or of all."""

    operator: str = ""
    state: DeliveryState | None = None
    channel: str = ""
    limit: int = 100


class RetryDeliveries(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A dead delivery to ask for again, or all that are dead."""

    delivery: str = ""
    all_dead: bool = False
    operator: str = ""


class MadeChannel(msgspec.Struct, frozen=True, kw_only=True):
    """A channel, and what its receiver checks signatures with, which nobody can read again."""

    channel: Channel
    signing_secret: str
    """Of a webhook; else empty."""


class ChannelLine(msgspec.Struct, frozen=True, kw_only=True):
    """A channel and how its deliveries stand."""

    channel: Channel
    standing: Standing


class TriedChannel(msgspec.Struct, frozen=True, kw_only=True):
    """How a trial went."""

    channel: ChannelId
    delivered: bool
    code: str


class Revived(msgspec.Struct, frozen=True, kw_only=True):
    """How many deliveries are tried again."""

    deliveries: int


def add_channel(node: Node, actor: Actor, new: AddChannel) -> MadeChannel:
    """Make a channel for a person whom the policy lets see what it will carry."""
    operator = only_operator(node, new.operator)
    chosen = _filter(node, operator, new)
    secret = new_signing_secret() if new.kind is ChannelKind.WEBHOOK else ""
    target = _target(new, secret).check(new.kind, new.content)
    _require_lists(node, operator, chosen.lists)
    named, person = new_channel_id(), PersonId(new.person)
    change = Change(
        action=Action.SETTING_CHANGED,
        facts={
            "change": "alert_channel_added",
            "channel": named,
            "kind": new.kind.value,
            "content": new.content.value,
            "for": _require_allowed(node, operator, person, chosen),
        },
        private={"where": target.where(new.kind), "filter": msgspec.json.encode(chosen, order="sorted").decode()},
    )
    described = NewChannel(
        operator=operator, person=person, kind=new.kind, content=new.content, target=target, filter=chosen
    )
    made = _carry_out(
        node,
        actor,
        operator,
        change,
        lambda: node.registries.channels.add(named, described),
        plates=new.content is Content.PLATE,
    )
    return MadeChannel(channel=made, signing_secret=SECRET_PREFIX + secret if secret else "")


def list_channels(node: Node, actor: Actor, which: ChannelsOf) -> tuple[ChannelLine, ...]:
    """List an operator's channels and how each stands: what waits, since when, and why."""
    operator = only_operator(node, which.operator)
    require_any(node, actor, (Act.MANAGE_ALERTS, Act.READ_RECORDS), operator)
    standings = node.registries.deliveries.standings(operator)
    return tuple(
        ChannelLine(channel=one, standing=standings.get(one.channel, Standing()))
        for one in node.registries.channels.list_all(operator, ended=which.ended)
    )


def try_channel(node: Node, actor: Actor, name: ChannelName) -> TriedChannel:
    """Send a trial, without an alert in it, and say how it went."""
    channel = node.registries.channels.get(ChannelId(name.channel))
    if channel.ended_at is not None:
        raise NotFound("the channel has ended", code="channel_ended")

    def attempt() -> TriedChannel:
        try:
            code = node.delivering.try_out(channel)
        except SendFailed as failed:
            return TriedChannel(channel=channel.channel, delivered=False, code=failed.code)
        return TriedChannel(channel=channel.channel, delivered=True, code=code)

    return _carry_out(node, actor, channel.operator, _change("alert_channel_tried", channel), attempt)


def end_channel(node: Node, actor: Actor, name: ChannelName) -> Channel:
    """End a channel for good: its target is deleted, and what waits for it is dropped."""
    channel = node.registries.channels.get(ChannelId(name.channel))
    ended = _carry_out(
        node,
        actor,
        channel.operator,
        _change("alert_channel_ended", channel),
        lambda: node.registries.channels.end(channel.channel),
    )
    node.delivering.wake()
    return ended


def list_deliveries(node: Node, actor: Actor, which: DeliveriesOf) -> tuple[Delivery, ...]:
    """List an operator's deliveries, newest first: what became of each, after how many tries, and why."""
    operator = only_operator(node, which.operator)
    if not 1 <= which.limit <= MAX_LISTED:
        raise BadInput(f"between 1 and {MAX_LISTED} deliveries are listed at once", code="bad_limit")
    require_any(node, actor, (Act.MANAGE_ALERTS, Act.READ_RECORDS), operator)
    return node.registries.deliveries.list_all(
        operator, state=which.state, channel=ChannelId(which.channel) if which.channel else None, limit=which.limit
    )


def retry_deliveries(node: Node, actor: Actor, which: RetryDeliveries) -> Revived:
    """Try dead deliveries again, from the beginning; the gate decides anew at each."""
    if bool(which.delivery) == which.all_dead:
        raise BadInput("name a delivery, or ask for all that are dead", code="which_delivery")
    one = node.registries.deliveries.get(DeliveryId(which.delivery)) if which.delivery else None
    operator = only_operator(node, which.operator) if one is None else one.operator
    facts = {"change": "alert_deliveries_asked_again", "deliveries": "all_dead" if one is None else one.delivery}
    count = _carry_out(
        node,
        actor,
        operator,
        Change(action=Action.SETTING_CHANGED, facts=facts),
        lambda: node.registries.deliveries.revive(operator, None if one is None else one.delivery),
    )
    node.delivering.wake()
    return Revived(deliveries=count)


def _carry_out(
    node: Node, actor: Actor, operator: OperatorId, change: Change, step: Callable[[], T], *, plates: bool = False
) -> T:
    return carry_out(node, actor, Act.MANAGE_ALERTS, [operator], change, step, ActContext(alert_plates=plates))


def _change(word: str, channel: Channel) -> Change:
    return Change(action=Action.SETTING_CHANGED, facts={"change": word, "channel": channel.channel})


def _require_allowed(node: Node, operator: OperatorId, person: PersonId, chosen: ChannelFilter) -> PersonId:
    """Return the person when the policy lets them hear of what the channel takes, or raise BadInput."""
    who = watcher_of(node.facts, person, operator)
    wanted = (Act.SHOW_HIT,) * chosen.alerts + (Act.MANAGE_READERS,) * chosen.faults
    for act in wanted:
        told = node.gate.explain_act(who.person, who.agency, act, who.operator)
        if told.verdict is not Verdict.PERMITTED:
            raise BadInput(
                f"the policy does not let this person hear of that: {told.reasons[0].policy_id}",
                code="person_not_allowed",
                next_step="Alerts: officers and supervisors of the operator's own agency; faults: its administrators.",
            )
    return person


def _require_lists(node: Node, operator: OperatorId, lists: Sequence[ListId] | frozenset[ListId]) -> None:
    known = {one.list_id for one in node.registries.hot_lists.list_all(operator)}
    if not known.issuperset(lists):
        raise NotFound(
            "no list of this operator has this id", code="unknown_list", next_step="See `lockplate hotlist list`."
        )


def _filter(node: Node, operator: OperatorId, new: AddChannel) -> ChannelFilter:
    hours = None
    if new.hours or new.days:
        start, dash, end = (new.hours or "00:00-00:00").partition("-")
        hours = Hours(start=start.strip(), end=end.strip() if dash else "", days=frozenset(new.days))
    chosen = ChannelFilter(
        lists=frozenset(map(ListId, new.lists)),
        priorities=frozenset(new.priorities),
        categories=frozenset(new.categories),
        readers=frozenset(map(ReaderId, new.readers)),
        groups=frozenset(new.groups),
        hours=hours,
        alerts=new.alerts,
        faults=new.faults,
    ).check()
    known = {reader.reader for reader in node.registries.readers.list_all(operator)}
    if not known.issuperset(chosen.readers):
        raise NotFound("no reader of this operator has this id", code="unknown_reader")
    return chosen


def _target(new: AddChannel, secret: str) -> Target:
    host, _, port = new.server.rpartition(":")
    return Target(
        url=new.url,
        host=host.removeprefix("[").removesuffix("]"),
        port=int(port) if port.isascii() and port.isdigit() and len(port) <= 5 else 0,
        security=new.security,
        topic=new.topic,
        sender=new.sender,
        recipient=new.recipient,
        username=new.username,
        password=new.password,
        ca_pem=new.ca_pem,
        signing_secret=secret,
    )


ALERTS = (
    Operation(name="alerts.channel.add", request=AddChannel, handler=add_channel, says="Make a way to hear of alerts."),
    Operation(
        name="alerts.channel.list", request=ChannelsOf, handler=list_channels, says="List channels and how they stand."
    ),
    Operation(
        name="alerts.channel.test", request=ChannelName, handler=try_channel, says="Send a trial over a channel."
    ),
    Operation(name="alerts.channel.end", request=ChannelName, handler=end_channel, says="End a channel for good."),
    Operation(
        name="alerts.deliveries", request=DeliveriesOf, handler=list_deliveries, says="List what became of alerts sent."
    ),
    Operation(
        name="alerts.retry", request=RetryDeliveries, handler=retry_deliveries, says="Try dead deliveries again."
    ),
)
