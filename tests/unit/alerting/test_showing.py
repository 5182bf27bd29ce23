"""Hits: shown only after gate and record, decided once, and never to the wrong person."""

from datetime import timedelta
from typing import Any

import pytest

from lockplate.alerting.showing import Alerting, Watcher
from lockplate.clock import format_time
from lockplate.errors import BadInput, Conflict, Denied, NotFound, StoreFailed, Unauthenticated
from lockplate.hotlist import Category
from lockplate.operations.hits import Finding, HitName, ListHits, NamedHits, Outcome
from lockplate.operations.hotlists import AddHotList
from lockplate.operations.list_import import ImportHotList
from lockplate.operations.operation import Actor
from lockplate.operations.readers import AddReader
from lockplate.registry.hit_outcomes import HitOutcome
from lockplate.registry.hits import HitState
from lockplate.terms import Action, PersonId, ReaderId, Verdict

PLATES = ("4HJK882", "9PLM003", "2ZXC771")


@pytest.fixture(scope="module")
def hits(county: Any, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Three hits of Pine County, by the way that every hit comes: a list, a reader, reads."""
    now = county.clock.now()
    county.run("reader.add", AddReader(reader="bridge-1", name="Bridge", operator="pine-county"))
    made = county.run(
        "hotlist.add",
        AddHotList(
            name="Stolen",
            categories=(Category.STOLEN_VEHICLE,),
            source="our desk",
            legal_basis="Veh. Code 10851",
            max_age_hours=24,
            operator="pine-county",
        ),
    )
    until = format_time(now + timedelta(days=9))
    text = "plate,reason,expires\n" + "".join(f"{plate},taken overnight,{until}\n" for plate in PLATES)
    county.run("hotlist.import", ImportHotList(list_id=made.hot_list.list_id, content=text))
    reads = [(plate, now - timedelta(minutes=number), "bridge-1") for number, plate in enumerate(PLATES)]
    report = county.ingest(tmp_path_factory.mktemp("reads"), reads)
    assert 3 == report.hits
    return [hit.hit_id for hit in county.node.registries.hits.list_recent("pine-county")]


def test_showing_is_on_record_with_count_and_ids(county: Any, hits: list[str]) -> None:
    """One record a call, permitted by a policy, with the ids of exactly what was shown and no plate."""
    start = county.size()

    shown = county.run("hits.list", ListHits(operator="pine-county"), "olga", there=True)

    (record,) = county.records(start=start)
    assert (start, Action.ALERT_SHOWN, Verdict.PERMITTED, ("act-hits",)) == (
        shown.record_index,
        record.action,
        record.verdict,
        record.policy_ids,
    )
    assert ({"hits": 3}, ",".join(hits)) == (record.counts, record.facts["hits"])
    assert set(PLATES) == {hit.details.plate_text for hit in shown.hits}
    leaf = county.node.desk("pine-county").evidence.log.entry(start)
    assert [] == [plate for plate in PLATES if plate.encode() in leaf]


@pytest.mark.parametrize("person", ["ada", "uma", "quinn", "rita"])
def test_the_wrong_person_is_shown_nothing(county: Any, hits: list[str], person: str) -> None:
    """Administrators, auditors and other agencies see no hit, and the attempt is on record."""
    start = county.size()

    with pytest.raises(Denied):
        county.run("hits.list", ListHits(operator="pine-county"), person)
    with pytest.raises(Denied):
        county.run("hits.confirm", Finding(hit_id=hits[0], found=HitState.CORRECT, operator="pine-county"), person)

    actions = [(record.action, record.verdict) for record in county.records(start=start)]
    assert [(Action.ALERT_SHOWN, Verdict.DENIED), (Action.HIT_CONFIRMATION, Verdict.DENIED)] == actions


def test_the_system_user_alone_is_shown_nothing(county: Any, hits: list[str]) -> None:
    """There is no way to look at hits without a person."""
    with pytest.raises(Unauthenticated):
        county.run("hits.list", ListHits(operator="pine-county"))


class BrokenRecorder:
    """A log whose disk is full."""

    def record(self, *_: object) -> int:
        raise StoreFailed("the disk is full")


def test_without_a_record_nothing_is_shown(county: Any, hits: list[str]) -> None:
    """When the record cannot be made durable, no hit leaves and no finding counts."""
    node = county.node
    person = Actor(person=PersonId("olga")).require_person(node)
    who = Watcher(
        person=person,
        agency=node.facts.agency(person.agency),
        operator=node.facts.operator("pine-county"),
    )
    alerting = Alerting(
        hits=node.registries.hits,
        gate=node.gate,
        recorder=BrokenRecorder(),
        clock=node.clock,  # type: ignore[arg-type]
    )

    for attempt in (
        lambda: alerting.show_recent(who),
        lambda: alerting.show_these(who, [hits[0]]),
        lambda: alerting.confirm(who, hits[0], HitState.WRONG_READ),
    ):
        with pytest.raises(StoreFailed):
            attempt()
    assert HitState.UNCONFIRMED is node.registries.hits.get(hits[0]).state


def test_named_hits_are_shown_and_recorded(county: Any, hits: list[str]) -> None:
    """A stream names hits by id; the record names the same ids."""
    start = county.size()

    shown = county.run("hits.show", NamedHits(hit_ids=(hits[1],), operator="pine-county"), "sam", there=True)

    assert [hits[1]] == [hit.hit_id for hit in shown.hits]
    assert [hits[1]] == [record.facts["hits"] for record in county.records(start=start)]


def test_what_is_no_hit_id_never_reaches_the_log(county: Any, hits: list[str]) -> None:
    """Somebody may type a plate where an id belongs; no record may hold it."""
    start = county.size()

    for name, request in (
        ("hits.show", NamedHits(hit_ids=("4HJK882",), operator="pine-county")),
        ("hits.picture", HitName(hit_id="4HJK882", operator="pine-county")),
        ("hits.confirm", Finding(hit_id="4HJK882", found=HitState.CORRECT, operator="pine-county")),
    ):
        with pytest.raises(NotFound):
            county.run(name, request, "olga")

    assert start == county.size()


def test_a_hit_of_another_operator_is_not_found(county: Any, hits: list[str]) -> None:
    """An officer of Ridge County cannot reach Pine County's hit by naming their own operator."""
    with pytest.raises(NotFound):
        county.run("hits.show", NamedHits(hit_ids=(hits[0],), operator="ridge-county"), "rita")
    with pytest.raises(NotFound):
        county.run("hits.confirm", Finding(hit_id=hits[0], found=HitState.CORRECT, operator="ridge-county"), "rita")
    assert HitState.UNCONFIRMED is county.node.registries.hits.get(hits[0]).state


def test_a_hit_is_decided_once_and_on_record(county: Any, hits: list[str]) -> None:
    """The finding and who found it are in the log and in the registry; a second finding is a conflict."""
    start = county.size()

    decided = county.run(
        "hits.confirm", Finding(hit_id=hits[2], found=HitState.WRONG_READ, operator="pine-county"), "olga", there=True
    )

    assert (HitState.WRONG_READ, "olga") == (decided.state, decided.decided_by)
    (record,) = county.records(start=start)
    assert (Action.HIT_CONFIRMATION, "olga") == (record.action, record.person)
    assert {"hit": hits[2], "found": "wrong_read", "category": "stolen_vehicle"}.items() <= record.facts.items()
    assert record.facts["list"] in {one.list_id for one in county.node.registries.hot_lists.list_all("pine-county")}
    with pytest.raises(Conflict):
        county.run("hits.confirm", Finding(hit_id=hits[2], found=HitState.CORRECT, operator="pine-county"), "sam")
    assert start + 1 == county.size()


def test_only_a_finding_confirms(county: Any, hits: list[str]) -> None:
    """`unconfirmed` is where a hit starts, not what somebody found."""
    with pytest.raises(BadInput):
        county.run("hits.confirm", Finding(hit_id=hits[0], found=HitState.UNCONFIRMED, operator="pine-county"), "olga")


def test_a_picture_is_asked_for_in_vain_when_none_came(county: Any, hits: list[str]) -> None:
    """The showing is on record, and there was nothing to show."""
    with pytest.raises(NotFound, match="no picture"):
        county.run("hits.picture", HitName(hit_id=hits[0], operator="pine-county"), "olga")


def test_the_readers_name_is_the_registered_one(county: Any, hits: list[str]) -> None:
    """A hit names the reader that sent the read."""
    assert ReaderId("bridge-1") == county.node.registries.hits.get(hits[0]).reader


def test_hits_are_laid_out_to_compare(county: Any, hits: list[str]) -> None:
    """Each shown hit comes with its comparison, in the same order, with list and reader as they are known here."""
    shown = county.run("hits.show", NamedHits(hit_ids=tuple(hits[:2]), operator="pine-county"), "olga", there=True)

    assert hits[:2] == [one.hit_id for one in shown.compared]
    first = shown.compared[0]
    assert ("Stolen", "our desk", "pine-county", False, True) == (
        first.listed.name, first.listed.source, first.listed.owner, first.listed.foreign, first.listed.still_on_list,
    )  # fmt: skip
    assert ("Bridge", ()) == (first.reader_name, first.outcomes)
    assert shown.hits[0].details.plate_text == "".join(one.read for one in first.characters)


def test_an_outcome_is_on_record_and_refused_before_a_finding(county: Any, hits: list[str]) -> None:
    """After the decision only, on record with list and category, never the reader; whoever may not confirm may not say."""
    said = Outcome(hit_id=hits[1], outcome=HitOutcome.STOP, operator="pine-county")
    with pytest.raises(Conflict):
        county.run("hits.outcome", said, "olga", there=True)
    county.run("hits.confirm", Finding(hit_id=hits[1], found=HitState.STALE_ENTRY, operator="pine-county"), "olga")
    start = county.size()

    told = county.run("hits.outcome", said, "sam", there=True)
    with pytest.raises(Denied):
        county.run("hits.outcome", said, "uma", there=True)
    with pytest.raises(Conflict):
        county.run("hits.outcome", said, "olga", there=True)

    made, denied = county.records(start=start)
    assert (start, HitOutcome.STOP, "sam") == (told.record_index, told.outcome, told.said_by)
    assert {"hit", "outcome", "list", "category", "manual"} == set(made.facts)
    assert (Action.HIT_OUTCOME, Verdict.PERMITTED, "stop") == (made.action, made.verdict, made.facts["outcome"])
    assert (Action.HIT_OUTCOME, Verdict.DENIED) == (denied.action, denied.verdict)


def test_a_page_goes_on_only_from_a_hit_of_its_own_operator(county: Any, hits: list[str]) -> None:
    """An id of another operator's hit, or none, leads nowhere and is on no record."""
    start = county.size("ridge-county")

    for older in (hits[0], "h0"):
        with pytest.raises(NotFound):
            county.run("hits.list", ListHits(operator="ridge-county", older_than=older), "rita", there=True)

    assert start == county.size("ridge-county")
