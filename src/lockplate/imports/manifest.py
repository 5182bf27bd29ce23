"""Manifest: what is known of one release: the file, how it was read, what it holds, what became of every row.

What flows in: values from an import; a manifest's bytes. What flows out: a manifest, and its JSON.
What it must never see: a path of the machine that imported it; a cell beyond labels, masks and the plan's examples.
"""

from typing import Any

import msgspec

from lockplate.errors import BadInput
from lockplate.imports.plan import Plan
from lockplate.imports.tally import Counts
from lockplate.released import ReleaseId

FORMAT = 1
NAME = "manifest.json"
MAX_MANIFEST_BYTES = 16 * 1024 * 1024


class KeptFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a release's folder."""

    name: str
    sha256: str
    bytes: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """One release. Two releases of one period stand side by side, each with its own."""

    format: int = FORMAT
    release: ReleaseId
    file_name: str
    sha256: str
    """Of the released file."""
    bytes: int
    imported_at: str
    as_of: str | None = None
    """When the agency released the file, or somebody saved it, as the person who imported it says."""
    agency: str | None = None
    """Who released it, in that person's words."""
    original_kept: bool
    form: str
    encoding: str | None = None
    delimiter: str | None = None
    plan_hash: str | None = None
    """Over the plan that a person gave; None: all was guessed."""
    plan: Plan
    """As it was used: with what was guessed, how sure, and why."""
    layouts: tuple[str, ...]
    period_from: str | None
    period_to: str | None
    counts: Counts
    states: dict[str, dict[str, dict[str, int]]]
    """By kind of record and field: how many rows are given, masked, blank, not exported, unreadable."""
    masks: dict[str, dict[str, int]]
    time_rules: dict[str, int]
    files: tuple[KeptFile, ...]
    """Records, refusals and duplicates, beside this manifest."""

    @property
    def unsure(self) -> tuple[str, ...]:
        """Columns that a person should look at."""
        return tuple(
            f"{name}: {column.role.value}"
            for section in self.plan.sections
            for name, column in zip(section.names(), section.columns, strict=True)
            if column.confidence < 0.5
        )

    def public(self) -> dict[str, Any]:
        """Return the manifest as JSON carries it."""
        made: dict[str, Any] = msgspec.to_builtins(self)
        return made


def write_manifest(manifest: Manifest) -> bytes:
    """Return a manifest as JSON, indented for a person to read."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"


def read_manifest(content: bytes) -> Manifest:
    """Return the manifest that these bytes are; raises BadInput."""
    try:
        made = msgspec.json.decode(content, type=Manifest)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise BadInput("a release's manifest cannot be read", code="bad_manifest", next_step=_NEXT) from None
    if made.format != FORMAT:
        raise BadInput("a release was imported by another version", code="bad_manifest", next_step=_NEXT)
    return made


_NEXT = "Import the file again into a new folder."
