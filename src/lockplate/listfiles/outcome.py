"""Outcome: what one list file turns into: rows, refused lines and counts, and nothing of its text beside them.

What flows in: values that a layout has taken from a line by allow-list. What flows out: frozen values.
What it must never see: a name, a birth date, an address; no field exists for them.
"""

from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum

import msgspec

from lockplate.errors import BadInput
from lockplate.hotlist import Category
from lockplate.read import Vehicle
from lockplate.terms import PlateText

Progress = Callable[[str, int, int], None]
"""Told a step's name, how much of it is done, and how much it is in all."""

MAX_REASON_CHARACTERS = 1000


class Refusal(StrEnum):
    """Why a line of a list file is not taken."""

    MALFORMED = "malformed"
    """Not the layout's shape: cut short, broken quoting, or another number of cells."""
    BAD_BYTES = "bad_bytes"
    """A control character, or a byte that is not ASCII, in a layout that knows only ASCII."""
    LINE_TOO_LONG = "line_too_long"
    NO_PLATE = "no_plate"
    """Empty, or a word for none such as UNK."""
    PLATE_TOO_LONG = "plate_too_long"
    PLATE_SYMBOLS = "plate_symbols"
    """A space, a hyphen or another sign within the plate, where the layout allows none."""
    PARTIAL_PLATE = "partial_plate"
    """A sign that stands for a character nobody saw."""
    JUNK_PLATE = "junk_plate"
    """Nothing but zeros."""
    BAD_REGION = "bad_region"
    TYPE_MISSING = "type_missing"
    TYPE_UNKNOWN = "type_unknown"
    """The source's own type of entry is none that we know."""
    CATEGORY_MISSING = "category_missing"
    CATEGORY_UNKNOWN = "category_unknown"
    CATEGORY_NOT_OF_LIST = "category_not_of_list"
    """Allowed in itself, but the list was set up for others."""
    CATEGORY_NOT_IN_LAW = "category_not_in_law"
    """A debt or paperwork, which the operator's law does not name."""
    IMMIGRATION = "immigration"
    REASON_TOO_LONG = "reason_too_long"
    EXPIRY_MISSING = "expiry_missing"
    EXPIRY_UNREADABLE = "expiry_unreadable"
    EXPIRED = "expired"
    """Its own end has come, or its date is older than the list takes."""
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
    """From 1; a header is line 1."""
    plate_text: PlateText
    region: str | None
    category: Category | None
    """None: the line names none; a list of one category supplies it."""
    reason: str
    expires_at: datetime | None
    """None: the layout knows no end; the list's entry life gives one."""
    dated: date | None = None
    """The source's own date of the entry."""
    vehicle: Vehicle | None = None
    """In the source's own codes, but for zeros that can only be the letter O."""
    reference: str = ""
    """The source's own number of the entry."""


class RefusedLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One line that is not taken, and why; never its text."""

    line: int
    refusal: Refusal


class ParsedList(msgspec.Struct, frozen=True, kw_only=True):
    """A list file taken apart: lines = rows + refused + blank."""

    lines: int
    """Lines that are neither header nor footer."""
    rows: tuple[ListRow, ...]
    refused: tuple[RefusedLine, ...]
    blank: int
    frame: int = 0
    """Lines of header and footer, which are not among `lines`."""
    layout: str = "lockplate"
    claims: tuple[int, ...] = ()
    """What its header and its footer say that its entries are."""
    footer_missing: bool = False
    """Its layout always ends with a count, and this file does not."""
    zero_for_letter: bool = False
    """It writes the letter O as zero, by the codes of the whole file."""
    unknown_types: dict[str, int] = {}
    """The source's types that we do not know, at most twenty; a word that is no short code is `(words)`."""

    @property
    def entries(self) -> int:
        """Return how many lines are entries, taken or not: what a count in a header or footer counts."""
        return self.lines - self.blank


def silent(_step: str, _done: int, _total: int) -> None:
    """Nobody watches."""
