"""Sealer: the one way from a read to a row, and the one way back, which needs a permit.

What flows in: reads of one operator; or a permit. What flows out: sealed rows; or probes and opened reads.
What it must never see: the store. It makes probes only for plates that a live permit names.
"""

import hmac
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

import msgspec
import numpy as np
from numpy.typing import NDArray

from lockplate.clock import Clock, period_of, require_utc
from lockplate.errors import BadInput, SealBroken
from lockplate.gate.permit import Permit, PermitInvalid, require_permit
from lockplate.keys.ring import KeyRing
from lockplate.read import Read
from lockplate.seal.record import RecordContents, contents_of, open_record, seal_record
from lockplate.seal.token import PASSAGE_TAG, derived_key, token_of, tokens_of
from lockplate.sealed import EARLIEST, LATEST, Probe, SealedColumns, SealedRead
from lockplate.terms import SECONDS_PER_PERIOD, TOKEN_BYTES, OperatorId, Period, PlateKey, ReaderId, Token


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A row that answered, and what its record says; `contents` is None for an index-only row."""

    row: SealedRead
    plate_key: PlateKey
    contents: RecordContents | None


class NamedProbe(msgspec.Struct, frozen=True, kw_only=True):
    """A probe, with the plate key that it stands for, so that its rows can be opened."""

    probe: Probe
    plate_key: PlateKey


class Sealer:
    """Seals and opens for one operator."""

    def __init__(self, operator: OperatorId, ring: KeyRing, clock: Clock) -> None:
        self._operator = operator
        self._ring = ring
        self._clock = clock

    def seal(
        self, read: Read, *, reader: ReaderId, captured_at: datetime, received_at: datetime, keep_record: bool
    ) -> SealedRead:
        """Return the row of a read. Raises KeyUnavailable when the hour is already forgotten, BadInput when absurd."""
        second = require_second(captured_at)
        period_key = self._ring.make_period_key(Period(second // SECONDS_PER_PERIOD), self._clock.now())
        row = SealedRead(
            operator=self._operator, token=token_of(period_key, read.plate_key), captured_at=second, reader=reader
        )
        if not keep_record:
            return row
        contents = contents_of(read, captured_at=captured_at, received_at=received_at)
        record = seal_record(contents, row=row, plate_key=read.plate_key, period_key=period_key)
        return msgspec.structs.replace(row, record=record)

    def seal_columns(
        self,
        plate_keys: Sequence[PlateKey],
        captured_at: NDArray[np.uint32],
        reader_index: NDArray[np.int32],
        readers: tuple[ReaderId, ...],
    ) -> SealedColumns:
        """Return many reads sealed without records; the same tokens as `seal` gives, in the same order."""
        if len(plate_keys) != len(captured_at):
            raise BadInput("columns of different lengths", code="ragged_columns")
        if len(captured_at) and not EARLIEST <= captured_at.min() <= captured_at.max() < LATEST:
            raise BadInput("a device time is not in this age", code="bad_time")
        hours = captured_at // np.uint32(SECONDS_PER_PERIOD)
        now = self._clock.now()
        if len(hours) and hours.min() == hours.max():
            tokens = tokens_of(self._ring.make_period_key(Period(int(hours[0])), now), plate_keys)
        else:
            tokens = self._tokens_by_hour(plate_keys, hours, now)
        return SealedColumns(
            operator=self._operator, captured_at=captured_at, tokens=tokens, readers=readers, reader_index=reader_index
        ).check()

    def _tokens_by_hour(self, plate_keys: Sequence[PlateKey], hours: NDArray[np.uint32], now: datetime) -> bytes:
        """Seal hour by hour, since each hour has its own key, and put the tokens back into the rows' order."""
        order = np.argsort(hours, kind="stable")
        ordered_hours = hours[order]
        cuts = np.flatnonzero(np.diff(ordered_hours)) + 1
        tokens = np.empty((len(hours), TOKEN_BYTES), dtype=np.uint8)
        for places in np.split(order, cuts):
            key = self._ring.make_period_key(Period(int(hours[places[0]])), now) if len(places) else b""
            joined = tokens_of(key, [plate_keys[place] for place in places.tolist()]) if len(places) else b""
            tokens[places] = np.frombuffer(joined, dtype=np.uint8).reshape(-1, TOKEN_BYTES)
        return tokens.tobytes()

    def passage_hash(self, reader: ReaderId, vendor_id: str, period: Period) -> bytes | None:
        """Return 16 bytes that stand for a vendor's passage id at a reader in an hour; None for an hour without key."""
        key = self._ring.period_key(period)
        return None if key is None else derived_key(key, PASSAGE_TAG, f"{reader}\0{vendor_id}".encode())[:16]

    def ready(self, captured_at: datetime) -> None:
        """Make the key of an instant's hour if there is none; raises KeyUnavailable when the hour is forgotten."""
        self._ring.make_period_key(Period(require_second(captured_at) // SECONDS_PER_PERIOD), self._clock.now())

    def note_origin(self, captured_at: datetime, origin: str) -> None:
        """Note durably that the reads of an instant's hour stand under another law, too."""
        self._ring.note_origin(Period(require_second(captured_at) // SECONDS_PER_PERIOD), origin)

    def same_plate(self, captured_at: int, token: Token, read: Read) -> bool:
        """Say whether a stored token is that of the read at hand: whether a re-send or a correction has come."""
        key = self._ring.period_key(Period(captured_at // SECONDS_PER_PERIOD))
        return key is not None and hmac.compare_digest(token_of(key, read.plate_key), token)

    def probes(self, permit: Permit, over: Collection[Period] = ()) -> Iterator[NamedProbe]:
        """Yield a probe for every named plate and every hour of the window that still has a key and is not over.

        `over`: hours whose time has come though their key is still there; nobody gets a probe for them.
        Raises PermitInvalid for another operator's permit or one that is not in force.
        """
        self._require(permit)
        if permit.window_to <= permit.window_from:
            return
        plate_keys = list(permit.sorted_plate_keys())
        first, last = period_of(permit.window_from), period_of(permit.window_to - timedelta(microseconds=1))
        for period in self._ring.stored_periods():
            asked = first <= period <= last and period not in over
            period_key = self._ring.period_key(period) if asked else None
            if period_key is None:
                continue
            joined = tokens_of(period_key, plate_keys)
            for place, plate_key in enumerate(plate_keys):
                token = joined[place * TOKEN_BYTES : (place + 1) * TOKEN_BYTES]
                yield NamedProbe(probe=Probe(period=period, token=Token(token)), plate_key=plate_key)

    def open(self, permit: Permit, row: SealedRead, plate_key: PlateKey) -> Opened:
        """Return a row opened for a plate that a live permit names.

        Raises PermitInvalid when the permit does not cover the row; SealBroken when the row's token is of another
        plate, or its record does not open, which a false match of the token (below 1e-9 in a 30-day question) or a
        changed row makes.
        """
        self._require(permit)
        permit.require_plate(plate_key)
        start, end = permit.window_from.timestamp(), permit.window_to.timestamp()
        if row.operator != self._operator or not start <= row.captured_at < end:
            raise PermitInvalid("the permit does not cover this row")
        period_key = self._ring.period_key(row.period)
        if period_key is None:
            raise SealBroken("the hour of this row is forgotten", code="key_gone")
        if token_of(period_key, plate_key) != row.token:
            raise SealBroken("the row is of another plate")
        contents = open_record(row, plate_key=plate_key, period_key=period_key) if row.record else None
        return Opened(row=row, plate_key=plate_key, contents=contents)

    def _require(self, permit: Permit) -> None:
        require_permit(permit).require_live(self._clock.now())
        if permit.operator != self._operator:
            raise PermitInvalid("the permit is for another operator")


def require_second(captured_at: datetime) -> int:
    """Return the whole second of an instant, or raise BadInput when no reader could have made it."""
    second = int(require_utc(captured_at).timestamp())
    if not EARLIEST <= second < LATEST:
        raise BadInput("the device time is not in this age", code="bad_time")
    return second
