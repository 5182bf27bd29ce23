"""Read the records of accesses, as an auditor: `record list|show|details|opening`.

What flows in: a person whom the gate lets read records, filters. What flows out: records; private details on request.
What it must never see: private details before the reading of them is itself on record.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import msgspec

from lockplate.access import AccessRecord, parse_leaf
from lockplate.clock import parse_time
from lockplate.errors import BadInput, Denied, NotFound
from lockplate.evidence.log import TileLog
from lockplate.evidence.opening import Opening, make_opening
from lockplate.evidence.seeking import MISDATED, first_after
from lockplate.gate.act import Act, Allowance
from lockplate.gate.decision import Explanation
from lockplate.gate.question import PersonFacts
from lockplate.note import parse_vkey
from lockplate.operations.operation import Actor, Operation
from lockplate.terms import Action, LeafIndex, OperatorId, Verdict
from lockplate.wiring.node import Node

PAGE_RECORDS = 50
SCAN_RECORDS = 20_000
"""Records looked through for one page of a filtered list; the next page goes on from there."""
CHUNK = 500
DETAILS_READ = "private_details"
OPENED = "opening"
"""What a record of DETAILS_READ says was done: the details read; or read and handed out with their salts."""


class RecordFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which records to list; empty fields do not filter."""

    operator: str = ""
    """Empty: the first operator whose records the person may read."""
    before: int | None = None
    """Only records at lower places: the next page of a list."""
    action: Action | None = None
    verdict: Verdict | None = None
    person: str = ""
    day: str = ""
    """One UTC day, as 2026-11-24."""


class RecordName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One record of one operator's log."""

    operator: str
    index: int


class OpeningOf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which private details of one record to hand out with their salts."""

    operator: str
    index: int
    names: tuple[str, ...] = ()
    """Empty: all of them."""


class RecordLine(msgspec.Struct, frozen=True, kw_only=True):
    """A record and its place."""

    index: LeafIndex
    record: AccessRecord


class RecordPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a list, newest first."""

    operator: OperatorId
    size: int
    """Records in the log."""
    lines: tuple[RecordLine, ...]
    older: int | None
    """`before` of the next page; None when the log was looked through to its beginning, or to the day's."""


class RecordDetails(msgspec.Struct, frozen=True, kw_only=True):
    """A record with its private details, and the record of this reading."""

    line: RecordLine
    values: dict[str, str]
    reading_index: LeafIndex


class MadeOpening(msgspec.Struct, frozen=True, kw_only=True):
    """An opening, and the record that says it was made."""

    operator: OperatorId
    opening: Opening
    reading_index: LeafIndex


def readable_operators(node: Node, person: PersonFacts) -> tuple[OperatorId, ...]:
    """Return the operators whose records the gate lets this person read; raises Denied when there is none."""
    told = {operator: _explain(node, person, operator) for operator in node.desks}
    allowed = tuple(operator for operator, one in told.items() if one.verdict is Verdict.PERMITTED)
    if not allowed:
        reasons = {reason.policy_id: reason for one in told.values() for reason in one.reasons}
        raise Denied(tuple(reasons.values()))
    return allowed


def list_records(node: Node, actor: Actor, wanted: RecordFilter) -> RecordPage:
    """List an operator's records, newest first. Raises Denied, NotFound, BadInput for what is no day."""
    person = actor.require_person(node)
    operator = OperatorId(wanted.operator) if wanted.operator else readable_operators(node, person)[0]
    log = node.desk(operator).evidence.log
    require_reader(node, person, operator)
    day = _day(wanted.day)
    size = log.size
    end = size if wanted.before is None else max(0, min(wanted.before, size))
    if day is not None and wanted.before is None:
        end = first_after(log, _start_of(day) + timedelta(days=1) + MISDATED, size)
    lines: list[RecordLine] = []
    older: int | None = None
    for seen, line in enumerate(_backwards(log, end)):
        if day is not None and line.record.at < _start_of(day) - MISDATED:
            break
        if len(lines) == PAGE_RECORDS or seen == SCAN_RECORDS:
            older = line.index + 1
            break
        if _matches(line.record, wanted, day):
            lines.append(line)
    return RecordPage(operator=operator, size=size, lines=tuple(lines), older=older)


def show_record(node: Node, actor: Actor, name: RecordName) -> RecordLine:
    """Show one record. Raises Denied and NotFound."""
    operator = OperatorId(name.operator)
    log = node.desk(operator).evidence.log
    require_reader(node, actor.require_person(node), operator)
    return RecordLine(index=LeafIndex(name.index), record=parse_leaf(log.entry(name.index)))


def show_details(node: Node, actor: Actor, name: RecordName) -> RecordDetails:
    """Put the reading on record, then open a record's private details.

    Raises Denied, once that is on record; NotFound when there are none or they were forgotten; SealBroken and
    ProofInvalid when they do not hold. The reading is on record whatever comes of it.
    """
    operator, index = OperatorId(name.operator), LeafIndex(name.index)
    desk = node.desk(operator)
    line = RecordLine(index=index, record=parse_leaf(desk.evidence.log.entry(index)))
    place = _record_reading(node, actor, operator, index, {"what": DETAILS_READ})
    return RecordDetails(line=line, values=desk.recorder.details_of(index).values, reading_index=place)


def make_record_opening(node: Node, actor: Actor, which: OpeningOf) -> MadeOpening:
    """Put it on record, then hand out private details with their salts: whoever has them can show what was meant.

    Raises as `show_details`, and NotFound, before anything is on record, for a detail that the record has not. The
    names of what a record commits to are public, so the record of this may say which were handed out.
    """
    operator, index = OperatorId(which.operator), LeafIndex(which.index)
    desk = node.desk(operator)
    record = parse_leaf(desk.evidence.log.entry(index))
    names = sorted(set(which.names) or set(record.commitments))
    if not names or not set(names) <= set(record.commitments):
        raise NotFound("the record has no such private details", code="no_such_detail", next_step=_committed(record))
    place = _record_reading(node, actor, operator, index, {"what": OPENED, "names": ",".join(names)})
    private, origin = desk.recorder.details_of(index), parse_vkey(desk.evidence.publisher.vkey).name
    opening = make_opening(origin, index, private, names)
    return MadeOpening(operator=operator, opening=opening, reading_index=place)


def _committed(record: AccessRecord) -> str:
    return f"It has: {', '.join(sorted(record.commitments)) or 'none'}."


def _record_reading(
    node: Node, actor: Actor, operator: OperatorId, index: LeafIndex, facts: dict[str, str]
) -> LeafIndex:
    """Return the place of the record that somebody reads private details, once the gate let them; else raise Denied."""
    desk = node.desk(operator)
    person = actor.require_person(node)
    reading = AccessRecord(
        action=Action.DETAILS_READ,
        at=node.clock.now(),
        operator=operator,
        person=person.person,
        agency=person.agency,
        policy_set_hash=node.gate.policy_set_hash,
        profile=desk.operator.profile,
        refers_to=index,
        facts=facts,
    )
    try:
        ids = require_reader(node, person, operator).policy_ids
    except Denied as denied:
        ids = tuple(reason.policy_id for reason in denied.reasons)
        denial = msgspec.structs.replace(reading, verdict=Verdict.DENIED, policy_ids=ids)
        raise denied.on_record(operator, desk.recorder.record(denial)) from denied
    return desk.recorder.record(msgspec.structs.replace(reading, verdict=Verdict.PERMITTED, policy_ids=ids))


def _explain(node: Node, person: PersonFacts, operator: OperatorId) -> Explanation:
    facts = node.facts.operator(operator)
    return node.gate.explain_act(person, node.facts.agency(person.agency), Act.READ_RECORDS, facts)


def require_reader(node: Node, person: PersonFacts, operator: OperatorId) -> Allowance:
    """Return the gate's yes to a person who reads an operator's records, or raise Denied."""
    facts = node.facts.operator(operator)
    return node.gate.decide_act(person, node.facts.agency(person.agency), Act.READ_RECORDS, facts)


def _backwards(log: TileLog, end: int) -> Iterator[RecordLine]:
    """Yield the records before a place, newest first, a chunk at a time."""
    while end > 0:
        start = max(0, end - CHUNK)
        for place, leaf in reversed(list(enumerate(log.entries(start, end), start))):
            yield RecordLine(index=LeafIndex(place), record=parse_leaf(leaf))
        end = start


def _matches(record: AccessRecord, wanted: RecordFilter, day: date | None) -> bool:
    return (
        (wanted.action is None or record.action is wanted.action)
        and (wanted.verdict is None or record.verdict is wanted.verdict)
        and (not wanted.person or record.person == wanted.person)
        and (day is None or record.at.date() == day)
    )


def _day(text: str) -> date | None:
    if not text:
        return None
    day = parse_time(text).date() if len(text) == len("2026-11-24") else None
    if day is None or not 1970 <= day.year < 3000:
        raise BadInput("not a day", code="bad_day", next_step="Example: 2026-11-24")
    return day


def _start_of(day: date) -> datetime:
    return parse_time(day.isoformat())


RECORDS = (
    Operation(name="record.list", request=RecordFilter, handler=list_records, says="List records, newest first."),
    Operation(name="record.show", request=RecordName, handler=show_record, says="Show one record."),
    Operation(
        name="record.details", request=RecordName, handler=show_details, says="Open private details; recorded itself."
    ),
    Operation(
        name="record.opening",
        request=OpeningOf,
        handler=make_record_opening,
        says="Hand out private details with their salts; recorded itself.",
    ),
)
