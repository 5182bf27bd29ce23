"""Settings: one declared table, read once at the edge into a frozen value.

What flows in: a home folder and the environment, given by the caller. What flows out: Settings.
What it must never see: a secret's value in any message; it names where a secret comes from.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from lockplate.errors import SettingRefused

PREFIX = "LOCKPLATE_"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a node can be told, with its default; each line is also the line of the settings page."""

    home: Path
    """The node's folder: store, registry, evidence, wrapped keys."""
    kek_file: Path
    """The key-encryption key's file; beside the home folder by default, never inside it."""
    kek: str | None = None
    """The key-encryption key itself, 64 hex digits, when it comes from the environment instead of a file."""
    host: str = "127.0.0.1"
    port: int = 8420
    public_url: str | None = None
    """Where people reach the pages; it stands in alerts. None: the address that the server listens on."""
    batch_wait_ms: int = 4
    """How long intake gathers reads before one durable write."""
    max_waiting_reads: int = 20_000
    """Reads that may wait for a durable write; above it, intake answers 503."""
    publish_seconds: int = 5
    """How often a checkpoint is signed while the log grows."""
    witness_seconds: int = 15
    """How often the newest checkpoint is shown to the witnesses, when the log has any."""
    clickhouse_memory_mb: int = 4096
    """The most memory the embedded engine may take for one question or merge."""

    def __repr__(self) -> str:
        return f"Settings(home={str(self.home)!r}, …)"


def load_settings(home: Path, environment: Mapping[str, str]) -> Settings:
    """Return the settings for a home folder: defaults, then `LOCKPLATE_<NAME>` from the environment.

    Raises SettingRefused for a value of the wrong type, or a key-encryption key that would lie inside the home folder.
    """
    known = {field.name for field in msgspec.structs.fields(Settings)} - {"home"}
    given = {name: environment[PREFIX + name.upper()] for name in sorted(known) if PREFIX + name.upper() in environment}
    home = home.absolute()
    values: dict[str, object] = {"kek_file": home.parent / (home.name + ".kek"), **given, "home": home}
    try:
        settings = msgspec.convert(values, Settings, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise SettingRefused(
            f"a setting has a value that cannot be used: {error}", code="bad_setting", next_step="See docs/settings.md."
        ) from None
    if settings.kek_file.resolve().is_relative_to(home.resolve()):
        raise SettingRefused(
            "the key-encryption key would lie inside the node's folder",
            code="kek_beside_database",
            next_step="Name a file elsewhere in LOCKPLATE_KEK_FILE; a copy of the folder must not open itself.",
        )
    return settings


def _path(kind: type, value: object) -> object:
    if kind is Path:
        return Path(str(value))
    raise NotImplementedError(kind)
