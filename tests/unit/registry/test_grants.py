"""Grants: two people, one pair, a start, an end, and a public line."""

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, update

from lockplate.clock import SetClock
from lockplate.errors import BadInput, Conflict, NotFound, SealBroken
from lockplate.gate.question import GrantFacts
from lockplate.registry.agencies import Agencies
from lockplate.registry.database import reading, writing
from lockplate.registry.grant_papers import GrantPapers
from lockplate.registry.grants import Grant, GrantProposal, Grants, GrantState, Instrument
from lockplate.registry.people import People
from lockplate.registry.sealing import ColumnSealer
from lockplate.registry.tables import grants as table
from lockplate.terms import AgencyId, GrantId, OperatorId, PersonId, Purpose, ReaderId

pytestmark = pytest.mark.usefixtures("county")
PINE, QUARRY = OperatorId("pine-county"), AgencyId("quarry-police")
ANN, BEN, EMIL = PersonId("ann"), PersonId("ben"), PersonId("emil")
DAY = timedelta(days=1)
PURPOSES = frozenset({Purpose.STOLEN_VEHICLE, Purpose.AMBER_ALERT})


@pytest.fixture
def grants(engine: Engine, sealers: dict[str, ColumnSealer], clock: SetClock) -> Grants:
    return Grants(engine, sealers.__getitem__, clock)


def proposal(clock: SetClock, **changes: object) -> GrantProposal:
    values = {
        "operator": PINE,
        "grantee": QUARRY,
        "purposes": PURPOSES,
        "valid_from": clock.now(),
        "valid_to": clock.now() + 90 * DAY,
    }
    return GrantProposal(**(values | changes))


def granted(grants: Grants, clock: SetClock, **changes: object) -> Grant:
    return grants.approve(grants.propose(proposal(clock, **changes), by=ANN).grant, by=BEN)


def test_a_grant_in_force(grants: Grants, clock: SetClock) -> None:
    """Proposed by one, approved by another, it is in force from its first moment to before its last."""
    made = granted(grants, clock, valid_from=clock.now() + DAY)
    facts = GrantFacts(grant=made.grant, grantee=QUARRY, purposes=PURPOSES)
    assert (BEN, clock.now()) == (made.approved_by, made.approved_at)
    assert made == grants.get(made.grant)
    assert (made,) == grants.list_all(PINE)
    moments = (made.valid_from - DAY / 2, made.valid_from, made.valid_to - timedelta(microseconds=1), made.valid_to)
    assert [None, facts, facts, None] == [grants.in_force(PINE, QUARRY, at) for at in moments]
    assert [GrantState.COMING, GrantState.IN_FORCE, GrantState.IN_FORCE, GrantState.EXPIRED] == [
        made.state(at) for at in moments
    ]
    assert grants.in_force(OperatorId("quarry-city"), AgencyId("pine-sheriff"), made.valid_from) is None


def test_a_proposal_gives_nothing(grants: Grants, clock: SetClock) -> None:
    """Until the second person has spoken there is no grant, and the public register shows none."""
    made = grants.propose(proposal(clock), by=ANN)
    assert GrantState.PROPOSED == made.state(clock.now())
    assert grants.in_force(PINE, QUARRY, clock.now()) is None
    assert () == grants.register(clock.now())


def test_the_grantee_may_propose(grants: Grants, clock: SetClock) -> None:
    """The agency that wants the grant can write the proposal; the operator's agency decides."""
    made = grants.propose(proposal(clock), by=EMIL)
    with pytest.raises(BadInput):
        grants.approve(made.grant, by=PersonId("fay"))
    assert GrantState.IN_FORCE == grants.approve(made.grant, by=ANN).state(clock.now())


def test_the_proposer_cannot_approve(grants: Grants, clock: SetClock) -> None:
    """One person alone grants nothing."""
    made = grants.propose(proposal(clock), by=ANN)
    with pytest.raises(BadInput) as caught:
        grants.approve(made.grant, by=ANN)
    assert "second_person_needed" == caught.value.code
    assert GrantState.PROPOSED == grants.get(made.grant).state(clock.now())


def test_inactive_people_do_nothing(grants: Grants, clock: SetClock, people: People) -> None:
    """Somebody set inactive neither proposes, approves nor revokes."""
    made = grants.propose(proposal(clock), by=ANN)
    people.deactivate(BEN)
    for act in (grants.approve, grants.revoke):
        with pytest.raises(BadInput):
            act(made.grant, by=BEN)
    with pytest.raises(BadInput):
        grants.propose(proposal(clock), by=BEN)


def test_steps_are_taken_once(grants: Grants, clock: SetClock) -> None:
    """Approved is not approved again; revoked is neither approved nor revoked again."""
    made = granted(grants, clock)
    with pytest.raises(Conflict):
        grants.approve(made.grant, by=PersonId("cleo"))
    revoked = grants.revoke(made.grant, by=ANN)
    assert (ANN, clock.now()) == (revoked.revoked_by, revoked.revoked_at)
    assert grants.in_force(PINE, QUARRY, clock.now()) is None
    for act in (grants.approve, grants.revoke):
        with pytest.raises(Conflict):
            act(made.grant, by=BEN)
    assert revoked == grants.get(made.grant)


def test_a_withdrawn_proposal_stays_so(grants: Grants, clock: SetClock) -> None:
    """A proposal that was revoked cannot be approved, and never was public."""
    made = grants.propose(proposal(clock), by=ANN)
    assert GrantState.WITHDRAWN == grants.revoke(made.grant, by=BEN).state(clock.now())
    with pytest.raises(Conflict):
        grants.approve(made.grant, by=BEN)
    assert () == grants.register(clock.now())


def test_time_ends_proposals_and_grants(grants: Grants, clock: SetClock) -> None:
    """After its last day a proposal lapses and a grant expires; neither can be approved or revoked."""
    waiting, made = grants.propose(proposal(clock), by=ANN), granted(grants, clock)
    clock.advance(90 * DAY)
    assert (GrantState.LAPSED, GrantState.EXPIRED) == (waiting.state(clock.now()), made.state(clock.now()))
    with pytest.raises(Conflict):
        grants.approve(waiting.grant, by=BEN)
    with pytest.raises(Conflict):
        grants.revoke(made.grant, by=BEN)


def test_only_the_operator_revokes(grants: Grants, clock: SetClock) -> None:
    """The grantee cannot touch what it was granted."""
    made = granted(grants, clock)
    with pytest.raises(BadInput):
        grants.revoke(made.grant, by=EMIL)
    assert grants.in_force(PINE, QUARRY, clock.now()) is not None


def test_grants_of_a_pair_do_not_overlap(grants: Grants, clock: SetClock) -> None:
    """At most one grant is in force between two; the next may start when the last ends, or after it is revoked."""
    first = granted(grants, clock, valid_from=clock.now() + DAY)
    granted(grants, clock, valid_to=first.valid_from)
    other = grants.propose(
        proposal(clock, valid_from=first.valid_from + DAY, valid_to=first.valid_from + 2 * DAY), by=ANN
    )
    with pytest.raises(Conflict):
        grants.approve(other.grant, by=BEN)
    granted(grants, clock, valid_from=first.valid_to, valid_to=first.valid_to + DAY)
    grants.revoke(first.grant, by=BEN)
    assert GrantState.COMING == grants.approve(other.grant, by=BEN).state(clock.now())


def test_an_inactive_grantee_has_no_grant(grants: Grants, clock: SetClock, engine: Engine) -> None:
    """The grant stands in the register, but gives nothing while the agency is inactive."""
    granted(grants, clock)
    Agencies(engine, clock).deactivate(QUARRY)
    assert grants.in_force(PINE, QUARRY, clock.now()) is None
    assert 1 == len(grants.register(clock.now()))


def test_readers_of_a_grant(grants: Grants, clock: SetClock) -> None:
    """A grant may be for named readers of the operator, and only of that operator."""
    only = frozenset({ReaderId("bridge-1")})
    made = granted(grants, clock, readers=only)
    assert only == made.readers
    assert made == grants.in_force_grant(PINE, QUARRY, clock.now())
    with pytest.raises(NotFound):
        grants.propose(proposal(clock, readers=frozenset({ReaderId("elsewhere")})), by=ANN)


@pytest.mark.parametrize(
    "changes",
    [
        {"days": (0, 0)},
        {"days": (1, 0)},
        {"days": (-5, -1)},
        {"days": (0, 732)},
        {"purposes": frozenset()},
        {"purposes": PURPOSES | {Purpose.IMMIGRATION}},
        {"purposes": frozenset({Purpose.PROTECTED_SPEECH})},
        {"readers": frozenset()},
        {"instrument": Instrument.DECLARATION},
        {"instrument": Instrument.ATTESTATION, "instrument_hash": "AB" * 32},
        {"instrument_hash": "ab" * 32},
        {"grantee": AgencyId("removal-office")},
        {"grantee": AgencyId("pine-sheriff")},
    ],
)
def test_what_no_grant_may_be(grants: Grants, clock: SetClock, changes: dict[str, object]) -> None:
    """Too long, in the past, for nothing, for what the floor refuses, without its paper, to the wrong agency."""
    if "days" in changes:
        start, end = changes["days"]
        changes = {"valid_from": clock.now() + start * DAY, "valid_to": clock.now() + end * DAY}
    with pytest.raises(BadInput):
        grants.propose(proposal(clock, **changes), by=ANN)
    assert () == grants.list_all()


def test_two_years_are_allowed(grants: Grants, clock: SetClock) -> None:
    """The longest grant is two years, a leap year among them."""
    assert GrantState.IN_FORCE == granted(grants, clock, valid_to=clock.now() + 731 * DAY).state(clock.now())


def test_unknown_names(grants: Grants, clock: SetClock) -> None:
    """Unknown operators, agencies, people and grants are said so."""
    for changes in ({"operator": OperatorId("nobody")}, {"grantee": AgencyId("nobody")}):
        with pytest.raises(NotFound):
            grants.propose(proposal(clock, **changes), by=ANN)
    with pytest.raises(NotFound):
        grants.propose(proposal(clock), by=PersonId("nobody"))
    for act in (grants.approve, grants.revoke):
        with pytest.raises(NotFound):
            act(GrantId("g0"), by=BEN)
    with pytest.raises(NotFound):
        grants.get(GrantId("g0"))


def test_the_register_shows_past_and_present(grants: Grants, clock: SetClock) -> None:
    """Every grant ever approved stays visible with its dates and paper, and no person is named."""
    paper = "ab" * 32
    first = granted(grants, clock, instrument=Instrument.CERTIFICATION, instrument_hash=paper)
    grants.revoke(first.grant, by=BEN)
    granted(grants, clock)
    lines = grants.register(clock.now())
    assert {GrantState.REVOKED, GrantState.IN_FORCE} == {line.state for line in lines}
    revoked = next(line for line in lines if line.state is GrantState.REVOKED)
    assert ("Quarry City Police", Instrument.CERTIFICATION, paper) == (
        revoked.grantee_name,
        revoked.instrument,
        revoked.instrument_hash,
    )
    assert (Purpose.AMBER_ALERT, Purpose.STOLEN_VEHICLE) == revoked.purposes
    assert not {"ann", "ben"} & {str(value) for line in lines for value in vars_of(line)}


def vars_of(line: object) -> list[object]:
    return [getattr(line, name) for name in line.__struct_fields__]


# The case it is for, and the paper behind it

TEXT = "Quarry City Police will not use answers for what the law bans.\r\nChief, 2026. ÄÖ\n"
DIGEST = hashlib.sha256(TEXT.encode()).hexdigest()


def paper(**changes: object) -> GrantPapers:
    return GrantPapers(**({"text": TEXT} | changes))


def test_a_grant_for_one_case(grants: Grants, clock: SetClock) -> None:
    """The facts say that it is for one case and whether the question names it; blanks and case of letters are nothing."""
    made = grants.propose(proposal(clock), GrantPapers(case_number=" 26-Aß7 "), by=ANN)
    grants.approve(made.grant, by=BEN)

    def agrees(case_number: str) -> tuple[bool, bool]:
        facts = grants.in_force(PINE, QUARRY, clock.now(), case_number)
        assert facts is not None
        return facts.for_case, facts.case_agrees

    assert [(True, True)] * 3 == [agrees(number) for number in ("26-Aß7", "\t26-aSS7 ", "26-aß7")]
    assert [(True, False)] * 4 == [agrees(number) for number in ("", " ", "26-A7", "26-Aß70")]
    assert "26-Aß7" == grants.papers(made.grant).case_number


@pytest.mark.parametrize("number", ["", " "])
def test_a_grant_for_no_case_is_for_any(grants: Grants, clock: SetClock, number: str) -> None:
    """Blanks are no case: the grant is for any, and nothing lies sealed."""
    made = grants.propose(proposal(clock), GrantPapers(case_number=number), by=ANN)
    grants.approve(made.grant, by=BEN)
    facts = grants.in_force(PINE, QUARRY, clock.now(), "26-1")
    assert facts is not None
    assert (False, False, False) == (made.for_case, facts.for_case, facts.case_agrees)
    assert "" == grants.papers(made.grant).case_number


def test_for_one_case_cannot_be_said_without_it(grants: Grants, clock: SetClock) -> None:
    """Whether a grant is for one case follows from its papers, whatever a proposal says."""
    assert not grants.propose(proposal(clock, for_case=True), by=ANN).for_case


def test_case_and_paper_lie_sealed(grants: Grants, clock: SetClock, engine: Engine) -> None:
    """No column holds the number or the text, and what lies there opens in no other row."""
    one, other = (
        grants.propose(proposal(clock, instrument=Instrument.DECLARATION), paper(case_number="26-7731"), by=ANN)
        for _ in range(2)
    )
    with reading(engine) as connection:
        row = connection.execute(select(table).where(table.c.grant_id == one.grant)).one()
    assert row.case_sealed
    assert b"26-7731" not in row.case_sealed
    assert row.paper_sealed
    assert TEXT[:20].encode() not in row.paper_sealed
    assert "26-7731" not in str(row)
    with writing(engine) as connection:
        moved = {"case_sealed": row.case_sealed, "paper_sealed": row.paper_sealed}
        connection.execute(update(table).where(table.c.grant_id == other.grant).values(moved))
    assert paper(case_number="26-7731") == grants.papers(one.grant)
    with pytest.raises(SealBroken):
        grants.papers(other.grant)


def test_the_papers_hash_is_ours(grants: Grants, clock: SetClock) -> None:
    """The text's SHA-256 is taken here, byte for byte; one that is given must agree, and may stand alone."""
    said = [
        grants.propose(proposal(clock, instrument=Instrument.DECLARATION, instrument_hash=given), papers, by=ANN)
        for given, papers in ((None, paper()), (DIGEST, paper()), (DIGEST, GrantPapers()))
    ]
    assert [(DIGEST, True), (DIGEST, True), (DIGEST, False)] == [(one.instrument_hash, one.paper_here) for one in said]
    assert [TEXT, TEXT, None] == [grants.papers(one.grant).text for one in said]
    with pytest.raises(BadInput) as refused:
        grants.propose(proposal(clock, instrument=Instrument.DECLARATION, instrument_hash="ab" * 32), paper(), by=ANN)
    assert "paper_differs" == refused.value.code


@pytest.mark.parametrize(
    ("instrument", "papers"),
    [
        (Instrument.NONE, paper()),
        (Instrument.DECLARATION, GrantPapers()),
        (Instrument.DECLARATION, paper(text="")),
        (Instrument.DECLARATION, paper(text=" \n")),
        (Instrument.DECLARATION, paper(text="ä" * (128 * 1024) + "x")),
        (Instrument.DECLARATION, paper(text="half \ud800 a pair")),
        (Instrument.DECLARATION, paper(text="%PDF-1.7 as a text")),
        (Instrument.DECLARATION, GrantPapers(pdf=b"no PDF")),
        (Instrument.DECLARATION, GrantPapers(pdf=b"")),
        (Instrument.DECLARATION, GrantPapers(pdf=b"%PDF-" + bytes(256 * 1024))),
        (Instrument.DECLARATION, paper(pdf=b"%PDF-1.7")),
        (Instrument.NONE, GrantPapers(pdf=b"%PDF-1.7")),
        (Instrument.NONE, GrantPapers(case_number="half \ud800 a pair")),
        (Instrument.NONE, GrantPapers(case_number="9" * 101)),
    ],
)
def test_papers_nobody_can_keep(grants: Grants, clock: SetClock, instrument: Instrument, papers: GrantPapers) -> None:
    """A text without a kind, a kind without a text, an empty or too long one, no Unicode, a case without end."""
    with pytest.raises(BadInput):
        grants.propose(proposal(clock, instrument=instrument), papers, by=ANN)
    assert () == grants.list_all()


def test_a_paper_may_be_a_pdf(grants: Grants, clock: SetClock) -> None:
    """It comes back as it was, of 256 KiB too, and its hash is that of the file."""
    for pdf in (b"%PDF-1.7\n\xe2\xe3\x00", b"%PDF-" + bytes(256 * 1024 - 5)):
        made = grants.propose(proposal(clock, instrument=Instrument.DECLARATION), GrantPapers(pdf=pdf), by=ANN)
        assert (hashlib.sha256(pdf).hexdigest(), True) == (made.instrument_hash, made.paper_here)
        assert GrantPapers(pdf=pdf) == grants.papers(made.grant)


def test_the_longest_paper_fits(grants: Grants, clock: SetClock) -> None:
    """256 KiB of UTF-8 are kept and come back whole."""
    longest = paper(text="ä" * (128 * 1024), case_number="9" * 100)
    made = grants.propose(proposal(clock, instrument=Instrument.DECLARATION), longest, by=ANN)
    assert longest == grants.papers(made.grant)


@pytest.mark.parametrize("person", [BEN, EMIL])
def test_a_paper_is_withdrawn(grants: Grants, clock: SetClock, person: PersonId) -> None:
    """By either side; from then on none is on file, while the grant stands and both register and list say so."""
    made = grants.propose(proposal(clock, instrument=Instrument.ATTESTATION), paper(), by=ANN)
    grants.approve(made.grant, by=BEN)
    before = grants.in_force(PINE, QUARRY, clock.now())
    clock.advance(DAY)
    ended = grants.withdraw_paper(made.grant, by=person)
    after = grants.in_force(PINE, QUARRY, clock.now())
    assert before is not None
    assert after is not None
    assert (True, False) == (before.declaration_on_file, after.declaration_on_file)
    assert (person, clock.now()) == (ended.paper_withdrawn_by, ended.paper_withdrawn_at)
    (line,) = grants.register(clock.now())
    assert (clock.now(), DIGEST, GrantState.IN_FORCE) == (line.paper_withdrawn_at, line.instrument_hash, line.state)
    assert TEXT == grants.papers(made.grant).text
    with pytest.raises(Conflict) as again:
        grants.withdraw_paper(made.grant, by=person)
    assert "paper_withdrawn" == again.value.code


def test_a_paper_that_cannot_be_withdrawn(grants: Grants, clock: SetClock) -> None:
    """None that never was, none of a grant that is over, none by a person of a third agency, none unknown."""
    bare = granted(grants, clock)
    with pytest.raises(Conflict) as none:
        grants.withdraw_paper(bare.grant, by=BEN)
    assert "no_paper" == none.value.code
    grants.revoke(bare.grant, by=BEN)
    made = grants.propose(proposal(clock, instrument=Instrument.DECLARATION), paper(), by=ANN)
    with pytest.raises(NotFound):
        grants.withdraw_paper(made.grant, by=PersonId("nobody"))
    with pytest.raises(NotFound):
        grants.withdraw_paper(GrantId("g0"), by=BEN)
    grants.revoke(made.grant, by=BEN)
    with pytest.raises(Conflict) as over:
        grants.withdraw_paper(made.grant, by=BEN)
    assert "grant_over" == over.value.code


def test_the_register_says_when_a_grantee_is_set_inactive(grants: Grants, clock: SetClock, engine: Engine) -> None:
    """A grant that answers nothing is not shown as in force."""
    granted(grants, clock)
    agencies = Agencies(engine, clock)
    agencies.deactivate(QUARRY)
    assert [GrantState.SUSPENDED] == [line.state for line in grants.register(clock.now())]
    agencies.activate(QUARRY)
    assert [GrantState.IN_FORCE] == [line.state for line in grants.register(clock.now())]


def test_the_register_never_says_the_case(grants: Grants, clock: SetClock) -> None:
    """It says that a grant is for one case, and no value of the line is the number."""
    made = grants.propose(proposal(clock), GrantPapers(case_number="26-7731"), by=ANN)
    grants.approve(made.grant, by=BEN)
    (line,) = grants.register(clock.now())
    assert line.for_case
    assert not [value for value in vars_of(line) if "26-7731" in str(value)]
