"""AlertBus: word inside this process that something came, so that nobody has to look for it.

What flows in: ids of new alerts, decisions, faults. What flows out: the same, to whoever subscribed.
What it must never see: a plate. It keeps nothing: what must not be lost lies in the outbox and in the registry.
"""

import threading
from collections.abc import Callable, Sequence

import msgspec
import structlog

from lockplate.alerting.events import FaultEvent, StateEvent
from lockplate.registry.hits import HitId, HitState, Recorded
from lockplate.terms import OperatorId


class AlertsCame(msgspec.Struct, frozen=True, kw_only=True):
    """Hits that raise alerts were recorded."""

    operator: OperatorId
    hit_ids: tuple[HitId, ...]


BusEvent = AlertsCame | StateEvent | FaultEvent
Subscriber = Callable[[BusEvent], None]


class AlertBus:
    """Passes word on in the thread that brings it; a subscriber only notes it and is quick."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscribers: list[Subscriber] = []

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Tell a subscriber everything from now on; call what is returned to stop it."""
        with self._lock:
            self._subscribers = [*self._subscribers, subscriber]

        def stop() -> None:
            with self._lock:
                self._subscribers = [one for one in self._subscribers if one is not subscriber]

        return stop

    def publish_recorded(self, operator: OperatorId, recorded: Sequence[Recorded]) -> None:
        """Tell that hits were recorded; those that raise no alert are nobody's news."""
        hit_ids = tuple(one.hit_id for one in recorded if one.alerts)
        if hit_ids:
            self._publish(AlertsCame(operator=operator, hit_ids=hit_ids))

    def publish_state(self, operator: OperatorId, hit_id: HitId, state: HitState) -> None:
        """Tell that somebody decided a hit; call it once the decision is durable."""
        self._publish(StateEvent(operator=operator, hit_id=hit_id, state=state))

    def publish_fault(self, fault: FaultEvent) -> None:
        """Tell that a fault began or ended; call it once that is durable."""
        self._publish(fault)

    def _publish(self, event: BusEvent) -> None:
        for subscriber in self._subscribers:
            try:
                subscriber(event)
            except Exception as error:  # noqa: BLE001 - one listener's trouble is not the others', nor the publisher's
                structlog.get_logger("lockplate.alerts").error("listener_failed", kind=type(error).__name__)
