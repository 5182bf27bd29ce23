"""Share: `grant propose|approve|list|revoke|paper|withdraw-paper|register`.

What flows in: who shall be granted what, until when, on which paper. What flows out: grants; the register that anyone
may read.
What it must never see: a grant without an end, or one to everybody. People act here, never the system user alone.
"""

from collections.abc import Callable
from datetime import datetime

import msgspec

from lockplate.clock import parse_time
from lockplate.gate.act import Act
from lockplate.operations.authority import noting, require_any
from lockplate.operations.operation import Actor, Operation
from lockplate.operations.taking_in import only_operator
from lockplate.registry.grant_papers import GrantPapers
from lockplate.registry.grants import Grant, GrantProposal, GrantState, Instrument, PublicGrant
from lockplate.sharing import Sharing, Standing
from lockplate.terms import AgencyId, GrantId, LeafIndex, OperatorId, PersonId, Purpose, ReaderId
from lockplate.wiring.node import Node


class ProposeGrant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A grant to propose."""

    grantee: str
    purposes: tuple[Purpose, ...]
    valid_to: str
    """RFC 3339; a grant always ends, at most two years after it begins."""
    valid_from: str = ""
    """Empty: now."""
    operator: str = ""
    readers: tuple[str, ...] | None = None
    """None: every reader of the operator; else answers come from these alone."""
    instrument: Instrument = Instrument.NONE
    instrument_hash: str | None = None
    """SHA-256, hex, of the signed paper; it may stand alone, and must agree when the paper is given, too."""
    paper: str | None = None
    """The signed text itself, at most 256 KiB of UTF-8; kept sealed, its SHA-256 is public."""
    paper_pdf: bytes | None = None
    """The same as a PDF, in the place of a text; base64 in JSON, the hash is that of the PDF."""
    case_number: str = ""
    """The one case it is for; kept sealed. Empty: any."""


class GrantName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One grant."""

    grant: str


class GrantsOf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose grants."""

    operator: str = ""


class Register(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The public register of this node."""


class GrantPaper(msgspec.Struct, frozen=True, kw_only=True):
    """The papers of a grant, opened."""

    grant: GrantId
    instrument: Instrument
    instrument_hash: str | None
    text: str | None
    """None: there is no paper, it is a PDF, or only its hash was given."""
    pdf: bytes | None
    withdrawn_by: PersonId | None
    withdrawn_at: datetime | None
    case_number: str
    """Empty: the grant is for any case."""


class GrantLine(msgspec.Struct, frozen=True, kw_only=True):
    """A grant or proposal and where it stands."""

    grant: Grant
    state: GrantState


class GrantStep(GrantLine, frozen=True, kw_only=True):
    """A grant or proposal after a step of its life, and the record of that step."""

    record_index: LeafIndex


def propose_grant(node: Node, actor: Actor, request: ProposeGrant) -> GrantStep:
    """Propose a grant; it gives nothing until a second person approves it."""
    operator = only_operator(node, request.operator)
    grantee = node.registries.agencies.get(AgencyId(request.grantee))
    proposal = GrantProposal(
        operator=operator,
        grantee=grantee.agency,
        purposes=frozenset(request.purposes),
        readers=None if request.readers is None else frozenset(ReaderId(reader) for reader in request.readers),
        valid_from=parse_time(request.valid_from) if request.valid_from else node.clock.now(),
        valid_to=parse_time(request.valid_to),
        instrument=request.instrument,
        instrument_hash=request.instrument_hash or None,
    )
    papers = GrantPapers(case_number=request.case_number, text=request.paper, pdf=request.paper_pdf)
    who = _standing(node, actor, operator)
    return _step(node, operator, lambda sharing: sharing.propose(who, grantee, proposal, papers))


def approve_grant(node: Node, actor: Actor, name: GrantName) -> GrantStep:
    """Approve a grant as a second person of the operator's agency."""
    grant = node.registries.grants.get(GrantId(name.grant))
    who = _standing(node, actor, grant.operator)
    grantee = node.facts.agency(grant.grantee)
    return _step(node, grant.operator, lambda sharing: sharing.approve(who, grantee, grant))


def revoke_grant(node: Node, actor: Actor, name: GrantName) -> GrantStep:
    """End a grant at once, or withdraw a proposal."""
    grant = node.registries.grants.get(GrantId(name.grant))
    who = _standing(node, actor, grant.operator)
    return _step(node, grant.operator, lambda sharing: sharing.revoke(who, grant))


def show_paper(node: Node, actor: Actor, name: GrantName) -> GrantPaper:
    """Show the text behind a grant and the case it is for, to those of the operator's agency who answer for it."""
    grant = node.registries.grants.get(GrantId(name.grant))
    require_any(node, actor, (Act.REVOKE_GRANT, Act.READ_RECORDS), grant.operator)
    papers = node.registries.grants.papers(grant.grant)
    return GrantPaper(
        grant=grant.grant,
        instrument=grant.instrument,
        instrument_hash=grant.instrument_hash,
        text=papers.text,
        pdf=papers.pdf,
        withdrawn_by=grant.paper_withdrawn_by,
        withdrawn_at=grant.paper_withdrawn_at,
        case_number=papers.case_number,
    )


def withdraw_paper(node: Node, actor: Actor, name: GrantName) -> GrantStep:
    """Take the paper behind a grant back: from the next question on there is none on file."""
    grant = node.registries.grants.get(GrantId(name.grant))
    who = _standing(node, actor, grant.operator)
    grantee = node.facts.agency(grant.grantee)
    return _step(node, grant.operator, lambda sharing: sharing.withdraw_paper(who, grantee, grant))


def list_grants(node: Node, actor: Actor, which: GrantsOf) -> tuple[GrantLine, ...]:
    """List an operator's grants and proposals, with who proposed and approved them."""
    operator = only_operator(node, which.operator)
    require_any(node, actor, (Act.REVOKE_GRANT, Act.READ_RECORDS), operator)
    return tuple(_line(node, grant) for grant in node.registries.grants.list_all(operator))


def register(node: Node, _: Actor, __: Register) -> tuple[PublicGrant, ...]:
    """Show every grant ever approved here, as the public page does; no person is named."""
    return node.registries.grants.register(node.clock.now())


def _standing(node: Node, actor: Actor, operator: OperatorId) -> Standing:
    person = actor.require_person(node)
    return Standing(
        person=person,
        agency=node.facts.agency(person.agency),
        operator=node.facts.operator(operator),
    )


def _step(node: Node, operator: OperatorId, step: Callable[[Sharing], Grant]) -> GrantStep:
    """Return what a step made of a grant, with the place of the step's record."""
    with noting(node, operator) as recorder:
        grant = step(
            Sharing(grants=node.registries.grants, gate=node.gate, recorder=recorder, clock=node.clock),
        )
    return GrantStep(grant=grant, state=grant.state(node.clock.now()), record_index=recorder.places[-1])


def _line(node: Node, grant: Grant) -> GrantLine:
    return GrantLine(grant=grant, state=grant.state(node.clock.now()))


GRANTS = (
    Operation(name="grant.propose", request=ProposeGrant, handler=propose_grant, says="Propose a grant."),
    Operation(name="grant.approve", request=GrantName, handler=approve_grant, says="Approve a grant, second person."),
    Operation(name="grant.revoke", request=GrantName, handler=revoke_grant, says="End a grant at once."),
    Operation(name="grant.paper", request=GrantName, handler=show_paper, says="Show a grant's paper and its case."),
    Operation(
        name="grant.withdraw-paper", request=GrantName, handler=withdraw_paper, says="Take a grant's paper back."
    ),
    Operation(name="grant.list", request=GrantsOf, handler=list_grants, says="List grants and proposals."),
    Operation(name="grant.register", request=Register, handler=register, says="Show the public register of grants."),
)
