"""Footing: a list is covered exactly while one grant covers all its categories, and gaps are gaps."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.errors import Conflict
from lockplate.hotlist import Category
from lockplate.registry.list_footing import Coverage, Footing, GrantSpan, coverages, require_stands
from lockplate.terms import AgencyId

ZERO = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
NAMES = (Category.STOLEN_VEHICLE, Category.AMBER, Category.WANTED)


def span(start: int, end: int, *categories: Category) -> GrantSpan:
    return GrantSpan(start=ZERO + start * DAY, end=ZERO + end * DAY, categories=frozenset(categories))


SPANS = st.lists(
    st.builds(
        lambda start, length, categories: span(start, start + length, *categories),
        st.integers(0, 12),
        st.integers(-1, 5),
        st.sets(st.sampled_from(NAMES), min_size=1),
    ),
    max_size=6,
)


@given(SPANS, st.sets(st.sampled_from(NAMES), min_size=1))
def test_covered_is_what_one_grant_covers(spans: list[GrantSpan], categories: set[Category]) -> None:
    """At each moment: in a coverage exactly if some single grant in force then covers every category of the list."""
    found = coverages(spans, categories)

    for half in range(-2, 40):
        at = ZERO + half * DAY / 2
        by_one = any(one.start <= at < one.end and one.categories >= categories for one in spans)
        assert by_one == any(one.start <= at < one.end for one in found)
    # each is as long as it can be: between two of them there is a time without
    assert all(one.end < other.start for one, other in pairwise(found))
    assert all(one.start < one.end for one in found)


def test_a_renewal_without_a_gap_is_one_coverage() -> None:
    """The next grant may begin at the very moment the last one ends; a day later is a gap."""
    amber = (Category.AMBER,)
    assert (Coverage(start=ZERO, end=ZERO + 6 * DAY),) == coverages([span(3, 6, *amber), span(0, 3, *amber)], amber)
    assert 2 == len(coverages([span(0, 3, *amber), span(4, 6, *amber)], amber))


def test_an_acceptance_counts_within_its_coverage_only() -> None:
    """Before the grants began, or without any, an entry waits; on one's own list nothing waits."""
    owner = AgencyId("quarry-police")
    covered = Footing(foreign_owner=owner, coverage=Coverage(start=ZERO, end=ZERO + DAY))

    assert [False, False, True] == [covered.is_accepted(at) for at in (None, ZERO - timedelta.resolution, ZERO)]
    assert not Footing(foreign_owner=owner).is_accepted(ZERO)
    assert Footing(foreign_owner=None).is_accepted(None)
    assert (ZERO + DAY, ZERO) == (covered.until(ZERO + 2 * DAY), covered.until(ZERO))
    assert covered is require_stands(covered)
    with pytest.raises(Conflict):
        require_stands(Footing(foreign_owner=owner))
