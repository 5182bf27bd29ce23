"""ListPlan: what taking a file in will change on a list, worked out before anything is written.

What flows in: a list, a parsed file, what the last file left. What flows out: a plan, and its counts.
What it must never see: a database. Plates are open in a plan, so it never leaves the registry; a ListDiff may.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import msgspec

from lockplate.hotlist import LOW_LEVEL, Category, EntryId, ListId, bare_text
from lockplate.listfiles.outcome import ListRow, ParsedList, Refusal, RefusedLine
from lockplate.read import Vehicle
from lockplate.registry.hotlists import HotList

Identity = tuple[str, str | None, str]
"""Bare plate text, region, category."""


class ImportRules(msgspec.Struct, frozen=True, kw_only=True):
    """On what terms a file is taken in."""

    low_level: frozenset[Category] = frozenset()
    """The debts and paperwork that the operator's law names."""
    accepted: int | None = None
    """How many entries a person says that the file has."""


class ListDiff(msgspec.Struct, frozen=True, kw_only=True):
    """What taking a file changes: lines = added + changed + unchanged + refused + blank."""

    list_id: ListId
    lines: int
    added: int
    changed: int
    """The same plate, region and category with another reason, end, vehicle or source's number."""
    unchanged: int
    gone: int
    """Entries of the last file that this one no longer lists."""
    blank: int
    refused: tuple[RefusedLine, ...]

    def refused_by_reason(self) -> dict[str, int]:
        """Return how many lines were refused, by reason."""
        return dict(sorted(Counter(line.refusal.value for line in self.refused).items()))


class KnownEntry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One entry of the last file, as a new file is compared with it."""

    entry_id: EntryId
    reason: str
    expires_at: datetime
    vehicle: Vehicle | None
    reference: str


class ListPlan(msgspec.Struct):
    """What an import will do."""

    diff: ListDiff
    added: list[tuple[ListRow, Category]]
    changed: list[tuple[EntryId, ListRow]]
    gone: list[EntryId]
    ends_at: datetime
    """When an entry ends whose file gives it no end."""


def plan_import(
    hot_list: HotList,
    parsed: ParsedList,
    known: dict[Identity, KnownEntry],
    gone: list[EntryId],
    rules: ImportRules,
    now: datetime,
) -> ListPlan:
    """Return the plan; `known` is emptied of what the file still lists, and what it does not is added to `gone`.

    An entry whose file gives no end is not changed by living on: all of those are extended at once.
    """
    added: list[tuple[ListRow, Category]] = []
    changed: list[tuple[EntryId, ListRow]] = []
    refused = list(parsed.refused)
    seen: set[Identity] = set()
    unchanged = 0
    for row, category, refusal in _judged(hot_list, parsed, rules, now):
        identity = (bare_text(row.plate_text), row.region, str(category))
        if category is None or refusal is not None or identity in seen:
            refused.append(RefusedLine(line=row.line, refusal=refusal or Refusal.DUPLICATE))
            continue
        seen.add(identity)
        entry = known.pop(identity, None)
        if entry is None:
            added.append((row, category))
        elif _differs(entry, row):
            changed.append((entry.entry_id, row))
        else:
            unchanged += 1
    gone += [entry.entry_id for entry in known.values()]
    diff = ListDiff(
        list_id=hot_list.list_id,
        lines=parsed.lines,
        added=len(added),
        changed=len(changed),
        unchanged=unchanged,
        gone=len(gone),
        blank=parsed.blank,
        refused=tuple(sorted(refused, key=lambda line: line.line)),
    )
    return ListPlan(diff=diff, added=added, changed=changed, gone=gone, ends_at=now + hot_list.life)


def _judged(
    hot_list: HotList, parsed: ParsedList, rules: ImportRules, now: datetime
) -> Iterator[tuple[ListRow, Category | None, Refusal | None]]:
    """Yield each row with its category, and why it is not for this list now, if so."""
    only = next(iter(hot_list.categories)) if len(hot_list.categories) == 1 else None
    named = hot_list.categories - (LOW_LEVEL - rules.low_level)
    oldest = None if hot_list.oldest is None else now - hot_list.oldest
    for row in parsed.rows:
        category = row.category or only
        if category is None:
            yield row, category, Refusal.CATEGORY_MISSING
        elif category not in named:
            barred = category in LOW_LEVEL and category not in rules.low_level
            yield row, category, Refusal.CATEGORY_NOT_IN_LAW if barred else Refusal.CATEGORY_NOT_OF_LIST
        else:
            yield row, category, Refusal.EXPIRED if _is_over(row, now, oldest) else None


def _is_over(row: ListRow, now: datetime, oldest: datetime | None) -> bool:
    """Say whether a row's end has come, or its last day lies before what the list takes."""
    if row.expires_at is not None and row.expires_at <= now:
        return True
    if oldest is None or row.dated is None:
        return False
    return datetime.combine(row.dated, time(), UTC) + timedelta(days=1) <= oldest


def _differs(entry: KnownEntry, row: ListRow) -> bool:
    same = (entry.reason, entry.vehicle, entry.reference) == (row.reason, row.vehicle, row.reference)
    return not same or row.expires_at not in {None, entry.expires_at}
