"""Checks: whether a home that a fault went over keeps every promise that it made before the fault.

What flows in: the home, the ledger of what was acknowledged. What flows out: one sentence for each broken promise.
What it must never see: which fault it was. It opens the home as its operator would: the real recovery, the real fsck.

    the node opens again · fsck finds nothing, before and after · every acknowledged record is at its place, with its
    details · every published checkpoint is a prefix of the log · the next record takes a new place · a grant counts
    exactly when it is on record · a key is either usable, or gone from the file with one receipt after the next run ·
    every acknowledged read answers, once; the same batch sent again changes nothing
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import acts
import clerk
import ground
import warm
from ground import HOME, OVER, START, Facts

from lockplate.access import AccessRecord, parse_leaf
from lockplate.checkpoint import verify_checkpoint
from lockplate.clock import Clock, format_time, period_of
from lockplate.errors import LockplateError
from lockplate.evidence.files import EvidenceFolder
from lockplate.evidence.fsck import check_log
from lockplate.operations.asking import Ask
from lockplate.operations.grants import GrantName
from lockplate.operations.retaining import RunRetention
from lockplate.registry.grants import GrantState
from lockplate.retention.receipt import periods_in
from lockplate.settings import load_settings
from lockplate.terms import Action, Basis, GrantId, Offense, OperatorId, PersonId, Purpose, Verdict
from lockplate.wiring.node import Node

Ledger = list[dict[str, Any]]
Found = Iterator[str]


def check(name: str, folder: Path, ledger: Ledger, clock: Clock) -> list[str]:
    """Return what does not hold in the home in a folder, after an act of this name left this ledger."""
    found = [f"an error outside the tree of errors: {line['kind']}" for line in of(ledger, "broke")]
    try:
        if name == "witness":
            return found + list(clerk.check(folder, ledger, clock))
        if name == "founding":
            return found + list(_founded_again(folder, ledger, clock))
        found += _check_existing(name, folder, ledger, clock)
    except LockplateError as error:
        found.append(f"the node refuses: {error.code}: {error.message}")
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a bad outcome
        found.append(f"the check broke: {type(error).__name__}: {error}")
    return found


def of(ledger: Iterable[dict[str, Any]], word: str) -> list[dict[str, Any]]:
    """Return the lines of a ledger that say one thing."""
    return [line for line in ledger if line["said"] == word]


def _check_existing(name: str, folder: Path, ledger: Ledger, clock: Clock) -> list[str]:
    facts, settings = ground.facts_of(folder), load_settings(folder / "home", {})
    found = [f"before opening, {one}" for one in _fsck(settings.home, facts.vkey)]
    with warm.open_node(settings, clock) as node:
        found += _files(settings.home)
        found += _log(node, facts, ledger)
        for check in CHECKS.get(name, ()):
            found += check(node, facts, ledger)
        found += _goes_on(node, ledger)
    return [*found, *(f"after closing, {one}" for one in _fsck(settings.home, facts.vkey))]


def _files(home: Path) -> Found:
    """SQLite finds each file whole, once the node has opened it."""
    for path in sorted(home.rglob("*.db")):
        with closing(sqlite3.connect(path)) as connection:
            try:
                says = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            except sqlite3.Error as error:
                says = str(error)
        if says != "ok":
            yield f"{path.relative_to(home)} is damaged: {says}"


def _fsck(home: Path, vkey: str) -> Found:
    files = EvidenceFolder.of(home, HOME)
    report = check_log(files.log, files.heads, files.details, vkey)
    return (f"fsck says {damage.code} at {damage.where}: {damage.says}" for damage in report.findings[:3])


def _log(node: Node, facts: Facts, ledger: Ledger) -> Found:
    """Every acknowledged record is at its place with its details, and every checkpoint shown is a prefix of the log."""
    desk = node.desk(HOME)
    log = desk.evidence.log
    if log.size < facts.size:
        yield f"the log has {log.size} records; before the act it had {facts.size}"
    places = [line["index"] for line in of(ledger, "recorded")]
    if len(places) != len(set(places)):
        yield "one place was given to two records"
    for line in of(ledger, "recorded"):
        if line["index"] >= log.size:
            yield f"record {line['index']} was acknowledged and is lost"
        elif desk.recorder.details_of(line["index"]).values != {"case_number": line["case"]}:
            yield f"record {line['index']} is another than the one acknowledged"
    for line in of(ledger, "published"):
        shown = verify_checkpoint(line["note"], facts.vkey)
        if shown.size > log.size or shown.root != log.root(shown.size):
            yield f"the checkpoint of size {shown.size} was shown, and the log is not its extension"
        if verify_checkpoint(desk.evidence.publisher.last(), facts.vkey).size < shown.size:
            yield f"the checkpoint of size {shown.size} was shown, and the head store has an older one"


def _goes_on(node: Node, ledger: Ledger) -> Found:
    """The next record takes the place after the last, which nobody was told of before, and is published."""
    desk = node.desk(HOME)
    size = desk.evidence.log.size
    place = desk.recorder.record(ground.record(), {"case_number": "afterwards"})
    if place != size:
        yield f"the next record went to {place} in a log of {size}"
    if place in {line["index"] for line in of(ledger, "recorded")}:
        yield f"place {place} was acknowledged before and is given again"
    if desk.recorder.details_of(place).values != {"case_number": "afterwards"}:
        yield "the next record's details are not its own"
    if verify_checkpoint(desk.evidence.publisher.publish(), desk.evidence.publisher.vkey).size != size + 1:
        yield "the next record could not be published"


def _grant(node: Node, facts: Facts, ledger: Ledger) -> Found:
    """A grant counts exactly when its approval is on record and was acknowledged or nearly; no grant is half."""
    now = node.clock.now()
    grant = node.registries.grants.get(GrantId(facts.grant))
    state = grant.state(now)
    approvals = [
        record
        for record in _records(node, facts.size)
        if record.action is Action.GRANT_APPROVED
        and record.facts["grant"] == facts.grant
        and record.verdict is Verdict.PERMITTED
    ]
    if state not in {GrantState.PROPOSED, GrantState.IN_FORCE}:
        yield f"the grant is {state.value}"
    if (grant.approved_by is None) != (grant.approved_at is None):
        yield "the grant is half approved"
    if state is GrantState.IN_FORCE and not approvals:
        yield "the grant is in force and its approval is not on record"
    if of(ledger, "granted") and state is not GrantState.IN_FORCE:
        yield "the approval was acknowledged and the grant is not in force"
    if (state is GrantState.IN_FORCE) != any(one.grant == facts.grant for one in node.registries.grants.register(now)):
        yield "the public register says otherwise than the grant"
    if state is GrantState.PROPOSED:
        ground.do(node, "grant.approve", GrantName(grant=facts.grant), "sam")
        if node.registries.grants.get(GrantId(facts.grant)).state(now) is not GrantState.IN_FORCE:
            yield "the approval, given again, does not count"


def _keys(node: Node, facts: Facts, ledger: Ledger) -> Found:
    """The key that is over is usable, or gone with a receipt that is there or owed; the other keys are as they were."""
    ring, over = node.desk(HOME).ring, period_of(OVER)
    for period in (period for period in facts.keys if period != over):
        if ring.period_key(period) is None or _commitment(node, period) != facts.keys[period]:
            yield f"the key of hour {period}, which is not over, is gone or another"
    for line in of(ledger, "made"):
        if _commitment(node, line["period"]) != line["commitment"]:
            yield f"the key of hour {line['period']} was handed out and is gone or another"
    destroyed = {key.name: key.commitment for key in ring.destroyed_keys()}
    if str(over) not in destroyed:
        if of(ledger, "forgotten"):
            yield "the destruction was acknowledged and the key is there"
        if ring.period_key(over) is None or _commitment(node, over) != facts.keys[over]:
            yield "the key that is over is neither usable nor destroyed"
        if _receipts(node, facts):
            yield "the log says that the key was destroyed, and it is there"
    elif destroyed[str(over)] != facts.keys[over]:
        yield "the destroyed key's commitment is another than the key's"
    if of(ledger, "forgotten") and len(_receipts(node, facts)) != 1:
        yield "the destruction was acknowledged without its receipt"
    ground.do(node, "retention.run", RunRetention())
    receipts = _receipts(node, facts)
    if len(receipts) != 1:
        yield f"after the next run there are {len(receipts)} receipts for the key that is over"
    if ring.period_key(over) is not None:
        yield "after the next run the key that is over is there"
    yield from _traces(node, facts, over)


def _traces(node: Node, facts: Facts, over: int) -> Found:
    """The bytes of a destroyed key, wrapped as they lay there, are in no file of the key folder."""
    node.desk(HOME).ring.destroyed_keys()
    for path in (node.settings.home / "keys").iterdir():
        if bytes.fromhex(facts.wrapped[over]) in path.read_bytes():
            yield f"the destroyed key's bytes are still in {path.name}"


def _reads(node: Node, facts: Facts, ledger: Ledger) -> Found:
    """Every acknowledged read answers a lawful question once; what was not acknowledged at most once."""
    told = {plate for line in of(ledger, "stored") for plate in line["plates"]}
    for plate in (*acts.LIVE_PLATES, *acts.FILE_PLATES):
        seen = _ask(node, plate)
        if seen > 1 or (seen == 0 and plate in told):
            yield f"read {plate[-3:]}: {'acknowledged and lost' if seen == 0 else f'{seen} answers'}"
    again: list[dict[str, Any]] = []
    acts.write_reads(node.settings.home.parent)
    acts.ingest(node, lambda word, **what: again.append({"said": word, **what}))
    if len(of(again, "stored")) != acts.DELIVERIES + 1:
        yield "the same reads sent again are refused"
    plates = (*acts.LIVE_PLATES, *acts.FILE_PLATES)
    hours = {period_of(acts.captured_at(plate)) for plate in plates}
    rows = sum(sum(node.store.rows_in_period(HOME, hour).values()) for hour in hours)
    if rows != len(plates):
        yield f"after the same {len(plates)} reads were sent again there are {rows}"


def _people(node: Node, facts: Facts, ledger: Ledger) -> Found:
    """A person who was added is there, and is on record."""
    known = {person.person for person in node.registries.people.list_all()}
    for line in of(ledger, "added"):
        if PersonId(line["person"]) not in known:
            yield "a person was added and is lost"
    recorded = any(record.action is Action.PEOPLE_CHANGED for record in _records(node, facts.size))
    if PersonId("otto") in known and not recorded:
        yield "a person is there who is not on record"


CHECKS: dict[str, tuple[Callable[[Node, Facts, Ledger], Found], ...]] = {
    "destroy": (_keys,),
    "grant": (_grant,),
    "ingest": (_reads,),
    "everything": (_grant, _people, _keys),
}


def _founded_again(folder: Path, ledger: Ledger, clock: Clock) -> Found:
    """A founding that was cut short can be repeated, and then everything works; what was acknowledged stands."""
    again: Ledger = []
    acts.run("founding", folder, clock, lambda word, **what: again.append({"said": word, **what}))
    yield from (f"founding again breaks: {line['kind']}" for line in of(again, "broke"))
    yield from (f"founding again is refused: {line['code']}" for line in of(again, "refused"))
    settings = load_settings(folder / "home", {})
    with warm.open_node(settings, clock) as node:
        vkey = node.desk(HOME).evidence.publisher.vkey
        facts = Facts(vkey=vkey, size=0, grant="", keys={}, wrapped={})
        yield from _log(node, facts, ledger + again)
        yield from _goes_on(node, ledger + again)
    yield from _fsck(settings.home, vkey)


def _records(node: Node, start: int) -> list[AccessRecord]:
    log = node.desk(HOME).evidence.log
    return [parse_leaf(leaf) for leaf in log.entries(min(start, log.size), log.size)]


def _receipts(node: Node, facts: Facts) -> list[AccessRecord]:
    """Return the receipts that complete the destruction of the key that is over."""
    return [
        record
        for record in _records(node, facts.size)
        if record.action is Action.RETENTION_RECEIPT
        and record.facts.get("step") == "destroyed"
        and period_of(OVER) in periods_in(record.facts["periods"])
    ]


def _commitment(node: Node, period: Any) -> str:
    found = node.desk(HOME).ring.commitment(period)
    return "" if found is None else found.commitment


def _ask(node: Node, plate: str) -> int:
    """Return how many reads a lawful question about a plate finds."""
    question = Ask(
        plate=plate,
        operators=(OperatorId(HOME),),
        window_from=format_time(START - timedelta(hours=3)),
        window_to=format_time(START),
        purpose=Purpose.FELONY_INVESTIGATION,
        offense=Offense.FELONY,
        basis=Basis.PROBABLE_CAUSE,
        on_behalf_of="own",
        case_number="26-0815",
    )
    answer: Any = ground.do(node, "lookup", question, "olga")
    return len(answer.reads())
