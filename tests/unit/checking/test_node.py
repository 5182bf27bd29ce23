"""The check of a node at work: no false finding under load or after forgetting; what it tells a script."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from law_node import HOME, PLATE, LawNode, law_node
from lockplate.checking.findings import Found, both
from lockplate.checking.node import Part, check_part
from lockplate.cli.checking import check_node
from lockplate.cli.session import Session
from lockplate.errors import LockplateError, Unauthenticated
from lockplate.evidence.files import EvidenceFolder
from lockplate.operations.checking import CheckPart, MendedLog
from lockplate.operations.documents import count_all
from lockplate.operations.people import NewPerson, PersonName
from lockplate.terms import Role
from lockplate.wiring.log_keys import mend_logs

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
PARTS = tuple(Part)


@pytest.fixture
def city(tmp_path: Path) -> Iterator[LawNode]:
    with law_node(tmp_path, "us-ca", NOW) as opened:
        opened.reader("north")
        yield opened


def found(city: LawNode, *parts: Part) -> list[str]:
    reports = [check_part(city.node, part, HOME) for part in parts or PARTS]
    return [f"{one.code} at {one.where}" for report in reports for one in report.findings]


def test_no_false_finding_while_reads_people_and_records_come_in(city: LawNode) -> None:
    """Intake, changes and questions go on in other threads; no look says that anything is wrong."""
    stop, errors = threading.Event(), []

    def busy(name: str) -> None:
        number = 0
        try:
            while not stop.is_set():
                number += 1
                if name == "reads":
                    city.ingest(
                        *((f"7T{number:03d}{k}", NOW - timedelta(seconds=number * 7 + k), "north") for k in range(9))
                    )
                elif name == "people":
                    city.run(
                        "user.add",
                        NewPerson(person=f"p{number}", agency="home", display_name="P", roles=(Role.OFFICER,)),
                    )
                    city.run("user.deactivate", PersonName(person=f"p{number}"))
                else:
                    city.ask()
        except LockplateError as error:
            errors.append(error)

    threads = [threading.Thread(target=busy, args=(name,)) for name in ("reads", "people", "questions")]
    for thread in threads:
        thread.start()
    try:
        seen = [found(city) for _ in range(4)]
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert [] == errors
    assert [[]] * 4 == seen
    # and once nobody writes, all of it was looked at
    rows = check_part(city.node, Part.ROWS, HOME).counts
    assert (1, 0) == (rows["days"], rows.get("days_being_written", 0))
    assert (
        sum(city.node.store.rows_in_period(HOME, hour).get("north", 0) for hour in city.node.store.hours(HOME))
        == rows["rows"]
    )


def test_after_forgetting_nothing_is_missing(city: LawNode) -> None:
    """Days that were dropped, keys with receipts: no finding; and what is young is still compared."""
    city.ingest((PLATE, NOW - timedelta(minutes=5), "north"))
    city.clock.advance(timedelta(days=2))
    count_all(city.node)
    city.forget(NOW + timedelta(days=200))
    city.ingest((PLATE, city.now - timedelta(minutes=5), "north"))
    count_all(city.node)
    assert [] == found(city)
    counts = check_part(city.node, Part.ROWS, HOME).counts
    assert 1 == counts["days"]
    assert 1 == counts.get("days_forgotten", 0) + counts.get("days_no_longer_known", 0)
    assert check_part(city.node, Part.KEYS, HOME).counts["keys_destroyed"]


def test_only_what_stands_at_both_looks_is_told() -> None:
    """By code and place: what a node at work changed in between falls away."""
    first, second = Found(), Found()
    for one, name in ((first, "a"), (first, "b"), (second, "b"), (second, "c")):
        one.find("gone", name, "says")
    second.count("people", 7)
    told = both(first.report(), second.report())
    assert ["b"] == [one.where for one in told.findings]
    assert {"findings": 1, "people": 7} == told.counts


def test_it_is_for_the_system_user(city: LawNode) -> None:
    """Nobody else learns of one reader's day."""
    for request, name in (
        (CheckPart(part=Part.ROWS), "fsck.check"),
        (MendedLog(operator=HOME, tiles=(), counters=()), "fsck.mended"),
    ):
        with pytest.raises(Unauthenticated):
            city.run(name, request, "ada")


def test_what_was_rebuilt_is_on_record(city: LawNode) -> None:
    """The node stops, a counter is wrong, the log is mended, and its next record says so."""
    city.run("log.checkpoint", CheckPart(part=Part.ROWS))
    city.node.close()
    with closing(sqlite3.connect(EvidenceFolder.of(city.settings.home, HOME).log)) as log, log:
        log.execute("UPDATE state SET size = size - 1")
    refused = check_node(Session(city.settings, city.clock), city.settings, "", [])
    assert ["log_refused", "bad_counter"] == [one["code"] for report in refused for one in report["findings"]]
    mended = mend_logs(city.settings)[HOME]
    assert ("size",) == mended.counters
    session = Session(city.settings, city.clock)
    session.run("fsck.mended", MendedLog.of(HOME, mended))
    assert not any(report["findings"] for report in check_node(session, city.settings, "", []))
    city.node = session.open()
    record = next(one for one in reversed(city.records()) if one.facts.get("change") == "rebuilt")
    assert {"change": "rebuilt", "tiles": "none", "counters": "size"} == record.facts
