"""Found: what a check of a node came upon, counted and in plain words.

What flows in: codes, names, words. What flows out: a Report like that of the evidence's own check.
What it must never see: a plate, a case number, a text that lies sealed.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from lockplate.errors import LockplateError
from lockplate.evidence.fsck import Notes, Report

NOT_ON_RECORD, NOT_AS_RECORDED, GONE = "not_on_record", "not_as_recorded", "gone"


class Found(Notes):
    """Findings and counts about what a node holds beside its logs."""

    def compare(self, where: str, recorded: Mapping[str, str] | None, found: Mapping[str, str]) -> None:
        """Find what is here and was never recorded, or is another thing than what was; other fields are left alone."""
        if recorded is None:
            self.find(NOT_ON_RECORD, where, "is in the registry, and no record says so")
            return
        for name, value in found.items():
            if name in recorded and recorded[name] != value:
                self.find(NOT_AS_RECORDED, where, f"{name}: the registry says {value}, the log says {recorded[name]}")

    @contextmanager
    def catching(self, where: str) -> Iterator[None]:
        """Turn what no program of ours can have written into a finding, and go on."""
        try:
            yield
        except (LockplateError, ValueError, LookupError, TypeError) as error:
            self.find("unreadable", where, f"cannot be read as this program writes it: {type(error).__name__}")

    def gone(self, kind: str, recorded: Iterable[str], here: Iterable[str]) -> None:
        """Find what is on record and not here."""
        for name in sorted(set(recorded) - set(here)):
            self.find(GONE, f"{kind} {name}", "is on record, and not in the registry")


def both(one: Report, other: Report) -> Report:
    """Return the later report with only those findings that stand in both.

    Between a record and its change, or a change and its record, a node at work differs from its log for a moment.
    """
    before = {(damage.code, damage.where) for damage in one.findings}
    kept = tuple(damage for damage in other.findings if (damage.code, damage.where) in before)
    return Report(findings=kept, counts=other.counts | {"findings": len(kept)})
