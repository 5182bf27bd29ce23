"""Facts as Cedar reads them: one question or act turned into principal, action, resource, context and entities.

What flows in: a Question, or an act with its context. What flows out: the JSON that Cedar judges, or FactsRefused.
What it must never see: a key, a token. No plate, case number or free text goes into what Cedar gets, so none can come
out in an error; a value outside the schema's lists is refused by Cedar itself.
"""

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec

from lockplate.errors import CallerError
from lockplate.gate.act import Act, ActContext
from lockplate.gate.elsewhere import ElsewhereFacts, elsewhere_context
from lockplate.gate.hold import HoldFacts, hold_context
from lockplate.gate.list_grant import ListGrantFacts, list_grant_context
from lockplate.gate.question import AgencyFacts, GrantFacts, OperatorFacts, PersonFacts, ProfileFacts, Question
from lockplate.plate import count_candidates
from lockplate.terms import AgencyKind, Basis, Offense, Role

APPROVAL_LIFE = timedelta(hours=24)
"""A second person's yes is to a question of today, not a standing one."""

MOST_CANDIDATES = 1_000_000_000
"""Counts stop here: any more is refused all the same, and Cedar's integers have 64 bits."""

OFFENSE_RANK = {
    Offense.NONE: 0,
    Offense.INFRACTION: 1,
    Offense.MISDEMEANOR: 2,
    Offense.GROSS_MISDEMEANOR: 3,
    Offense.FELONY: 4,
}
OFFENSE_FLOOR = {"any": 0, "misdemeanor": 2, "gross_misdemeanor": 3, "felony": 4}

SUSPICION_RANK = {
    Basis.NONE: 0,
    Basis.AUDIT_DUTY: 0,
    Basis.ARTICULABLE_FACTS: 1,
    Basis.REASONABLE_SUSPICION: 2,
    Basis.CONSENT: 2,
    Basis.EXIGENCY: 2,
    Basis.PROBABLE_CAUSE: 3,
    Basis.COURT_ORDER: 4,
    Basis.DEFENSE_ORDER: 4,
    Basis.WARRANT: 4,
}
"""Consent and exigency count as suspicion does: the owner of a stolen car, a person in danger."""
SUSPICION_FLOOR = {"none": 0, "articulable": 1, "reasonable": 2, "probable_cause": 3}

_LIST_GRANT_WANTS = {
    Act.PROPOSE_LIST_GRANT: ("owner", "ends"),
    Act.ACCEPT_LIST_GRANT: ("owner", "ends", "proposer"),
    Act.END_LIST_GRANT: ("owner",),
}

Json = dict[str, Any]


class FactsRefused(CallerError):
    """The facts contradict each other, or one that the act needs is missing."""

    default_code = "facts_refused"


class CedarRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request to Cedar; context and entities are JSON text."""

    principal: Json
    action: Json
    resource: Json
    context: str
    entities: str

    def call(self) -> Json:
        """Return the request in the form cedarpy takes."""
        return {
            "principal": self.principal,
            "action": self.action,
            "resource": self.resource,
            "context": self.context,
        }


def question_request(question: Question, *, suggestive: bool, approved: bool) -> CedarRequest:
    """Return what Cedar judges about a question, or raise FactsRefused when its facts contradict each other."""
    _require_consistent(question)
    request, operator, profile = question.request, question.operator, question.operator.profile
    own = request.agency == request.on_behalf_of
    behalf_grant = question.asking_grant if own else question.behalf_grant
    context = {
        "purpose": _uid("Purpose", request.purpose),
        "offense": _uid("Offense", request.offense),
        "basis": _uid("Basis", request.basis),
        "offense_rank": OFFENSE_RANK[request.offense],
        "suspicion_rank": SUSPICION_RANK[request.basis],
        "has_case": bool(request.case_number.strip()),
        "candidates": min(count_candidates(request.plate), MOST_CANDIDATES),
        "operators": len(set(request.operators)),
        "oldest": _seconds(question.now - request.window_from),
        "newest": max(0, math.floor((question.now - request.window_to).total_seconds())),
        "window": _seconds(request.window_to - request.window_from),
        "on_hold": question.on_hold,
        "suggestive_words": suggestive,
        "approved": approved,
        "asking": _side(question.asking_agency, operator, question.asking_grant),
        "behalf": _side(question.behalf_agency, operator, behalf_grant),
        "profile": _profile(profile),
    }
    agencies = (question.asking_agency, question.behalf_agency, operator.agency)
    return _request("ask", question.person, operator, context, agencies)


def act_request(
    person: PersonFacts,
    agency: AgencyFacts,
    act: Act,
    operator: OperatorFacts,
    context: ActContext,
) -> CedarRequest:
    """Return what Cedar judges about an act, or raise FactsRefused when a fact it needs is missing."""
    if person.agency != agency.agency:
        raise FactsRefused("the person does not belong to the agency")
    agencies = [agency, operator.agency]
    facts: Json = {}
    match act:
        case Act.MANAGE_PEOPLE:
            facts = {"subject": _uid("Person", context.subject)}
        case Act.APPROVE_QUESTION:
            facts = {
                "asker": _uid("Person", context.asker),
                "asking_agency": _uid("Agency", context.asking_agency),
            }
        case Act.PROPOSE_GRANT | Act.APPROVE_GRANT | Act.WITHDRAW_PAPER:
            grantee, facts = _about_grant(act, operator, context)
            agencies.append(grantee)
        case Act.MANAGE_ALERTS:
            if not isinstance(context.alert_plates, bool):
                raise FactsRefused("a channel says whether it carries plates")
            facts = {"plates": context.alert_plates}
        case Act.OPEN_HOLD | Act.RENEW_HOLD | Act.CLOSE_HOLD | Act.KEEP_HOLD | Act.ASK_ELSEWHERE:
            named, facts = _described(act, context)
            agencies.append(named)
        case Act.MANAGE_HOTLISTS | Act.PROPOSE_LIST_GRANT | Act.ACCEPT_LIST_GRANT | Act.END_LIST_GRANT:
            owners, facts = _about_lists(act, context)
            agencies += owners
        case _:
            pass
    return _request(Act(act), person, operator, facts, agencies)


def _about_grant(act: Act, operator: OperatorFacts, context: ActContext) -> tuple[AgencyFacts, Json]:
    """Return what is told of a grant, and to whom it is."""
    if context.grantee is None:
        raise FactsRefused("a grant names its grantee")
    if act is Act.WITHDRAW_PAPER:
        return context.grantee, {"grantee": _uid("Agency", context.grantee.agency)}
    facts: Json = {
        "grantee": _side(context.grantee, operator, None),
        "purposes": [_uid("Purpose", purpose) for purpose in sorted(context.grant_purposes)],
        "ends": context.grant_ends,
        "for_case": context.grant_for_case,
    }
    if act is Act.APPROVE_GRANT:
        facts["proposer"] = _uid("Person", context.proposer)
    return context.grantee, facts


def _described(act: Act, context: ActContext) -> tuple[AgencyFacts, Json]:
    """Return what is told of a hold, or of a question for another node, and the agency that it names."""
    if act is Act.ASK_ELSEWHERE:
        asked = context.elsewhere
        if not isinstance(asked, ElsewhereFacts):
            raise FactsRefused("the question is not described")
        return asked.behalf, elsewhere_context(asked) | {"candidates": min(asked.candidates, MOST_CANDIDATES)}
    if not isinstance(context.hold, HoldFacts):
        raise FactsRefused("the hold is not described")
    return context.hold.holder, hold_context(context.hold)


def _about_lists(act: Act, context: ActContext) -> tuple[list[AgencyFacts], Json]:
    """Return what is told of a hot list or a list grant, and whose list it is where the policies ask."""
    if act is Act.MANAGE_HOTLISTS:
        return [], {"granted": context.list_granted} if isinstance(context.list_granted, bool) else {}
    if not isinstance(context.list_grant, ListGrantFacts):
        raise FactsRefused("the list grant is not described")
    return [context.list_grant.owner], list_grant_context(context.list_grant, wants=_LIST_GRANT_WANTS[act])


def is_approved(question: Question) -> bool:
    """Say whether the question carries a second person's yes that counts.

    It counts when given by somebody else, active, a supervisor of the asking agency, after the question was asked and
    at most 24 hours ago. Anything else is no approval; it makes nothing worse.
    """
    approval, request = question.approval, question.request
    if approval is None:
        return False
    approver = approval.approver
    return (
        approver.person != request.person
        and approver.active
        and approver.agency == request.agency
        and Role.SUPERVISOR in approver.roles
        and request.asked_at <= approval.approved_at <= question.now
        and question.now - approval.approved_at <= APPROVAL_LIFE
    )


def relation(agency: AgencyFacts, operator: OperatorFacts) -> str:
    """Return how an agency stands to the operator's own: `own`, `in_state`, `out_of_state`, `federal` or `private`.

    An immigration enforcement agency is federal here; foreign and unknown ones are out of state. The floor refuses
    them anyway.
    """
    if agency.agency == operator.agency.agency:
        return "own"
    if agency.kind in {AgencyKind.FEDERAL, AgencyKind.IMMIGRATION_ENFORCEMENT}:
        return "federal"
    if agency.kind == AgencyKind.PRIVATE:
        return "private"
    return "in_state" if agency.state and agency.state == operator.agency.state else "out_of_state"


def cites_of(question: Question) -> dict[str, str]:
    """Return field → cite in the law in force, for this very question.

    `share` names the values for the agencies that would see the answer, `purpose.deny` that for the purpose asked.
    """
    profile, operator = question.operator.profile, question.operator
    stands = {relation(agency, operator) for agency in (question.asking_agency, question.behalf_agency)} - {"own"}
    found = [profile.cites[name] for one in sorted(stands) if (name := f"share.{one}") in profile.cites]
    named = f"{profile.profile}: "
    cites = {field: named + cite for field, cite in profile.cites.items()}
    denied = cites.get(f"purpose.deny.{question.request.purpose}")
    purpose = {} if denied is None else {"purpose.deny": denied}
    return cites | purpose | ({"share": named + "; ".join(dict.fromkeys(found))} if found else {})


def _require_consistent(question: Question) -> None:
    """Raise FactsRefused unless the facts are about the people and agencies that the request names."""
    request, person, operator = question.request, question.person, question.operator
    pairs = {
        "the person": (request.person, person.person),
        "the person's agency": (person.agency, request.agency),
        "the asking agency": (request.agency, question.asking_agency.agency),
        "the agency that receives": (request.on_behalf_of, question.behalf_agency.agency),
    }
    for name, (asked, known) in pairs.items():
        if asked != known or not asked:
            raise FactsRefused(f"{name} in the facts is not the one in the request")
    if operator.operator not in request.operators:
        raise FactsRefused("the request does not name the operator")
    if request.window_to <= request.window_from:
        raise FactsRefused("the window ends before it starts")
    if request.asked_at > question.now:
        raise FactsRefused("the request comes from the future")
    for grant, agency in ((question.asking_grant, request.agency), (question.behalf_grant, request.on_behalf_of)):
        if grant is not None and grant.grantee != agency:
            raise FactsRefused("a grant in the facts is to another agency")


def _request(
    action: str,
    person: PersonFacts,
    operator: OperatorFacts,
    context: Json,
    agencies: Sequence[AgencyFacts],
) -> CedarRequest:
    """Return the request with the entities it needs, and nothing else of the registry."""
    known = {agency.agency: agency for agency in agencies}
    if any(known[agency.agency] != agency for agency in agencies):
        raise FactsRefused("the facts say two things about one agency")
    principal, resource = _uid("Person", person.person), _uid("Operator", operator.operator)
    entities = [
        _entity(
            principal,
            agency=_uid("Agency", person.agency),
            roles=[_uid("Role", role) for role in person.roles],
            active=person.active,
        ),
        _entity(resource, agency=_uid("Agency", operator.agency.agency)),
    ]
    for agency in known.values():
        uid, kind = _uid("Agency", agency.agency), _uid("AgencyKind", agency.kind)
        entities.append(_entity(uid, kind=kind, state=agency.state, active=agency.active))
    return CedarRequest(
        principal=principal,
        action=_uid("Action", action),
        resource=resource,
        context=msgspec.json.encode(context).decode(),
        entities=msgspec.json.encode(entities).decode(),
    )


def _side(agency: AgencyFacts, operator: OperatorFacts, grant: GrantFacts | None) -> Json:
    """Return one agency that would see the answer."""
    stands, profile = relation(agency, operator), operator.profile
    rules = {
        "own": "allow",
        "in_state": profile.share_in_state,
        "out_of_state": profile.share_out_of_state,
        "federal": profile.share_federal,
        "private": profile.share_private,
    }
    side = {
        "agency": _uid("Agency", agency.agency),
        "relation": _uid("Relation", stands),
        "share": _uid("ShareRule", rules[stands]),
        "listed_state": agency.state in profile.listed_states,
    }
    if grant is not None:
        purposes = [_uid("Purpose", purpose) for purpose in grant.purposes]
        side["grant"] = {
            "purposes": purposes,
            "declaration": grant.declaration_on_file,
            "for_case": grant.for_case,
            "case_agrees": grant.case_agrees,
        }
    return side


def _profile(profile: ProfileFacts) -> Json:
    """Return what the law profile says about questions."""
    facts: Json = {
        "purposes_denied": [_uid("Purpose", purpose) for purpose in profile.purposes_denied],
        "case_required": profile.case_required,
        "offense_floor": OFFENSE_FLOOR[profile.offense_floor],
        "suspicion_floor": SUSPICION_FLOOR[profile.suspicion_floor],
        "laws": sorted(profile.laws),
    }
    limits = {
        "retention": profile.retention,
        "supervisor_after": profile.supervisor_after,
        "warrant_after": profile.warrant_after,
    }
    # A limit is rounded down where an age is rounded up, so that rounding never widens what may be asked.
    return facts | {name: math.floor(limit.total_seconds()) for name, limit in limits.items() if limit is not None}


def _uid(kind: str, name: str | None) -> Json:
    """Return an entity's id in the form Cedar reads."""
    if name is None:
        raise FactsRefused("a fact that is needed is missing")
    return {"type": kind, "id": name}


def _entity(uid: Json, **attributes: object) -> Json:
    """Return an entity without parents."""
    return {"uid": uid, "attrs": attributes, "parents": []}


def _seconds(span: timedelta) -> int:
    """Return whole seconds, rounded up: a read that is a hair too old is too old."""
    return math.ceil(span.total_seconds())
