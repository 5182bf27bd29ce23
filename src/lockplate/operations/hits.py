"""Look at hits and say what was found: `hits list|show|picture|confirm|outcome`.

What flows in: a person's wish to look; what they found, and what became of it. What flows out: hits, once gate and
record allow it. What it must never see: an unmatched read. Only people look at hits; the system user alone does not.
"""

import contextlib
from datetime import datetime

import msgspec

from lockplate.alerting.comparing import ComparedHit, compare_hit
from lockplate.alerting.judging import Standing, standing
from lockplate.alerting.showing import Alerting, ShownHits, Watcher
from lockplate.errors import NotFound
from lockplate.evidence.noting import Recording
from lockplate.hotlist import ListId, Priority
from lockplate.operations.authority import noting
from lockplate.operations.operation import Actor, Operation
from lockplate.operations.taking_in import only_operator
from lockplate.registry.confirmations import Compared, SourceCheck
from lockplate.registry.hit_outcomes import HitOutcome, SaidOutcome
from lockplate.registry.hits import Hit, HitFilter, HitId, HitState
from lockplate.terms import AgencyId, LeafIndex, OperatorId
from lockplate.wiring.node import Node


class ListHits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which hits: the newest, of one state, list or priority, or of all."""

    operator: str = ""
    state: HitState | None = None
    limit: int = 100
    list_id: str = ""
    priority: Priority | None = None
    alerts: bool | None = None
    """True: only those that were shown as alerts; false: only weaker matches and repeats."""
    older_than: str = ""
    """A hit's id: only those that come after it."""


class NamedHits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hits by id, as an alert stream names them."""

    hit_ids: tuple[str, ...]
    operator: str = ""


class HitName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One hit."""

    hit_id: str
    operator: str = ""


class Finding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person found when they compared picture, plate, state and vehicle, and what the source said to them."""

    hit_id: str
    found: HitState
    operator: str = ""
    source: SourceCheck = SourceCheck.NOT_CHECKED
    """`correct` needs an answer, or the word that nobody could be reached."""
    region_compared: bool = False
    """`correct` needs it where the region as read is not the region as listed."""
    vehicle_compared: bool = False
    """`correct` needs it where the kinds of vehicle contradict each other."""
    seen_by_eye: bool = False
    """No picture came, and they see the vehicle itself."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of a hit."""

    hit_id: str
    outcome: HitOutcome
    operator: str = ""


class ListOfHit(msgspec.Struct, frozen=True, kw_only=True):
    """The list and the entry behind a hit, as they are now."""

    name: str
    """Empty: the list is gone."""
    source: str
    owner: AgencyId | None
    foreign: bool
    """The list is another agency's and came by grant."""
    still_on_list: bool
    """Whether the entry is on this node's own copy of the list; what the source has now is asked of the source."""
    ends_at: datetime | None


class HitToCompare(ComparedHit, frozen=True, kw_only=True):
    """One hit laid out for comparing, with the list and the reader behind it."""

    listed: ListOfHit
    reader_name: str
    """Empty: the reader is not registered here."""
    reader_place: str
    outcomes: tuple[SaidOutcome, ...]


class HitsToCompare(ShownHits, frozen=True, kw_only=True):
    """Hits, the record that says they were shown, and each laid out for comparing, in the same order."""

    compared: tuple[HitToCompare, ...]


class WholeHit(msgspec.Struct, frozen=True, kw_only=True):
    """One hit as its page shows it."""

    hit: Hit
    compared: HitToCompare
    picture: bytes | None
    record_index: LeafIndex


class HitPicture(msgspec.Struct, frozen=True, kw_only=True):
    """A hit's picture, and the record that says it was shown."""

    operator: OperatorId
    record_index: LeafIndex
    hit_id: str
    picture: bytes
    """Base64 in JSON."""


class DecidedHit(Hit, frozen=True, kw_only=True):
    """A hit as a person decided it, how it stands, and the record of their finding."""

    record_index: LeafIndex
    standing: Standing


class NotedOutcome(SaidOutcome, frozen=True, kw_only=True):
    """An outcome, and its record."""

    operator: OperatorId
    record_index: LeafIndex


def list_hits(node: Node, actor: Actor, which: ListHits) -> ShownHits:
    """Show the newest hits; that they were shown is on record first."""
    operator = only_operator(node, which.operator)
    with noting(node, operator) as recorder:
        alerting, who = _alerting(node, actor, operator, recorder)
        return alerting.show_recent(who, limit=which.limit, which=filter_of(node, operator, which))


def show_hits(node: Node, actor: Actor, which: NamedHits) -> HitsToCompare:
    """Show hits by id, laid out for comparing; that they were shown is on record first."""
    operator = only_operator(node, which.operator)
    with noting(node, operator) as recorder:
        alerting, who = _alerting(node, actor, operator, recorder)
        shown = alerting.show_these(who, [HitId(hit_id) for hit_id in which.hit_ids])
    laid_out = tuple(_laid_out(node, hit) for hit in shown.hits)
    return HitsToCompare(operator=shown.operator, record_index=shown.record_index, hits=shown.hits, compared=laid_out)


def show_whole_hit(node: Node, actor: Actor, name: HitName) -> WholeHit:
    """Show one hit with its picture, as a page does: one record says that both were shown. Only pages use this."""
    operator = only_operator(node, name.operator)
    with noting(node, operator) as recorder:
        alerting, who = _alerting(node, actor, operator, recorder)
        shown, picture = alerting.show_whole(who, HitId(name.hit_id))
    (hit,) = shown.hits
    return WholeHit(hit=hit, compared=_laid_out(node, hit), picture=picture, record_index=shown.record_index)


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
    said = (
        (Compared.REGION, finding.region_compared),
        (Compared.VEHICLE, finding.vehicle_compared),
        (Compared.BY_EYE, finding.seen_by_eye),
    )
    compared = frozenset(one for one, yes in said if yes)
    with noting(node, operator) as recorder:
        alerting, who = _alerting(node, actor, operator, recorder)
        hit = alerting.confirm(who, HitId(finding.hit_id), finding.found, source=finding.source, compared=compared)
    node.bus.publish_state(operator, hit.hit_id, hit.state)
    return DecidedHit(
        **msgspec.structs.asdict(hit), record_index=recorder.places[-1], standing=standing(hit, node.clock.now())
    )


def say_outcome(node: Node, actor: Actor, said: Outcome) -> NotedOutcome:
    """Say what became of a decided hit; several outcomes may follow each other."""
    operator = only_operator(node, said.operator)
    with noting(node, operator) as recorder:
        alerting, who = _alerting(node, actor, operator, recorder)
        noted = alerting.say_outcome(who, node.registries.hit_outcomes, HitId(said.hit_id), said.outcome)
    return NotedOutcome(**msgspec.structs.asdict(noted), operator=operator, record_index=recorder.places[-1])


def filter_of(node: Node, operator: OperatorId, which: ListHits) -> HitFilter:
    """Return the filter that a request names. Raises NotFound for a hit to go on from that is not this operator's."""
    older_than = HitId(which.older_than) if which.older_than else None
    if older_than is not None and node.registries.hits.operator_of(older_than) != operator:
        raise NotFound("no hit has this id", code="unknown_hit")
    return HitFilter(
        state=which.state,
        list_id=ListId(which.list_id) if which.list_id else None,
        priority=which.priority,
        alerts=which.alerts,
        older_than=older_than,
    )


def _laid_out(node: Node, hit: Hit) -> HitToCompare:
    reader_name = reader_place = ""
    with contextlib.suppress(NotFound):
        reader = node.registries.readers.get(hit.reader)
        reader_name, reader_place = reader.name, reader.place
    return HitToCompare(
        **msgspec.structs.asdict(compare_hit(hit, node.clock.now())),
        listed=_list_of(node, hit),
        reader_name=reader_name,
        reader_place=reader_place,
        outcomes=node.registries.hit_outcomes.of(hit.hit_id),
    )


def _list_of(node: Node, hit: Hit) -> ListOfHit:
    """Return what is known now of the list and the entry; a hit outlives both."""
    name = source = ""
    owner, ends_at = hit.details.foreign_owner, None
    with contextlib.suppress(NotFound):
        hot_list = node.registries.hot_lists.get(hit.list_id)
        name, source, owner = hot_list.name, hot_list.source, owner or hot_list.owner_agency
    with contextlib.suppress(NotFound):
        ends_at = node.registries.entries.get(hit.entry_id).expires_at
    return ListOfHit(
        name=name,
        source=source,
        owner=owner,
        foreign=hit.details.foreign_owner is not None,
        still_on_list=ends_at is not None and node.clock.now() < ends_at,
        ends_at=ends_at,
    )


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
    Operation(
        name="hits.show", request=NamedHits, handler=show_hits, says="Show hits by id, laid out to compare; on record."
    ),
    Operation(name="hits.picture", request=HitName, handler=show_picture, says="Show a hit's picture; on record."),
    Operation(name="hits.confirm", request=Finding, handler=confirm_hit, says="Say what a person found."),
    Operation(name="hits.outcome", request=Outcome, handler=say_outcome, says="Say what became of a hit."),
)
