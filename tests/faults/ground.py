"""Ground: the home that each case starts from, founded once by the real program and copied for each case.

What flows in: a folder. What flows out: `home`, `home.kek` and `facts.json` in it: a settled node, closed.
What it must never see: a fault.

    one operator under us-ca · people ada, sam, olga · agency quarry · reader r1 · a grant to quarry, proposed by ada
    a log of SIZE records with sealed details, so that the next ones cross the edge of a tile
    keys of one hour that is over, of one that is not, and of the hour of START
"""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import warm

from lockplate.access import AccessRecord
from lockplate.clock import SetClock, format_time, period_of
from lockplate.operations.agencies import NewAgency
from lockplate.operations.grants import ProposeGrant
from lockplate.operations.operation import Actor
from lockplate.operations.people import NewPerson
from lockplate.operations.readers import AddReader
from lockplate.operations.table import operation
from lockplate.settings import Settings, load_settings
from lockplate.terms import Action, AgencyKind, OperatorId, PersonId, ProfileId, Purpose, Role
from lockplate.wiring.founding import NewOperator, found_operator
from lockplate.wiring.layout import Layout
from lockplate.wiring.node import Node

HOME = OperatorId("home")
START = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
SIZE = 254
"""Records in the log before the act: the third one more fills the first tile."""
OVER = START - timedelta(days=400)
KEPT = START - timedelta(days=2)
PEOPLE = {"ada": Role.ADMINISTRATOR, "sam": Role.SUPERVISOR, "olga": Role.OFFICER}


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the checks must know of the home as it was before the fault."""

    vkey: str
    size: int
    grant: str
    keys: dict[int, str]
    """Commitment to the key of each period, hex."""
    wrapped: dict[int, str]
    """The same keys as they lie on disk, hex: bytes to look for after a destruction."""


def found(folder: Path, *, with_store: bool) -> Facts:
    """Make the home in a folder; with the real store, or with one in memory where no act uses it."""
    clock, settings = SetClock(START), load_settings(folder / "home", {})
    warm.use_store(real=with_store)
    found_operator(settings, clock, newcomer())
    with warm.open_node(settings, clock) as node:
        grant = _settle(node)
        ring = node.desk(HOME).ring
        for at in (OVER, KEPT, START):
            ring.make_period_key(period_of(at), at)
        recorder = node.desk(HOME).recorder
        more = SIZE - node.desk(HOME).evidence.log.size
        recorder.record_many([(record(), {"case_number": f"25-{number:04}"}) for number in range(more)])
        node.publish()
        vkey, size = node.desk(HOME).evidence.publisher.vkey, node.desk(HOME).evidence.log.size
        commitments = {
            period: found.commitment for period in ring.stored_periods() if (found := ring.commitment(period))
        }
    facts = Facts(vkey=vkey, size=size, grant=grant, keys=commitments, wrapped=_wrapped(settings))
    (folder / "facts.json").write_bytes(msgspec.json.encode(facts))
    return facts


def facts_of(folder: Path) -> Facts:
    """Return the facts of a home, from the folder that it lies in."""
    return msgspec.json.decode((folder / "facts.json").read_bytes(), type=Facts)


def newcomer() -> NewOperator:
    """Return what an administrator says of the operator."""
    return NewOperator(operator=HOME, profile=ProfileId("us-ca"), agency_kind=AgencyKind.MUNICIPAL, state="CA")


def record() -> AccessRecord:
    """Return a record of an access, as any flow makes one."""
    return AccessRecord(action=Action.EXPORT, at=START, operator=HOME, person=PersonId("olga"))


def do(node: Node, name: str, request: object, person: str = "") -> object:
    """Run an operation: as a person, or as the system user when nobody is named."""
    actor = Actor(person=PersonId(person) if person else None, is_system_user=not person)
    return operation(name).handler(node, actor, request)


def _settle(node: Node) -> str:
    do(node, "agency.add", NewAgency(agency="quarry", name="Quarry", kind=AgencyKind.MUNICIPAL, state="CA"))
    for person, role in PEOPLE.items():
        do(node, "user.add", NewPerson(person=person, agency="home", display_name="Somebody", roles=(role,)))
    do(node, "reader.add", AddReader(reader="r1", name="r1"))
    proposal = ProposeGrant(
        grantee="quarry",
        purposes=(Purpose.FELONY_INVESTIGATION,),
        valid_to=format_time(START + timedelta(days=180)),
        case_number="26-0815",
    )
    line = do(node, "grant.propose", proposal, "ada")
    return str(line.grant.grant)  # type: ignore[attr-defined]


def _wrapped(settings: Settings) -> dict[int, str]:
    connection = sqlite3.connect(Layout(settings.home).keys(HOME))
    try:
        return {
            period: wrapped.hex() for period, wrapped in connection.execute("SELECT period, wrapped FROM period_keys")
        }
    finally:
        connection.close()
