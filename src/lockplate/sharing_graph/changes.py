"""Changes: two days' sharing lists of the same subjects, compared line by line.

What flows in: sharing lists with their days. What flows out: who was added and who was taken away, with the rows.
What it must never see: a list without a day taken for one with; a subject with one list called changed.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

import msgspec

from lockplate.errors import BadInput
from lockplate.sharing_graph.statement import Entry, SharingList, Side


class ListChange(msgspec.Struct, frozen=True, kw_only=True):
    """One subject's list, then and later."""

    subject: str
    side: Side
    earlier: date
    later: date
    """The days of the lists compared, which may lie before the days asked for."""
    earlier_source: str
    later_source: str
    added: tuple[Entry, ...]
    """Rows of the later list."""
    removed: tuple[Entry, ...]
    """Rows of the earlier list."""
    kept: int


class Subject(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Whose list."""

    subject: str
    side: Side


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What changed between two days, and what cannot be said."""

    changed: tuple[ListChange, ...]
    same: tuple[Subject, ...]
    one_list: tuple[Subject, ...]
    """Only one day's list is known up to the later day, so nothing can be compared."""
    unclear: tuple[Subject, ...]
    """Two lists of one day disagree with each other."""
    undated: tuple[Subject, ...]
    """Lists without a day, which were left out."""


def changes(lists: Iterable[SharingList], earlier: date, later: date) -> Changes:
    """Compare, for each subject, the newest list up to the one day with the newest up to the other.

    Raises BadInput when the days are not in order.
    """
    if earlier >= later:
        raise BadInput("the earlier day is not before the later one", code="bad_days")
    by_subject: dict[Subject, list[SharingList]] = defaultdict(list)
    undated: set[Subject] = set()
    for one in lists:
        subject = Subject(subject=one.subject, side=one.side)
        if one.on is None:
            undated.add(subject)
        elif one.on <= later:
            by_subject[subject].append(one)
    changed: list[ListChange] = []
    told: dict[str, list[Subject]] = defaultdict(list)
    for subject in sorted(by_subject):
        before = _newest(by_subject[subject], earlier)
        after = _newest(by_subject[subject], later)
        if not before or before[0].on == after[0].on:
            told["one_list"].append(subject)
        elif _disagree(before) or _disagree(after):
            told["unclear"].append(subject)
        elif (change := _change(before[0], after[0])) is None:
            told["same"].append(subject)
        else:
            changed.append(change)
    return Changes(
        changed=tuple(changed),
        same=tuple(told["same"]),
        one_list=tuple(told["one_list"]),
        unclear=tuple(told["unclear"]),
        undated=tuple(sorted(undated)),
    )


def _newest(lists: list[SharingList], until: date) -> list[SharingList]:
    """Return the lists of the newest day up to a day, by source."""
    days = [one.on for one in lists if one.on is not None and one.on <= until]
    return sorted((one for one in lists if days and one.on == max(days)), key=lambda one: one.source)


def _disagree(lists: list[SharingList]) -> bool:
    return len({frozenset(entry.key for entry in one.entries) for one in lists}) > 1


def _change(before: SharingList, after: SharingList) -> ListChange | None:
    """Return what changed between two lists, or None."""
    old, new = ({entry.key: entry for entry in sorted(one.entries, reverse=True)} for one in (before, after))
    added, removed = sorted(new.keys() - old.keys()), sorted(old.keys() - new.keys())
    if not (added or removed) or before.on is None or after.on is None:
        return None
    return ListChange(
        subject=before.subject,
        side=before.side,
        earlier=before.on,
        later=after.on,
        earlier_source=before.source,
        later_source=after.source,
        added=tuple(new[key] for key in added),
        removed=tuple(old[key] for key in removed),
        kept=len(old.keys() & new.keys()),
    )
