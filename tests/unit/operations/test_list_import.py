"""State files and lists' terms as people handle them: on record, within the law, and whole or not at all."""

from datetime import timedelta
from typing import Any

import pytest

from list_lines import PERSONS, SAMPLES, ncic
from lockplate.errors import BadInput, Denied
from lockplate.hotlist import LOW_LEVEL, AlertOn, Category, Priority
from lockplate.operations.hotlists import AddHotList, ChangeHotList, HotListsOf
from lockplate.operations.list_import import ImportHotList
from lockplate.terms import Verdict

PINE = "pine-county"
CATEGORIES = (Category.STOLEN_VEHICLE, Category.STOLEN_PLATE, Category.MISSING)


def new_list(county: Any, name: str, **changes: object) -> str:
    values = {
        "name": name,
        "categories": CATEGORIES,
        "source": "state bureau",
        "legal_basis": "Veh. Code 10851",
        "max_age_hours": 24,
        "operator": PINE,
    }
    return county.run("hotlist.add", AddHotList(**(values | changes)), "sam", there=True).hot_list.list_id


@pytest.fixture
def list_id(county: Any, request: pytest.FixtureRequest) -> str:
    return new_list(county, request.node.name)


def text_of(*lines: str, header: str = "VEHEXTRT") -> str:
    return "".join(line + "\n" for line in (header, *lines))


def test_a_state_file_is_told_by_shape_and_matched(county: Any, list_id: str) -> None:
    """No layout is named: the report says which it was, and the lane matches at once, with what the source says."""
    text = text_of(ncic("8HLF001"), ncic("8HLF002", kind="B"), ncic("8HLF003", kind="N"), ncic("8HLF004", kind="X"))
    start = county.size()

    report = county.run("hotlist.import", ImportHotList(list_id=list_id, content=text), "sam", there=True)

    assert ("ncic", 4, 1, 3, 1) == (report.layout, report.rows, report.added, report.refused, report.frame)
    assert {"category_not_of_list": 1, "immigration": 1, "type_unknown": 1} == report.refused_by_reason
    assert {"B": 1} == report.unknown_types
    intent, done = county.records(start=start)
    assert ("ncic", None) == (done.facts["layout"], intent.facts.get("accepted_count"))
    assert [0] == county.node.desk(PINE).lane.index.match_keys(["8H1F001", "8HLF001"][1:])
    (entry,) = county.node.registries.entries.list_all(list_id)
    assert ("HOND", "V000000301") == (entry.vehicle.make, entry.reference)


def test_a_word_on_the_count_is_on_record(county: Any, list_id: str) -> None:
    """A wrong count refuses the file whole; a person's word lets it in, and both leaves say whose count it was."""
    text = text_of(ncic("8HLG001"), ncic("8HLG002"), header="VEHEXTRT RECORDS 3")
    with pytest.raises(BadInput) as refused:
        county.run("hotlist.import", ImportHotList(list_id=list_id, content=text), "sam", there=True)
    assert "count_differs" == refused.value.code
    assert None is county.node.registries.hot_lists.get(list_id).refreshed_at
    start = county.size()

    said = ImportHotList(list_id=list_id, content=text, accept_count=2)
    report = county.run("hotlist.import", said, "sam", there=True)

    intent, done = county.records(start=start)
    assert (2, (3,)) == (report.added, report.claims)
    assert ("2", "2", "sam") == (intent.facts["accepted_count"], done.facts["accepted_count"], intent.person)


def test_a_collapse_is_on_record_as_failed(county: Any, list_id: str) -> None:
    """The import was announced, so its end is told, too: failed, and nothing is gone."""
    lines = [ncic(f"8HH{number:04d}", number=number) for number in range(120)]
    county.run("hotlist.import", ImportHotList(list_id=list_id, content=text_of(*lines)))
    start = county.size()

    with pytest.raises(BadInput):
        county.run("hotlist.import", ImportHotList(list_id=list_id, content=text_of(*lines[:30])), "sam", there=True)

    intent, failed = county.records(start=start)
    assert ("failed", "list_shrunk", start) == (failed.facts["outcome"], failed.facts["code"], failed.refers_to)
    assert 120 == county.node.registries.entries.counts(county.clock.now())[list_id]
    assert "imported" == intent.facts["change"]


@pytest.mark.parametrize("sample", [one for one in SAMPLES if one.layout in {"indiana", "illinois", "florida"}])
def test_persons_reach_no_record_and_no_report(county: Any, sample: Any) -> None:
    """Neither the log nor the report nor the entries hold anybody."""
    list_id = new_list(county, f"persons {sample.layout}", categories=(Category.MISSING,))
    start = county.size()

    report = county.run("hotlist.import", ImportHotList(list_id=list_id, content=sample.text()), "sam", there=True)

    log = county.node.desk(PINE).evidence.log
    entries = list(county.node.registries.entries.list_all(list_id))
    told = f"{report} {entries} {list(log.entries(start, log.size))}".upper()
    words = [word for word in PERSONS if word not in {"555", "1970"}]
    assert [] == [word for word in words if word in told]


def test_all_refused_lines_on_request(county: Any, list_id: str) -> None:
    """A hundred by default, every one when a file is to be written of them."""
    text = text_of(ncic("8HLJ001"), *(ncic("0", number=number) for number in range(150)))

    few = county.run("hotlist.import", ImportHotList(list_id=list_id, content=text, dry_run=True))
    every = county.run("hotlist.import", ImportHotList(list_id=list_id, content=text, dry_run=True, all_refused=True))

    assert (150, 100, 150) == (few.refused, len(few.refused_lines), len(every.refused_lines))


def test_a_layout_by_name(county: Any, list_id: str) -> None:
    """Two layouts in one file are refused with both names; one may be named."""
    both = text_of(*(ncic(f"8HLK{number:03d}", number=number) for number in range(3)), *SAMPLES[8].lines)
    with pytest.raises(BadInput) as refused:
        county.run("hotlist.import", ImportHotList(list_id=list_id, content=both))
    assert ("ambiguous_layout", False) == (refused.value.code, "8HLK" in str(refused.value.public()))

    named = ImportHotList(list_id=list_id, content=both, layout="ncic", dry_run=True)
    assert 3 == county.run("hotlist.import", named).added


def test_a_list_is_changed_on_record(county: Any, list_id: str) -> None:
    """What a list's matches raise is a decision: named in the log, in force in the lane at once."""
    county.run("hotlist.import", ImportHotList(list_id=list_id, content=text_of(ncic("8HLM001"))))
    start = county.size()
    change = ChangeHotList(
        list_id=list_id,
        alert_on=(AlertOn.REGION_UNREAD, AlertOn.CANDIDATE),
        priority=Priority.HIGH,
        repeat_after_minutes=30,
        entry_life_days=3,
        oldest_days=90,
        max_age_hours=12,
    )

    line = county.run("hotlist.change", change, "sam", there=True)

    (record,) = county.records(start=start)
    assert {
        "change": "terms", "list": list_id, "alert_on": "candidate,region_unread", "priority": "high",
        "repeat_after_minutes": "30", "entry_life_days": "3", "oldest_days": "90", "max_age_hours": "12",
    } == record.facts  # fmt: skip
    assert (timedelta(days=3), timedelta(hours=12)) == (line.hot_list.entry_life, line.hot_list.max_age)
    terms = {
        entry.terms
        for entry in county.node.registries.entries.load(PINE, county.clock.now())
        if entry.list_id == list_id
    }
    assert {line.hot_list.terms} == terms
    none = county.run("hotlist.change", ChangeHotList(list_id=list_id, alert_on=(), oldest_days=0), "sam", there=True)
    assert (frozenset(), None) == (none.hot_list.alert_on, none.hot_list.oldest)
    assert "none" == county.records()[-1].facts["alert_on"]


def test_a_change_of_nothing_or_by_nobody(county: Any, list_id: str) -> None:
    """Nothing named is no change; officers do not decide what alerts; lengths beyond all calendars are refused."""
    with pytest.raises(BadInput):
        county.run("hotlist.change", ChangeHotList(list_id=list_id), "sam", there=True)
    with pytest.raises(Denied):
        county.run("hotlist.change", ChangeHotList(list_id=list_id, priority=Priority.LOW), "olga", there=True)
    assert Verdict.DENIED is county.records()[-1].verdict
    for days in (1e300, float("nan"), -1.0):
        with pytest.raises(BadInput):
            county.run("hotlist.change", ChangeHotList(list_id=list_id, entry_life_days=days), "sam", there=True)
    assert Priority.NORMAL is county.node.registries.hot_lists.get(list_id).priority


@pytest.mark.parametrize("category", sorted(LOW_LEVEL))
def test_no_list_of_debts_where_the_law_names_none(county: Any, category: Category) -> None:
    """California's law names none: no list of them can be added, with lawful categories beside or not."""
    for categories in ((category,), (Category.AMBER, category)):
        with pytest.raises(BadInput) as refused:
            new_list(county, f"debts {category}", categories=categories)
        assert ("category_not_in_law", True) == (refused.value.code, category.value in refused.value.message)
    assert f"debts {category}" not in {
        line.hot_list.name for line in county.run("hotlist.list", HotListsOf(operator=PINE))
    }


def test_a_list_about_immigration_has_no_name(county: Any) -> None:
    """However the list is called, whoever owns it."""
    with pytest.raises(BadInput) as refused:
        new_list(county, "ERO removals")
    assert "floor_immigration" == refused.value.code
