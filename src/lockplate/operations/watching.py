"""Watching: each minute every reader and list is judged, and faults are opened and closed.

What flows in: an open node, its clock. What flows out: faults in the registry; a log line for each change of one.
What it must never see: a plate. Readers are judged only while the node has looked without a gap: a clock that jumps, or
a node that was off, opens one fault about itself and none about a reader (docs/decisions/0031).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from statistics import median

import msgspec
import structlog

from lockplate.alerting.events import FaultEvent
from lockplate.errors import LockplateError
from lockplate.health import Found, Judgement, Trait
from lockplate.operations.fault_words import KIND_OF
from lockplate.operations.judging import JudgedList, ListJudgement, judged_lists, judged_readers
from lockplate.operations.places import place_fault
from lockplate.operations.retaining import retention_state_of
from lockplate.registry.faults import CLOSED_KEPT, OF_LISTS, OF_READERS, Changes, Fault, FaultKind, Subject, Wrong
from lockplate.registry.reader_hours import KEPT
from lockplate.registry.watched import Watch
from lockplate.terms import OperatorId
from lockplate.wiring.node import Node

STEP = timedelta(minutes=1)
"""How often the server looks."""
PRUNED_WHEN_STEADY_FOR = timedelta(days=1)
"""Nothing is deleted by a clock that has just jumped."""
WAITS_TOO_LONG = timedelta(minutes=10)
"""Whoever is to be told within seconds and is not told for so long is not told."""
SHARED_READERS = 3
"""So many readers, and more than half of those whose clocks are known, are off to one side: then it is not theirs."""
NODE = "node"
"""The subject of a fault of the node itself."""
_LIST_KINDS = {
    ListJudgement.STALE: FaultKind.LIST_STALE,
    ListJudgement.NEVER: FaultKind.LIST_NEVER,
    ListJudgement.UNGRANTED: FaultKind.LIST_UNGRANTED,
}


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """One look at everything."""

    at: datetime
    settled: bool
    """Readers were judged: the node has looked without a gap for ten minutes."""
    changes: Changes
    next_at: datetime
    """When to look again: in a minute, or at the very second at which a list's file is too old."""


class _Lines:
    """What is wrong, and what is well."""

    def __init__(self) -> None:
        self.wrong: list[Wrong] = []
        self.well: set[Subject] = set()

    def say(self, kind: FaultKind, subject: str, facts: dict[str, float] | None) -> None:
        """Note that something is wrong, with its numbers, or well (None)."""
        if facts is None:
            self.well.add((kind, subject))
        else:
            self.wrong.append(Wrong(kind=kind, subject=subject, facts=facts))


def look(node: Node) -> Looked:
    """Judge everything once, open and close faults, and say what changed; the same look again changes nothing."""
    now = node.clock.now()
    watch = node.registries.watched.tick(now)
    log = structlog.get_logger("lockplate.faults")
    opened: list[Fault] = []
    closed: list[Fault] = []
    due = [now + STEP]
    for operator in node.desks:
        lines = _Lines()
        lists = judged_lists(node, operator, now)
        _say_lists(lines, lists.values())
        _say_readers(node, operator, watch, lines)
        _say_node(node, operator, watch, lines)
        for fault in node.registries.faults.list_open(operator):
            if fault.kind in OF_LISTS and fault.subject not in lists:
                lines.say(fault.kind, fault.subject, None)
        node.registries.faults.note_hand_kept(
            [name for name, one in lists.items() if one.state is ListJudgement.BY_HAND]
        )
        changes = node.registries.faults.settle(operator, lines.wrong, lines.well)
        opened += changes.opened
        closed += changes.closed
        due += [one.stale_at for one in lists.values() if one.stale_at is not None and one.stale_at > now]
    for fault in opened:
        log.warning(
            "fault_opened", operator=fault.operator, kind=fault.kind.value, subject=fault.subject, fault=fault.fault_id
        )
    for fault in closed:
        log.info(
            "fault_closed", operator=fault.operator, kind=fault.kind.value, subject=fault.subject, fault=fault.fault_id
        )
    for fault in (*opened, *closed):
        node.bus.publish_fault(_event_of(fault))
    changes = Changes(opened=tuple(opened), closed=tuple(closed))
    return Looked(at=now, settled=watch.is_settled, changes=changes, next_at=min(due))


def _event_of(fault: Fault) -> FaultEvent:
    """Return what whoever watches alerts and may manage readers is told of a fault that began or ended."""
    return FaultEvent(
        operator=fault.operator,
        fault_id=fault.fault_id,
        kind=fault.kind.value,
        subject=fault.subject,
        since=fault.opened_at,
        open=fault.is_open,
    )


class FaultWatch:
    """The looks of one server; `step` is called by one thread at a time and says how long to wait."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._pruned_at: datetime | None = None
        self._log = structlog.get_logger("lockplate.faults")

    def step(self) -> float:
        """Look once, and return the seconds until the next look; what breaks is logged and tried again."""
        try:
            looked = look(self._node)
            self._prune(looked.at)
        except LockplateError as error:
            self._log.error("watch_failed", code=error.code)
            return STEP.total_seconds()
        except Exception as error:  # noqa: BLE001 - the watch must go on; the text could hold anything
            self._log.error("watch_failed", code="fault", kind=type(error).__name__)
            return STEP.total_seconds()
        return max(0.05, (looked.next_at - looked.at).total_seconds())

    def _prune(self, now: datetime) -> None:
        """Once a day, delete what is older than it is kept; never by a clock that has just jumped."""
        steady = now - self._node.registries.watched.last(now).steady_since
        if steady < PRUNED_WHEN_STEADY_FOR or (
            self._pruned_at is not None and now - self._pruned_at < timedelta(days=1)
        ):
            return
        registries = self._node.registries
        hours, watched = registries.reader_hours.prune(now - KEPT), registries.watched.prune(now - KEPT)
        faults = registries.faults.prune(now - CLOSED_KEPT)
        self._pruned_at = now
        self._log.info("health_pruned", hours=hours, watched=watched, faults=faults)


def _say_readers(node: Node, operator: OperatorId, watch: Watch, lines: _Lines) -> None:
    """Say what is to be said of each reader that may send; of one that may not, and of one that is gone, nothing is."""
    judged = judged_readers(node, operator, watch.at)
    asked = {
        one.reader
        for one in node.registries.readers.list_all(operator)
        if one.active and place_fault(node, one) is None
    }
    for fault in node.registries.faults.list_open(operator):
        if fault.kind in OF_READERS and fault.subject not in asked:
            lines.say(fault.kind, fault.subject, None)
    if not watch.is_settled:
        return
    told = {reader: judged[reader].judgements for reader in sorted(asked)}
    shared = _shared_drift([one for each in told.values() for one in each if one.trait is Trait.CLOCK])
    lines.say(FaultKind.NODE_CLOCK, NODE, shared)
    for reader, judgements in told.items():
        for one in judgements:
            if one.found is Found.AMISS and not (shared is not None and one.trait is Trait.CLOCK):
                lines.say(KIND_OF[one.trait], reader, one.numbers)
            elif one.found is Found.WELL:
                lines.say(KIND_OF[one.trait], reader, None)


def _shared_drift(clocks: Sequence[Judgement]) -> dict[str, float] | None:
    """Return the numbers of a drift that most readers share, to one side; None when it is each reader's own."""
    known = [one for one in clocks if "drift_seconds" in one.numbers]
    for sign in (1, -1):
        drifts = [sign * one.numbers["drift_seconds"] for one in known if one.found is Found.AMISS]
        drifts = [drift for drift in drifts if drift > 0]
        if len(drifts) >= SHARED_READERS and len(drifts) > len(known) / 2:
            return {"readers": len(drifts), "timed_readers": len(known), "drift_seconds": sign * median(drifts)}
    return None


def _say_lists(lines: _Lines, lists: Iterable[JudgedList]) -> None:
    """Say which lists raise no alerts; by the same clock by which their entries stopped matching, so never later."""
    for one in lists:
        times = {
            "stale_at": one.stale_at,
            "refreshed_at": one.hot_list.refreshed_at,
            "created_at": one.hot_list.created_at,
        }
        facts = {name: at.timestamp() for name, at in times.items() if at is not None} | {"entries": float(one.entries)}
        for state, kind in _LIST_KINDS.items():
            lines.say(kind, one.hot_list.list_id, facts if one.state is state else None)


def _undelivered(node: Node, operator: OperatorId, now: datetime) -> dict[str, float] | None:
    """Return the numbers of what does not get through on any channel of an operator; None when all is well."""
    standings = node.registries.deliveries.standings(operator).values()
    dead = sum(one.dead for one in standings)
    oldest = min((one.oldest_waiting for one in standings if one.oldest_waiting is not None), default=None)
    late = oldest is not None and now - oldest >= WAITS_TOO_LONG
    if not dead and not late:
        return None
    return {"dead": float(dead)} | ({} if oldest is None or not late else {"oldest_waiting_at": oldest.timestamp()})


def _say_node(node: Node, operator: OperatorId, watch: Watch, lines: _Lines) -> None:
    lines.say(FaultKind.ALERTS_UNDELIVERED, NODE, _undelivered(node, operator, watch.at))
    state = retention_state_of(node, operator)
    stopped = None if state.stopped_since is None else {"stopped_since": state.stopped_since.timestamp()}
    lines.say(FaultKind.RETENTION_STOPPED, NODE, stopped)
    away = watch.away_since
    gap = None if away is None else {"away_since": away.timestamp(), "back_since": watch.steady_since.timestamp()}
    lines.say(FaultKind.WATCH_GAP, NODE, gap)
