"""Rules: what the shipped laws say about holds, and that the defense never needs more than the state."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain, combinations

import pytest

from lockplate.clock import SetClock
from lockplate.errors import BadInput
from lockplate.gate.act import Act, ActContext
from lockplate.gate.decision import Gate
from lockplate.gate.hold import HoldFacts
from lockplate.gate.question import AgencyFacts, OperatorFacts, PersonFacts
from lockplate.holding.rules import LONGEST, MAX_FACTS, NO_RULES, HoldRules, hold_rules, require_words
from lockplate.law.profile import LawProfile
from lockplate.law.words import HoldKind, HoldNeed, Renewal
from lockplate.lookup.facts import profile_facts
from lockplate.terms import AgencyId, AgencyKind, OperatorId, PersonId, ProfileId, Role, Verdict
from lockplate.wiring.policies import shipped_gate, shipped_profiles

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
PROFILES = shipped_profiles()
VERSIONS = [version for name in PROFILES.ids() for version in PROFILES.versions(name)]
OWN_GROUNDS = (HoldKind.CASE, HoldKind.PRESERVATION_REQUEST)
"""Those on which the state holds reads by its own word."""

POLICE = AgencyFacts(agency=AgencyId("pine"), kind=AgencyKind.COUNTY, state="CA", active=True)
DEFENDER = AgencyFacts(agency=AgencyId("defender"), kind=AgencyKind.DEFENSE, state="CA", active=True)


def law(name: str) -> LawProfile:
    return PROFILES.versions(ProfileId(name))[-1]


@pytest.fixture(scope="module")
def gate() -> Gate:
    return shipped_gate(SetClock(NOW))


# What the law says


@pytest.mark.parametrize(
    ("name", "kinds", "needs", "longest", "renewals"),
    [
        ("us-nc", "preservation_request warrant", "sworn camera plate dates facts case_no", 365, "on_request"),
        ("us-mt", "preservation_request warrant", "sworn camera plate dates facts", 365, "on_request"),
        ("us-vt", "court_order", "sworn camera plate dates", 90, "by_court"),
        ("us-tn", "case", "", 365, "on_request"),
        ("us-mn", "case defense_request", "", 365, "on_request"),
    ],
)
def test_the_rules_are_the_profiles(name: str, kinds: str, needs: str, longest: int, renewals: str) -> None:
    """Grounds, needs, longest time and renewal of laws that differ in each."""
    rules = hold_rules(law(name))

    assert (set(kinds.split()), set(needs.split()), timedelta(days=longest), renewals) == (
        set(rules.kinds), set(rules.needs), rules.longest, rules.renewals,
    )  # fmt: skip


def test_without_law_nothing_is_held() -> None:
    """No profile, no ground."""
    assert NO_RULES == hold_rules(None)
    assert frozenset() == NO_RULES.kinds


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: f"{version.id}@{version.effective_from}")
def test_a_hold_always_ends(version: LawProfile) -> None:
    """Under every law there is a longest time; where it is the law's own, a hold that names no end has one."""
    rules = hold_rules(version)

    assert timedelta() < rules.longest <= max(LONGEST, version.hold_max or LONGEST)
    assert (version.hold_max is not None) == (rules.end(None, NOW) is not None)
    assert NOW + timedelta(days=3) == rules.end(NOW + timedelta(days=3), NOW)


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: f"{version.id}@{version.effective_from}")
def test_the_rules_name_their_sections(version: LawProfile) -> None:
    """Each rule that the law states has the section, after the profile's id; its silence has none."""
    rules = hold_rules(version)

    assert bool(rules.kinds) == ("hold.kinds" in rules.cites)
    assert bool(rules.needs) == ("hold.needs" in rules.cites)
    assert rules.is_limit_of_law == ("hold.max" in rules.cites)
    assert all(cite.startswith(f"{version.id}: ") and len(cite) > len(version.id) + 4 for cite in rules.cites.values())


def test_a_text_that_is_too_long_is_refused() -> None:
    """Facts may be long, names and numbers not."""
    require_words(facts="x" * MAX_FACTS, case="1")
    for words in ({"facts": "x" * (MAX_FACTS + 1)}, {"facts": "", "case": "1" * 201}):
        with pytest.raises(BadInput):
            require_words(**words)


# As easy as the state's


def papers() -> Iterator[frozenset[HoldNeed]]:
    """Yield every paper that there can be, by what it has."""
    needs = sorted(HoldNeed)
    yield from map(frozenset, chain.from_iterable(combinations(needs, size) for size in range(len(needs) + 1)))


def is_held(
    gate: Gate,
    version: LawProfile,
    rules: HoldRules,
    agency: AgencyFacts,
    kind: HoldKind,
    given: frozenset[HoldNeed],
    *,
    act: Act = Act.OPEN_HOLD,
    lasts: timedelta | None = None,
    has_paper: bool = False,
) -> bool:
    """Say whether the gate lets an agency's officer hold reads, or draw a hold out, under a law."""
    person = PersonFacts(person=PersonId("p"), agency=agency.agency, roles=frozenset({Role.OFFICER}), active=True)
    operator = OperatorFacts(operator=OperatorId("pine"), agency=POLICE, profile=profile_facts(version))
    hold = HoldFacts(
        kind=kind,
        kinds=rules.kinds,
        needs=rules.needs,
        given=given,
        plates=1,
        past=True,
        has_paper=has_paper,
        lasts=lasts or rules.longest,
        longest=rules.longest,
        renewals=rules.renewals,
        open=True,
        opener=person.person,
        holder=agency,
    )
    return gate.explain_act(person, agency, act, operator, ActContext(hold=hold)).verdict is Verdict.PERMITTED


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: f"{version.id}@{version.effective_from}")
@pytest.mark.parametrize("act", [Act.OPEN_HOLD, Act.RENEW_HOLD])
def test_the_defense_never_needs_more_than_the_state(gate: Gate, version: LawProfile, act: Act) -> None:
    """For every law and every paper: what the state gets on its own word, a defender gets with the same paper.

    And as long; and where only a court's paper will do, the same paper does for both.
    """
    rules = hold_rules(version)
    tried = 0
    for given in papers():
        for lasts in (rules.longest, rules.longest + timedelta(seconds=1)):
            state = any(
                is_held(gate, version, rules, POLICE, kind, given, act=act, lasts=lasts) for kind in OWN_GROUNDS
            )
            if state:
                tried += 1
                assert is_held(gate, version, rules, DEFENDER, HoldKind.DEFENSE_REQUEST, given, act=act, lasts=lasts)
        for kind in rules.kinds:
            if is_held(gate, version, rules, POLICE, kind, given, act=act, has_paper=True):
                assert is_held(gate, version, rules, DEFENDER, kind, given, act=act, has_paper=True)
    renewable = act is Act.OPEN_HOLD or rules.renewals is Renewal.ON_REQUEST
    assert bool(rules.kinds.intersection(OWN_GROUNDS) and renewable) == bool(tried)


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: f"{version.id}@{version.effective_from}")
def test_the_law_decides_for_the_state_as_it_is_written(gate: Gate, version: LawProfile) -> None:
    """A ground that the law does not name holds nothing; one it names holds what has all that the law wants."""
    rules = hold_rules(version)
    everything = frozenset(HoldNeed)
    for kind in set(HoldKind) - {HoldKind.DEFENSE_REQUEST}:
        assert (kind in rules.kinds) == is_held(gate, version, rules, POLICE, kind, everything, has_paper=True)
        for need in everything:
            lacking = is_held(gate, version, rules, POLICE, kind, everything - {need}, has_paper=True)
            wanted = need in rules.needs | {HoldNeed.PLATE, HoldNeed.DATES, HoldNeed.CASE_NO}
            assert (kind in rules.kinds and not wanted) == lacking
