"""Queries: counting equals a naive filter; of a day the newest count stands; what failed, or is sealed, is no number."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.access import AccessRecord
from lockplate.errors import NotFound
from lockplate.reporting.query import Query, Recount, Span, run_all
from lockplate.terms import Action, AgencyId, LeafIndex, OperatorId, PersonId, PolicyId, Purpose, Verdict

ZONE = "America/Chicago"
SPAN = Span(first=date(2026, 11, 1), end=date(2026, 12, 1), zone=ZONE)
START = datetime(2026, 10, 30, tzinfo=UTC)
OWN = "pine"


def record(action: Action, at: datetime = datetime(2026, 11, 5, tzinfo=UTC), **more: Any) -> AccessRecord:
    return AccessRecord(action=action, at=at, operator=OperatorId(OWN), person=PersonId("olga"), **more)


def day(on: str, reads: int, **more: Any) -> AccessRecord:
    return record(Action.DAY_COUNTED, facts={"day": on} | more.pop("facts", {}), counts={"reads": reads}, **more)


def placed(*records: AccessRecord) -> list[tuple[LeafIndex, AccessRecord]]:
    return [(LeafIndex(place), one) for place, one in enumerate(records)]


def count(query: Query, *records: AccessRecord, **more: Any) -> Any:
    (counted,) = run_all([query], placed(*records), SPAN, OWN, **more)
    return counted


questions = st.builds(
    record,
    action=st.sampled_from([Action.QUESTION_INTENT, Action.QUESTION_DENIED, Action.ALERT_SHOWN]),
    at=st.integers(0, 40 * 24).map(lambda hours: START + timedelta(hours=hours)),
    purpose=st.sampled_from([None, *list(Purpose)[:3]]),
    verdict=st.sampled_from(list(Verdict)),
    agency=st.sampled_from([AgencyId("pine"), AgencyId("ridge")]),
    on_behalf_of=st.sampled_from([None, AgencyId("pine"), AgencyId("quarry")]),
    policy_ids=st.lists(st.sampled_from([PolicyId("a"), PolicyId("b")]), unique=True).map(tuple),
    counts=st.dictionaries(st.sampled_from(["hits", "reads"]), st.integers(0, 9)),
)
queries = st.builds(
    Query,
    action=st.sampled_from([Action.QUESTION_INTENT, Action.QUESTION_DENIED, Action.ALERT_SHOWN]),
    verdict=st.sampled_from([None, Verdict.PERMITTED]),
    purpose=st.sampled_from([None, Purpose.FELONY_INVESTIGATION]),
    foreign=st.booleans(),
    sum=st.sampled_from(["records", "hits", "*"]),
    by=st.sampled_from(["", "purpose", "receiver", "policy"]),
)


def naive(query: Query, records: list[AccessRecord]) -> tuple[int, dict[str, int]]:
    """Count as a reader of the export would, without our code."""
    zone = ZoneInfo(ZONE)
    total, by = 0, Counter[str]()
    for one in records:
        local = one.at.astimezone(zone).date()
        if one.action != query.action or not date(2026, 11, 1) <= local < date(2026, 12, 1):
            continue
        if query.verdict not in {None, one.verdict} or query.purpose not in {None, one.purpose}:
            continue
        if query.foreign and one.agency == OWN and one.on_behalf_of in {None, OWN}:
            continue
        amount = {"records": 1, "hits": one.counts.get("hits", 0), "*": sum(one.counts.values())}[query.sum]
        total += amount
        names = {
            "": [],
            "purpose": [one.purpose.value] if one.purpose else [],
            "receiver": [one.on_behalf_of or one.agency],
            "policy": list(one.policy_ids),
        }[query.by]
        for name in names:
            by[str(name)] += amount
    return total, dict(by)


@given(st.lists(questions, max_size=40), queries)
def test_counting_equals_a_naive_filter(records: list[AccessRecord], query: Query) -> None:
    """Every condition and every grouping, over days of the operator's zone."""
    counted = count(query, *records)
    assert naive(query, records) == (counted.total, counted.by)


@given(st.lists(questions, max_size=20), st.lists(queries, max_size=4))
def test_one_pass_is_many_passes(records: list[AccessRecord], wanted: list[Query]) -> None:
    """Queries counted together come to what each comes to alone."""
    together = run_all(wanted, placed(*records), SPAN, OWN)
    assert tuple(count(query, *records) for query in wanted) == together


def test_the_days_of_a_span_begin_at_midnight_where_the_operator_is() -> None:
    """Chicago's 1 November 2026 starts at 05:00 UTC, and its 1 December at 06:00 UTC: clocks changed in between."""
    query = Query(action=Action.QUESTION_INTENT)
    for at, expected in (
        (datetime(2026, 11, 1, 4, 59, 59, tzinfo=UTC), 0),
        (datetime(2026, 11, 1, 5, tzinfo=UTC), 1),
        (datetime(2026, 12, 1, 5, 59, 59, tzinfo=UTC), 1),
        (datetime(2026, 12, 1, 6, tzinfo=UTC), 0),
    ):
        assert expected == count(query, record(Action.QUESTION_INTENT, at)).total, at


def test_a_later_count_of_a_day_stands_in_the_place_of_the_first() -> None:
    """A correction replaces; a day outside the span does not count, whenever it was written."""
    records = (day("2026-11-03", 40), day("2026-11-04", 7), day("2026-11-03", 44), day("2026-10-31", 99))
    query = Query(action=Action.DAY_COUNTED, sum="reads")
    assert (51, 2) == (count(query, *records).total, count(Query(action=Action.DAY_COUNTED), *records).total)


def test_parts_of_a_day_are_one_day() -> None:
    """Sums run over all parts of the newest count; the day itself counts once."""
    parts = [
        record(Action.DAY_COUNTED, facts={"day": "2026-11-03", "part": str(part)}, counts=counts)
        for part, counts in ((1, {"reads": 5, "hits:a:wanted": 1}), (2, {"hits:b:wanted": 2}), (1, {"reads": 6}))
    ]
    hits = Query(action=Action.DAY_COUNTED, sum="hits:*", by="count")
    assert {"hits:a:wanted": 1, "hits:b:wanted": 2} == count(hits, *parts[:2]).by
    assert (0, 1) == (count(hits, *parts).total, count(Query(action=Action.DAY_COUNTED), *parts[:2]).total)


def test_a_quiet_day_is_in_no_sum_and_said() -> None:
    """Reads of days with fewer than ten are not there to sum; how many such days there are is."""
    quiet = record(Action.DAY_COUNTED, facts={"day": "2026-11-04", "fewer_than": "10"}, counts={"hits:a:wanted": 1})
    counted = count(Query(action=Action.DAY_COUNTED, sum="reads"), day("2026-11-03", 40), quiet)
    assert (40, 1) == (counted.total, counted.quiet_days)
    hits = count(Query(action=Action.DAY_COUNTED, sum="hits:*"), quiet)
    assert (1, 0) == (hits.total, hits.quiet_days)


@pytest.mark.parametrize("fact", ["outcome", "step"])
def test_what_failed_after_all_does_not_count(fact: str) -> None:
    """A record made before its act is taken back by one that says that the act failed."""
    found = record(Action.HIT_CONFIRMATION, facts={"found": "correct"}, verdict=Verdict.PERMITTED)
    failed = record(Action.HIT_CONFIRMATION, facts={"found": "correct", fact: "failed"}, refers_to=LeafIndex(0))
    query = Query(action=Action.HIT_CONFIRMATION, verdict=Verdict.PERMITTED, facts={"found": "correct"})
    assert (1, 0) == (count(query, found).total, count(query, found, failed).total)


def test_sealed_counts_are_told_to_whoever_may_open_them() -> None:
    """Nobody: no number at all, not a zero. An auditor: by reader, quiet days too; what was forgotten is said."""
    query = Query(action=Action.DAY_COUNTED, sum="reads", by="reader", sealed=True)
    days = (day("2026-11-03", 40), record(Action.DAY_COUNTED, facts={"day": "2026-11-04", "fewer_than": "10"}))
    sealed = {0: '{"east":{"reads":30},"west":{"reads":10,"hits:a:wanted":2}}', 1: '{"east":{"reads":3}}'}
    assert count(query, *days) is None
    opened = count(query, *days, opened=lambda place: {"readers": sealed[place]})
    assert ({"east": 33, "west": 10}, 43, 0) == (opened.by, opened.total, opened.unopened)

    def forgotten(place: LeafIndex) -> dict[str, str]:
        if place == 0:
            raise NotFound("forgotten", code="details_forgotten")
        return {"readers": sealed[place]}

    gone = count(query, *days, opened=forgotten)
    assert ({"east": 3}, 1) == (gone.by, gone.unopened)


def test_a_sealed_detail_of_an_act_is_a_number() -> None:
    """A hold's record says sealed how many reads it kept."""
    query = Query(action=Action.HOLD, facts={"step": "kept"}, sum="reads", sealed=True)
    kept = record(Action.HOLD, facts={"step": "kept"}, refers_to=LeafIndex(7))
    assert 12 == count(query, kept, opened=lambda _: {"reads": "12"}).total


@given(queries)
def test_a_query_is_data(query: Query) -> None:
    """As JSON and back it is the same; an unknown word in it is refused; it reads as one line."""
    assert query == msgspec.json.decode(msgspec.json.encode(query), type=Query)
    assert "\n" not in query.words()
    assert query.words().startswith(("number of records", "sum of"))
    odd = msgspec.json.encode(msgspec.to_builtins(query) | {"where": "1 = 1"})
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(odd, type=Query)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b"{}", type=Recount)
