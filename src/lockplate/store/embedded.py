"""EmbeddedStore: sealed rows in ClickHouse inside this process (chDB), through clickhouse-connect.

What flows in: sealed rows, probes. What flows out: rows that probes name, counts.
What it must never see: a plate or a key. It is not trusted: who can write here can lose rows or add rows that do not
open, and can learn how many reads each reader made; never whose.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import clickhouse_connect
import numpy as np
import pyarrow as pa
from clickhouse_connect.driver.exceptions import ClickHouseError

from lockplate.errors import StoreFailed
from lockplate.folders import make_folder
from lockplate.marks import SECONDS_PER_DAY, RowMarker, RowSums, add_sums
from lockplate.sealed import Probe, RowPlace, SealedColumns, SealedRead
from lockplate.store.marking import hour_marks_of, spans, sums_of_table
from lockplate.store.schema import DATABASE, Placement, create_statements, readable_table, writable_table
from lockplate.store.surface import DayCount, HourMarks
from lockplate.terms import SECONDS_PER_PERIOD, TOKEN_BYTES, OperatorId, Period, ReaderId, Token

PROBES_PER_QUERY = 20_000
"""A question over 30 days is 720 probes; a wide pattern is asked in several queries."""
MAX_QUERY_BYTES = 4 * 1024 * 1024
LEAST_RECORD_BYTES = 1 + 12 + 16
RECORD_VERSIONS = (1, 2)
"""What a record begins with; see seal.record."""
_BYTES = {"String": "bytes", "FixedString": "bytes"}

Answer = TypeVar("Answer")


class EmbeddedStore:
    """The embedded engine; one process owns its folder (see `ownership`)."""

    def __init__(self, folder: Path, *, memory_mb: int) -> None:
        make_folder(folder)
        self._placement = Placement()
        self._client = _run(lambda: _connect(folder, memory_mb))
        for statement in create_statements(self._placement):
            self._command(statement)

    def append(self, rows: Sequence[SealedRead]) -> None:
        """Store rows durably before returning: of each UTC day all or none."""
        for day_rows in _by_day(rows):
            self._insert(_table_of_rows(day_rows))

    def append_columns(self, columns: SealedColumns) -> None:
        """Store many rows without records durably."""
        if len(columns):
            self._insert(_table_of_columns(columns.check()))

    def find(self, operator: OperatorId, probes: Sequence[Probe], *, start: int, end: int) -> list[SealedRead]:
        """Return the rows that probes name inside [start, end), each once, by time; withdrawn ones left out."""
        found: dict[tuple[Token, int, ReaderId], SealedRead] = {}
        for first in range(0, len(probes), PROBES_PER_QUERY):
            for row in self._rows(operator, probes[first : first + PROBES_PER_QUERY], start, end):
                key = (row.token, row.captured_at, row.reader)
                if key not in found or row.withdrawn:
                    found[key] = row
        kept = (row for row in found.values() if not row.withdrawn)
        return sorted(kept, key=lambda row: (row.captured_at, row.reader, row.token))

    def counts(self, operator: OperatorId, first: date, last: date) -> list[DayCount]:
        """Return reads for each reader and UTC day from first to last."""
        start, end = _day_start(first), _day_start(last + timedelta(days=1))
        rows = self._query(
            f"SELECT reader, intDiv(captured_at, {SECONDS_PER_DAY}) AS day, count() FROM {self._readable} FINAL "  # noqa: S608
            "WHERE operator = {operator:String} AND captured_at >= {start:UInt32} AND captured_at < {end:UInt32} "
            "AND withdrawn = 0 GROUP BY reader, day ORDER BY day, reader "
            "SETTINGS do_not_merge_across_partitions_select_final = 1",
            operator=operator,
            start=start,
            end=end,
        )
        return [
            DayCount(
                reader=ReaderId(reader.decode()),
                day=datetime.fromtimestamp(day * SECONDS_PER_DAY, UTC).date(),
                reads=reads,
            )
            for reader, day, reads in rows
        ]

    def rows_in_period(self, operator: OperatorId, period: Period) -> dict[ReaderId, int]:
        """Return reads for each reader in one hour."""
        rows = self._query(
            f"SELECT reader, count() FROM {self._readable} FINAL "  # noqa: S608 - the table's name is ours
            "WHERE operator = {operator:String} AND period = {period:UInt32} AND withdrawn = 0 "
            "GROUP BY reader ORDER BY reader",
            operator=operator,
            period=int(period),
        )
        return {ReaderId(reader.decode()): reads for reader, reads in rows}

    def is_withdrawn(self, operator: OperatorId, place: RowPlace) -> bool | None:
        """Say whether the row of a place that somebody names was taken back; None when there is no such row."""
        rows = self._query(
            f"SELECT count(), max(withdrawn) FROM {self._readable} "  # noqa: S608 - the table's name is ours
            f"PREWHERE (period, token) = ({place.captured_at // SECONDS_PER_PERIOD},'{_escaped(place.token)}') "
            "WHERE operator = {operator:String} AND captured_at = {second:UInt32} AND reader = {reader:String}",
            operator=operator,
            second=place.captured_at,
            reader=place.reader,
        )
        count, withdrawn = rows[0]
        return bool(withdrawn) if count else None

    def hour_marks(self, operator: OperatorId, period: Period, marker: RowMarker) -> HourMarks:
        """Return the marks of one hour's rows."""
        return hour_marks_of(self._arrow("", operator, period, period), marker)

    def sums(self, operator: OperatorId, first: Period, last: Period, marker: RowMarker) -> RowSums:
        """Return the sums of the rows of the hours from first to last, withdrawn ones left out."""
        return add_sums(
            sums_of_table(self._arrow("AND withdrawn = 0", operator, start, end), marker)
            for start, end in spans(self.hours(operator), first, last)
        )

    def hours(self, operator: OperatorId) -> dict[Period, int]:
        """Return the hours that have rows, with how many at most."""
        rows = self._query(
            f"SELECT period, count() FROM {self._readable} "  # noqa: S608 - the table's name is ours
            "WHERE operator = {operator:String} GROUP BY period ORDER BY period",
            operator=operator,
        )
        return {Period(period): count for period, count in rows}

    def operators(self) -> frozenset[OperatorId]:
        """Return whose rows are here."""
        rows = self._query(f"SELECT DISTINCT operator FROM {self._readable}")  # noqa: S608 - as above
        return frozenset(OperatorId(row[0].decode()) for row in rows)

    def misshapen(self, operator: OperatorId) -> dict[Period, int]:
        """Return how many rows of each hour are no rows of ours."""
        known = ",".join(f"'\\x{version:02x}'" for version in RECORD_VERSIONS)
        rows = self._query(
            f"SELECT period, count() FROM {self._readable} "  # noqa: S608 - the rest are numbers of ours
            "WHERE operator = {operator:String} AND (period != intDiv(captured_at, 3600) OR "
            f"(record != '' AND (length(record) < {LEAST_RECORD_BYTES} OR substring(record, 1, 1) NOT IN ({known})))) "
            "GROUP BY period ORDER BY period",
            operator=operator,
        )
        return {Period(period): count for period, count in rows}

    def drop_day(self, operator: OperatorId, day: date) -> None:
        """Drop an operator's rows of one UTC day, durably; the whole partition goes when nobody else has rows in it."""
        number = _day_start(day) // SECONDS_PER_DAY
        others = self._query(
            f"SELECT count() FROM {self._readable} "  # noqa: S608 - the table's name is ours
            "WHERE intDiv(captured_at, 86400) = {day:UInt32} AND operator != {operator:String}",
            day=number,
            operator=operator,
        )
        if others[0][0] == 0:
            self._command(f"ALTER TABLE {self._writable} DROP PARTITION {number}")
        else:
            self._command(
                f"ALTER TABLE {self._writable} DELETE IN PARTITION {number} WHERE operator = {{operator:String}} "
                "SETTINGS mutations_sync = 2",
                operator=operator,
            )

    def close(self) -> None:
        """Close the engine."""
        self._client.close()

    @property
    def _readable(self) -> str:
        return readable_table(self._placement)

    @property
    def _writable(self) -> str:
        return writable_table(self._placement)

    def _insert(self, table: pa.Table) -> None:
        name = self._writable.split(".", 1)[1]
        _run(lambda: self._client.insert_arrow(name, table, database=DATABASE))

    def _rows(self, operator: OperatorId, probes: Sequence[Probe], start: int, end: int) -> Iterable[SealedRead]:
        """Look the probes up; only numbers and bytes that we render go into the text of the set."""
        places = ",".join(f"({int(probe.period)},'{_escaped(probe.token)}')" for probe in probes)
        rows = self._query(
            f"SELECT token, captured_at, reader, withdrawn, record FROM {self._readable} "  # noqa: S608
            f"PREWHERE (period, token) IN ({places}) "
            "WHERE operator = {operator:String} AND captured_at >= {start:UInt32} AND captured_at < {end:UInt32}",
            operator=operator,
            start=max(start, 0),
            end=max(end, 0),
        )
        for token, captured_at, reader, withdrawn, record in rows:
            yield SealedRead(
                operator=operator,
                token=Token(token),
                captured_at=captured_at,
                reader=ReaderId(reader.decode()),
                record=record,
                withdrawn=bool(withdrawn),
            )

    def _query(self, text: str, **parameters: object) -> Sequence[Sequence[Any]]:
        rows: Sequence[Sequence[Any]] = _run(
            lambda: self._client.query(text, parameters=parameters, query_formats=_BYTES).result_rows
        )
        return rows

    def _arrow(self, condition: str, operator: OperatorId, first: Period, last: Period) -> pa.Table:
        """Return the rows of some hours in columns, each once, for marks to be made of them here."""
        text = (
            f"SELECT token, captured_at, toString(reader) AS reader, withdrawn FROM {self._readable} FINAL "  # noqa: S608
            f"WHERE operator = {{operator:String}} AND period BETWEEN {{first:UInt32}} AND {{last:UInt32}} {condition}"
        )
        values = {"operator": operator, "first": int(first), "last": int(last)}
        return _run(lambda: self._client.query_arrow(text, parameters=values, use_strings=False))

    def _command(self, text: str, **parameters: object) -> None:
        _run(lambda: self._client.command(text, parameters=parameters or None))


def _connect(folder: Path, memory_mb: int) -> Any:
    settings = {
        "max_memory_usage": memory_mb * 1024 * 1024,
        "max_query_size": MAX_QUERY_BYTES,
        # a file of a year's history in one batch touches more days than the engine's own limit of 100
        "max_partitions_per_insert_block": 0,
    }
    return clickhouse_connect.get_client(interface="chdb", path=str(folder), settings=settings)


def _run(act: Callable[[], Answer]) -> Answer:
    """Do one thing with the engine; whatever it raises becomes StoreFailed, without the statement's text."""
    try:
        return act()
    except (ClickHouseError, OSError, RuntimeError) as error:
        raise StoreFailed(
            f"the store refused ({type(error).__name__})",
            next_step="Nothing of this batch was acknowledged. Look at disk space and the node's log, then send again.",
        ) from error


def _escaped(token: Token) -> str:
    return "".join(f"\\x{byte:02x}" for byte in token)


def _day_start(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _by_day(rows: Sequence[SealedRead]) -> Iterable[Sequence[SealedRead]]:
    """Yield one batch when all rows are of one day, as nearly always; else a batch for each day."""
    days: dict[int, list[SealedRead]] = {}
    for row in rows:
        days.setdefault(row.captured_at // SECONDS_PER_DAY, []).append(row)
    return days.values()


def _dictionary(values: Sequence[str]) -> pa.DictionaryArray:
    return pa.array(values, pa.string()).dictionary_encode()


def _table_of_rows(rows: Sequence[SealedRead]) -> pa.Table:
    return pa.table(
        {
            "operator": _dictionary([row.operator for row in rows]),
            "period": pa.array([row.period for row in rows], pa.uint32()),
            "token": pa.array([row.token for row in rows], pa.binary(TOKEN_BYTES)),
            "captured_at": pa.array([row.captured_at for row in rows], pa.uint32()),
            "reader": _dictionary([row.reader for row in rows]),
            "withdrawn": pa.array([int(row.withdrawn) for row in rows], pa.uint8()),
            "record": pa.array([row.record for row in rows], pa.binary()),
        }
    )


def _table_of_columns(columns: SealedColumns) -> pa.Table:
    rows = len(columns)
    zeros = np.zeros(rows, dtype=np.int32)
    tokens = pa.FixedSizeBinaryArray.from_buffers(pa.binary(TOKEN_BYTES), rows, [None, pa.py_buffer(columns.tokens)])
    empty = pa.BinaryArray.from_buffers(
        pa.binary(), rows, [None, pa.py_buffer(np.zeros(rows + 1, dtype=np.int32)), pa.py_buffer(b"")]
    )
    return pa.table(
        {
            "operator": pa.DictionaryArray.from_arrays(pa.array(zeros), pa.array([columns.operator])),
            "period": pa.array(columns.captured_at // np.uint32(SECONDS_PER_PERIOD), pa.uint32()),
            "token": tokens,
            "captured_at": pa.array(columns.captured_at, pa.uint32()),
            "reader": pa.DictionaryArray.from_arrays(
                pa.array(columns.reader_index), pa.array(list(columns.readers), pa.string())
            ),
            "withdrawn": pa.array(zeros.astype(np.uint8)),
            "record": empty,
        }
    )
