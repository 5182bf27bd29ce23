"""Looks: what a column's cells look like, so that a label can be believed or not.

What flows in: some cells of one column. What flows out: shares of what they look like, and how well they fit a role.
What it must never see: a label, a column's place.
"""

import re
from collections.abc import Callable, Sequence
from types import MappingProxyType

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from lockplate.imports.labels import Role
from lockplate.imports.states import CODE
from lockplate.imports.times import TimeWords, is_date, read_times, read_window
from lockplate.released import State, state_of

SAMPLE = 400
"""Cells of a column that are looked at."""
UUID = r"(?i)^\s*[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\s*$"
_CLOCK = re.compile(r"\s*\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?\s*(?:UTC|GMT|Z)?\s*")
_NUMBER = re.compile(r"\s*(?:\d{1,8}|\d{1,3}(?:,\d{3}){1,3})\s*")
_PLATE = re.compile(r"\s*[A-Za-z0-9*?_-]{2,9}(?: [A-Za-z0-9*?]{1,4})?\s*")
_SEARCH_TYPES = re.compile(
    r"\s*(?:search|lookup|convoy|visual|freeform|multigeo|searchsummary|apilookup)(?:\s*-\s*mobile)?\s*",
    re.IGNORECASE,
)
_MODERATIONS = re.compile(r"\s*(?:allow|warn|block)(?:ed)?\s*", re.IGNORECASE)
_EVENTS = re.compile(r"\s*(?:create|update|delete|add|remove|edit|insert)d?\s*", re.IGNORECASE)
_AGENCIES = re.compile(
    r"\b(?:PD|SO|SD|DPS|police|sheriff|county|city|dept|department|patrol|marshal|constable|agency|university"
    r"|task force|district attorney|highway|state|federal|[A-Z]{2} [A-Z]{2})\b",
    re.IGNORECASE,
)
_PERSON = re.compile(r"\s*(?:[A-Z][\w.'’-]*,?\s+){1,3}[A-Z][\w.'’-]*\s*|\s*[\w.+-]+@[\w.-]+\s*")
_DETAILS = re.compile(r"^\s*[A-Z][\w #/]{0,30}:", re.MULTILINE)
_CASE = re.compile(r"\s*(?=.*\d)[\w/.# -]{2,25}\s*")


class Looks(msgspec.Struct, frozen=True, kw_only=True):
    """Shares, 0 to 1, of the cells that say something."""

    telling: int
    """Cells that are neither blank nor masked."""
    cells: int
    distinct: float = 0.0
    uuid: float = 0.0
    time: float = 0.0
    """An instant with its time of day."""
    date: float = 0.0
    clock: float = 0.0
    window: float = 0.0
    number: float = 0.0
    plate: float = 0.0
    search_type: float = 0.0
    moderation: float = 0.0
    event: float = 0.0
    agency: float = 0.0
    person: float = 0.0
    filters: float = 0.0
    case: float = 0.0
    length: float = 0.0
    """Mean characters of a telling cell."""

    @property
    def is_typed(self) -> bool:
        """Whether the cells are of a form that free text never has."""
        return self.telling > 0 and max(self.uuid, self.time, self.window, self.clock, self.date) > 0.5

    def shown(self) -> str:
        """Return in words what the cells look like."""
        if not self.telling:
            return "blank or masked in every row looked at"
        told = (
            ("window", "windows of two times"), ("time", "times"), ("date", "days"), ("clock", "times of day"),
            ("uuid", "UUIDs"), ("number", "numbers"), ("search_type", "types of search"), ("moderation", "moderation"),
            ("event", "kinds of change"), ("filters", "labels with values"),
        )  # fmt: skip
        word, share = next(((words, getattr(self, name)) for name, words in told if getattr(self, name) > 0.5), ("", 0))
        return f"{share:.0%} {word}" if word else f"text of {self.length:.0f} characters"


def looks_of(cells: Sequence[str | None]) -> Looks:
    """Return what some cells of a column look like."""
    told = [cell for cell in cells[:SAMPLE] if state_of(cell, count=True) is State.GIVEN and cell is not None]
    if not told:
        return Looks(telling=0, cells=len(cells))
    short = [cell[:200] for cell in told]
    column = pa.array(short, pa.string())
    given = CODE[State.GIVEN]
    is_whole = read_times(column, TimeWords()).states == given
    if not is_whole.all():
        is_whole |= read_times(column, TimeWords(day_first=True)).states == given
    dates = sum(1 for cell, whole in zip(short, is_whole, strict=True) if whole and is_date(cell))

    def share(is_like: Callable[[str], object]) -> float:
        return sum(1 for cell in short if is_like(cell)) / len(short)

    return Looks(
        telling=len(told),
        cells=len(cells),
        distinct=len(set(told)) / len(told),
        uuid=pc.sum(pc.match_substring_regex(column, UUID)).as_py() / len(told),
        time=(int(is_whole.sum()) - dates) / len(told),
        date=dates / len(told),
        clock=share(_CLOCK.fullmatch),
        window=float((read_window(column, TimeWords())[1].states == given).mean()),
        number=share(_NUMBER.fullmatch),
        plate=share(_PLATE.fullmatch),
        search_type=share(_SEARCH_TYPES.fullmatch),
        moderation=share(_MODERATIONS.fullmatch),
        event=share(_EVENTS.fullmatch),
        agency=share(_AGENCIES.search),
        person=share(_PERSON.fullmatch),
        filters=share(lambda cell: _DETAILS.search(cell) or cell.lstrip()[:1] in {"{", "["}),
        case=share(_CASE.fullmatch),
        length=sum(len(cell) for cell in told) / len(told),
    )


def _mostly(share: float) -> float:
    return share * 1.5 - 0.5 if share >= 0.5 else -2.0


def _text(looks: Looks, more: float) -> float:
    """Free text may be anything but a time, a window or, mostly, a number."""
    return -1.0 if looks.is_typed else more - 0.3 * (looks.number > 0.9)


def _user(looks: Looks) -> float:
    if looks.uuid > 0.5:
        return 0.2
    return _text(looks, 0.1 + 0.4 * looks.person - 0.2 * looks.agency - 0.5 * looks.filters - 0.5 * looks.search_type)


def _id(looks: Looks) -> float:
    if looks.uuid > 0.5:
        return 0.6 + 0.4 * looks.distinct
    spaced = looks.time > 0.5 or looks.window > 0.5 or looks.length > 60
    return -1.0 if spaced or looks.distinct < 0.5 else 0.3 * looks.distinct * max(looks.number, looks.case) - 0.1


def _plate(looks: Looks) -> float:
    fits = looks.plate - 0.5 * looks.search_type - 0.5 * looks.moderation
    return -1.0 if looks.is_typed or fits < 0.3 else 0.5 * fits


_FITS: MappingProxyType[Role, Callable[[Looks], float]] = MappingProxyType(
    {
        Role.ID: _id,
        Role.USER: _user,
        Role.ORGANISATION: lambda looks: _text(looks, 0.5 * looks.agency - 0.1 * (looks.agency < 0.2)),
        Role.NETWORKS: lambda looks: _mostly(looks.number),
        Role.DEVICES: lambda looks: _mostly(looks.number),
        Role.FRAME: lambda looks: _mostly(looks.window),
        Role.FRAME_FROM: lambda looks: _mostly(looks.time + looks.date),
        Role.FRAME_TO: lambda looks: _mostly(looks.time + looks.date),
        Role.PLATE: _plate,
        Role.REASON: lambda looks: _text(looks, 0.1 - 0.5 * looks.filters - 0.3 * looks.search_type),
        Role.CASE_NUMBER: lambda looks: -1.0 if looks.is_typed else 0.1 + 0.3 * looks.case - 0.4 * looks.search_type,
        Role.OFFENSE: lambda looks: _text(looks, 0.1 - 0.4 * looks.filters - 0.3 * looks.search_type),
        Role.FILTERS: lambda looks: _text(looks, 0.6 * looks.filters),
        Role.SEARCHED_AT: lambda looks: _mostly(looks.time),
        Role.SEARCHED_DATE: lambda looks: _mostly(looks.date),
        Role.SEARCHED_CLOCK: lambda looks: _mostly(looks.clock),
        Role.SEARCH_TYPE: lambda looks: _text(looks, looks.search_type * 1.4 - 0.4),
        Role.PROMPT: lambda looks: _text(looks, 0.1 - 0.4 * looks.search_type - 0.8 * looks.moderation),
        Role.MODERATION: lambda looks: _text(looks, looks.moderation * 1.4 - 0.4),
        Role.AT: lambda looks: _mostly(looks.time),
        Role.EVENT_TYPE: lambda looks: _text(looks, looks.event * 1.4 - 0.3),
        Role.ENTITY_TYPE: lambda looks: _text(looks, 0.2 - 0.4 * (looks.length > 40)),
        Role.ENTITY_DETAILS: lambda looks: _text(looks, 0.7 * looks.filters),
        Role.SHARED_WITH_OWNER: lambda looks: -1.0 if looks.is_typed else 0.1,
        Role.SHARED_BY_OWNER: lambda looks: -1.0 if looks.is_typed else 0.1,
        Role.EXTRA: lambda _: 0.0,
    }
)


def fits(role: Role, looks: Looks) -> float:
    """Return how well a column's cells fit a role: below -0.5 they contradict it, above 0.3 they speak for it."""
    if not looks.telling:
        return -0.3 if role in {Role.SEARCHED_AT, Role.AT, Role.SEARCHED_DATE} else 0.05
    return _FITS[role](looks)
