"""LawTable: one line for each law, with what people compare first.

What flows in: one version of each profile. What flows out: retention, sharing, purposes denied, record, reports.
What it must never see: I/O, a clock.
"""

import msgspec

from lockplate.law.profile import LawProfile
from lockplate.law.row import in_words
from lockplate.law.text import stated
from lockplate.terms import ProfileId


class TableLine(msgspec.Struct, frozen=True, kw_only=True):
    """One law as the program obeys it; silence is read strictly."""

    profile: ProfileId
    retention: str
    """Of unmatched reads, with from when it counts."""
    in_state: str
    out_of_state: str
    federal: str
    private: str
    purposes_denied: tuple[str, ...]
    record_fields: tuple[str, ...]
    """What the law wants in the record of each access; the record here always holds more."""
    reports: str
    """To whom and when; empty when the law asks for none that we know."""


def table_line(law: LawProfile) -> TableLine:
    """Return one law's line."""
    return TableLine(
        profile=law.id,
        retention=_retention(law),
        in_state=law.share_in_state.value,
        out_of_state=law.share_out_of_state.value,
        federal=law.share_federal.value,
        private=law.share_private.value,
        purposes_denied=tuple(sorted(purpose.value for purpose in law.purposes_denied)),
        record_fields=tuple(sorted({field.value for field in stated(law.text.log.fields)})),
        reports=_reports(law),
    )


def _retention(law: LawProfile) -> str:
    rule = law.retention_rule
    if rule is None:
        return "nothing"
    return f"{rule.limit.days} days from {'capture' if rule.from_capture else 'storage'}"


def _reports(law: LawProfile) -> str:
    report = law.text.report
    parts = [
        in_words(cited.value) for cited in (report.due, report.to) if cited is not None and cited.value is not None
    ]
    return ", to ".join(parts)
