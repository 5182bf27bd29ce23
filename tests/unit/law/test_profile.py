"""LawProfile: where the text is silent the answer is the strict one, and a row says so."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from lockplate.law.checks import ProblemKind, check_profiles
from lockplate.law.comparing import compare
from lockplate.law.profile import LawProfile, RetentionRule
from lockplate.law.profiles import Profiles
from lockplate.law.words import HoldKind, HoldNeed, Mark, OffenseFloor, Share, Source, Suspicion
from lockplate.terms import Purpose, RecordMode

Load = Callable[..., tuple[LawProfile, ...]]
CITED = {"cite": "Zz. Code 2", "mark": "found"}
OURS = {"cite": "ours", "mark": "ours"}
EMPTY = {"value": None, "cite": "Zz. Code 2", "mark": "found", "note": "silent"}


def test_a_silent_profile_is_read_strictly(version: dict[str, Any], load: Load) -> None:
    """Sharing is denied, a case and a look at the picture are needed; nothing is invented in the law's name."""
    (profile,) = load(version)
    sharing = (profile.share_in_state, profile.share_out_of_state, profile.share_federal, profile.share_private)
    assert (Share.DENY,) * 4 == sharing
    assert (True, True) == (profile.case_required, profile.visual_confirm)
    assert (OffenseFloor.ANY, Suspicion.NONE) == (profile.offense_floor, profile.suspicion)
    assert (None, None) == (profile.supervisor_after, profile.warrant_after)
    assert (None, None) == profile.audit_log_retention
    assert set() == profile.purposes_denied | profile.places_denied | profile.hold_kinds | profile.share_listed_states
    ours = {row.field for row in profile.rows() if row.source is Source.LOCKPLATE_DEFAULT}
    assert {
        "share.in_state", "share.out_of_state", "share.federal", "share.private", "access.case_no",
        "hotlist.visual_confirm_before_stop", "retention.matched",
    } == ours  # fmt: skip


@pytest.mark.parametrize("field", ["in_state", "out_of_state", "federal", "private"])
@pytest.mark.parametrize("word", [share for share in Share if share is not Share.LISTED_STATES])
def test_each_sharing_word_reaches_its_own_question(
    field: str, word: Share, version: dict[str, Any], load: Load
) -> None:
    """What the profile says of federal agencies is not what it says of others."""
    version["share"] = {field: {"value": word.value, **CITED}}
    (profile,) = load(version)
    answers = {name: getattr(profile, f"share_{name}") for name in ("in_state", "out_of_state", "federal", "private")}
    assert dict.fromkeys(answers, Share.DENY) | {field: word} == answers


@pytest.mark.parametrize(
    ("kept", "length"),
    [
        (None, {"n": 3, "unit": "minutes"}),
        (None, {"n": 59, "unit": "minutes"}),
        (timedelta(hours=1), {"n": 60, "unit": "minutes"}),
        (timedelta(days=21), {"n": 21, "unit": "days"}),
        (None, "nothing"),
    ],
)
def test_less_than_a_key_lives_is_match_only(
    kept: timedelta | None, length: object, version: dict[str, Any], load: Load
) -> None:
    """Keys live for whole hours, so a shorter limit means that nothing may be kept."""
    version["retention"]["unmatched"]["value"] = length
    (profile,) = load(version)
    assert kept == profile.retention_unmatched
    assert (kept is not None) is profile.keeps_reads
    assert (frozenset(RecordMode) if kept else {RecordMode.NONE}) == profile.record_modes


def test_no_length_keeps_nothing(version: dict[str, Any], load: Load) -> None:
    """Where the law is silent and we supply nothing, no read is kept."""
    version["retention"]["unmatched"] = EMPTY
    (profile,) = load(version)
    assert None is profile.retention_unmatched
    assert [ProblemKind.KEEPS_NOTHING] == [
        p.kind for p in check_profiles(Profiles([profile])) if "retention" in p.field
    ]


def test_our_length_is_shown_as_ours(version: dict[str, Any], load: Load) -> None:
    """A default is used, named as ours in the value, the row and the check, and never as law."""
    version["retention"]["unmatched"] = EMPTY
    version["default_policy"] = {
        "retention": {"unmatched": {"value": {"n": 30, "unit": "days"}, **OURS}},
        "hold": {"kinds": [{"value": ["case"], **OURS}]},
    }
    (profile,) = load(version)
    assert (timedelta(days=30), Source.LOCKPLATE_DEFAULT) == (profile.retention_unmatched, profile.retention_source)
    assert {HoldKind.CASE} == profile.hold_kinds
    rows = {row.field: row for row in profile.rows()}
    assert ("not stated", Source.LAW) == (rows["retention.unmatched"].value, rows["retention.unmatched"].source)
    row = rows["default_policy.retention.unmatched"]
    assert ("30 days", Mark.OURS, Source.LOCKPLATE_DEFAULT) == (row.value, row.mark, row.source)
    assert ProblemKind.OUR_LENGTH in {problem.kind for problem in check_profiles(Profiles([profile]))}


def test_a_limit_in_law_counts_from_capture_and_our_default_from_storage(version: dict[str, Any], load: Load) -> None:
    """Only where the law leaves the length to policy does the clock start when the read came into our keeping."""
    (in_law,) = load(version)
    assert RetentionRule(limit=timedelta(days=21), from_capture=True) == in_law.retention_rule
    version["retention"]["unmatched"] = EMPTY
    (silent,) = load(version)
    assert None is silent.retention_rule
    version["default_policy"] = {"retention": {"unmatched": {"value": {"n": 30, "unit": "days"}, **OURS}}}
    (ours,) = load(version)
    assert RetentionRule(limit=timedelta(days=30), from_capture=False) == ours.retention_rule


def test_the_laws_holds_come_before_ours(version: dict[str, Any], load: Load) -> None:
    """Our grounds for a hold serve only where the law names none."""
    version["hold"] = {
        "kinds": [{"value": ["warrant"], **CITED}],
        "needs": [{"value": ["sworn"], **CITED}, {"value": ["plate"], **CITED}],
        "max": {"value": {"n": 1, "unit": "years"}, **CITED},
    }
    version["default_policy"] = {"hold": {"kinds": [{"value": ["case"], **OURS}]}}
    (profile,) = load(version)
    assert {HoldKind.WARRANT} == profile.hold_kinds
    assert {HoldNeed.SWORN, HoldNeed.PLATE} == profile.hold_needs
    assert timedelta(days=365) == profile.hold_max


def test_a_list_of_lawful_uses_is_closed(version: dict[str, Any], load: Load) -> None:
    """What a stated list leaves out is denied, audit and court order for the defense excepted; a row says so."""
    version["purpose"] = {
        "allow": [{"value": ["missing_person", "toll"], **CITED}, {"value": ["trafficking"], **CITED}]
    }
    (profile,) = load(version)
    open_to = {Purpose.MISSING_PERSON, Purpose.TRAFFICKING, Purpose.INTERNAL_AUDIT, Purpose.DEFENSE_REQUEST}
    assert set(Purpose) - open_to == profile.purposes_denied
    (row,) = [row for row in profile.rows() if row.field == "purpose.deny"]
    assert Source.LOCKPLATE_DEFAULT is row.source
    assert "felony_investigation" in row.value


def test_an_empty_list_of_lawful_uses_closes_nothing(version: dict[str, Any], load: Load) -> None:
    """A list that nobody has seen is not a list of nothing; what is denied by name stays denied."""
    version["purpose"] = {"allow": [EMPTY], "deny": [{"value": ["immigration"], **CITED}]}
    (profile,) = load(version)
    assert {Purpose.IMMIGRATION} == profile.purposes_denied


def test_age_gates_take_the_earliest(version: dict[str, Any], load: Load) -> None:
    """A written request is a second person here; a court order counts as a warrant; the earliest gate stands."""
    version["access"] = {
        "age_gates": [
            {
                "value": [
                    {"older_than": {"n": 6, "unit": "months"}, "needs": ["court_order"]},
                    {"older_than": {"n": 90, "unit": "days"}, "needs": ["supervisor"]},
                ],
                **CITED,
            },
            {"value": [{"older_than": {"n": 7, "unit": "days"}, "needs": ["written_request"]}], **CITED},
        ]
    }
    (profile,) = load(version)
    assert (timedelta(days=7), timedelta(days=181)) == (profile.supervisor_after, profile.warrant_after)


def test_a_duty_to_keep_is_rounded_up_and_a_limit_down(version: dict[str, Any], load: Load) -> None:
    """Access records are kept no shorter and no longer than any reading of the law allows."""
    term = {"min": {"n": 1, "unit": "years"}, "max": {"n": 2, "unit": "years"}}
    version["retention"]["audit_log"] = {"value": term, **CITED}
    (profile,) = load(version)
    assert (timedelta(days=366), timedelta(days=730)) == profile.audit_log_retention
    assert "at least 1 year, at most 2 years" == {row.field: row.value for row in profile.rows()}["retention.audit_log"]


@pytest.mark.parametrize("described", [True, False])
def test_a_list_of_fields_without_the_vehicle_leaves_the_index(
    described: bool, version: dict[str, Any], load: Load
) -> None:
    """A sealed record describes the vehicle, so a law that does not list the description allows no record."""
    fields = ["plate", "date_time", "location"] + ["vehicle_description"] * described
    version["collect"] = {"fields_allowed": [{"value": fields, **CITED}]}
    (profile,) = load(version)
    assert described is (RecordMode.RECORD in profile.record_modes)
    assert RecordMode.INDEX_ONLY in profile.record_modes


def test_words_the_law_can_loosen(version: dict[str, Any], load: Load) -> None:
    """A profile that says so outright can do without case number and second look."""
    version["access"] = {"case_no": {"value": "not_required", **CITED}, "suspicion": {"value": "reasonable", **CITED}}
    version["hotlist"] = {
        "visual_confirm_before_stop": {"value": False, **CITED},
        "max_age_hours": {"value": 24, **CITED},
    }
    (profile,) = load(version)
    assert (False, False) == (profile.case_required, profile.visual_confirm)
    assert (Suspicion.REASONABLE, timedelta(days=1)) == (profile.suspicion, profile.hotlist_max_age)


def test_compare_sets_two_profiles_side_by_side(version: dict[str, Any], load: Load) -> None:
    """Each field of either stands once; the order of a list is no difference, a length is."""
    version["purpose"] = {"deny": [{"value": ["immigration", "protected_speech"], **CITED}]}
    (left,) = load(version)
    version["purpose"] = {
        "deny": [{"value": ["protected_speech"], **CITED}, {"value": ["immigration"], "cite": "Zz. 9", "mark": "part"}]
    }
    version["retention"]["unmatched"]["value"]["n"] = 30
    version["log"] = {"immutable": {"value": True, **CITED}}
    (right,) = load(version)
    compared = {row.field: row for row in compare(left, right)}
    assert {"retention.unmatched": False, "log.immutable": False} == {
        field: row.same for field, row in compared.items() if not row.same
    }
    assert (1, 2) == (len(compared["purpose.deny"].left), len(compared["purpose.deny"].right))
    assert () == compared["log.immutable"].left
    assert all(row.same for row in compare(left, left))


def test_check_names_what_a_person_should_know(version: dict[str, Any], load: Load) -> None:
    """No check by a person, weak values, weak dates, unfound values and days without law are each named once."""
    later = {**version, "profile": {**version["profile"], "effective_from": "2021-06-01"}}
    version["profile"] |= {"effective_to": "2020-12-31", "dates_mark": "memory"}
    version["share"] = {
        "federal": {"value": "deny", "cite": "Zz. Code 4", "mark": "memory"},
        "private": {"value": None, "cite": "Zz. Code 4", "mark": "unknown", "note": "not found"},
        "sale": {"value": None, "cite": "Zz. Code 4", "mark": "part", "note": "restricted, but how?"},
        "in_state": {"value": None, "cite": "Zz. Code 4", "mark": "found", "note": "the law is silent"},
    }
    problems = check_profiles(Profiles(load(version, later)))
    assert [
        (ProblemKind.UNVERIFIED, "2020-01-01", ""),
        (ProblemKind.WEAK_DATES, "2020-01-01", "profile.effective_from"),
        (ProblemKind.WEAK_VALUE, "2020-01-01", "share.federal"),
        (ProblemKind.NOT_STATED, "2020-01-01", "share.private"),
        (ProblemKind.NOT_STATED, "2020-01-01", "share.sale"),
        (ProblemKind.UNVERIFIED, "2021-06-01", ""),
        (ProblemKind.GAP, "2021-06-01", "profile.effective_from"),
    ] == [(problem.kind, problem.version, problem.field) for problem in problems]
    assert all(problem.next_step and problem.says for problem in problems)


def test_a_verified_profile_has_no_problem(version: dict[str, Any], load: Load) -> None:
    """Once a person has read the text and every value is found, the check is silent."""
    version["profile"] |= {"verified_on": "2026-01-01", "verified_by": "A. Lawyer", "source_url": "https://law.example"}
    assert [] == check_profiles(Profiles(load(version)))
