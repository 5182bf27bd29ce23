"""A county on a real node: two operators under two laws, people in every role, and a clock that stands still."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lockplate.access import AccessRecord, parse_leaf
from lockplate.clock import SetClock, format_time
from lockplate.operations.agencies import NewAgency
from lockplate.operations.operation import Actor
from lockplate.operations.people import NewPerson
from lockplate.operations.table import operation
from lockplate.operations.taking_in import Ingest
from lockplate.settings import Settings, load_settings
from lockplate.terms import AgencyKind, OperatorId, PersonId, ProfileId, Role
from lockplate.wiring.founding import NewOperator, found_operator
from lockplate.wiring.node import Node, open_node

START = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
PINE, RIDGE = OperatorId("pine-county"), OperatorId("ridge-county")

ROLES = {
    "ada": ("pine-county", Role.ADMINISTRATOR),
    "abe": ("pine-county", Role.ADMINISTRATOR),
    "olga": ("pine-county", Role.OFFICER),
    "otto": ("pine-county", Role.OFFICER),
    "sam": ("pine-county", Role.SUPERVISOR),
    "sue": ("pine-county", Role.SUPERVISOR),
    "uma": ("pine-county", Role.AUDITOR),
    "rex": ("ridge-county", Role.ADMINISTRATOR),
    "rita": ("ridge-county", Role.OFFICER),
    "quinn": ("quarry-police", Role.OFFICER),
    "quill": ("quarry-police", Role.SUPERVISOR),
}


class County:
    """An open node with short ways to use it."""

    def __init__(self, node: Node, clock: SetClock, settings: Settings) -> None:
        self.node, self.clock, self.settings = node, clock, settings

    def run(self, name: str, request: object, person: str = "", *, there: bool = False) -> Any:
        """Run an operation: on the node's own machine, or as over HTTP (`there`)."""
        actor = Actor(person=PersonId(person) if person else None, is_system_user=not there)
        return operation(name).handler(self.node, actor, request)

    def records(self, operator: OperatorId = PINE, start: int = 0) -> list[AccessRecord]:
        """Return an operator's records from a place on."""
        log = self.node.desk(operator).evidence.log
        return [parse_leaf(leaf) for leaf in log.entries(start, log.size)]

    def size(self, operator: OperatorId = PINE) -> int:
        """Return how many records an operator's log has."""
        return self.node.desk(operator).evidence.log.size

    def ingest(self, folder: Path, reads: list[tuple[str, datetime, str]], operator: OperatorId = PINE) -> Any:
        """Take reads in: plate, time, reader."""
        lines = [
            msgspec.json.encode({"plate": plate, "captured_at": format_time(at), "reader": reader})
            for plate, at, reader in reads
        ]
        path = folder / "reads.ndjson"
        path.write_bytes(b"\n".join(lines) + b"\n")
        return self.run("ingest", Ingest(path=str(path), operator=operator))


def found_county(home: Path, clock: SetClock) -> Settings:
    """Found the two operators of the county."""
    settings = load_settings(home, {})
    for operator, profile, state in ((PINE, "us-ca", "CA"), (RIDGE, "us-va", "VA")):
        found_operator(
            settings,
            clock,
            NewOperator(
                operator=operator, profile=ProfileId(profile), agency_kind=AgencyKind.COUNTY, state=state, name=operator
            ),
        )
    return settings


def settle(county: County) -> None:
    """Add the agency next door and everybody."""
    county.run(
        "agency.add", NewAgency(agency="quarry-police", name="Quarry Police", kind=AgencyKind.MUNICIPAL, state="CA")
    )
    for person, (agency, role) in ROLES.items():
        county.run(
            "user.add", NewPerson(person=person, agency=agency, display_name=f"{person.title()} Example", roles=(role,))
        )


@contextmanager
def opened_county(home: Path, clock: SetClock) -> Iterator[County]:
    """Found the county in a folder, settle it, and give it, open."""
    settings = found_county(home, clock)
    with open_node(settings, clock) as node:
        opened = County(node, clock, settings)
        settle(opened)
        yield opened


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    """The county, open for the tests of one module."""
    with opened_county(tmp_path_factory.mktemp("county") / "home", SetClock(START)) as opened:
        yield opened


@pytest.fixture(scope="session")
def make_county() -> Callable[[Path, SetClock], AbstractContextManager[County]]:
    """The way to a county of one's own, for tests that move its clock."""
    return opened_county
