"""Comparing: what two sides do not agree on, question by question, and what one saw of the other's history.

What flows in: two sides, a time. What flows out: discrepancies, by time.
What it must never see: which of the two is ours: a comparison says the same from either end.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from lockplate.access import UNDER_WAY, AccessRecord
from lockplate.reconciliation.discrepancy import Discrepancy, Reconciled
from lockplate.reconciliation.pairing import (
    Part,
    Try,
    differences,
    parts_of,
    result_of,
    shared_commitments,
    told_of,
    tries_of,
)
from lockplate.reconciliation.side import JUDGEMENTS, Side, Told, place_in, seen
from lockplate.shared_question import (
    ASKED_FROM,
    JUDGED,
    SHARED_DETAILS,
    THERE_INDEX,
    THERE_OUTCOME,
    THERE_SIZE,
    SharedResult,
    is_shared_id,
)
from lockplate.terms import Action, LeafIndex, RequestId

CLOCKS_APART = timedelta(minutes=5)
"""How far two nodes' clocks may be apart before a time in one log is outside what the other allows."""

_JUDGED_AS = MappingProxyType(
    {
        SharedResult.ANSWERED: Action.QUESTION_INTENT,
        SharedResult.DENIED: Action.QUESTION_DENIED,
        SharedResult.PENDING: Action.QUESTION_PENDING,
    }
)


def reconcile(
    one: Side, other: Side, *, now: datetime, start: datetime | None = None, end: datetime | None = None
) -> Reconciled:
    """Return what two logs do not agree on, in both directions, by time; `start` ≤ first record < `end` when given.

    An intent younger than `UNDER_WAY` may still be answered and is nothing yet. What one side saw of the other's
    history is compared whole, whatever the times.
    """
    found: list[Discrepancy] = []
    questions = 0
    for asking, answering in ((one, other), (other, one)):
        found += _history(asking, answering)
        tries, parts = tries_of(asking, answering), parts_of(asking, answering)
        for request_id in sorted({*tries, *parts}):
            its_tries, its_parts = tries.get(request_id, []), parts.get(request_id, [])
            first = min(one.record.at for one in (*told_of(its_tries), *told_of(its_parts)))
            if (start is None or start <= first) and (end is None or first < end):
                questions += 1
                found += _Question(asking, answering, request_id, its_tries, its_parts, now).discrepancies()
        found += _directly(asking, answering, start, end)
    return Reconciled(questions=questions, found=tuple(sorted(found, key=_order)))


class _Question:
    """One question's records on both sides, and what they do not agree on."""

    def __init__(
        self,
        asking: Side,
        answering: Side,
        request_id: RequestId,
        tries: Sequence[Try],
        parts: Sequence[Part],
        now: datetime,
    ) -> None:
        self._asking, self._answering, self._request_id = asking, answering, request_id
        self._tries, self._parts, self._now = tries, parts, now

    def discrepancies(self) -> Iterator[Discrepancy]:
        """Yield everything that the two sides do not agree on."""
        yield from self._unfinished()
        if not self._tries:
            yield self._unasked()
            return
        begun = [one for one in self._tries if one.intent.record.refers_to is None]
        if len(begun) != 1:
            yield self._found("repeated" if begun else "says_otherwise", tries=self._tries)
        left = {one.told.index: one for one in self._parts}
        for one in self._tries:
            result = None if one.outcome is None else result_of(one.outcome.record)
            if one.outcome is not None and result in JUDGED:
                part = left.pop(place_in(one.outcome.record, THERE_INDEX), None)
                yield from self._compared(one, one.outcome.record, result, part)
        lost = [one for one in self._tries if one.outcome is None or result_of(one.outcome.record) not in JUDGED]
        for part in left.values():
            yield from self._left(lost.pop(0) if lost else None, part)

    def _unfinished(self) -> Iterator[Discrepancy]:
        """Yield intents that got no outcome in the time that one may take, or got two."""
        for one in self._tries:
            if one.outcome is None and self._now - one.intent.record.at > UNDER_WAY:
                yield self._found("no_outcome", tries=[one])
        tries, parts = [one for one in self._tries if one.again], [one for one in self._parts if one.again]
        if tries or parts:
            yield self._found("repeated", tries, parts, ("outcome",))
        for part in self._parts:
            is_intent = part.told.record.action is Action.QUESTION_INTENT
            if is_intent and part.outcome is None and self._now - part.told.record.at > UNDER_WAY:
                yield self._found("no_outcome", parts=[part])

    def _unasked(self) -> Discrepancy:
        first = min(one.told.record.at for one in self._parts)
        ends = self._asking.last_at
        is_beyond = ends is None or first > ends + CLOCKS_APART
        return self._found("beyond_other_log" if is_beyond else "never_asked", parts=self._parts)

    def _compared(
        self, one: Try, outcome: AccessRecord, result: SharedResult, part: Part | None
    ) -> Iterator[Discrepancy]:
        """Yield how a judgement differs from what the asking side recorded of it."""
        if part is None:
            if place_in(outcome, THERE_SIZE) <= self._answering.size:  # else the log is too short, which is said once
                yield self._found("not_there", tries=[one])
            return
        yield from self._fields(one, part)
        there = None if part.outcome is None else part.outcome.record
        if part.told.record.action is not _JUDGED_AS[result] or part.told.record.verdict is not outcome.verdict:
            yield self._found("verdict_differs", [one], [part])
        elif result is SharedResult.ANSWERED and (
            part.outcome is None or part.outcome.index != place_in(outcome, THERE_OUTCOME)
        ):
            yield self._found("not_there", [one], [part], ("outcome",))
        counts = [
            name for name in ("reads", "unopened") if there and outcome.counts.get(name) != there.counts.get(name)
        ]
        if counts:
            yield self._found("counts_differ", [one], [part], counts)

    def _fields(self, one: Try, part: Part) -> Iterator[Discrepancy]:
        """Yield what a judgement says otherwise than the asking side's intent."""
        asked, answered = one.intent.record, part.told.record
        differ = differences(asked, answered, self._asking.origin)
        if differ:
            yield self._found("says_otherwise", [one], [part], differ)
        if asked.counts.get("plates") != answered.counts.get("plates"):
            yield self._found("counts_differ", [one], [part], ("plates",))
        latest = asked.at + UNDER_WAY if one.outcome is None else one.outcome.record.at
        if not asked.at - CLOCKS_APART <= answered.at <= latest + CLOCKS_APART:
            yield self._found("time_differs", [one], [part], ("at",))
        known = next((made for each in self._tries if (made := _commitments(each))), {})
        there = shared_commitments(answered)
        # a try that came to nothing has no salt from there, so there is nothing to compare; a judgement has
        is_known = any(each.outcome and result_of(each.outcome.record) in JUDGED for each in self._tries)
        names = tuple(name for name in SHARED_DETAILS if known.get(name) != there.get(name)) if is_known else ()
        if names:
            yield self._found("plate_or_case_differs", [one], [part], names)

    def _left(self, lost: Try | None, part: Part) -> Iterator[Discrepancy]:
        """Yield what a judgement means that no outcome of the asking side names."""
        if lost is None:
            yield self._found("more_there", self._tries, [part])
            return
        yield from self._fields(lost, part)
        is_unanswered = part.told.record.action is Action.QUESTION_INTENT and part.outcome is None
        if lost.outcome is not None and not is_unanswered:
            yield self._found("answer_lost", [lost], [part])

    def _found(
        self, code: str, tries: Sequence[Try] = (), parts: Sequence[Part] = (), fields: Sequence[str] = ()
    ) -> Discrepancy:
        asking, answering = told_of(tries), told_of(parts)
        return Discrepancy(
            code=code,
            asking=self._asking.origin,
            answering=self._answering.origin,
            request_id=self._request_id,
            at=min(one.record.at for one in (*asking, *answering)),
            asking_rows=tuple(sorted(one.index for one in asking)),
            answering_rows=tuple(sorted(one.index for one in answering)),
            fields=tuple(fields),
        )


def _directly(asking: Side, answering: Side, start: datetime | None, end: datetime | None) -> Iterator[Discrepancy]:
    """Yield the questions that people of the asking side's agency asked at the other node itself."""
    agencies = asking.agencies - answering.agencies
    by_request: dict[RequestId | None, list[Told]] = defaultdict(list)
    for one in answering.told:
        record = one.record
        shared = ASKED_FROM in record.facts or is_shared_id(record.request_id)
        if record.action in JUDGEMENTS and record.agency in agencies and not shared:
            by_request[record.request_id].append(one)
    for request_id, told in by_request.items():
        at = told[0].record.at
        if (start is None or start <= at) and (end is None or at < end):
            yield Discrepancy(
                code="asked_directly",
                asking=asking.origin,
                answering=answering.origin,
                request_id=request_id,
                at=at,
                answering_rows=tuple(one.index for one in told),
            )


def _history(teller: Side, log: Side) -> Iterator[Discrepancy]:
    """Yield where a log is not an extension of what the other side saw of it."""
    short: list[Told] = []
    other: list[Told] = []
    for size, root, one in seen(teller, log.origin):
        if size > log.size:
            short.append(one)
        elif log.roots.get(size) != root:
            other.append(one)
    for code, rows in (("older_than_seen", short), ("history_differs", other)):
        if rows:
            yield Discrepancy(
                code=code,
                asking=teller.origin,
                answering=log.origin,
                request_id=None,
                at=rows[0].record.at,
                asking_rows=tuple(one.index for one in rows),
            )


def _commitments(one: Try) -> dict[str, str]:
    """Return what the outcome of a try commits to under the shared salts; empty when no answer gave them."""
    return {} if one.outcome is None else shared_commitments(one.outcome.record)


def _order(one: Discrepancy) -> tuple[float, str, str, tuple[LeafIndex, ...]]:
    at = 0.0 if one.at is None else one.at.timestamp()
    return at, one.request_id or "", one.code, (*one.asking_rows, *one.answering_rows)
