"""Killing: a server under load is killed with signal 9, again and again, and held against what it acknowledged.

What flows in: a job. What flows out: a Tally; a case is one kill.
What it must never see: a real node.

While it runs, readers send, an officer asks, an administrator proposes grants that a supervisor approves, and the
server forgets an hour that is over. The ledger: plates, records, grants, destroyed keys.
"""

import json
import random
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from harness import Harness, Job, Tally

from lockplate.access import AccessRecord, parse_leaf
from lockplate.clock import SystemClock, period_of
from lockplate.errors import LockplateError
from lockplate.evidence.files import EvidenceFolder
from lockplate.evidence.fsck import check_log
from lockplate.operations.operation import Actor
from lockplate.operations.retaining import RunRetention
from lockplate.operations.table import operation
from lockplate.registry.grants import GrantState
from lockplate.registry.readers import NewReader
from lockplate.retention.receipt import periods_in
from lockplate.terms import (
    Action,
    AgencyId,
    AgencyKind,
    GrantId,
    OperatorId,
    Period,
    PersonId,
    ProfileId,
    ReaderId,
    Role,
)
from lockplate.wiring.desk import open_ring
from lockplate.wiring.founding import NewOperator, found_operator
from lockplate.wiring.node import Node, load_node_kek, open_node
from running import Home, Server

PINE = OperatorId("pine")
PEOPLE = {"ann": Role.OFFICER, "ben": Role.SUPERVISOR, "adm": Role.ADMINISTRATOR}
SERVED = Path(__file__).with_name("served.py")
CYCLES = {False: 3, True: 60}
LOAD_SECONDS = 20.0
"""Only to end a cycle in which nothing is acknowledged."""
ENOUGH = 12
"""Acknowledgements in a cycle before the server is killed, at a moment that nobody chose."""
PLANTED = {
    "reads-early": "a delivery is acknowledged, and stored a little later",
    "records-early": "a record is acknowledged, and written a little later",
    "grants-early": "a grant is acknowledged, and written a little later",
    "keys-early": "a receipt says that a key is destroyed, and it is not yet",
}


@dataclass
class Ledger:
    """What the server said was done."""

    plates: list[str] = field(default_factory=list)
    records: list[tuple[int, str]] = field(default_factory=list)
    """Place of an intent in the log, and the request's id."""
    grants: list[str] = field(default_factory=list)
    over: list[Period] = field(default_factory=list)
    """Hours that were over when the server started; gone at the latest after the next run."""

    @property
    def size(self) -> int:
        return len(self.plates) + len(self.records) + len(self.grants)


def run(job: Job) -> Tally:
    """Start, load, kill, check; the ledger grows over all cycles."""
    tally, ledger, chance = Tally(), Ledger(), random.Random(9)
    home = Home(job.folder, command=(sys.executable, str(SERVED), job.planted))
    keys = found(home)
    load = _Load(keys, ledger)
    for cycle in range(CYCLES[job.long]):
        job.told(f"{cycle} of {CYCLES[job.long]}")
        _let_an_hour_be_over(home, ledger, cycle)
        server = home.start()
        load.until_killed(server, chance.random() * 0.4)
        tally.case(died=True)
        for sentence in (*check(home, ledger), *load.odd):
            tally.wrong(f"kill {cycle}: {sentence}")
        load.odd.clear()
        if job.seen_enough(tally):
            break
    return tally


class _Load:
    """Everybody who uses the server until it is gone; each writes down what they were told."""

    def __init__(self, keys: dict[str, str], ledger: Ledger) -> None:
        self._keys, self._ledger = keys, ledger
        self._numbers, self._days = count(), count()
        self.odd: list[str] = []

    def until_killed(self, server: Server, seconds: float) -> None:
        """Use it until enough is acknowledged and a moment longer, then kill it under everybody's hands."""
        stop, enough, deadline = threading.Event(), self._ledger.size + ENOUGH, time.monotonic() + LOAD_SECONDS
        steps: list[Callable[[httpx.Client], None]] = [self._send, self._send, self._ask, self._grant]
        threads = [threading.Thread(target=self._use, args=(server, step, stop)) for step in steps]
        for thread in threads:
            thread.start()
        while self._ledger.size < enough and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(seconds)
        server.kill()
        stop.set()
        for thread in threads:
            thread.join()

    def _use(self, server: Server, step: Callable[[httpx.Client], None], stop: threading.Event) -> None:
        with server.client(authorization=f"Bearer {server.run_token}") as client, suppress(httpx.TransportError):
            while not stop.is_set():
                step(client)

    def _send(self, client: httpx.Client) -> None:
        plate = f"K{next(self._numbers):06d}"
        line = json.dumps({"plate": plate, "captured_at": datetime.now(UTC).isoformat()})
        reader = {"x-reader-key": self._keys["north"], "content-type": "application/x-ndjson", "authorization": ""}
        told = client.post("/v1/reads", content=line, headers=reader)
        if self._as_it_should(told) and told.json()["accepted"] == 1:
            self._ledger.plates.append(plate)

    def _ask(self, client: httpx.Client) -> None:
        told = self._command(client, "questions", question("7NONE00"), "ann")
        if self._as_it_should(told):
            part = told.json()["operators"][0]
            self._ledger.records.append((part["record_index"], told.json()["request_id"]))

    def _grant(self, client: httpx.Client) -> None:
        begins = datetime.now(UTC) + timedelta(days=next(self._days) + 1)  # two of one pair may not overlap in time
        wanted = {
            "grantee": "quarry",
            "purposes": ["felony_investigation"],
            "valid_from": begins.isoformat(),
            "valid_to": (begins + timedelta(hours=20)).isoformat(),
            "case_number": "26-1",
        }
        told = self._command(client, "grant/propose", wanted, "adm")
        if not self._as_it_should(told):
            return
        name = told.json()["grant"]["grant"]
        if self._as_it_should(self._command(client, "grant/approve", {"grant": name}, "ben")):
            self._ledger.grants.append(name)

    def _command(self, client: httpx.Client, name: str, body: dict[str, Any], person: str) -> httpx.Response:
        return client.post(f"/v1/{name}", content=json.dumps(body), headers={"x-lockplate-person": person})

    def _as_it_should(self, told: httpx.Response) -> bool:
        if told.status_code >= 300 and told.status_code != 503:
            self.odd.append(f"{told.request.url.path} answered {told.status_code}: {told.text[:200]}")
        return told.status_code < 300


def found(home: Home) -> dict[str, str]:
    """Found the node in this process, which is quicker than by commands, and return the key of its reader."""
    newcomer = NewOperator(operator=PINE, profile=ProfileId("us-ca"), agency_kind=AgencyKind.MUNICIPAL, state="CA")
    found_operator(home.settings, SystemClock(), newcomer)
    with home.registries() as registries:
        registries.agencies.add(AgencyId("quarry"), name="Quarry", kind=AgencyKind.MUNICIPAL, state="CA")
        for person, role in PEOPLE.items():
            registries.people.add(
                PersonId(person), agency=AgencyId(PINE), display_name="Somebody", roles=frozenset({role})
            )
        return {"north": registries.readers.add(NewReader(reader=ReaderId("north"), operator=PINE, name="north"))[1]}


def _let_an_hour_be_over(home: Home, ledger: Ledger, cycle: int) -> None:
    """Give the ring a key of long ago, so that the server destroys it when it starts; and one of now, as a read would."""
    now = SystemClock().now()
    long_ago = now - timedelta(days=800 - cycle)
    ring = open_ring(home.path, PINE, load_node_kek(home.settings))
    try:
        ring.make_period_key(period_of(now), now)
        ring.make_period_key(period_of(long_ago), long_ago)
    finally:
        ring.close()
    ledger.over.append(period_of(long_ago))


def check(home: Home, ledger: Ledger) -> list[str]:
    """Return what the node, opened again, no longer has of what it acknowledged."""
    try:
        return _check_opened(home, ledger)
    except LockplateError as error:
        return [f"the node refuses: {error.code}"]


def _check_opened(home: Home, ledger: Ledger) -> list[str]:
    files = EvidenceFolder.of(home.path, PINE)
    with open_node(home.settings, SystemClock()) as node:
        vkey = node.desk(PINE).evidence.publisher.vkey
        report = check_log(files.log, files.heads, files.details, vkey)
        found = [f"fsck says {damage.code} at {damage.where}" for damage in report.findings]
        operation("retention.run").handler(node, Actor(person=None, is_system_user=True), RunRetention())
        log = node.desk(PINE).evidence.log
        records = [parse_leaf(leaf) for leaf in log.entries(0, log.size)]
        found += _lost_records(ledger, records)
        found += _lost_grants(ledger, records, node)
        found += _keys(ledger, records, node)
        found += _lost_plates(ledger, node)
    return found


def _lost_records(ledger: Ledger, records: list[AccessRecord]) -> list[str]:
    places = [place for place, _ in ledger.records]
    found = [] if len(places) == len(set(places)) else ["one place was given to two questions"]
    return found + [
        f"record {place} was acknowledged and is lost, or is another"
        for place, request in ledger.records
        if place >= len(records) or records[place].request_id != request
    ]


def _lost_grants(ledger: Ledger, records: list[AccessRecord], node: Node) -> list[str]:
    approved = {record.facts["grant"] for record in records if record.action is Action.GRANT_APPROVED}
    now = node.clock.now()
    found = []
    for name in ledger.grants:
        held = node.registries.grants.get(GrantId(name))
        if held.state(now) is not GrantState.COMING or name not in approved:
            found.append(f"a grant was acknowledged and is {held.state(now)}, on record: {name in approved}")
    return found


def _keys(ledger: Ledger, records: list[AccessRecord], node: Node) -> list[str]:
    """Each hour that was over has no key any more, and exactly one receipt says so."""
    stored = set(node.desk(PINE).ring.stored_periods())
    told = [
        period
        for record in records
        if record.action is Action.RETENTION_RECEIPT and record.facts.get("step") == "destroyed"
        for period in periods_in(record.facts["periods"])
    ]
    found = [f"hour {period} is over and still has its key" for period in ledger.over if period in stored]
    return found + [
        f"hour {period} has {told.count(period)} receipts" for period in ledger.over if told.count(period) != 1
    ]


def _lost_plates(ledger: Ledger, node: Node) -> list[str]:
    """Every acknowledged plate is a row of its own: counted, since each was sent once."""
    today = node.clock.now().date()
    rows = sum(one.reads for one in node.store.counts(PINE, today - timedelta(days=1), today))
    if rows < len(ledger.plates):
        return [f"{len(ledger.plates)} reads were acknowledged, and {rows} are there"]
    return []


def question(plate: str) -> dict[str, Any]:
    """Return a lawful question about a plate."""
    now = datetime.now(UTC)
    return {
        "plate": plate,
        "operators": [PINE],
        "window_from": (now - timedelta(hours=2)).isoformat(),
        "window_to": (now + timedelta(minutes=5)).isoformat(),
        "purpose": "felony_investigation",
        "offense": "felony",
        "basis": "probable_cause",
        "on_behalf_of": "own",
        "case_number": "26-0009",
    }


HARNESS = Harness(name="kill -9 under load", run=run, planted=PLANTED)
