"""Promise 1 in code: no method, command or route answers without a plate that the caller names."""

import inspect
from datetime import UTC, datetime

import msgspec
import pytest

from lockplate.access import AccessRequest
from lockplate.clock import new_request_id
from lockplate.errors import BadInput
from lockplate.lookup.asking import Lookup
from lockplate.operations.operation import Operation
from lockplate.operations.table import OPERATIONS
from lockplate.plate import DEFAULT_MAX_CANDIDATES, expand
from lockplate.seal.sealer import Sealer
from lockplate.sealed import Probe
from lockplate.store.embedded import EmbeddedStore
from lockplate.store.memory import MemoryStore
from lockplate.store.passages import PassageIndex
from lockplate.store.surface import ReadStore
from lockplate.terms import AgencyId, Basis, Offense, OperatorId, PersonId, PlateText, Purpose
from lockplate.web.application import API_ROUTES
from lockplate.web.pages.routes import HANDLERS

STORE_METHODS = {
    "append",
    "append_columns",
    "find",
    "counts",
    "rows_in_period",
    "drop_day",
    "close",
    # sums of keyed marks, counts, and a yes or no about a row that somebody names
    "sums",
    "hour_marks",
    "hours",
    "operators",
    "misshapen",
    "is_withdrawn",
}
"""What a store can do. `find` needs probes; `counts` and `rows_in_period` give numbers by reader and time."""

OPERATION_NAMES = {
    "agency.activate", "agency.add", "agency.deactivate", "agency.list",
    "alerts.channel.add", "alerts.channel.end", "alerts.channel.list", "alerts.channel.test", "alerts.deliveries", "alerts.retry",
    "document.count", "document.list", "document.policy", "document.report", "document.state",
    "fault.acknowledge", "fault.check", "fault.list",
    "fsck.check", "fsck.mended",
    "grant.approve", "grant.list", "grant.paper", "grant.propose", "grant.register", "grant.revoke",
    "grant.withdraw-paper",
    "hold.close", "hold.list", "hold.open", "hold.renew",
    "hits.confirm", "hits.list", "hits.numbers", "hits.outcome", "hits.picture", "hits.show",
    "hotlist.accept", "hotlist.add", "hotlist.change", "hotlist.enter", "hotlist.entries", "hotlist.expire", "hotlist.import",
    "hotlist.list", "hotlist.remove",
    "hotlist.grant.accept", "hotlist.grant.end", "hotlist.grant.list", "hotlist.grant.propose", "hotlist.grant.register",
    "ingest",
    "law.adopt", "law.announce", "law.check", "law.compare", "law.list", "law.local", "law.repeal", "law.show", "law.table",
    "law.trace",
    "log.checkpoint", "log.cosign", "log.export", "log.keys", "log.policy", "log.prove", "log.receipts",
    "log.reconcile", "log.witnesses",
    "lookup", "lookup.elsewhere", "lookup.preview", "lookup.shared",
    "operator.change", "operator.list", "operator.show",
    "place.add", "place.import", "place.list", "place.remove",
    "reader.activate", "reader.add", "reader.change", "reader.deactivate", "reader.key", "reader.list",
    "record.details", "record.findings", "record.list", "record.opening", "record.show",
    "request.approve", "request.list", "request.refuse", "request.resume", "request.resume-elsewhere", "request.show",
    "retention.receipts", "retention.run",
    "words.add", "words.list",
    "user.activate", "user.add", "user.deactivate", "user.list", "user.password", "user.release", "user.roles",
}  # fmt: skip
"""Every command. A new one is looked at here first: can it say who was at a place or time?"""

TAKING_UP = {"request.resume", "request.resume-elsewhere"}
ANSWERING = {"lookup", "lookup.elsewhere", "lookup.preview", "lookup.shared"}
"""Commands that lead to reads: these take a plate, the two above take up a question that named one."""

LISTING = {"hotlist.enter", "hold.open"}
"""The first names a plate to match what is to come, the second one to keep: no read comes back, nor how many there are."""

API_HANDLERS = {
    "ask_question", "run_command", "sign_in", "sign_out", "list_logs", "show_checkpoint", "show_key", "show_policy",
    "show_agreed", "show_tile", "show_receipt", "show_openapi",
    "show_metrics", "show_health",
    # alerts as they come: it names no plate and no reader, and shows what hits.list shows, on record as that is
    "watch_alerts",
}  # fmt: skip
PAGE_HANDLERS = {
    "show_public_page", "show_static", "show_law", "list_policies", "list_report_pages", "show_policy", "show_policy_data", "show_report", "show_report_data", "show_sign_in", "sign_in", "sign_out", "go_home", "show_ask",
    "take_question",
    "show_faults", "acknowledge", "show_numbers",
    "show_findings", "show_alerts", "show_alert", "decide_alert", "note_outcome", "show_list", "show_one", "decide", "open_details", "save_opening", "show_readers", "show_no_page",
}  # fmt: skip


def public(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


def test_a_store_answers_for_probes_and_counts_and_nothing_else() -> None:
    """The surface, both engines, and the passage index have exactly the methods that were looked at."""
    assert STORE_METHODS == public(EmbeddedStore)
    assert STORE_METHODS == public(MemoryStore)
    assert public(ReadStore) == STORE_METHODS
    assert {"put", "get", "prune", "close"} == public(PassageIndex)
    assert {"operator", "probes", "start", "end"} == set(inspect.signature(EmbeddedStore.find).parameters) - {"self"}
    assert {"period", "token"} == {field.name for field in msgspec.structs.fields(Probe)}


def test_a_sealer_opens_for_a_permit_and_nothing_else() -> None:
    """The two methods that lead back to a read both want a permit first."""
    assert {"seal", "seal_columns", "passage_hash", "ready", "note_origin", "same_plate", "probes", "open"} == public(
        Sealer
    )
    for name in ("probes", "open"):
        assert "permit" == list(inspect.signature(getattr(Sealer, name)).parameters)[1]


def test_lookup_takes_whole_requests_only() -> None:
    """Ask, preview and resume; a request has a plate, a purpose and a window, and no default for them."""
    assert {"ask", "preview", "resume"} == public(Lookup)
    required = {field.name for field in msgspec.structs.fields(AccessRequest) if field.required}
    assert {"plate", "operators", "window_from", "window_to", "purpose", "offense", "basis", "on_behalf_of"} <= required


def test_every_command_is_on_the_list() -> None:
    """No command exists that was not looked at."""
    assert OPERATION_NAMES == set(OPERATIONS)
    assert all(isinstance(one, Operation) and one.name == name for name, one in OPERATIONS.items())


def test_a_command_that_leads_to_reads_wants_a_plate() -> None:
    """`plate` is a field of the questions, without a default, and of no other command."""
    for name, one in OPERATIONS.items():
        fields = {field.name: field for field in msgspec.structs.fields(one.request)}
        assert ("plate" in fields) == (name in ANSWERING | LISTING), name
        # a hold without a plate is refused by the gate, on record (N.C.G.S. 20-183.32), so it may be left out there
        assert "plate" not in fields or fields["plate"].required or name == "hold.open"
        placing = name.startswith(("reader.", "place.")) or name == "ingest"
        assert {"reader", "place", "latitude"}.isdisjoint(fields) or placing
        # where readers stand and where nobody may collect leads to no read: nothing of the store comes out
        assert not name.startswith("place.") or name in {"place.add", "place.import", "place.list", "place.remove"}


def test_every_route_is_on_the_list() -> None:
    """No route exists that was not looked at; the application serves these and the readers' door."""
    assert API_HANDLERS == {handler.fn.__name__ for handler in API_ROUTES}  # type: ignore[attr-defined]
    assert PAGE_HANDLERS == {handler.fn.__name__ for handler in HANDLERS}


def test_no_route_takes_a_place_or_a_token() -> None:
    """What a path or a query can say to the API: an operator, a command, a tile, a record; questions are bodies, and judged."""
    parameters = {name for handler in API_ROUTES for name in inspect.signature(handler.fn).parameters}  # type: ignore[attr-defined]
    paths = {path for handler in API_ROUTES for path in handler.paths}  # type: ignore[attr-defined]

    assert {"doorway", "request", "path", "operator", "index"} == parameters
    assert {
        "/v1/questions", "/v1/sign-in", "/v1/sign-out", "/v1/{path:path}", "/log", "/log/{operator:str}/checkpoint",
        "/log/{operator:str}/vkey", "/log/{operator:str}/tile/{path:path}", "/log/{operator:str}/policy",
        "/log/{operator:str}/agreed", "/log/{operator:str}/receipt/{index:int}", "/metrics", "/health", "/v1/openapi.json",
        "/v1/alerts/stream",
    } == paths  # fmt: skip


@pytest.mark.parametrize("plate", ["?", "???????", "*", "_", "？", "＊＿?", "?" * 40, "- ? -", "??.??"])
def test_only_wildcards_are_no_plate(plate: str) -> None:
    """A pattern names at least one character, however the unknown ones are written."""
    now = datetime(2026, 11, 24, tzinfo=UTC)
    request = AccessRequest(
        request_id=new_request_id(),
        asked_at=now,
        person=PersonId("ann"),
        agency=AgencyId("pine"),
        on_behalf_of=AgencyId("pine"),
        operators=(OperatorId("pine"),),
        plate=PlateText(plate),
        window_from=now,
        window_to=now.replace(day=25),
        purpose=Purpose.FELONY_INVESTIGATION,
        offense=Offense.FELONY,
        basis=Basis.WARRANT,
    )
    with pytest.raises(BadInput):
        request.check()


def test_a_pattern_is_narrow() -> None:
    """Two unknown characters are the most; three would be 27,000 plates."""
    assert DEFAULT_MAX_CANDIDATES == 1296
    assert 900 == len(expand("7ABC1??"))
    for pattern in ("7ABC???", "A??????", "?A?B?C?"):
        with pytest.raises(BadInput):
            expand(pattern)
