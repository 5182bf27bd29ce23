"""Bugs: what we plant in the process under test to see that a harness catches it. Each breaks one promise on purpose.

What flows in: a name. What flows out: nothing; this process is broken from now on.
What it must never see: the package's files: nothing is ever written there, and nothing here ships.
"""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lockplate import folders
from lockplate.errors import LockplateError
from lockplate.evidence import database, files
from lockplate.evidence.details import SealedDetail
from lockplate.evidence.files import EvidenceFolder
from lockplate.evidence.log import TileLog
from lockplate.evidence.recorder import Recorder
from lockplate.keys.ring import KeyRing
from lockplate.registry import database as registry_database
from lockplate.retention import hours, receipts, run
from lockplate.sharing import Sharing
from lockplate.store import embedded
from lockplate.store.embedded import EmbeddedStore
from lockplate.terms import Action, LeafIndex
from lockplate.witnessing import state


def plant(name: str) -> None:
    """Plant a bug by its name; the empty name plants none."""
    if name:
        BUGS[name]()


# In the log


def _two_transactions() -> None:
    store_tiles = TileLog._store_tiles

    def then_commit(self: TileLog, edge: Any, start: int) -> None:
        store_tiles(self, edge, start)
        self._writer.execute("COMMIT")
        self._writer.execute("BEGIN IMMEDIATE")

    TileLog._store_tiles = then_commit  # type: ignore[method-assign]


def _acknowledged_early() -> None:
    commit, close = Recorder._commit, TileLog.close
    waiting: list[Any] = []

    def catch_up() -> None:
        while waiting:
            commit(*waiting.pop())

    def promise(self: Recorder, groups: Sequence[Any]) -> list[list[LeafIndex]]:
        """Write the records of the call before, and say where those of this one will be."""
        catch_up()
        waiting.append((self, groups))
        places = iter(range(self._log.size, self._log.size + sum(map(len, groups))))
        return [[LeafIndex(next(places)) for _ in group] for group in groups]

    def catch_up_and_close(self: TileLog) -> None:
        catch_up()
        close(self)

    Recorder._commit = promise  # type: ignore[method-assign,assignment]
    TileLog.close = catch_up_and_close  # type: ignore[method-assign]


def _details_after_leaf() -> None:
    def commit(self: Recorder, groups: Sequence[Any]) -> list[list[LeafIndex]]:
        prepared = [item for group in groups for item in group]
        places = self._log.append([item.leaf for item in prepared])
        sealed = [
            SealedDetail(leaf_index=place, period=item.period, sealed=item.sealed)
            for place, item in zip(places, prepared, strict=True)
            if item.sealed is not None
        ]
        self._details.put(places[0], len(places), sealed)
        return [[place] for place in places]

    Recorder._commit = commit  # type: ignore[method-assign,assignment]


def _founded_by_halves() -> None:
    def create(self: EvidenceFolder, signer: Any) -> Any:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._found(signer)
        return self.open(signer)

    EvidenceFolder.create = create  # type: ignore[method-assign]


# In the keys


def _receipt_first() -> None:
    destroy = KeyRing.destroy_periods
    pens: list[Any] = []
    inner = hours._destroy

    def destroy_hours(store: Any, clock: Any, part: Any, pen: Any, *rest: Any) -> list[LeafIndex]:
        pens.append(pen)
        return inner(store, clock, part, pen, *rest)

    def receipt_and_destroy(self: KeyRing, periods: list[Any], now: Any) -> Any:
        pens[-1].write({"step": "destroyed", "periods": hours.ranges_of(periods)}, {"periods": len(periods)})
        destroy(self, periods, now)
        return []

    hours._destroy = destroy_hours
    KeyRing.destroy_periods = receipt_and_destroy  # type: ignore[method-assign]


def _receipt_lost() -> None:
    run.complete_earlier = lambda pen, left_over: []


def _key_left_behind() -> None:
    opened = KeyRing._open

    def carelessly(self: KeyRing) -> None:
        opened(self)
        self._connection.execute("PRAGMA secure_delete=OFF")

    KeyRing._open = carelessly  # type: ignore[method-assign]


# In the registry and the store


def _grant_first() -> None:
    record = Sharing._record

    def late(
        self: Sharing, who: Any, allowance: Any, action: Action, facts: dict[str, str], private: Any = None
    ) -> Any:
        if action is Action.GRANT_APPROVED:
            self._grants.approve(facts["grant"], by=who.person.person)  # type: ignore[arg-type]
        return record(self, who, allowance, action, facts, private)

    def counted(self: Sharing, who: Any, action: Action, place: Any, facts: dict[str, str], step: Any) -> Any:
        try:
            return step()
        except LockplateError:
            return self._grants.get(facts["grant"])  # type: ignore[arg-type]

    Sharing._record = late  # type: ignore[method-assign]
    Sharing._counted = counted  # type: ignore[method-assign,assignment]


def _stored_later() -> None:
    append = EmbeddedStore.append
    close = EmbeddedStore.close
    waiting: list[Any] = []

    def later(self: EmbeddedStore, rows: Any) -> None:
        before = list(waiting)
        waiting[:] = rows
        append(self, before)

    def at_the_end(self: EmbeddedStore) -> None:
        append(self, waiting)
        close(self)

    EmbeddedStore.append = later  # type: ignore[method-assign]
    EmbeddedStore.close = at_the_end  # type: ignore[method-assign]


def _state_by_halves() -> None:
    def make(path: Path) -> None:
        folders.make_folder(path.parent)
        database.create(path, state._SCHEMA, journal="DELETE", version=state.STATE_VERSION).close()

    state._make = make


# Of the disk: what a power loss shows


def _evidence_synced(how: str) -> Callable[[], None]:
    def planted() -> None:
        configure = database._configure

        def less(connection: sqlite3.Connection, journal: str) -> None:
            configure(connection, journal)
            connection.execute(f"PRAGMA synchronous = {how}")

        database._configure = less

    return planted


def _keys_synced(how: str) -> Callable[[], None]:
    def planted() -> None:
        opened = KeyRing._open

        def less(self: KeyRing) -> None:
            opened(self)
            self._connection.execute(f"PRAGMA synchronous = {how}")

        KeyRing._open = less  # type: ignore[method-assign]

    return planted


def _registry_normal() -> None:
    pragmas = registry_database._PRAGMAS
    registry_database._PRAGMAS = tuple(one.replace("= FULL", "= NORMAL") for one in pragmas)  # type: ignore[assignment]


def _store_unsynced() -> None:
    statements = embedded.create_statements
    unsynced = ("fsync_after_insert = 0, fsync_part_directory = 0",)

    def less(placement: Any) -> tuple[str, ...]:
        alter = f"ALTER TABLE {embedded.writable_table(placement)} MODIFY SETTING {unsynced[0]}"
        return (*statements(placement), alter)

    embedded.create_statements = less


def _folders_unsynced() -> None:
    def nothing(path: Path) -> None:
        """Promise what only a sync gives."""

    for module in (folders, files, receipts):
        module.sync_folder = nothing  # type: ignore[attr-defined]


IN_RECOVERY = frozenset({"receipt-lost"})
"""Bugs of what happens after a fault: planted in the check, too."""
BUGS: dict[str, Callable[[], None]] = {
    "two-transactions": _two_transactions,
    "acknowledged-early": _acknowledged_early,
    "details-after-leaf": _details_after_leaf,
    "founded-by-halves": _founded_by_halves,
    "receipt-first": _receipt_first,
    "receipt-lost": _receipt_lost,
    "key-left-behind": _key_left_behind,
    "grant-first": _grant_first,
    "stored-later": _stored_later,
    "state-by-halves": _state_by_halves,
    "witness-full": _evidence_synced("FULL"),
    "log-normal": _evidence_synced("NORMAL"),
    "log-off": _evidence_synced("OFF"),
    "keys-full": _keys_synced("FULL"),
    "keys-off": _keys_synced("OFF"),
    "registry-normal": _registry_normal,
    "store-unsynced": _store_unsynced,
    "folders-unsynced": _folders_unsynced,
}
