"""Look at hits and say what was found: `hits list|show|picture|confirm`.

What flows in: a person's wish to look; what they found. What flows out: hits, once the gate and the record allow it.
What it must never see: an unmatched read. Only people look at hits; the system user alone does not.
"""

import msgspec

from lockplate.alerting.showing import Alerting, ShownHits, Watcher
from lockplate.evidence.noting import Recording
from lockplate.operations.authority import noting
from lockplate.operations.operation import Actor, Operation
from lockplate.operations.taking_in import only_operator
from lockplate.registry.hits import Hit, HitId, HitState
from lockplate.terms import LeafIndex, OperatorId
from lockplate.wiring.node import Node


class ListHits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which hits: the newest, of one state or of all."""

    operator: str = ""
    state: HitState | None = None
    limit: int = 100


class NamedHits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hits by id, as an alert stream names them."""

    hit_ids: tuple[str, ...]
    operator: str = ""


class HitName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One hit."""

    hit_id: str
    operator: str = ""


class Finding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person found when they compared picture, plate, state and vehicle."""

    hit_id: str
    found: HitState
    operator: str = ""


class HitPicture(msgspec.Struct, frozen=True, kw_only=True):
    """A hit's picture, and the record that says it was shown."""

    operator: OperatorId
    record_index: LeafIndex
    hit_id: str
    picture: bytes
    """Base64 in JSON."""


class DecidedHit(Hit, frozen=True, kw_only=True):
    """A hit as a person decided it, and the record of their finding."""

    record_index: LeafIndex


def list_hits(node: Node, actor: Actor, which: ListHits) -> ShownHits:
    """Show the newest hits; that they were shown is on record first."""
    operator = only_operator(node, which.operator)
    with noting(node, operator) as recorder:
        alerting, who = _alerting(node, actor, operator, recorder)
        return alerting.show_recent(who, state=which.state, limit=which.limit)


def show_hits(node: Node, actor: Actor, which: NamedHits) -> ShownHits:
    """Show hits by id; that they were shown is on record first."""
    operator = only_operator(node, which.operator)
    with noting(node, operator) as recorder:
        alerting, who = _alerting(node, actor, operator, recorder)
        return alerting.show_these(who, [HitId(hit_id) for hit_id in which.hit_ids])


def show_picture(node: Node, actor: Actor, name: HitName) -> HitPicture:
    """Show a hit's picture; that it was shown is on record first."""
    operator = only_operator(node, name.operator)
    with noting(node, operator) as recorder:
        alerting, who = _alerting(node, actor, operator, recorder)
        picture = alerting.show_picture(who, HitId(name.hit_id))
    return HitPicture(operator=operator, record_index=recorder.places[-1], hit_id=name.hit_id, picture=picture)


def confirm_hit(node: Node, actor: Actor, finding: Finding) -> DecidedHit:
    """Say what was found when a person compared; a hit is decided once."""
    operator = only_operator(node, finding.operator)
    with noting(node, operator) as recorder:
        alerting, who = _alerting(node, actor, operator, recorder)
        hit = alerting.confirm(who, HitId(finding.hit_id), finding.found)
    return DecidedHit(**msgspec.structs.asdict(hit), record_index=recorder.places[-1])


def _alerting(node: Node, actor: Actor, operator: OperatorId, recorder: Recording) -> tuple[Alerting, Watcher]:
    person = actor.require_person(node)
    who = Watcher(
        person=person,
        agency=node.facts.agency(person.agency),
        operator=node.facts.operator(operator),
    )
    return Alerting(hits=node.registries.hits, gate=node.gate, recorder=recorder, clock=node.clock), who


HITS = (
    Operation(name="hits.list", request=ListHits, handler=list_hits, says="Show the newest hits; on record."),
    Operation(name="hits.show", request=NamedHits, handler=show_hits, says="Show hits by id; on record."),
    Operation(name="hits.picture", request=HitName, handler=show_picture, says="Show a hit's picture; on record."),
    Operation(name="hits.confirm", request=Finding, handler=confirm_hit, says="Say what a person found."),
)
