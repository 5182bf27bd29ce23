"""Mapped files: somebody else's CSV or Parquet, read by a ColumnMap, in columns or as reads.

What flows in: a file and its map. What flows out: chunks of columns, or of reads, with every row accounted for.
What it must never see: the store, keys, a log.
"""

import gzip
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, BinaryIO, cast

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from lockplate.errors import BadInput
from lockplate.plate import fold
from lockplate.read import ClockRule, Confidence, Position, Read, Reject, RejectReason, plate_fields
from lockplate.readers.column_map import Cell, ColumnMap
from lockplate.readers.columns import ReadColumns
from lockplate.readers.fields import number_of
from lockplate.readers.utf8 import SUBSTITUTE, Utf8Stream
from lockplate.sealed import EARLIEST, LATEST
from lockplate.terms import ReaderId

NAME = "mapped"
BLOCK_BYTES = 8 * 1024 * 1024
UTF_8 = frozenset({"utf8", "utf-8"})
_OFFSET = re.compile(r"(?:[Zz]|[+-]\d\d:?\d\d)\s*$")
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
_EPOCH = {"epoch_s": 1, "epoch_ms": 1_000, "epoch_us": 1_000_000}


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of a file that were read together, as text columns with nulls for missing cells."""

    table: pa.Table
    unreadable: int
    """Rows that broke the file's own syntax and are in no column."""


def chunks_of_file(path: Path, column_map: ColumnMap, progress: Callable[[int], None]) -> Iterator[Chunk]:
    """Yield a file's rows chunk by chunk; `progress` is told how many bytes of the file have been read.

    Raises BadInput when the file is not what the map says: a missing column, not Parquet, not text, a broken archive.
    """
    try:
        if column_map.format == "parquet":
            yield from _parquet_chunks(path, column_map, progress)
        else:
            yield from _csv_chunks(path, column_map, progress)
    except (pa.ArrowException, UnicodeDecodeError, LookupError, EOFError, zlib.error, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk's own; what the table reader and gzip say of a file's content has no number
        raise BadInput(
            f"the file is not what the map says ({type(error).__name__})",
            code="bad_file",
            next_step="Check format, delimiter, encoding and the columns' names in the map.",
        ) from None


def columns_of_chunk(chunk: Chunk, column_map: ColumnMap) -> ReadColumns:
    """Return a chunk as columns; rows without plate or time are refused and counted by reason."""
    table = chunk.table
    seconds = seconds_of(table[column_map.captured_at.column], column_map)
    plates = _plates(table, column_map)
    keys = [fold(text) for text in plates]
    refused: dict[str, int] = {RejectReason.MALFORMED: chunk.unreadable} if chunk.unreadable else {}
    good: list[int] = []
    for place, second in enumerate(seconds.tolist()):
        fields = plate_fields(plates[place])
        reason = fields.reason if isinstance(fields, Reject) else RejectReason.BAD_TIME if second < EARLIEST else None
        if reason is None:
            good.append(place)
        else:
            refused[reason] = refused.get(reason, 0) + 1
    readers, index = _readers(table, column_map)
    return ReadColumns(
        rows=table.num_rows + chunk.unreadable,
        plate_keys=[keys[place] for place in good],
        captured_at=seconds[good].astype(np.uint32),
        reader_index=index[good],
        readers=readers,
        refused=refused,
        read_at=lambda place: _whole_read(chunk, column_map, good[place]),
        positions=None if column_map.position is None else lambda: _positions_at(table, column_map, good),
    )


def _positions_at(table: pa.Table, column_map: ColumnMap, places: Sequence[int]) -> list[Position | None]:
    positions = _positions(table, column_map)
    return [positions[place] for place in places]


def _whole_read(chunk: Chunk, column_map: ColumnMap, place: int) -> Read:
    read = reads_of_chunk(Chunk(table=chunk.table.slice(place, 1), unreadable=0), column_map)[0]
    if isinstance(read, Reject):
        raise BadInput("a row that was read before cannot be read again", code="bad_row")
    return read


def reads_of_chunk(chunk: Chunk, column_map: ColumnMap) -> list[Read | Reject]:
    """Return a chunk as reads and rejects, one for each row."""
    table = chunk.table
    seconds = seconds_of(table[column_map.captured_at.column], column_map).tolist()
    raw = table[column_map.captured_at.column].to_pylist()
    plates = _plates(table, column_map)
    cells = {
        name: _cell(table, cast("Cell | None", getattr(column_map, name)))
        for name in ("reader", "region", "place", "direction", "lane", "event_id", "confidence")
    }
    positions = _positions(table, column_map)
    rule, own_offset = _clock_rule(column_map), column_map.captured_at.format == "rfc3339"
    made: list[Read | Reject] = [Reject(reason=RejectReason.MALFORMED)] * chunk.unreadable
    for place in range(table.num_rows):
        fields = plate_fields(plates[place])
        if isinstance(fields, Reject) or seconds[place] < EARLIEST:
            made.append(fields if isinstance(fields, Reject) else Reject(reason=RejectReason.BAD_TIME))
            continue
        confidence = number_of(cells["confidence"][place])
        made.append(
            Read(
                format=NAME,
                plate_text=fields[0],
                plate_key=fields[1],
                region=cells["region"][place],
                captured_at=datetime.fromtimestamp(seconds[place], UTC),
                captured_at_raw=raw[place],
                clock_rule=ClockRule.OFFSET if own_offset and _OFFSET.search(raw[place]) else rule,
                confidence=(
                    None if confidence is None else Confidence(value=confidence, scale=column_map.confidence_scale)
                ),
                reader_id=ReaderId(cells["reader"][place] or "file"),
                event_id=cells["event_id"][place],
                direction=cells["direction"][place],
                lane=cells["lane"][place],
                position=positions[place],
                place=cells["place"][place],
            )
        )
    return made


def seconds_of(texts: pa.ChunkedArray, column_map: ColumnMap) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return whole seconds since 1970 of a column of times; -1 where a cell is no time of the map's form.

    A naive time is placed by the map's zone. In the hour that a clock change repeats, the earlier instant is taken; a
    time that a clock change skips is refused.
    """
    form = column_map.captured_at.format
    texts = pc.utf8_trim_whitespace(texts)
    if form in _EPOCH:
        numbers = pc.cast(pc.if_else(_not_number(texts), pa.scalar(None, pa.string()), texts), pa.float64())
        seconds = pc.floor(pc.divide(numbers, float(_EPOCH[form])))
    elif form == "rfc3339":
        zone = column_map.zone()
        return _checked_range(np.array([_rfc3339(text, zone) for text in texts.to_pylist()], dtype=np.int64))
    else:
        seconds = _strptime(texts, form, column_map)
    return _checked_range(np.asarray(pc.fill_null(pc.cast(seconds, pa.int64()), -1)))


def _checked_range(
    seconds: np.ndarray[tuple[int], np.dtype[np.int64]],
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.where((seconds >= EARLIEST) & (seconds < LATEST), seconds, -1)


def _not_number(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.invert(pc.fill_null(pc.match_substring_regex(texts, r"^\d{1,17}(\.\d+)?$"), False))


def _strptime(texts: pa.ChunkedArray, form: str, column_map: ColumnMap) -> pa.Array:
    try:
        naive = pc.strptime(texts, format=form, unit="s", error_is_null=True)
    except pa.ArrowException:
        raise BadInput("`captured_at.format` cannot be used", code="bad_map") from None
    if "%z" in form or column_map.captured_at.zone is None:
        return pc.cast(naive, pa.int64()) if "%z" in form else pa.nulls(len(texts), pa.int64())
    zone = column_map.captured_at.zone
    try:
        placed = pc.assume_timezone(naive, zone, ambiguous="earliest", nonexistent="raise")
    except pa.ArrowInvalid:
        earliest = pc.assume_timezone(naive, zone, ambiguous="earliest", nonexistent="earliest")
        latest = pc.assume_timezone(naive, zone, ambiguous="earliest", nonexistent="latest")
        skipped = pc.fill_null(pc.not_equal(earliest, latest), True)
        placed = pc.if_else(skipped, pa.scalar(None, earliest.type), earliest)
    return pc.cast(pc.cast(placed, pa.timestamp("s", tz=zone)), pa.int64())


def _rfc3339(text: str | None, zone: tzinfo | None) -> int:
    try:
        at = datetime.fromisoformat(text or "")
        if at.tzinfo is not None:
            return int(at.timestamp())
        if zone is None:
            return -1
        placed = at.replace(tzinfo=zone).astimezone(UTC)
        skipped = placed.astimezone(zone).replace(tzinfo=None) != at
        return -1 if skipped else int(placed.timestamp())
    except (ValueError, OverflowError):
        return -1


def _clock_rule(column_map: ColumnMap) -> ClockRule:
    """Return the rule of the map; an RFC 3339 text that carries its own offset goes by that, whatever the map says."""
    form = column_map.captured_at.format
    if form in _EPOCH:
        return {
            "epoch_s": ClockRule.EPOCH_SECONDS,
            "epoch_ms": ClockRule.EPOCH_MILLISECONDS,
            "epoch_us": ClockRule.EPOCH_MICROSECONDS,
        }[form]
    if "%z" in form or column_map.captured_at.zone is None:
        return ClockRule.OFFSET
    return ClockRule.READER_ZONE


def _plates(table: pa.Table, column_map: ColumnMap) -> list[str]:
    texts = pc.fill_null(table[column_map.plate.column], "")
    take = column_map.plate.take
    plates: list[str] = (pc.utf8_slice_codeunits(texts, 0, take) if take else texts).to_pylist()
    return plates


def _readers(
    table: pa.Table, column_map: ColumnMap
) -> tuple[tuple[ReaderId, ...], np.ndarray[tuple[int], np.dtype[np.int32]]]:
    names: dict[str, int] = {}
    texts = _cell(table, column_map.reader)
    index = np.fromiter((names.setdefault(text or "file", len(names)) for text in texts), np.int32, table.num_rows)
    return tuple(ReaderId(name) for name in names), index


def _cell(table: pa.Table, cell: Cell | None) -> Sequence[str | None]:
    if cell is None or cell.column is None:
        return [None if cell is None else cell.constant] * table.num_rows
    texts: list[str | None] = table[cell.column].to_pylist()
    return [None if text is None else text.strip() or None for text in texts]


def _positions(table: pa.Table, column_map: ColumnMap) -> Sequence[Position | None]:
    cell = column_map.position
    if cell is None:
        return [None] * table.num_rows
    if cell.column is not None:
        pairs = [_pair(text, cell.missing) for text in table[cell.column].to_pylist()]
        return [_position(*(pair if cell.order == "lat lon" else pair[::-1])) for pair in pairs]
    latitudes, longitudes = (
        table[cast("str", cell.latitude)].to_pylist(),
        table[cast("str", cell.longitude)].to_pylist(),
    )
    return [_position(number_of(one), number_of(other)) for one, other in zip(latitudes, longitudes, strict=True)]


def _pair(text: str | None, missing: Sequence[str]) -> tuple[float | None, float | None]:
    numbers = [] if text is None or text.strip() in missing else _NUMBER.findall(text)
    return (float(numbers[0]), float(numbers[1])) if len(numbers) == 2 else (None, None)


def _position(latitude: float | None, longitude: float | None) -> Position | None:
    """Return a position on Earth; (0, 0) is how receivers without a fix write "none"."""
    if latitude is None or longitude is None or (latitude == 0 and longitude == 0):
        return None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None
    return Position(latitude=latitude, longitude=longitude)


def _csv_chunks(path: Path, column_map: ColumnMap, progress: Callable[[int], None]) -> Iterator[Chunk]:
    unreadable = 0

    def count_bad(_: Any) -> str:
        nonlocal unreadable
        unreadable += 1
        return "skip"

    names = column_map.columns()
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        unpacked = gzip.GzipFile(fileobj=raw) if packed else raw
        stream = Utf8Stream(cast("BinaryIO", unpacked))
        is_utf8 = column_map.encoding.lower() in UTF_8
        reader = pyarrow.csv.open_csv(
            cast("BinaryIO", stream if is_utf8 else unpacked),
            read_options=pyarrow.csv.ReadOptions(
                block_size=BLOCK_BYTES, encoding=column_map.encoding, use_threads=False
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=column_map.delimiter,
                quote_char=column_map.quote,
                # some releases write an address on two lines of one cell
                newlines_in_values=True,
                invalid_row_handler=count_bad,
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=list(names),
                null_values=list(column_map.missing),
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
        for batch in reader:
            bad, unreadable = unreadable, 0
            progress(raw.tell())
            if stream.mended:
                _require_utf8(batch)
            yield Chunk(table=pa.Table.from_batches([batch]), unreadable=bad)
        if unreadable:
            empty = pa.table({name: pa.array([], pa.string()) for name in names})
            yield Chunk(table=empty, unreadable=unreadable)


def _require_utf8(batch: pa.RecordBatch) -> None:
    """Raise LookupError when a cell that the map uses holds a byte that is no UTF-8: the encoding is another one."""
    for column in batch.columns:
        if pc.any(pc.match_substring(column, SUBSTITUTE)).as_py():
            raise LookupError("utf-8")


def _parquet_chunks(path: Path, column_map: ColumnMap, progress: Callable[[int], None]) -> Iterator[Chunk]:
    names = column_map.columns()
    with pyarrow.parquet.ParquetFile(path) as file:
        total, done, size = file.metadata.num_rows or 1, 0, path.stat().st_size
        missing = set(names) - set(file.schema_arrow.names)
        if missing:
            raise pa.ArrowKeyError(", ".join(sorted(missing)))
        for batch in file.iter_batches(batch_size=100_000, columns=list(names)):
            done += batch.num_rows
            progress(size * done // total)
            batch.validate(full=True)  # a damaged file may hold as text what is no UTF-8
            yield Chunk(table=_as_text(pa.Table.from_batches([batch]), column_map), unreadable=0)


def _as_text(table: pa.Table, column_map: ColumnMap) -> pa.Table:
    """Return the table with every column as text, as a CSV would give it; missing words become nulls."""
    columns = {}
    for name in table.column_names:
        column = table[name]
        if pa.types.is_timestamp(column.type):
            column = _timestamps_as_text(column)
        elif pa.types.is_binary(column.type) or pa.types.is_fixed_size_binary(column.type):
            column = pa.chunked_array([pa.array([None if one is None else one.hex() for one in column.to_pylist()])])
        else:
            column = pc.cast(column, pa.string())
        absent = pc.is_in(column, value_set=pa.array(list(column_map.missing), pa.string()))
        columns[name] = pc.if_else(absent, pa.scalar(None, pa.string()), column)
    return pa.table(columns)


def _timestamps_as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return timestamps as RFC 3339: in UTC where the column has a zone, else naive, for the map's zone to place."""
    if column.type.tz is None:
        return pc.strftime(column, format="%Y-%m-%dT%H:%M:%S")
    in_utc = pc.cast(column, pa.timestamp(column.type.unit, tz="UTC"))
    return pc.strftime(in_utc, format="%Y-%m-%dT%H:%M:%SZ")
