"""Hot lists: entries, the index that every arriving read is matched against, and our own list file.

What flows in: opened entries; reads; the bytes of a list file. What flows out: matches; list rows and refused lines.
What it must never see: I/O, a key, a person's name. The index lives in memory only, and is replaced, never changed.
"""

import csv
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NewType

import msgspec

from lockplate.clock import Clock, parse_time
from lockplate.errors import BadInput
from lockplate.plate import MAX_PLATE_CHARACTERS, fold
from lockplate.read import Read
from lockplate.terms import PlateKey, PlateText

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


class MatchKind(StrEnum):
    """How a read matched an entry, strongest first."""

    EXACT_TEXT = "exact_text"
    """The same letters and digits; case, spaces and separators aside."""
    EXACT_KEY = "exact_key"
    """The same only after folding: an O may be a 0."""
    CANDIDATE = "candidate"
    """Another reading by the same reader matches, not its first."""


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


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """One entry that a read matched; what a person confirms or rejects is a hit made of it."""

    entry: Entry
    kind: MatchKind
    region_agrees: bool | None
    """None when the read or the entry names no region."""


class HotListIndex:
    """Every live entry of one operator by plate key; a read that matches nothing costs one dictionary look-up."""

    __slots__ = ("_by_key", "_clock", "_count")

    def __init__(self, entries: Iterable[Entry], clock: Clock) -> None:
        self._clock = clock
        self._count = 0
        # most plates are listed once, so a tuple is spent only on those that are listed more often
        self._by_key: dict[PlateKey, Entry | tuple[Entry, ...]] = {}
        now = clock.now()
        for entry in entries:
            if now >= entry.expires_at:
                continue
            if not entry.plate_key:
                raise BadInput("an entry without a plate", code="no_plate")
            known = self._by_key.get(entry.plate_key)
            self._by_key[entry.plate_key] = entry if known is None else (*_as_tuple(known), entry)
            self._count += 1

    def __len__(self) -> int:
        return self._count

    def match(self, read: Read) -> tuple[Match, ...]:
        """Return every live entry that the read's plate, or a candidate of it, names: strongest first, each once."""
        if not read.candidates and read.plate_key not in self._by_key:
            return ()
        keys = [read.plate_key]
        keys += [key for candidate in read.candidates if (key := fold(candidate.plate_text)) != read.plate_key]
        now = self._clock.now()
        text = bare_text(read.plate_text)
        matches = []
        for key in dict.fromkeys(keys):
            for entry in _as_tuple(self._by_key.get(key, ())):
                if now < entry.expires_at:
                    kind = _kind(read.plate_key, text, entry)
                    agrees = _regions_agree(read.region, entry.region)
                    matches.append(Match(entry=entry, kind=kind, region_agrees=agrees))
        return tuple(sorted(matches, key=lambda match: _STRENGTH[match.kind]))

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


_STRENGTH = {kind: place for place, kind in enumerate(MatchKind)}


def bare_text(plate_text: str) -> str:
    """Return a plate's letters and digits in upper case: what two spellings of one plate share before any folding."""
    return "".join(filter(str.isalnum, plate_text)).upper()


def _as_tuple(found: Entry | tuple[Entry, ...]) -> tuple[Entry, ...]:
    return found if isinstance(found, tuple) else (found,)


def _kind(plate_key: PlateKey, text: str, entry: Entry) -> MatchKind:
    if plate_key != entry.plate_key:
        return MatchKind.CANDIDATE
    return MatchKind.EXACT_TEXT if text == bare_text(entry.plate_text) else MatchKind.EXACT_KEY


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
