"""What intake's and lookup's tests do to a node alike: reads that come in, questions about them, and their proof."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lockplate.access import AccessRecord, AccessRequest, parse_leaf
from lockplate.clock import new_request_id
from lockplate.evidence.proof_file import open_proof
from lockplate.intake.delivery import Delivery
from lockplate.lookup.answer import OperatorAnswer
from lockplate.plate import fold
from lockplate.read import ClockRule, Parsed, Read
from lockplate.settings import Settings
from lockplate.terms import AgencyId, Basis, CaseNumber, Offense, OperatorId, PersonId, PlateText, Purpose, ReaderId
from lockplate.wiring.node import Node

START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
COUNTY, WASH = OperatorId("county"), OperatorId("wash")
See = Callable[..., None]
MakeRequest = Callable[..., AccessRequest]


def settings_in(folder: Path) -> Settings:
    """Return the settings of a node whose home is in a folder, and which waits for no batch."""
    return Settings(home=folder / "home", kek_file=folder / "home.kek", batch_wait_ms=1)


def read_of(plate: str, at: datetime | None, *ids: str, **more: object) -> Read:
    """Return a read of a plate, with the vendor's ids of its passage and whatever else is known."""
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


def delivery_of(node: Node, reads: Sequence[Read], operator: str, reader: ReaderId) -> Delivery:
    """Return reads as one body of a reader."""
    return Delivery(
        operator=OperatorId(operator),
        reader=reader,
        parsed=Parsed(format="test", reads=tuple(reads)),
        received_at=node.clock.now(),
    )


def live_rows(node: Node, operator: str = "county") -> int:
    """Return how many live rows an operator has."""
    day = node.clock.now().date()
    return sum(one.reads for one in node.store.counts(OperatorId(operator), day - timedelta(days=400), day))


def request_of(node: Node, person: str, plate: str, operator: str = "county", /, **changes: object) -> AccessRequest:
    """Return a person's lawful question to their own operator about a plate, with changes."""
    now = node.clock.now()
    values: dict[str, object] = {
        "request_id": new_request_id(),
        "asked_at": now,
        "person": PersonId(person),
        "agency": AgencyId(operator),
        "on_behalf_of": AgencyId(operator),
        "operators": (OperatorId(operator),),
        "plate": PlateText(plate),
        "window_from": now - timedelta(days=2),
        "window_to": now + timedelta(hours=1),
        "purpose": Purpose.FELONY_INVESTIGATION,
        "offense": Offense.FELONY,
        "basis": Basis.PROBABLE_CAUSE,
        "case_number": CaseNumber("26-4711"),
    }
    return AccessRequest(**(values | changes))


def ask(node: Node, request: AccessRequest) -> OperatorAnswer:
    """Ask one operator."""
    (part,) = node.lookup.ask(request).operators
    return part


def proven(node: Node, index: int, operator: OperatorId = COUNTY) -> AccessRecord:
    """Return a record once its proof holds against the newest checkpoint."""
    evidence = node.desk(operator).evidence
    evidence.publisher.publish()
    return parse_leaf(open_proof(evidence.prove(index), evidence.publisher.vkey).entry)
