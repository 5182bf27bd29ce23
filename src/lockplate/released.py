"""Released records: what an agency let out of a search audit or an admin log, cell by cell, with the state of each.

What flows in: the text of a cell. What flows out: its state, and frozen records with the place they came from.
What it must never see: a file, a store, a key, a guess about what stands behind a mask.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NewType

import msgspec

ReleaseId = NewType("ReleaseId", str)
"""The first 16 hexadecimal digits of the SHA-256 of a released file."""


class State(StrEnum):
    """What a release says in one field of one row. Withheld, empty and not exported are three things."""

    GIVEN = "given"
    MASKED = "masked"
    """Somebody put a mark in its place: stars, "REDACTED", a section of a disclosure law."""
    BLANK = "blank"
    """The column is there, and the cell is empty."""
    NOT_EXPORTED = "not_exported"
    """The row has no such column."""
    UNREADABLE = "unreadable"
    """There is a text, and it is no time, count or window; the text is kept."""


STATES = tuple(State)
"""In the order of their codes in columns."""


class Field(StrEnum):
    """What a released search can say, in the order in which it is shown."""

    ID = "id"
    USER = "user"
    ORGANISATION = "organisation"
    NETWORKS = "networks"
    DEVICES = "devices"
    FRAME_FROM = "frame_from"
    FRAME_TO = "frame_to"
    PLATE = "plate"
    REASON = "reason"
    CASE_NUMBER = "case_number"
    OFFENSE = "offense"
    FILTERS = "filters"
    SEARCHED_AT = "searched_at"
    SEARCH_TYPE = "search_type"
    PROMPT = "prompt"
    MODERATION = "moderation"


class EventField(StrEnum):
    """What a released event of an admin log can say."""

    ID = "id"
    AT = "at"
    USER = "user"
    EVENT_TYPE = "event_type"
    ENTITY_TYPE = "entity_type"
    ENTITY_DETAILS = "entity_details"


class ShareField(StrEnum):
    """What one line of a sharing list can say."""

    ORGANISATION = "organisation"
    """The other one."""
    SHARED_WITH_OWNER = "shared_with_owner"
    """Networks that it shares with whoever owns the list."""
    SHARED_BY_OWNER = "shared_by_owner"
    """Networks that the list's owner shares with it."""


class RecordKind(StrEnum):
    """What a row is about."""

    SEARCH = "search"
    EVENT = "event"
    SHARE = "share"


class TimeRule(StrEnum):
    """By which rule a time's text became an instant."""

    UTC_IN_TEXT = "utc_in_text"
    """The text says UTC, GMT or Z, or counts milliseconds since 1970."""
    OFFSET_IN_TEXT = "offset_in_text"
    NAIVE_AS_UTC = "naive_as_utc"
    """The text carries no zone; exports of this kind are in UTC."""
    ZONE_OF_PLAN = "zone_of_plan"
    """The text carries no zone, and a person named one in the plan."""
    NONE = "none"
    """No instant."""


RULES = tuple(TimeRule)
"""In the order of their codes in columns."""


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """Where a record stands in the file that was released."""

    release: ReleaseId
    row: int
    """Counts every record of the file or sheet from 1, headers included, as a spreadsheet shows it."""
    line: int | None = None
    """Line of a text file, from 1; a record may span several."""
    sheet: str | None = None


class ReleasedSearch(msgspec.Struct, frozen=True, kw_only=True):
    """One search as a release shows it. A masked text is the mask itself; `states` says which is which."""

    provenance: Provenance
    states: Mapping[Field, State]
    id: str | None = None
    user: str | None = None
    organisation: str | None = None
    networks: int | None = None
    devices: int | None = None
    frame_from: datetime | None = None
    frame_to: datetime | None = None
    plate: str | None = None
    reason: str | None = None
    case_number: str | None = None
    offense: str | None = None
    filters: str | None = None
    searched_at: datetime | None = None
    search_type: str | None = None
    prompt: str | None = None
    moderation: str | None = None
    time_rule: TimeRule = TimeRule.NONE
    id_repeats: bool = False
    """An earlier row of this release has the same id and other content."""
    extra: Mapping[str, str] = {}
    """Columns that no field of ours means, by their label."""
    raw: Mapping[Field, str] = {}
    """Texts of times and counts that are masked or unreadable."""


class ReleasedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event of an admin log as a release shows it."""

    provenance: Provenance
    states: Mapping[EventField, State]
    id: str | None = None
    at: datetime | None = None
    user: str | None = None
    event_type: str | None = None
    entity_type: str | None = None
    entity_details: str | None = None
    time_rule: TimeRule = TimeRule.NONE
    id_repeats: bool = False
    extra: Mapping[str, str] = {}
    raw: Mapping[EventField, str] = {}

    def details(self) -> dict[str, str]:
        """Return the lines `Label: value` of the entity's details by label; a line without one continues the last."""
        found: dict[str, str] = {}
        label = ""
        for line in (self.entity_details or "").splitlines():
            match = _DETAIL.match(line)
            if match is not None:
                label = match[1].strip()
                found[label] = match[2].strip()
            elif label and line.strip():
                found[label] = f"{found[label]}\n{line.strip()}"
        return found


class ReleasedShare(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a sharing list, in the list's own words: which networks flow between its owner and another one."""

    provenance: Provenance
    states: Mapping[ShareField, State]
    organisation: str | None = None
    shared_with_owner: str | None = None
    shared_by_owner: str | None = None
    extra: Mapping[str, str] = {}


_DETAIL = re.compile(r"\s*([A-Z][A-Za-z #/]{0,39}):(.*)", re.DOTALL)

_SECTION = r"(?:§+\s*|sec(?:tion|\.)?\s*)?"
_CALIFORNIA = r"(?:cal(?:ifornia|\.)?\s*)?(?:gov(?:ernment|['’.]?t?\.?)?\s*code|g\.?\s?c\.?|cpra|pra)"
MASK = (
    r"(?is)^(?:"
    r"\*{2,}|(?:\*\s+)+\*|#{2,}|—{2,}|█+|\[\s*\]"
    r"|[\[(<]?\s*(?:redact(?:ed|ion)?|withheld|masked)\b.*"
    # sections of disclosure laws, as agencies write them in place of what they withhold; `10851 VC` is a crime
    rf"|{_CALIFORNIA}\s*{_SECTION}(?:62|79)\d\d(?:\.\d{{1,3}})?(?:[\s,;&]|and|\([a-z0-9]{{1,3}}\)|\d{{3,4}}(?:\.\d{{1,3}})?){{0,12}}"
    r"|(?:62|79)\d\d(?:\.\d{1,3})?(?:\([a-z0-9]{1,3}\)){0,3}\s*(?:g\.?\s?c\.?|gov\.?\s*code)"
    r"|(?:5\s*)?ilcs\s*140\S*.{0,40}|5\s+ilcs\s+140\S*.{0,40}|5\s*u\.?s\.?c\.?\s*§?\s*552\S*.{0,40}"
    r"|rcw\s*§?\s*42\.56\S*.{0,40}|foia\s+exempt.{0,60}|exempt(?:ion)?\s+(?:under|per|from|pursuant)\b.*"
    r")$"
)
"""A whole cell, trimmed, that stands for something withheld; RE2 reads it as Python does.

Stars inside a text are a wildcard of the search (`Z*0028*`) and no mask, and a single star is one, too. Words that say
nothing (`none`, `n/a`, `test`, `.`, `0`) are what somebody typed, and given. Initials in place of a name cannot be told
from initials.
"""
COUNT_MASK = r"^[-–—]{1,3}$"
"""In place of a count, dashes are a mask, too."""

_MASK, _COUNT_MASK = re.compile(MASK), re.compile(COUNT_MASK)


def state_of(text: str | None, *, count: bool = False) -> State:
    """Return the state of one cell: None is a cell that the row does not have; `count`: of a column of numbers.

    It never returns UNREADABLE: that takes knowing what the text should be.
    """
    if text is None:
        return State.NOT_EXPORTED
    trimmed = text.strip()
    if not trimmed:
        return State.BLANK
    masked = _MASK.match(trimmed) or (count and _COUNT_MASK.match(trimmed))
    return State.MASKED if masked else State.GIVEN
