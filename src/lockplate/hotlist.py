"""Hot lists: entries, and the index that every arriving read is matched against.

What flows in: opened entries; reads. What flows out: matches.
What it must never see: I/O, a key, a person's name, a list's file. The index lives in memory only, and is replaced,
never changed.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

import msgspec

from lockplate.clock import Clock
from lockplate.errors import BadInput
from lockplate.plate import PLATE_ALPHABET, fold
from lockplate.read import Read
from lockplate.terms import AgencyId, PlateKey, PlateText

ListId = NewType("ListId", str)
EntryId = NewType("EntryId", str)


class Category(StrEnum):
    """Why a plate may be listed: a closed list. Immigration status is not on it and cannot be put on it."""

    STOLEN_VEHICLE = "stolen_vehicle"
    STOLEN_PLATE = "stolen_plate"
    WANTED = "wanted"
    MISSING = "missing"
    AMBER = "amber"
    FELONY = "felony"
    PROTECTION_ORDER = "protection_order"
    ACTIVE_INVESTIGATION = "active_investigation"
    SUPERVISED_RELEASE = "supervised_release"
    PROTECTIVE_INTEREST = "protective_interest"
    VIOLENT_PERSON = "violent_person"
    GANG_OR_TERRORIST = "gang_or_terrorist"
    SEX_OFFENDER = "sex_offender"
    # below here only where the operator's law names it (facts/law.md R19)
    SUSPENDED_LICENSE = "suspended_license"
    REGISTRATION = "registration"
    UNPAID_FINES = "unpaid_fines"
    UNPAID_FEES = "unpaid_fees"


LOW_LEVEL = frozenset({Category.SUSPENDED_LICENSE, Category.REGISTRATION, Category.UNPAID_FINES, Category.UNPAID_FEES})
"""Debts and paperwork: refused unless the operator's law allows the category by name."""


class MatchKind(StrEnum):
    """How a read matched an entry, strongest first."""

    EXACT_TEXT = "exact_text"
    """The same letters and digits; case, spaces and separators aside."""
    EXACT_KEY = "exact_key"
    """The same only after folding: an O may be a 0."""
    CANDIDATE = "candidate"
    """Another reading by the same reader matches, not its first."""
    WEAK_CHARACTER = "weak_character"
    """The same but for one character of which the reader itself was not sure."""


class AlertOn(StrEnum):
    """What, beside the exact text with a region that does not disagree, may raise an alert where a list says so."""

    EXACT_KEY = "exact_key"
    CANDIDATE = "candidate"
    WEAK_CHARACTER = "weak_character"
    REGION_UNREAD = "region_unread"
    """The entry names a region and the reader gave none."""
    REGION_DIFFERS = "region_differs"


class Priority(StrEnum):
    """How much a list's alerts hurry; people filter by it."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class ListTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What a list says of all its entries' alerts; one value shared by all of them."""

    alert_on: frozenset[AlertOn] = frozenset()
    priority: Priority = Priority.NORMAL
    repeat_after: timedelta = timedelta(minutes=5)
    """The same entry at the same reader within this time of the last alert raises none: a parked car is one alert."""
    foreign_owner: AgencyId | None = None
    """The agency that owns a list that came by grant; None for the operator's own."""


PLAIN_TERMS = ListTerms()


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One listed plate, as the index holds it."""

    list_id: ListId
    entry_id: EntryId
    plate_key: PlateKey
    plate_text: PlateText
    region: str | None
    category: Category
    expires_at: datetime
    """The entry's own end, or the moment its list's file is too old to be believed, whichever comes first."""
    terms: ListTerms = PLAIN_TERMS
    zero_for_letter: bool = False
    """Its file writes the letter O as zero, so that a zero in its text may be either."""
    entered_at: datetime | None = None
    manual: bool = False
    accepted_at: datetime | None = None
    """Of another agency's list: when a person here took it over."""

    @property
    def counts_from(self) -> datetime | None:
        """From when it counts; where a car was before is a question, which the gate answers. None: nobody noted it."""
        return self.accepted_at or self.entered_at


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """One entry that a read matched; what a person confirms or rejects is a hit made of it."""

    entry: Entry
    kind: MatchKind
    region_agrees: bool | None
    """None when the read or the entry names no region."""
    differs: tuple[int, ...] = ()
    """Places, from 0, in the bare text as read, at which the listed text has another character."""
    unsure: tuple[int, ...] = ()
    """Places, from 0, in the bare text as read, of which the reader itself was not sure."""

    @property
    def alerts(self) -> bool:
        """Whether it raises an alert: the exact text and no doubt of the region, or what the list says beside that."""
        allowed = self.entry.terms.alert_on
        if self.kind is not MatchKind.EXACT_TEXT and AlertOn(self.kind.value) not in allowed:
            return False
        if self.region_agrees is None:
            return self.entry.region is None or AlertOn.REGION_UNREAD in allowed
        return self.region_agrees or AlertOn.REGION_DIFFERS in allowed


class HotListIndex:
    """Every live entry of one operator by plate key; a read that matches nothing costs one dictionary look-up."""

    __slots__ = ("_by_key", "_clock", "_count", "_takes_candidates", "_takes_weak")

    def __init__(self, entries: Iterable[Entry], clock: Clock) -> None:
        self._clock = clock
        self._count = 0
        # most plates are listed once, so a tuple is spent only on those that are listed more often
        self._by_key: dict[PlateKey, Entry | tuple[Entry, ...]] = {}
        taken: set[AlertOn] = set()
        now = clock.now()
        for entry in entries:
            if now >= entry.expires_at:
                continue
            if not entry.plate_key:
                raise BadInput("an entry without a plate", code="no_plate")
            known = self._by_key.get(entry.plate_key)
            self._by_key[entry.plate_key] = entry if known is None else (*_as_tuple(known), entry)
            self._count += 1
            if entry.terms.alert_on:
                taken |= entry.terms.alert_on
        self._takes_candidates = AlertOn.CANDIDATE in taken
        self._takes_weak = AlertOn.WEAK_CHARACTER in taken

    def with_entries(self, entries: Iterable[Entry]) -> "HotListIndex":
        """Return an index that lists these too; the entries that are here are not opened again."""
        more = HotListIndex(entries, self._clock)
        merged = HotListIndex((), self._clock)
        merged._by_key = dict(self._by_key)
        for key, found in more._by_key.items():
            known = merged._by_key.get(key)
            merged._by_key[key] = found if known is None else (*_as_tuple(known), *_as_tuple(found))
        merged._count = self._count + more._count
        merged._takes_candidates = self._takes_candidates or more._takes_candidates
        merged._takes_weak = self._takes_weak or more._takes_weak
        return merged

    def without(self, entry_id: EntryId) -> "HotListIndex":
        """Return an index without an entry; the same entries when it is not here."""
        left = HotListIndex((), self._clock)
        left._takes_candidates, left._takes_weak = self._takes_candidates, self._takes_weak
        for key, found in self._by_key.items():
            kept = tuple(one for one in _as_tuple(found) if one.entry_id != entry_id)
            if kept:
                left._by_key[key] = kept[0] if len(kept) == 1 else kept
                left._count += len(kept)
        return left

    def __len__(self) -> int:
        return self._count

    def match(self, read: Read) -> tuple[Match, ...]:
        """Return every live entry that a read names: strongest first, each once.

        By its plate key always. By a candidate, or but for one character of which the reader was not sure, only where
        the entry's list takes such matches: nobody else's car is kept for a guess that no list asked for.
        """
        guesses = (self._takes_candidates and read.candidates) or (self._takes_weak and read.character_confidence)
        if not guesses and read.plate_key not in self._by_key:
            return ()
        text = bare_text(read.plate_text)
        unsure = unsure_places(read, text)
        found = [(entry, exact_kind(text, entry)) for entry in self._at(read.plate_key)]
        if guesses:
            found += self._guessed(read, text, unsure)
        now = self._clock.now()
        matches = [
            Match(
                entry=entry,
                kind=kind,
                region_agrees=_regions_agree(read.region, entry.region),
                differs=differing_places(text, entry),
                unsure=unsure,
            )
            for entry, kind in found
            if now < entry.expires_at
        ]
        return tuple(sorted(matches, key=lambda match: _STRENGTH[match.kind]))

    def _at(self, plate_key: PlateKey) -> tuple[Entry, ...]:
        return _as_tuple(self._by_key.get(plate_key, ()))

    def _guessed(self, read: Read, text: str, unsure: tuple[int, ...]) -> list[tuple[Entry, MatchKind]]:
        """Return the entries of lists that take guesses which another reading names, each once."""
        found: dict[EntryId, tuple[Entry, MatchKind]] = {}
        candidates = {fold(candidate.plate_text) for candidate in read.candidates} - {read.plate_key}
        guesses = [(key, AlertOn.CANDIDATE) for key in sorted(candidates)] if self._takes_candidates else []
        if self._takes_weak and len(unsure) <= MAX_UNSURE and len(read.plate_key) == len(text):
            guesses += [(key, AlertOn.WEAK_CHARACTER) for key in _one_changed(read.plate_key, unsure)]
        for key, asked in guesses:
            for entry in self._at(key):
                if asked in entry.terms.alert_on:
                    found.setdefault(entry.entry_id, (entry, MatchKind(asked.value)))
        return list(found.values())

    def match_keys(self, plate_keys: Sequence[PlateKey]) -> list[int]:
        """Return the positions of plate keys that a live entry lists, in order: the fast path for bulk intake."""
        if self._by_key.keys().isdisjoint(plate_keys):
            return []
        now = self._clock.now()
        return [
            position
            for position, key in enumerate(plate_keys)
            if key in self._by_key and any(now < entry.expires_at for entry in _as_tuple(self._by_key[key]))
        ]


SURE_FROM = 0.7
"""Below this share of its scale a reader is not sure of a character. Ours: no vendor says what its figures mean."""
MAX_UNSURE = 2
"""A reading with more doubtful characters than this is matched as it stands and no further."""

_STRENGTH = {kind: place for place, kind in enumerate(MatchKind)}


def bare_text(plate_text: str) -> str:
    """Return a plate's letters and digits in upper case: what two spellings of one plate share before any folding."""
    return "".join(filter(str.isalnum, plate_text)).upper()


def _as_tuple(found: Entry | tuple[Entry, ...]) -> tuple[Entry, ...]:
    return found if isinstance(found, tuple) else (found,)


def exact_kind(text: str, entry: Entry) -> MatchKind:
    """Return how strongly a bare text matches an entry of the same plate key.

    A zero in the text of a file that writes the letter O as zero may be either, so there both count as the same text.
    """
    listed = bare_text(entry.plate_text)
    if entry.zero_for_letter:
        text, listed = text.replace("O", "0"), listed.replace("O", "0")
    return MatchKind.EXACT_TEXT if text == listed else MatchKind.EXACT_KEY


def differing_places(text: str, entry: Entry) -> tuple[int, ...]:
    """Return the places of a bare text at which the entry's has another character; all when lengths differ."""
    listed = bare_text(entry.plate_text)
    if len(listed) != len(text):
        return tuple(range(len(text)))
    same = {"O0", "0O"} if entry.zero_for_letter else set()
    pairs = enumerate(zip(text, listed, strict=True))
    return tuple(place for place, (one, other) in pairs if one != other and one + other not in same)


def unsure_places(read: Read, text: str) -> tuple[int, ...]:
    """Return the places of the bare text of which the reader was not sure, by its own figures; none without figures."""
    figures = read.character_confidence
    if len(figures) != len(text):
        return ()
    full = 100.0 if read.confidence is not None and read.confidence.scale == "0-100" else 1.0
    return tuple(place for place, figure in enumerate(figures) if figure < SURE_FROM * full)


def _one_changed(plate_key: PlateKey, places: Iterable[int]) -> Iterator[PlateKey]:
    """Yield the key with each other character at one of the places."""
    for place in places:
        for character in PLATE_ALPHABET:
            if character != plate_key[place]:
                yield PlateKey(plate_key[:place] + character + plate_key[place + 1 :])


def _regions_agree(one: str | None, other: str | None) -> bool | None:
    """Say whether two ISO 3166 codes can mean the same place; a country agrees with each of its parts."""
    if not one or not other:
        return None
    return one == other or one.startswith(other + "-") or other.startswith(one + "-")
