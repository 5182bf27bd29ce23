"""Hot lists: entries, the index that every arriving read is matched against, and our own list file.

What flows in: opened entries; reads; the bytes of a list file. What flows out: matches; list rows and refused lines.
What it must never see: I/O, a key, a person's name. The index lives in memory only, and is replaced, never changed.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

import msgspec

from lockplate.clock import Clock, parse_time
from lockplate.errors import BadInput
from lockplate.plate import MAX_PLATE_CHARACTERS, PLATE_ALPHABET, fold
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


# Our own list file: CSV, UTF-8, a header of plate,region,category,reason,expires in any order, one line an entry.


class Refusal(StrEnum):
    """Why a line of a list file is not taken."""

    MALFORMED = "malformed"
    """Broken quoting, or another number of cells than the header."""
    NO_PLATE = "no_plate"
    PLATE_TOO_LONG = "plate_too_long"
    BAD_REGION = "bad_region"
    CATEGORY_MISSING = "category_missing"
    CATEGORY_UNKNOWN = "category_unknown"
    CATEGORY_NOT_OF_LIST = "category_not_of_list"
    """Allowed in itself, but the list was set up for others."""
    IMMIGRATION = "immigration"
    REASON_TOO_LONG = "reason_too_long"
    EXPIRY_MISSING = "expiry_missing"
    EXPIRY_UNREADABLE = "expiry_unreadable"
    EXPIRED = "expired"
    DUPLICATE = "duplicate"
    """An earlier line names the same plate, region and category."""


class LineRefused(BadInput):
    """A line, or an entry made by hand, that cannot be listed; `refusal` says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"the entry is refused: {refusal.value}", code=refusal.value)
        self.refusal = refusal


class ListRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One line of a list file that can be an entry."""

    line: int
    """From 1; the header is line 1."""
    plate_text: PlateText
    region: str | None
    category: Category | None
    """None: the cell is empty; a list of one category supplies it."""
    reason: str
    expires_at: datetime


class RefusedLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One line that is not taken, and why; never its text."""

    line: int
    refusal: Refusal


class ParsedList(msgspec.Struct, frozen=True, kw_only=True):
    """A list file taken apart: lines = rows + refused + blank."""

    lines: int
    """Lines after the header."""
    rows: tuple[ListRow, ...]
    refused: tuple[RefusedLine, ...]
    blank: int


LIST_COLUMNS = ("plate", "region", "category", "reason", "expires")
MAX_REASON_CHARACTERS = 1000

_REGION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_PERSON_WORDS = frozenset(
    {
        "name", "firstname", "lastname", "surname", "owner", "driver", "person", "suspect", "subject", "passenger",
        "dob", "birth", "birthdate", "birthday", "age", "sex", "gender", "race", "ethnicity", "height", "weight",
        "hair", "eyes", "address", "street", "phone", "email", "ssn", "fbi", "oln",
    }
)  # fmt: skip
_IMMIGRATION_WORDS = frozenset({"ice", "ero", "cbp", "uscis", "alien", "detainer", "removal"})
_IMMIGRATION_STEMS = ("immigra", "deport", "undocument")


def parse_list_csv(data: bytes) -> ParsedList:
    """Return every line of our own list file as a row or a refusal.

    Header: plate and expires; region (ISO 3166: US-CA, DE), category and reason may be left out. Expiry: RFC 3339, or a
    date, which means its first instant in UTC. A line break never stands inside a cell. Raises BadInput for the whole
    file when it is not UTF-8, or its header lacks a column, repeats one, has an unknown one, or one about a person.
    """
    try:
        header, *lines = data.decode("utf-8-sig").removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise BadInput("the list is not UTF-8", code="bad_encoding", next_step="Save it as UTF-8.") from error
    columns = _columns(header)
    rows: list[ListRow] = []
    refused: list[RefusedLine] = []
    blank = 0
    for number, line in enumerate(lines, 2):
        if not line.strip():
            blank += 1
            continue
        try:
            rows.append(_row(columns, number, line.rstrip("\r")))
        except LineRefused as refused_line:
            refused.append(RefusedLine(line=number, refusal=refused_line.refusal))
    return ParsedList(lines=len(lines), rows=tuple(rows), refused=tuple(refused), blank=blank)


def parse_category(text: str) -> Category:
    """Return the category a text names, or raise LineRefused; whatever speaks of immigration is always refused."""
    word = re.sub(r"[\s-]+", "_", text.strip().lower())
    if not word:
        raise LineRefused(Refusal.CATEGORY_MISSING)
    parts = re.split(r"[^a-z]+", word)
    if not _IMMIGRATION_WORDS.isdisjoint(parts) or any(part.startswith(_IMMIGRATION_STEMS) for part in parts):
        raise LineRefused(Refusal.IMMIGRATION)
    try:
        return Category(word)
    except ValueError:
        raise LineRefused(Refusal.CATEGORY_UNKNOWN) from None


def require_listed_plate(text: str) -> PlateText:
    """Return a list's plate without surrounding white space, or raise LineRefused."""
    trimmed = text.strip()
    if not fold(trimmed):
        raise LineRefused(Refusal.NO_PLATE)
    if len(trimmed) > MAX_PLATE_CHARACTERS:
        raise LineRefused(Refusal.PLATE_TOO_LONG)
    return PlateText(trimmed)


def require_region(text: str) -> str | None:
    """Return an ISO 3166-1 or 3166-2 code in upper case, None for an empty cell, or raise LineRefused."""
    code = text.strip().upper()
    if code and not _REGION.fullmatch(code):
        raise LineRefused(Refusal.BAD_REGION)
    return code or None


def _columns(header: str) -> dict[str, int]:
    """Return each column's place, or raise BadInput; messages name places: the line may be data."""
    cells = _cells(header.rstrip("\r")) or []
    names = [re.sub(r"[^a-z]+", " ", cell.lower()).strip() for cell in cells]
    persons = [str(place) for place, name in enumerate(names, 1) if not _PERSON_WORDS.isdisjoint(name.split())]
    if persons:
        raise BadInput(
            f"column {', '.join(persons)} is about a person; a hot list lists plates",
            code="person_column",
            next_step="Remove the column and send the file again.",
        )
    unknown = [str(place) for place, name in enumerate(names, 1) if name not in LIST_COLUMNS]
    if unknown or len(set(names)) != len(names) or not {"plate", "expires"} <= set(names):
        raise BadInput(
            "the first line is not a list's header" + (f" (column {', '.join(unknown[:5])})" if unknown else ""),
            code="bad_header",
            next_step="Write: " + ",".join(LIST_COLUMNS),
        )
    return {name: place for place, name in enumerate(names)}


def _cells(line: str) -> list[str] | None:
    """Return a line's cells, or None when its quoting is broken."""
    try:
        return next(csv.reader((line,), strict=True), [])
    except csv.Error:
        return None


def _row(columns: dict[str, int], number: int, line: str) -> ListRow:
    """Return one line as a row, or raise LineRefused."""
    cells = _cells(line)
    if cells is None or len(cells) != len(columns):
        raise LineRefused(Refusal.MALFORMED)
    cell = {name: cells[place].strip() for name, place in columns.items()}
    category, reason = cell.get("category", ""), cell.get("reason", "")
    if len(reason) > MAX_REASON_CHARACTERS:
        raise LineRefused(Refusal.REASON_TOO_LONG)
    return ListRow(
        line=number,
        plate_text=require_listed_plate(cell["plate"]),
        region=require_region(cell.get("region", "")),
        category=parse_category(category) if category else None,
        reason=reason,
        expires_at=_expiry(cell["expires"]),
    )


def _expiry(text: str) -> datetime:
    if not text:
        raise LineRefused(Refusal.EXPIRY_MISSING)
    try:
        return parse_time(text)
    except (BadInput, OverflowError):
        raise LineRefused(Refusal.EXPIRY_UNREADABLE) from None
