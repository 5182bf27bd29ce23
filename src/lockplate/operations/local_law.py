"""Change and trace the law an operator stands under: `law trace|local|adopt|repeal`, `operator change`.

What flows in: an ordinance or policy as text, another profile. What flows out: the law in force, and who decided what.
What it must never see: a read. What loosens anything is done on the node's own machine, and is on record as such.
"""

import hashlib
from collections.abc import Callable
from datetime import date
from typing import TypeVar

import msgspec

from lockplate.errors import BadInput, LockplateError, NotFound, Unauthenticated
from lockplate.gate.act import Act
from lockplate.law.composition import Decided, LawInForce, compose
from lockplate.law.local import LocalKind, LocalLawRefused, LocalText, parse_local_text
from lockplate.law.loosening import loosened
from lockplate.law.profile import LawProfile
from lockplate.operations.authority import SYSTEM, Change, authorise, follow_up
from lockplate.operations.operation import Actor, Operation
from lockplate.operations.operators import OperatorName, OperatorPage, show_operator
from lockplate.operations.taking_in import only_operator
from lockplate.registry.local_laws import LocalLaw
from lockplate.terms import Action, OperatorId, ProfileId, RecordMode
from lockplate.wiring.current_law import Standing
from lockplate.wiring.node import Node

T = TypeVar("T")


class LawTrace(msgspec.Struct, frozen=True, kw_only=True):
    """The law in force for one operator, and which source decided each value."""

    operator: OperatorId
    day: date
    sources: tuple[str, ...]
    hash: str
    """Of the composed law: receipts and reports name it."""
    verified: bool
    """Every statute among the sources was checked against its official text by a person."""
    decided: tuple[Decided, ...]


class TraceLaw(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose law; with the laws that travel with reads of these profiles."""

    operator: str = ""
    origins: tuple[str, ...] = ()
    """As if reads made under these profiles were among one's own."""


class AdoptLaw(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An ordinance or agency policy to put in force."""

    content: str
    """YAML; docs/local-law.md."""
    operator: str = ""


class RepealLaw(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A text to end without another in its place."""

    kind: LocalKind
    operator: str = ""


class ChangeOperator(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another law profile, or another choice of what is kept; what is left out stays."""

    operator: str = ""
    profile: str | None = None
    record_mode: RecordMode | None = None


def trace_law(node: Node, _: Actor, request: TraceLaw) -> LawTrace:
    """Show the law in force at an operator, field by field, with the source that decided it."""
    operator = only_operator(node, request.operator)
    found = node.law.in_force(operator, frozenset(request.origins))
    if found is None:
        raise NotFound(
            "the operator has no law profile, so nothing is kept",
            code="no_law_profile",
            next_step="Choose one: lockplate operator change --profile us-ca",
        )
    return _trace(node, operator, found)


def list_local_law(node: Node, _: Actor, name: OperatorName) -> tuple[LocalLaw, ...]:
    """List the ordinances and agency policies that an operator adopted, with their text."""
    return node.registries.local_laws.history(only_operator(node, name.operator))


def adopt_law(node: Node, actor: Actor, request: AdoptLaw) -> LawTrace:
    """Put an ordinance or agency policy in force; it can only make things stricter."""
    operator = only_operator(node, request.operator)
    content = request.content.encode("utf-8", "surrogatepass")
    text = parse_local_text(content)
    standing = node.law.standing(operator)
    kept = tuple(one for one in standing.local if one.local.kind is not text.local.kind)
    after = _composed(standing, (*kept, text) if text.in_force_on(standing.day) else kept)
    digest = hashlib.sha256(content).hexdigest()
    facts = {"change": "adopted", "kind": text.local.kind.value, "text": text.local.id, "sha256": digest}
    change = Change(action=Action.PROFILE_CHANGED, facts=facts)
    by = actor.person or SYSTEM
    _carry_out(
        node,
        actor,
        operator,
        change,
        after,
        lambda: node.registries.local_laws.adopt(operator, content, sha256=digest, by=by),
    )
    return trace_law(node, actor, TraceLaw(operator=operator))


def repeal_law(node: Node, actor: Actor, request: RepealLaw) -> LawTrace:
    """End an ordinance or agency policy; done on the node's own machine, since it may loosen what holds."""
    operator = only_operator(node, request.operator)
    standing = node.law.standing(operator)
    after = _composed(standing, tuple(one for one in standing.local if one.local.kind is not request.kind))
    change = Change(action=Action.PROFILE_CHANGED, facts={"change": "repealed", "kind": request.kind.value})
    _carry_out(node, actor, operator, change, after, lambda: node.registries.local_laws.repeal(operator, request.kind))
    return trace_law(node, actor, TraceLaw(operator=operator))


def change_operator(node: Node, actor: Actor, request: ChangeOperator) -> OperatorPage:
    """Put an operator under another law profile, or change what it keeps of an unmatched read."""
    operator = only_operator(node, request.operator)
    standing = node.law.standing(operator)
    name = standing.operator.profile if request.profile is None else ProfileId(request.profile)
    statute = None if name is None else node.profiles.on(name, standing.day)
    after = None if statute is None else compose(statute, local=standing.local)
    law = None if after is None else after.law
    mode = _mode(request.record_mode or standing.operator.record_mode, law, asked=request.record_mode is not None)
    change = Change(
        action=Action.PROFILE_CHANGED,
        facts={
            "change": "operator",
            "from": standing.operator.profile or "none",
            "to": name or "none",
            "keeps_from": standing.operator.record_mode.value,
            "keeps_to": mode.value,
        },
    )
    _carry_out(
        node, actor, operator, change, after, lambda: node.registries.operators.set_profile(operator, name, mode)
    )
    return show_operator(node, actor, OperatorName(operator=operator))


def _carry_out(
    node: Node, actor: Actor, operator: OperatorId, change: Change, after: LawInForce | None, step: Callable[[], T]
) -> T:
    """Make a change of the law that is allowed and on record, and put on record what became of it."""
    before = node.law.standing(operator).in_force
    laxer = loosened(None if before is None else before.law, None if after is None else after.law)
    authority = authorise(node, actor, Act.MANAGE_OPERATOR, [operator], change)
    if laxer and not actor.is_system_user:
        raise Unauthenticated(
            "this would loosen: " + ", ".join(laxer),
            code="loosens",
            next_step="An administrator makes things stricter; what loosens is done on the node's own machine.",
        )
    recorder = node.desk(operator).recorder
    place = recorder.record(authority[operator].record(node, operator, change))
    try:
        done = step()
    except LockplateError as error:
        failed = Change(action=change.action, facts=change.facts | {"outcome": "failed", "code": error.code})
        follow_up(node, operator, authority[operator], failed, place)
        raise
    node.law.changed(operator)
    # how old a hot list may grow and what may be on one are law, too
    node.desk(operator).reload_index(node.registries.entries, node.clock)
    now = node.law.standing(operator).in_force
    told = Change(
        action=change.action,
        facts=change.facts
        | {
            "outcome": "done",
            "law_before": "none" if before is None else before.law.hash(),
            "law_after": "none" if now is None else now.law.hash(),
            "loosened": ",".join(laxer) or "nothing",
        },
    )
    follow_up(node, operator, authority[operator], told, place)
    return done


def _composed(standing: Standing, local: tuple[LocalText, ...]) -> LawInForce | None:
    """Return the law as it would be with other local texts, or raise LocalLawRefused."""
    if standing.in_force is None:
        return None
    try:
        return compose(standing.in_force.statutes[0], local=local)
    except ValueError as error:
        raise LocalLawRefused(f"cannot be read together with the law: {error}") from error


def _mode(mode: RecordMode, law: LawProfile | None, *, asked: bool) -> RecordMode:
    """Return what is kept from now on: as asked, where the law allows it, else less."""
    allowed = frozenset({RecordMode.NONE}) if law is None else law.record_modes
    if mode in allowed:
        return mode
    if asked:
        raise BadInput(
            "the law in force does not let an operator keep that",
            code="record_mode_denied",
            next_step="Allowed here: " + ", ".join(sorted(one.value for one in allowed)),
        )
    return RecordMode.INDEX_ONLY if RecordMode.INDEX_ONLY in allowed else RecordMode.NONE


def _trace(node: Node, operator: OperatorId, found: LawInForce) -> LawTrace:
    return LawTrace(
        operator=operator,
        day=node.law.standing(operator).day,
        sources=found.sources,
        hash=found.law.hash(),
        verified=all(one.verified_on is not None for one in found.statutes if one.jurisdiction != "none"),
        decided=found.trace,
    )


LOCAL_LAW = (
    Operation(name="law.trace", request=TraceLaw, handler=trace_law, says="Show the law in force and who decided it."),
    Operation(name="law.local", request=OperatorName, handler=list_local_law, says="List ordinances and policies."),
    Operation(name="law.adopt", request=AdoptLaw, handler=adopt_law, says="Put an ordinance or policy in force."),
    Operation(name="law.repeal", request=RepealLaw, handler=repeal_law, says="End an ordinance or policy."),
    Operation(
        name="operator.change", request=ChangeOperator, handler=change_operator, says="Change profile or what is kept."
    ),
)
