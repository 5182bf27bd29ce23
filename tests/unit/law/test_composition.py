"""Composition: strictest wins per field, no text loosens another, and the trace says who decided."""

from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from lockplate.law.composition import LawInForce, compose
from lockplate.law.local import LocalLawRefused, LocalText, parse_local_text
from lockplate.law.profile import LawProfile, RetentionRule
from lockplate.law.row import cited_values
from lockplate.law.strictness import LISTS, SHARES, SINGLE, stricter_share
from lockplate.law.text import Header, ProfileText, Section
from lockplate.law.words import HoldKind, HoldNeed, LowLevelList, OffenseFloor, Place, Share
from lockplate.terms import Purpose, RecordMode
from lockplate.wiring.policies import shipped_profiles

PROFILES = shipped_profiles()
DAY = date(2026, 11, 24)
IN_FORCE = [PROFILES.on(name, DAY) for name in PROFILES.ids()]
OFFENSE_ORDER = list(OffenseFloor)


def law(name: str) -> LawProfile:
    return next(one for one in IN_FORCE if one.id == name)


def local(kind: str = "ordinance", **sections: Any) -> LocalText:
    header = {"id": "pine-code", "kind": kind, "cite": "Pine Mun. Code 9.12", "effective_from": "2026-01-01"}
    return parse_local_text(yaml.safe_dump({"local": header, **sections}).encode())


def says(value: Any) -> dict[str, Any]:
    return {"value": value, "cite": "Pine Mun. Code 9.12.030", "mark": "found"}


def decided(found: LawInForce, field: str) -> Any:
    return next(one for one in found.trace if one.field == field)


def is_no_laxer(strict: LawProfile, other: LawProfile) -> list[str]:
    """Return every way in which the first lets pass what the second does not."""
    worse = []
    if (strict.retention_unmatched or timedelta()) > (other.retention_unmatched or timedelta()):
        worse.append("retention")
    if other.retention_rule and other.retention_rule.from_capture and strict.retention_rule:
        worse += [] if strict.retention_rule.from_capture else ["from_capture"]
    worse += [] if strict.purposes_denied >= other.purposes_denied else ["purposes"]
    worse += [] if strict.places_denied >= other.places_denied else ["places"]
    worse += [] if strict.record_modes <= other.record_modes else ["record_modes"]
    worse += [] if OFFENSE_ORDER.index(strict.offense_floor) >= OFFENSE_ORDER.index(other.offense_floor) else ["floor"]
    worse += [] if strict.case_required >= other.case_required else ["case"]
    worse += [] if strict.visual_confirm >= other.visual_confirm else ["visual"]
    for name in ("supervisor_after", "warrant_after", "hotlist_max_age"):
        mine, theirs = getattr(strict, name), getattr(other, name)
        if theirs is not None and (mine is None or mine > theirs):
            worse.append(name)
    for name in SHARES[:-1]:
        mine, theirs = getattr(strict, f"share_{name}"), getattr(other, f"share_{name}")
        worse += [] if stricter_share(mine, theirs) is mine else [name]
    worse += [] if strict.hold_kinds <= other.hold_kinds else ["hold_kinds"]
    worse += [] if strict.hotlist_low_level <= other.hotlist_low_level else ["low_level"]
    return worse


@pytest.mark.parametrize(("one", "other"), list(product(IN_FORCE, repeat=2)), ids=lambda profile: profile.id)
def test_two_statutes_together_are_as_strict_as_each(one: LawProfile, other: LawProfile) -> None:
    """Whatever either of any two shipped profiles forbids, both together forbid (T21 rests on it)."""
    both = compose(one, origins=() if one is other else (other,)).law
    assert [] == is_no_laxer(both, one)
    assert [] == is_no_laxer(both, other)


def test_a_read_of_washington_in_oregon_is_over_at_washingtons_limit() -> None:
    """T21: 21 days, not 30, decided by the origin; and the trace says so."""
    found = compose(law("us-or"), origins=(law("us-wa"),))
    assert RetentionRule(limit=timedelta(days=21), from_capture=True) == found.law.retention_rule
    line = decided(found, "retention.unmatched")
    assert (("origin us-wa",), "21 days") == (line.decided_by, line.value)
    assert [("law us-or", "30 days")] == [(one.source, one.value) for one in line.others]
    assert "us-or" == found.law.id
    assert set(Place) == found.law.places_denied


def test_a_policy_shortens_and_never_lengthens() -> None:
    """California states no number: ours counts from storage until a policy states one, and never grows."""
    short = compose(law("us-ca"), local=(local(retention={"unmatched": says({"n": 10, "unit": "days"})}),))
    assert RetentionRule(limit=timedelta(days=10), from_capture=True) == short.law.retention_rule
    long = compose(law("us-ca"), local=(local(retention={"unmatched": says({"n": 5, "unit": "years"})}),))
    assert RetentionRule(limit=timedelta(days=30), from_capture=True) == long.law.retention_rule
    silent = compose(law("us-ca"), local=(local(log={"fields": [says(["factual_basis"])]}),))
    assert law("us-ca").retention_rule == silent.law.retention_rule
    nothing = compose(law("us-ca"), local=(local(retention={"unmatched": says("nothing")}),))
    assert frozenset({RecordMode.NONE}) == nothing.law.record_modes


def test_an_ordinance_cannot_open_what_a_silent_statute_keeps_shut() -> None:
    """A silent statute is read strictly; a local text that says `allow` changes nothing, and the trace shows it."""
    open_all = local(
        share={name: says("allow") for name in SHARES},
        access={"case_no": says("not_required")},
        hotlist={"visual_confirm_before_stop": says(False), "low_level": [says(["unpaid_fines", "registration"])]},
        purpose={"offense_floor": says("any")},
    )
    for profile in IN_FORCE:
        assert [] == is_no_laxer(compose(profile, local=(open_all,)).law, profile)
    assert ("law us-va",) == decided(compose(law("us-va"), local=(open_all,)), "share.federal").decided_by


def test_lists_are_joined_where_they_forbid_and_cut_where_they_allow() -> None:
    """Purposes denied and record fields add up; lawful uses and grounds for a hold shrink to what all allow."""
    text = local(
        purpose={"allow": [says(["felony_investigation", "missing_person"])], "deny": [says(["traffic_infraction"])]},
        log={"fields": [says(["factual_basis"])]},
        hold={"kinds": [says(["court_order", "case"])], "needs": [says(["sworn"])]},
    )
    found = compose(law("us-wa"), local=(text,))
    assert {Purpose.STOLEN_VEHICLE, Purpose.TRAFFIC_INFRACTION, Purpose.IMMIGRATION} <= found.law.purposes_denied
    assert Purpose.FELONY_INVESTIGATION not in found.law.purposes_denied
    assert frozenset({HoldKind.COURT_ORDER, HoldKind.CASE}) == found.law.hold_kinds
    assert HoldNeed.SWORN in found.law.hold_needs
    assert "factual_basis" in decided(found, "log.fields").value
    assert ("law us-wa", "ordinance pine-code") == decided(found, "log.fields").decided_by


def test_debts_on_hot_lists_only_where_every_law_names_them() -> None:
    """A local text can take one away, and adds none to a statute that names none or others."""
    fines = local(hotlist={"low_level": [says(["unpaid_fines"])]})
    both = local(hotlist={"low_level": [says(["unpaid_fines", "registration"])]})

    assert frozenset({LowLevelList.REGISTRATION}) == law("us-nh").hotlist_low_level
    assert frozenset({LowLevelList.REGISTRATION}) == compose(law("us-nh"), local=(both,)).law.hotlist_low_level
    assert frozenset() == compose(law("us-nh"), local=(fines,)).law.hotlist_low_level
    assert frozenset() == compose(law("us-ca"), local=(both,)).law.hotlist_low_level
    assert frozenset() == compose(law("us-nh"), origins=(law("us-ca"),)).law.hotlist_low_level


def test_lists_with_nothing_in_common_leave_nothing() -> None:
    """No lawful use in common: every purpose is denied but the audit; no field in common: nothing is kept."""
    uses = compose(law("us-wa"), local=(local(purpose={"allow": [says(["traffic_infraction"])]}),)).law
    assert set(Purpose) - {Purpose.INTERNAL_AUDIT, Purpose.DEFENSE_REQUEST} == uses.purposes_denied
    fields = compose(law("us-mn"), local=(local(collect={"fields_allowed": [says(["vehicle_description"])]}),))
    assert not fields.law.keeps_reads
    assert "nothing" == decided(fields, "retention.unmatched").value


def test_a_list_left_empty_on_purpose_is_silent() -> None:
    """California lists no uses and says why: with Washington's list the uses are Washington's, not none."""
    both = compose(law("us-ca"), origins=(law("us-wa"),)).law
    assert both.purposes_denied == law("us-wa").purposes_denied | law("us-ca").purposes_denied


def test_words_that_cannot_both_be_met_are_denied() -> None:
    """Connecticut's listed states and a local warrant rule ask for different things: deny, in Lockplate's own name."""
    found = compose(law("us-ct"), local=(local(share={"out_of_state": says("warrant")}),))
    assert Share.DENY is found.law.share_out_of_state
    assert "not law" in decided(found, "share.out_of_state").cite


def test_log_terms_that_clash_leave_ones_own() -> None:
    """Washington keeps records five years, Virginia at most two: each operator's own statute speaks."""
    washington = compose(law("us-wa"), origins=(law("us-va"),)).law
    assert law("us-wa").audit_log_retention == washington.audit_log_retention
    virginia = compose(law("us-va"), origins=(law("us-wa"),)).law
    assert law("us-va").audit_log_retention == virginia.audit_log_retention


def test_every_field_of_a_profile_can_be_composed() -> None:
    """A field added to the profile without a rule here would silently be the statute's alone."""
    known = {*SINGLE, *LISTS, *(f"share.{name}" for name in SHARES)}
    paths = set()
    for name in ProfileText.__struct_fields__:
        section = ProfileText.__annotations__.get(name)
        if name in {"profile", "default_policy"} or section is Header:
            continue
        kind = next(kind for kind in Section.__subclasses__() if kind is section)
        paths |= {f"{name}.{field}" for field in kind.__struct_fields__}
    assert known == paths


def test_one_text_alone_is_itself() -> None:
    """Without anything to compose with, the profile is the profile, and its trace lists every value."""
    found = compose(law("us-ca"))
    assert found.law is law("us-ca")
    assert {path for path, _ in cited_values(law("us-ca").text)} <= {one.field for one in found.trace}


@given(st.lists(st.sampled_from(IN_FORCE), min_size=1, max_size=4, unique_by=lambda one: one.id))
def test_the_order_of_origins_changes_nothing(profiles: list[LawProfile]) -> None:
    """The same laws in any order are the same law, and no source is lost."""
    own, *origins = profiles
    found, other = compose(own, origins=origins), compose(own, origins=list(reversed(origins)))
    assert found.law.hash() == other.law.hash()
    assert {one.id for one in profiles} == {name.split()[1] for name in found.sources}
    for one in profiles:
        assert [] == is_no_laxer(found.law, one)


@pytest.mark.parametrize(
    ("content", "says_what"),
    [
        (b"local: {id: x}", "kind"),
        (b"\xff", "UTF-8"),
        (b"a: b: c", "line 1"),
        (b"local: &a {}", "local"),
        (b"x" * 300_000, "longer"),
    ],
)
def test_a_text_that_cannot_be_read_says_where(content: bytes, says_what: str) -> None:
    """A local text that is not one is refused with the field or the line, and never half used."""
    with pytest.raises(LocalLawRefused, match=says_what):
        parse_local_text(content)


def test_a_local_text_states_rules_or_is_silent() -> None:
    """An empty value, and a value in Lockplate's name, are refused: neither is a rule of the council."""
    empty = {"value": None, "cite": "Pine 1", "mark": "found", "note": "silent"}
    ours = {"value": {"n": 3, "unit": "days"}, "cite": "ours", "mark": "ours"}
    for value, says_what in ((empty, "states nothing"), (ours, "Lockplate's own")):
        with pytest.raises(LocalLawRefused, match=says_what):
            local(retention={"unmatched": value})


def test_the_example_in_the_documents_is_one() -> None:
    """The ordinance that docs/local-law.md shows parses, and does what the page says."""
    example = parse_local_text((Path(__file__).parents[3] / "docs/local/pine-county.yaml").read_bytes())
    found = compose(law("us-ca"), local=(example,)).law
    assert (timedelta(days=14), timedelta(days=7)) == (found.retention_unmatched, found.supervisor_after)
    assert (Share.CASE_SPECIFIC, True) == (found.share_in_state, Purpose.TRAFFIC_INFRACTION in found.purposes_denied)


@pytest.mark.parametrize(
    ("here", "origin", "inside"),
    [
        ("us-or", "us-ca", Share.DENY),  # California's reads for an Oregon agency: out of its state
        ("us-or", "us-il", Share.DECLARATION),
        ("us-or", "us-nj", Share.CERTIFICATION),
        ("us-or", "us-wa", Share.DENY),  # silent about other states
        ("us-mn", "us-or", Share.CASE_SPECIFIC),
    ],
)
def test_the_operators_neighbours_are_out_of_state_to_an_origin(here: str, origin: str, inside: Share) -> None:
    """A copy at an operator of another state opens no door to the agencies there that the original kept shut."""
    assert inside is compose(law(here), origins=(law(origin),)).law.share_in_state


def test_an_origin_of_the_same_state_keeps_its_word() -> None:
    """Within one state both words speak of the same agencies."""
    both = compose(law("us-va"), origins=(law("us-va"),)).law
    assert Share.ALLOW is both.share_in_state
