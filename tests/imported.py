"""One released file imported, and what it came to, for the tests of imports."""

from collections.abc import Sequence
from typing import Any

from lockplate.imports.folder import Folder
from lockplate.imports.manifest import Manifest
from lockplate.imports.reading import events, searches
from lockplate.released import RecordKind, ReleasedEvent, ReleasedSearch
from released_files import vendor_time

MANY = 30


class Imported:
    """What one file came to."""

    def __init__(self, folder: Folder, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest
        self.counts = manifest.counts
        assert self.counts.rows == self.counts.imported + self.counts.duplicate + self.counts.refused
        self.records: list[ReleasedSearch] = [one for batch in folder.batches() for one in searches(batch)]
        self.records.sort(key=lambda one: one.provenance.row)
        self.events: list[ReleasedEvent] = [
            one for batch in folder.batches(kind=RecordKind.EVENT) for one in events(batch)
        ]
        self.refusals = {one.row: one.reason.value for one in folder.refusals(manifest.release)}
        assert self.counts.imported == len(self.records) + len(self.events) + self.counts.shares
        assert self.counts.refused == len(self.refusals)

    def states(self, field: str) -> set[str]:
        return set(self.manifest.states["search"][field])

    def column(self, field: str) -> list[Any]:
        return [getattr(one, field) for one in self.records]


def told(rows: Sequence[Sequence[str]], fields: Sequence[str], field: str) -> list[str | None]:
    """Return a column of rows as records should hold it."""
    return [row[fields.index(field)] or None for row in rows]


def same(taken: Imported, rows: Sequence[Sequence[str]], fields: Sequence[str]) -> None:
    """Every field of every record is what stands in the file."""
    assert len(rows) == taken.counts.imported
    for field in fields:
        wanted = told(rows, fields, field)
        if field in {"networks", "devices"}:
            assert [None if text is None else int(text) for text in wanted] == taken.column(field), field
        elif field == "frame":
            assert wanted == [f"{vendor_time(one.frame_from)}\n{vendor_time(one.frame_to)}" for one in taken.records]
        elif field in {"frame_from", "frame_to", "searched_at"}:
            assert wanted == [vendor_time(at) for at in taken.column(field)], field
        else:
            assert wanted == taken.column(field), field
