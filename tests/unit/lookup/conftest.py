"""A real node with two operators, people in their roles, and reads to ask about; see tests/asking.py."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from asking import START, MakeRequest, See, delivery_of, read_of, request_of, settings_in
from lockplate.access import AccessRequest
from lockplate.clock import SetClock
from lockplate.read import Confidence, Vehicle
from lockplate.registry.readers import NewReader
from lockplate.settings import Settings
from lockplate.terms import AgencyId, AgencyKind, OperatorId, PersonId, ProfileId, ReaderId, RecordMode, Role
from lockplate.wiring.founding import NewOperator, found_operator
from lockplate.wiring.node import Node, open_node

OPERATORS = (("county", "us-ca", RecordMode.RECORD), ("index", "us-ca", RecordMode.INDEX_ONLY), ("wash", "us-va", None))
PEOPLE = (
    ("ann", "county", Role.OFFICER),
    ("ben", "county", Role.SUPERVISOR),
    ("sue", "county", Role.SUPERVISOR),
    ("ada", "county", Role.AUDITOR),
    ("ivy", "index", Role.OFFICER),
    ("wes", "wash", Role.OFFICER),
    ("agent", "ice", Role.OFFICER),
    ("fed", "federal-bureau", Role.OFFICER),
)


@pytest.fixture(scope="module")
def clock() -> SetClock:
    return SetClock(START)


def found(settings: Settings, clock: SetClock) -> None:
    for operator, profile, mode in OPERATORS:
        new = NewOperator(operator=OperatorId(operator), profile=ProfileId(profile), record_mode=mode)
        found_operator(settings, clock, new)
    with open_node(settings, clock) as node:
        node.registries.agencies.add(AgencyId("federal-bureau"), name="Federal Bureau", kind=AgencyKind.FEDERAL)
        for person, agency, role in PEOPLE:
            node.registries.people.add(
                PersonId(person), agency=AgencyId(agency), display_name=person, roles=frozenset({role})
            )
        node.registries.readers.add(
            NewReader(
                reader=ReaderId("bridge"), operator=OperatorId("county"), name="Bridge, eastbound", place="Bridge"
            )
        )


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory, clock: SetClock) -> Iterator[Node]:
    settings = settings_in(tmp_path_factory.mktemp("lookup"))
    found(settings, clock)
    with open_node(settings, clock) as opened:
        yield opened


def read_at(node: Node, plate: str, at: datetime | None = None, operator: str = "county", **more: object) -> None:
    """Let a reader of an operator see a plate."""
    values: dict[str, object] = {
        "confidence": Confidence(value=91.5, scale="0-100"),
        "vehicle": Vehicle(make="Ford", color="green"),
        "region": "US-CA",
        "direction": "N",
    }
    read = read_of(plate, at or node.clock.now(), **(values | more))
    node.live.submit(delivery_of(node, [read], operator, ReaderId("bridge"))).result(30)


def anns_request(node: Node, plate: str, **changes: object) -> AccessRequest:
    """Return ann's lawful question about a plate, with changes."""
    return request_of(node, "ann", plate, **changes)


@pytest.fixture
def see() -> See:
    return read_at


@pytest.fixture
def make_request() -> MakeRequest:
    return anns_request


@pytest.fixture
def found_node() -> Callable[[Settings, SetClock], None]:
    return found
