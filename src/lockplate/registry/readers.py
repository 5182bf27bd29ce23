"""RegisteredReaders: the cameras that may send, each with its own key, and how each of them is doing.

What flows in: a reader's description; the key it shows; when it was heard; counts of what it sent amiss.
What flows out: the RegisteredReader behind a key, and its health. A key is shown once, when it is made.
What it must never see: a payload, a plate. Keys are kept as SHA-256 only: of 256 random bits, a fast hash does.
"""

import hashlib
import hmac
import secrets
import threading
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, insert, select, update

from lockplate.clock import Clock
from lockplate.errors import BadInput, NotFound, Unauthenticated
from lockplate.read import Position
from lockplate.registry.database import reading, writing
from lockplate.registry.ids import require_slug, require_zone
from lockplate.registry.tables import operators, readers, reject_counts
from lockplate.terms import OperatorId, ProfileId, ReaderId

KEY_BYTES = 32
MAX_GROUPS = 20
KEY_PREFIX = "lpk_"
"""Lets a scanner find a key that somebody committed by mistake."""
_REMEMBERED_FOR = timedelta(seconds=5)
"""How long a key found in the database is believed without looking again: a change made here counts at once, one made
by another process within this time."""
_FLUSH_AT = 10_000
"""So many distinct pending counters are written down without being asked."""


class RegisteredReader(msgspec.Struct, frozen=True, kw_only=True):
    """A reader as its operator registered it."""

    reader: ReaderId
    operator: OperatorId
    name: str
    place: str
    position: Position | None
    zone: str
    """IANA zone of its local times."""
    active: bool
    format: str | None
    """The payload format to assume; None: told by shape."""
    mobile: bool
    origin: ProfileId | None = None
    """The law profile its reads were made under, where they are copies from another agency; it travels with them."""
    groups: frozenset[str] = frozenset()
    """Names under which filters of alerts know several readers at once."""


class ReaderHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How a reader is doing."""

    reader: ReaderId
    last_seen: datetime | None
    clock_drift_seconds: float | None
    """Device time minus receive time, at the last read; positive when its clock is ahead."""
    rejects: dict[date, dict[str, int]]
    """Per UTC day and reason."""


class NewReader(msgspec.Struct, frozen=True, kw_only=True):
    """What an administrator says of a reader."""

    reader: ReaderId
    operator: OperatorId
    name: str
    place: str = ""
    position: Position | None = None
    zone: str | None = None
    """None: the operator's zone."""
    format: str | None = None
    mobile: bool = False
    origin: ProfileId | None = None
    groups: frozenset[str] = frozenset()


class RegisteredReaders:
    """The readers of every operator here. Counters gather in memory until `flush`; one process counts."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._lock = threading.Lock()
        self._remembered: dict[bytes, tuple[datetime, RegisteredReader]] = {}
        self._pending_rejects: Counter[tuple[ReaderId, date, str]] = Counter()
        self._pending_seen: dict[ReaderId, tuple[datetime, float | None]] = {}

    def add(self, new: NewReader) -> tuple[RegisteredReader, str]:
        """Add a reader and return it with its key, which nobody can read again.

        Raises BadInput (id, name, zone, position), NotFound (operator), Conflict (the id is taken).
        """
        require_slug(new.reader)
        if not new.name.strip():
            raise BadInput("a reader has a name", code="bad_reader")
        if new.position is not None and not (abs(new.position.latitude) <= 90 and abs(new.position.longitude) <= 180):
            raise BadInput("a position has a latitude to 90 and a longitude to 180 degrees", code="bad_position")
        key, key_hash = _new_key()
        with writing(self._engine, "a reader with this id exists already") as connection:
            row = connection.execute(select(operators.c.zone).where(operators.c.operator == new.operator)).one_or_none()
            if row is None:
                raise NotFound("no operator has this id", code="unknown_operator")
            connection.execute(
                insert(readers).values(
                    reader=new.reader,
                    operator=new.operator,
                    name=new.name.strip(),
                    place=new.place.strip(),
                    latitude=None if new.position is None else new.position.latitude,
                    longitude=None if new.position is None else new.position.longitude,
                    zone=row.zone if new.zone is None else require_zone(new.zone),
                    key_hash=key_hash,
                    active=True,
                    format=new.format,
                    mobile=new.mobile,
                    origin=new.origin,
                    groups=require_groups(new.groups),
                    created_at=self._clock.now(),
                )
            )
        return self.get(new.reader), key

    def get(self, reader: ReaderId) -> RegisteredReader:
        """Return a reader, or raise NotFound."""
        with reading(self._engine) as connection:
            row = connection.execute(select(readers).where(readers.c.reader == reader)).one_or_none()
        if row is None:
            raise _unknown()
        return _reader(row)

    def registered_at(self, operator: OperatorId) -> dict[ReaderId, datetime]:
        """Return when each reader of an operator was registered here."""
        wanted = select(readers.c.reader, readers.c.created_at).where(readers.c.operator == operator)
        with reading(self._engine) as connection:
            return {ReaderId(row.reader): row.created_at for row in connection.execute(wanted)}

    def last_seen(self, operator: OperatorId) -> dict[ReaderId, datetime]:
        """Return when each reader of an operator was last heard; one that never was is left out."""
        self.flush()
        here = readers.c.operator == operator, readers.c.last_seen.is_not(None)
        with reading(self._engine) as connection:
            rows = connection.execute(select(readers.c.reader, readers.c.last_seen).where(*here))
            return {ReaderId(row.reader): row.last_seen for row in rows}

    def list_all(self, operator: OperatorId | None = None) -> tuple[RegisteredReader, ...]:
        """Return every reader, or those of one operator, by id."""
        wanted = select(readers).order_by(readers.c.reader)
        if operator is not None:
            wanted = wanted.where(readers.c.operator == operator)
        with reading(self._engine) as connection:
            return tuple(_reader(row) for row in connection.execute(wanted))

    def renew_key(self, reader: ReaderId) -> str:
        """Give a reader a new key; the old one stops at once. Raises NotFound."""
        key, key_hash = _new_key()
        self._change(reader, {"key_hash": key_hash})
        return key

    def deactivate(self, reader: ReaderId) -> RegisteredReader:
        """Stop taking reads from a reader. Raises NotFound."""
        return self._change(reader, {"active": False})

    def activate(self, reader: ReaderId) -> RegisteredReader:
        """Take reads from a reader again. Raises NotFound."""
        return self._change(reader, {"active": True})

    def set_format(self, reader: ReaderId, payload_format: str | None) -> RegisteredReader:
        """Set, or clear, the payload format to assume. Raises NotFound."""
        return self._change(reader, {"format": payload_format})

    def set_groups(self, reader: ReaderId, groups: frozenset[str]) -> RegisteredReader:
        """Put a reader into these groups and no others. Raises BadInput and NotFound."""
        return self._change(reader, {"groups": require_groups(groups)})

    def set_zone(self, reader: ReaderId, zone: str) -> RegisteredReader:
        """Set the zone of a reader's local times. Raises BadInput and NotFound."""
        return self._change(reader, {"zone": require_zone(zone)})

    def authenticate(self, key: str) -> RegisteredReader:
        """Return the active reader that holds this key, or raise Unauthenticated.

        The look-up goes by SHA-256 of the key, whose bytes a caller cannot steer; the last comparison is constant-time.
        """
        key_hash = hashlib.sha256(key.encode("utf-8", "replace")).digest()
        now = self._clock.now()
        known = self._remembered.get(key_hash)
        if known is not None and abs(now - known[0]) < _REMEMBERED_FOR:
            return known[1]
        with reading(self._engine) as connection:
            row = connection.execute(select(readers).where(readers.c.key_hash == key_hash)).one_or_none()
        if row is None or not hmac.compare_digest(row.key_hash, key_hash) or not row.active:
            with self._lock:
                self._remembered.pop(key_hash, None)
            raise Unauthenticated(
                "no reader may send with this key", next_step="Ask the operator for the reader's key."
            )
        found = _reader(row)
        with self._lock:
            self._remembered[key_hash] = (now, found)
        return found

    def note_seen(self, reader: ReaderId, at: datetime, clock_drift_seconds: float | None = None) -> None:
        """Remember when a reader was heard, and how far its clock was off; written at the next flush."""
        with self._lock:
            if clock_drift_seconds is None and reader in self._pending_seen:
                clock_drift_seconds = self._pending_seen[reader][1]
            self._pending_seen[reader] = (at, clock_drift_seconds)

    def count_rejects(self, reader: ReaderId, day: date, reason: str, count: int = 1) -> None:
        """Count what a reader sent amiss on a UTC day, by reason; written at the next flush."""
        with self._lock:
            self._pending_rejects[reader, day, reason] += count
            full = len(self._pending_rejects) >= _FLUSH_AT
        if full:
            self.flush()

    def flush(self) -> None:
        """Write pending counters down, in one transaction; on an error they stay pending. Unknown readers count not."""
        with self._lock:
            rejects, self._pending_rejects = self._pending_rejects, Counter()
            seen, self._pending_seen = self._pending_seen, {}
        if not rejects and not seen:
            return
        try:
            with writing(self._engine) as connection:
                known = set(connection.execute(select(readers.c.reader)).scalars())
                for (reader, day, reason), count in rejects.items():
                    if reader in known:
                        _add_count(connection, reader, day, reason, count)
                for reader, (at, drift) in seen.items():
                    values = {"last_seen": at} if drift is None else {"last_seen": at, "clock_drift_seconds": drift}
                    connection.execute(update(readers).where(readers.c.reader == reader).values(values))
        except BaseException:
            with self._lock:
                self._pending_rejects.update(rejects)
                self._pending_seen = seen | self._pending_seen
            raise

    def health(self, reader: ReaderId, since: date) -> ReaderHealth:
        """Return when a reader was last heard, its clock's drift, and its rejects from a day on. Raises NotFound."""
        self.flush()
        counted = reject_counts.c
        with reading(self._engine) as connection:
            row = connection.execute(select(readers).where(readers.c.reader == reader)).one_or_none()
            if row is None:
                raise _unknown()
            rejects: dict[date, dict[str, int]] = {}
            for line in connection.execute(
                select(reject_counts)
                .where(counted.reader == reader, counted.day >= since)
                .order_by(counted.day, counted.reason)
            ):
                rejects.setdefault(line.day, {})[line.reason] = line.rejected
        return ReaderHealth(
            reader=reader, last_seen=row.last_seen, clock_drift_seconds=row.clock_drift_seconds, rejects=rejects
        )

    def _change(self, reader: ReaderId, values: dict[str, object]) -> RegisteredReader:
        with writing(self._engine) as connection:
            if not connection.execute(update(readers).where(readers.c.reader == reader).values(values)).rowcount:
                raise _unknown()
        with self._lock:
            self._remembered.clear()
        return self.get(reader)


def require_groups(groups: frozenset[str]) -> frozenset[str]:
    """Return the groups when each name can be one, else raise BadInput."""
    if len(groups) > MAX_GROUPS:
        raise BadInput("a reader is in at most 20 groups", code="too_many_groups")
    return frozenset(map(require_slug, groups))


def _new_key() -> tuple[str, bytes]:
    """Return a new key and its SHA-256."""
    key = KEY_PREFIX + secrets.token_urlsafe(KEY_BYTES)
    return key, hashlib.sha256(key.encode()).digest()


def _add_count(connection: Connection, reader: ReaderId, day: date, reason: str, count: int) -> None:
    """Add to one counter, or start it."""
    counted = reject_counts.c
    here = (counted.reader == reader, counted.day == day, counted.reason == reason)
    if not connection.execute(update(reject_counts).where(*here).values(rejected=counted.rejected + count)).rowcount:
        connection.execute(insert(reject_counts).values(reader=reader, day=day, reason=reason, rejected=count))


def _reader(row: Row[Any]) -> RegisteredReader:
    return RegisteredReader(
        reader=ReaderId(row.reader),
        operator=OperatorId(row.operator),
        name=row.name,
        place=row.place,
        position=None if row.latitude is None else Position(latitude=row.latitude, longitude=row.longitude),
        zone=row.zone,
        active=row.active,
        format=row.format,
        mobile=row.mobile,
        origin=None if row.origin is None else ProfileId(row.origin),
        groups=row.groups or frozenset(),
    )


def _unknown() -> NotFound:
    return NotFound("no reader has this id", code="unknown_reader")
