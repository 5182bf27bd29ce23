"""Promises 2 and 4 through the real parts: whoever asks however, the floor holds; without a profile nothing is kept."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lockplate.access import AccessRequest, parse_leaf
from lockplate.clock import SetClock, new_request_id
from lockplate.errors import Conflict, LockplateError
from lockplate.intake.delivery import Delivery
from lockplate.operations.asking import WaitingName, approve, resume
from lockplate.operations.operation import Actor
from lockplate.plate import fold
from lockplate.read import Parsed, Read
from lockplate.settings import Settings
from lockplate.terms import (
    AgencyId,
    AgencyKind,
    Basis,
    CaseNumber,
    Offense,
    OperatorId,
    PersonId,
    PlateText,
    ProfileId,
    Purpose,
    ReaderId,
    RecordMode,
    Role,
    Verdict,
)
from lockplate.wiring.founding import NewOperator, found_operator
from lockplate.wiring.node import Node, open_node

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PLATE = "7FLR123"
IMMIGRATION = ("ice", "ero", "hsi", "cbp", "border-patrol", "dhs", "uscis")
AGENCIES = {"bureau": AgencyKind.FEDERAL, "vendor": AgencyKind.PRIVATE, "abroad": AgencyKind.FOREIGN}
NEVER = {
    Purpose.IMMIGRATION,
    Purpose.REPRODUCTIVE_CARE,
    Purpose.GENDER_AFFIRMING_CARE,
    Purpose.PROTECTED_SPEECH,
    Purpose.PROTECTED_CLASS,
}
ROLES = tuple(Role)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node with a person of every role in each agency, a read of the plate, and two operators that keep nothing."""
    folder = tmp_path_factory.mktemp("floor")
    clock = SetClock(NOW)
    chosen = Settings(home=folder / "home", kek_file=folder / "kek", batch_wait_ms=1)
    for operator, profile, mode in (
        ("pine", "us-ca", RecordMode.RECORD),
        ("quiet", "match-only", RecordMode.NONE),
        ("lawless", None, RecordMode.NONE),
    ):
        new = NewOperator(
            operator=OperatorId(operator),
            profile=None if profile is None else ProfileId(profile),
            record_mode=mode,
            state="CA",
        )
        found_operator(chosen, clock, new)
    with open_node(chosen, clock) as opened:
        for agency, kind in AGENCIES.items():
            opened.registries.agencies.add(AgencyId(agency), name=agency, kind=kind)
        for agency in ("pine", *IMMIGRATION, *AGENCIES):
            for role in ROLES:
                opened.registries.people.add(
                    PersonId(f"{role.value}.{agency}"),
                    agency=AgencyId(agency),
                    display_name="x",
                    roles=frozenset({role}),
                )
        for operator in ("pine", "quiet", "lawless"):
            see(opened, operator)
        yield opened


def see(node: Node, operator: str) -> None:
    read = Read(format="test", plate_text=PlateText(PLATE), plate_key=fold(PLATE), captured_at=node.clock.now())
    node.live.submit(
        Delivery(
            operator=OperatorId(operator),
            reader=ReaderId("r"),
            parsed=Parsed(format="test", reads=(read,)),
            received_at=node.clock.now(),
        )
    ).result(30)


WORDS = st.sampled_from(["", "stolen car", "ICE", "help a friend", "detainer", "Immigra\u0442ion", "1CE", "\u202eECI"])
REQUESTS = st.builds(
    AccessRequest,
    request_id=st.builds(new_request_id),
    asked_at=st.just(NOW),
    person=st.builds(
        lambda role, agency: PersonId(f"{role.value}.{agency}"),
        st.sampled_from(ROLES),
        st.sampled_from(("pine", *IMMIGRATION, *AGENCIES)),
    ),
    agency=st.just(AgencyId("pine")),
    on_behalf_of=st.sampled_from([AgencyId(one) for one in ("pine", "nobody-knows", *IMMIGRATION, *AGENCIES)]),
    operators=st.sampled_from(
        [(OperatorId("pine"),), (OperatorId("pine"), OperatorId("quiet"), OperatorId("lawless"))]
    ),
    plate=st.sampled_from([PlateText(PLATE), PlateText("7FLR12?"), PlateText("7flr 123")]),
    window_from=st.just(NOW - timedelta(days=1)),
    window_to=st.just(NOW + timedelta(hours=1)),
    purpose=st.sampled_from(Purpose),
    offense=st.sampled_from(Offense),
    basis=st.sampled_from(Basis),
    case_number=st.sampled_from([CaseNumber(""), CaseNumber("26-1"), CaseNumber("ICE-26-1")]),
    reason=WORDS,
)


def own_agency(request: AccessRequest) -> AgencyId:
    """Return the agency of the person who asks, as the registry has it: it is never the request's own word."""
    return AgencyId(request.person.split(".", 1)[1])


def is_never_answered(request: AccessRequest) -> bool:
    agencies = {own_agency(request), request.on_behalf_of}
    return request.purpose in NEVER or not agencies.isdisjoint(IMMIGRATION)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(request=REQUESTS, claims_own=st.booleans())
def test_the_floor_answers_nobody_it_refuses(node: Node, request: AccessRequest, claims_own: bool) -> None:
    """No mixture of roles, bases, cases and words gets an answer past the floor; each refusal is on record.

    The agency is the person's own, or falsely the operator's: a request that lies about it fares no better.
    """
    agency = AgencyId("pine") if claims_own else own_agency(request)
    request = AccessRequest(**{name: getattr(request, name) for name in request.__struct_fields__} | {"agency": agency})

    answer = node.lookup.ask(request)

    for part in answer.operators:
        leaf = parse_leaf(node.desk(part.operator).evidence.log.entry(part.record_index))
        assert (part.verdict, request.request_id) == (leaf.verdict, leaf.request_id)
        assert part.verdict is Verdict.PERMITTED or part.reads == ()
        if part.operator != "pine":
            assert Verdict.DENIED is part.verdict
        if is_never_answered(request):
            assert (Verdict.DENIED, ()) == (part.verdict, part.reads)
        if part.verdict is Verdict.PERMITTED:
            assert {"pine"} == {own_agency(request), request.on_behalf_of}
            assert request.case_number or request.basis is Basis.EXIGENCY


@pytest.mark.parametrize("agency", IMMIGRATION)
def test_immigration_enforcement_is_refused_in_every_role_and_way(node: Node, agency: str) -> None:
    """As asker, as receiver, under a warrant, with a supervisor's approval: nothing."""
    for role in ROLES:
        for person, asking, receiver in (
            (f"{role.value}.{agency}", agency, agency),
            (f"{role.value}.{agency}", agency, "pine"),
            (f"{role.value}.pine", "pine", agency),
        ):
            part = ask(node, person, asking, receiver, Purpose.FELONY_INVESTIGATION, Basis.WARRANT, "a murder")
            assert (Verdict.DENIED, ()) == (part.verdict, part.reads)


@pytest.mark.parametrize("purpose", sorted(NEVER))
def test_a_second_person_does_not_lift_the_floor(node: Node, purpose: Purpose) -> None:
    """What is never answered does not wait either, so nobody can be talked into approving it."""
    part = ask(node, "officer.pine", "pine", "pine", purpose, Basis.WARRANT, "ICE detainer")

    assert Verdict.DENIED is part.verdict
    name = WaitingName(request_id=part_request(node, part.record_index), operator="pine")
    with pytest.raises(LockplateError):
        approve(node, Actor(person=PersonId("supervisor.pine")), name)
    with pytest.raises(LockplateError):
        resume(node, Actor(person=PersonId("officer.pine")), name)


def test_an_operator_of_immigration_enforcement_cannot_be_founded(node: Node, tmp_path_factory: object) -> None:
    """The floor holds for those who would run readers, too."""
    folder = tmp_path_factory.mktemp("ice")  # type: ignore[attr-defined]
    chosen = Settings(home=folder / "home", kek_file=folder / "kek")
    for agency, kind in (("ice", AgencyKind.MUNICIPAL), ("removal-office", AgencyKind.IMMIGRATION_ENFORCEMENT)):
        with pytest.raises(Conflict):
            found_operator(
                chosen,
                node.clock,
                NewOperator(
                    operator=OperatorId("x"), agency=AgencyId(agency), profile=ProfileId("us-ca"), agency_kind=kind
                ),
            )


def ask(node: Node, person: str, agency: str, receiver: str, purpose: Purpose, basis: Basis, reason: str) -> object:
    (part,) = node.lookup.ask(
        AccessRequest(
            request_id=new_request_id(),
            asked_at=NOW,
            person=PersonId(person),
            agency=AgencyId(agency),
            on_behalf_of=AgencyId(receiver),
            operators=(OperatorId("pine"),),
            plate=PlateText(PLATE),
            window_from=NOW - timedelta(days=1),
            window_to=NOW + timedelta(hours=1),
            purpose=purpose,
            offense=Offense.FELONY,
            basis=basis,
            case_number=CaseNumber("26-1"),
            reason=reason,
        )
    ).operators
    return part


def part_request(node: Node, index: int) -> str:
    return str(parse_leaf(node.desk(OperatorId("pine")).evidence.log.entry(index)).request_id)


# Promise 2


@pytest.mark.parametrize("operator", ["quiet", "lawless"])
def test_without_a_profile_nothing_is_kept(node: Node, operator: str) -> None:
    """Match-only and no profile at all: no row, no key of any hour, and no question is answered."""
    day = NOW.date()

    assert [] == node.store.counts(OperatorId(operator), day - timedelta(days=1), day + timedelta(days=1))
    assert [] == node.desk(OperatorId(operator)).ring.stored_periods()
    assert 1 == sum(one.reads for one in node.store.counts(OperatorId("pine"), day, day))


def test_the_record_mode_in_the_registry_cannot_lift_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    """An operator that is set to keep records under a profile that allows none keeps none."""
    folder = tmp_path_factory.mktemp("lifted")
    clock = SetClock(NOW)
    chosen = Settings(home=folder / "home", kek_file=folder / "kek")
    with pytest.raises(LockplateError):
        found_operator(
            chosen,
            clock,
            NewOperator(operator=OperatorId("x"), profile=ProfileId("match-only"), record_mode=RecordMode.RECORD),
        )
    with pytest.raises(LockplateError):
        found_operator(
            chosen, clock, NewOperator(operator=OperatorId("x"), profile=None, record_mode=RecordMode.INDEX_ONLY)
        )
