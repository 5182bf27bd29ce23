"""Labels: what columns of released audits are called, and in which order they have been met.

What flows in: a label as a file has it. What flows out: what such a column may be; the layouts that are known.
What it must never see: a cell. A label is half of what tells a column; the other half is what its cells look like.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from types import MappingProxyType

import msgspec

from lockplate.released import RecordKind


class Role(StrEnum):
    """What a column of a file is, before its cells become fields of a record."""

    ID = "id"
    USER = "user"
    ORGANISATION = "organisation"
    NETWORKS = "networks"
    DEVICES = "devices"
    FRAME = "frame"
    """The searched window in one cell: two times on two lines, or with "to" between."""
    FRAME_FROM = "frame_from"
    FRAME_TO = "frame_to"
    PLATE = "plate"
    REASON = "reason"
    CASE_NUMBER = "case_number"
    OFFENSE = "offense"
    FILTERS = "filters"
    SEARCHED_AT = "searched_at"
    SEARCHED_DATE = "searched_date"
    """With `searched_clock` one instant in two columns."""
    SEARCHED_CLOCK = "searched_clock"
    SEARCH_TYPE = "search_type"
    PROMPT = "prompt"
    MODERATION = "moderation"
    AT = "at"
    """When an event of an admin log happened."""
    EVENT_TYPE = "event_type"
    ENTITY_TYPE = "entity_type"
    ENTITY_DETAILS = "entity_details"
    SHARED_WITH_OWNER = "shared_with_owner"
    """In a sharing list: networks that the organisation shares with the list's owner."""
    SHARED_BY_OWNER = "shared_by_owner"
    EXTRA = "extra"
    """Kept under its own name."""


TEXT_ROLES = frozenset(
    {
        Role.USER, Role.ORGANISATION, Role.PLATE, Role.REASON, Role.CASE_NUMBER, Role.OFFENSE, Role.FILTERS,
        Role.SEARCH_TYPE, Role.PROMPT, Role.MODERATION, Role.EVENT_TYPE, Role.ENTITY_TYPE, Role.ENTITY_DETAILS,
        Role.SHARED_WITH_OWNER, Role.SHARED_BY_OWNER,
    }
)  # fmt: skip
SHARE_ROLES = frozenset({Role.SHARED_WITH_OWNER, Role.SHARED_BY_OWNER})
EVENT_ROLES = frozenset({Role.AT, Role.EVENT_TYPE, Role.ENTITY_TYPE, Role.ENTITY_DETAILS})

_NAMES: tuple[tuple[tuple[Role, ...], tuple[str, ...]], ...] = (
    ((Role.ID,), ("id", "search id", "event id", "uuid", "audit id", "record id")),
    (
        (Role.USER,),
        (
            "name", "user", "user id", "username", "user email", "full name", "officer", "searcher", "searched by",
            "performed by",
        ),
    ),
    (
        (Role.ORGANISATION,),
        ("org", "org name", "organization", "organisation", "organization name", "agency", "agency name", "department"),
    ),
    ((Role.NETWORKS,), ("total networks searched", "networks searched", "network count", "networks", "total networks")),
    (
        (Role.DEVICES,),
        (
            "total devices searched", "devices searched", "device count", "camera count", "total devices", "devices",
            "cameras",
        ),
    ),
    ((Role.FRAME,), ("time frame", "date range", "search window", "time range")),
    ((Role.FRAME_FROM,), ("time frame start", "start time", "start date", "from")),
    ((Role.FRAME_TO,), ("time frame end", "end time", "end date", "to")),
    ((Role.PLATE,), ("license plate", "licence plate", "plate", "plate number", "license", "lic plate")),
    ((Role.REASON,), ("reason", "search reason", "reason for search", "purpose", "justification")),
    ((Role.CASE_NUMBER,), ("case #", "case number", "case no", "case id", "incident number")),
    ((Role.OFFENSE,), ("offense type", "offense", "offence type", "crime type")),
    ((Role.FILTERS,), ("filters", "filter", "search filters")),
    (
        (Role.SEARCHED_AT, Role.SEARCHED_CLOCK, Role.SEARCHED_DATE),
        (
            "search time", "search date/time", "searched at", "search timestamp", "date/time", "date and time",
            "search date and time", "search time (utc)",
        ),
    ),
    ((Role.SEARCHED_AT, Role.SEARCHED_DATE), ("search date", "date")),
    ((Role.SEARCHED_CLOCK, Role.SEARCHED_AT), ("time", "time of search")),
    ((Role.SEARCH_TYPE,), ("search type", "type of search", "type")),
    ((Role.PROMPT,), ("text prompt", "prompt", "freeform prompt", "freeform")),
    ((Role.MODERATION,), ("moderation", "moderation result")),
    ((Role.AT, Role.SEARCHED_AT), ("timestamp", "created at", "event time")),
    ((Role.EVENT_TYPE,), ("event type", "action", "event")),
    ((Role.ENTITY_TYPE,), ("entity type", "entity")),
    ((Role.SHARED_WITH_OWNER,), ("networks shared with me", "networks shared with us", "shared with me")),
    ((Role.SHARED_BY_OWNER,), ("networks i'm sharing", "networks we share", "shared by me")),
    ((Role.ENTITY_DETAILS,), ("entity details", "details", "event details")),
)  # fmt: skip


def folded(label: str) -> str:
    """Return a label without case, spaces and signs, so that ` Case_Number` and `caseNumber` are one."""
    return re.sub(r"[^a-z0-9]+", "", label.casefold())


LABELS = MappingProxyType({folded(name): roles for roles, names in _NAMES for name in names})
"""What a column may be, by its folded label; the likeliest first."""


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """An order of columns that was met in real releases."""

    name: str
    roles: tuple[Role, ...]
    kind: RecordKind = RecordKind.SEARCH


def _layout(name: str, words: str, kind: RecordKind = RecordKind.SEARCH) -> Layout:
    return Layout(name=name, roles=tuple(Role(word) for word in words.split()), kind=kind)


_A = "user organisation networks devices frame plate reason case_number filters searched_at search_type"
_NO_ORGANISATION = _A.replace(" organisation", "")
LAYOUTS = (
    _layout("A", _A),
    _layout("B", f"id {_A} prompt moderation"),
    _layout("B without moderation", f"id {_A} prompt"),
    _layout("B without prompt", f"id {_A}"),
    _layout("B without devices", f"id {_A.replace(' devices', '')}"),
    _layout("B without devices, with prompt and moderation", f"id {_A.replace(' devices', '')} prompt moderation"),
    _layout("C", _NO_ORGANISATION),
    _layout("C", f"id {_NO_ORGANISATION}"),
    _layout("C without time frame", _A.replace(" frame", "")),
    _layout("C without time frame", _NO_ORGANISATION.replace(" frame", "")),
    _layout("C with offense", "user networks frame plate case_number filters reason offense searched_at"),
    _layout("D", "id organisation networks devices frame_from frame_to reason searched_at search_type moderation"),
    _layout("E", "id user searched_at devices reason"),
    _layout("F1", "id user searched_at networks reason"),
    _layout("F2", "id user searched_at networks case_number"),
    _layout("F3", "id user searched_at networks offense"),
    _layout("F4", "id user searched_at networks reason case_number"),
    _layout("F5", "id user searched_at networks reason offense"),
    _layout("F6", "id user searched_at networks case_number offense"),
    _layout("F7", "id user searched_at networks reason case_number offense"),
    _layout("G1", "id searched_at networks offense"),
    _layout("G2", "id searched_at networks case_number offense"),
    _layout("H", "id at user event_type entity_type entity_details", RecordKind.EVENT),
    _layout("H", "at user event_type entity_type entity_details id", RecordKind.EVENT),
    _layout("sharing list", "organisation shared_with_owner shared_by_owner", RecordKind.SHARE),
    _layout("I", _A.replace("searched_at", "searched_date searched_clock")),
    _layout("I", f"id {_A.replace('searched_at', 'searched_date searched_clock')}"),
)
"""Docs: oversight-import.md has the table; a layout's name is what a manifest says."""


def roles_of(label: str) -> tuple[Role, ...]:
    """Return what a column with this label may be; nothing when the label is unknown or empty."""
    return LABELS.get(folded(label), ())


def layout_of(roles: Sequence[Role]) -> str:
    """Return the name of the layout with exactly these columns in this order, or `other`."""
    wanted = tuple(role for role in roles if role is not Role.EXTRA)
    exact = next((layout.name for layout in LAYOUTS if layout.roles == wanted), "other")
    return exact if len(wanted) == len(roles) or exact == "other" else f"{exact} with more columns"


def is_header(cells: Sequence[str | None]) -> bool:
    """Say whether a row's cells are labels: two known ones at least, and half of what is not empty."""
    told = [cell for cell in cells if cell and cell.strip()]
    known = sum(1 for cell in told if len(cell) < 40 and roles_of(cell))
    return known >= 2 and known * 2 >= len(told)
