"""Importing: one released file into a folder, every row accounted for.

What flows in: a file, a plan if a person gave one, a folder to write. What flows out: a release, and a report in which
every row is imported, a duplicate, or refused with its reason. What it must never see: a row twice, or not at all.

A file that was imported before changes nothing. With another plan it is read again and takes the place of what was
there.
"""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lockplate.clock import Clock, format_time
from lockplate.errors import BadInput
from lockplate.imports.assembling import table_of
from lockplate.imports.folder import FolderWriter
from lockplate.imports.labels import Role
from lockplate.imports.manifest import Manifest
from lockplate.imports.opening import Opened, open_source
from lockplate.imports.plan import Plan
from lockplate.imports.recognising import Placed, Recogniser
from lockplate.imports.rows import Chunk, Progress
from lockplate.imports.seen import RowHashes, Seen, text_hashes
from lockplate.imports.states import CODE
from lockplate.imports.tally import Counts, Tally
from lockplate.imports.writing import ReleaseWriter, sha256_of
from lockplate.released import ReleaseId, State

_ID_CHARACTERS = 16


class Outcome(StrEnum):
    """What an import did."""

    IMPORTED = "imported"
    ALREADY = "already"
    """The same file was there, read by the same plan: nothing changed."""
    NOTED = "noted"
    """As `already`, but for date, agency or copy, of which something was noted anew."""
    REPLACED = "replaced"
    """The same file was there, read by another plan."""


class ImportOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What to import, and how."""

    path: Path
    plan: Plan | None = None
    as_of: str | None = None
    """When the file was released, as RFC 3339 or a date."""
    agency: str | None = None
    """Who released it, in the words of the person who imports it; nothing is resolved here."""
    keep_original: bool = True


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one file."""

    file: str
    outcome: Outcome
    manifest: Manifest
    seconds: float = 0.0

    def public(self) -> dict[str, Any]:
        """Return the report as JSON carries it."""
        manifest = self.manifest
        return {
            "file": self.file,
            "release": manifest.release,
            "agency": manifest.agency,
            "as_of": manifest.as_of,
            "outcome": self.outcome.value,
            "form": manifest.form,
            "layouts": list(manifest.layouts),
            "unsure": list(manifest.unsure),
            "period_from": manifest.period_from,
            "period_to": manifest.period_to,
            **msgspec.to_builtins(manifest.counts),
            "seconds": self.seconds,
        }


def import_file(folder: FolderWriter, order: ImportOrder, clock: Clock, progress: Progress) -> ImportReport:
    """Import one file and account for every row.

    Raises BadInput for a file that cannot be opened or is no table; then nothing of it is in the folder.
    """
    started = clock.now()
    path = order.path
    if not path.is_file():
        raise BadInput(f"cannot read {path.name}", code="no_file")
    sha256 = sha256_of(path)
    release = ReleaseId(sha256[:_ID_CHARACTERS])
    known = folder.known(release)
    if order.keep_original:
        path = folder.keep_original(path, sha256)
    if known is not None and (order.plan is None or known.plan_hash == _plan_hash(order.plan)):
        progress(path.stat().st_size)
        return _again(folder, order, known)
    with _making(folder, release) as writer:
        reading = _Reading(order, writer, progress)
        manifest = reading.read(path, release, sha256, format_time(started))
        folder.finish(manifest)
    took = max((clock.now() - started).total_seconds(), 0.0)
    outcome = Outcome.IMPORTED if known is None else Outcome.REPLACED
    return ImportReport(file=order.path.name, outcome=outcome, manifest=manifest, seconds=round(took, 3))


def _again(folder: FolderWriter, order: ImportOrder, known: Manifest) -> ImportReport:
    noted = msgspec.structs.replace(
        known,
        as_of=order.as_of or known.as_of,
        agency=order.agency or known.agency,
        original_kept=known.original_kept or order.keep_original,
    )
    if noted == known:
        return ImportReport(file=order.path.name, outcome=Outcome.ALREADY, manifest=known)
    folder.note(noted)
    return ImportReport(file=order.path.name, outcome=Outcome.NOTED, manifest=noted)


@contextmanager
def _making(folder: FolderWriter, release: ReleaseId) -> Iterator[ReleaseWriter]:
    writer = ReleaseWriter(folder.begin(release))
    try:
        yield writer
    except BaseException:
        writer.abandon()
        folder.abandon(release)
        raise


class _Reading:
    """One file being read into one release."""

    def __init__(self, order: ImportOrder, writer: ReleaseWriter, progress: Progress) -> None:
        self._order = order
        self._plan = order.plan or Plan()
        self._writer = writer
        self._progress = progress
        self._recogniser = Recogniser(order.plan)
        self._tally = Tally()
        self._hashes = RowHashes()
        self._rows = Seen()
        self._ids = Seen()

    def read(self, path: Path, release: ReleaseId, sha256: str, imported_at: str) -> Manifest:
        """Return the manifest of what was read and written."""
        before = path.stat()
        with path.open("rb") as file:
            opened = open_source(path, file, self._progress, self._plan.delimiter)
            for chunk in _ahead(opened.chunks):
                self._tally.headers += chunk.headers
                self._tally.blank_lines += chunk.blank_lines
                recognised = self._recogniser.recognise(chunk)
                self._tally.headers += recognised.headers
                for row in (*chunk.refused, *recognised.refused):
                    self._writer.refuse(row)
                    self._tally.refused[row.reason.value] += 1
                for placed in recognised.placed:
                    self._keep(placed)
        after = path.stat()
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise BadInput("the file changed while it was read", code="changed_file", next_step="Import it again.")
        return self._manifest(opened, before.st_size, release, sha256, imported_at)

    def _keep(self, placed: Placed) -> None:
        block = placed.block
        again = self._rows.repeats(self._hashes.of(block.columns))
        if again.any():
            duplicates = block.take(np.flatnonzero(again))
            self._writer.note_duplicates(duplicates)
            self._tally.duplicate += len(duplicates)
        kept = ~again
        if not kept.any():
            return
        repeats = self._id_repeats(placed, kept)
        table = table_of(block, placed.section, placed.number, placed.fields, repeats)
        if not kept.all():
            table = table.filter(pa.array(kept))
        fields = placed.fields if kept.all() else placed.fields.only(kept)
        self._writer.write(placed.section.kind, table)
        self._tally.add(placed.section.kind, fields)
        self._tally.id_repeats += int(repeats[kept].sum())

    def _id_repeats(self, placed: Placed, kept: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which rows to be kept have an id that an earlier row of other content has."""
        repeats = np.zeros(len(placed.block), np.bool_)
        name = Role.ID.value
        if name in placed.fields.values:
            places = np.flatnonzero((placed.fields.states[name] == CODE[State.GIVEN]) & kept)
            if len(places):
                texts = placed.fields.values[name].take(pa.array(places))
                repeats[places] = self._ids.repeats(text_hashes(texts))
        return repeats

    def _manifest(self, opened: Opened, size: int, release: ReleaseId, sha256: str, imported_at: str) -> Manifest:
        period_from, period_to = self._tally.period()
        sections = self._recogniser.sections
        return Manifest(
            release=release,
            file_name=self._order.path.name,
            sha256=sha256,
            bytes=size,
            imported_at=imported_at,
            as_of=self._order.as_of,
            agency=self._order.agency,
            original_kept=self._order.keep_original,
            form=opened.form,
            encoding=opened.notes().get("encoding"),
            delimiter=opened.delimiter,
            plan_hash=_plan_hash(self._order.plan),
            plan=msgspec.structs.replace(self._plan, day_first=self._recogniser.words.day_first, sections=sections),
            layouts=tuple(dict.fromkeys(section.layout or "given" for section in sections)),
            period_from=period_from,
            period_to=period_to,
            counts=self._tally.counts(),
            states=self._tally.states(),
            masks=self._tally.masks(),
            time_rules=dict(self._tally.rules()),
            files=self._writer.finish(),
        )


def _ahead(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """Yield chunks, the next one being read while this one is worked on."""
    with ThreadPoolExecutor(1, thread_name_prefix="released") as reader:
        waiting = reader.submit(next, chunks, None)
        while (chunk := waiting.result()) is not None:
            waiting = reader.submit(next, chunks, None)
            yield chunk


def _plan_hash(plan: Plan | None) -> str | None:
    """Return a hash over what a plan does; None for no plan."""
    return None if plan is None else hashlib.sha256(msgspec.json.encode(plan.bare())).hexdigest()


def guess_plan(path: Path, plan: Plan | None = None, *, most_rows: int = 20_000) -> tuple[Plan, Opened, Counts]:
    """Return how a file would be read, told by its first rows, with the form of the file and a count of those rows.

    Raises BadInput for a file that cannot be opened or is no table. Nothing is written.
    """
    if not path.is_file():
        raise BadInput(f"cannot read {path.name}", code="no_file")
    recogniser, tally = Recogniser(plan), Tally()
    with path.open("rb") as file:
        opened = open_source(path, file, lambda _: None, None if plan is None else plan.delimiter)
        for chunk in opened.chunks:
            recognised = recogniser.recognise(chunk)
            tally.headers += chunk.headers + recognised.headers
            tally.refused.update(row.reason.value for row in (*chunk.refused, *recognised.refused))
            for placed in recognised.placed:
                tally.add(placed.section.kind, placed.fields)
            if tally.counts().rows >= most_rows:
                break
    made = msgspec.structs.replace(plan or Plan(), day_first=recogniser.words.day_first, sections=recogniser.sections)
    return made, opened, tally.counts()
