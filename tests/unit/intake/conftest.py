"""A real node with four operators under a clock that is set: what intake is tested on."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from lockplate.access import AccessRequest
from lockplate.clock import SetClock, new_request_id
from lockplate.hotlist import Category, ListId
from lockplate.intake.delivery import Delivery
from lockplate.lookup.answer import AnsweredRead
from lockplate.plate import fold
from lockplate.read import ClockRule, Parsed, Read
from lockplate.registry.entries import NewEntry
from lockplate.registry.hotlists import NewHotList
from lockplate.settings import Settings
from lockplate.terms import (
    AgencyId,
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
OPERATORS = (
    # id, law profile, what it keeps
    ("county", "us-ca", RecordMode.RECORD),
    ("index", "us-ca", RecordMode.INDEX_ONLY),
    ("wash", "us-wa", RecordMode.RECORD),
    ("quiet", "match-only", RecordMode.NONE),
    ("lawless", None, RecordMode.NONE),
)

Ask = Callable[..., list[AnsweredRead]]
MakeRead = Callable[..., Read]


def new_node(settings: Settings, clock: SetClock) -> Node:
    """Found the operators, an officer of each, and open the node."""
    for operator, profile, mode in OPERATORS:
        found_operator(
            settings,
            clock,
            NewOperator(
                operator=OperatorId(operator),
                profile=None if profile is None else ProfileId(profile),
                record_mode=mode,
            ),
        )
    node = open_node(settings, clock)
    for operator, _, _ in OPERATORS:
        node.registries.people.add(
            PersonId(f"officer.{operator}"),
            agency=AgencyId(operator),
            display_name="Officer Example",
            roles=frozenset({Role.OFFICER}),
        )
    return node


@pytest.fixture(scope="module")
def clock() -> SetClock:
    return SetClock(START)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("intake")
    return Settings(home=folder / "home", kek_file=folder / "home.kek", batch_wait_ms=1)


@pytest.fixture(scope="module")
def node(settings: Settings, clock: SetClock) -> Iterator[Node]:
    with new_node(settings, clock) as opened:
        yield opened


def ask_of(node: Node, plate: str, operator: str, start: datetime, end: datetime) -> list[AnsweredRead]:
    """Ask the node's own lookup, as the operator's officer, with a case."""
    request = AccessRequest(
        request_id=new_request_id(),
        asked_at=node.clock.now(),
        person=PersonId(f"officer.{operator}"),
        agency=AgencyId(operator),
        on_behalf_of=AgencyId(operator),
        operators=(OperatorId(operator),),
        plate=PlateText(plate),
        window_from=start,
        window_to=end,
        purpose=Purpose.FELONY_INVESTIGATION,
        offense=Offense.FELONY,
        basis=Basis.PROBABLE_CAUSE,
        case_number=CaseNumber("26-0001"),
    )
    answer = node.lookup.ask(request)
    assert "permitted" == answer.decision, answer.operators
    return answer.reads()


@pytest.fixture
def ask(node: Node) -> Ask:
    """Ask about a plate; by default over the last two days and the next."""

    def asked(
        plate: str, operator: str = "county", start: datetime | None = None, end: datetime | None = None
    ) -> list[AnsweredRead]:
        now = node.clock.now()
        return ask_of(node, plate, operator, start or now - timedelta(days=2), end or now + timedelta(days=1))

    return asked


def read_of(plate: str, at: datetime | None, *ids: str, **more: object) -> Read:
    values: dict[str, object] = {
        "format": "test",
        "plate_text": PlateText(plate),
        "plate_key": fold(plate),
        "captured_at": at,
        "captured_at_raw": None if at is None else at.isoformat(),
        "clock_rule": ClockRule.ABSENT if at is None else ClockRule.OFFSET,
        "passage_ids": ids,
    }
    return Read(**(values | more))


@pytest.fixture
def make_read() -> MakeRead:
    return read_of


_names = itertools.count()


@pytest.fixture
def reader() -> ReaderId:
    """A reader of this test alone, so that passages of other tests do not count."""
    return ReaderId(f"reader-{next(_names)}")


@pytest.fixture
def deliver(node: Node, reader: ReaderId) -> Callable[..., object]:
    """Deliver reads as one body and wait for the acknowledgement."""

    def delivered(
        reads: Sequence[Read], operator: str = "county", node: Node = node, reader: ReaderId = reader
    ) -> object:
        return node.live.submit(delivery_of(node, reads, operator, reader)).result(30)

    return delivered


def delivery_of(node: Node, reads: Sequence[Read], operator: str, reader: ReaderId) -> Delivery:
    return Delivery(
        operator=OperatorId(operator),
        reader=reader,
        parsed=Parsed(format="test", reads=tuple(reads)),
        received_at=node.clock.now(),
    )


@pytest.fixture
def make_delivery() -> Callable[..., Delivery]:
    return delivery_of


@pytest.fixture
def make_node() -> Callable[[Settings, SetClock], Node]:
    return new_node


@pytest.fixture
def ask_node() -> Ask:
    return ask_of


def put_on_list(node: Node, operator: str, plate: str) -> ListId:
    """List a plate by hand, and let the operator's lane see it."""
    person = PersonId(f"officer.{operator}")
    made = node.registries.hot_lists.add(
        NewHotList(
            operator=OperatorId(operator),
            name=f"list of {plate}",
            owner_agency=AgencyId(operator),
            categories=frozenset({Category.STOLEN_VEHICLE}),
            source="own desk",
            legal_basis="invented code 1",
            max_age=timedelta(days=1),
        )
    )
    node.registries.entries.add(
        NewEntry(
            list_id=made.list_id,
            plate_text=plate,
            category=Category.STOLEN_VEHICLE,
            reason="taken from a driveway",
            expires_at=node.clock.now() + timedelta(days=30),
        ),
        by=person,
    )
    node.desk(OperatorId(operator)).reload_index(node.registries.entries, node.clock)
    return made.list_id


@pytest.fixture
def list_plate(node: Node) -> Callable[[str, str], ListId]:
    return lambda operator, plate: put_on_list(node, operator, plate)
