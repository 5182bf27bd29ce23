"""Folder: where releases are kept, and how their records are read again.

What flows in: a path; releases in the making. What flows out: manifests, records in batches with their provenance,
refused rows, original bytes. What it must never see: a release that is half there: one has its name when it is whole.

    DIR/lockplate-releases.json           says that this is such a folder
    DIR/originals/SHA256                  the released bytes
    DIR/releases/ID/manifest.json         and beside it records, refusals and places of duplicates
    DIR/releases/.part-ID                 unfinished; the next import removes it
"""

import fcntl
import os
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from lockplate.errors import BadInput, Conflict, NotFound
from lockplate.folders import make_folder, sync_folder
from lockplate.imports.manifest import MAX_MANIFEST_BYTES, NAME, Manifest, read_manifest, write_manifest
from lockplate.imports.record_tables import SCHEMAS
from lockplate.imports.rows import RefusedRow
from lockplate.imports.writing import RECORDS, REFUSALS, sha256_of
from lockplate.released import RecordKind, ReleaseId

MARK = "lockplate-releases.json"
_MARK_TEXT = b'{"format": 1, "what": "released records, imported by lockplate oversight import"}\n'
BATCH_ROWS = 64 * 1024
_PART, _OLD = ".part-", ".old-"
RELEASE = "release"
"""The column that a reader adds: which release a row stands in."""


class Folder:
    """Releases that were imported; `releases` are those that were there when it was opened, oldest period first."""

    def __init__(self, path: Path, releases: Sequence[Manifest]) -> None:
        self.path = path
        self.releases = tuple(sorted(releases, key=_age))

    def release(self, release: ReleaseId) -> Manifest:
        """Return one release's manifest; raises NotFound."""
        found = next((one for one in self.releases if one.release == release), None)
        if found is None:
            raise NotFound("no such release in the folder", code="no_release")
        return found

    def batches(
        self,
        columns: Collection[str] | None = None,
        *,
        kind: RecordKind = RecordKind.SEARCH,
        releases: Collection[ReleaseId] | None = None,
        batch_rows: int = BATCH_ROWS,
    ) -> Iterator[pa.RecordBatch]:
        """Yield records in batches, release by release, in the order of `releases`; memory stays bounded.

        Columns are those of `record_tables.SCHEMAS[kind]` and `release`; None: all of them. Whatever is asked for,
        `release` and `row` are there, so that each record can be cited. Raises BadInput for an unknown column or a
        file that is damaged.
        """
        schema = SCHEMAS[kind]
        wanted = [name for name in schema.names if columns is None or name in {*columns, "row"}]
        unknown = {*(columns or ())} - {*schema.names, RELEASE}
        if unknown:
            raise BadInput(
                "records have no such column", code="no_column", next_step=f"One of: {', '.join(schema.names)}"
            )
        for manifest in self.releases:
            if releases is None or manifest.release in releases:
                yield from self._of_release(manifest, kind, wanted, batch_rows)

    def _of_release(
        self, manifest: Manifest, kind: RecordKind, wanted: Sequence[str], batch_rows: int
    ) -> Iterator[pa.RecordBatch]:
        if RECORDS[kind] not in {file.name for file in manifest.files}:
            return
        path = self._place(manifest.release) / RECORDS[kind]
        try:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(batch_rows, columns=list(wanted), use_threads=False):
                    name = pa.repeat(manifest.release, len(batch))
                    yield pa.RecordBatch.from_arrays([name, *batch.columns], [RELEASE, *batch.schema.names])
        except (pa.ArrowException, OSError):
            raise BadInput("records of a release cannot be read", code="bad_folder", next_step=_AGAIN) from None

    def refusals(self, release: ReleaseId) -> Iterator[RefusedRow]:
        """Yield the rows of a release that were refused, in the order in which they were met."""
        path = self._place(self.release(release).release) / REFUSALS
        if not path.exists():
            return
        decoder = msgspec.json.Decoder(RefusedRow)
        with path.open("rb") as file:
            for line in file:
                yield decoder.decode(line)

    def original(self, release: ReleaseId) -> Path | None:
        """Return the released bytes, or None when only their hash was kept."""
        path = self.path / "originals" / self.release(release).sha256
        return path if path.exists() else None

    def require_whole(self) -> "Folder":
        """Return this folder once every file of it has the hash that its manifest says; raises BadInput."""
        for manifest in self.releases:
            place, original = self._place(manifest.release), self.original(manifest.release)
            kept = [(place / file.name, file.sha256) for file in manifest.files]
            kept += [] if original is None else [(original, manifest.sha256)]
            if any(not path.exists() or sha256_of(path) != sha256 for path, sha256 in kept):
                raise BadInput("a file of the folder was changed", code="bad_folder", next_step=_AGAIN)
        return self

    def _place(self, release: ReleaseId) -> Path:
        return self.path / "releases" / release


_AGAIN = "Import the released file again into a new folder."


def _age(manifest: Manifest) -> tuple[str, str, str, str]:
    """Order releases by the period they cover, and those of one period by when they were released."""
    return (
        manifest.period_from or "",
        manifest.period_to or "",
        manifest.as_of or manifest.imported_at,
        manifest.release,
    )


def open_folder(path: Path) -> Folder:
    """Return the folder with its finished releases; raises BadInput for any other folder, or a damaged one."""
    if not (path / MARK).is_file():
        raise BadInput(
            "the folder holds no imported releases",
            code="no_folder",
            next_step="`lockplate oversight import FILE… --out DIR` makes one.",
        )
    found = []
    for place in sorted((path / "releases").glob("[!.]*")):
        content = (place / NAME).read_bytes() if (place / NAME).is_file() else b""
        if len(content) > MAX_MANIFEST_BYTES:
            raise BadInput("a release's manifest cannot be read", code="bad_manifest", next_step=_AGAIN)
        found.append(read_manifest(content))
    return Folder(path, found)


class FolderWriter:
    """A folder that this process alone writes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._releases = path / "releases"

    def known(self, release: ReleaseId) -> Manifest | None:
        """Return the manifest of a release that is whole, or None."""
        place = self._releases / release
        if not (place / NAME).is_file():
            return None
        manifest = read_manifest((place / NAME).read_bytes())
        whole = all(
            (place / file.name).is_file() and (place / file.name).stat().st_size == file.bytes
            for file in manifest.files
        )
        return manifest if whole else None

    def begin(self, release: ReleaseId) -> Path:
        """Return an empty folder for a release in the making."""
        part = self._releases / f"{_PART}{release}"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        return part

    def finish(self, manifest: Manifest) -> None:
        """Give a release its name, with its manifest; one of that name that was there before goes."""
        part, place = (self._releases / f"{prefix}{manifest.release}" for prefix in (_PART, ""))
        _write(part / NAME, write_manifest(manifest))
        sync_folder(part)
        old = self._releases / f"{_OLD}{manifest.release}"
        if place.exists():
            place.rename(old)
        part.rename(place)
        sync_folder(self._releases)
        shutil.rmtree(old, ignore_errors=True)

    def abandon(self, release: ReleaseId) -> None:
        """Remove what was made of a release."""
        shutil.rmtree(self._releases / f"{_PART}{release}", ignore_errors=True)

    def note(self, manifest: Manifest) -> None:
        """Replace the manifest of a release that is there."""
        place = self._releases / manifest.release
        _write(place / f"{NAME}.new", write_manifest(manifest))
        (place / f"{NAME}.new").rename(place / NAME)
        sync_folder(place)

    def keep_original(self, source: Path, sha256: str) -> Path:
        """Return the copy of the released bytes, made if it is not there."""
        path = self.path / "originals" / sha256
        if path.is_file() and path.stat().st_size == source.stat().st_size:
            return path
        make_folder(path.parent)
        fresh = path.with_name(f"{_PART}{sha256}")
        shutil.copyfile(source, fresh)
        _sync(fresh)
        if sha256_of(fresh) != sha256:
            fresh.unlink()
            raise BadInput("the file changed while it was copied", code="changed_file", next_step="Import it again.")
        fresh.rename(path)
        sync_folder(path.parent)
        return path

    def mend(self) -> None:
        """Remove what an import that was killed left behind, and put back what it had just moved away."""
        for old in self._releases.glob(f"{_OLD}*"):
            place = self._releases / old.name.removeprefix(_OLD)
            if place.exists():
                shutil.rmtree(old)
            else:
                old.rename(place)
        for part in (*self._releases.glob(f"{_PART}*"), *self.path.glob(f"originals/{_PART}*")):
            shutil.rmtree(part) if part.is_dir() else part.unlink()


@contextmanager
def writing_folder(path: Path) -> Iterator[FolderWriter]:
    """Give a folder to write releases into, made if it is not there, mended if an import was killed.

    Raises BadInput for a folder that holds other things, Conflict while another import writes it.
    """
    if path.exists() and not (path / MARK).is_file() and any(path.iterdir()):
        raise BadInput("the folder holds other things", code="foreign_folder", next_step="Name a new folder.")
    make_folder(path / "releases")
    if not (path / MARK).is_file():
        _write(path / f"{MARK}.new", _MARK_TEXT)
        (path / f"{MARK}.new").rename(path / MARK)
        sync_folder(path)
    with (path / MARK).open("rb") as mark:
        _lock(mark)
        writer = FolderWriter(path)
        writer.mend()
        yield writer


def _lock(mark: IO[bytes]) -> None:
    try:
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise Conflict(
            "another import writes this folder", code="folder_busy", next_step="Wait for it to end."
        ) from None


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    _sync(path)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
