"""The auditor's findings: what to look at first, each with the records behind it.

What flows in: an auditor, an operator. What flows out: rules and what each found.
What it must never see: private details; they are opened on a record's own page, which is recorded.
"""

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from lockplate.operations.findings import FindingsOf, list_findings, mark_seen
from lockplate.operations.records import readable_operators
from lockplate.web.doorway import Doorway
from lockplate.web.pages.frame import PageState, Visitor

ROWS_SHOWN = 30
"""Links to records behind one finding, the newest; `record findings --json` lists every one."""


@get("/app/findings", sync_to_thread=True)
def show_findings(
    doorway: NamedDependency[Doorway],
    pages: NamedDependency[PageState],
    visitor: NamedDependency[Visitor],
    operator: FromQuery[str] = "",
) -> Response[Any]:
    """Show what rules found in an operator's records; what is new since the last look is marked, once."""
    node = doorway.node
    allowed = readable_operators(node, visitor.actor.require_person(node))
    report = list_findings(node, visitor.actor, FindingsOf(operator=operator or allowed[0]))
    seen = mark_seen(node, visitor.actor, report)
    return pages.rendering.page(
        "findings.html", visitor=visitor, report=report, seen=seen, operators=allowed, shown=ROWS_SHOWN
    )
