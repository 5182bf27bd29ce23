"""Layout: what lies where in a node's home folder.

What flows in: the home folder. What flows out: paths. What it must never see: what is in the files.

    <home>/registry.db            control data; plates, cases and names in sealed columns
           keys/<operator>.db     wrapped keys; useless without the key-encryption key, which lies elsewhere
           store/                 sealed rows (chDB)
           ledger.db              what intake stored, by reader and day, until the log says it
           passages.db            keyed hashes, for minutes
           evidence/<operator>/   log, heads, sealed details
           run/server.json        where the running server is, for commands of the same system user
"""

from pathlib import Path

import msgspec

from lockplate.terms import OperatorId

NODE_RING = OperatorId("-node")
"""The node's own key ring, for what belongs to no operator; no operator's id can start with a dash."""


class Layout(msgspec.Struct, frozen=True):
    """The names of a node's files."""

    home: Path

    @property
    def registry(self) -> Path:
        """The control database."""
        return self.home / "registry.db"

    @property
    def store(self) -> Path:
        """The engine's folder."""
        return self.home / "store"

    @property
    def ledger(self) -> Path:
        """What intake acknowledged as stored."""
        return self.home / "ledger.db"

    @property
    def passages(self) -> Path:
        """The passage index."""
        return self.home / "passages.db"

    @property
    def server(self) -> Path:
        """Where the running server says how to reach it."""
        return self.home / "run" / "server.json"

    def keys(self, operator: OperatorId) -> Path:
        """An operator's key ring."""
        return self.home / "keys" / f"{operator}.db"
