"""WaitingRequests: a second person, in time, once."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from lockplate.access import AccessRequest
from lockplate.clock import SetClock
from lockplate.errors import BadInput, Conflict, NotFound
from lockplate.gate.question import ApprovalFacts
from lockplate.registry.database import close_database
from lockplate.registry.people import People
from lockplate.registry.requests import WaitingRequests, WaitingState
from lockplate.registry.sealing import ColumnSealer
from lockplate.terms import (
    AgencyId,
    Basis,
    CaseNumber,
    Offense,
    OperatorId,
    PersonId,
    PlateText,
    PolicyId,
    Purpose,
    RequestId,
)

pytestmark = pytest.mark.usefixtures("county")
PINE, QUARRY = OperatorId("pine-county"), OperatorId("quarry-city")
Q1 = RequestId("q1")
ANN, BEN = PersonId("ann"), PersonId("ben")
POLICIES = (PolicyId("approval.old-reads"), PolicyId("approval.words"))


@pytest.fixture
def waiting(engine: Engine, clock: SetClock, sealers: dict[str, ColumnSealer]) -> WaitingRequests:
    return WaitingRequests(engine, sealers.__getitem__, clock)


@pytest.fixture
def request_by_ann(clock: SetClock) -> AccessRequest:
    return AccessRequest(
        request_id=Q1,
        asked_at=clock.now(),
        person=ANN,
        agency=AgencyId("pine-sheriff"),
        on_behalf_of=AgencyId("pine-sheriff"),
        operators=(PINE, QUARRY),
        plate=PlateText("7ZOO814"),
        window_from=clock.now() - timedelta(days=40),
        window_to=clock.now(),
        purpose=Purpose.FELONY_INVESTIGATION,
        offense=Offense.FELONY,
        basis=Basis.PROBABLE_CAUSE,
        case_number=CaseNumber("26-00417"),
        reason="witness saw the car",
    )


def test_a_request_waits(waiting: WaitingRequests, request_by_ann: AccessRequest, clock: SetClock) -> None:
    """It comes back whole, one line for each operator, and lists show nothing of its content."""
    put = waiting.put(request_by_ann, PINE, POLICIES)
    waiting.put(request_by_ann, QUARRY, POLICIES[:1])
    assert (request_by_ann, WaitingState.WAITING, POLICIES) == (put.request, put.state, put.policy_ids)
    assert clock.now() + timedelta(hours=24) == put.expires_at
    assert put == waiting.get(Q1, PINE)
    assert [PINE, QUARRY] == [line.operator for line in waiting.list_all(agency=AgencyId("pine-sheriff"))]
    assert () == waiting.list_all(agency=AgencyId("quarry-police"))
    assert waiting.approval(Q1, PINE) is None


def test_approved_and_answered(
    waiting: WaitingRequests, request_by_ann: AccessRequest, clock: SetClock, people: People
) -> None:
    """The gate gets the approver's facts and the time; one approval is good for one answer and one operator."""
    waiting.put(request_by_ann, PINE, POLICIES)
    waiting.put(request_by_ann, QUARRY, POLICIES)
    clock.advance(timedelta(minutes=5))
    line = waiting.approve(Q1, PINE, by=BEN)
    assert (WaitingState.APPROVED, BEN, clock.now()) == (line.state, line.decided_by, line.decided_at)
    assert ApprovalFacts(approver=people.facts(BEN), approved_at=clock.now()) == waiting.approval(Q1, PINE)
    assert waiting.approval(Q1, QUARRY) is None
    assert WaitingState.ANSWERED == waiting.mark_answered(Q1, PINE).state
    assert waiting.approval(Q1, PINE) is None
    with pytest.raises(Conflict):
        waiting.mark_answered(Q1, PINE)


def test_the_approver_is_judged_as_of_now(
    waiting: WaitingRequests, request_by_ann: AccessRequest, people: People
) -> None:
    """An approver set inactive since is shown to the gate as inactive."""
    waiting.put(request_by_ann, PINE, POLICIES)
    waiting.approve(Q1, PINE, by=BEN)
    people.deactivate(BEN)
    approval = waiting.approval(Q1, PINE)
    assert approval is not None
    assert not approval.approver.active


@pytest.mark.parametrize("by", ["ann", "fay", "cleo"])
def test_who_cannot_decide(waiting: WaitingRequests, request_by_ann: AccessRequest, people: People, by: str) -> None:
    """Not the author, nobody of another agency, nobody inactive."""
    people.deactivate(PersonId("cleo"))
    waiting.put(request_by_ann, PINE, POLICIES)
    for act in (waiting.approve, waiting.refuse):
        with pytest.raises(BadInput):
            act(Q1, PINE, by=PersonId(by))
    assert WaitingState.WAITING == waiting.get(Q1, PINE).state


@pytest.mark.parametrize("end", ["refuse", "answer", "expire"])
def test_nothing_goes_back(waiting: WaitingRequests, request_by_ann: AccessRequest, clock: SetClock, end: str) -> None:
    """A request that ended takes no further step."""
    waiting.put(request_by_ann, PINE, POLICIES)
    if end == "refuse":
        waiting.refuse(Q1, PINE, by=BEN)
    elif end == "answer":
        waiting.approve(Q1, PINE, by=BEN)
        waiting.mark_answered(Q1, PINE)
    else:
        clock.advance(timedelta(hours=24))
    ended = waiting.get(Q1, PINE)
    for act in (waiting.approve, waiting.refuse):
        with pytest.raises(Conflict):
            act(Q1, PINE, by=PersonId("dora"))
    with pytest.raises(Conflict):
        waiting.mark_answered(Q1, PINE)
    assert ended == waiting.get(Q1, PINE)
    assert ended.state not in {WaitingState.WAITING, WaitingState.APPROVED}


def test_an_unapproved_request_is_not_answered(waiting: WaitingRequests, request_by_ann: AccessRequest) -> None:
    """Waiting is not approved."""
    waiting.put(request_by_ann, PINE, POLICIES)
    with pytest.raises(Conflict):
        waiting.mark_answered(Q1, PINE)


def test_time_ends_waiting_and_approval(
    waiting: WaitingRequests, request_by_ann: AccessRequest, clock: SetClock
) -> None:
    """Past its time a request reads as expired at once, an approval is no longer given, and `expire` writes it down."""
    waiting.put(request_by_ann, PINE, POLICIES)
    waiting.put(request_by_ann, QUARRY, POLICIES)
    waiting.approve(Q1, QUARRY, by=BEN)
    clock.advance(timedelta(hours=24))
    assert {WaitingState.EXPIRED} == {line.state for line in waiting.list_all()}
    assert () == waiting.list_all(state=WaitingState.WAITING)
    assert waiting.approval(Q1, QUARRY) is None
    with pytest.raises(Conflict):
        waiting.mark_answered(Q1, QUARRY)
    assert 2 == waiting.expire()
    assert 0 == waiting.expire()


def test_forget(waiting: WaitingRequests, request_by_ann: AccessRequest, clock: SetClock) -> None:
    """A request goes when its time ran out before a time, however it ended; another operator's stays."""
    waiting.put(request_by_ann, PINE, POLICIES)
    waiting.put(request_by_ann, QUARRY, POLICIES)
    waiting.refuse(Q1, PINE, by=BEN)
    over = clock.now() + timedelta(hours=24)
    assert (0, 0) == (waiting.over(PINE, clock.now()), waiting.forget(PINE, clock.now()))
    assert request_by_ann.asked_at == waiting.oldest(PINE)
    assert (1, 1, 0) == (waiting.over(PINE, over), waiting.forget(PINE, over), waiting.over(PINE, over))
    assert None is waiting.oldest(PINE)
    assert [QUARRY] == [line.operator for line in waiting.list_all()]
    assert 1 == waiting.forget(QUARRY, over)


def test_refusals(waiting: WaitingRequests, request_by_ann: AccessRequest) -> None:
    """Operators the request does not name, requests that wait already, and unknown ones."""
    with pytest.raises(BadInput):
        waiting.put(request_by_ann, OperatorId("elsewhere"), POLICIES)
    waiting.put(request_by_ann, PINE, POLICIES)
    with pytest.raises(Conflict):
        waiting.put(request_by_ann, PINE, POLICIES)
    with pytest.raises(NotFound):
        waiting.get(Q1, QUARRY)
    with pytest.raises(NotFound):
        waiting.approve(RequestId("q2"), PINE, by=BEN)


def test_nothing_of_a_request_is_plain_in_the_file(
    waiting: WaitingRequests, request_by_ann: AccessRequest, engine: Engine, database_file: Path
) -> None:
    """No plate, case number or reason can be read in the file; who asked and which policies can."""
    waiting.put(request_by_ann, PINE, POLICIES)
    close_database(engine)
    content = database_file.read_bytes()
    assert b"approval.old-reads" in content
    for secret in (b"7ZOO814", b"7200814", b"26-00417", b"witness"):
        assert secret not in content
