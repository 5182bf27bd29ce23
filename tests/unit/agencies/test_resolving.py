"""Lists that a user brings, decisions that a person made, and which of them a name comes to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.agencies import resolving
from lockplate.agencies.agency import Authority, Marker, Outcome
from lockplate.agencies.confirmed import Confirmed, parse_confirmed
from lockplate.agencies.listed import Listed, parse_agency_list
from lockplate.agencies.resolving import Resolver
from lockplate.agencies.rules import resolve_by_rules
from lockplate.errors import BadInput
from lockplate.terms import AgencyKind

LIST = b"""name,alias,kind,state,notes
Pine Regional Information Hub,PRIH; pine-hub,oversight,CA,made up
Elm Plaza Police,,private,TX,company guards
Elm Plaza Police,Elm PD 2,,TX,second row
Harbor CA PD,harbour-ca-police,municipal,CA,
"""


def resolver(confirmed: str = "", listed: bytes = b"name\n") -> Resolver:
    return Resolver(parse_agency_list(listed), parse_confirmed(confirmed.encode()))


# Lists


def test_a_listed_name_and_its_aliases_are_one_agency() -> None:
    """What no rule knows is resolved by the list, in any writing, and the line of the list is shown."""
    known = resolver(listed=LIST)
    found = [known.resolve(name) for name in ("PRIH", "Pine-Hub", "Pine Regional Information Hub")]

    assert {Outcome.ONE} == {one.outcome for one in found}
    assert {Authority.LISTED} == {one.authority for one in found}
    assert 1 == len({one.key for one in found})
    agency = found[0].agency
    assert agency is not None
    assert (AgencyKind.OVERSIGHT, "CA") == (agency.kind, agency.state)
    assert "line 2: Pine Regional Information Hub (made up)" in found[0].readings[0].steps[0].says


def test_a_list_sets_the_kind_right_and_says_what_the_words_say() -> None:
    """The list's kind counts, with its marker; that the words say another is shown."""
    found = resolver(listed=LIST).resolve("Elm Plaza Police")

    assert found.agency is not None
    assert (AgencyKind.PRIVATE, True) == (found.agency.kind, found.has(Marker.PRIVATE))
    assert "line 3, 4" in found.readings[0].steps[0].says
    assert "the words alone say municipal, the list says private" == found.readings[0].steps[1].says


def test_a_name_read_as_a_listed_agency_is_it() -> None:
    """Another writing of a listed name, and a name that rules bring to its key, are the listed agency; others are not."""
    known = resolver(listed=LIST)

    assert {Authority.LISTED} == {
        known.resolve(name).authority for name in ("harbor-ca-pd", "CA - Harbor Police Dept.", "harbour CA police")
    }
    assert 1 == len({known.resolve(name).key for name in ("Harbor CA PD", "harbour-ca-police")})
    assert Authority.RULES is known.resolve("Harbor TX PD").authority


def test_an_alias_of_two_listed_agencies_is_ambiguous() -> None:
    """Both are named."""
    found = resolver(listed=b"name,alias\nPine CA PD,PPD\nPalm CA PD,PPD\n").resolve("ppd")

    assert (Outcome.AMBIGUOUS, Authority.LISTED) == (found.outcome, found.authority)
    assert ["Palm CA PD", "Pine CA PD"] == sorted(reading.agency.title for reading in found.readings)


def test_labels_are_read_beside_a_listed_name() -> None:
    """A deactivated account of a listed agency is that agency, marked."""
    found = resolver(listed=LIST).resolve("[Inactive] PRIH")

    assert (Authority.LISTED, True) == (found.authority, found.has(Marker.DEACTIVATED))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "header"),
        (b"alias,kind\nx,county\n", "header"),
        (b"name,name\nx,y\n", "header"),
        (b"name,officer\nx,y\n", "header"),
        (b"name,kind\nPine PD,castle\n", "line 2: no such kind"),
        (b"name,state\nPine PD,ZZ\n", "line 2: no such state"),
        (b"name,kind\nPine PD\n", "line 2 has 1 cells"),
        (b"name,kind\n,county\n", "line 2 has no name"),
        (b"name,alias\nPine PD,...\n", "line 2: no name"),
        (b"name,kind\nPine PD,county\npine-pd,state\n", "line 3 gives another kind"),
        (b"name\n\xff\n", "not UTF-8"),
        (b'name\n"x\n', "no CSV"),
    ],
)
def test_a_faulty_list_is_refused_with_its_line(text: bytes, says: str) -> None:
    """Nothing of a faulty list is taken, and the refusal says where to look."""
    with pytest.raises(BadInput, match=says):
        parse_agency_list(text)


def test_empty_lines_and_a_mark_of_byte_order_are_no_fault() -> None:
    """A file out of a spreadsheet is taken."""
    assert ("Pine PD",) == tuple(
        one.name for one in parse_agency_list(b"\xef\xbb\xbfName,State\r\n\r\nPine PD,ca\r\n,\r\n")
    )


# Confirmations


def test_a_persons_decision_wins_and_is_shown() -> None:
    """An ambiguous name is settled; who, when and why stand in the steps, and what it would be without."""
    known = resolver(
        "confirmed:\n  - {name: La Mesa PD, agency: La Mesa CA PD, by: Ann Lee, day: 2026-11-24, note: its own page}\n"
    )
    for name in ("La Mesa PD", "la-mesa-pd", "LA MESA P.D."):
        found = known.resolve(name)
        assert (Outcome.ONE, Authority.CONFIRMED, "ca:lamesa:police") == (found.outcome, found.authority, found.key)
        assert "confirmed by Ann Lee on 2026-11-24: its own page" == found.readings[0].steps[0].says
        assert "without that it would be ambiguous" in found.readings[0].steps[1].says


def test_a_decision_goes_before_a_list_and_may_name_a_listed_agency() -> None:
    """The list says one thing, the person another: the person's counts; what they name may be on the list."""
    known = resolver("confirmed:\n- {name: PRIH, kind: federal}\n- {name: mystery, agency: pine-hub}\n", LIST)

    assert known.resolve("PRIH").agency is not None
    assert AgencyKind.FEDERAL is known.resolve("PRIH").agency.kind  # type: ignore[union-attr]
    assert known.resolve("PRIH").has(Marker.FEDERAL)
    assert known.resolve("mystery").key == known.resolve("pine-hub").key != known.resolve("mystery 2").key


def test_two_names_that_rules_hold_to_be_one_are_split() -> None:
    """Apart: the name has a key of its own, what its words say of kind and state stays."""
    known = resolver(
        "confirmed:\n- {name: Pine County IL Sheriff Jail, agency: Pine jail, apart: true}\n- {name: Pine IL SO, apart: yes, kind: foreign}\n"
    )
    plain, split = known.resolve("Pine County IL SO"), known.resolve("Pine IL SO")

    assert resolve_by_rules("Pine IL SO").key == plain.key == "il:pine:sheriff"
    assert "own:pineilso" == split.key
    assert "own:pinejail" == known.resolve("Pine County IL Sheriff Jail").key
    assert split.agency is not None
    assert (AgencyKind.FOREIGN, "IL") == (split.agency.kind, split.agency.state)


def test_a_kind_that_is_confirmed_takes_the_markers_of_another_off() -> None:
    """Initials that are somebody else's: the person says municipal, and no immigration marker is left."""
    known = resolver("confirmed:\n- {name: HSI, agency: Hill Street Investigations, kind: municipal, state: CA}\n")
    found = known.resolve("hsi")

    assert not found.has(Marker.IMMIGRATION)
    assert found.agency is not None
    assert ("own:hillstreetinvestigations", AgencyKind.MUNICIPAL, "CA") == (
        found.key,
        found.agency.kind,
        found.agency.state,
    )


def test_a_kind_alone_may_be_set_right() -> None:
    """The key stays, the kind is the person's, and the markers go with the kind; labels stay."""
    found = resolver("confirmed:\n- {name: ICE, kind: private}\n").resolve("[Inactive] ICE")

    assert "us:ice" == found.key
    assert {Marker.PRIVATE, Marker.DEACTIVATED} == {mark.marker for mark in found.marks}


def test_confirmations_may_be_a_csv() -> None:
    """The same fields as columns make the same decisions."""
    text = b"name,agency,apart,kind,state,by\nLa Mesa PD,La Mesa CA PD,,,,Ann\nPRIH,,yes,county,ca,\n"

    assert (
        Confirmed(name="La Mesa PD", agency="La Mesa CA PD", by="Ann"),
        Confirmed(name="PRIH", apart=True, kind=AgencyKind.COUNTY, state="CA"),
    ) == parse_confirmed(text)
    assert () == parse_confirmed(b"")
    assert () == parse_confirmed(b"confirmed:\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"- a\n", "no list under"),
        (b"confirmed: 3\n", "no list under"),
        (b"confirmed: []\nother: 1\n", "no list under"),
        (b"confirmed:\n- {name: a}\n", "entry 1: it says nothing"),
        (b"confirmed:\n- {name: a, wat: b}\n", "entry 1: not a set"),
        (b"confirmed:\n- {name: a, state: no}\n", "entry 1: `state` is no text"),
        (b"confirmed:\n- {name: '?', kind: county}\n", "entry 1: no name"),
        (b"confirmed:\n- {name: a, kind: castle}\n", "entry 1: no such kind"),
        (b"confirmed:\n- {name: a b, kind: county}\n- {name: A-B, kind: state}\n", "decision 2"),
        (b"name,apart\nx,maybe\n", "line 2: `apart`"),
        (b"a: [", "neither CSV nor YAML"),
        (b"a: \xff", "not UTF-8"),
        (b"x" * 300_000, "larger than"),
    ],
)
def test_faulty_confirmations_are_refused(text: bytes, says: str) -> None:
    """Nothing is taken of a file that is not all understood; the refusal says where to look."""
    with pytest.raises(BadInput, match=says):
        parse_confirmed(text)


def test_a_name_that_yaml_takes_for_something_else_is_refused_with_advice() -> None:
    """NO is a state of mind to YAML: the next step says to quote."""
    with pytest.raises(BadInput) as refused:
        parse_confirmed(b"confirmed:\n- {name: NO, kind: county}\n")

    assert "quotes" in refused.value.next_step


# Both


@given(st.lists(st.sampled_from(("La Mesa PD", "PRIH", "HSI", "Pine CA PD", "x", "Elm PD 2")), max_size=20))
def test_what_was_asked_before_makes_no_difference(names: list[str]) -> None:
    """A resolver that remembers little and one that remembers all give the same answers."""
    kept, resolving.MOST_REMEMBERED = resolving.MOST_REMEMBERED, 2
    try:
        forgetful, fresh = resolver(listed=LIST), resolver(listed=LIST)
        for name in names:
            assert forgetful.resolve(name) == Resolver(parse_agency_list(LIST)).resolve(name)
            assert forgetful.resolve(name) == fresh.resolve(name)
    finally:
        resolving.MOST_REMEMBERED = kept


@given(st.text(max_size=40))
def test_without_lists_a_resolver_is_the_rules(name: str) -> None:
    """Nothing is shipped that the rules do not say."""
    assert resolve_by_rules(name) == Resolver().resolve(name)


def test_a_listed_state_that_the_name_does_not_say_is_another_key() -> None:
    """Two towns of one name in two states of a list are two agencies."""
    known = Resolver(
        (Listed(name="Pine PD", state="CA"), Listed(name="Pine PD West", aliases=("Pine Police",), state="TX"))
    )

    told = [known.resolve(name).key for name in ("Pine PD", "Pine Police", "Pine NV PD")]

    assert ["listed:ca:pinepd", "listed:tx:pinepdwest", "nv:pine:police"] == told
