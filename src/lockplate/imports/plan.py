"""Plan: which column of a file is what, as the program guesses it and as a person may correct it.

What flows in: a small YAML file that a person wrote, or a guess. What flows out: a checked Plan, and its YAML.
What it must never see: a whole file; examples of cells stand in a plan for a person to see, and are never read back.

A plan that a person gives is the whole truth: nothing is guessed beside it, and a row that fits none of its sections is
refused.
"""

import re
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import yaml

from lockplate.errors import BadInput
from lockplate.imports.labels import SHARE_ROLES, Role, layout_of
from lockplate.imports.rows import MAX_FIELDS
from lockplate.imports.times import TimeWords
from lockplate.law.yaml_text import plain_yaml, yaml_fault
from lockplate.released import RecordKind

VERSION = 1
MAX_PLAN_BYTES = 256 * 1024
MAX_SECTIONS = 64


class PlannedColumn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One column: the label it has in the file, and what it is."""

    label: str = ""
    role: Role = msgspec.field(name="is")
    confidence: float = 1.0
    """0 to 1; below 0.5 a person should look."""
    why: str = ""
    examples: tuple[str, ...] = ()
    """For a person to see; not read back."""


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rows of one shape: the same columns in the same order. Two stacked exports are two sections."""

    kind: RecordKind = RecordKind.SEARCH
    layout: str = ""
    """Which of the known layouts it is; told, not read."""
    columns: tuple[PlannedColumn, ...]

    @property
    def roles(self) -> tuple[Role, ...]:
        """What each column is."""
        return tuple(column.role for column in self.columns)

    def place(self, role: Role) -> int | None:
        """Return the place of the column with a role, or None."""
        roles = self.roles
        return roles.index(role) if role in roles else None

    @property
    def is_record(self) -> bool:
        """Whether a row of it is a record: some column says when or, in a sharing list, with whom."""
        if self.kind is RecordKind.SHARE:
            return Role.ORGANISATION in self.roles and not SHARE_ROLES.isdisjoint(self.roles)
        return not {Role.SEARCHED_AT, Role.SEARCHED_DATE, Role.AT}.isdisjoint(self.roles)

    @property
    def confidence(self) -> float:
        """That of the least sure column."""
        return min((column.confidence for column in self.columns if column.role is not Role.EXTRA), default=0.0)

    def names(self) -> tuple[str, ...]:
        """Return a name for each column, none twice: its label, or its number where it has none."""
        names: list[str] = []
        for number, column in enumerate(self.columns, 1):
            name = column.label.strip() or f"column {number}"
            names.append(name if name not in names else f"{name} ({number})")
        return tuple(names)


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a file is read."""

    plan: int = VERSION
    zone: str | None = None
    """IANA name of the zone of times that carry none; None: they are taken as UTC."""
    day_first: bool = False
    """Whether 03/04/2025 is 3 April."""
    delimiter: str | None = None
    """None: told by the file's first lines."""
    sections: tuple[Section, ...] = ()

    @property
    def times(self) -> TimeWords:
        """How times are read."""
        return TimeWords(zone=self.zone or "UTC", zone_of_plan=self.zone is not None, day_first=self.day_first)

    def bare(self) -> "Plan":
        """Return the plan without what is only told: two plans that do the same are equal."""
        sections = tuple(
            Section(kind=one.kind, columns=tuple(PlannedColumn(label=col.label, role=col.role) for col in one.columns))
            for one in self.sections
        )
        return msgspec.structs.replace(self, sections=sections)


def load_plan(text: str) -> Plan:
    """Return the plan that a YAML text says; raises BadInput for anything else."""
    try:
        plan = msgspec.convert(plain_yaml(text), Plan)
    except yaml.YAMLError as error:
        raise BadInput(f"not a plan ({yaml_fault(error)})", code="bad_plan", next_step=_NEXT) from None
    except (msgspec.ValidationError, RecursionError) as error:
        # the place within the plan's own form, never what stands there
        place = re.search(r"at `(\$[^`]*)`", str(error))
        where = type(error).__name__ if place is None else f"at `{place[1]}`"
        raise BadInput(f"not a plan ({where})", code="bad_plan", next_step=_NEXT) from None
    _check(plan)
    return plan


_NEXT = "`lockplate oversight plan FILE` writes one; change `is:` of the columns that are wrong."


def _check(plan: Plan) -> None:
    if plan.plan != VERSION:
        raise BadInput(f"`plan` must be {VERSION}", code="bad_plan", next_step=_NEXT)
    if plan.delimiter is not None and (
        len(plan.delimiter) != 1 or plan.delimiter in '"\r\n' or ord(plan.delimiter) > 126
    ):
        raise BadInput("`delimiter` must be one character", code="bad_plan", next_step=_NEXT)
    if plan.zone is not None:
        try:
            ZoneInfo(plan.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise BadInput("`zone` is no IANA zone", code="bad_plan", next_step="Example: America/Denver") from None
    if len(plan.sections) > MAX_SECTIONS:
        raise BadInput(f"a plan has at most {MAX_SECTIONS} sections", code="bad_plan")
    for section in plan.sections:
        _check_section(section)


def _check_section(section: Section) -> None:
    roles = [role for role in section.roles if role is not Role.EXTRA]
    if not 0 < len(section.columns) <= MAX_FIELDS:
        raise BadInput(f"a section has 1 to {MAX_FIELDS} columns", code="bad_plan", next_step=_NEXT)
    if len(roles) != len(set(roles)):
        raise BadInput("a section says of two columns that they are the same", code="bad_plan", next_step=_NEXT)
    if not section.is_record:
        raise BadInput("a section has no column that says when", code="bad_plan", next_step=_NEXT)
    if Role.FRAME in roles and (Role.FRAME_FROM in roles or Role.FRAME_TO in roles):
        raise BadInput("`frame` is both ends of the window in one cell", code="bad_plan", next_step=_NEXT)


def plan_yaml(plan: Plan) -> str:
    """Return a plan as YAML that a person can change and give back; foreign text is escaped."""
    made: dict[str, Any] = {"plan": plan.plan, "zone": plan.zone, "day_first": plan.day_first, "sections": []}
    if plan.delimiter is not None:
        made["delimiter"] = plan.delimiter
    for section in plan.sections:
        columns = []
        for column in section.columns:
            one: dict[str, Any] = {"label": column.label, "is": column.role.value}
            if column.why:
                one |= {"confidence": round(column.confidence, 2), "why": column.why}
            if column.examples:
                one["examples"] = list(column.examples)
            columns.append(one)
        layout = section.layout or layout_of(section.roles)
        made["sections"].append({"kind": section.kind.value, "layout": layout, "columns": columns})
    text: str = yaml.safe_dump(made, sort_keys=False, allow_unicode=False, width=110)
    return text
