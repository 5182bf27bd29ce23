"""The policy and the periodic reports, for anyone: as pages, as data and as tables.

What flows in: anyone's request: an operator, a law, days. What flows out: the documents that the law asks for.
What it must never see: a person, a plate, a session; sealed counts, which only an auditor's own report opens.
"""

from typing import Any

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Response as LitestarResponse

from lockplate.errors import BadInput, CallerError, NotFound
from lockplate.operations.documents import PolicyPage, ReportOf, list_reports
from lockplate.operations.documents import show_policy as write_policy
from lockplate.operations.documents import show_report as make_report
from lockplate.operations.operation import Actor
from lockplate.operations.operators import OperatorName
from lockplate.reporting.report import Report
from lockplate.reporting.tables import policy_csv, report_csv
from lockplate.terms import OperatorId, ProfileId
from lockplate.web.application import SECURITY_HEADERS
from lockplate.web.doorway import Doorway
from lockplate.web.pages.frame import PageState

ANYONE = {"cache-control": "public, max-age=30"}
NOBODY = Actor(person=None)
Pages = NamedDependency[PageState]
Door = NamedDependency[Doorway]


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One operator in a list of documents."""

    operator: OperatorId
    name: str
    own: ProfileId | None
    """The law whose report is its own; None when its law asks for none that we know."""


@get("/policy", sync_to_thread=True)
def list_policies(doorway: Door, pages: Pages) -> Response[Any]:
    """List the operators with their policies."""
    return _list(doorway, pages, "policy")


@get("/reports", sync_to_thread=True)
def list_report_pages(doorway: Door, pages: Pages) -> Response[Any]:
    """List the operators with their periodic reports."""
    return _list(doorway, pages, "reports")


@get("/policy/{operator:str}", sync_to_thread=True)
def show_policy(doorway: Door, pages: Pages, operator: FromPath[str]) -> Response[Any]:
    """Show an operator's usage and privacy policy."""
    name = doorway.node.desk(OperatorId(operator)).operator.name
    page = _policy(doorway, pages, operator)
    return pages.rendering.page("policy.html", headers=ANYONE, visitor=None, page=page, name=name)


@get("/policy/{operator:str}/{kind:str}", sync_to_thread=True)
def show_policy_data(doorway: Door, pages: Pages, operator: FromPath[str], kind: FromPath[str]) -> Response[bytes]:
    """Return an operator's usage and privacy policy as `json` or `csv`."""
    page = _policy(doorway, pages, operator)
    return _download(kind, f"policy-{page.operator}", page, policy_csv(page.document))


@get("/reports/{operator:str}", sync_to_thread=True)
def show_report(
    doorway: Door,
    pages: Pages,
    operator: FromPath[str],
    profile: FromQuery[str] = "",
    first: FromQuery[str] = "",
    end: FromQuery[str] = "",
) -> Response[Any]:
    """Show a periodic report of an operator; without a choice, that of its own law over the newest span."""
    node = doorway.node
    known = node.desk(OperatorId(operator)).operator
    reports = list_reports(node, NOBODY, OperatorName())
    chosen = profile or (known.profile if known.profile in {one.profile for one in reports} else "")
    report, error = None, None
    if chosen:
        try:
            report = _report(doorway, pages, ReportOf(operator=operator, profile=chosen, first=first, end=end))
        except (BadInput, NotFound) as problem:
            error = problem
    return pages.rendering.page(
        "report.html",
        status=200 if error is None else _status(error),
        headers=ANYONE,
        visitor=None,
        operator=known.operator,
        name=known.name,
        reports=reports,
        chosen=chosen,
        own=known.profile,
        report=report,
        first=first or (str(report.span.first) if report else ""),
        end=end or (str(report.span.end) if report else ""),
        error=error,
    )


@get("/reports/{operator:str}/{kind:str}", sync_to_thread=True)
def show_report_data(
    doorway: Door,
    pages: Pages,
    operator: FromPath[str],
    kind: FromPath[str],
    profile: FromQuery[str] = "",
    first: FromQuery[str] = "",
    end: FromQuery[str] = "",
) -> Response[bytes]:
    """Return a periodic report as `json` or `csv`: every number with its query."""
    report = _report(doorway, pages, ReportOf(operator=operator, profile=profile, first=first, end=end))
    name = f"report-{report.profile}-{report.operator}-{report.span.first}"
    return _download(kind, name, report, report_csv(report))


def _list(doorway: Doorway, pages: PageState, kind: str) -> Response[Any]:
    own = {one.profile for one in list_reports(doorway.node, NOBODY, OperatorName())}
    desks = sorted(doorway.node.desks.items())
    listed = [
        Listed(
            operator=name,
            name=desk.operator.name,
            own=desk.operator.profile if desk.operator.profile in own else None,
        )
        for name, desk in desks
    ]
    return pages.rendering.page("documents.html", headers=ANYONE, visitor=None, kind=kind, listed=listed)


def _policy(doorway: Doorway, pages: PageState, operator: str) -> PolicyPage:
    """Return a policy, written when the log has grown or the kept one is old."""
    node = doorway.node
    size = node.desk(OperatorId(operator)).evidence.log.size
    key = ("policy", operator, size)
    return pages.kept.get(key, lambda: write_policy(node, NOBODY, OperatorName(operator=operator)))


def _report(doorway: Doorway, pages: PageState, wanted: ReportOf) -> Report:
    """Return a report, counted when the log has grown or the kept one is old; nothing that is sealed is opened."""
    node = doorway.node
    size = node.desk(OperatorId(wanted.operator)).evidence.log.size
    key = ("report", wanted.operator, wanted.profile, wanted.first, wanted.end, size)
    return pages.kept.get(key, lambda: make_report(node, NOBODY, wanted))


def _download(form: str, name: str, value: object, table: str) -> Response[bytes]:
    if form not in {"json", "csv"}:
        raise NotFound("there is no such form of it", code="no_form", next_step="Ask for json or csv.")
    as_json = form == "json"
    return LitestarResponse(
        msgspec.json.format(msgspec.json.encode(value), indent=2) if as_json else table.encode(),
        media_type="application/json; charset=utf-8" if as_json else "text/csv; charset=utf-8",
        headers={**ANYONE, **SECURITY_HEADERS, "content-disposition": f'inline; filename="{name}.{form}"'},
    )


def _status(error: CallerError) -> int:
    return error.http_status
