"""Every step says where it is on record: hits, grants, holds, waiting questions, forgetting; a denial as well."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lockplate.access import AccessRecord
from lockplate.clock import SetClock, format_time
from lockplate.errors import BadInput, Denied, LockplateError, NotFound
from lockplate.evidence.proof_file import open_proof
from lockplate.hotlist import Category
from lockplate.law.words import HoldKind
from lockplate.operations.asking import Ask, WaitingName
from lockplate.operations.evidence import LogRequest
from lockplate.operations.grants import GrantName, ProposeGrant
from lockplate.operations.hits import Finding, HitName, ListHits, NamedHits
from lockplate.operations.holds import CloseHold, OpenHold, RenewHold
from lockplate.operations.hotlists import AddHotList, EnterPlate
from lockplate.operations.people import NewPerson
from lockplate.operations.records import OpeningOf, RecordName
from lockplate.operations.retaining import RunRetention
from lockplate.registry.confirmations import SourceCheck
from lockplate.registry.hits import HitId, HitState
from lockplate.registry.holds import LiftReason
from lockplate.terms import Action, Basis, Offense, OperatorId, Purpose, Role, Verdict

PINE = OperatorId("pine-county")
START = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PLATE = "7REC417"


@pytest.fixture
def fresh(tmp_path: Path, make_county: Any) -> Iterator[Any]:
    """A county for one test, with a hot list, a hit on it and the reader that made it."""
    with make_county(tmp_path / "home", SetClock(START - 2 * HOUR)) as county:
        made = county.run(
            "hotlist.add",
            AddHotList(
                name="Stolen",
                categories=(Category.STOLEN_VEHICLE,),
                source="desk",
                legal_basis="Veh. Code 10851",
                max_age_hours=24,
                operator=PINE,
            ),
        )
        entry = EnterPlate(
            list_id=made.hot_list.list_id, plate=PLATE, category=Category.STOLEN_VEHICLE, reason="stolen at night",
            case_number="26-1", until=format_time(START + DAY),
        )  # fmt: skip
        county.run("hotlist.enter", entry, "sam")
        county.clock.advance(2 * HOUR)
        county.ingest(tmp_path, [(PLATE, START - HOUR, "bridge-1")])
        yield county


def record(county: Any, index: int) -> AccessRecord:
    return county.records(PINE, index)[0]


def place_of_denial(county: Any, name: str, request: object, person: str) -> AccessRecord:
    """Run what is denied and return the record that the denial names: the newest of the log."""
    with pytest.raises(Denied) as caught:
        county.run(name, request, person, there=True)
    told = caught.value.public()
    assert (PINE, county.size(PINE) - 1) == (told["operator"], told["record_index"])
    found = record(county, told["record_index"])
    assert (Verdict.DENIED, person) == (found.verdict, found.person)
    return found


def ask(county: Any, person: str, **changes: Any) -> Any:
    plain = {
        "plate": PLATE,
        "operators": (PINE,),
        "window_from": format_time(START - DAY),
        "window_to": format_time(START),
        "purpose": Purpose.STOLEN_VEHICLE,
        "offense": Offense.FELONY,
        "basis": Basis.PROBABLE_CAUSE,
        "on_behalf_of": "own",
        "case_number": "26-1",
    }
    return county.run("lookup", Ask(**(plain | changes)), person)


def found_correct(hit_id: HitId) -> Finding:
    """Return a finding that a person may record: the source was asked."""
    return Finding(hit_id=hit_id, found=HitState.CORRECT, source=SourceCheck.STILL_LISTED, operator=PINE)


def test_hits(fresh: Any) -> None:
    """Listed, named, the picture, the finding: each with its own record; each denial, too."""
    listed = fresh.run("hits.list", ListHits(operator=PINE), "olga")
    (hit,) = listed.hits
    named = fresh.run("hits.show", NamedHits(hit_ids=(hit.hit_id,), operator=PINE), "olga")
    decided = fresh.run("hits.confirm", found_correct(hit.hit_id), "olga")

    for shown in (listed, named):
        assert (Action.ALERT_SHOWN, {"hits": hit.hit_id}) == (
            record(fresh, shown.record_index).action, record(fresh, shown.record_index).facts
        )  # fmt: skip
    assert (HitState.CORRECT, "olga") == (decided.state, decided.decided_by)
    found = record(fresh, decided.record_index)
    assert (Action.HIT_CONFIRMATION, "correct") == (found.action, found.facts["found"])
    for name, request in (
        ("hits.list", ListHits(operator=PINE)),
        ("hits.show", NamedHits(hit_ids=(hit.hit_id,), operator=PINE)),
        ("hits.picture", HitName(hit_id=hit.hit_id, operator=PINE)),
        ("hits.confirm", found_correct(hit.hit_id)),
    ):
        place_of_denial(fresh, name, request, "uma")


def test_a_grant_from_proposal_to_its_end(fresh: Any) -> None:
    """Each step names its record; whoever may not approve their own is told where that stands."""
    proposal = ProposeGrant(
        grantee="quarry-police", purposes=(Purpose.STOLEN_VEHICLE,), valid_to=format_time(START + DAY), operator=PINE
    )
    proposed = fresh.run("grant.propose", proposal, "sam")
    name = GrantName(grant=proposed.grant.grant)
    assert Action.GRANT_APPROVED is place_of_denial(fresh, "grant.approve", name, "sam").action
    approved = fresh.run("grant.approve", name, "sue")
    revoked = fresh.run("grant.revoke", name, "sam")

    steps = [record(fresh, one.record_index) for one in (proposed, approved, revoked)]
    assert [Action.GRANT_PROPOSED, Action.GRANT_APPROVED, Action.GRANT_REVOKED] == [one.action for one in steps]
    assert {proposed.grant.grant} == {one.facts["grant"] for one in steps}
    assert Action.GRANT_PROPOSED is place_of_denial(fresh, "grant.propose", proposal, "olga").action


def test_a_hold_from_opening_to_its_end(fresh: Any) -> None:
    """Opened and kept, renewed, ending and closed: first and last leaf of each step."""
    asked = OpenHold(
        kind=HoldKind.CASE, plate=PLATE, window_from=format_time(START - DAY), window_to=format_time(START),
        case_number="26-1", until=format_time(START + 30 * DAY), operator=PINE,
    )  # fmt: skip
    opened = fresh.run("hold.open", asked, "olga")
    renewed = fresh.run("hold.renew", RenewHold(hold=opened.hold.hold_id, until=format_time(START + 60 * DAY)), "olga")
    closed = fresh.run("hold.close", CloseHold(hold=opened.hold.hold_id, reason=LiftReason.NO_CHARGE), "sam")

    for step, words in ((opened, ("opened", "kept")), (renewed, ("renewed", None)), (closed, ("ending", "closed"))):
        first = record(fresh, step.record_index)
        last = None if step.outcome_index is None else record(fresh, step.outcome_index)
        assert words == (first.facts["step"], None if last is None else last.facts["step"])
        assert last is None or last.refers_to == step.record_index
    assert "refused" == place_of_denial(fresh, "hold.open", asked, "uma").facts["step"]


def test_a_question_through_a_second_person(fresh: Any) -> None:
    """Sent, approved, answered: found again by the request's id, each with a receipt that verifies."""
    answer = ask(fresh, "olga", reason="for ICE")
    (part,) = answer.operators
    name = WaitingName(request_id=answer.request_id, operator=PINE)
    denied = place_of_denial(fresh, "request.approve", name, "olga")
    assert (Action.QUESTION_APPROVAL, answer.request_id) == (denied.action, denied.request_id)
    line = fresh.run("request.approve", name, "sam")
    taken = fresh.run("request.resume", name, "olga")

    assert (Verdict.PENDING, Action.QUESTION_PENDING) == (part.verdict, record(fresh, part.record_index).action)
    assert ("approved", "sam") == (line.state.value, line.decided_by)
    assert Action.QUESTION_APPROVAL is record(fresh, line.record_index).action
    proofs = fresh.run("log.receipts", LogRequest(request_id=answer.request_id, operator=PINE))
    wanted = [part.record_index, line.record_index - 1, line.record_index, taken.record_index, taken.outcome_index]
    assert wanted == [one.index for one in proofs]
    assert wanted == [open_proof(one.proof, one.vkey).index for one in proofs]
    assert [one.index for one in fresh.run("request.show", name, "olga").records] == wanted


def test_a_request_that_is_not_there(fresh: Any) -> None:
    """Another id is not found, what is no id is refused, and another operator's log has none of it."""
    answer = ask(fresh, "olga")
    for request, error in (
        (LogRequest(request_id="q" + "0" * 31, operator=PINE), NotFound),
        (LogRequest(request_id="7REC417", operator=PINE), BadInput),
        (LogRequest(request_id=answer.request_id, operator="ridge-county"), NotFound),
    ):
        with pytest.raises(error) as caught:
            fresh.run("log.receipts", request)
        assert "7REC417" not in caught.value.message


def test_forgetting_tells_what_is_done_from_what_began(fresh: Any) -> None:
    """Of a run's records those that complete something, each naming the one that it completes or standing alone."""
    (part,) = fresh.run("retention.run", RunRetention(now=format_time(START + 400 * DAY), operator=PINE)).operators

    assert set(part.completed) < set(part.receipts)
    steps = {index: record(fresh, index).facts["step"] for index in part.receipts}
    assert {"destroyed", "hits_forgotten", "entries_expired"} <= {steps[index] for index in part.completed}
    assert not {step for index, step in steps.items() if index not in part.completed and "begun" not in step}
    (dry,) = fresh.run("retention.run", RunRetention(operator=PINE, dry_run=True)).operators
    assert () == dry.completed
    place_of_denial(fresh, "retention.run", RunRetention(operator=PINE), "olga")


def test_other_changes_that_are_denied(fresh: Any) -> None:
    """What goes through the one way of changing things: the denial names its record there, too."""
    newcomer = NewPerson(person="newt", agency=PINE, display_name="Newt Example", roles=(Role.OFFICER,))
    found = place_of_denial(fresh, "user.add", newcomer, "olga")
    assert Action.PEOPLE_CHANGED is found.action


def test_an_opening_names_details_that_are_public_to_name(fresh: Any) -> None:
    """Which details: those that the record commits to; another name, or a record without any, leaves no record."""
    (part,) = ask(fresh, "olga").operators
    before = fresh.size()
    for index, names in ((part.record_index, ("owner",)), (part.outcome_index, ()), (part.outcome_index, ("plate",))):
        with pytest.raises(NotFound):
            fresh.run("record.opening", OpeningOf(operator=PINE, index=index, names=names), "uma")
    assert before == fresh.size()

    whole = fresh.run("record.opening", OpeningOf(operator=PINE, index=part.record_index), "uma")
    assert {"plate": PLATE, "case_number": "26-1"} == {
        name: detail.value for name, detail in whole.opening.details.items()
    }
    assert {"what": "opening", "names": "case_number,plate"} == record(fresh, whole.reading_index).facts
    denied = place_of_denial(fresh, "record.opening", OpeningOf(operator=PINE, index=part.record_index), "olga")
    assert Action.DETAILS_READ is denied.action
    place_of_denial(fresh, "record.details", RecordName(operator=PINE, index=part.record_index), "sam")


def test_a_failure_that_is_no_denial_names_no_record(fresh: Any) -> None:
    """A hit decided twice: a conflict, as before, without a place."""
    (hit,) = fresh.run("hits.list", ListHits(operator=PINE), "olga").hits
    confirm: Callable[[str], Any] = lambda person: fresh.run(  # noqa: E731 - twice the same
        "hits.confirm", found_correct(hit.hit_id), person
    )
    confirm("olga")
    with pytest.raises(LockplateError) as caught:
        confirm("otto")
    assert ("hit_decided", False) == (caught.value.code, "record_index" in caught.value.public())
