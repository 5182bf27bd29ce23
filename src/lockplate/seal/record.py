"""Record: what is kept of a read besides its token, encrypted under a key that only the plate's namer can derive.

What flows in: a Read, its row's context, a period key. What flows out: sealed bytes, and back.
What it must never see: the store, a permit; `sealer` checks permits before it calls `open_record`.

Bytes: version (1) ‖ nonce (12) ‖ AES-256-GCM ciphertext and tag. Key: HMAC-SHA-256(period key, tag ‖ plate key).
Associated data: version, operator, period, second, reader. What is encrypted is MessagePack: packed (`packing`) in
version 2, which is written; as it is in version 1, which is still opened.
"""

import secrets
import struct
from datetime import UTC, datetime, timedelta

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lockplate.errors import SealBroken
from lockplate.read import ClockRule, Confidence, Read
from lockplate.seal.packing import pack, unpack
from lockplate.seal.raw_time import AS_SENT, form_of, text_of
from lockplate.seal.token import RECORD_TAG, derived_key
from lockplate.sealed import SealedRead
from lockplate.terms import PlateKey

RECORD_VERSION = 2
PLAIN_VERSION = 1
MAX_CANDIDATES = 3
"""The most likely other readings; more would cost bytes and say nothing."""


CLOCK_RULES = (
    ClockRule.OFFSET,
    ClockRule.UTC_FIELD,
    ClockRule.EPOCH_SECONDS,
    ClockRule.EPOCH_MILLISECONDS,
    ClockRule.EPOCH_MICROSECONDS,
    ClockRule.EPOCH_NANOSECONDS,
    ClockRule.READER_ZONE,
    ClockRule.NO_ZONE,
    ClockRule.RECEIVE_TIME,
    ClockRule.ABSENT,
    ClockRule.UNREADABLE,
)
"""Part of the sealed format: rules are only ever added at the end."""


NUMBER_BYTES = 9
"""Of a number in MessagePack."""


class RecordContents(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What a record holds (design part 6); short keys are not needed, fields are told by their place."""

    plate_text: str
    rule: int
    """The clock rule, as its place in `CLOCK_RULES`: a record should cost few bytes."""
    captured_at_raw: str | None = None
    milliseconds: int = 0
    """Of the instant, since the row keeps whole seconds."""
    region: str | None = None
    confidence: float | None = None
    scale: str | None = None
    """Of the read's own figure and of the candidates'; a candidate's figure on another scale is not kept."""
    candidates: tuple[tuple[str, float | None], ...] = ()
    direction: str | None = None
    vehicle: tuple[str | None, ...] | None = None
    """make, model, color, body, year."""
    position: tuple[float, float] | None = None
    place: str | None = None
    lane: str | None = None
    received_after: int = 0
    """Milliseconds from the instant of capture to our receive time."""
    format: str = ""
    raw_form: int = AS_SENT
    """How the device time as sent follows from the instant; where it does, the text is not kept."""

    @property
    def clock_rule(self) -> ClockRule | None:
        """How device time became an instant; None for a rule that a later program wrote."""
        return CLOCK_RULES[self.rule] if 0 <= self.rule < len(CLOCK_RULES) else None


def contents_of(read: Read, *, captured_at: datetime, received_at: datetime) -> RecordContents:
    """Return what is kept of a read; the device time as sent stays beside the instant it became."""
    vehicle, confidence = read.vehicle, read.confidence
    figures = (confidence, *(candidate.confidence for candidate in read.candidates))
    scale = next((figure.scale for figure in figures if figure is not None), None)
    return RecordContents(
        plate_text=read.plate_text,
        rule=CLOCK_RULES.index(read.clock_rule),
        captured_at_raw=read.captured_at_raw,
        milliseconds=captured_at.microsecond // 1000,
        region=read.region,
        confidence=None if confidence is None else confidence.value,
        scale=scale,
        candidates=tuple(
            (candidate.plate_text, _figure(candidate.confidence, scale))
            for candidate in read.candidates
            if candidate.plate_text != read.plate_text
        )[:MAX_CANDIDATES],
        direction=read.direction,
        vehicle=None if vehicle is None else (vehicle.make, vehicle.model, vehicle.color, vehicle.body, vehicle.year),
        position=None if read.position is None else (read.position.latitude, read.position.longitude),
        place=read.place,
        lane=read.lane,
        received_after=(received_at - captured_at) // timedelta(milliseconds=1),
        format=read.format,
    )


def _figure(confidence: Confidence | None, scale: str | None) -> float | None:
    return None if confidence is None or confidence.scale != scale else confidence.value


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(RecordContents, strict=False)  # so that a figure may be written as text


def seal_record(
    contents: RecordContents, *, row: SealedRead, plate_key: PlateKey, period_key: bytes, nonce: bytes | None = None
) -> bytes:
    """Return the sealed record for a row; `nonce` is given only by known-answer tests."""
    nonce = nonce or secrets.token_bytes(12)
    cipher = AESGCM(derived_key(period_key, RECORD_TAG, plate_key.encode()))
    plain = pack(_written(contents, row))
    return bytes((RECORD_VERSION,)) + nonce + cipher.encrypt(nonce, plain, _context(row, RECORD_VERSION))


def open_record(row: SealedRead, *, plate_key: PlateKey, period_key: bytes) -> RecordContents:
    """Return what a row's record holds, or raise SealBroken.

    It breaks for another plate, period, operator, reader or time, and for any changed byte.
    """
    version = row.record[0] if row.record else 0
    if version not in {RECORD_VERSION, PLAIN_VERSION}:
        raise SealBroken("a sealed record of an unknown version", code="record_version")
    cipher = AESGCM(derived_key(period_key, RECORD_TAG, plate_key.encode()))
    try:
        plain = cipher.decrypt(row.record[1:13], row.record[13:], _context(row, version))
        return _read(plain if version == PLAIN_VERSION else unpack(plain), row)
    except (InvalidTag, msgspec.MsgspecError, ValueError, struct.error):
        raise SealBroken("a sealed record does not open for this plate, time and reader") from None


def _written(contents: RecordContents, row: SealedRead) -> bytes:
    """Return the MessagePack of a record: its fields in order, without a device time that follows from the instant.

    A figure such as 0.93 takes nine bytes as a number, none of which another record shares, and five as text.
    """
    raw = contents.captured_at_raw
    form = AS_SENT if raw is None else form_of(raw, _instant(contents, row))
    fields = {name: getattr(contents, name) for name in contents.__struct_fields__}
    fields |= {
        "captured_at_raw": raw if form == AS_SENT else None,
        "raw_form": form,
        "confidence": _as_text(contents.confidence),
        "candidates": [(text, _as_text(figure)) for text, figure in contents.candidates],
    }
    return _ENCODER.encode(list(fields.values()))


def _read(plain: bytes, row: SealedRead) -> RecordContents:
    """Return the contents that a record's MessagePack says, with the device time as it was sent."""
    contents = _DECODER.decode(plain)
    if contents.raw_form == AS_SENT:
        return contents
    raw = text_of(contents.raw_form, _instant(contents, row))
    return msgspec.structs.replace(contents, captured_at_raw=raw, raw_form=AS_SENT)


def _as_text(figure: float | None) -> float | str | None:
    """Return a figure as the shortest text that is the same number, when that is shorter than the number."""
    text = repr(figure)
    return text if figure is not None and len(text) < NUMBER_BYTES else figure


def _instant(contents: RecordContents, row: SealedRead) -> datetime:
    return datetime.fromtimestamp(row.captured_at, UTC) + timedelta(milliseconds=contents.milliseconds)


def _context(row: SealedRead, version: int) -> bytes:
    """Associated data: a record cut out of its row and pasted into another opens nowhere."""
    operator, reader = row.operator.encode(), row.reader.encode()
    return b"".join((
        struct.pack(">BIIH", version, row.period, row.captured_at, len(operator)), operator, reader,
    ))  # fmt: skip
