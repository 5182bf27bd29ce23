"""Lane: what intake needs to know of one operator, and the sealing of its reads.

What flows in: reads of one operator. What flows out: sealed rows, new hits, refusals.
What it must never see: another operator's keys, a question.
"""

import threading
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

import msgspec

from lockplate.errors import BadInput, KeyUnavailable, NotFound
from lockplate.hotlist import EntryId, HotListIndex, Match
from lockplate.intake.delivery import CLOCK_TOLERANCE, Refusal
from lockplate.intake.fences import Fences, Stand, known_position
from lockplate.intake.passages import GAP_SECONDS
from lockplate.law.words import Place
from lockplate.read import Image, Position, Read, picture_type
from lockplate.registry.entries import Entries, StoredEntry
from lockplate.registry.hits import HitDetails, NewHit
from lockplate.seal.sealer import Sealer
from lockplate.sealed import SealedRead
from lockplate.terms import OperatorId, PlateText, ProfileId, ReaderId, RecordMode


class KeepRule(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator may keep at this moment."""

    record_mode: RecordMode
    keeps_for: timedelta | None
    """From capture; None when no limit counts from capture."""
    reaches_back: timedelta | None = None
    """How old a read that a reader sends may be, whatever the limit counts from: with a stolen reader's key nobody
    plants a sighting older than that. What the operator takes in from its own files is not held to it."""
    places_denied: frozenset[Place] = frozenset()
    """Kinds of places at which the law lets no reader collect."""
    origin: ProfileId | None = None
    """The law that travels with the reads of a reader whose reads come from another agency."""


SAME_PASSAGE = timedelta(seconds=GAP_SECONDS)
"""Closer in time than this two hits of one entry at one reader are one passage, whatever its list says of repeats."""

NOTHING_KEPT = KeepRule(record_mode=RecordMode.NONE, keeps_for=None)
"""Without a law (promise 2)."""


class Lane:
    """One operator's way in; the hot-list index is replaced whole when a list changes."""

    def __init__(
        self,
        *,
        operator: OperatorId,
        sealer: Sealer,
        rule_of: Callable[[ReaderId | None], KeepRule],
        entries: Entries,
        index: HotListIndex,
        fences: Fences,
        stand_of: Callable[[ReaderId], Stand],
    ) -> None:
        self.operator = operator
        self.sealer = sealer
        self._rule_of = rule_of
        self._entries = entries
        self.indexing = threading.Lock()
        """Held while the lists are taken in: of two changes the later one must not be lost to the slower one."""
        self.index = index
        self.fences = fences
        """Replaced whole when a place is added or removed, as the index is."""
        self._stand_of = stand_of

    @property
    def record_mode(self) -> RecordMode:
        """What is kept of an unmatched read at this moment; a law may begin while the server runs."""
        return self._rule_of(None).record_mode

    def rule(self, reader: ReaderId | None = None) -> KeepRule:
        """Return what may be kept of a reader's reads at this moment; its origin's law is among it."""
        return self._rule_of(reader)

    @property
    def keeps(self) -> bool:
        """Whether any unmatched read is stored (promise 2)."""
        return self.record_mode is not RecordMode.NONE

    def refusal(self, captured_at: datetime, now: datetime, reader: ReaderId, *, sent: bool) -> Refusal | None:
        """Return why a read of this instant may not be kept, or None; `sent`: a reader's key brought it."""
        limit = self.oldest_kept(now, reader, sent=sent)
        return Refusal.PAST_RETENTION if limit is not None and captured_at < limit else None

    def oldest_kept(self, now: datetime, reader: ReaderId | None = None, *, sent: bool) -> datetime | None:
        """Return the earliest capture that may be kept at this moment, or None when there is no limit.

        A reader whose reads' own law lets nothing be kept has no such moment: later than `now`.
        """
        rule = self._rule_of(reader)
        if _origin_keeps_nothing(rule):
            return now + 2 * CLOCK_TOLERANCE
        limit = rule.reaches_back if sent else rule.keeps_for
        return None if limit is None else now - limit

    def place_refusal(self, reader: ReaderId, position: Position | None = None) -> Refusal | None:
        """Return why a read of a reader may not even be matched where it was made, or None.

        Under a law that names no such places nothing is asked. Under one that does, neither where a fixed reader is
        registered nor where it says it is may lie in one; a mobile reader's reads count by their own positions, since
        where it is kept says nothing of them. A read of which nobody knows where it was made is refused.
        """
        denied = self._rule_of(reader).places_denied
        if not denied:
            return None
        stand, own = self._stand_of(reader), known_position(position)
        registered = None if stand.moves and own is not None else known_position(stand.position)
        places = [one for one in (own, registered) if one is not None]
        if any(self.fences.around(one, denied) is not None for one in places):
            return Refusal.SENSITIVE_PLACE
        return Refusal.PLACE_UNKNOWN if not places or (stand.moves and own is None) else None

    def note_origin(self, reader: ReaderId, captured_at: datetime) -> None:
        """Note durably under which other law the reads of an hour stand, before any of them is stored."""
        origin = self._rule_of(reader).origin
        if origin is not None:
            self.sealer.note_origin(captured_at, origin)

    def seal(self, read: Read, reader: ReaderId, captured_at: datetime, received_at: datetime) -> SealedRead | Refusal:
        """Return a read's row, or why there is none: its hour is forgotten, or its time is none."""
        try:
            self.note_origin(reader, captured_at)
            return self.sealer.seal(
                read,
                reader=reader,
                captured_at=captured_at,
                received_at=received_at,
                keep_record=self._rule_of(reader).record_mode is RecordMode.RECORD,
            )
        except KeyUnavailable as error:
            if error.code != "key_destroyed":
                raise
            return Refusal.FORGOTTEN
        except BadInput:
            return Refusal.BAD_TIME

    def hits(self, read: Read, reader: ReaderId, captured_at: datetime) -> list[NewHit]:
        """Return the hits of a read: a copy of what a person must compare, with the best picture that came."""
        return [self._hit(read, reader, captured_at, match) for match in self._matches(read, captured_at)]

    def later_hits(
        self, read: Read, reader: ReaderId, captured_at: datetime, alerted: Collection[EntryId]
    ) -> list[NewHit]:
        """Return the hits of a later read of a known passage that would be the first alert for their entry.

        A passage's first read may lack the region, or have a letter wrong, that a later one has right.
        """
        found = self._matches(read, captured_at)
        matches = [one for one in found if one.alerts and one.entry.entry_id not in alerted]
        return [self._hit(read, reader, captured_at, match) for match in matches]

    def _matches(self, read: Read, captured_at: datetime) -> list[Match]:
        """Return the entries that a read names and that counted when the car passed, as far as clocks agree.

        A read that comes late, comes again or lies in a file of old must not tell where a car was before somebody
        listed it: that would be a search of the past without gate and record.
        """
        latest = captured_at + CLOCK_TOLERANCE
        return [
            one for one in self.index.match(read) if one.entry.counts_from is None or one.entry.counts_from <= latest
        ]

    def _hit(self, read: Read, reader: ReaderId, captured_at: datetime, match: Match) -> NewHit:
        picture, entry = _best_picture(read.images), match.entry
        listed = self._listed(entry.entry_id)
        details = HitDetails(
            plate_text=PlateText(read.plate_text),
            region=read.region,
            vehicle=read.vehicle,
            kind=match.kind,
            region_agrees=match.region_agrees,
            listed_text=entry.plate_text,
            listed_region=entry.region,
            reason="" if listed is None else listed.reason,
            picture_type=None if picture is None else picture.media_type,
            confidence=read.confidence,
            direction=read.direction,
            differs=match.differs,
            unsure=match.unsure,
            zero_for_letter=entry.zero_for_letter,
            listed_vehicle=None if listed is None else listed.vehicle,
            reference="" if listed is None else listed.reference,
            foreign_owner=entry.terms.foreign_owner,
        )
        return NewHit(
            operator=self.operator,
            list_id=entry.list_id,
            entry_id=entry.entry_id,
            category=entry.category,
            reader=reader,
            captured_at=captured_at,
            details=details,
            picture=None if picture is None else picture.data,
            alerts=match.alerts,
            priority=entry.terms.priority,
            entered_at=entry.entered_at,
            manual=entry.manual,
            repeat_after=max(entry.terms.repeat_after, SAME_PASSAGE),
        )

    def _listed(self, entry_id: EntryId) -> StoredEntry | None:
        """Return the entry, opened; None when it was taken off its list this moment."""
        try:
            return self._entries.get(entry_id)
        except NotFound:
            return None


def _origin_keeps_nothing(rule: KeepRule) -> bool:
    return rule.origin is not None and rule.record_mode is RecordMode.NONE


def _best_picture(images: Sequence[Image]) -> Image | None:
    """Return the picture in which a person can compare plate and vehicle: vehicle, scene, then the plate alone.

    What no page can show is no picture: nobody could compare it, and a hit that has one must be compared by it.
    """
    order = {"vehicle": 0, "scene": 1, "plate": 2}
    came = [image for image in images if image.data and picture_type(image.data)]
    return min(came, key=lambda image: order.get(image.kind, 3), default=None)
