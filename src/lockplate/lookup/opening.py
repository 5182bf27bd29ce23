"""ReadView: an opened row, told to a person.

What flows in: opened rows, the plate as asked, what is registered of readers. What flows out: AnsweredRead.
What it must never see: a row that was not opened for a permit.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from lockplate.hotlist import bare_text
from lockplate.lookup.answer import AnsweredRead, PlateMatch
from lockplate.plate import fold, is_pattern
from lockplate.read import Confidence, Position
from lockplate.registry.readers import RegisteredReader
from lockplate.seal.record import RecordContents
from lockplate.seal.sealer import Opened
from lockplate.terms import Period, PlateText, ProfileId, ReaderId

VEHICLE_WORDS = ("make", "model", "color", "body", "year")


class ReadView:
    """Shows the reads of one operator."""

    def __init__(
        self,
        *,
        readers: Callable[[], dict[ReaderId, RegisteredReader]],
        retention_end: Callable[[Period], datetime | None],
        laws: Callable[[Period], tuple[ProfileId, ...]],
    ) -> None:
        self._readers = readers
        self._retention_end = retention_end
        self._laws = laws

    def show(self, opened: Sequence[Opened], asked: PlateText) -> tuple[AnsweredRead, ...]:
        """Return reads as the asker sees them; readers and ends of retention are looked up once for each answer."""
        if not opened:
            return ()
        readers = self._readers()
        periods = {one.row.period for one in opened}
        ends = {period: self._retention_end(period) for period in periods}
        laws = {period: self._laws(period) for period in periods}
        shown = (_shown(one, asked, readers.get(one.row.reader), ends[one.row.period]) for one in opened)
        return tuple(
            msgspec.structs.replace(read, laws=laws[one.row.period]) for read, one in zip(shown, opened, strict=True)
        )


def _shown(
    opened: Opened, asked: PlateText, reader: RegisteredReader | None, retention_end: datetime | None
) -> AnsweredRead:
    row, contents = opened.row, opened.contents
    at = datetime.fromtimestamp(row.captured_at, UTC)
    shown = AnsweredRead(
        operator=row.operator,
        captured_at=at,
        reader=row.reader,
        reader_name=None if reader is None else reader.name,
        place=None if reader is None else reader.place or None,
        position=None if reader is None else reader.position,
        match=PlateMatch.KEY_ONLY,
        as_read=None,
        plate_key=opened.plate_key,
        region=None,
        confidence=None,
        candidates=(),
        direction=None,
        vehicle={},
        device_time=None,
        clock_rule=None,
        retention_end=retention_end,
    )
    return shown if contents is None else _with_contents(shown, contents, asked, at)


def _with_contents(shown: AnsweredRead, contents: RecordContents, asked: PlateText, at: datetime) -> AnsweredRead:
    """Return the read with what its record says; a mobile reader's own place goes before the registered one."""
    confidence = contents.confidence
    position = contents.position
    return msgspec.structs.replace(
        shown,
        captured_at=at + timedelta(milliseconds=contents.milliseconds),
        match=plate_match(asked, contents.plate_text),
        as_read=contents.plate_text,
        region=contents.region,
        confidence=None if confidence is None else Confidence(value=confidence, scale=contents.scale or ""),
        candidates=tuple(text for text, _ in contents.candidates),
        direction=contents.direction,
        vehicle={name: word for name, word in zip(VEHICLE_WORDS, contents.vehicle or (), strict=False) if word},
        device_time=contents.captured_at_raw,
        clock_rule=None if contents.clock_rule is None else contents.clock_rule.value,
        place=contents.place or shown.place,
        position=shown.position if position is None else Position(latitude=position[0], longitude=position[1]),
    )


def plate_match(asked: str, as_read: str) -> PlateMatch:
    """Return how a text as read agrees with the plate asked for."""
    if is_pattern(asked):
        return PlateMatch.CANDIDATE
    if bare_text(asked) == bare_text(as_read):
        return PlateMatch.EXACT
    return PlateMatch.FOLDED if fold(asked) == fold(as_read) else PlateMatch.CANDIDATE
