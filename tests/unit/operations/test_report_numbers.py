"""Six reports from a county that did something: each number is recounted from the export with plain Python."""

import base64
import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lockplate.access import AccessRecord
from lockplate.clock import SetClock, format_time
from lockplate.errors import BadInput, Denied, ProofInvalid, Unauthenticated
from lockplate.hotlist import Category
from lockplate.operations.asking import Ask
from lockplate.operations.documents import ReportOf, count_operator
from lockplate.operations.evidence import LogExport
from lockplate.operations.hits import Finding, ListHits
from lockplate.operations.holds import OpenHold
from lockplate.operations.hotlists import AddHotList, EnterPlate
from lockplate.operations.readers import AddReader
from lockplate.registry.confirmations import SourceCheck
from lockplate.registry.hits import HitState
from lockplate.registry.holds import HoldKind
from lockplate.reporting.query import Recount
from lockplate.reporting.recount import recount
from lockplate.reporting.tables import report_csv
from lockplate.terms import Action, Basis, Offense, OperatorId, PersonId, Purpose, Verdict

START = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
PINE = OperatorId("pine-county")
MONTH = {"first": "2026-11-01", "end": "2026-12-01"}
PROFILES = ("us-ar", "us-mn", "us-nc", "us-ne", "us-nh", "us-va")
FOUND = (HitState.CORRECT, HitState.CORRECT, HitState.WRONG_READ, HitState.STALE_ENTRY, HitState.DUPLICATE)


def question(purpose: Purpose, plate: str = "KTN0417") -> Ask:
    return Ask(
        plate=plate, operators=("pine-county",), window_from=(START - timedelta(hours=1)).isoformat(),
        window_to=START.isoformat(), purpose=purpose, offense=Offense.FELONY, basis=Basis.PROBABLE_CAUSE,
        on_behalf_of="own", case_number="26-0815",
    )  # fmt: skip


def read_in(county: Any, folder: Path, plates: list[str], reader: str) -> None:
    now = county.clock.now()
    county.ingest(folder, [(plate, now - timedelta(minutes=2), reader) for plate in plates])


def note_outcomes(county: Any, list_id: str, outcomes: tuple[str, ...]) -> None:
    """Put what became of hits into the log, as the confirmation step writes it; and one that failed after all."""
    recorder = county.node.desk(PINE).recorder
    for number, outcome in enumerate((*outcomes, "arrest")):
        facts = {"hit": f"h{number:020x}", "list": list_id, "category": "wanted", "manual": "yes", "outcome": outcome}
        record = AccessRecord(
            action=Action.HIT_OUTCOME, at=county.clock.now(), operator=PINE, person=PersonId("olga"),
            verdict=Verdict.PERMITTED, facts=facts,
        )  # fmt: skip
        place = recorder.record(record)
    failed = msgspec.structs.replace(record, facts=facts | {"outcome": "failed"}, refers_to=place)
    recorder.record(failed)


def live(county: Any, folder: Path) -> str:
    """Two busy days and a quiet one: reads, hits compared, questions, denials, a manual entry, a hold. Return a list."""
    for reader, name in (("r-1", "Mill Bridge"), ("r-2", "=Depot")):
        county.run("reader.add", AddReader(reader=reader, name=name, operator=PINE))
    made = county.run(
        "hotlist.add",
        AddHotList(
            operator=PINE, name="State stolen", categories=(Category.STOLEN_VEHICLE, Category.WANTED),
            source="state bulletin", legal_basis="cite", max_age_hours=240,
        ),
    ).hot_list  # fmt: skip
    for number in range(len(FOUND)):
        entry = EnterPlate(
            list_id=made.list_id, plate=f"HOT{number:03}", reason="taken on Main St", case_number="26-7",
            category=Category.WANTED if number == 0 else Category.STOLEN_VEHICLE,
            until=format_time(START + timedelta(days=9)),
        )  # fmt: skip
        county.run("hotlist.enter", entry, "ada", there=True)
    read_in(county, folder, [f"KTN{number:04}" for number in range(20)], "r-1")
    read_in(county, folder, [f"HOT{number:03}" for number in range(len(FOUND))], "r-2")
    for hit, found in zip(county.run("hits.list", ListHits(operator=PINE), "olga").hits, FOUND, strict=True):
        county.run(
            "hits.confirm",
            Finding(hit_id=hit.hit_id, found=found, source=SourceCheck.NOT_REACHED, operator=PINE),
            "olga",
        )
    note_outcomes(county, made.list_id, ("stop", "stop", "arrest"))
    for purpose in (Purpose.FELONY_INVESTIGATION, Purpose.FELONY_INVESTIGATION, Purpose.STOLEN_VEHICLE):
        county.run("lookup", question(purpose), "olga", there=True)
    county.run("lookup", question(Purpose.IMMIGRATION), "olga", there=True)
    county.run("lookup", question(Purpose.FELONY_INVESTIGATION), "quinn", there=True)
    county.clock.advance(timedelta(minutes=40))
    hold = OpenHold(
        kind=HoldKind.CASE, plate="KTN0003", window_from=format_time(START - timedelta(hours=1)),
        window_to=format_time(START + timedelta(minutes=30)), case_number="26-0815", operator=PINE,
        until=format_time(START + timedelta(days=20)),
    )  # fmt: skip
    county.run("hold.open", hold, "olga", there=True)
    county.clock.advance(timedelta(days=1))
    read_in(county, folder, [f"LMA{number:04}" for number in range(15)], "r-1")
    county.clock.advance(timedelta(days=1))
    read_in(county, folder, ["QRS0001", "QRS0002", "QRS0003"], "r-2")
    county.clock.advance(timedelta(days=1))
    count_operator(county.node, PINE)
    county.node.publish()
    return str(made.list_id)


@pytest.fixture(scope="module")
def busy(
    make_county: Callable[[Path, SetClock], AbstractContextManager[Any]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("busy")
    with make_county(folder / "home", SetClock(START)) as opened:
        opened.list_id = live(opened, folder)
        opened.folder = folder / "export"
        exported = opened.run("log.export", LogExport(folder=str(opened.folder), operator=PINE))
        opened.vkey = exported.vkey
        yield opened


def report(county: Any, profile: str, person: str = "", **more: Any) -> Any:
    wanted = ReportOf(operator=PINE, profile=profile, **(MONTH | more))
    made = county.run("document.report", wanted, person, there=True)
    return made, {line.id: line for line in made.lines}


def leaves(folder: Path) -> list[dict[str, Any]]:
    """Read an export with nothing of ours: entry bundles are 16-bit lengths and JSON."""
    found = []
    for path in sorted(path for path in (folder / "tile" / "entries").rglob("*") if path.is_file()):
        data, at = path.read_bytes(), 0
        while at < len(data):
            length = int.from_bytes(data[at : at + 2], "big")
            found.append(json.loads(data[at + 2 : at + 2 + length]))
            at += 2 + length
    return found


# The numbers


def test_minnesotas_counts_by_category_are_a_recount_of_the_export(busy: Any) -> None:
    """T22: counts by category and period equal what plain Python counts in `log export`."""
    _, lines = report(busy, "us-mn")
    again: Counter[str] = Counter()
    purposes: Counter[str] = Counter()
    for leaf in leaves(busy.folder):
        if leaf["action"] == "count:day":
            again.update({name.split(":")[-1]: number for name, number in leaf.get("counts", {}).items()})
        if leaf["action"] == "question:intent":
            purposes[leaf["purpose"]] += 1
    assert (40, 4, 1) == (again["reads"], again["stolen_vehicle"], again["wanted"])
    assert (again["reads"], again["stolen_vehicle"], again["wanted"]) == (
        lines["plates"].total, lines["stolen"].total, lines["warrant"].total,
    )  # fmt: skip
    assert {"State stolen: stolen_vehicle": 4} == lines["stolen"].by
    assert (dict(purposes), {"felony_investigation": 2, "stolen_vehicle": 1}) == (lines["queries"].by, purposes)
    assert (3, 2) == (lines["days"].total, lines["denied"].by["floor-purpose-immigration"] + 1)
    assert ("without 1 day of fewer than ten reads each",) == lines["plates"].notes


def test_arkansas_tells_matches_by_list(busy: Any) -> None:
    """Confirmed, and those that did not correlate; a duplicate is neither; prosecutions are a person's to know."""
    made, lines = report(busy, "us-ar")
    assert {"State stolen": 2} == lines["confirmed"].by
    assert {"State stolen": 2} == lines["did_not_correlate"].by
    assert ("State stolen (state bulletin)",) == lines["lists"].words
    assert {"State stolen": 1} == lines["arrests"].by
    assert (None, "from the prosecutor's records") == (lines["prosecution"].total, lines["prosecution"].person)
    assert ("every 6 months", "the public") == (made.due, made.to)


def test_nebraska_tells_manual_entries(busy: Any) -> None:
    """Each entry made by hand is counted once."""
    made, lines = report(busy, "us-ne")
    assert ({"State stolen": 5}, 5) == (lines["manual"].by, lines["manual"].total)
    assert (2, 2) == (lines["confirmed"].total, lines["did_not_correlate"].total)
    assert (2, 2) == (lines["manual_confirmed"].total, lines["manual_did_not_correlate"].total)
    assert "Crime Commission, and posted" == made.to


def test_new_hampshire_tells_each_device_to_an_auditor(busy: Any) -> None:
    """Sealed for the public, and no zero; an auditor's report opens them, quiet days too, and that is on record."""
    _, public = report(busy, "us-nh")
    assert (None, {}) == (public["matches_by_device"].total, public["matches_by_device"].by)
    assert "sealed" in public["matches_by_device"].notes[0]
    with pytest.raises(Denied):
        report(busy, "us-nh", "olga", sealed=True)
    with pytest.raises(Unauthenticated):
        report(busy, "us-nh", sealed=True)
    before = busy.size()

    _, lines = report(busy, "us-nh", "uma", sealed=True)

    assert ({"Mill Bridge": 0, "=Depot": 5}, {"Mill Bridge": 35, "=Depot": 8}) == (
        lines["matches_by_device"].by, lines["plates_by_device"].by,
    )  # fmt: skip
    (opened,) = busy.records()[before:]
    assert (Action.DETAILS_READ, "sealed_counts", "uma") == (opened.action, opened.facts["what"], opened.person)
    assert "Mill Bridge: fixed, registered here 2026-11-02" in lines["devices"].words
    assert ({"State stolen": 2}, {"arrest": 1, "stop": 2}) == (lines["stops"].by, lines["outcomes"].by)
    assert "which device" in lines["outcomes_by_device"].person


def test_virginia_tells_questions_and_people(busy: Any) -> None:
    """Inventory, lists, questions by purpose, denials by rule, people by role; stops are a person's to know."""
    made, lines = report(busy, "us-va")
    assert ({"felony_investigation": 2, "stolen_vehicle": 1}, 40) == (lines["queries"].by, lines["reads"].total)
    assert "floor-purpose-immigration" in lines["denied"].by
    assert "auditor: 1" in lines["access"].words
    assert 0 == lines["requests"].total
    assert lines["demographics"].person
    assert "State Police" == made.to


def test_north_carolina_tells_requests_and_what_holds_keep(busy: Any) -> None:
    """By agency, answered and denied; reads under holds are sealed, so nobody is told a zero."""
    _, lines = report(busy, "us-nc")
    assert ({"pine-county": 3}, {"Quarry Police": 1, "pine-county": 1}) == (
        lines["requests"].by, lines["requests_denied"].by,
    )  # fmt: skip
    assert {"case": 1} == lines["preserved"].by
    assert (None, True) == (lines["kept_longer"].total, "sealed" in lines["kept_longer"].notes[0])
    assert 1 == report(busy, "us-nc", "uma", sealed=True)[1]["kept_longer"].total


@pytest.mark.parametrize("profile", PROFILES)
def test_every_number_is_counted_again_from_the_export(busy: Any, profile: str) -> None:
    """Each line's `recount`, as JSON, over the exported folder and the key alone, comes to the same."""
    made, lines = report(busy, profile)
    counted = [line for line in lines.values() if line.total is not None]
    assert counted
    for line in counted:
        wanted = msgspec.json.decode(msgspec.json.encode(line.recount), type=Recount)
        assert made.log == wanted.log
        again = recount(busy.folder, busy.vkey, wanted)
        assert (line.total, sum(line.by.values())) == (again.total, sum(again.by.values())), line.id


def test_a_report_as_a_table(busy: Any) -> None:
    """CSV: a row for each number with its query; a name that a spreadsheet would run is text."""
    made, lines = report(busy, "us-nh")
    rows = list(csv.DictReader(io.StringIO(report_csv(made))))
    assert set(lines) <= {row["line"] for row in rows}
    (plates,) = [row for row in rows if row["line"] == "plates"]
    assert ("40", lines["plates"].recount) == (plates["number"], msgspec.json.decode(plates["recount"], type=Recount))
    (make,) = [row for row in rows if row["line"] == "make_and_model"]
    assert ("", "to be filled in by a person: from the purchase papers") == (make["number"], make["note"])
    assert [] == [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]
    assert any("'=Depot" in row["of"] for row in rows)


# Counting again, where it must not work


def wanted_of(busy: Any) -> Recount:
    found = report(busy, "us-mn")[1]["plates"].recount
    assert isinstance(found, Recount)
    return found


def test_an_export_that_was_altered_counts_nothing(busy: Any, tmp_path: Path) -> None:
    """One digit of a day's count changed: the root is not its own any more."""
    wanted = wanted_of(busy)
    assert 40 == recount(busy.folder, busy.vkey, wanted).total
    for path in busy.folder.rglob("*"):
        if path.is_file():
            copy = tmp_path / path.relative_to(busy.folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes().replace(b'"reads":25', b'"reads":24'))
    assert leaves(tmp_path) != leaves(busy.folder)
    with pytest.raises(ProofInvalid):
        recount(tmp_path, busy.vkey, wanted)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"origin": "another.example/log"}, ProofInvalid),
        ({"size": 10_000}, BadInput),
        ({"root": base64.b64encode(bytes(32)).decode()}, ProofInvalid),
    ],
)
def test_a_query_of_another_log_counts_nothing(busy: Any, changes: dict[str, Any], error: type[Exception]) -> None:
    """Another origin, a later checkpoint, another root."""
    wanted = wanted_of(busy)
    other = msgspec.structs.replace(wanted, log=msgspec.structs.replace(wanted.log, **changes))
    with pytest.raises(error):
        recount(busy.folder, busy.vkey, other)


def test_a_sealed_number_cannot_be_counted_from_an_export(busy: Any, tmp_path: Path) -> None:
    """It says so; and a folder that is no export says that."""
    sealed = report(busy, "us-nh")[1]["plates_by_device"].recount
    with pytest.raises(BadInput, match="sealed"):
        recount(busy.folder, busy.vkey, sealed)
    with pytest.raises(BadInput, match="checkpoint"):
        recount(tmp_path, busy.vkey, wanted_of(busy))
