"""Routes: every page, listed; closed unless its handler takes no visitor.

What flows in: nothing. What flows out: the routes to serve.
What it must never see: a page outside this list.
"""

from typing import Any

from litestar import Response, Router, get
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from lockplate.errors import LockplateError
from lockplate.web.pages import (
    alerts,
    asking,
    documents,
    faults,
    findings,
    law,
    numbers,
    public,
    readers,
    records,
    session,
    waiting,
)
from lockplate.web.pages.forms import MAX_FORM_BYTES, Form, read_form
from lockplate.web.pages.frame import PageState, SignedForm, Visitor, signed_form, state_of, visitor_of
from lockplate.web.pages.refusals import no_such_page, told_fault_page, told_http_page, told_page

OPEN_TO_ANYONE = frozenset(
    {
        "show_public_page", "show_static", "show_law", "list_policies", "list_report_pages", "show_policy",
        "show_policy_data", "show_report",
        "show_report_data", "show_sign_in", "sign_in", "show_no_page",
    }
)  # fmt: skip
"""Handlers that take no visitor; a test compares this with what they ask for."""


@get(["/app/{path:path}"], sync_to_thread=False)
def show_no_page(path: FromPath[str]) -> Response[Any]:  # noqa: ARG001 - the path is what matched
    """Say that there is no such page."""
    return no_such_page()


HANDLERS = (
    public.show_public_page, public.show_static, law.show_law, documents.list_policies, documents.list_report_pages,
    documents.show_policy, documents.show_policy_data,
    documents.show_report, documents.show_report_data,
    session.show_sign_in, session.sign_in, session.sign_out, session.go_home,
    asking.show_ask, asking.take_question,
    alerts.show_alerts, alerts.show_alert, alerts.decide_alert, alerts.note_outcome,
    waiting.show_list, waiting.show_one, waiting.decide,
    findings.show_findings,
    records.show_list, records.show_one, records.open_details, records.save_opening,
    readers.show_readers,
    faults.show_faults, faults.acknowledge,
    numbers.show_numbers,
    show_no_page,
)  # fmt: skip

PAGE_ROUTES: tuple[ControllerRouterHandler, ...] = (
    Router(
        path="/",
        route_handlers=list(HANDLERS),
        dependencies={
            "pages": Provide(state_of, sync_to_thread=False),
            "visitor": Provide(visitor_of, sync_to_thread=True),
            "form": Provide(read_form),
            "signed": Provide(signed_form, sync_to_thread=True),
        },
        exception_handlers={LockplateError: told_page, HTTPException: told_http_page, Exception: told_fault_page},
        signature_types=[PageState, Visitor, SignedForm, Form],
        request_max_body_size=MAX_FORM_BYTES,
    ),
)
