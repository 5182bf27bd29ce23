"""DeliveryWorker: takes what waits in the outbox to where it is to go, each thing once, and never quietly not.

What flows in: word that something came; the clock. What flows out: messages; in the outbox, what became of each.
What it must never see: a way around the gate. For each alert the channel's person is judged at that moment, and the
record that it was shown is durable, before anything leaves. A target or a plate is in no log line.

Each channel has a thread of its own while it has something to do, so that one that is down delays no other. A process
that dies between sending and writing that down sends once more, under the same id; there is no other way to it twice.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Protocol

import msgspec
import structlog

from lockplate.alerting.bus import AlertBus, BusEvent
from lockplate.alerting.events import event_of
from lockplate.alerting.messages import Message, MessageType, SendFailed
from lockplate.alerting.showing import Alerting, Watcher
from lockplate.clock import Clock, format_time, monotonic_seconds
from lockplate.errors import Denied, EvidenceError, KeyUnavailable, NotFound
from lockplate.evidence.noting import NotingRecorder, Recording
from lockplate.gate.act import Act
from lockplate.gate.decision import Gate
from lockplate.hotlist import ListId
from lockplate.registry.channel_targets import ChannelKind, Content, Target
from lockplate.registry.channels import Channel, ChannelId, Channels
from lockplate.registry.deliveries import Deliveries, Delivery, DeliveryId, DeliveryState, Subject
from lockplate.registry.hits import Hit, HitId, Hits
from lockplate.terms import LeafIndex, OperatorId, PersonId

PATIENCE_SECONDS = 10.0
"""For one try, from the first byte to the last."""
GAPS = tuple(timedelta(seconds=each) for each in (1, 5, 30, 120, 600, 1800, 3600, 7200, 14_400, 21_600, 28_800))
"""Between tries; after the last gap there is one more try, and then the delivery is dead."""
OLDEST = timedelta(hours=24)
"""A delivery older than this is dead: an alert of yesterday sends nobody anywhere."""
LOOK_SECONDS = 30.0
"""The longest that the worker sleeps: a clock may be set forward."""
STUMBLE_SECONDS = 2.0
"""After a fault of our own, such as a full disk."""
TIDY_SECONDS = 24 * 3600.0


class Sender(Protocol):
    """One way out."""

    def send(self, target: Target, message: Message) -> str:
        """Return a code once the other side took it, or raise SendFailed."""
        ...


class DeliveryParts(msgspec.Struct, frozen=True, kw_only=True):
    """What delivering needs of a node."""

    deliveries: Deliveries
    channels: Channels
    hits: Hits
    gate: Gate
    watcher: Callable[[PersonId, OperatorId], Watcher]
    """A person and an operator as they are at this moment."""
    recorder: Callable[[OperatorId], Recording]
    list_name: Callable[[ListId], str]
    senders: Mapping[ChannelKind, Sender]
    open_at: str
    """The address of the pages; a hit's id is added to it."""


class _Ready(msgspec.Struct, frozen=True, kw_only=True):
    """A message that may leave."""

    kind: ChannelKind
    target: Target
    message: Message


class _End(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that is over without being sent."""

    state: DeliveryState
    code: str


class DeliveryWorker:
    """Delivers what waits, in a server's life; one of it runs."""

    def __init__(self, parts: DeliveryParts, bus: AlertBus, clock: Clock) -> None:
        self._parts = parts
        self._bus = bus
        self._clock = clock
        self._log = structlog.get_logger("lockplate.alerts")
        self._changed = threading.Condition()
        self._is_called = False
        self._is_stopping = False
        self._busy: dict[ChannelId, threading.Thread] = {}
        self._resting: dict[ChannelId, float] = {}
        """Channels after a fault of our own, until when."""
        self._sent: dict[DeliveryId, tuple[str, LeafIndex | None]] = {}
        """What was sent and could not be written down as sent: it is not sent again by this process."""
        self._thread: threading.Thread | None = None
        self._stop_listening: Callable[[], None] = lambda: None
        self._next_tidy = 0.0

    def start(self) -> None:
        """Begin; what waited while nobody served is due at once."""
        self._stop_listening = self._bus.subscribe(self._heard)
        self._thread = threading.Thread(target=self._run, name="alerts", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish what is being sent and stop; what waits stays in the outbox. Does nothing when it never began."""
        if self._thread is None:
            return
        self._stop_listening()
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()
            busy = list(self._busy.values())
        self._thread.join()
        end = monotonic_seconds() + 2 * PATIENCE_SECONDS
        for thread in busy:
            thread.join(max(end - monotonic_seconds(), 0))
        self._thread = None

    def wake(self) -> None:
        """Look at once whether something is due."""
        with self._changed:
            self._is_called = True
            self._changed.notify_all()

    def try_out(self, channel: Channel) -> str:
        """Send a trial without an alert over a channel, now; return the code, or raise SendFailed or NotFound."""
        target = self._parts.channels.target(channel.channel)
        data = {"channel": channel.channel, "operator": channel.operator, "content": channel.content.value}
        message = Message(
            delivery=f"test-{channel.channel}-{int(self._clock.now().timestamp())}",
            type=MessageType.TEST,
            at=self._clock.now(),
            data=data,
        )
        return self._parts.senders[channel.kind].send(target, message)

    def _heard(self, _: BusEvent) -> None:
        self.wake()

    def _run(self) -> None:
        while True:
            pause = STUMBLE_SECONDS
            with self._kept_alive():
                pause = self._look()
            with self._changed:
                if not self._is_called and not self._is_stopping:
                    self._changed.wait(pause)
                self._is_called = False
                if self._is_stopping:
                    return

    def _look(self) -> float:
        """Set a thread to each channel that has something due, and return the seconds until the next look."""
        now = self._clock.now()
        if monotonic_seconds() >= self._next_tidy:
            self._parts.deliveries.tidy(now)
            self._next_tidy = monotonic_seconds() + TIDY_SECONDS
        due, resting = self._parts.deliveries.channels_due(now), False
        for channel in due:
            with self._changed:
                if channel in self._busy or self._is_stopping:
                    continue
                if monotonic_seconds() < self._resting.get(channel, 0.0):
                    resting = True
                    continue
                thread = threading.Thread(target=self._serve, args=(channel,), name=f"alerts-{channel}", daemon=True)
                self._busy[channel] = thread
            thread.start()
        if resting:
            return STUMBLE_SECONDS
        next_at = self._parts.deliveries.next_at()
        if next_at is None:
            return LOOK_SECONDS
        # whoever is busy with what is due calls when done
        wait = (next_at - self._clock.now()).total_seconds()
        return min(max(wait, 0.0), LOOK_SECONDS) if wait > 0 else LOOK_SECONDS

    def _serve(self, channel: ChannelId) -> None:
        """Deliver what is due on one channel, oldest first, until nothing is or it does not get through."""
        try:
            while not self._is_stopping:
                one = self._parts.deliveries.next_due(channel, self._clock.now())
                if one is None or not self._deliver(one):
                    return
        except Exception as error:  # noqa: BLE001 - a full disk: nothing left without its record, so it rests and tries
            self._resting[channel] = monotonic_seconds() + STUMBLE_SECONDS
            self._log.warning("alerts_stumbled", channel=channel, kind=type(error).__name__)
        finally:
            with self._changed:
                del self._busy[channel]
            self.wake()

    def _deliver(self, one: Delivery) -> bool:
        """Settle one delivery or let it wait; False: nobody is there, and the rest of the channel waits with it."""
        if one.delivery in self._sent:
            return self._write_delivered(one, *self._sent[one.delivery])
        recorder = NotingRecorder(self._parts.recorder(one.operator))
        ready = self._prepare(one, recorder)
        leaf = recorder.places[-1] if recorder.places else None
        if isinstance(ready, _End):
            return self._settle(one, ready.state, ready.code, leaf=leaf)
        sent = self._send(ready)
        if isinstance(sent, SendFailed):
            return self._failed(one, sent, leaf)
        self._sent[one.delivery] = (sent, leaf)
        return self._write_delivered(one, sent, leaf)

    def _prepare(self, one: Delivery, recorder: Recording) -> "_Ready | _End":
        """Return what is to be sent, allowed and on record by now, or how the delivery ends without it."""
        channel = self._parts.channels.get(one.channel)
        if self._clock.now() - one.since > OLDEST:
            return _End(state=DeliveryState.DEAD, code="too_old")
        try:
            target = self._parts.channels.target(one.channel)
            message = self._message(one, channel, recorder)
        except NotFound as error:
            return _End(state=DeliveryState.DROPPED, code=error.code)
        except Denied as denied:
            return _End(state=DeliveryState.DEAD, code=denied.reasons[0].policy_id)
        except (EvidenceError, KeyUnavailable) as error:
            return _End(state=DeliveryState.DEAD, code=error.code)
        return _Ready(kind=channel.kind, target=target, message=message)

    def _send(self, ready: "_Ready") -> str | SendFailed:
        """Return the code with which it was taken, or why it was not."""
        try:
            return self._parts.senders[ready.kind].send(ready.target, ready.message)
        except SendFailed as failed:
            return failed
        except Exception as error:  # noqa: BLE001 - a fault of ours counts as a try: it must not hold the channel up for ever
            self._log.error("alert_fault", delivery=ready.message.delivery, kind=type(error).__name__)
            return SendFailed("fault")

    def _message(self, one: Delivery, channel: Channel, recorder: Recording) -> Message:
        """Return what leaves, once the gate allows it and, for an alert, it is on record that it is shown.

        Raises Denied once the denial is on record, NotFound when there is nothing left to tell. A fault of a reader
        is no access to a read: the gate decides, and nothing is on record.
        """
        who = self._parts.watcher(channel.person, one.operator)
        if one.subject is Subject.FAULT:
            self._parts.gate.decide_act(who.person, who.agency, Act.MANAGE_READERS, who.operator)
            kind, data = MessageType.FAULT, self._fault(one)
        else:
            hit = self._parts.hits.get(HitId(one.subject_id))
            alerting = Alerting(hits=self._parts.hits, gate=self._parts.gate, recorder=recorder, clock=self._clock)
            alerting.show_wanted(who, [hit], {"channel": channel.channel, "delivery": one.delivery})
            kind, data = MessageType.ALERT, self._alert(hit, channel)
        return Message(delivery=one.delivery, type=kind, at=self._clock.now(), data=data)

    def _alert(self, hit: Hit, channel: Channel) -> dict[str, Any]:
        event = event_of(hit, self._parts.list_name(hit.list_id))
        told = event.told() if channel.content is Content.PLATE else event.notice()
        return told | {"state": hit.state.value, "open_at": self._parts.open_at + hit.hit_id}

    def _fault(self, one: Delivery) -> dict[str, Any]:
        return {
            "fault_id": one.subject_id,
            "operator": one.operator,
            "kind": one.fault_kind or "",
            "noticed_at": format_time(one.created_at),
        }

    def _failed(self, one: Delivery, failed: SendFailed, leaf: LeafIndex | None) -> bool:
        now, gap = self._clock.now(), None if one.attempts >= len(GAPS) else GAPS[one.attempts]
        if failed.is_down:
            # the rest of the channel waits as long, and loses no try by it
            self._parts.deliveries.put_off(one.channel, now, now + (gap or GAPS[-1]))
        if failed.gone or gap is None or now + gap - one.since > OLDEST:
            return self._settle(one, DeliveryState.DEAD, failed.code, leaf=leaf, tried=True)
        self._parts.deliveries.try_again(one.delivery, now + gap, failed.code, leaf=leaf)
        self._log.warning(
            "alert_not_delivered",
            channel=one.channel,
            delivery=one.delivery,
            code=failed.code,
            attempts=one.attempts + 1,
        )
        return not failed.is_down

    def _write_delivered(self, one: Delivery, code: str, leaf: LeafIndex | None) -> bool:
        self._parts.deliveries.settle(one.delivery, DeliveryState.DELIVERED, code, leaf=leaf, tried=True)
        self._sent.pop(one.delivery, None)
        if one.attempts == 0:
            # a first try that gets through shows that the channel is up, whatever waits there for a later one
            self._parts.deliveries.bring_forward(one.channel, self._clock.now())
        return True

    def _settle(
        self,
        one: Delivery,
        state: DeliveryState,
        code: str,
        *,
        leaf: LeafIndex | None = None,
        tried: bool = False,
    ) -> bool:
        self._parts.deliveries.settle(one.delivery, state, code, leaf=leaf, tried=tried)
        if state is DeliveryState.DEAD:
            self._log.warning("alert_dead", channel=one.channel, delivery=one.delivery, code=code)
        return True

    @contextmanager
    def _kept_alive(self) -> Iterator[None]:
        """Let nothing stop the worker; its kind goes to the log."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever it was, what comes next must be delivered
            self._log.error("alerts_fault", kind=type(error).__name__)
