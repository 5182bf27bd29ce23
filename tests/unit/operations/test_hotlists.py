"""Hot lists: taken in whole, every line accounted for, matched at once, and no plate in any record."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lockplate.clock import format_time
from lockplate.errors import BadInput, Denied, NotFound, Unauthenticated
from lockplate.hotlist import Category
from lockplate.operations.hotlists import AddHotList, HotListsOf
from lockplate.operations.list_import import ImportHotList
from lockplate.terms import Action, Verdict

PINE = "pine-county"


@pytest.fixture
def list_id(county: Any, request: pytest.FixtureRequest) -> str:
    """A list of two categories, of its own for each test."""
    new = AddHotList(
        name=request.node.name,
        categories=(Category.STOLEN_VEHICLE, Category.AMBER),
        source="our own desk",
        legal_basis="Veh. Code 10851",
        max_age_hours=24,
        operator=PINE,
    )
    return county.run("hotlist.add", new, "sam", there=True).hot_list.list_id


def lines(county: Any, *rows: str) -> str:
    soon = format_time(county.clock.now() + timedelta(days=2))
    return "plate,category,reason,expires\n" + "".join(row.replace("SOON", soon) + "\n" for row in rows)


def test_every_line_is_accounted_for_and_matched_at_once(county: Any, list_id: str) -> None:
    """rows = added + changed + unchanged + refused; the lane matches the new entries without a restart."""
    lane = county.node.desk(PINE).lane
    before, start = len(lane.index), county.size()
    text = lines(
        county,
        "1AAA111,stolen_vehicle,one,SOON",
        "2BBB222,amber,two,SOON",
        "1AAA111,stolen_vehicle,again,SOON",
        "3CCC333,immigration,three,SOON",
        "4DDD444,wanted,four,SOON",
        "5EEE555,amber,five,2020-01-01",
        "",
    )

    report = county.run("hotlist.import", ImportHotList(list_id=list_id, content=text), "sam", there=True)

    assert (6, 2, 2, 0, 0, 1, 0, 1, 4) == (
        report.rows,
        report.imported,
        report.added,
        report.changed,
        report.unchanged,
        report.duplicate,
        report.gone,
        report.blank,
        report.refused,
    )
    assert report.rows == report.added + report.changed + report.unchanged + report.refused
    assert {"category_not_of_list": 1, "duplicate": 1, "expired": 1, "immigration": 1} == report.refused_by_reason
    assert [4, 5, 6, 7] == [line.line for line in report.refused_lines]
    assert before + 2 == report.index_entries == len(lane.index)
    intent, done = county.records(start=start)
    assert ("imported", "imported", "done") == (intent.facts["change"], done.facts["change"], done.facts["outcome"])
    assert (start, {"added": 2, "changed": 0, "gone": 0, "refused": 4}) == (done.refers_to, done.counts)
    log = county.node.desk(PINE).evidence.log
    assert [] == [leaf for leaf in log.entries(start, log.size) if b"AAA111" in leaf or b"BBB222" in leaf]


def test_the_next_file_replaces_the_last(county: Any, list_id: str) -> None:
    """What it drops is gone and matches no more; what it changes is changed."""
    first = lines(county, "1AAB111,amber,one,SOON", "2AAB222,amber,two,SOON", "3AAB333,amber,three,SOON")
    county.run("hotlist.import", ImportHotList(list_id=list_id, content=first))
    lane = county.node.desk(PINE).lane
    assert [0] == lane.index.match_keys(["1AA8111"])
    second = lines(county, "2AAB222,amber,other reason,SOON", "3AAB333,amber,three,SOON")

    report = county.run("hotlist.import", ImportHotList(list_id=list_id, content=second))

    assert (0, 1, 1, 1) == (report.added, report.changed, report.unchanged, report.gone)
    assert [] == lane.index.match_keys(["1AA8111"])


def test_a_dry_run_changes_nothing(county: Any, list_id: str) -> None:
    """It counts, and leaves list, index and log alone."""
    before, start = len(county.node.desk(PINE).lane.index), county.size()
    text = lines(county, "1AAC111,amber,one,SOON")

    report = county.run("hotlist.import", ImportHotList(list_id=list_id, content=text, dry_run=True))

    assert (1, True, before, start) == (report.added, report.dry_run, report.index_entries, county.size())


def test_a_path_is_taken_from_the_system_user_only(county: Any, list_id: str, tmp_path: Path) -> None:
    """Over HTTP a person sends the text; a path there could read any file of the machine."""
    path = tmp_path / "list.csv"
    path.write_text(lines(county, "1AAD111,amber,one,SOON"), encoding="utf-8")
    with pytest.raises(Unauthenticated):
        county.run("hotlist.import", ImportHotList(list_id=list_id, path=str(path)), "sam", there=True)

    assert 1 == county.run("hotlist.import", ImportHotList(list_id=list_id, path=str(path)), "sam").added
    for name in ("nul\0byte", "x" * 5000, str(tmp_path), str(path / "below")):
        with pytest.raises(BadInput) as refused:
            county.run("hotlist.import", ImportHotList(list_id=list_id, path=name), "sam")
        assert ("no_file", False) == (refused.value.code, name in refused.value.message)


@pytest.mark.parametrize("person", ["olga", "uma", "quill", "rex"])
def test_nobody_else_loads_lists(county: Any, list_id: str, person: str) -> None:
    """Officers, auditors, grantees and another operator's administrator do not; the try is on record."""
    text = lines(county, "1AAE111,amber,one,SOON")

    with pytest.raises(Denied):
        county.run("hotlist.import", ImportHotList(list_id=list_id, content=text), person, there=True)

    assert (Verdict.DENIED, person) == (county.records()[-1].verdict, county.records()[-1].person)
    assert 0 == county.node.registries.entries.counts(county.clock.now()).get(list_id, 0)


def test_a_file_about_persons_is_refused_whole(county: Any, list_id: str) -> None:
    """A column about a person refuses the file; nothing changes and the record says nothing of it."""
    with pytest.raises(BadInput) as refused:
        county.run("hotlist.import", ImportHotList(list_id=list_id, content="plate,expires,owner\n1A,2030-01-01,X\n"))

    assert "person_column" == refused.value.code


def test_expired_entries_are_deleted_and_match_no_more(county: Any, list_id: str) -> None:
    """Deleting counts them by list and loads the index again."""
    soon = format_time(county.clock.now() + timedelta(hours=1))
    text = f"plate,category,expires\n1AAF111,amber,{soon}\n"
    county.run("hotlist.import", ImportHotList(list_id=list_id, content=text))
    county.clock.advance(timedelta(hours=2))

    told = county.run("hotlist.expire", HotListsOf())

    county.clock.advance(timedelta(hours=-2))
    assert 1 == told.by_list[list_id]
    assert (Action.HOTLIST_CHANGED, "expired") == (county.records()[-1].action, county.records()[-1].facts["change"])
    assert [] == county.node.desk(PINE).lane.index.match_keys(["1AAF111"])


def test_the_list_says_what_is_stale(county: Any, list_id: str) -> None:
    """A list without a file is stale; officers see how lists stand, outsiders do not."""
    (line,) = [
        one
        for one in county.run("hotlist.list", HotListsOf(operator=PINE), "olga", there=True)
        if one.hot_list.list_id == list_id
    ]

    assert (0, True) == (line.entries, line.stale)
    with pytest.raises(Denied):
        county.run("hotlist.list", HotListsOf(operator=PINE), "quinn", there=True)


def test_adding_a_list_is_on_record_without_its_words(county: Any, list_id: str) -> None:
    """Id, owner and categories in the leaf; name, source and basis sealed beside it."""
    place = county.size() - 1
    record = county.records()[-1]

    assert {
        "change": "added",
        "owner": PINE,
        "categories": "amber,stolen_vehicle",
        "list": list_id,
    } == record.facts
    assert "our own desk" == county.node.desk(PINE).recorder.details_of(place).values["source"]


def test_an_unknown_list_is_not_found(county: Any) -> None:
    """And leaves no record of what was typed."""
    start = county.size()
    with pytest.raises(NotFound):
        county.run("hotlist.import", ImportHotList(list_id="1AAA111", content="plate,expires\n"))
    assert start == county.size()
