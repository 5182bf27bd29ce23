"""A real node under any law profile, with people in every role, agencies around it, and a clock that is set.

Each decision vector of the law (tests/journeys/test_decision_vectors.py) has one of its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from lockplate.access import AccessRecord, parse_leaf
from lockplate.clock import SetClock, format_time
from lockplate.operations.agencies import NewAgency
from lockplate.operations.asking import Ask, WaitingName
from lockplate.operations.grants import GrantName, ProposeGrant
from lockplate.operations.operation import Actor
from lockplate.operations.people import NewPerson
from lockplate.operations.readers import AddReader
from lockplate.operations.retaining import RunRetention
from lockplate.operations.table import operation
from lockplate.operations.taking_in import Ingest
from lockplate.settings import Settings, load_settings
from lockplate.terms import AgencyKind, Basis, Offense, OperatorId, PersonId, ProfileId, Purpose, Role
from lockplate.wiring.founding import NewOperator, found_operator
from lockplate.wiring.node import Node, open_node

HOME = OperatorId("home")
PLATE = "KTN0417"
ROLES = {
    "ada": Role.ADMINISTRATOR,
    "abe": Role.ADMINISTRATOR,
    "olga": Role.OFFICER,
    "sam": Role.SUPERVISOR,
    "sue": Role.SUPERVISOR,
    "uma": Role.AUDITOR,
}


class LawNode:
    """An open node of one operator, `home`, with short ways to use it."""

    def __init__(self, folder: Path, clock: SetClock, settings: Settings) -> None:
        self.folder, self.clock, self.settings = folder, clock, settings
        self.node: Node = open_node(settings, clock)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def run(self, name: str, request: object, person: str = "", *, there: bool = True) -> Any:
        """Run an operation as over HTTP, or on the machine itself when no person is named."""
        actor = Actor(person=PersonId(person) if person else None, is_system_user=not (there and person))
        return operation(name).handler(self.node, actor, request)

    def reopen(self) -> None:
        """Stop the node and start it again."""
        self.node.close()
        self.node = open_node(self.settings, self.clock)

    def agency(self, name: str, kind: AgencyKind, state: str = "") -> None:
        """Add an agency with an officer `<name>.officer` and a supervisor `<name>.chief`."""
        self.run("agency.add", NewAgency(agency=name, name=name.title(), kind=kind, state=state))
        for word, role in (("officer", Role.OFFICER), ("chief", Role.SUPERVISOR)):
            person = NewPerson(person=f"{name}.{word}", agency=name, display_name="Somebody", roles=(role,))
            self.run("user.add", person)

    def reader(self, name: str, **more: Any) -> str:
        """Register a reader and return its key."""
        return str(self.run("reader.add", AddReader(reader=name, name=name, **more)).key)

    def ingest(self, *reads: tuple[str, datetime, str]) -> Any:
        """Take reads in: plate, time, reader."""
        lines = [
            msgspec.json.encode({"plate": plate, "captured_at": format_time(at), "reader": reader})
            for plate, at, reader in reads
        ]
        path = self.folder / "reads.ndjson"
        path.write_bytes(b"\n".join(lines) + b"\n")
        return self.run("ingest", Ingest(path=str(path)))

    def ask(self, person: str = "olga", **more: Any) -> Any:
        """Ask a lawful question about the plate over the last hour; what is given goes before."""
        values: dict[str, Any] = {
            "plate": PLATE,
            "operators": (HOME,),
            "window_from": format_time(more.pop("start", self.now - timedelta(hours=1))),
            "window_to": format_time(more.pop("end", self.now)),
            "purpose": Purpose.FELONY_INVESTIGATION,
            "offense": Offense.FELONY,
            "basis": Basis.PROBABLE_CAUSE,
            "on_behalf_of": "own",
            "case_number": "26-0815",
        }
        return self.run("lookup", Ask(**(values | more)), person)

    def approve(self, request_id: str, person: str = "sam") -> Any:
        """Approve a waiting question and take it up."""
        name = WaitingName(request_id=request_id, operator=HOME)
        self.run("request.approve", name, person)
        return self.run("request.resume", name, "olga")

    def grant(self, grantee: str, *purposes: Purpose, **more: Any) -> Any:
        """Propose a grant of half a year and approve it; what is given goes before."""
        values = {"grantee": grantee, "purposes": purposes or (Purpose.FELONY_INVESTIGATION,)}
        values["valid_to"] = format_time(self.now + timedelta(days=180))
        made = self.run("grant.propose", ProposeGrant(**(values | more)), "ada").grant
        return self.run("grant.approve", GrantName(grant=made.grant), "sam").grant

    def forget(self, at: datetime) -> Any:
        """Set the clock and run retention, as somebody on the machine who vouches for the time."""
        self.clock.advance(at - self.now)
        return self.run("retention.run", RunRetention(now=format_time(at)))

    def records(self) -> list[AccessRecord]:
        """Return every record of the log."""
        log = self.node.desk(HOME).evidence.log
        return [parse_leaf(leaf) for leaf in log.entries(0, log.size)]


@contextmanager
def law_node(folder: Path, profile: str, at: datetime, state: str | None = None) -> Iterator[LawNode]:
    """Found a node under a law profile, as of a day, with its people; closed at the end."""
    clock, settings = SetClock(at), load_settings(folder / "home", {})
    new = NewOperator(operator=HOME, profile=ProfileId(profile), agency_kind=AgencyKind.MUNICIPAL, state=state)
    found_operator(settings, clock, new)
    opened = LawNode(folder, clock, settings)
    try:
        for person, role in ROLES.items():
            opened.run("user.add", NewPerson(person=person, agency="home", display_name="Somebody", roles=(role,)))
        yield opened
    finally:
        opened.node.close()
