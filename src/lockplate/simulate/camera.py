"""Camera: how a true passage becomes one, several or no detections.

What flows in: a passage, the reader that sees it, what its vendor's format does (previews, frames, no-plate messages).
What flows out: detections with their send times.
What it must never see: bytes; writing a detection down is the payload modules' work.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from lockplate.simulate.chance import Chance, hex_of
from lockplate.simulate.detection import Detection, Kind
from lockplate.simulate.passage import Passage
from lockplate.simulate.reader import Flaws, SimulatedReader

CONFUSIONS = {
    "O": "0", "0": "O", "B": "8", "8": "B", "I": "1", "1": "I", "Z": "2", "2": "Z", "S": "5", "5": "S",
    "Q": "O", "D": "0",
}  # fmt: skip
"""What a camera takes for what; the node's folding undoes all but the last."""
PREVIEW_CHANCE = 0.5
WORSE_PREVIEW_CHANCE = 0.35
PARKED_EVERY_SECONDS = (90, 240)
LONGEST_DELAY = timedelta(seconds=45)
"""No message leaves later than this after what it tells of, unless the reader was down and buffers."""


class Habit(msgspec.Struct, frozen=True, kw_only=True):
    """What a vendor's format makes of one passage."""

    previews: bool = False
    """An early message, then one or two with the same vendor id."""
    frames: bool = False
    """Every frame is a message of its own."""
    says_plateless: bool = False
    """A vehicle without a readable plate is a message too."""
    delay_seconds: tuple[float, float] = (0.2, 1.2)


class Camera:
    """One reader's way of seeing."""

    def __init__(self, seed: int, reader: SimulatedReader, habit: Habit) -> None:
        self._seed = seed
        self._reader = reader
        self._habit = habit
        self._down: dict[str, list[tuple[datetime, datetime]]] = {}

    @property
    def buffers(self) -> bool:
        """Say whether what falls into an outage is sent when it is over."""
        return self._reader.flaws.buffers and self._reader.flaws.outages_per_week > 0

    def detections(self, passage: Passage) -> list[Detection]:
        """Return what leaves the reader because of a passage, in the order in which it was made.

        Nothing leaves during an outage; a reader that buffers sends it after the outage instead.
        """
        chance = Chance(self._seed, "camera", self._reader.reader_id, passage.passage_id)
        flaws = self._reader.flaws
        if chance.happens(flaws.missed):
            return []
        if chance.happens(flaws.plateless):
            found = [self._plateless(chance, passage)] if self._habit.says_plateless else []
        else:
            found = list(self._seen(chance, passage))
        if found and chance.happens(flaws.duplicate):
            again = timedelta(seconds=chance.between(2, 30))
            found.append(msgspec.structs.replace(found[-1], kind=Kind.RESENT, send_at=found[-1].send_at + again))
        return list(self._through_outages(found))

    def _seen(self, chance: Chance, passage: Passage) -> Iterator[Detection]:
        believed, confidence = read_plate(chance, passage.plate, self._reader.flaws)
        if passage.parked_seconds:
            yield from self._parked(chance, passage, believed, confidence)
        elif self._habit.frames:
            for part in range(2 + chance.below(3)):
                text, sure = read_plate(chance, passage.plate, self._reader.flaws)
                at = passage.at + timedelta(milliseconds=150 * part)
                yield self._detection(chance, passage, Kind.FRAME, at=at, part=part, text=text, confidence=sure)
        elif self._habit.previews and chance.happens(PREVIEW_CHANCE):
            early = worsen(chance, believed) if chance.happens(WORSE_PREVIEW_CHANCE) else believed
            yield self._detection(
                chance, passage, Kind.PREVIEW, at=passage.at, part=0, text=early, confidence=confidence * 0.8
            )
            later = passage.at + timedelta(seconds=chance.between(1.3, 3))
            yield self._detection(
                chance, passage, Kind.READ, at=passage.at, part=1, text=believed, confidence=confidence, sent_from=later
            )
        else:
            yield self._detection(
                chance, passage, Kind.READ, at=passage.at, part=0, text=believed, confidence=confidence
            )

    def _parked(self, chance: Chance, passage: Passage, text: str, confidence: float) -> Iterator[Detection]:
        """Yield a fresh event every few minutes for as long as the vehicle stands there."""
        after, part = 0.0, 0
        while after < passage.parked_seconds:
            at = passage.at + timedelta(milliseconds=int(after * 1000))
            kind = Kind.PARKED if part else Kind.READ
            yield self._detection(
                chance, passage, kind, at=at, part=0, text=text, confidence=confidence, event_part=part
            )
            after += chance.between(*PARKED_EVERY_SECONDS)
            part += 1

    def _plateless(self, chance: Chance, passage: Passage) -> Detection:
        return self._detection(chance, passage, Kind.NO_PLATE, at=passage.at, part=0, text=None, confidence=0.0)

    def _detection(  # noqa: PLR0913 - a detection has this many parts, each named at the call
        self,
        chance: Chance,
        passage: Passage,
        kind: Kind,
        *,
        at: datetime,
        part: int,
        text: str | None,
        confidence: float,
        sent_from: datetime | None = None,
        event_part: int | None = None,
    ) -> Detection:
        delay = timedelta(milliseconds=int(chance.between(*self._habit.delay_seconds) * 1000))
        event = passage.passage_id if event_part is None else f"{passage.passage_id}+{event_part}"
        return Detection(
            reader=self._reader,
            passage=passage,
            kind=kind,
            send_at=(sent_from or at) + delay,
            device_time=self._reader.device_time(at),
            event=hex_of(32, self._seed, "event", self._reader.reader_id, event),
            part=part,
            plate_text=text,
            confidence=round(confidence, 4),
            candidates=() if text is None else candidates(chance, passage.plate, text, confidence),
        )

    def _through_outages(self, found: list[Detection]) -> Iterator[Detection]:
        for place, detection in enumerate(found):
            outage = self.outage_at(detection.send_at)
            if outage is None:
                yield detection
            elif self._reader.flaws.buffers:
                late = outage[1] + timedelta(milliseconds=500 + 40 * place)
                while (further := self.outage_at(late)) is not None:
                    late = further[1] + timedelta(milliseconds=500 + 40 * place)
                yield msgspec.structs.replace(detection, send_at=late)

    def outage_at(self, at: datetime) -> tuple[datetime, datetime] | None:
        """Return the outage that holds an instant, or None."""
        day = at.date().isoformat()
        if day not in self._down:
            start = at.replace(hour=0, minute=0, second=0, microsecond=0)
            self._down = {day: self._reader.outages(self._seed, start, start + timedelta(days=1))}
        return next((outage for outage in self._down[day] if outage[0] <= at < outage[1]), None)


def read_plate(chance: Chance, plate: str, flaws: Flaws) -> tuple[str, float]:
    """Return what a camera makes of a plate, and how sure it is; mistakes are less sure, though not always."""
    text = plate
    if chance.happens(flaws.misread):
        text = confuse(chance, text)
    if chance.happens(flaws.missing_character):
        text = drop_character(chance, text)
    if chance.happens(flaws.low_confidence):
        return text, chance.between(0.2, 0.5)
    return text, chance.between(0.82, 0.995) if text == plate else chance.between(0.45, 0.9)


def confuse(chance: Chance, text: str) -> str:
    """Return the text with one or two characters taken for their look-alikes, or as it is when none has one."""
    places = [place for place, character in enumerate(text) if character in CONFUSIONS]
    for _ in range(min(len(places), 1 + chance.below(2))):
        place = places.pop(chance.below(len(places)))
        text = text[:place] + CONFUSIONS[text[place]] + text[place + 1 :]
    return text


def drop_character(chance: Chance, text: str) -> str:
    """Return the text without one character: mostly the first or last, which dirt and frames hide."""
    if len(text) < 2:
        return text
    place = chance.pick((0, len(text) - 1, chance.below(len(text))))
    return text[:place] + text[place + 1 :]


def worsen(chance: Chance, text: str) -> str:
    """Return an early guess: a character wrong or missing."""
    return drop_character(chance, text) if chance.happens(0.5) else confuse(chance, text)


def candidates(chance: Chance, plate: str, text: str, confidence: float) -> tuple[tuple[str, float], ...]:
    """Return other readings, less and less sure; a misread plate has the true one among them half the time."""
    others = [plate] if text != plate and chance.happens(0.5) else []
    others += [confuse(chance, text), drop_character(chance, text)]
    distinct = [other for other in dict.fromkeys(others) if other != text]
    return tuple((other, round(confidence * (0.9 - 0.07 * place), 4)) for place, other in enumerate(distinct))
