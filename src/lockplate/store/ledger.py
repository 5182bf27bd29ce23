"""RowLedger: what intake acknowledged as stored, by reader and day, until a record in the log says it for good.

What flows in: for each batch, before it is stored, what it will add; after it, that it did. What flows out: sums of
rows by the UTC day on which they were booked; which batches are in doubt.
What it must never see: a plate, the rows themselves but for one of each batch and day, by which a crash is cleared up.

A batch is *begun* here durably before the store has it, and *settled* once the store does. Settling costs no write of
its own: it goes along with the next one. What a crash leaves begun is *in doubt*: the store makes a batch of one day
whole or not at all, so one row that it would have added tells whether it did.

The ledger is not trusted: each booked day carries a keyed hash over its total, which only the node can make.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from lockplate.clock import Clock
from lockplate.errors import StoreFailed
from lockplate.marks import NO_ROWS, Day, RowMarker, RowSum, RowSums, add_sums, day_of
from lockplate.sealed import RowPlace
from lockplate.terms import OperatorId, ReaderId

NEVER = Day(-1)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS begun (
    operator TEXT PRIMARY KEY, closed_through INTEGER NOT NULL, newest INTEGER NOT NULL, vouch BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS booked (
    operator TEXT NOT NULL, booked_on INTEGER NOT NULL, day INTEGER NOT NULL, reader TEXT NOT NULL,
    rows INTEGER NOT NULL, marks BLOB NOT NULL, PRIMARY KEY (operator, booked_on, day, reader)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS total (
    operator TEXT NOT NULL, booked_on INTEGER NOT NULL, rows INTEGER NOT NULL, marks BLOB NOT NULL,
    vouch BLOB NOT NULL, PRIMARY KEY (operator, booked_on)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS intent (intent INTEGER PRIMARY KEY, operator TEXT NOT NULL, parts BLOB NOT NULL) STRICT;
"""

IsWithdrawn = Callable[[OperatorId, RowPlace], bool | None]
"""Says whether a row of the store was taken back; None when it is not there."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch adds to one UTC day of capture, and one row that the store has once it did."""

    probe: RowPlace
    sums: tuple[tuple[Day, ReaderId, RowSum], ...]


class BookedDay(msgspec.Struct, frozen=True, kw_only=True):
    """What was booked on one day."""

    sums: RowSums
    is_vouched: bool
    """The node itself wrote these lines, and none is missing."""


class _Intent(msgspec.Struct, frozen=True, kw_only=True):
    intent: int
    operator: OperatorId
    parts: tuple[Part, ...]
    booked_on: Day = NEVER


_PARTS = msgspec.msgpack.Decoder(tuple[Part, ...])


class RowLedger:
    """The ledger of one node; safe for many threads of the one process that owns the node."""

    def __init__(self, path: Path, markers: Mapping[OperatorId, RowMarker], clock: Clock) -> None:
        self._markers, self._clock = markers, clock
        self._lock = threading.RLock()
        self._settled: list[_Intent] = []
        self._connection, rows = _opened(path)
        self._doubts = {
            row[0]: _Intent(intent=row[0], operator=OperatorId(row[1]), parts=_PARTS.decode(row[2])) for row in rows
        }
        self._under_way: dict[int, _Intent] = {}
        self._next = max(self._doubts, default=0) + 1

    def close(self) -> None:
        """Write down what is settled, and close the file."""
        with self._lock:
            try:
                self.flush()
            finally:
                self._connection.close()

    # A batch

    def begin(self, operator: OperatorId, parts: Sequence[Part]) -> int:
        """Note durably what a batch is about to add, and return the note's number."""
        with self._lock:
            number, self._next = self._next, self._next + 1
            one = _Intent(intent=number, operator=operator, parts=tuple(parts))
            with self._writing():
                values = (number, operator, msgspec.msgpack.encode(one.parts))
                self._connection.execute("INSERT INTO intent VALUES (?, ?, ?)", values)
            self._under_way[number] = one
            return number

    def settle(self, number: int) -> None:
        """Take note that the store has a batch; durable with the next write."""
        with self._lock:
            self._settled.append(self._dated(self._under_way.pop(number)))

    def doubt(self, number: int) -> None:
        """Take note that nobody knows whether the store has a batch."""
        with self._lock:
            self._doubts[number] = self._under_way.pop(number)

    def resolve(self, is_withdrawn: IsWithdrawn) -> None:
        """Clear up every batch in doubt by looking for its rows; one that cannot be looked up stays in doubt.

        Raises what looking up raises. No other batch may touch the same hours before this.
        """
        with self._lock:
            for number, one in list(self._doubts.items()):
                done = tuple(part for part in one.parts if _is_done(part, is_withdrawn(one.operator, part.probe)))
                self._settled.append(self._dated(msgspec.structs.replace(one, parts=done)))
                del self._doubts[number]
            self.flush()

    def has_doubts(self) -> bool:
        """Say whether there is any batch of which nobody knows whether the store has it."""
        with self._lock:
            return bool(self._doubts)

    def flush(self) -> None:
        """Write down what is settled."""
        with self._lock:
            if self._settled:
                with self._writing():
                    pass

    # What is booked

    def has_begun(self, operator: OperatorId) -> bool:
        """Say whether there is a ledger of an operator."""
        return self._begun(operator) is not None

    def found(self, operator: OperatorId, sums: RowSums) -> None:
        """Begin an operator's ledger, with rows that are here already or none."""
        with self._lock, self._writing():
            today = day_of(int(self._clock.now().timestamp()))
            self._note_begun(operator, NEVER, today if sums else NEVER)
            self._book(operator, today, sums)

    def booked(self, operator: OperatorId) -> dict[Day, BookedDay]:
        """Return what is booked and not closed, by the day on which it was booked."""
        self.flush()
        with self._lock:
            days = self._connection.execute(
                "SELECT booked_on FROM total WHERE operator = ? UNION SELECT booked_on FROM booked WHERE operator = ?",
                (operator, operator),
            ).fetchall()
            return {Day(row[0]): self._booked_day(operator, Day(row[0])) for row in sorted(days)}

    def closed_through(self, operator: OperatorId) -> Day:
        """Return the last day that was closed; NEVER before the first."""
        begun = self._begun(operator)
        return NEVER if begun is None else begun[0]

    def is_whole(self, operator: OperatorId) -> bool:
        """Say whether the node itself wrote what is here, and no open day was taken away."""
        with self._lock:
            begun = self._begun(operator)
            if begun is None or begun[2] != self._vouch_begun(operator, begun[0], begun[1]):
                return False
            booked = self.booked(operator)
            return all(one.is_vouched for one in booked.values()) and (begun[1] <= begun[0] or begun[1] in booked)

    def close_day(self, operator: OperatorId, day: Day) -> None:
        """Forget what was booked on a day, once the record that says it is durable; nothing is booked on it again."""
        with self._lock, self._writing():
            begun = self._begun(operator) or (NEVER, NEVER, b"")
            for table in ("booked", "total"):
                here = f"DELETE FROM {table} WHERE operator = ? AND booked_on = ?"  # noqa: S608 - names of ours
                self._connection.execute(here, (operator, day))
            self._note_begun(operator, Day(max(begun[0], day)), begun[1])

    def _dated(self, one: _Intent) -> _Intent:
        """Return a batch with the day on which it is booked: today, or the first day that is not closed yet."""
        today = day_of(int(self._clock.now().timestamp()))
        return msgspec.structs.replace(one, booked_on=Day(max(today, self.closed_through(one.operator) + 1)))

    def _begun(self, operator: OperatorId) -> tuple[Day, Day, bytes] | None:
        with self._lock:
            row = self._connection.execute(
                "SELECT closed_through, newest, vouch FROM begun WHERE operator = ?", (operator,)
            ).fetchone()
        return None if row is None else (Day(row[0]), Day(row[1]), row[2])

    def _booked_day(self, operator: OperatorId, booked_on: Day) -> BookedDay:
        here = "WHERE operator = ? AND booked_on = ?"
        rows = self._connection.execute(f"SELECT day, reader, rows, marks FROM booked {here}", (operator, booked_on))  # noqa: S608 - a constant
        sums = {(Day(day), ReaderId(reader)): _sum(count, marks) for day, reader, count, marks in rows}
        found = self._connection.execute(f"SELECT rows, marks, vouch FROM total {here}", (operator, booked_on))  # noqa: S608 - a constant
        total = found.fetchone()
        whole = _total(sums)
        is_vouched = (
            total is not None
            and _sum(total[0], total[1]) == whole
            and total[2] == self._vouch(operator, booked_on, whole)
        )
        return BookedDay(sums=add_sums([sums]), is_vouched=is_vouched)

    def _book(self, operator: OperatorId, booked_on: Day, sums: RowSums) -> None:
        """Add sums to a day's lines and to its total; within a write."""
        if not sums:
            return
        for (day, reader), one in sums.items():
            place = (operator, booked_on, day, reader)
            self._add("booked", "operator, booked_on, day, reader", place, one)
        whole = self._add("total", "operator, booked_on", (operator, booked_on), _total(sums))
        self._connection.execute(
            "UPDATE total SET vouch = ? WHERE operator = ? AND booked_on = ?",
            (self._vouch(operator, booked_on, whole), operator, booked_on),
        )

    def _add(self, table: str, columns: str, place: tuple[str | int, ...], one: RowSum) -> RowSum:
        """Add to one line, which is made when it is not there; return what it says now."""
        here = " AND ".join(f"{column} = ?" for column in columns.split(", "))
        query = f"SELECT rows, marks FROM {table} WHERE {here}"  # noqa: S608 - names of ours
        row = self._connection.execute(query, place).fetchone()
        now = one if row is None else _sum(*row).plus(one)
        if row is None:
            rest = ", rows, marks, vouch" if table == "total" else ", rows, marks"
            marks = ", ".join("?" for _ in (columns + rest).split(", "))
            values = (*place, now.rows, _bytes(now), *((b"",) if table == "total" else ()))
            self._connection.execute(f"INSERT INTO {table} ({columns}{rest}) VALUES ({marks})", values)  # noqa: S608 - as above
        else:
            change = f"UPDATE {table} SET rows = ?, marks = ? WHERE {here}"  # noqa: S608 - as above
            self._connection.execute(change, (now.rows, _bytes(now), *place))
        return now

    def _note_begun(self, operator: OperatorId, closed_through: Day, newest: Day) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO begun VALUES (?, ?, ?, ?)",
            (operator, closed_through, newest, self._vouch_begun(operator, closed_through, newest)),
        )

    def _vouch(self, operator: OperatorId, booked_on: Day, whole: RowSum) -> bytes:
        line = f"total\0{operator}\0{booked_on}\0{whole.rows}\0{_bytes(whole).hex()}"
        return self._markers[operator].vouch(line.encode())

    def _vouch_begun(self, operator: OperatorId, closed_through: Day, newest: Day) -> bytes:
        return self._markers[operator].vouch(f"begun\0{operator}\0{closed_through}\0{newest}".encode())

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Run one durable transaction, which first writes down what is settled; undone when it raises."""
        settled = list(self._settled)
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._write_settled(settled)
            yield
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise StoreFailed("the ledger of rows refused to write") from error
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        del self._settled[: len(settled)]

    def _write_settled(self, settled: Sequence[_Intent]) -> None:
        grouped: dict[tuple[OperatorId, Day], list[RowSums]] = {}
        for one in settled:
            sums = [{(day, reader): each} for part in one.parts for day, reader, each in part.sums]
            grouped.setdefault((one.operator, one.booked_on), []).extend(sums)
        for (operator, booked_on), parts in grouped.items():
            begun = self._begun(operator) or (NEVER, NEVER, b"")
            if booked_on > begun[1]:
                self._note_begun(operator, begun[0], booked_on)
            self._book(operator, booked_on, add_sums(parts))
        self._connection.executemany("DELETE FROM intent WHERE intent = ?", [(one.intent,) for one in settled])


def _opened(path: Path) -> tuple[sqlite3.Connection, list[tuple[int, str, bytes]]]:
    """Return the open file and the intents in it, or raise StoreFailed."""
    connection: sqlite3.Connection | None = None
    try:
        connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        path.chmod(0o600)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.executescript(_SCHEMA)
        return connection, connection.execute("SELECT intent, operator, parts FROM intent ORDER BY intent").fetchall()
    except (sqlite3.Error, OSError) as error:
        if connection is not None:
            connection.close()
        raise StoreFailed("the ledger of rows could not be opened") from error


def _is_done(part: Part, found: bool | None) -> bool:
    """Say whether the store has what a batch was about to add: a row, or that a row is taken back."""
    return found is not None and (found or not part.probe.withdrawn)


def _total(sums: RowSums) -> RowSum:
    whole = NO_ROWS
    for one in sums.values():
        whole = whole.plus(one)
    return whole


def _sum(rows: int, marks: bytes) -> RowSum:
    return RowSum(rows=rows, low=int.from_bytes(marks[:8], "big"), high=int.from_bytes(marks[8:16], "big"))


def _bytes(one: RowSum) -> bytes:
    return one.low.to_bytes(8, "big") + one.high.to_bytes(8, "big")
