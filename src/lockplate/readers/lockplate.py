"""Our own NDJSON: one read a line, for relays and for moving history in.

What flows in: lines of JSON objects. What flows out: reads, or columns of reads for the bulk path.
What it must never see: the store, keys, a log.

A line: `plate` (text), `captured_at` (RFC 3339 with zone, or seconds since 1970) and `reader`; optional `event_id`,
`region`, `confidence` with `confidence_scale`, `direction`, `lane`, `latitude` with `longitude`, `place`, `make`,
`model`, `color`, `body`. Other keys are not read. A collector that writes this format has grouped passages already.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

import msgspec
import numpy as np

from lockplate.errors import BadInput
from lockplate.plate import MAX_PLATE_CHARACTERS, fold
from lockplate.read import (
    NO_PLATE_WORDS,
    ClockRule,
    Confidence,
    Parsed,
    Position,
    Read,
    Reject,
    RejectReason,
    Vehicle,
    plate_fields,
)
from lockplate.readers.columns import ReadColumns
from lockplate.readers.format_type import Format
from lockplate.readers.payload import Payload
from lockplate.sealed import EARLIEST, LATEST
from lockplate.terms import PlateKey, ReaderId

NAME = "lockplate"


class Line(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One line, typed; every other key is passed over unread."""

    plate: str
    captured_at: datetime | int | float
    reader: str = ""
    event_id: str | None = None
    region: str | None = None
    confidence: float | None = None
    confidence_scale: str = "0-1"
    direction: str | None = None
    lane: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    place: str | None = None
    make: str | None = None
    model: str | None = None
    color: str | None = None
    body: str | None = None


_NO_PLATE_KEYS = frozenset(map(fold, NO_PLATE_WORDS))
_DECODER = msgspec.json.Decoder(Line)


def decode_lines(chunk: bytes) -> tuple[list[Line], dict[str, int]]:
    """Return the lines of a chunk, and how many could not be read, by reason; a bad line costs only itself."""
    try:
        return _DECODER.decode_lines(chunk), {}
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        pass
    lines: list[Line] = []
    refused: dict[str, int] = {}
    for line in chunk.split(b"\n"):
        if not line.strip():
            continue
        try:
            lines.append(_DECODER.decode(line))
        except msgspec.ValidationError:
            refused[RejectReason.MISSING_FIELD] = refused.get(RejectReason.MISSING_FIELD, 0) + 1
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            refused[RejectReason.MALFORMED] = refused.get(RejectReason.MALFORMED, 0) + 1
    return lines, refused


def columns_of_lines(
    chunk: bytes, *, default_reader: ReaderId, allowed: frozenset[ReaderId] | None = None
) -> ReadColumns:
    """Return a chunk of whole lines as columns; lines without plate or time are refused and counted.

    `allowed` are the readers that lines may name; None lets them name any.
    """
    lines, refused = decode_lines(chunk)
    rows = len(lines) + sum(refused.values())
    lines = _of_allowed(lines, allowed, refused)
    keys = [fold(line.plate) for line in lines]
    seconds = _seconds(lines)
    good = _good_places(lines, keys, seconds, refused)
    if len(good) != len(lines):
        lines = [lines[place] for place in good]
        keys = [keys[place] for place in good]
        seconds = seconds[good]
    names: dict[str, int] = {}
    index = np.fromiter((names.setdefault(line.reader, len(names)) for line in lines), np.int32, len(lines))
    return ReadColumns(
        rows=rows,
        plate_keys=keys,
        captured_at=seconds.astype(np.uint32),
        reader_index=index,
        readers=tuple(ReaderId(name or default_reader) for name in names),
        refused=refused,
        read_at=lambda place: _whole_read(lines[place]),
        positions=lambda: [_position(line) for line in lines],
    )


def _of_allowed(lines: list[Line], allowed: frozenset[ReaderId] | None, refused: dict[str, int]) -> list[Line]:
    """Return the lines that name no reader, or one that may be named; the others are counted."""
    foreign = set() if allowed is None else {line.reader for line in lines} - allowed - {""}
    if not foreign:
        return lines
    kept = [line for line in lines if line.reader not in foreign]
    refused[RejectReason.UNKNOWN_READER] = len(lines) - len(kept)
    return kept


def _whole_read(line: Line) -> Read:
    read = _read(line, None, None)
    if isinstance(read, Reject):
        raise BadInput("a line that was read before cannot be read again", code="bad_line")
    return read


def reads_of_lines(
    chunk: bytes,
    *,
    zone: tzinfo | None = None,
    default_reader: ReaderId | None = None,
    allowed: frozenset[ReaderId] | None = None,
) -> tuple[list[Read | Reject], int]:
    """Return a chunk of whole lines as reads and rejects, and how many lines it held; `allowed` as above."""
    lines, refused = decode_lines(chunk)
    lines = _of_allowed(lines, allowed, refused)
    made: list[Read | Reject] = [_read(line, zone, default_reader) for line in lines]
    made += [Reject(reason=RejectReason(reason)) for reason, count in refused.items() for _ in range(count)]
    return made, len(made)


def _seconds(lines: Sequence[Line]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return whole seconds since 1970; -1 for a time without a zone or out of any range."""
    try:
        return np.fromiter(map(_second, lines), np.int64, len(lines))
    except (OverflowError, ValueError):
        return np.array([_guarded_second(line) for line in lines], dtype=np.int64)


def _second(line: Line) -> int:
    at = line.captured_at
    if isinstance(at, datetime):
        return int(at.timestamp()) if at.tzinfo is not None else -1
    return int(at)


def _guarded_second(line: Line) -> int:
    try:
        second = _second(line)
    except (OverflowError, ValueError):
        return -1
    return second if EARLIEST <= second < LATEST else -1


def _good_places(
    lines: Sequence[Line],
    keys: Sequence[PlateKey],
    seconds: np.ndarray[tuple[int], np.dtype[np.int64]],
    refused: dict[str, int],
) -> list[int]:
    """Return the places of lines that can be stored, and count the others by reason."""
    bad_time = (seconds < EARLIEST) | (seconds >= LATEST)
    suspects = set(np.flatnonzero(bad_time).tolist())
    suspects |= {
        place
        for place, key in enumerate(keys)
        if not key or key in _NO_PLATE_KEYS or len(lines[place].plate) > MAX_PLATE_CHARACTERS
    }
    dropped: set[int] = set()
    for place in suspects:
        fields = plate_fields(lines[place].plate)
        reason = fields.reason if isinstance(fields, Reject) else RejectReason.BAD_TIME if bad_time[place] else None
        if reason is not None:
            refused[reason] = refused.get(reason, 0) + 1
            dropped.add(place)
    return [place for place in range(len(lines)) if place not in dropped]


def _read(line: Line, zone: tzinfo | None, default_reader: ReaderId | None) -> Read | Reject:
    fields = plate_fields(line.plate)
    if isinstance(fields, Reject):
        return fields
    at, rule = _instant(line, zone)
    vehicle = Vehicle(make=line.make, model=line.model, color=line.color, body=line.body)
    return Read(
        format=NAME,
        plate_text=fields[0],
        plate_key=fields[1],
        region=line.region,
        captured_at=at,
        captured_at_raw=str(line.captured_at),
        clock_rule=rule,
        confidence=None if line.confidence is None else Confidence(value=line.confidence, scale=line.confidence_scale),
        reader_id=ReaderId(line.reader) if line.reader else default_reader,
        event_id=line.event_id,
        direction=line.direction,
        lane=line.lane,
        vehicle=None if vehicle == Vehicle() else vehicle,
        position=_position(line),
        place=line.place,
    )


def _position(line: Line) -> Position | None:
    if line.latitude is None or line.longitude is None:
        return None
    return Position(latitude=line.latitude, longitude=line.longitude)


def _instant(line: Line, zone: tzinfo | None) -> tuple[datetime | None, ClockRule]:
    """Return the instant of a line and its rule; an instant out of any range is unreadable."""
    at = line.captured_at
    if isinstance(at, datetime) and at.tzinfo is None:
        return (None, ClockRule.NO_ZONE) if zone is None else (at.replace(tzinfo=zone), ClockRule.READER_ZONE)
    rule = ClockRule.OFFSET if isinstance(at, datetime) else ClockRule.EPOCH_SECONDS
    try:
        placed = at.astimezone(UTC) if isinstance(at, datetime) else datetime.fromtimestamp(at, UTC)
    except (OverflowError, ValueError, OSError):
        return None, ClockRule.UNREADABLE
    return (placed, rule) if EARLIEST <= placed.timestamp() < LATEST else (None, ClockRule.UNREADABLE)


def claims(payload: Payload) -> bool:
    """Say whether a body is a line of ours, or several."""
    first = payload.json[0] if isinstance(payload.json, list) and payload.json else payload.json
    return isinstance(first, dict) and isinstance(first.get("plate"), str) and "captured_at" in first


def parse(payload: Payload, zone: tzinfo | None) -> Parsed:
    """Return what one body of lines holds."""
    lines = payload.json if isinstance(payload.json, list) else [payload.json]
    made, _ = reads_of_lines(b"\n".join(msgspec.json.encode(line) for line in lines), zone=zone)
    return Parsed(
        format=NAME,
        reads=tuple(one for one in made if isinstance(one, Read)),
        rejects=tuple(one for one in made if isinstance(one, Reject)),
    )


LOCKPLATE = Format(name=NAME, claims=claims, parse=parse, says="Lockplate's own NDJSON, one read a line")
