"""A node behind its real application, for those who got hold of a session, a cookie or a reader's key."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
from litestar.exceptions import LitestarDeprecationWarning
from litestar.testing import TestClient

from lockplate.access import AccessRecord, parse_leaf
from lockplate.clock import SetClock
from lockplate.registry.readers import NewReader
from lockplate.registry.sessions import Session
from lockplate.settings import Settings
from lockplate.terms import AgencyId, AgencyKind, OperatorId, PersonId, ProfileId, ReaderId, Role
from lockplate.web.application import create_application
from lockplate.web.doorway import COOKIE, Doorway
from lockplate.web.metrics import Metrics
from lockplate.web.pages.routes import PAGE_ROUTES
from lockplate.wiring.founding import NewOperator, found_operator
from lockplate.wiring.node import Node, open_node

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PINE, LAKE = OperatorId("pine"), OperatorId("lake")
PASSWORD = "four plain words here"
PEOPLE = {
    "ann": ("pine", Role.OFFICER),
    "ben": ("pine", Role.SUPERVISOR),
    "ada": ("pine", Role.AUDITOR),
    "adm": ("pine", Role.ADMINISTRATOR),
    "far": ("farfield", Role.OFFICER),
}


@dataclass
class Stage:
    """The node, its clock, and a client on the same machine."""

    node: Node
    clock: SetClock
    client: TestClient[Any]
    keys: dict[str, str]

    def session(self, person: str) -> Session:
        return self.node.registries.sessions.open(PersonId(person))

    def post(self, name: str, body: object, session: Session, **headers: str) -> httpx.Response:
        """Call a command as a program with a session would."""
        sent = {"cookie": f"{COOKIE}={session.session_id}", "x-csrf-token": session.csrf_token}
        return self.client.post(
            "/v1/" + name.replace(".", "/"), content=msgspec.json.encode(body), headers=sent | headers
        )

    def get(self, path: str, session: Session | None = None) -> httpx.Response:
        sent = {} if session is None else {"cookie": f"{COOKIE}={session.session_id}"}
        self.client.cookies.clear()
        return self.client.get(path, headers=sent, follow_redirects=False)

    def send(
        self, reader: str, *lines: dict[str, Any], path: str = "/v1/reads", key: str | None = None
    ) -> httpx.Response:
        sent = {"x-reader-key": self.keys[reader] if key is None else key, "content-type": "application/x-ndjson"}
        return self.client.post(path, content=b"\n".join(map(msgspec.json.encode, lines)), headers=sent)

    def ask(self, session: Session, **changes: Any) -> httpx.Response:
        return self.post("questions", question(self.clock.now()) | changes, session)

    def records(self, operator: OperatorId = PINE) -> list[AccessRecord]:
        log = self.node.desk(operator).evidence.log
        return [parse_leaf(leaf) for leaf in log.entries(0, log.size)]


def question(at: datetime) -> dict[str, Any]:
    """Return a lawful question about the last hour."""
    return {
        "plate": "7OLD111",
        "operators": ["pine"],
        "window_from": (at - timedelta(hours=1)).isoformat(),
        "window_to": (at + timedelta(minutes=1)).isoformat(),
        "purpose": "felony_investigation",
        "offense": "felony",
        "basis": "probable_cause",
        "on_behalf_of": "own",
        "case_number": "26-0815",
    }


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """Found two operators on one node, with people of two agencies and a reader each."""
    clock, settings = SetClock(NOW), Settings(home=folder / "home", kek_file=folder / "kek", batch_wait_ms=1)
    for operator in (PINE, LAKE):
        found_operator(settings, clock, NewOperator(operator=operator, profile=ProfileId("us-ca")))
    with open_node(settings, clock) as node:
        node.registries.agencies.add(AgencyId("farfield"), name="Farfield", kind=AgencyKind.MUNICIPAL, state="CA")
        for person, (agency, role) in PEOPLE.items():
            node.registries.people.add(
                PersonId(person), agency=AgencyId(agency), display_name=person, roles=frozenset({role}),
                password=PASSWORD,
            )  # fmt: skip
        keys = {
            name: node.registries.readers.add(
                NewReader(reader=ReaderId(name), operator=operator, name=name, format="lockplate")
            )[1]
            for name, operator in (("north", PINE), ("south", PINE), ("shore", LAKE))
        }
        doorway = Doorway(node=node, run_token="run-token", metrics=Metrics())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LitestarDeprecationWarning)
            application = create_application(doorway, PAGE_ROUTES)
        with TestClient(application, base_url="http://127.0.0.1:8420") as client:
            yield Stage(node, clock, client, keys)
