"""The policy and the periodic reports, for anyone.

What flows in: anyone's request: an operator, a law, days. What flows out: the documents that the law asks for.
What it must never see: a person, a plate, a session.
"""

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from lockplate.errors import BadInput, CallerError, NotFound
from lockplate.operations.documents import ReportOf, list_reports
from lockplate.operations.documents import show_policy as write_policy
from lockplate.operations.documents import show_report as make_report
from lockplate.operations.operation import Actor
from lockplate.operations.operators import OperatorName
from lockplate.terms import OperatorId
from lockplate.web.doorway import Doorway
from lockplate.web.pages.frame import PageState

ANYONE = {"cache-control": "public, max-age=30"}
NOBODY = Actor(person=None)


@get("/policy/{operator:str}", sync_to_thread=True)
def show_policy(
    doorway: NamedDependency[Doorway], pages: NamedDependency[PageState], operator: FromPath[str]
) -> Response[Any]:
    """Show an operator's usage and privacy policy."""
    node = doorway.node
    name = node.desk(OperatorId(operator)).operator.name
    page = write_policy(node, NOBODY, OperatorName(operator=operator))
    return pages.rendering.page("policy.html", headers=ANYONE, visitor=None, page=page, name=name)


@get("/reports/{operator:str}", sync_to_thread=True)
def show_report(
    doorway: NamedDependency[Doorway],
    pages: NamedDependency[PageState],
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
            wanted = ReportOf(operator=operator, profile=chosen, first=first, end=end)
            report = make_report(node, NOBODY, wanted)
        except (BadInput, NotFound) as problem:
            error = problem
    return pages.rendering.page(
        "report.html",
        status=200 if error is None else _status(error),
        headers=ANYONE,
        visitor=None,
        operator=operator,
        name=known.name,
        reports=reports,
        chosen=chosen,
        report=report,
        first=first or (str(report.span.first) if report else ""),
        end=end or (str(report.span.end) if report else ""),
        error=error,
    )


def _status(error: CallerError) -> int:
    return error.http_status
