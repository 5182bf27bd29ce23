"""The shipped profiles say what the fact base says: no more, no less, each value with its cite."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from lockplate.errors import NotFound
from lockplate.law.checks import ProblemKind, check_profiles
from lockplate.law.loading import load_profiles
from lockplate.law.profile import LawProfile
from lockplate.law.profiles import Profiles
from lockplate.law.row import cited_values
from lockplate.law.words import CollectField, Mark, OffenseFloor, Place, Share, Source, Suspicion
from lockplate.terms import ProfileId, Purpose, RecordMode

FOLDER = Path(__file__).parents[3] / "src" / "lockplate" / "policy" / "law"
TODAY = date(2026, 11, 24)
STATES = "ar ca ct il mn me nc nh nj or ut va vt wa"
MORE = {"us-id", "us-ky", "us-mt", "us-ne", "us-tn", "de"}
"""Beyond the promised sixteen, so that every decision vector of the law has a profile to run under."""
FLOOR = {
    Purpose.IMMIGRATION,
    Purpose.REPRODUCTIVE_CARE,
    Purpose.GENDER_AFFIRMING_CARE,
    Purpose.PROTECTED_SPEECH,
    Purpose.PROTECTED_CLASS,
}


@pytest.fixture(scope="module")
def profiles() -> Profiles:
    """Return the shipped profiles."""
    return load_profiles(FOLDER)


def _on(profiles: Profiles, name: str) -> LawProfile:
    return profiles.on(ProfileId(name), TODAY)


def _every(profiles: Profiles) -> list[LawProfile]:
    return [version for name in profiles.ids() for version in profiles.versions(name)]


def test_the_promised_profiles_are_there(profiles: Profiles) -> None:
    """Fourteen states, our model, match-only; five more states and Germany for the vectors; and no other."""
    assert {"model-strict", "match-only", *(f"us-{state}" for state in STATES.split()), *MORE} == set(profiles.ids())


# id: days kept, the words as the facts give them, mark
RETENTION = {
    "us-ca": (30, "not stated", Mark.FOUND),
    "us-il": (30, "not stated", Mark.FOUND),
    "us-nh": (None, "3 minutes", Mark.FOUND),
    "us-me": (21, "21 days", Mark.FOUND),
    "us-mn": (60, "60 days", Mark.FOUND),
    "us-vt": (546, "18 months", Mark.FOUND),
    "us-va": (21, "21 days", Mark.FOUND),
    "us-wa": (21, "21 days", Mark.FOUND),
    "us-or": (30, "30 days", Mark.FOUND),
    "us-ct": (21, "21 days", Mark.FOUND),
    "us-nj": (1095, "3 years", Mark.FOUND),
    "us-nc": (90, "90 days", Mark.FOUND),
    "us-ut": (273, "9 months", Mark.FOUND),
    "us-ar": (150, "150 days", Mark.FOUND),
    "us-id": (30, "not stated", Mark.FOUND),
    "us-ky": (90, "90 days", Mark.FOUND),
    "us-mt": (90, "90 days", Mark.FOUND),
    "us-ne": (180, "180 days", Mark.FOUND),
    "us-tn": (90, "90 days", Mark.FOUND),
    "de": (None, "nothing", Mark.FOUND),
    "model-strict": (7, "7 days", Mark.OURS),
    "match-only": (None, "nothing", Mark.OURS),
}


@pytest.mark.parametrize("name", RETENTION)
def test_retention_of_unmatched_reads(name: str, profiles: Profiles) -> None:
    """The length in the statute's own words, and the days that the program keeps a read."""
    days, words, mark = RETENTION[name]
    profile = _on(profiles, name)
    first = next(row for row in profile.rows() if row.field == "retention.unmatched")
    assert (words, mark) == (first.value, first.mark)
    assert (None if days is None else timedelta(days=days)) == profile.retention_unmatched


# id: in the state, outside it, federal, private
SHARING = {
    "us-ca": "allow deny deny deny",
    "us-il": "allow declaration deny deny",
    "us-nh": "deny deny deny deny",
    "us-me": "allow deny deny deny",
    "us-mn": "case_specific case_specific case_specific deny",
    "us-vt": "case_specific case_specific deny deny",
    "us-va": "allow deny deny deny",
    "us-wa": "warrant deny deny deny",
    "us-or": "allow case_specific case_specific deny",
    "us-ct": "allow listed_states warrant deny",
    "us-nj": "allow certification warrant deny",
    "us-nc": "case_specific case_specific case_specific deny",
    "us-ut": "allow warrant warrant deny",
    "us-ar": "allow deny deny deny",
    "model-strict": "case_specific deny deny deny",
    "match-only": "deny deny deny deny",
}


@pytest.mark.parametrize("name", SHARING)
def test_sharing(name: str, profiles: Profiles) -> None:
    """Who may be shown reads; what the facts leave open is denied."""
    it = _on(profiles, name)
    words = (it.share_in_state, it.share_out_of_state, it.share_federal, it.share_private)
    assert SHARING[name] == " ".join(word.value for word in words)


def test_no_profile_opens_reads_to_private_parties(profiles: Profiles) -> None:
    """In no version, past or present."""
    assert {Share.DENY} == {profile.share_private for profile in _every(profiles)}


# what each profile denies by name, as the facts give it
DENIED = {
    "us-ca": {Purpose.IMMIGRATION, Purpose.REPRODUCTIVE_CARE},
    "us-il": {Purpose.IMMIGRATION, Purpose.REPRODUCTIVE_CARE, Purpose.GENDER_AFFIRMING_CARE},
    "us-wa": {Purpose.IMMIGRATION, Purpose.REPRODUCTIVE_CARE, Purpose.GENDER_AFFIRMING_CARE},
    "us-ct": FLOOR,
    "us-nj": {Purpose.IMMIGRATION},
    "us-or": {Purpose.IMMIGRATION},
    "us-va": {Purpose.PROTECTED_SPEECH},
    "us-nc": {Purpose.TRAFFIC_INFRACTION},
    "us-id": {Purpose.TRAFFIC_INFRACTION},
    "model-strict": {*FLOOR, Purpose.TRAFFIC_INFRACTION},
}


def test_purposes_denied_by_name(profiles: Profiles) -> None:
    """Each denial that the facts name is in its profile, and no other is there in the law's name."""
    named = {
        name: {Purpose(word) for group in _on(profiles, name).text.purpose.deny for word in group.value or ()}
        for name in profiles.ids()
    }
    assert DENIED == {name: words for name, words in named.items() if words}
    assert all(words <= _on(profiles, name).purposes_denied for name, words in named.items())


@pytest.mark.parametrize(
    "name", ["us-nh", "us-me", "us-vt", "us-va", "us-wa", "us-ct", "us-nj", "us-ut", "model-strict"]
)
def test_closed_lists_leave_the_floors_purposes_out(name: str, profiles: Profiles) -> None:
    """A statute that lists lawful uses allows immigration enforcement and the rest of the floor in none of them."""
    assert FLOOR <= _on(profiles, name).purposes_denied
    assert Purpose.FELONY_INVESTIGATION not in _on(profiles, name).purposes_denied
    assert Purpose.INTERNAL_AUDIT not in _on(profiles, name).purposes_denied


def test_vermont_gates_by_age(profiles: Profiles) -> None:
    """Seven days of active data, then a request in writing; after six months a warrant or order; extension 90 days."""
    profile = _on(profiles, "us-vt")
    assert (timedelta(days=7), timedelta(days=181)) == (profile.supervisor_after, profile.warrant_after)
    assert timedelta(days=90) == profile.hold_max
    assert Suspicion.ARTICULABLE is profile.suspicion


def test_other_gates_by_age(profiles: Profiles) -> None:
    """No other state has one in the facts; our model has both."""
    gated = {
        name for name in profiles.ids() if _on(profiles, name).supervisor_after or _on(profiles, name).warrant_after
    }
    assert {"us-vt", "model-strict"} == gated
    strict = _on(profiles, "model-strict")
    assert (timedelta(hours=24), timedelta(hours=72)) == (strict.supervisor_after, strict.warrant_after)


def test_washington_places_floor_and_log(profiles: Profiles) -> None:
    """No reader near six kinds of place; gross misdemeanor at least; logs for five years."""
    profile = _on(profiles, "us-wa")
    assert set(Place) == profile.places_denied
    assert OffenseFloor.GROSS_MISDEMEANOR is profile.offense_floor
    assert (timedelta(days=1827), None) == profile.audit_log_retention


def test_only_these_set_an_offense_floor_or_places(profiles: Profiles) -> None:
    """No floor and no place is read into a law that has none in the facts."""
    floors = {name for name in profiles.ids() if _on(profiles, name).offense_floor is not OffenseFloor.ANY}
    places = {name for name in profiles.ids() if _on(profiles, name).places_denied}
    assert {"us-wa", "model-strict"} == floors == places


def test_virginia_purges_its_log_and_wants_suspicion(profiles: Profiles) -> None:
    """The audit trail goes at two years, from memory; a criminal investigation needs reasonable suspicion."""
    profile = _on(profiles, "us-va")
    assert (None, timedelta(days=730)) == profile.audit_log_retention
    assert Suspicion.REASONABLE is profile.suspicion
    assert Mark.MEMORY is {row.field: row for row in profile.rows()}["retention.audit_log"].mark


def test_minnesota_lists_what_may_be_collected(profiles: Profiles) -> None:
    """Plate, time, place and three kinds of picture: no description of the vehicle, so no record."""
    profile = _on(profiles, "us-mn")
    assert set(CollectField) - {CollectField.VEHICLE_DESCRIPTION} == profile.collect_allowed
    assert {RecordMode.NONE, RecordMode.INDEX_ONLY} == profile.record_modes


def test_connecticut_names_three_states(profiles: Profiles) -> None:
    """Massachusetts, New York and Rhode Island."""
    assert {"MA", "NY", "RI"} == _on(profiles, "us-ct").share_listed_states


def test_hot_lists_grow_old_in_three_states_and_our_model(profiles: Profiles) -> None:
    """Arkansas' 24 hours, New Hampshire's day, Nebraska's shift, and our own."""
    aged = {name: _on(profiles, name).hotlist_max_age for name in profiles.ids()}
    day = timedelta(hours=24)
    shift = timedelta(hours=12)
    assert {"us-ar": day, "us-nh": day, "us-ne": shift, "model-strict": day} == {
        name: age for name, age in aged.items() if age
    }


def test_debts_are_listed_where_the_law_names_them(profiles: Profiles) -> None:
    """New Hampshire's suspended registrations and Minnesota's suspended licences; the mapping is ours, and says so."""
    named = {name: {word.value for word in _on(profiles, name).hotlist_low_level} for name in profiles.ids()}
    rows = [row for row in _on(profiles, "us-nh").rows() if row.field == "hotlist.low_level"]

    assert {"us-mn": {"suspended_license"}, "us-nh": {"registration"}} == {
        name: words for name, words in named.items() if words
    }
    assert [(Mark.PART, True)] == [(row.mark, "Ours" in row.note) for row in rows]


def test_match_only_in_law_or_in_effect(profiles: Profiles) -> None:
    """New Hampshire's three minutes are less than an hour, so nothing is kept there either."""
    keep_nothing = {name for name in profiles.ids() if not _on(profiles, name).keeps_reads}
    assert {"us-nh", "de", "match-only"} == keep_nothing
    assert {RecordMode.NONE} == _on(profiles, "us-nh").record_modes


def test_our_lengths_stand_where_the_law_has_none(profiles: Profiles) -> None:
    """California, Illinois and Idaho leave the length to the agency: ours is used and named as ours."""
    ours = {name for name in profiles.ids() if _on(profiles, name).retention_source is Source.LOCKPLATE_DEFAULT}
    assert {"us-ca", "us-il", "us-id", "model-strict", "match-only"} == ours
    row = {row.field: row for row in _on(profiles, "us-ca").rows()}["default_policy.retention.unmatched"]
    assert ("30 days", Mark.OURS) == (row.value, row.mark)
    assert "not law" in row.cite


@pytest.mark.parametrize(
    ("name", "last_day_before", "first_day"),
    [
        ("us-il", date(2023, 12, 31), date(2024, 1, 1)),
        ("us-vt", date(2025, 6, 30), date(2025, 7, 1)),
        ("us-va", date(2025, 6, 30), date(2025, 7, 1)),
        ("us-wa", date(2026, 3, 29), date(2026, 3, 30)),
        ("us-or", date(2026, 3, 30), date(2026, 3, 31)),
        ("us-ct", date(2026, 9, 30), date(2026, 10, 1)),
    ],
)
def test_first_days(name: str, last_day_before: date, first_day: date, profiles: Profiles) -> None:
    """A law does not reach back before the day it took effect."""
    assert first_day == profiles.on(ProfileId(name), first_day).effective_from
    with pytest.raises(NotFound):
        profiles.on(ProfileId(name), last_day_before)


def test_new_jersey_changed_on_one_day(profiles: Profiles) -> None:
    """The directive alone until 24 March 2026; from the 25th the statute's certification and bar on immigration."""
    name = ProfileId("us-nj")
    before, after = profiles.on(name, date(2026, 3, 24)), profiles.on(name, date(2026, 3, 25))
    assert [before, after] == list(profiles.versions(name))
    assert (Share.DENY, Share.CERTIFICATION) == (before.share_out_of_state, after.share_out_of_state)
    assert before.retention_unmatched == after.retention_unmatched
    assert before.hash() != after.hash()
    assert [] == [problem for problem in check_profiles(profiles) if problem.kind is ProblemKind.GAP]


def test_dates_nobody_found_say_so(profiles: Profiles) -> None:
    """Where the first day was not found the profile starts on the day our sources speak for, and says it."""
    unknown = {str(profile.id) for profile in _every(profiles) if profile.text.profile.dates_mark is Mark.UNKNOWN}
    no_day = {"us-nh", "us-me", "us-mn", "us-nc", "us-ut", "us-ar", "us-id", "us-mt", "us-ne", "us-tn"}
    assert no_day == unknown
    assert {date(2026, 9, 6)} == {_on(profiles, name).effective_from for name in unknown}


def test_nothing_is_marked_verified(profiles: Profiles) -> None:
    """No person has read the official texts, and no profile may suggest otherwise."""
    headers = [profile.text.profile for profile in _every(profiles)]
    assert {(None, None, None)} == {(header.verified_on, header.verified_by, header.source_url) for header in headers}
    unverified = {p.profile for p in check_profiles(profiles) if p.kind is ProblemKind.UNVERIFIED}
    assert {name for name in profiles.ids() if name not in {"model-strict", "match-only"}} == unverified


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_value_on_file_has_its_cite_and_mark(path: Path, profiles: Profiles) -> None:
    """Read without our loader: wherever the word `value` stands, cite and mark stand beside it, and none is passed over."""
    found: list[dict[str, Any]] = []

    def walk(part: object) -> None:
        if isinstance(part, dict):
            if "value" in part:
                found.append(part)
                assert str(part["cite"]).strip()
                assert part["mark"] in {"found", "part", "memory", "unknown", "ours"}
                assert part["value"] is not None or part["note"].strip()
            else:
                for item in part.values():
                    walk(item)
        elif isinstance(part, list):
            for item in part:
                walk(item)

    for version in yaml.safe_load(path.read_text())["versions"]:
        walk({name: section for name, section in version.items() if name != "profile"})
    loaded = [cited for one in profiles.versions(ProfileId(path.stem)) for _, cited in cited_values(one.text)]
    assert len(found) == len(loaded) > 0


def test_ours_is_never_law(profiles: Profiles) -> None:
    """In a state's profile a value of ours stands only under default_policy, and its cite says `not law`."""
    for profile in _every(profiles):
        for path, cited in cited_values(profile.text):
            if cited.mark is Mark.OURS:
                assert profile.jurisdiction == "none" or path.startswith("default_policy.")
                assert "not law" in cited.cite


def test_hashes_tell_all_versions_apart(profiles: Profiles) -> None:
    """The record names a version by its hash."""
    versions = _every(profiles)
    assert len(versions) == len({profile.hash() for profile in versions})


def test_our_model_is_as_strict_as_any_state(profiles: Profiles) -> None:
    """No state's profile denies by name, fences or shortens anything that our model leaves open."""
    strict = _on(profiles, "model-strict")
    for name in profiles.ids():
        other = _on(profiles, name)
        if other.retention_unmatched is not None:
            assert strict.retention_unmatched is not None
            assert strict.retention_unmatched <= other.retention_unmatched
        assert {word for group in other.text.purpose.deny for word in group.value or ()} <= strict.purposes_denied
        assert other.places_denied <= strict.places_denied
    assert RecordMode.RECORD not in strict.record_modes
