"""Ground: the folder of one run, and nodes founded in it.

What flows in: sizes, a temporary folder, the instant of the start. What flows out: nodes with one operator.
What it must never see: anything real: operator, people, readers and plates are invented.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sizes import Sizes

from lockplate.clock import SystemClock
from lockplate.read import Position
from lockplate.registry.readers import NewReader
from lockplate.settings import Settings, load_settings
from lockplate.simulate.reader import SimulatedReader
from lockplate.terms import AgencyId, OperatorId, PersonId, ProfileId, ReaderId, RecordMode, Role
from lockplate.wiring.founding import NewOperator, found_operator
from lockplate.wiring.node import Node, open_node

OPERATOR = OperatorId("bench-county")
OFFICER = PersonId("bench.officer")
PROFILE = ProfileId("us-ca")
"""Keeps reads for 30 days from storage, with or without records, and asks no second person."""
SEED = 2026


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What every measure is given."""

    folder: Path
    sizes: Sizes
    started_at: datetime
    postgres: str | None
    """Folder of the PostgreSQL socket; None when there is no PostgreSQL here."""
    no_postgres: str = ""
    """Why there is none."""

    @property
    def month(self) -> Path:
        """The home of the node that holds thirty days of reads."""
        return self.folder / "month"

    @property
    def plain_month(self) -> Path:
        """The same month with plain plates, in the same engine."""
        return self.folder / "plain-month"


def founded(home: Path, mode: RecordMode) -> Settings:
    """Make a node with one operator and one officer, and return its settings; the environment has no say."""
    settings = load_settings(home, {})
    found_operator(settings, SystemClock(), NewOperator(operator=OPERATOR, profile=PROFILE, record_mode=mode))
    with open_node(settings, SystemClock()) as node:
        node.registries.people.add(
            OFFICER, agency=AgencyId(OPERATOR), display_name="Officer", roles=frozenset({Role.OFFICER}), password=None
        )
    return settings


def opened(settings: Settings) -> Node:
    """Return the node of this process."""
    return open_node(settings, SystemClock())


def add_readers(node: Node, readers: list[SimulatedReader], format_name: str | None = None) -> dict[ReaderId, str]:
    """Register readers and return their keys."""
    keys: dict[ReaderId, str] = {}
    for reader in readers:
        _, keys[reader.reader_id] = node.registries.readers.add(
            NewReader(
                reader=reader.reader_id,
                operator=OPERATOR,
                name=reader.name,
                place=reader.place,
                position=Position(latitude=reader.latitude, longitude=reader.longitude),
                zone=reader.zone,
                format=format_name,
                mobile=reader.mobile,
            )
        )
    return keys
