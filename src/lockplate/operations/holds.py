"""Hold: `hold open|close|renew|list`.

What flows in: on what ground, for which plate and window, until when. What flows out: holds, without plate or count.
What it must never see: a read. Opening a hold answers nothing, so it needs no grant; reading what it keeps is a
question. People act here, never the system user alone.
"""

from collections.abc import Callable
from datetime import datetime

import msgspec

from lockplate.clock import parse_time
from lockplate.gate.act import Act
from lockplate.holding.asks import Asker, HoldAsk, RenewAsk
from lockplate.holding.holding import Holding
from lockplate.law.words import HoldKind
from lockplate.operations.authority import noting, require_any
from lockplate.operations.operation import Actor, Operation
from lockplate.operations.taking_in import only_operator
from lockplate.registry.holds import Hold, LiftReason
from lockplate.terms import HoldId, LeafIndex, OperatorId, PlateText, ReaderId
from lockplate.wiring.holding import holding_at
from lockplate.wiring.node import Node


class OpenHold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A hold to open. What is left out is missing, and the gate says on record whether the law wants it."""

    kind: HoldKind
    plate: str = ""
    window_from: str = ""
    window_to: str = ""
    """RFC 3339; [from, to), wholly in the past."""
    case_number: str = ""
    facts: str = ""
    sworn: bool = False
    """Whoever asks has sworn to the facts."""
    readers: tuple[str, ...] | None = None
    """None: every reader of the operator; else only these are kept."""
    requester: str = ""
    """For whom, when that is no person of this node."""
    paper: str = ""
    """The number of the warrant or order."""
    paper_hash: str = ""
    """SHA-256, hex, of its text."""
    until: str = ""
    """RFC 3339; may be left out where the law sets a longest time."""
    operator: str = ""


class RenewHold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A hold to draw out, with what that stands on."""

    hold: str
    until: str = ""
    facts: str = ""
    sworn: bool = False
    paper: str = ""
    paper_hash: str = ""


class CloseHold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A hold to lift."""

    hold: str
    reason: LiftReason


class HoldsOf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose holds."""

    operator: str = ""


class HoldLine(msgspec.Struct, frozen=True, kw_only=True):
    """A hold as lists show it."""

    hold: Hold
    case_number: str
    """For people of the agency that asked, while the hold is open; else empty."""


class HoldStep(HoldLine, frozen=True, kw_only=True):
    """A hold after a step of its life, and the step's records."""

    record_index: LeafIndex
    """The leaf that was durable before the step: opened, renewed or ending."""
    outcome_index: LeafIndex | None
    """The leaf that completes it: kept or closed; None when the step is complete at once."""


def open_hold(node: Node, actor: Actor, request: OpenHold) -> HoldStep:
    """Have one plate's reads of one past window kept beyond their limit."""
    operator = only_operator(node, request.operator)
    ask = HoldAsk(
        kind=request.kind,
        plate=PlateText(request.plate),
        window_from=_time(request.window_from),
        window_to=_time(request.window_to),
        case_number=request.case_number,
        facts=request.facts,
        sworn=request.sworn,
        readers=tuple(ReaderId(reader) for reader in request.readers) if request.readers else None,
        requester=request.requester,
        paper=request.paper,
        paper_hash=request.paper_hash,
        until=_time(request.until),
    )
    who = _asker(node, actor, operator)
    return _step(node, who, lambda holding: holding.open(who, ask))


def renew_hold(node: Node, actor: Actor, request: RenewHold) -> HoldStep:
    """Draw a hold out, on a new request or order as the law wants it."""
    operator = _operator_of(node, request.hold)
    ask = RenewAsk(
        hold_id=HoldId(request.hold),
        until=_time(request.until),
        facts=request.facts,
        sworn=request.sworn,
        paper=request.paper,
        paper_hash=request.paper_hash,
    )
    who = _asker(node, actor, operator)
    return _step(node, who, lambda holding: holding.renew(who, ask))


def close_hold(node: Node, actor: Actor, request: CloseHold) -> HoldStep:
    """Lift a hold: its key is destroyed at once."""
    operator = _operator_of(node, request.hold)
    who = _asker(node, actor, operator)
    return _step(node, who, lambda holding: holding.close(who, HoldId(request.hold), request.reason))


def list_holds(node: Node, actor: Actor, which: HoldsOf) -> tuple[HoldLine, ...]:
    """List an operator's holds to its own people, and to a prosecutor's or defender's office its own."""
    operator = only_operator(node, which.operator)
    require_any(node, actor, (Act.LIST_HOLDS,), operator)
    holding = holding_at(node, operator)
    if actor.person is None:
        return tuple(HoldLine(hold=hold, case_number="") for hold in holding.list_all())
    who = _asker(node, actor, operator)
    is_own = who.person.agency == who.operator.agency.agency
    holds = holding.list_all(None if is_own else who.person.agency)
    return tuple(_line(node, who, hold) for hold in holds)


def _step(node: Node, who: Asker, step: Callable[[Holding], Hold]) -> HoldStep:
    """Return what a step made of a hold, with the places of the step's records."""
    operator = who.operator.operator
    with noting(node, operator) as recorder:
        hold = step(holding_at(node, operator, recorder))
    first, *others = recorder.places
    line = _line(node, who, hold)
    return HoldStep(
        hold=line.hold,
        case_number=line.case_number,
        record_index=first,
        outcome_index=others[-1] if others else None,
    )


def _line(node: Node, who: Asker, hold: Hold) -> HoldLine:
    """Return a hold for somebody: its case number is for the agency that asked, not for the other side."""
    is_theirs = who.person.agency == hold.agency
    return HoldLine(hold=hold, case_number=holding_at(node, hold.operator).case_number(hold) if is_theirs else "")


def _asker(node: Node, actor: Actor, operator: OperatorId) -> Asker:
    person = actor.require_person(node)
    return Asker(
        person=person,
        agency=node.facts.agency(person.agency),
        operator=node.facts.operator(operator),
    )


def _operator_of(node: Node, hold: str) -> OperatorId:
    return node.registries.holds.get(HoldId(hold)).operator


def _time(text: str) -> datetime | None:
    return parse_time(text) if text else None


HOLDS = (
    Operation(name="hold.open", request=OpenHold, handler=open_hold, says="Keep one plate's reads beyond their limit."),
    Operation(name="hold.renew", request=RenewHold, handler=renew_hold, says="Draw a hold out."),
    Operation(name="hold.close", request=CloseHold, handler=close_hold, says="Lift a hold; its key is destroyed."),
    Operation(name="hold.list", request=HoldsOf, handler=list_holds, says="List holds, without plate or count."),
)
