"""Alerts: the worker that delivers them, with what it needs of a node.

What flows in: registries, the gate, facts, recorders, settings. What flows out: a DeliveryWorker that has not begun.
What it must never see: a hit.
"""

from collections.abc import Callable

from lockplate.alerting.bus import AlertBus
from lockplate.alerting.delivering import PATIENCE_SECONDS, DeliveryParts, DeliveryWorker
from lockplate.alerting.mail import MailSender
from lockplate.alerting.mqtt import MqttSender
from lockplate.alerting.showing import Watcher
from lockplate.alerting.webhooks import WebhookSender
from lockplate.clock import Clock
from lockplate.errors import NotFound
from lockplate.evidence.noting import Recording
from lockplate.gate.decision import Gate
from lockplate.hotlist import ListId
from lockplate.lookup.facts import FactFinder
from lockplate.registry.channel_targets import ChannelKind
from lockplate.registry.hotlists import HotLists
from lockplate.settings import Settings
from lockplate.terms import OperatorId, PersonId
from lockplate.wiring.registries import Registries

ALERT_PAGE = "/app/alerts/"
"""Where the pages show one alert; its hit's id comes after it."""


def build_delivering(
    registries: Registries,
    gate: Gate,
    facts: FactFinder,
    recorder: Callable[[OperatorId], Recording],
    bus: AlertBus,
    settings: Settings,
    clock: Clock,
) -> DeliveryWorker:
    """Return the worker; whoever serves starts it."""
    parts = DeliveryParts(
        deliveries=registries.deliveries,
        channels=registries.channels,
        hits=registries.hits,
        gate=gate,
        watcher=lambda person, operator: watcher_of(facts, person, operator),
        recorder=recorder,
        list_name=lambda list_id: list_name(registries.hot_lists, list_id),
        senders={
            ChannelKind.WEBHOOK: WebhookSender(PATIENCE_SECONDS),
            ChannelKind.MQTT: MqttSender(PATIENCE_SECONDS),
            ChannelKind.EMAIL: MailSender(PATIENCE_SECONDS),
        },
        open_at=(settings.public_url or f"http://{settings.host}:{settings.port}").rstrip("/") + ALERT_PAGE,
    )
    return DeliveryWorker(parts, bus, clock)


def watcher_of(facts: FactFinder, person: PersonId, operator: OperatorId) -> Watcher:
    """Return a person and an operator as they are at this moment, or raise NotFound."""
    known = facts.person_named(person)
    return Watcher(person=known, agency=facts.agency(known.agency), operator=facts.operator(operator))


def list_name(hot_lists: HotLists, list_id: ListId) -> str:
    """Return a list's name; empty for one that is gone: a hit outlives its list."""
    try:
        return hot_lists.get(list_id).name
    except NotFound:
        return ""
