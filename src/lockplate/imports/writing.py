"""Writing: the files of one release in the making: records, refusals, duplicates.

What flows in: tables of records, refused rows, places of duplicates. What flows out: files in an unfinished folder,
durable when it is closed. What it must never see: another release.
"""

import hashlib
import json
import os
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa
import pyarrow.parquet as pq

from lockplate.imports.manifest import KeptFile
from lockplate.imports.record_tables import SCHEMAS
from lockplate.imports.rows import RawBlock, RefusedRow
from lockplate.released import RecordKind

ROWS_A_GROUP = 64 * 1024
RECORDS = MappingProxyType(
    {
        RecordKind.SEARCH: "searches.parquet",
        RecordKind.EVENT: "events.parquet",
        RecordKind.SHARE: "shares.parquet",
    }
)
REFUSALS = "refusals.ndjson"
DUPLICATES = "duplicates.parquet"
_PLACES = pa.schema([("row", pa.int64()), ("line", pa.int64()), ("sheet", pa.string())])
_READ_BYTES = 1024 * 1024


class ReleaseWriter:
    """Writes the files of one release; `finish` makes them durable, `abandon` leaves them unfinished."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tables = {
            **{name: _Rows(folder / name, SCHEMAS[kind]) for kind, name in RECORDS.items()},
            DUPLICATES: _Rows(folder / DUPLICATES, _PLACES),
        }
        self._refusals = (folder / REFUSALS).open("w", encoding="ascii")
        self._refused = 0

    def write(self, kind: RecordKind, table: pa.Table) -> None:
        """Add records."""
        self._tables[RECORDS[kind]].add(table)

    def refuse(self, row: RefusedRow) -> None:
        """Note a refused row; its text is escaped, so that a terminal that shows the file takes no harm."""
        told = {"row": row.row, "line": row.line, "sheet": row.sheet, "reason": row.reason.value, "text": row.text}
        self._refusals.write(json.dumps(told, ensure_ascii=True) + "\n")
        self._refused += 1

    def note_duplicates(self, block: RawBlock) -> None:
        """Note where rows stand that are equal to earlier ones."""
        rows = len(block)
        lines = pa.nulls(rows, pa.int64()) if block.lines is None else pa.array(block.lines)
        sheets = pa.nulls(rows, pa.string()) if block.sheet is None else pa.repeat(block.sheet, rows)
        self._tables[DUPLICATES].add(pa.Table.from_arrays([pa.array(block.rows), lines, sheets], schema=_PLACES))

    def finish(self) -> tuple[KeptFile, ...]:
        """Return the files, durable; what would be empty is not there."""
        self._refusals.close()
        names = [name for name, rows in self._tables.items() if rows.close()]
        if self._refused:
            names.append(REFUSALS)
        else:
            (self._folder / REFUSALS).unlink()
        return tuple(_kept(self._folder / name) for name in names)

    def abandon(self) -> None:
        """Close what is open; whoever made the folder removes it."""
        self._refusals.close()
        for rows in self._tables.values():
            rows.abandon()


class _Rows:
    """One Parquet file, made when there is a first row, in row groups of bounded size."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._path = path
        self._schema = schema
        self._writer: pq.ParquetWriter | None = None
        self._waiting: list[pa.Table] = []
        self._count = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="records")
        self._writing: Future[None] | None = None

    def add(self, table: pa.Table) -> None:
        self._waiting.append(table)
        self._count += table.num_rows
        if self._count >= ROWS_A_GROUP:
            self._flush()

    def _flush(self) -> None:
        """Have what waits written beside whatever else goes on; wait for what was given before."""
        self._wait()
        if self._count:
            self._writing = self._thread.submit(self._write, pa.concat_tables(self._waiting))
            self._waiting, self._count = [], 0

    def _wait(self) -> None:
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()

    def _write(self, table: pa.Table) -> None:
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, self._schema, compression="zstd", compression_level=1)
        self._writer.write_table(table, row_group_size=ROWS_A_GROUP * 2)

    def close(self) -> bool:
        """Write what waits; say whether there is a file."""
        self._flush()
        self._wait()
        self._thread.shutdown()
        if self._writer is None:
            return False
        self._writer.close()
        return True

    def abandon(self) -> None:
        self._thread.shutdown()
        if self._writer is not None:
            self._writer.close()


def _kept(path: Path) -> KeptFile:
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return KeptFile(name=path.name, sha256=sha256_of(path), bytes=path.stat().st_size)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
