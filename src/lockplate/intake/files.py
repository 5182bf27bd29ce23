"""FileIntake: a file in, every row accounted for.

What flows in: a path, an operator, a map or a format. What flows out: a report in which every row is imported, a
duplicate, refused with its reason, or lawfully ignored. What it must never see: a question. It reads while the store
writes: one batch is sealed as the one before becomes durable.
"""

import gzip
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import IO

import msgspec
import numpy as np

from lockplate.clock import Clock
from lockplate.errors import BadInput
from lockplate.intake.bulk import BulkCount, BulkIntake, Sealed
from lockplate.intake.delivery import Acknowledgement, Delivery, Refusal, tally
from lockplate.intake.live import LiveIntake
from lockplate.read import Parsed, Read
from lockplate.readers.column_map import ColumnMap
from lockplate.readers.formats import parse_body
from lockplate.readers.lockplate import NAME as OWN_FORMAT
from lockplate.readers.lockplate import columns_of_lines, reads_of_lines
from lockplate.readers.mapped import chunks_of_file, columns_of_chunk, reads_of_chunk
from lockplate.readers.payload import MAX_BODY_BYTES
from lockplate.store.surface import ReadStore
from lockplate.terms import OperatorId, ReaderId

BLOCK_BYTES = 24 * 1024 * 1024
MAX_LINE_BYTES = 1024 * 1024

Progress = Callable[[int], None]
"""Told how many bytes of the file have been read so far."""


class FileReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file: rows = imported + duplicate + merged + unkept + refused + ignored."""

    file: str
    format: str
    rows: int
    imported: int
    """Rows that are new in the store."""
    duplicate: int
    """Rows that were in the store, or in the file, already."""
    merged: int = 0
    """Reads of a passage that has its row; vendor payloads only."""
    unkept: int = 0
    refused: int = 0
    refused_by_reason: dict[str, int] = {}
    ignored: int = 0
    ignored_by_kind: dict[str, int] = {}
    hits: int = 0
    seconds: float = 0.0


class FileOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What to do with a file."""

    path: Path
    operator: OperatorId
    column_map: ColumnMap | None = None
    format_name: str | None = None
    zone: tzinfo | None = None
    reader: ReaderId | None = None
    """The reader of payloads that name none."""


class FileIntake:
    """Takes files in for one node; the node must be owned by this process."""

    def __init__(self, *, bulk: BulkIntake, live: LiveIntake, store: ReadStore, clock: Clock) -> None:
        self._bulk = bulk
        self._live = live
        self._store = store
        self._clock = clock

    def ingest(self, order: FileOrder, progress: Progress) -> FileReport:
        """Take one file in, durably, and account for every row.

        Raises BadInput for a file that cannot be opened or is not what the map says, StoreFailed when the engine
        refuses; rows that were acknowledged by then stay, and the file can be sent again without harm.
        """
        started = self._clock.now()
        if order.column_map is not None:
            report = self._bulk_file(order, self._mapped_batches(order, order.column_map, progress), "mapped")
        elif order.format_name == OWN_FORMAT or (order.format_name is None and _is_own_lines(order.path)):
            report = self._bulk_file(order, self._line_batches(order, progress), OWN_FORMAT)
        else:
            report = self._payload_file(order)
            progress(order.path.stat().st_size)
        took = (self._clock.now() - started).total_seconds()
        return msgspec.structs.replace(report, seconds=round(max(took, 0.0), 3))

    def _bulk_file(self, order: FileOrder, batches: Iterator[Sealed], format_name: str) -> FileReport:
        """Store batches as they are sealed; the store's own counts before and after tell new rows from known ones."""
        days = _DayCounts(self._store, order.operator)
        total = BulkCount()
        with ThreadPoolExecutor(1, thread_name_prefix="store") as writer:
            pending: Future[BulkCount] | None = None
            for sealed in batches:
                if pending is not None:
                    total = total.plus(pending.result())
                days.note(sealed)
                pending = writer.submit(self._bulk.store, sealed)
            if pending is not None:
                total = total.plus(pending.result())
        imported = days.added() if total.stored else 0
        return FileReport(
            file=order.path.name,
            format=format_name,
            rows=total.rows,
            imported=imported,
            duplicate=total.stored - imported,
            unkept=total.unkept,
            refused=sum(total.refused.values()),
            refused_by_reason=total.refused,
            hits=total.hits,
        )

    def _mapped_batches(self, order: FileOrder, column_map: ColumnMap, progress: Progress) -> Iterator[Sealed]:
        records = self._bulk.keeps_records(order.operator)
        for chunk in chunks_of_file(order.path, column_map, progress):
            if records:
                yield self._bulk.seal_reads(order.operator, reads_of_chunk(chunk, column_map))
            else:
                yield self._bulk.seal_columns(order.operator, columns_of_chunk(chunk, column_map))

    def _line_batches(self, order: FileOrder, progress: Progress) -> Iterator[Sealed]:
        records = self._bulk.keeps_records(order.operator)
        with open_lines(order.path) as lines:
            for block in line_blocks(lines):
                if records:
                    made, _ = reads_of_lines(block, zone=order.zone, default_reader=order.reader)
                    yield self._bulk.seal_reads(order.operator, made)
                else:
                    columns = columns_of_lines(block, default_reader=order.reader or ReaderId("file"))
                    yield self._bulk.seal_columns(order.operator, columns)
                progress(lines.tell())

    def _payload_file(self, order: FileOrder) -> FileReport:
        """Take one vendor payload in as its reader would have sent it, except that "now" is no time of a file."""
        if order.path.stat().st_size > MAX_BODY_BYTES:
            raise BadInput(
                "the file is larger than any payload", code="too_large", next_step="Is it a table? Use --map."
            )
        parsed = parse_body(
            order.path.read_bytes(), filename=order.path.name, format_name=order.format_name, zone=order.zone
        )
        timed = [read for read in parsed.reads if read.captured_at is not None]
        told = [self._live.submit(one).result() for one in self._deliveries(order, parsed, timed)]
        refused = tally(reject.reason.value for reject in parsed.rejects)
        if len(timed) != len(parsed.reads):
            refused[Refusal.BAD_TIME.value] = refused.get(Refusal.BAD_TIME.value, 0) + len(parsed.reads) - len(timed)
        for one in told:
            for reason, count in one.refused.items():
                refused[reason] = refused.get(reason, 0) + count
        return _payload_report(order, parsed, told, refused)

    def _deliveries(self, order: FileOrder, parsed: Parsed, reads: list[Read]) -> Iterator[Delivery]:
        by_reader: dict[ReaderId, list[Read]] = {}
        for read in reads:
            by_reader.setdefault(read.reader_id or order.reader or ReaderId("file"), []).append(read)
        for reader, own in by_reader.items():
            yield Delivery(
                operator=order.operator,
                reader=reader,
                parsed=Parsed(format=parsed.format, reads=tuple(own)),
                received_at=self._clock.now(),
                sent=False,
            )


def _payload_report(
    order: FileOrder, parsed: Parsed, told: list[Acknowledgement], refused: dict[str, int]
) -> FileReport:
    return FileReport(
        file=order.path.name,
        format=parsed.format,
        rows=len(parsed.reads) + len(parsed.rejects) + len(parsed.ignored),
        imported=sum(one.stored + one.corrected for one in told),
        duplicate=0,
        merged=sum(one.merged for one in told),
        unkept=sum(one.unkept for one in told),
        refused=sum(refused.values()),
        refused_by_reason=dict(sorted(refused.items())),
        ignored=len(parsed.ignored),
        ignored_by_kind=tally(ignored.kind for ignored in parsed.ignored),
        hits=sum(one.hits for one in told),
    )


class _DayCounts:
    """The store's counts of the days that a file touches, before and after."""

    def __init__(self, store: ReadStore, operator: OperatorId) -> None:
        self._store = store
        self._operator = operator
        self._before: dict[date, int] = {}

    def note(self, sealed: Sealed) -> None:
        """Count each day that a batch touches for the first time, before the batch is stored."""
        seconds = sealed.columns.captured_at if sealed.columns is not None else np.array([])
        numbers = set(np.unique(seconds // 86_400).astype(int).tolist())
        numbers |= {row.captured_at // 86_400 for row in sealed.rows}
        for number in sorted(numbers):
            day = datetime.fromtimestamp(number * 86_400, UTC).date()
            if day not in self._before:
                self._before[day] = self._count(day)

    def added(self) -> int:
        """Return how many rows the noted days have more than before."""
        return sum(self._count(day) - before for day, before in self._before.items())

    def _count(self, day: date) -> int:
        return sum(count.reads for count in self._store.counts(self._operator, day, day))


def open_lines(path: Path) -> IO[bytes]:
    """Return a file of lines opened for reading, unpacked if it is gzip; raises BadInput when it cannot be opened."""
    try:
        with path.open("rb") as probe:
            packed = probe.read(2) == b"\x1f\x8b"
        return gzip.open(path, "rb") if packed else path.open("rb")  # type: ignore[return-value]
    except OSError:
        raise BadInput("the file cannot be opened", code="no_file") from None


def line_blocks(lines: IO[bytes]) -> Iterator[bytes]:
    """Yield a file in blocks of whole lines; raises BadInput for a line no reader would write, or a broken archive."""
    rest = b""
    try:
        while block := lines.read(BLOCK_BYTES):
            cut = block.rfind(b"\n") + 1
            if not cut and len(rest) + len(block) > BLOCK_BYTES + MAX_LINE_BYTES:
                raise BadInput("a line is longer than any read", code="line_too_long")
            if cut:
                yield rest + block[:cut]
                rest = block[cut:]
            else:
                rest += block
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise BadInput("the archive is broken", code="bad_file") from None
    if rest.strip():
        yield rest


def _is_own_lines(path: Path) -> bool:
    """Say whether a file looks like our own NDJSON: its first line is an object with our two names."""
    with open_lines(path) as lines:
        try:
            first = lines.readline(MAX_LINE_BYTES)
        except (gzip.BadGzipFile, EOFError, zlib.error):
            return False
    return first.lstrip().startswith(b"{") and b'"plate"' in first and b'"captured_at"' in first
