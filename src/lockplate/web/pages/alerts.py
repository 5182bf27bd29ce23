"""The alerts' pages: the list, one alert beside its entry, the finding, what became of it.

What flows in: filters; a person's comparison and the source's answer. What flows out: hits, once they are on record as
shown. What it must never see: a plate in a URL; a way to decide without the operation's own rules.
"""

import base64
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from lockplate.alerting.judging import standing
from lockplate.alerting.showing import ShownHits
from lockplate.errors import BadInput, CallerError, Conflict, NotFound
from lockplate.gate.act import Act
from lockplate.hotlist import Priority
from lockplate.operations.hits import Finding, HitName, Outcome, confirm_hit, list_hits, say_outcome, show_whole_hit
from lockplate.read import picture_type
from lockplate.registry.confirmations import SourceCheck
from lockplate.registry.hit_outcomes import HitOutcome
from lockplate.registry.hits import Hit, HitFilter, HitId, HitState
from lockplate.terms import OperatorId, Verdict
from lockplate.web.doorway import Doorway
from lockplate.web.pages import alert_lines
from lockplate.web.pages.alert_lines import EVERY_STATE, PAGE_HITS, Chosen, line_of
from lockplate.web.pages.forms import Form
from lockplate.web.pages.frame import PageState, SignedForm, Visitor
from lockplate.web.pages.rendering import PRIVATE
from lockplate.wiring.node import Node

ANSWERS = (SourceCheck.NOT_CHECKED, SourceCheck.STILL_LISTED, SourceCheck.NOT_LISTED, SourceCheck.NOT_REACHED)
FINDINGS = tuple(state for state in HitState if state is not HitState.UNCONFIRMED)


@get("/app/alerts", sync_to_thread=True)
def show_alerts(  # noqa: PLR0913, PLR0917 - Litestar reads the filters of the URL from parameters, one each
    doorway: NamedDependency[Doorway],
    pages: NamedDependency[PageState],
    visitor: NamedDependency[Visitor],
    operator: FromQuery[str] = "",
    found: FromQuery[str] = HitState.UNCONFIRMED.value,
    hot_list: FromQuery[str] = "",
    priority: FromQuery[str] = "",
    older: FromQuery[str] = "",
    weaker: FromQuery[str] = "",
    decided: FromQuery[str] = "",
) -> Response[Any]:
    """Show alerts, newest first; weaker matches and repeats only when asked for. Each showing is one record."""
    node = doorway.node
    watched = watched_operators(node, visitor)
    chosen = Chosen(
        operator=OperatorId(operator) if operator else watched[0],
        state=found, list_id=hot_list, priority=priority, older=older, weaker=bool(weaker),
    )  # fmt: skip
    shown, error = _listed(node, visitor, chosen)
    lists = {one.list_id: one.name for one in node.registries.hot_lists.list_all(chosen.operator)}
    readers = {one.reader: one.name for one in node.registries.readers.list_all(chosen.operator)}
    seen = () if shown is None else shown.hits
    counted = node.registries.hits.count
    aside = HitFilter(state=HitState.UNCONFIRMED, alerts=False)
    return pages.rendering.page(
        "alerts.html",
        status=HTTP_200_OK if error is None else error.http_status,
        visitor=visitor,
        chosen=chosen,
        lines=[line_of(hit, readers, lists) for hit in seen],
        older=seen[-1].hit_id if len(seen) == PAGE_HITS else "",
        error=error,
        operators=watched,
        lists=lists,
        readers=readers,
        states=(*HitState, EVERY_STATE),
        priorities=tuple(Priority),
        waiting=counted(chosen.operator, HitFilter(state=HitState.UNCONFIRMED, alerts=True)) if shown else 0,
        aside=counted(chosen.operator, aside) if shown else 0,
        now=node.clock.now(),
        zone=node.registries.operators.get(chosen.operator).zone if shown else "UTC",
        decided=_decided(node, visitor, decided),
    )


@get("/app/alerts/{hit_id:str}", sync_to_thread=True)
def show_alert(
    doorway: NamedDependency[Doorway],
    pages: NamedDependency[PageState],
    visitor: NamedDependency[Visitor],
    hit_id: FromPath[str],
    decided: FromQuery[str] = "",
) -> Response[Any]:
    """Show one alert, its picture beside its entry; one record says that both were shown."""
    return _alert(doorway.node, pages, visitor, hit_id, decided=decided)


@post("/app/alerts/{hit_id:str}", sync_to_thread=True, status_code=HTTP_200_OK)
def decide_alert(
    doorway: NamedDependency[Doorway],
    pages: NamedDependency[PageState],
    signed: NamedDependency[SignedForm],
    hit_id: FromPath[str],
) -> Response[Any]:
    """Take what a person found, and go on to the next alert that nobody has decided."""
    node, visitor, form = doorway.node, signed.visitor, signed.form
    operator = node.registries.hits.operator_of(HitId(hit_id))
    try:
        confirm_hit(node, visitor.actor, _finding(form, hit_id, operator))
    except (BadInput, Conflict) as error:
        return _alert(node, pages, visitor, hit_id, error=error, form=form)
    following = node.registries.hits.next_unconfirmed(operator)
    place = (
        f"/app/alerts/{following}?decided={hit_id}"
        if following
        else f"/app/alerts?operator={operator}&decided={hit_id}"
    )
    return _to(place)


@post("/app/alerts/{hit_id:str}/outcome", sync_to_thread=True, status_code=HTTP_200_OK)
def note_outcome(
    doorway: NamedDependency[Doorway],
    pages: NamedDependency[PageState],
    signed: NamedDependency[SignedForm],
    hit_id: FromPath[str],
) -> Response[Any]:
    """Take what became of a decided hit."""
    node, visitor = doorway.node, signed.visitor
    operator = node.registries.hits.operator_of(HitId(hit_id))
    try:
        outcome = HitOutcome(signed.form.step(*HitOutcome))
        say_outcome(node, visitor.actor, Outcome(hit_id=hit_id, outcome=outcome, operator=operator))
    except (BadInput, Conflict) as error:
        return _alert(node, pages, visitor, hit_id, error=error)
    return _to(f"/app/alerts/{hit_id}")


def watched_operators(node: Node, visitor: Visitor) -> tuple[OperatorId, ...]:
    """Return the operators whose hits the gate lets this person look at, their own agency's first; else all.

    Whoever may look at none is denied by what they ask for next, and that is on record.
    """
    person = visitor.actor.require_person(node)
    agency = node.facts.agency(person.agency)
    own = sorted(node.desks, key=lambda name: node.desk(name).operator.agency != person.agency)
    allowed = [
        name
        for name in own
        if node.gate.explain_act(person, agency, Act.SHOW_HIT, node.facts.operator(name)).verdict is Verdict.PERMITTED
    ]
    return tuple(allowed or own)


def _listed(node: Node, visitor: Visitor, chosen: Chosen) -> tuple[ShownHits | None, CallerError | None]:
    """Return the hits, or what is wrong with the filters; raises Denied."""
    try:
        return list_hits(node, visitor.actor, chosen.request()), None
    except (BadInput, NotFound) as error:
        return None, error
    except ValueError:
        return None, BadInput("a filter has a value that no alert can have", code="bad_filter")


def _alert(
    node: Node,
    pages: PageState,
    visitor: Visitor,
    hit_id: str,
    *,
    error: CallerError | None = None,
    form: Form | None = None,
    decided: str = "",
) -> Response[Any]:
    operator = node.registries.hits.operator_of(HitId(hit_id))
    whole = show_whole_hit(node, visitor.actor, HitName(hit_id=hit_id, operator=operator))
    return pages.rendering.page(
        "alert.html",
        status=HTTP_200_OK if error is None else error.http_status,
        visitor=visitor,
        whole=whole,
        hit=whole.hit,
        told=whole.hit.details,
        compared=whole.compared,
        picture=_as_data(whole.picture),
        error=error,
        answers=ANSWERS,
        findings=FINDINGS,
        outcomes=tuple(HitOutcome),
        says=alert_lines,
        given=_given(form),
        following=node.registries.hits.next_unconfirmed(operator, HitId(hit_id)),
        agencies=node.registries.agencies.names(),
        now=node.clock.now(),
        zone=node.registries.operators.get(operator).zone,
        decided=_decided(node, visitor, decided),
    )


def _finding(form: Form, hit_id: str, operator: OperatorId) -> Finding:
    """Return what the form says, or raise BadInput for a word that is none of the listed ones."""
    try:
        found, source = HitState(form.text("found")), SourceCheck(form.text("source") or SourceCheck.NOT_CHECKED)
    except ValueError:
        raise BadInput("no finding was chosen", code="bad_step", next_step="Use one of the six buttons.") from None
    said = form.texts("compared")
    return Finding(
        hit_id=hit_id,
        operator=operator,
        found=found,
        source=source,
        region_compared="region" in said,
        vehicle_compared="vehicle" in said,
        seen_by_eye="by_eye" in said,
    )


def _given(form: Form | None) -> dict[str, Any]:
    """Return what was chosen already, so that a refused form comes back as it was."""
    if form is None:
        return {"source": SourceCheck.NOT_CHECKED.value, "compared": ()}
    return {"source": form.text("source") or SourceCheck.NOT_CHECKED.value, "compared": form.texts("compared")}


def _decided(node: Node, visitor: Visitor, hit_id: str) -> dict[str, Any] | None:
    """Return what this person has just found, to say so on the page after it; no plate is in it."""
    if not hit_id:
        return None
    try:
        hit: Hit = node.registries.hits.get(HitId(hit_id))
    except NotFound:
        return None
    if hit.decided_by != visitor.person:
        return None
    return {"hit_id": hit.hit_id, "state": hit.state, "hit": hit, "standing": standing(hit, node.clock.now())}


def _as_data(picture: bytes | None) -> str:
    """Return a picture as the address of itself, so that page and picture are one showing; empty when it is none."""
    kind = None if picture is None else picture_type(picture)
    return f"data:{kind};base64,{base64.b64encode(picture).decode()}" if picture is not None and kind else ""


def _to(path: str) -> Response[Any]:
    return Redirect(path, status_code=HTTP_303_SEE_OTHER, headers=PRIVATE)
