"""Documents that the law asks for: `document policy|report|list|state|count`.

What flows in: an operator, a span of days, a person's statements. What flows out: the policy, periodic reports.
What it must never see: private details, but for counts that lie sealed beside the log, when a person whom the gate lets
read records asks for them, on record. Everything else is for anyone; numbers stand under a signed checkpoint.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from lockplate.access import AccessRecord, parse_leaf
from lockplate.checkpoint import verify_checkpoint
from lockplate.errors import BadInput, Denied
from lockplate.gate.act import Act
from lockplate.law.composition import LawInForce
from lockplate.note import encode_base64
from lockplate.operations.authority import Change, carry_out
from lockplate.operations.operation import Actor, Operation
from lockplate.operations.operators import OperatorName
from lockplate.operations.records import require_reader
from lockplate.operations.taking_in import only_operator
from lockplate.registry.statements import Statement, StatementName
from lockplate.reporting.day import DayBook
from lockplate.reporting.policy_document import HitCounts, PolicyDocument, PolicyFacts, load_wording, write_policy
from lockplate.reporting.query import LogPlace, Opened, Placed, Query, Span, run_all
from lockplate.reporting.report import Counting, Report, last_span, report_lines
from lockplate.reporting.templates import Register, Templates, load_templates
from lockplate.terms import Action, LeafIndex, OperatorId, ProfileId, Role, Verdict
from lockplate.wiring.current_law import allowed_mode
from lockplate.wiring.desk import Desk
from lockplate.wiring.node import Node
from lockplate.wiring.policies import policy_folder

CHUNK = 4_000
SEALED_COUNTS = "sealed_counts"
"""What a record of DETAILS_READ says was opened, for a report."""
CONFIRMED = Query(action=Action.HIT_CONFIRMATION, verdict=Verdict.PERMITTED, facts={"found": "correct"})
WRONG = Query(action=Action.HIT_CONFIRMATION, verdict=Verdict.PERMITTED, facts={"found": "[ws]*"})
EVER = Span(first=date(1970, 1, 1), end=date(3000, 1, 1), zone="UTC")


class ReportOf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which report, over which days of the operator's own time zone."""

    operator: str = ""
    profile: str = ""
    """Empty: the operator's own."""
    first: str = ""
    """Empty: the newest span of the calendar that is over."""
    end: str = ""
    """The day after the last."""
    sealed: bool = False
    """Open the counts that lie sealed beside the log, by reader and of holds: who may read records may, on record."""


class ReportName(msgspec.Struct, frozen=True, kw_only=True):
    """A report that this program can make."""

    profile: ProfileId
    title: str
    cite: str
    every: str


class State(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A statement for the policy."""

    name: StatementName
    text: str
    operator: str = ""


class CountedDays(msgspec.Struct, frozen=True, kw_only=True):
    """The records that days were put into."""

    operator: OperatorId
    records: tuple[LeafIndex, ...]
    counted_through: date | None


class PolicyPage(msgspec.Struct, frozen=True, kw_only=True):
    """A policy document with what it was made from."""

    operator: OperatorId
    made_on: date
    document: PolicyDocument
    law_hash: str | None
    policy_set_hash: str


def show_policy(node: Node, _: Actor, name: OperatorName) -> PolicyPage:
    """Write an operator's usage and privacy policy from what is in force."""
    operator = only_operator(node, name.operator)
    facts = _policy_facts(node, operator)
    wording = load_wording(policy_folder() / "documents" / "usage-policy.yaml")
    return PolicyPage(
        operator=operator,
        made_on=node.clock.now().date(),
        document=write_policy(facts, wording),
        law_hash=None if facts.law is None else facts.law.law.hash(),
        policy_set_hash=node.gate.policy_set_hash,
    )


def list_reports(_: Node, __: Actor, ___: OperatorName) -> tuple[ReportName, ...]:
    """List the periodic reports that this program can make."""
    known = templates()
    found = (known.get(name) for name in known.ids())
    return tuple(
        ReportName(profile=one.profile, title=one.title, cite=one.cite, every=one.every.value) for one in found
    )


def show_report(node: Node, actor: Actor, wanted: ReportOf) -> Report:
    """Make a law's periodic report, every number with its query and under the newest checkpoint.

    Raises NotFound for a law without one, BadInput for days that are none; Denied for sealed counts that the person may
    not open, once that is on record.
    """
    operator = only_operator(node, wanted.operator)
    desk, now = node.desk(operator), node.clock.now()
    known = desk.operator
    template = templates().get(ProfileId(wanted.profile or known.profile or ""))
    span = span_of(wanted, known.zone) or last_span(
        template.every, now.astimezone(ZoneInfo(known.zone)).date(), known.zone
    )
    log = newest(desk)
    counting = Counting(
        records=records_of(desk, log.size),
        log=log,
        own_agency=known.agency,
        names=_names(node, operator),
        registers=lambda register: _REGISTERS[register](node, operator),
        opened=_opened(node, actor, operator, span) if wanted.sealed else None,
    )
    law = node.profiles.versions(template.profile)[-1]
    due, to = law.text.report.due, law.text.report.to
    return Report(
        operator=operator,
        name=known.name,
        profile=template.profile,
        title=template.title,
        cite=template.cite,
        due="" if due is None else due.value or "",
        to="" if to is None else to.value or "",
        span=span,
        made_at=now,
        verified=law.verified_on is not None,
        counted_through=node.registries.day_counts.counted_through(operator),
        log=log,
        lines=report_lines(template, span, counting),
    )


def newest(desk: Desk) -> LogPlace:
    """Return the newest signed checkpoint of an operator's log."""
    publisher = desk.evidence.publisher
    signed = verify_checkpoint(publisher.last(), publisher.vkey)
    return LogPlace(origin=signed.origin, size=signed.size, root=encode_base64(signed.root))


def state(node: Node, actor: Actor, new: State) -> Statement:
    """State something that only a person can, for the policy document; it is public."""
    operator = only_operator(node, new.operator)
    change = Change(
        action=Action.SETTING_CHANGED,
        facts={"change": "stated", "name": new.name.value},
        private={"text": new.text},
    )
    step = node.registries.statements
    return carry_out(
        node, actor, Act.MANAGE_OPERATOR, [operator], change, lambda: step.state(operator, new.name, new.text)
    )


def count(node: Node, actor: Actor, name: OperatorName) -> CountedDays:
    """Put the counts of every day that is over into the log; the server does so by itself."""
    actor.require_system_user()
    operator = only_operator(node, name.operator)
    return CountedDays(
        operator=operator,
        records=count_operator(node, operator),
        counted_through=node.registries.day_counts.counted_through(operator),
    )


def count_operator(node: Node, operator: OperatorId) -> tuple[LeafIndex, ...]:
    """Put the days of one operator that are over into its log."""
    desk = node.desk(operator)
    book = DayBook(
        operator=operator,
        day_counts=node.registries.day_counts,
        ledger=node.ledger,
        keys=desk.ring,
        log=desk.evidence.log,
        recorder=desk.recorder,
        clock=node.clock,
    )
    return book.count_days(desk.operator.profile)


def count_all(node: Node) -> None:
    """Write counters down and put the days that are over into every log: the server's upkeep."""
    node.registries.day_counts.flush()
    node.ledger.flush()
    for operator in node.desks:
        count_operator(node, operator)


def templates() -> Templates:
    """Return the reports that ship with the program."""
    return load_templates(policy_folder() / "reports")


def _policy_facts(node: Node, operator: OperatorId) -> PolicyFacts:
    desk = node.desk(operator)
    known = desk.operator
    readers = [one for one in node.registries.readers.list_all(operator) if one.active]
    stated = node.registries.statements.list_all(operator)
    law: LawInForce | None = node.law.in_force(operator)
    return PolicyFacts(
        name=known.name,
        agency_name=node.registries.agencies.names()[known.agency],
        law=law,
        keeps=allowed_mode(known, None if law is None else law.law),
        roles=_roles(node, operator),
        grants=tuple(one for one in node.registries.grants.register(node.clock.now()) if one.operator == operator),
        fixed_readers=sum(not one.mobile for one in readers),
        mobile_readers=sum(one.mobile for one in readers),
        places=len(node.registries.places.list_all(operator)),
        statements={name: one.text for name, one in stated.items()},
        policy_set_hash=node.gate.policy_set_hash,
        hits=_hit_counts(desk),
    )


def _hit_counts(desk: Desk) -> HitCounts:
    """Return what people found in hits so far, counted from the log."""
    log = newest(desk)
    counted = run_all([CONFIRMED, WRONG], records_of(desk, log.size), EVER, desk.operator.agency)
    correct, wrong = (0 if one is None else one.total for one in counted)
    return HitCounts(correct=correct, wrong=wrong, log=log)


def _opened(node: Node, actor: Actor, operator: OperatorId, span: Span) -> Opened:
    """Return the way to sealed counts, once it is on record that a person opens them for a report."""
    desk, person = node.desk(operator), actor.require_person(node)
    reading = AccessRecord(
        action=Action.DETAILS_READ,
        at=node.clock.now(),
        operator=operator,
        person=person.person,
        agency=person.agency,
        policy_set_hash=node.gate.policy_set_hash,
        profile=desk.operator.profile,
        facts={"what": SEALED_COUNTS, "first": span.first.isoformat(), "end": span.end.isoformat()},
    )
    try:
        ids = require_reader(node, person, operator).policy_ids
    except Denied as denied:
        ids = tuple(reason.policy_id for reason in denied.reasons)
        denial = msgspec.structs.replace(reading, verdict=Verdict.DENIED, policy_ids=ids)
        raise denied.on_record(operator, desk.recorder.record(denial)) from denied
    desk.recorder.record(msgspec.structs.replace(reading, verdict=Verdict.PERMITTED, policy_ids=ids))
    return lambda place: desk.recorder.details_of(place).values


def _roles(node: Node, operator: OperatorId) -> dict[Role, int]:
    agency = node.desk(operator).operator.agency
    people = [one for one in node.registries.people.list_all(agency) if one.active]
    return dict(Counter(role for one in people for role in one.roles))


def span_of(wanted: ReportOf, zone: str) -> Span | None:
    """Return the span that was asked for, None when none was; raises BadInput for one that is none."""
    if not wanted.first and not wanted.end:
        return None
    try:
        span = Span(first=date.fromisoformat(wanted.first), end=date.fromisoformat(wanted.end), zone=zone)
    except ValueError:
        raise BadInput(
            "a span has two days", code="bad_day", next_step="Example: --from 2026-01-01 --to 2027-01-01"
        ) from None
    if span.first >= span.end:
        raise BadInput("the span ends before it begins", code="bad_window")
    return span


def records_of(desk: Desk, size: int) -> Iterator[Placed]:
    """Yield the records of an operator's log up to a size, each with its place."""
    for start in range(0, size, CHUNK):
        for place, leaf in enumerate(desk.evidence.log.entries(start, min(size, start + CHUNK)), start):
            yield LeafIndex(place), parse_leaf(leaf)


def _names(node: Node, operator: OperatorId) -> dict[str, dict[str, str]]:
    """Return what ids are told under, by what a query counts by."""
    lists: dict[str, str] = {one.list_id: one.name for one in node.registries.hot_lists.list_all(operator)}
    agencies = {str(agency): name for agency, name in node.registries.agencies.names().items()}
    readers: dict[str, str] = {one.reader: one.name for one in node.registries.readers.list_all(operator)}
    return {"list": lists, "count": lists, "agency": agencies, "receiver": agencies, "reader": readers}


def _hot_lists(node: Node, operator: OperatorId) -> tuple[str, ...]:
    return tuple(f"{one.name} ({one.source})" for one in node.registries.hot_lists.list_all(operator))


def _readers(node: Node, operator: OperatorId) -> tuple[str, ...]:
    since = node.registries.readers.registered_at(operator)
    zone = ZoneInfo(node.desk(operator).operator.zone)
    return tuple(
        f"{one.name}: {'mobile' if one.mobile else 'fixed'}, registered here {_day(since[one.reader], zone)}"
        f"{'' if one.active else ', not in use'}"
        for one in node.registries.readers.list_all(operator)
    )


def _day(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).date().isoformat()


def _fixed(node: Node, operator: OperatorId) -> tuple[str, ...]:
    readers = (one for one in node.registries.readers.list_all(operator) if one.active and not one.mobile)
    return tuple(f"{one.name}: {one.place or 'place not stated'}" for one in readers)


def _people(node: Node, operator: OperatorId) -> tuple[str, ...]:
    return tuple(f"{role.value}: {count}" for role, count in sorted(_roles(node, operator).items()))


def _policy(_: Node, operator: OperatorId) -> tuple[str, ...]:
    return (f"/policy/{operator}",)


_REGISTERS: dict[Register, Callable[[Node, OperatorId], tuple[str, ...]]] = {
    Register.HOT_LISTS: _hot_lists,
    Register.READERS: _readers,
    Register.FIXED_READERS: _fixed,
    Register.PEOPLE: _people,
    Register.POLICY: _policy,
}

DOCUMENTS = (
    Operation(name="document.policy", request=OperatorName, handler=show_policy, says="Write the privacy policy."),
    Operation(name="document.list", request=OperatorName, handler=list_reports, says="List periodic reports."),
    Operation(name="document.report", request=ReportOf, handler=show_report, says="Make a periodic report."),
    Operation(name="document.state", request=State, handler=state, says="State what only a person can."),
    Operation(
        name="document.count",
        request=OperatorName,
        handler=count,
        says="Put days into the log.",
        is_for_system_user=True,
    ),
)
