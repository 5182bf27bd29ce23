"""Report templates: what each law's periodic report wants, as data that a lawyer can read.

What flows in: YAML files of policy/reports. What flows out: frozen templates.
What it must never see: a node. A line is a query over the log, a register of the configuration, or for a person.
"""

from enum import StrEnum
from pathlib import Path

import msgspec
import yaml

from lockplate.errors import NotFound, SettingRefused
from lockplate.law.text import Sentence, Word
from lockplate.law.yaml_text import plain_yaml
from lockplate.reporting.query import Query
from lockplate.terms import ProfileId


class Every(StrEnum):
    """How often a report is due."""

    MONTH = "month"
    SIX_MONTHS = "six_months"
    YEAR = "year"


class Register(StrEnum):
    """What a report names out of the configuration."""

    HOT_LISTS = "hot_lists"
    READERS = "readers"
    FIXED_READERS = "fixed_readers"
    PEOPLE = "people"
    POLICY = "policy"


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line: exactly one of query, register and person."""

    id: Word
    says: Sentence
    query: Query | None = None
    register: Register | None = None
    person: str | None = None
    """What this program cannot know, and where a person finds it."""
    covers: tuple[Word, ...] = ()
    """Fields of the law profile's own list that this line answers."""

    def __post_init__(self) -> None:
        """Refuse a line that says nothing, or two things."""
        if sum(part is not None for part in (self.query, self.register, self.person)) != 1:
            raise ValueError("a line is a query, a register or a person's to fill in")


class Template(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One law's report."""

    profile: ProfileId
    title: Sentence
    cite: Sentence
    every: Every
    lines: tuple[Line, ...]


class Templates:
    """The reports of every law that has one here."""

    def __init__(self, templates: dict[ProfileId, Template]) -> None:
        self._templates = templates

    def ids(self) -> tuple[ProfileId, ...]:
        """Return the profiles that have a report."""
        return tuple(sorted(self._templates))

    def get(self, profile: ProfileId) -> Template:
        """Return a profile's report, or raise NotFound."""
        try:
            return self._templates[profile]
        except KeyError:
            raise NotFound(
                "this law profile has no report here",
                code="no_report",
                next_step="There are reports for: " + ", ".join(self.ids()),
            ) from None


def load_templates(folder: Path) -> Templates:
    """Return the templates of a folder, one `<profile>.yaml` each, or raise SettingRefused that names the file."""
    found: dict[ProfileId, Template] = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            template = msgspec.convert(plain_yaml(path.read_text(encoding="utf-8")), Template)
        except (OSError, UnicodeDecodeError, yaml.YAMLError, msgspec.ValidationError, ValueError) as error:
            raise SettingRefused(f"{path.name} is no report: {error}", code="bad_report") from error
        if template.profile != path.stem or len({line.id for line in template.lines}) != len(template.lines):
            raise SettingRefused(f"{path.name} is named otherwise inside, or has a line twice", code="bad_report")
        found[template.profile] = template
    return Templates(found)
