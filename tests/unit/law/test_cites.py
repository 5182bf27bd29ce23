"""Exact cites: each value is cited by its own words, each purpose denied by the group that names it, silence as ours."""

from datetime import date

import pytest

from lockplate.law.cites import SILENT, cites_of_law
from lockplate.law.composition import compose
from lockplate.law.profile import LawProfile
from lockplate.terms import ProfileId
from lockplate.wiring.policies import shipped_profiles

PROFILES = shipped_profiles()
DAY = date(2026, 11, 24)


def law(name: str) -> LawProfile:
    return PROFILES.on(ProfileId(name), DAY)


@pytest.mark.parametrize(
    ("name", "field", "cite"),
    [
        ("us-il", "purpose.deny.reproductive_care", "625 ILCS 5/2-130(b)(1)"),
        ("us-il", "purpose.deny.immigration", "625 ILCS 5/2-130(b)(2)"),
        ("us-ca", "purpose.deny.immigration", "Cal. Gov. Code 7284.6(a)(1), 7284.8(b)"),
        ("us-ca", "share.federal", "Cal. Civ. Code 1798.90.55(b); Attorney General 2023-DLE-06"),
        ("us-wa", "purpose.deny.immigration", "Wash. Laws 2026 ch. 239"),
        (
            "us-wa",
            "purpose.deny.crash_investigation",
            "Wash. Laws 2026 ch. 239 (a closed list that leaves this out)",
        ),
        ("us-nh", "retention.unmatched", "N.H. RSA 261:75-b"),
        ("us-il", "share.federal", "625 ILCS 5/2-130"),
        ("us-wa", "share.federal", SILENT),
        ("de", "share.in_state", SILENT),
        ("model-strict", "share.federal", "Lockplate's own model; not law"),
    ],
)
def test_a_value_is_cited_by_its_own_words(name: str, field: str, cite: str) -> None:
    """What the law says is never cited as ours, nor what we read into its silence as law."""
    assert cite == cites_of_law(law(name))[field]


@pytest.mark.parametrize("name", PROFILES.ids())
def test_every_purpose_denied_has_a_cite(name: ProfileId) -> None:
    """Each of them, named or left out, and no other."""
    cited = {field.rpartition(".")[2] for field in cites_of_law(law(name)) if field.startswith("purpose.deny.")}
    assert {purpose.value for purpose in law(name).purposes_denied} == cited


def test_a_law_of_two_texts_cites_both() -> None:
    """A read of Washington at an Oregon operator: what Oregon denies is cited as Oregon's, the rest as Washington's."""
    cites = cites_of_law(compose(law("us-or"), origins=(law("us-wa"),)).law)
    assert "Or. Laws 2026 ch. 77; sanctuary statutes" == cites["purpose.deny.immigration"]
    assert "Wash. Laws 2026 ch. 239" == cites["purpose.deny.reproductive_care"]
    assert "Wash. Laws 2026 ch. 239" == cites["retention.unmatched"]
