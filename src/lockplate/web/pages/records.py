"""The auditor's pages: records, one record, its private details, and an opening of them to hand out.

What flows in: filters, places in a log. What flows out: records, openings.
What it must never see: private details that the operation did not put on record first.
"""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Response as LitestarResponse
from litestar.status_codes import HTTP_200_OK

from lockplate.access import AccessRecord, canonical_leaf
from lockplate.errors import BadInput, CallerError, NotFound
from lockplate.evidence.opening import write_opening
from lockplate.operations.records import (
    OpeningOf,
    RecordDetails,
    RecordFilter,
    RecordLine,
    RecordName,
    RecordPage,
    list_records,
    make_record_opening,
    readable_operators,
    show_details,
    show_record,
)
from lockplate.terms import Action, Verdict
from lockplate.web.doorway import Doorway
from lockplate.web.pages.forms import Form
from lockplate.web.pages.frame import PageState, SignedForm, Visitor
from lockplate.web.pages.rendering import PRIVATE
from lockplate.wiring.node import Node

DETAIL_NAMES = {
    "plate": "Plate as asked",
    "case_number": "Case number",
    "reason": "Reason as written",
    "name": "Name that was typed",
    "receipt": "The other log's proof of its record",
    "receipt_of_outcome": "The other log's proof of its outcome",
}


@get("/app/records", sync_to_thread=True)
def show_list(  # noqa: PLR0913, PLR0917 - Litestar reads the filters of the URL from parameters, one each
    doorway: NamedDependency[Doorway],
    pages: NamedDependency[PageState],
    visitor: NamedDependency[Visitor],
    operator: FromQuery[str] = "",
    action: FromQuery[str] = "",
    verdict: FromQuery[str] = "",
    person: FromQuery[str] = "",
    day: FromQuery[str] = "",
    before: FromQuery[str] = "",
) -> Response[Any]:
    """Show records, newest first, filtered."""
    node = doorway.node
    allowed = readable_operators(node, visitor.actor.require_person(node))
    filters = {"operator": operator, "action": action, "verdict": verdict, "person": person.strip(), "day": day}
    page, error = _listed(node, visitor, filters, before)
    return pages.rendering.page(
        "records.html",
        status=HTTP_200_OK if error is None else error.http_status,
        visitor=visitor,
        page=page,
        error=error,
        filters=filters,
        filtered=any(value for name, value in filters.items() if name != "operator"),
        operators=allowed,
        actions=tuple(Action),
        verdicts=tuple(Verdict),
        agencies=node.registries.agencies.names(),
    )


@get("/app/records/{operator:str}/{index:int}", sync_to_thread=True)
def show_one(
    doorway: NamedDependency[Doorway],
    pages: NamedDependency[PageState],
    visitor: NamedDependency[Visitor],
    operator: FromPath[str],
    index: FromPath[int],
) -> Response[Any]:
    """Show one record; its private details stay closed."""
    line = show_record(doorway.node, visitor.actor, RecordName(operator=operator, index=index))
    return _record(doorway.node, pages, visitor, line)


@post("/app/records/{operator:str}/{index:int}", sync_to_thread=True, status_code=HTTP_200_OK)
def open_details(
    doorway: NamedDependency[Doorway],
    pages: NamedDependency[PageState],
    signed: NamedDependency[SignedForm],
    operator: FromPath[str],
    index: FromPath[int],
) -> Response[Any]:
    """Put the reading on record and show the private details."""
    node, name = doorway.node, RecordName(operator=operator, index=index)
    try:
        details = show_details(node, signed.visitor.actor, name)
    except NotFound as error:
        line = show_record(node, signed.visitor.actor, name)
        return _record(node, pages, signed.visitor, line, error=error)
    return _record(node, pages, signed.visitor, details.line, details=details)


@post("/app/records/{operator:str}/{index:int}/opening", sync_to_thread=True, status_code=HTTP_200_OK)
def save_opening(
    doorway: NamedDependency[Doorway],
    pages: NamedDependency[PageState],
    signed: NamedDependency[SignedForm],
    operator: FromPath[str],
    index: FromPath[int],
) -> Response[Any]:
    """Put it on record and hand out the chosen private details with their salts, as a file."""
    node = doorway.node
    try:
        which = OpeningOf(operator=operator, index=index, names=_chosen(signed.form))
        made = make_record_opening(node, signed.visitor.actor, which)
    except (BadInput, NotFound) as error:
        line = show_record(node, signed.visitor.actor, RecordName(operator=operator, index=index))
        return _record(node, pages, signed.visitor, line, error=error)
    headers = PRIVATE | {"content-disposition": f'attachment; filename="opening-{made.operator}-{index}.json"'}
    return LitestarResponse(write_opening(made.opening), media_type="application/json; charset=utf-8", headers=headers)


def _chosen(form: Form) -> tuple[str, ...]:
    """Return the details that were chosen; raises BadInput when none was, for none would mean all."""
    names = form.texts("names")
    if not names:
        raise BadInput("nothing was chosen", code="nothing_chosen", next_step="Choose what the opening shows.")
    return names


def _listed(
    node: Node, visitor: Visitor, filters: dict[str, str], before: str
) -> tuple[RecordPage | None, CallerError | None]:
    """Return the page, or what is wrong with the filters."""
    try:
        wanted = RecordFilter(
            operator=filters["operator"],
            before=int(before) if before.isascii() and before.isdecimal() and len(before) < 19 else None,
            action=Action(filters["action"]) if filters["action"] else None,
            verdict=Verdict(filters["verdict"]) if filters["verdict"] else None,
            person=filters["person"],
            day=filters["day"],
        )
        return list_records(node, visitor.actor, wanted), None
    except (BadInput, NotFound) as error:
        return None, error
    except ValueError:
        return None, BadInput("a filter has a value that no record can have", code="bad_filter")


def _record(
    node: Node,
    pages: PageState,
    visitor: Visitor,
    line: RecordLine,
    *,
    details: RecordDetails | None = None,
    error: CallerError | None = None,
) -> Response[Any]:
    record: AccessRecord = line.record
    return pages.rendering.page(
        "record.html",
        status=HTTP_200_OK if error is None else error.http_status,
        visitor=visitor,
        line=line,
        record=record,
        leaf=canonical_leaf(record).decode(),
        agencies=node.registries.agencies.names(),
        details=details,
        detail_names=DETAIL_NAMES,
        error=error,
    )
