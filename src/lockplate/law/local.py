"""LocalText: an ordinance or an agency's own policy, in the fields of a law profile; it states what it wants stricter.

What flows in: the bytes of one YAML file. What flows out: one frozen text, every value with its cite.
What it must never see: I/O, a clock, a way to loosen: composition takes the strictest, a laxer value changes nothing.
"""

from datetime import date
from enum import StrEnum

import msgspec
import yaml

from lockplate.errors import BadInput
from lockplate.law.text import (
    Access,
    Audit,
    Cited,
    Collect,
    Hold,
    HotLists,
    Length,
    Log,
    LogTerm,
    ProfileName,
    Publish,
    Purposes,
    Report,
    Section,
    Sentence,
    Sharing,
)
from lockplate.law.words import Mark, Span
from lockplate.law.yaml_text import plain_yaml, yaml_fault

MAX_FILE_BYTES = 262_144
_HOW_TO = "docs/local-law.md shows the fields; they are those of a law profile."


class LocalLawRefused(BadInput):
    """An ordinance or agency policy cannot be used; the message names the field."""

    default_code = "local_law_refused"


class LocalKind(StrEnum):
    """Whose text it is. An operator stands under at most one of each."""

    ORDINANCE = "ordinance"
    """Of a council: a city's or county's own law about readers."""
    AGENCY_POLICY = "agency_policy"
    """Of the agency itself, such as its usage and privacy policy."""


class LocalHeader(Section, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which text this is and when it is in force."""

    id: ProfileName
    kind: LocalKind
    cite: Sentence
    effective_from: date
    effective_to: date | None = None
    """The last day in force; None while it is."""

    def __post_init__(self) -> None:
        """Refuse days in the wrong order."""
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise ValueError("effective_to is before effective_from")


class LocalRetention(Section, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How long things are kept; unlike a statute's, all of it may be silent."""

    unmatched: Cited[Length] | None = None
    matched: Cited[Span] | None = None
    audit_log: Cited[LogTerm] | None = None


class LocalText(Section, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One ordinance or agency policy. What it leaves out, it leaves to the law."""

    local: LocalHeader
    retention: LocalRetention = LocalRetention()
    hold: Hold = Hold()
    collect: Collect = Collect()
    purpose: Purposes = Purposes()
    access: Access = Access()
    share: Sharing = Sharing()
    hotlist: HotLists = HotLists()
    log: Log = Log()
    publish: Publish = Publish()
    report: Report = Report()
    audit: Audit = Audit()

    def in_force_on(self, day: date) -> bool:
        """Say whether the text is in force on a day, both ends included."""
        header = self.local
        return header.effective_from <= day and (header.effective_to is None or day <= header.effective_to)


def parse_local_text(content: bytes) -> LocalText:
    """Return the text that a YAML file's bytes hold, or raise LocalLawRefused with the field that cannot be used."""
    if len(content) > MAX_FILE_BYTES:
        raise _refused("", f"longer than {MAX_FILE_BYTES} bytes")
    try:
        text = msgspec.convert(plain_yaml(content.decode("utf-8")), LocalText)
    except UnicodeDecodeError as error:
        raise _refused("", "not UTF-8 text") from error
    except msgspec.ValidationError as error:
        says, _, path = str(error).partition(" - at ")
        raise _refused(path.strip("`").removeprefix("$").removeprefix("."), says) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _refused("", yaml_fault(error)) from error
    for name in text.__struct_fields__:
        _require_stated(name, getattr(text, name))
    return text


def _require_stated(path: str, part: object) -> None:
    """Refuse an empty value and one in Lockplate's name: a local text states rules of its own, or is silent."""
    if isinstance(part, Cited):
        if part.value is None:
            raise _refused(path, "states nothing: leave the field out")
        if part.mark is Mark.OURS:
            raise _refused(path, "is marked as Lockplate's own")
    elif isinstance(part, tuple):
        for one in part:
            _require_stated(path, one)
    elif isinstance(part, Section):
        for name in part.__struct_fields__:
            _require_stated(f"{path}.{name}", getattr(part, name))


def _refused(field: str, says: str) -> LocalLawRefused:
    return LocalLawRefused(f"{field}: {says}" if field else says, next_step=_HOW_TO)
