"""Names to agencies by their words alone: what each says, what stays open, and what makes no difference."""

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lockplate.agencies.agency import Marker, Outcome, Resolution
from lockplate.agencies.names import folded
from lockplate.agencies.rules import resolve_by_rules, sign
from lockplate.agencies.states import ORDINARY_WORDS, STATE_NAMES
from lockplate.agencies.words import PHRASES
from lockplate.terms import AgencyKind, Sureness

PLAIN_STATES = sorted(code for code in STATE_NAMES if code.lower() not in ORDINARY_WORDS)
OF_A_TOWN = ("PD", "Police Department", "Police Dept.", "Police")
OF_A_COUNTY = ("SO", "Sheriff", "Sheriff's Office", "Sheriff’s Dept", "Sheriffs Office")


def markers(found: Resolution) -> set[str]:
    return {mark.marker.value for mark in found.marks}


# What a name comes to


@pytest.mark.parametrize(
    ("name", "key", "kind"),
    [
        ("Pinecrest TX PD", "tx:pinecrest:police", "municipal"),
        ("pinecrest-tx-pd", "tx:pinecrest:police", "municipal"),
        ("CA - Pine County Sheriff", "ca:pine:sheriff", "county"),
        ("Pine County Sheriff's Office, California", "ca:pine:sheriff", "county"),
        ("Marshall County IL SO", "il:marshall:sheriff", "county"),
        ("Pine County MD PD", "md:pine-county:police", "county"),
        ("City of Pinecrest TX PD", "tx:pinecrest:police", "municipal"),
        ("Town of Pinecrest NY PD", "ny:pinecrest-town:police", "municipal"),
        ("Pinecrest Township MI PD", "mi:pinecrest-township:police", "municipal"),
        ("Pine County Const TX Pct 4", "tx:pineprecinct4:constable", "county"),
        ("Pine County TX Constable Precinct 4", "tx:pineprecinct4:constable", "county"),
        ("Texas DPS", "tx:~:public-safety", "state"),
        ("TX DPS", "tx:~:public-safety", "state"),
        ("California Highway Patrol", "ca:~:highway-patrol", "state"),
        ("Missouri State Highway Patrol", "mo:~:highway-patrol", "state"),
        ("Washington State Patrol", "wa:~:state-patrol", "state"),
        ("Washington County OR SO", "or:washington:sheriff", "county"),
        ("Indiana PA PD", "pa:indiana:police", "municipal"),
        ("Virginia Beach VA PD", "va:virginiabeach:police", "municipal"),
        ("New York NY PD", "ny:newyork:police", "municipal"),
        ("Washington DC PD", "dc:washington:police", "municipal"),
        ("Kansas City MO PD", "mo:kansascity:police", "municipal"),
        ("Denver CO PD", "co:denver:police", "municipal"),
        ("Baton Rouge LA PD", "la:batonrouge:police", "municipal"),
        ("La Mesa CA PD", "ca:lamesa:police", "municipal"),
        ("De Kalb IL PD", "il:dekalb:police", "municipal"),
        ("La Porte IN PD", "in:laporte:police", "municipal"),
        ("Marin Co CA SO", "ca:marin:sheriff", "county"),
        ("Pine County CA SD", "ca:pine:sheriff", "county"),
        ("Rapid City SD PD", "sd:rapidcity:police", "municipal"),
        ("Pinecrest State University TX PD", "tx:pinecreststateuniversity:police", "campus"),
        ("Pinecrest ISD TX PD", "tx:pinecrestisd:police", "campus"),
        ("College Station TX PD", "tx:collegestation:police", "municipal"),
        ("University Park TX PD", "tx:universitypark:police", "municipal"),
        ("State College PA PD", "pa:statecollege:police", "municipal"),
        ("Pine State College GA PD", "ga:pinestatecollege:police", "campus"),
        ("Federal Way WA PD", "wa:federalway:police", "municipal"),
        ("Pine Nation NM PD", "nm:pinenation:police", "tribal"),
        ("Pueblo CO PD", "co:pueblo:police", "municipal"),
        ("Pueblo of Pine NM PD", "nm:puebloofpine:police", "tribal"),
        ("Indian River County FL SO", "fl:indianriver:sheriff", "county"),
        ("Pine Area Rapid Transit CA PD", "ca:pinearearapidtransit:police", "unknown"),
        ("Port of Pine WA PD", "wa:portofpine:police", "unknown"),
        ("Pine County CA DA", "ca:pine:prosecutor", "prosecutor"),
        ("Pine County District Attorney's Office CA", "ca:pine:prosecutor", "prosecutor"),
        ("Pine County AZ Attorney's Office", "az:pine:prosecutor", "prosecutor"),
        ("Northern California HIDTA", "ca:northern:task-force", "unknown"),
        ("Northern CA Regional Intelligence Center", "ca:northern:fusion-center", "unknown"),
        ("New England HIDTA", "~:newengland:task-force", "unknown"),
        ("Sunny Oaks HOA", "~:sunnyoakshoa:private", "private"),
        ("CA - Bowling USA Pinecrest, LLC", "ca:bowlingusapinecrest:private", "private"),
        ("Pine Railroad PD", "~:pinerailroad:police", "private"),
        ("Fort Pine Military Police", "us:~:fortpinemilitarypolice:military", "federal"),
        ("[Federal] Naval Base Pine PD", "us:~:navalbasepine:police", "federal"),
        ("California Department of Corrections and Rehabilitation", "ca:~:corrections", "state"),
        ("Pine TX Real Time Crime Center", "tx:pine:crime-center", "unknown"),
        ("Pine Nation Marshals Service", "~:pinenation:marshal", "tribal"),
        ("Ice House Lofts HOA", "~:icehouseloftshoa:private", "private"),
        ("FBI Credit Union LLC", "~:fbicreditunion:private", "private"),
        ("LA County SO", "~:la:sheriff", "county"),
        ("ICE Pine Field Office", "us:ice", "immigration_enforcement"),
        ("Pine UK PD", "abroad:uk:pineuk:police", "foreign"),
        ("Royal Canadian Mounted Police", "abroad:ca:~:royal-canadian-mounted-police", "foreign"),
        ("Pine BC PD", "abroad:ca:pinebc:police", "foreign"),
        ("Ontario CA PD", "ca:ontario:police", "municipal"),
        ("Mexico MO PD", "mo:mexico:police", "municipal"),
        ("FBI", "us:fbi", "federal"),
        ("[Federal] Federal Bureau of Investigation (FBI)", "us:fbi", "federal"),
        ("FBI Pinecrest", "us:fbi", "federal"),
        ("U.S. Marshals Service", "us:usms", "federal"),
        ("us-marshals-service", "us:usms", "federal"),
        ("Postal Inspection Service", "us:uspis", "federal"),
        ("Veterans Affairs Police Pinecrest", "us:va-police", "federal"),
        ("ICE", "us:ice", "immigration_enforcement"),
        ("U.S. Immigration & Customs Enforcement (ICE)", "us:ice", "immigration_enforcement"),
        ("ERO", "us:ice-ero", "immigration_enforcement"),
        ("ICE ERO Pinecrest", "us:ice-ero", "immigration_enforcement"),
        ("[Federal] HSI", "us:ice-hsi", "immigration_enforcement"),
        ("Homeland Security Investigations", "us:ice-hsi", "immigration_enforcement"),
        ("CBP", "us:cbp", "immigration_enforcement"),
        ("US Border Patrol - Pine Sector", "us:cbp-usbp", "immigration_enforcement"),
        ("USCIS", "us:uscis", "immigration_enforcement"),
    ],
)
def test_a_name_is_read(name: str, key: str, kind: str) -> None:
    """Each name of the field comes to one agency with its kind, and says which words said so."""
    found = resolve_by_rules(name)

    assert (Outcome.ONE, key) == (found.outcome, found.key)
    assert found.agency is not None
    assert kind == found.agency.kind.value
    assert found.readings[0].steps


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("La Mesa PD", {"la:mesa:police", "~:lamesa:police"}),
        ("Marin Co SO", {"co:marin:sheriff", "~:marin:sheriff"}),
        ("Pine County SD", {"sd:pine-county:government", "~:pine:sheriff"}),
        ("New York PD", {"ny:~:police", "~:newyork:police"}),
        ("Virginia Beach PD", {"va:beach:police", "~:virginiabeach:police"}),
        ("Richmond VA SO", {"va:richmond:sheriff", "va:richmond-city:sheriff"}),
        ("HSI", {"us:ice-hsi", "?:hsi"}),
        ("Hsi", {"us:ice-hsi", "?:hsi"}),
        ("Tulsa HSI", {"us:ice-hsi", "?:tulsahsi"}),
        ("DHS", {"us:dhs", "?:dhs"}),
        ("ICE PD", {"us:ice", "~:ice:police"}),
        ("VA Police", {"va:~:police", "us:va-police"}),
        ("Port Authority of New York and New Jersey PD",
         {f"{state}:portauthorityofnewyorknewjersey:police" for state in ("ny", "nj")}),
        ("Detroit MI ICE", {"us:ice", "?:detroiticemi"}),
        ("Ice House", {"us:ice", "?:icehouse"}),
        ("Mexico PD", {"abroad:mexico:mexico:police", "~:mexico:police"}),
        ("New England PD", {"abroad:england:newengland:police", "~:newengland:police"}),
        ("CA Department of Justice", {"us:doj", "ca:departmentofjustice"}),
        ("Indiana Department of Homeland Security", {"us:dhs", "in:departmentofhomelandsecurity"}),
    ],
)  # fmt: skip
def test_two_readings_are_named_both(name: str, keys: set[str]) -> None:
    """What can be read in two ways comes to no agency, names both, and no marker of it is more than a hint."""
    found = resolve_by_rules(name)

    assert (Outcome.AMBIGUOUS, None) == (found.outcome, found.agency)
    assert keys == {reading.agency.key for reading in found.readings}
    assert found.key.startswith("?:")
    assert {Sureness.HINT} >= {mark.sure for mark in found.marks}


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Richmond City VA SO", "va:richmond-city:sheriff"),
        ("City of Richmond VA SO", "va:richmond-city:sheriff"),
        ("Richmond County VA SO", "va:richmond:sheriff"),
        ("St. Louis City MO SO", "mo:stlouis-city:sheriff"),
        ("Boone MO SO", "mo:boone:sheriff"),
    ],
)
def test_cities_with_sheriffs_of_their_own_are_told_from_counties(name: str, key: str) -> None:
    """In Virginia, Baltimore and St. Louis the words city and county decide; elsewhere a sheriff is a county's."""
    assert key == resolve_by_rules(name).key


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "—",
        ".",
        "Police",
        "Houston TX",
        "Some Thing",
        "NCRIC",
        "x" * 301,
        "PD SO",
        "Sheriff TX",
        "County Sheriff",
    ],
)
def test_what_says_nothing_is_unknown(name: str) -> None:
    """A place without a body, a body without a place, initials: unknown, with the marker and a reason."""
    found = resolve_by_rules(name)

    assert (Outcome.UNKNOWN, ()) == (found.outcome, found.readings)
    assert {"unknown"} == markers(found)
    assert found.steps[-1].says


# Immigration


NOT_IMMIGRATION = ("Ice County", "Ice County TX SO", "Price UT PD", "ALICE TX PD", "ICE TX PD", "Iceland Township MI PD",
                   "Hero TX PD", "Marshall County IL SO", "Thsi CA PD", "Dice Mall", "Hsieh HOA", "Niceville FL PD")  # fmt: skip


@pytest.mark.parametrize("name", NOT_IMMIGRATION)
def test_no_name_is_immigration_by_a_substring(name: str) -> None:
    """Letters inside a word, a town's and a county's name raise no marker."""
    found = resolve_by_rules(name)

    assert found.agency is not None
    assert found.agency.kind is not AgencyKind.IMMIGRATION_ENFORCEMENT
    assert not found.has(Marker.IMMIGRATION)


@given(
    st.text(string.ascii_letters, min_size=4, max_size=14),
    st.sampled_from(("ice", "ero", "hsi", "cbp", "dhs")),
    st.data(),
)
def test_letters_inside_a_word_never_make_it_immigration(word: str, inside: str, data: st.DataObject) -> None:
    """Whatever stands around initials in one word, the name is no immigration agency and has no such marker."""
    at = data.draw(st.integers(0, len(word)))
    made = word[:at] + inside + word[at:]
    assume((made.lower(),) not in PHRASES)
    for name in (f"{made} TX PD", f"{made} County TX SO", made):
        found = resolve_by_rules(name)

        assert not found.has(Marker.IMMIGRATION)
        assert AgencyKind.IMMIGRATION_ENFORCEMENT not in {reading.agency.kind for reading in found.readings}


@pytest.mark.parametrize(
    ("name", "words"),
    [("Houston TX PD HSI", "hsi"), ("Houston TX PD - ICE", "ice"), ("Pine County TX SO Immigration Unit", "immigration"),
     ("Pine County 287(g) Task Force", "287 g")],
)  # fmt: skip
def test_a_keyword_is_a_marker_with_its_words_and_no_verdict(name: str, words: str) -> None:
    """Beside a local body a keyword leaves the kind alone, is a hint, and shows its words."""
    found = resolve_by_rules(name)

    assert found.agency is not None
    assert found.agency.kind in {AgencyKind.MUNICIPAL, AgencyKind.COUNTY, AgencyKind.UNKNOWN}
    told = {(mark.words, mark.sure) for mark in found.marks if mark.marker is Marker.IMMIGRATION}
    assert {(words, Sureness.HINT)} == told


def test_a_task_force_of_a_federal_agency_is_marked_and_of_no_kind() -> None:
    """Who its members are the name does not say: joint, federal, immigration as hints, kind unknown."""
    found = resolve_by_rules("ICE Task Force Pinecrest TX")

    assert {"joint", "federal", "immigration"} == markers(found)
    assert found.agency is not None
    assert AgencyKind.UNKNOWN is found.agency.kind
    assert {Sureness.HINT} == {mark.sure for mark in found.marks if mark.marker is not Marker.JOINT}


def test_the_parent_department_hints_at_its_agencies() -> None:
    """The Department of Homeland Security is federal, and a hint of immigration enforcement."""
    found = resolve_by_rules("[Federal] DHS")

    assert ("us:dhs", {"federal", "immigration"}) == (found.key, markers(found))
    assert found.agency is not None
    assert AgencyKind.FEDERAL is found.agency.kind


# Labels


def test_a_label_says_something_about_the_account() -> None:
    """A deactivated account is the agency's; a test account is not; both are marked, with the words."""
    plain, off, test = (
        resolve_by_rules(name) for name in ("Pine TX PD", "[DEACTIVATED] Pine TX PD", "Pine TX PD (Demo)")
    )

    assert plain.key == off.key
    assert plain.key != test.key
    assert [("deactivated", "deactivated")] == [(mark.marker.value, mark.words) for mark in off.marks]
    assert [("test", "demo")] == [(mark.marker.value, mark.words) for mark in test.marks]
    assert {"test", "unknown"} == markers(resolve_by_rules("Demo Account"))


def test_a_companys_word_beside_a_public_body_stays_open() -> None:
    """A police department of a mall is marked private, and its kind is not guessed."""
    found = resolve_by_rules("Pine Mall TX PD")

    assert {"private"} == markers(found)
    assert found.agency is not None
    assert AgencyKind.UNKNOWN is found.agency.kind


# What makes no difference


@st.composite
def places(draw: st.DrawFn) -> str:
    """Return one to three words that mean nothing else."""
    word = st.text(string.ascii_lowercase, min_size=3, max_size=9)
    words = draw(st.lists(word, min_size=1, max_size=3))
    assume(not any(word in {"the", "and"} or (word,) in PHRASES or word != folded(word)[0] for word in words))
    assume(all(tuple(words[at : at + 2]) not in PHRASES for at in range(len(words))))
    return " ".join(words)


@st.composite
def written(draw: st.DrawFn, text: str) -> str:
    """Return a text in another case, with other punctuation, or as a slug."""
    cased = draw(st.sampled_from((str.lower, str.upper, str.title, str)))(text)
    if draw(st.booleans()):
        return cased.replace("'", "").replace("’", "").replace(".", "").replace(" ", draw(st.sampled_from("-_")))
    between = draw(st.sampled_from((" ", "  ", ", ", " - ", " / ", "\t", " | ")))
    around = draw(st.sampled_from(("{}", "({})", " {} ", "{}.", "“{}”")))
    return around.format(cased.replace(" ", between))


@given(st.data(), places(), st.sampled_from(PLAIN_STATES), st.sampled_from((OF_A_TOWN, OF_A_COUNTY)), st.booleans())
def test_case_punctuation_order_and_slug_do_not_change_the_key(
    data: st.DataObject, place: str, state: str, bodies: tuple[str, ...], spelled: bool
) -> None:
    """The same place, state and body, in any writing and order, with any of the body's names, are one agency."""
    county = " County" if bodies is OF_A_COUNTY else ""
    plain = resolve_by_rules(f"{place}{county} {state} {bodies[0]}")
    parts = [f"{place}{county}", state, data.draw(st.sampled_from(bodies))]
    order = data.draw(st.permutations(parts)) if not spelled else [parts[0], parts[2], STATE_NAMES[state].title()]
    other = resolve_by_rules(data.draw(written(" ".join(order))))

    assert Outcome.ONE is plain.outcome
    assert plain.key == other.key


@given(
    st.one_of(
        st.text(max_size=60),
        st.lists(st.sampled_from([" ".join(words) for words in PHRASES]), max_size=7).map(" ".join),
    )
)
def test_any_text_comes_out_the_same_again(text: str) -> None:
    """No text raises; the same words in another case, as a slug or folded come to the same; every state is explained."""
    found = resolve_by_rules(text)
    words = folded(text)

    assert words == folded(" ".join(words))
    assert sign(text) == sign(" ".join(words))
    for other in (text, " ".join(words), "-".join(words), " ".join(words).upper()):
        again = resolve_by_rules(other)
        assert (found.key, found.outcome) == (again.key, again.outcome)
        assert [reading.agency.key for reading in found.readings] == [reading.agency.key for reading in again.readings]
    assert (len(found.readings) == 1) == (found.outcome is Outcome.ONE)
    assert (found.outcome is Outcome.UNKNOWN) == (Marker.UNKNOWN in {mark.marker for mark in found.marks})
    for reading in found.readings:
        assert reading.agency.kind is not AgencyKind.IMMIGRATION_ENFORCEMENT or reading.agency.has(Marker.IMMIGRATION)
        assert all(set(mark.words.split()) <= {*words, "task", "force", "fusion", "center"} for mark in found.marks)


@given(places(), st.sampled_from(PLAIN_STATES))
def test_a_title_is_read_as_what_it_titles(place: str, state: str) -> None:
    """Resolving the title that a resolution gives changes nothing."""
    for name in (f"{place} {state} PD", f"{place} County {state} SO", f"{place} University {state} DPS"):
        agency = resolve_by_rules(name).agency
        assert agency is not None
        assert agency.key == resolve_by_rules(agency.title).key


def test_no_sureness_is_more_than_its_least_step() -> None:
    """A town by supposition is likely; a county's sheriff with all words is certain; no state is a hint."""
    told = [resolve_by_rules(name).sure.value for name in ("Pine TX PD", "Pine County TX SO", "Pine PD")]

    assert ["likely", "certain", "hint"] == told
