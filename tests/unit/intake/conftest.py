"""A real node with four operators under a clock that is set: what intake is tested on; see tests/asking.py."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

import pytest

from asking import START, delivery_of, read_of, request_of, settings_in
from lockplate.clock import SetClock
from lockplate.hotlist import Category, ListId
from lockplate.intake.delivery import Delivery
from lockplate.lookup.answer import AnsweredRead
from lockplate.read import Read
from lockplate.registry.entries import NewEntry
from lockplate.registry.hotlists import NewHotList
from lockplate.settings import Settings
from lockplate.terms import AgencyId, OperatorId, PersonId, ProfileId, ReaderId, RecordMode, Role
from lockplate.wiring.founding import NewOperator, found_operator
from lockplate.wiring.node import Node, open_node

OPERATORS = (
    # id, law profile, what it keeps
    ("county", "us-ca", RecordMode.RECORD),
    ("index", "us-ca", RecordMode.INDEX_ONLY),
    ("wash", "us-va", RecordMode.RECORD),
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
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with new_node(settings_in(tmp_path_factory.mktemp("intake")), SetClock(START)) as opened:
        yield opened


def ask_of(node: Node, plate: str, operator: str, start: datetime, end: datetime) -> list[AnsweredRead]:
    """Ask the node's own lookup, as the operator's officer, with a case."""
    request = request_of(node, f"officer.{operator}", plate, operator, window_from=start, window_to=end)
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


@pytest.fixture
def make_delivery() -> Callable[..., Delivery]:
    return delivery_of


def put_on_list(node: Node, operator: str, plate: str) -> ListId:
    """List a plate by hand, as of a week ago, and let the operator's lane see it."""
    assert isinstance(node.clock, SetClock)
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
    new = NewEntry(
        list_id=made.list_id,
        plate_text=plate,
        category=Category.STOLEN_VEHICLE,
        reason="taken from a driveway",
        expires_at=node.clock.now() + timedelta(days=30),
    )
    # where a car was before it was listed is no match, and the files here are some hours old
    node.clock.advance(-timedelta(days=7))
    node.registries.entries.add(new, by=person)
    node.clock.advance(timedelta(days=7))
    node.desk(OperatorId(operator)).reload_index(node.registries.entries, node.clock)
    return made.list_id


@pytest.fixture
def list_plate(node: Node) -> Callable[[str, str], ListId]:
    return lambda operator, plate: put_on_list(node, operator, plate)
