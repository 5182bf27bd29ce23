"""Draft: a question as it stands in the form, before anyone judges it.

What flows in: the form's fields. What flows out: the same to show again; an Ask for the operations, its times placed.
What it must never see: a URL. A plate travels in a form's body only.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from lockplate.clock import format_time
from lockplate.errors import BadInput
from lockplate.operations.asking import Ask
from lockplate.terms import AgencyId, Basis, Offense, Purpose
from lockplate.web.pages.forms import Form
from lockplate.wiring.node import Node

FIRST_WINDOW = timedelta(days=1)
"""What the empty form proposes to look at."""
FIELD_OF_ERROR = {
    "no_plate": "plate",
    "plate_too_long": "plate",
    "pattern_too_wide": "plate",
    "no_operator": "operators",
    "unknown_operator": "operators",
    "bad_time": "from",
    "bad_window": "from",
    "bad_zone": "zone",
    "bad_purpose": "purpose",
    "bad_offense": "offense",
    "bad_basis": "basis",
    "text_too_long": "reason",
    "bad_text": "reason",
}
"""Which field of the form an error is about."""

Word = TypeVar("Word", bound=StrEnum)


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """The form's fields, as text."""

    plate: str = ""
    operators: tuple[str, ...] = ()
    window_from: str = ""
    """Local time in `zone`, as the browser's field writes it."""
    window_to: str = ""
    zone: str = "UTC"
    purpose: str = ""
    offense: str = ""
    basis: str = ""
    on_behalf_of: str = "own"
    case_number: str = ""
    reason: str = ""

    def ask(self) -> Ask:
        """Return the question, or raise BadInput for what was not chosen or is no time."""
        zone = _zone(self.zone)
        return Ask(
            plate=self.plate,
            operators=self.operators,
            window_from=_instant(self.window_from, zone, fold=0),
            window_to=_instant(self.window_to, zone, fold=1),
            purpose=_chosen(Purpose, self.purpose, "purpose"),
            offense=_chosen(Offense, self.offense, "offense"),
            basis=_chosen(Basis, self.basis, "basis"),
            on_behalf_of=self.on_behalf_of,
            case_number=self.case_number,
            reason=self.reason,
        )


def draft_of(form: Form) -> Draft:
    """Return what a form says."""
    return Draft(
        plate=form.text("plate").strip(),
        operators=form.texts("operators"),
        window_from=form.text("from"),
        window_to=form.text("to"),
        zone=form.text("zone"),
        purpose=form.text("purpose"),
        offense=form.text("offense"),
        basis=form.text("basis"),
        on_behalf_of=form.text("on_behalf_of"),
        case_number=form.text("case_number").strip(),
        reason=form.text("reason").strip(),
    )


def first_draft(node: Node, agency: AgencyId) -> Draft:
    """Return the empty form: the person's own operators, the last day in their zone."""
    own = [operator for operator in node.registries.operators.list_all() if operator.agency == agency]
    zone = own[0].zone if own else "UTC"
    now = node.clock.now().astimezone(ZoneInfo(zone)).replace(second=0, microsecond=0)
    return Draft(
        operators=tuple(operator.operator for operator in own),
        window_from=_field(now - FIRST_WINDOW),
        window_to=_field(now + timedelta(minutes=1)),
        zone=zone,
    )


def zones(node: Node) -> tuple[str, ...]:
    """Return the zones to choose from: UTC and those of the operators."""
    return tuple(dict.fromkeys(["UTC", *sorted(one.zone for one in node.registries.operators.list_all())]))


def _field(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput("no such time zone", code="bad_zone", next_step="Choose one of the list.") from None


def _instant(text: str, zone: ZoneInfo, *, fold: int) -> str:
    """Return local time as RFC 3339; of the two instants of a repeated hour, the one that makes the window wider."""
    try:
        local = datetime.fromisoformat(text)
        if local.tzinfo is not None:
            raise BadInput("a time with a zone of its own", code="bad_time")
        return format_time(local.replace(tzinfo=zone, fold=fold).astimezone(UTC))
    except (ValueError, OverflowError):
        raise BadInput(
            "the beginning or the end is no date and time", code="bad_time", next_step="Example: 2026-11-24T08:00"
        ) from None


def _chosen(words: type[Word], text: str, name: str) -> Word:
    try:
        return words(text)
    except ValueError:
        raise BadInput(f"no {name} was chosen", code=f"bad_{name}", next_step="Choose one of the list.") from None
