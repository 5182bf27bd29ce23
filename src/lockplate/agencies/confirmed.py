"""Confirmations: what a person decided about a name, which always wins and is shown as such.

What flows in: the text of a small YAML or CSV file. What flows out: confirmations.
What it must never see: a path; a decision without the name it is about.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import msgspec
import yaml

from lockplate.agencies.listed import kind_of, require_name, state_of, table_rows
from lockplate.agencies.rules import sign
from lockplate.errors import BadInput
from lockplate.law.yaml_text import plain_yaml, yaml_fault
from lockplate.terms import AgencyKind

CODE = "confirmed"
COLUMNS = ("name", "agency", "apart", "kind", "state", "by", "day", "note")
MAX_CONFIRMED_BYTES = 262_144
_YES = {"yes": True, "true": True, "no": False, "false": False, "": False}


class Confirmed(msgspec.Struct, frozen=True, kw_only=True):
    """One decision: this name is that agency, or one of its own."""

    name: str
    """As a release writes it; case, punctuation and the form of a slug make no difference."""
    agency: str = ""
    """A name of the agency that it is; empty when only kind or state are set right."""
    apart: bool = False
    """An agency of its own, whatever the rules say; `agency` then only names it."""
    kind: AgencyKind | None = None
    state: str = ""
    by: str = ""
    day: str = ""
    """When it was decided, as written; not `on`, which YAML takes for a yes."""
    note: str = ""

    def words(self) -> str:
        """Return who decided, when and why, as far as it is said."""
        who = f" by {self.by}" if self.by else ""
        when = f" on {self.day}" if self.day else ""
        return f"confirmed{who}{when}" + (f": {self.note}" if self.note else "")


def parse_confirmed(data: bytes) -> tuple[Confirmed, ...]:
    """Return the decisions of a file: YAML with a list `confirmed`, or CSV with the same fields as columns.

    It is CSV when its first line holds a comma and no colon. Raises BadInput, with the place, for anything else, for a
    field that is none, and for two decisions on one name.
    """
    if len(data) > MAX_CONFIRMED_BYTES:
        raise BadInput(f"the file is larger than {MAX_CONFIRMED_BYTES} bytes", code=CODE)
    first = data.split(b"\n", 1)[0]
    if (b"," in first and b":" not in first) or first.strip().lower() == b"name":
        return _without_two([_confirmed(row, f"line {line}") for line, row in table_rows(data, COLUMNS, CODE)])
    try:
        value = plain_yaml(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadInput("the file is not UTF-8", code=CODE, next_step="Save it as UTF-8.") from error
    except yaml.YAMLError as error:
        raise BadInput(f"the file is neither CSV nor YAML: {yaml_fault(error)}", code=CODE) from error
    if value is None:
        return ()
    entries = value.get("confirmed") if isinstance(value, dict) and set(value) == {"confirmed"} else None
    if entries is None and isinstance(value, dict) and set(value) == {"confirmed"}:
        return ()
    if not isinstance(entries, list):
        raise BadInput("the file has no list under `confirmed`, or something beside it", code=CODE)
    return _without_two([_confirmed(_fields(entry, place), f"entry {place}") for place, entry in enumerate(entries, 1)])


def _fields(entry: Any, place: int) -> Mapping[str, str]:
    """Return an entry of YAML as a row of CSV would be, or raise BadInput."""
    if not isinstance(entry, dict) or not set(entry) <= set(COLUMNS):
        raise BadInput(f"entry {place}: not a set of {', '.join(COLUMNS)}", code=CODE)
    row = dict.fromkeys(COLUMNS, "")
    for field, value in entry.items():
        if isinstance(value, bool) and field == "apart":
            row[field] = "yes" if value else "no"
        elif isinstance(value, str | date):
            row[field] = str(value).strip()
        elif value is not None:
            raise BadInput(
                f"entry {place}: `{field}` is no text",
                code=CODE,
                next_step="Write it in quotes; YAML takes NO for a no and 007 for a number.",
            )
    return row


def _confirmed(row: Mapping[str, str], where: str) -> Confirmed:
    apart = _YES.get(row["apart"].lower())
    if apart is None:
        raise BadInput(f"{where}: `apart` is neither yes nor no", code=CODE)
    made = Confirmed(
        name=require_name(row["name"], where, CODE),
        agency=require_name(row["agency"], where, CODE) if row["agency"] else "",
        apart=apart,
        kind=kind_of(row["kind"], where, CODE),
        state=state_of(row["state"], where, CODE),
        by=row["by"],
        day=row["day"],
        note=row["note"],
    )
    if not (made.agency or made.apart or made.kind or made.state):
        raise BadInput(
            f"{where}: it says nothing about the name", code=CODE, next_step="Give agency, apart, kind or state."
        )
    return made


def _without_two(decisions: Iterable[Confirmed]) -> tuple[Confirmed, ...]:
    """Return the decisions, or raise BadInput when two of them are on one name."""
    found: dict[str, Confirmed] = {}
    for place, one in enumerate(decisions, 1):
        if found.setdefault(sign(one.name), one) is not one:
            raise BadInput(
                f"decision {place} is on a name that has one already",
                code=CODE,
                next_step="Names that differ only in case, punctuation or spaces are one name.",
            )
    return tuple(found.values())
