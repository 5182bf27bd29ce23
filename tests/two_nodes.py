"""Two nodes of two agencies, as processes: the quarry police ask the pine police's node about what its readers saw."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from lockplate.access import AccessRecord, canonical_leaf, parse_leaf
from lockplate.checkpoint import Signer
from lockplate.clock import SystemClock
from lockplate.evidence.export import export_log
from lockplate.evidence.files import EvidenceFolder
from lockplate.evidence.published import folder_source, read_published
from lockplate.operations.reconciling import OtherLog, Reconciliation, reconcile_exports
from lockplate.terms import OperatorId
from lockplate.wiring.desk import SIGNING_KEY, open_ring, origin_of
from lockplate.wiring.node import load_node_kek
from running import Home, Server

NOW = datetime.now(UTC).replace(microsecond=0)
START, END = ((NOW + timedelta(hours=hours)).isoformat() for hours in (-6, 1))
PLATE, CASE = "7ONE111", "26-0815"
WORDS = "a long enough password"
WORDED = "seen near an ICE raid"
"""A reason that sends a question to a second person."""
DIES_AT_THE_STORE = (
    sys.executable,
    "-c",
    """
import os, signal
from lockplate.cli.main import main
from lockplate.store.embedded import EmbeddedStore
EmbeddedStore.find = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
main()
""",
)
"""A node that is killed between a question's intent and its answer."""
DIES_BEFORE_ITS_OUTCOME = (
    sys.executable,
    "-c",
    """
import os, signal
from lockplate.cli.main import main
from lockplate.lookup import elsewhere
elsewhere.prove = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
main()
""",
)
"""A node that is killed when the other one has answered, before what came of it is on record."""


@dataclass
class Pair:
    """The asking side and the answering one, each with its server."""

    quarry: Home
    pine: Home
    here: Server
    there: Server
    key: str
    """The key of the pine log, as the pine police gave it to the quarry police."""

    def visit(self, name: str = "quinn.q", **changes: str) -> dict[str, str]:
        """Return where to ask, under which key, and how to get in."""
        visit = {"url": self.there.url, "operator": "pine", "key": self.key, "sign_in": name, "password": WORDS}
        return visit | changes

    def ask(self, person: str = "quinn", visit: dict[str, str] | None = None, **changes: Any) -> tuple[int, Any]:
        """Ask at the pine node through the quarry node; return the status and what it says."""
        body = question(**changes) | {"visit": visit or self.visit()}
        return post(self.here, "lookup/elsewhere", body, person)

    def take_up(self, request_id: str, person: str = "quinn") -> tuple[int, Any]:
        return post(self.here, "request/resume-elsewhere", {"request_id": request_id, "visit": self.visit()}, person)

    def compare(self, **changes: Any) -> tuple[int, Any]:
        """Compare at the quarry node, fetching the pine log from its address."""
        wanted = {"key": self.key, "url": f"{self.there.url}/log/pine"}
        return post(self.here, "log/reconcile", wanted | changes)

    def export(self, folder: Path) -> tuple[Path, Path]:
        """Export both logs, the quarry's first, and return their folders."""
        folders = folder / "quarry", folder / "pine"
        for server, one in zip((self.here, self.there), folders, strict=True):
            assert 200 == post(server, "log/export", {"folder": str(one)})[0]
        return folders


def question(**changes: Any) -> dict[str, Any]:
    """Return a lawful question in the words of HTTP."""
    asked = {
        "plate": PLATE, "operators": ["pine"], "window_from": START, "window_to": END,
        "purpose": "felony_investigation", "offense": "felony", "basis": "probable_cause", "on_behalf_of": "own",
        "case_number": CASE, "reason": "",
    }  # fmt: skip
    return asked | changes


def post(server: Server, path: str, body: object, person: str = "") -> tuple[int, Any]:
    """Run a command at a server as its own system user, on a person's word."""
    headers = {"authorization": f"Bearer {server.run_token}"} | ({"x-lockplate-person": person} if person else {})
    with server.client(**headers) as client:
        told = client.post(f"/v1/{path}", content=json.dumps(body))
        return told.status_code, told.json()


def done(server: Server, path: str, body: object, person: str = "") -> Any:
    status, told = post(server, path, body, person)
    assert 200 == status, (path, told)
    return told


@contextmanager
def running_pair(folder: Path) -> Iterator[Pair]:
    """Found both nodes and serve them: people on both sides, a read of the plate, and a grant for felonies."""
    quarry, pine = Home(folder / "quarry"), Home(folder / "pine")
    for home, operator in ((quarry, "quarry"), (pine, "pine")):
        home.folder.mkdir()
        home.json("init", "--operator", operator, "--profile", "us-ca")
    with quarry.serve() as here, pine.serve() as there:
        for server, people in (
            (here, ("quinn/quarry/officer", "quill/quarry/supervisor", "ursa/quarry/auditor")),
            (there, ("ada/pine/administrator", "sam/pine/supervisor", "quinn.q/quarry/officer",
                     "quill.q/quarry/supervisor")),
        ):  # fmt: skip
            if server is there:
                town = {"agency": "quarry", "name": "Quarry Police", "kind": "municipal", "state": "CA"}
                done(server, "agency/add", town)
            for person, agency, role in (one.split("/") for one in people):
                new = {"person": person, "agency": agency, "display_name": person, "roles": [role], "password": WORDS}
                done(server, "user/add", new)
        furnish(there)
        yield Pair(quarry, pine, here, there, done(there, "log/keys", {})["pine"])


def furnish(there: Server) -> None:
    """Let a reader see the plate, and grant the quarry police to ask about felonies."""
    see_the_plate(there)
    until = (NOW + timedelta(days=90)).isoformat()
    grant = {"grantee": "quarry", "purposes": ["felony_investigation"], "valid_to": until}
    proposed = done(there, "grant/propose", grant, "ada")
    done(there, "grant/approve", {"grant": proposed["grant"]["grant"]}, "sam")


def see_the_plate(there: Server) -> None:
    """Let a reader of the pine police see the plate."""
    key = done(there, "reader/add", {"reader": "bridge", "operator": "pine", "name": "Bridge, eastbound"})["key"]
    read = {"plate": PLATE, "captured_at": (NOW - timedelta(minutes=20)).isoformat()}
    with there.client(**{"x-reader-key": key, "content-type": "application/x-ndjson"}) as client:
        assert 1 == client.post("/v1/reads", content=json.dumps(read)).json()["accepted"]


@dataclass
class Told:
    """What both sides recorded of a day of questions, as exported folders, and the ids of the questions."""

    pair: Pair
    quarry: Path
    pine: Path
    answered: dict[str, Any]
    waited: dict[str, Any]

    def compared(self, quarry: Path | None = None, pine: Path | None = None, **changes: Any) -> Reconciliation:
        """Compare two exports as an outsider would, an hour later."""
        quarry, pine = quarry or self.quarry, pine or self.pine
        wanted = OtherLog(folder=str(pine), key=key_in(pine))
        later = datetime.now(UTC) + timedelta(hours=1)
        return reconcile_exports(quarry, key_in(quarry), ["quarry"], msgspec.structs.replace(wanted, **changes), later)


def key_in(folder: Path) -> str:
    return (folder / "vkey").read_text().strip()


def codes(done: Reconciliation) -> list[str]:
    return [one.code for one in done.findings]


def day_of_questions(pair: Pair, folder: Path) -> Told:
    """One question of each kind: answered, denied there, denied here, sent to a second person and taken up."""
    _, answered = pair.ask()
    assert 200 == pair.ask(purpose="stolen_vehicle")[0]
    assert 403 == pair.ask(purpose="immigration")[0]
    _, waited = pair.ask(reason=WORDED)
    name = {"request_id": waited["request_id"], "operator": "pine"}
    done(pair.there, "request/approve", name, "quill.q")
    assert 200 == pair.take_up(waited["request_id"])[0]
    quarry, pine = pair.export(folder)
    return Told(pair, quarry, pine, answered, waited)


def of(folder: Path, request_id: str) -> list[AccessRecord]:
    return [record for record in records_of(folder) if record.request_id == request_id]


def records_of(folder: Path) -> list[AccessRecord]:
    """Return the records of an exported log, once it is verified."""
    records: list[AccessRecord] = []
    vkey = (folder / "vkey").read_text().strip()
    read_published(folder_source(folder), vkey, lambda _, record: records.append(record))
    return records


def another_history(
    home: Home,
    operator: str,
    exported: Path,
    folder: Path,
    change: Callable[[list[AccessRecord]], Sequence[AccessRecord]],
) -> Path:
    """Write a log with other records and sign it with the operator's own key: what an insider with the key can do."""
    ring = open_ring(home.path, OperatorId(operator), load_node_kek(home.settings))
    try:
        signer = Signer(origin_of(OperatorId(operator)), ring.data_key(SIGNING_KEY, SystemClock().now()))
    finally:
        ring.close()
    leaves = [canonical_leaf(record) for record in change(records_of(exported))]
    assert [parse_leaf(leaf) for leaf in leaves]
    with EvidenceFolder.of(folder / "forged", OperatorId(operator)).create(signer) as evidence:
        evidence.log.append(leaves)
        export_log(evidence.log, evidence.publisher.publish(), signer.vkey, folder / "forged-export")
    return folder / "forged-export"
