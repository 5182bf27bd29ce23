"""A real node with two operators, people in their roles, and reads to ask about."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from lockplate.access import AccessRequest
from lockplate.clock import SetClock, new_request_id
from lockplate.intake.delivery import Delivery
from lockplate.plate import fold
from lockplate.read import ClockRule, Confidence, Parsed, Read, Vehicle
from lockplate.registry.readers import NewReader
from lockplate.settings import Settings
from lockplate.terms import (
    AgencyId,
    AgencyKind,
    Basis,
    CaseNumber,
    Offense,
    OperatorId,
    PersonId,
    PlateText,
    ProfileId,
    Purpose,
    ReaderId,
    RecordMode,
    Role,
)
from lockplate.wiring.founding import NewOperator, found_operator
from lockplate.wiring.node import Node, open_node

START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
OPERATORS = (("county", "us-ca", RecordMode.RECORD), ("index", "us-ca", RecordMode.INDEX_ONLY), ("wash", "us-wa", None))
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


@pytest.fixture(scope="module")
def home_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("lookup")
    return Settings(home=folder / "home", kek_file=folder / "home.kek", batch_wait_ms=1)


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
def node(home_settings: Settings, clock: SetClock) -> Iterator[Node]:
    found(home_settings, clock)
    with open_node(home_settings, clock) as opened:
        yield opened


def read_at(node: Node, plate: str, at: datetime | None = None, operator: str = "county", **more: object) -> None:
    """Let a reader of an operator see a plate."""
    at = at or node.clock.now()
    values: dict[str, object] = {
        "format": "test",
        "plate_text": PlateText(plate),
        "plate_key": fold(plate),
        "captured_at": at,
        "captured_at_raw": at.isoformat(),
        "clock_rule": ClockRule.OFFSET,
        "confidence": Confidence(value=91.5, scale="0-100"),
        "vehicle": Vehicle(make="Ford", color="green"),
        "region": "US-CA",
        "direction": "N",
    }
    parsed = Parsed(format="test", reads=(Read(**(values | more)),))
    delivery = Delivery(
        operator=OperatorId(operator), reader=ReaderId("bridge"), parsed=parsed, received_at=node.clock.now()
    )
    node.live.submit(delivery).result(30)


def request_of(node: Node, plate: str, **changes: object) -> AccessRequest:
    """Return ann's lawful question about a plate, with changes."""
    now = node.clock.now()
    values: dict[str, object] = {
        "request_id": new_request_id(),
        "asked_at": now,
        "person": PersonId("ann"),
        "agency": AgencyId("county"),
        "on_behalf_of": AgencyId("county"),
        "operators": (OperatorId("county"),),
        "plate": PlateText(plate),
        "window_from": now - timedelta(days=2),
        "window_to": now + timedelta(hours=1),
        "purpose": Purpose.FELONY_INVESTIGATION,
        "offense": Offense.FELONY,
        "basis": Basis.PROBABLE_CAUSE,
        "case_number": CaseNumber("26-4711"),
    }
    return AccessRequest(**(values | changes))


@pytest.fixture
def see() -> Callable[..., None]:
    return read_at


@pytest.fixture
def make_request() -> Callable[..., AccessRequest]:
    return request_of


@pytest.fixture
def found_node() -> Callable[[Settings, SetClock], None]:
    return found
