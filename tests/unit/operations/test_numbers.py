"""`hits numbers`: what the log says and what the hits that are still here say agree; what was forgotten stays counted."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.access import AccessRecord
from lockplate.clock import SetClock, format_time
from lockplate.errors import BadInput, Denied
from lockplate.hotlist import Category
from lockplate.operations.documents import count_operator
from lockplate.operations.evidence import LogExport
from lockplate.operations.hits import Finding, ListHits, Outcome
from lockplate.operations.hotlists import AddHotList, EnterPlate
from lockplate.operations.numbers import NumbersOf
from lockplate.operations.publishing import PublicNumbers
from lockplate.operations.readers import AddReader
from lockplate.registry.confirmations import SourceCheck
from lockplate.registry.hit_numbers import By, entry_age
from lockplate.registry.hit_outcomes import HitOutcome
from lockplate.registry.hits import HitState
from lockplate.reporting.numbers import FEWEST_DECIDED, NumberLine, false_rate
from lockplate.reporting.recount import recount
from lockplate.terms import Action, OperatorId, PersonId, Verdict

START = datetime(2026, 11, 2, 18, 30, tzinfo=UTC)
PINE = OperatorId("pine-county")
MONTH = {"first": "2026-11-01", "end": "2026-12-01"}
FOUND = [HitState.CORRECT] * 14 + [HitState.WRONG_READ] * 4 + [HitState.WRONG_REGION, HitState.STALE_ENTRY]
FOUND += [HitState.DUPLICATE] * 2
UNDECIDED = 3


def live(county: Any, folder: Path) -> None:
    """Two readers, two lists, twenty-five hits of which twenty-two are decided, and what followed of three."""
    for reader in ("r-1", "r-2"):
        county.run("reader.add", AddReader(reader=reader, name=f"Pole {reader}", operator=PINE))
    lists = []
    for name, category in (("State stolen", Category.STOLEN_VEHICLE), ("Own desk", Category.MISSING)):
        new = AddHotList(
            operator=PINE, name=name, categories=(category,), source="invented", legal_basis="cite", max_age_hours=240
        )
        lists.append((county.run("hotlist.add", new).hot_list.list_id, category))
    for number in range(len(FOUND) + UNDECIDED):
        list_id, category = lists[0 if number < 21 else 1]
        entry = EnterPlate(
            list_id=list_id, plate=f"HOT{number:03}", reason="taken", case_number="26-7", category=category,
            until=format_time(START + timedelta(days=9)),
        )  # fmt: skip
        county.run("hotlist.enter", entry, "ada", there=True)
    county.clock.advance(timedelta(hours=2))
    now = county.clock.now()
    county.ingest(
        folder,
        [(f"HOT{n:03}", now - timedelta(minutes=2), "r-1" if n < 12 else "r-2") for n in range(len(FOUND) + UNDECIDED)],
    )
    shown = county.run("hits.list", ListHits(operator=PINE), "olga").hits
    by_plate = sorted(shown, key=lambda hit: hit.details.plate_text)
    for hit, found in zip(by_plate, FOUND, strict=False):
        finding = Finding(hit_id=hit.hit_id, found=found, source=SourceCheck.NOT_REACHED, operator=PINE)
        county.run("hits.confirm", finding, "olga")
    recorder = county.node.desk(PINE).recorder
    # a finding that failed after all, as the showing of hits writes it: it counts nowhere
    facts = {"hit": by_plate[-1].hit_id, "list": lists[0][0], "category": "stolen_vehicle", "found": "correct"}
    failing = AccessRecord(
        action=Action.HIT_CONFIRMATION, at=county.clock.now(), operator=PINE, person=PersonId("olga"),
        verdict=Verdict.PERMITTED, facts=facts,
    )  # fmt: skip
    place = recorder.record(failing)
    failed = msgspec.structs.replace(
        failing, verdict=Verdict.NOT_ASKED, facts=facts | {"outcome": "failed"}, refers_to=place
    )
    recorder.record(failed)
    outcomes = (HitOutcome.RECOVERY, HitOutcome.ARREST, HitOutcome.NOTHING)
    for hit, outcome in zip(by_plate, outcomes, strict=False):
        county.run("hits.outcome", Outcome(hit_id=hit.hit_id, outcome=outcome, operator=PINE), "olga")
    county.clock.advance(timedelta(days=1))
    count_operator(county.node, PINE)
    county.node.publish()


@pytest.fixture(scope="module")
def busy(
    make_county: Callable[[Path, SetClock], AbstractContextManager[Any]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("numbers")
    with make_county(folder / "home", SetClock(START)) as opened:
        live(opened, folder)
        opened.folder = folder
        yield opened


def counted(county: Any, by: By, person: str = "sam") -> tuple[dict[str, NumberLine], NumberLine, Any]:
    told = county.run("hits.numbers", NumbersOf(operator=PINE, by=by, **MONTH), person, there=True)
    return {line.name: line for line in told.lines}, told.total, told


def test_lists_are_told_with_their_rate(busy: Any) -> None:
    """Hits, findings by cause, outcomes and the rate of each list; with fewer than twenty decided no rate is said."""
    lines, total, _ = counted(busy, By.LIST)

    stolen = lines["State stolen"]
    assert (21, 14, 1, 20) == (stolen.hits, stolen.confirmed, stolen.duplicates, stolen.decided)
    assert {"wrong_read": 4, "wrong_region": 1, "wrong_vehicle": 0, "stale_entry": 1} == stolen.false
    assert (0.3, {"arrest": 1, "nothing": 1, "recovery": 1}) == (stolen.false_rate, stolen.outcomes)
    desk = lines["Own desk"]
    assert (4, 0, 1, UNDECIDED, None) == (desk.hits, desk.decided, desk.duplicates, desk.undecided, desk.false_rate)
    assert (25, 14, 20, 0.3) == (total.hits, total.confirmed, total.decided, total.false_rate)


def test_readers_are_told_to_those_inside(busy: Any) -> None:
    """From the hits that are still here: no record says which reader brought one."""
    lines, total, told = counted(busy, By.READER, "uma")

    assert (12, 12, 0) == (lines["Pole r-1"].hits, lines["Pole r-1"].confirmed, sum(lines["Pole r-1"].false.values()))
    assert (13, 2, 4) == (lines["Pole r-2"].hits, lines["Pole r-2"].confirmed, lines["Pole r-2"].false["wrong_read"])
    assert (None, None) == (lines["Pole r-1"].false_rate, lines["Pole r-2"].false_rate)
    assert (25, ()) == (total.hits, told.recounts)
    log = busy.node.desk(PINE).evidence.log
    for entry in log.entries(0, log.size):
        assert not (b'"hit:' in entry and b"r-2" in entry)


def test_the_log_and_the_registry_agree(busy: Any) -> None:
    """While nothing is forgotten: hits, findings and undecided ones are the same from either, by list and category."""
    since, until = START - timedelta(days=2), START + timedelta(days=5)
    for by in (By.LIST, By.CATEGORY):
        lines, _, told = counted(busy, by)
        tallies = busy.node.registries.hit_numbers.tally(PINE, since, until, by)
        assert {line.id for line in told.lines} == set(tallies)
        for line in told.lines:
            tally = tallies[line.id]
            states = Counter({state.value: count for state, count in tally.states.items()})
            assert (line.hits, line.confirmed) == (tally.hits, states["correct"])
            assert line.false == {cause: states[cause] for cause in line.false}
            assert (line.duplicates, line.undecided) == (states["duplicate"], states["unconfirmed"])
            assert tally.hits == line.alerts + line.repeats + line.weaker
        assert lines


def test_the_numbers_are_counted_again_from_the_export(busy: Any, tmp_path: Path) -> None:
    """T22: each query behind hits, findings and outcomes comes to the same over the exported log."""
    exported = busy.run("log.export", LogExport(folder=str(tmp_path / "log"), operator=PINE))
    for by in (By.LIST, By.CATEGORY):
        _, total, told = counted(busy, by)
        hits, findings, outcomes = (recount(tmp_path / "log", exported.vkey, one).total for one in told.recounts)
        assert total.hits == hits
        assert total.decided + total.duplicates == findings
        assert sum(total.outcomes.values()) == outcomes


def test_the_age_of_entries_is_told(busy: Any) -> None:
    """Two hours between listing and passing, less the two minutes of the read."""
    _, total, _ = counted(busy, By.CATEGORY)
    assert (25, 7080.0, 25) == (total.age.known, total.age.median_seconds, total.age.buckets["under_1_day"])


def test_the_public_page_tells_totals(busy: Any) -> None:
    """Hits, confirmed and false by cause, of all lists together."""
    told = next(one for one in PublicNumbers().page(busy.node).operators if one.operator == PINE).hits
    assert (25, 14, 2, 4) == (told.hits, told.confirmed, told.duplicates, told.false["wrong_read"])


@pytest.mark.parametrize("person", ["olga", "quinn", "rex"])
def test_nobody_else_counts(busy: Any, person: str) -> None:
    """Officers and outsiders are told the rule."""
    with pytest.raises(Denied):
        counted(busy, By.LIST, person)


def test_a_span_that_is_none_is_refused(busy: Any) -> None:
    """In words."""
    with pytest.raises(BadInput):
        busy.run("hits.numbers", NumbersOf(operator=PINE, first="2026-12-01", end="2026-11-01"), "sam", there=True)


def test_what_was_forgotten_stays_counted(busy: Any) -> None:
    """After the hits are deleted, findings, hits and outcomes by list are as before; by reader nothing is left."""
    before, _, _ = counted(busy, By.LIST)
    busy.node.registries.hits.forget(PINE, busy.clock.now(), from_capture=False)
    after, total, told = counted(busy, By.LIST)

    kept = ("hits", "confirmed", "false", "duplicates", "decided", "false_rate", "outcomes")
    for name, line in before.items():
        assert [getattr(line, one) for one in kept] == [getattr(after[name], one) for one in kept]
    assert (0, 0, None) == (total.alerts, total.undecided, told.here_since)
    assert {} == counted(busy, By.READER)[0]
    assert {} == busy.node.registries.hits.findings_by_reader(PINE, START - timedelta(days=1), busy.clock.now())


@given(st.lists(st.timedeltas(timedelta(), timedelta(days=400)), max_size=30))
def test_every_age_lies_in_one_bucket(ages: list[timedelta]) -> None:
    """The buckets hold each age once, and the median lies between the least and the most."""
    told = entry_age(ages)
    assert len(ages) == told.known == sum(told.buckets.values())
    if ages:
        assert min(ages).total_seconds() <= (told.median_seconds or 0) <= max(ages).total_seconds()


@given(st.integers(0, 100), st.integers(0, 100))
def test_no_rate_is_said_of_few(wrong: int, right: int) -> None:
    """From twenty decided hits on, and then a share."""
    rate = false_rate(wrong, wrong + right)
    assert (rate is None) == (wrong + right < FEWEST_DECIDED)
    assert rate is None or 0 <= rate <= 1
