"""Changes between two days' sharing lists, and what cannot be said."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.errors import BadInput
from lockplate.sharing_graph.changes import Subject, changes
from lockplate.sharing_graph.statement import Entry, SharingList, Side

MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)


def listed(subject: str, on: date | None, keys: str, side: Side = Side.OWNER, source: str = "") -> SharingList:
    entries = tuple(Entry(key=key, row=row) for row, key in enumerate(keys, 2))
    return SharingList(subject=subject, side=side, source=source or f"{subject}-{on}", on=on, entries=entries)


def owner(subject: str) -> Subject:
    return Subject(subject=subject, side=Side.OWNER)


def test_one_line_more_and_one_less() -> None:
    """Who came and who went, with the row in the list that says so, and how many stayed."""
    found = changes([listed("y", MARCH, "abc"), listed("y", MAY, "bcd")], MARCH, MAY)

    (change,) = found.changed
    assert ((Entry(key="d", row=4),), (Entry(key="a", row=2),), 2) == (change.added, change.removed, change.kept)
    assert (MARCH, MAY, "y-2026-03-01", "y-2026-05-01") == (
        change.earlier, change.later, change.earlier_source, change.later_source,
    )  # fmt: skip


def test_what_cannot_be_compared_is_said() -> None:
    """One list only, a list without a day, two lists of one day that disagree: none is a change."""
    found = changes(
        [
            listed("new", MAY, "ab"),
            listed("old", MARCH, "ab"),
            listed("undated", None, "ab"),
            listed("torn", MARCH, "ab", source="one"),
            listed("torn", MARCH, "abc", source="two"),
            listed("torn", MAY, "ab"),
            listed("same", MARCH, "ab"),
            listed("same", MAY, "ba"),
            listed("later", MARCH, "a"),
            listed("later", date(2026, 6, 1), "b"),
        ],
        MARCH,
        MAY,
    )

    assert () == found.changed
    assert (owner("later"), owner("new"), owner("old")) == found.one_list
    assert ((owner("torn"),), (owner("undated"),), (owner("same"),)) == (found.unclear, found.undated, found.same)


def test_the_newest_list_up_to_a_day_counts_and_sides_are_apart() -> None:
    """Lists between the days count as of their own day; whom a subject gives to and whose it gets are two lists."""
    lists = [listed("y", MARCH, "a"), listed("y", APRIL, "ab"), listed("y", MARCH, "z", Side.SEARCHER)]
    found = changes(lists, date(2026, 3, 15), date(2026, 4, 15))

    assert [("y", Side.OWNER, "b")] == [(one.subject, one.side, one.added[0].key) for one in found.changed]
    assert (Subject(subject="y", side=Side.SEARCHER),) == found.one_list
    with pytest.raises(BadInput):
        changes(lists, MAY, MARCH)


@given(st.sets(st.sampled_from("abcdefgh")), st.sets(st.sampled_from("abcdefgh")))
def test_changes_are_the_difference_of_sets(before: set[str], after: set[str]) -> None:
    """Added, removed and kept are what sets say, and two equal lists are no change."""
    lists = [listed("y", MARCH, "".join(sorted(before))), listed("y", MAY, "".join(sorted(after, reverse=True)))]
    found = changes(lists, MARCH, MAY)

    if before == after:
        assert ((), (owner("y"),)) == (found.changed, found.same)
    else:
        (change,) = found.changed
        assert (after - before, before - after, len(before & after)) == (
            {entry.key for entry in change.added}, {entry.key for entry in change.removed}, change.kept,
        )  # fmt: skip
