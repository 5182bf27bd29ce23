"""Law: read with cites, without a node; decision cases fail loudly."""

from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest

from lockplate.clock import SetClock
from lockplate.errors import NotFound
from lockplate.gate.decision import Gate
from lockplate.law.profiles import Profiles
from lockplate.operations.law import checked_law, compared_laws, day_of, law_page, laws_on
from lockplate.wiring.policies import policy_folder, shipped_gate, shipped_profiles

DAY = date(2026, 1, 1)


@pytest.fixture(scope="module")
def profiles() -> Profiles:
    return shipped_profiles()


@pytest.fixture(scope="module")
def gate() -> Gate:
    return shipped_gate(SetClock(datetime(2026, 11, 2, tzinfo=UTC)))


def test_a_page_has_every_value_with_its_cite(profiles: Profiles) -> None:
    """Virginia's 21 days, with the section that says so; nobody has checked it, and the page says that too."""
    page = law_page(profiles, "us-va", DAY)

    (row,) = [one for one in page.rows if one.field == "retention.unmatched"]
    assert ("21 days", 21.0) == (row.value, page.retention_days)
    assert row.cite
    assert [] == [one.field for one in page.rows if not one.cite]


def test_a_day_before_the_law_has_no_page(profiles: Profiles) -> None:
    """What was not yet law is not shown as law; the list says that none was in force."""
    with pytest.raises(NotFound):
        law_page(profiles, "us-va", date(2024, 1, 1))

    (line,) = [one for one in laws_on(profiles, date(2024, 1, 1)) if one.profile == "us-va"]
    assert (False, None, None) == (line.in_force, line.effective_from, line.retention_days)


def test_a_list_names_every_profile(profiles: Profiles) -> None:
    """Each once, with the limit in force on the day; match-only keeps nothing."""
    lines = {one.profile: one for one in laws_on(profiles, date(2026, 11, 24))}

    assert set(profiles.ids()) == set(lines)
    assert (None, 30.0, 21.0) == tuple(lines[name].retention_days for name in ("match-only", "us-ca", "us-va"))


def test_comparing_marks_what_differs(profiles: Profiles) -> None:
    """California and Virginia differ in retention; a profile does not differ from itself."""
    differing = [one.field for one in compared_laws(profiles, "us-ca", "us-va", DAY) if not one.same]

    assert "retention.unmatched" in differing
    assert [] == [one.field for one in compared_laws(profiles, "us-va", "us-va", DAY) if not one.same]


def test_every_shipped_case_passes(profiles: Profiles, gate: Gate) -> None:
    """The shipped policies decide every shipped case as it must be decided."""
    check = checked_law(profiles, gate, policy_folder() / "cases")

    assert ((), True) == (check.failed, check.passed)
    assert check.cases > 100
    assert check.problems


def test_a_case_that_comes_out_wrong_fails_the_check(profiles: Profiles, gate: Gate, tmp_path: Path) -> None:
    """A permitted question filed under DENY is found."""
    for kind in ("ALLOW", "DENY", "APPROVAL"):
        (tmp_path / kind).mkdir()
        source = next(iter(sorted((policy_folder() / "cases" / kind).glob("*.json"))))
        (tmp_path / kind / source.name).write_bytes(source.read_bytes())
    wrong = next(iter(sorted((policy_folder() / "cases" / "ALLOW").glob("*.json"))))
    (tmp_path / "DENY" / "wrong.json").write_bytes(wrong.read_bytes())

    check = checked_law(profiles, gate, tmp_path)

    assert (["DENY/wrong"], False, 4) == ([one.name for one in check.failed], check.passed, check.cases)
    assert msgspec.json.encode(check)


def test_a_day_is_today_when_none_is_named() -> None:
    """An empty text means the day given."""
    assert (DAY, date(2026, 3, 4)) == (day_of("", DAY), day_of("2026-03-04", DAY))
