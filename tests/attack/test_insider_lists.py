"""Somebody who can write to the registry brings another agency's list in by hand: fsck names it, and floor and registry stand.

The insider has no key. What they can write is plain: the row of a list grant, and the mark that an entry was accepted.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from law_node import HOME, LawNode, law_node
from lockplate.checking import node as checking_node
from lockplate.checking.node import Part, check_part
from lockplate.clock import format_time
from lockplate.hotlist import Category
from lockplate.operations.hotlists import AddHotList, ImportHotList
from lockplate.operations.list_entries import AcceptEntries
from lockplate.operations.list_grants import ListGrantName, ProposeListGrant
from lockplate.terms import AgencyKind

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
PLATES = ("7ONE111", "7TWO222", "7THR333")


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LawNode]:
    """A node with the list of the police next door, of which one entry is accepted; fsck looks twice at once."""
    monkeypatch.setattr(checking_node, "SECOND_LOOK_SECONDS", 0.0)
    with law_node(tmp_path, "us-ca", NOW) as home:
        home.agency("quarry", AgencyKind.MUNICIPAL, "CA")
        home.clock.advance(timedelta(hours=1))
        grant(home)
        list_id = add_list(home)
        home.clock.advance(timedelta(hours=1))
        first, *_ = home.node.registries.acceptances.ids(list_id)
        home.run("hotlist.accept", AcceptEntries(list_id=list_id, entry_ids=(first,)), "sam")
        assert ({}, 1) == (found(home), matched(home))
        home.clock.advance(timedelta(hours=1))
        yield home


def grant(home: LawNode) -> str:
    proposal = ProposeListGrant(
        owner_agency="quarry", categories=(Category.STOLEN_VEHICLE,), valid_to=format_time(home.now + timedelta(days=9)),
        instrument="Invented memorandum",
    )  # fmt: skip
    made = home.run("hotlist.grant.propose", proposal, "ada").list_grant
    home.run("hotlist.grant.accept", ListGrantName(list_grant=made.list_grant), "sam")
    return str(made.list_grant)


def add_list(home: LawNode) -> str:
    new = AddHotList(
        name="Quarry list", categories=(Category.STOLEN_VEHICLE,), source="file", legal_basis="memorandum",
        max_age_hours=99, owner_agency="quarry",
    )  # fmt: skip
    list_id = home.run("hotlist.add", new, "sam").hot_list.list_id
    until = format_time(home.now + timedelta(days=30))
    text = "plate,expires\n" + "".join(f"{plate},{until}\n" for plate in PLATES)
    home.run("hotlist.import", ImportHotList(list_id=list_id, content=text), "sam")
    return str(list_id)


def matched(home: LawNode) -> int:
    return len(home.node.desk(HOME).lane.index)


def found(home: LawNode) -> dict[str, str]:
    return {f"{one.code} at {one.where}": one.says for one in check_part(home.node, Part.REGISTRY, None).findings}


def alter(home: LawNode, statement: str, *values: Any) -> None:
    """Stop the node, change its registry as somebody without a key can, and start it again."""
    home.node.close()
    with closing(sqlite3.connect(home.settings.home / "registry.db")) as database, database:
        assert database.execute(statement, values).rowcount != 0
    home.reopen()


def test_entries_that_nobody_accepted_are_named(town: LawNode) -> None:
    """Marked as accepted by a supervisor at the moment of a real acceptance, or at another: more than the record says."""
    alter(
        town,
        "UPDATE hot_list_entries SET accepted_by = 'sam', accepted_at = (SELECT max(accepted_at) FROM hot_list_entries)",
    )
    assert 3 == matched(town)
    (says,) = (says for name, says in found(town).items() if name.startswith("not_as_recorded at entries of hot list"))
    assert "accepted by sam" in says

    alter(town, "UPDATE hot_list_entries SET accepted_by = 'sue'")
    assert any(name.startswith("not_on_record at entries of hot list") for name in found(town))


def test_a_list_grant_that_nobody_made_is_named(town: LawNode) -> None:
    """A row that was written in, one drawn out, one taken back to life: each is found."""
    (known,) = town.node.registries.list_grants.list_all(HOME)
    later = int((NOW + timedelta(days=900)).timestamp() * 1_000_000)
    alter(town, "UPDATE list_grants SET valid_to = ?", later)
    assert [f"not_as_recorded at list grant {known.list_grant}"] == list(found(town))

    alter(town, "UPDATE list_grants SET list_grant = 'a0'")
    assert {"not_on_record at list grant a0", f"gone at list grant {known.list_grant}"} == set(found(town))


def test_an_end_that_was_taken_back_is_named(town: LawNode) -> None:
    """The log has the end, so the grant is over, whatever the row says now."""
    (known,) = town.node.registries.list_grants.list_all(HOME)
    town.run("hotlist.grant.end", ListGrantName(list_grant=known.list_grant), "sue")
    assert ({}, 0) == (found(town), matched(town))
    alter(town, "UPDATE list_grants SET ended_at = NULL, ended_by = NULL")
    assert [f"not_as_recorded at list grant {known.list_grant}"] == list(found(town))


@pytest.mark.parametrize("kind", ["immigration_enforcement", "private", "foreign", "unknown"])
def test_no_row_makes_such_an_owners_list_match(town: LawNode, kind: str) -> None:
    """With grant and acceptance in place, an owner that is called immigration enforcement is matched no more."""
    assert 1 == matched(town)
    alter(town, "UPDATE agencies SET kind = ? WHERE agency = 'quarry'", kind)
    assert 0 == matched(town)
