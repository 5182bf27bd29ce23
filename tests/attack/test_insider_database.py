"""Somebody who can write to the node's databases, and has no key: what they can do, and what shows it.

docs/trust.md says the same in words. Each test stops a node that has had some days of use, changes one file as such a
person can, starts it again where it starts, and runs the whole of `lockplate fsck` with the checkpoint that a witness
kept.
"""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import clickhouse_connect
import pytest

from law_node import HOME, PLATE, law_node
from lockplate.checking import node as checking_node
from lockplate.cli.checking import check_node
from lockplate.cli.session import Session
from lockplate.clock import SetClock, format_time
from lockplate.errors import LockplateError
from lockplate.evidence.rebuild import Levels
from lockplate.law.words import HoldKind
from lockplate.law.words import Place as PlaceKind
from lockplate.operations.asking import Ask, WaitingName
from lockplate.operations.checking import AnnouncePolicies
from lockplate.operations.documents import count_all
from lockplate.operations.evidence import LogName
from lockplate.operations.grants import GrantName, ProposeGrant
from lockplate.operations.holds import OpenHold
from lockplate.operations.local_law import AdoptLaw
from lockplate.operations.operation import Actor
from lockplate.operations.people import NewPerson, PersonName
from lockplate.operations.places import AddPlace
from lockplate.operations.table import operation
from lockplate.operations.words import AddWords
from lockplate.settings import Settings, load_settings
from lockplate.terms import AgencyKind, Basis, Offense, PersonId, Purpose, Role
from lockplate.wiring import policies
from lockplate.wiring.node import open_node

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
LAW = """
local: {id: pine-1, kind: ordinance, cite: Invented code 1.2.3, effective_from: 2026-01-01}
retention:
  unmatched: {value: {n: 30, unit: days}, cite: Invented code 1.2.4, mark: found}
"""
TABLE = "lockplate.sealed_reads_local"


class Place:
    """A copy of the node's folder, stopped; the key lies elsewhere."""

    saw_nothing = False

    def __init__(self, settings: Settings, clock: SetClock, saw: str) -> None:
        self.settings, self.clock, self.saw = settings, clock, saw

    @property
    def home(self) -> Path:
        return self.settings.home

    def alter(self, path: Path, *statements: str) -> None:
        """Change a database of the node; each statement must change something."""
        with closing(sqlite3.connect(path)) as database, database:
            for statement in statements:
                assert database.execute(statement).rowcount != 0, statement

    def registry(self, *statements: str) -> None:
        self.alter(self.home / "registry.db", *statements)

    def evidence(self, name: str, *statements: str) -> None:
        self.alter(self.home / "evidence" / HOME / name, *statements)

    def rows(self, *statements: str) -> None:
        """Change the store as its engine's own tools can."""
        client = clickhouse_connect.get_client(interface="chdb", path=str(self.home / "store"))
        try:
            for statement in statements:
                client.command(statement)
        finally:
            client.close()

    def found(self) -> dict[str, str]:
        """Return what fsck finds: `code at where` → what it says."""
        saw = [] if self.saw_nothing else [self.saw]
        reports = check_node(Session(self.settings, self.clock), self.settings, "", saw)
        return {f"{one['code']} at {one['where']}": one["says"] for report in reports for one in report["findings"]}

    def counts(self) -> dict[str, dict[str, int]]:
        reports = check_node(Session(self.settings, self.clock), self.settings, "", [self.saw])
        return {report["log"]: report["counts"] for report in reports}

    def run(self, name: str, request: object, person: str = "") -> Any:
        with open_node(self.settings, self.clock) as node:
            actor = Actor(person=PersonId(person) if person else None, is_system_user=not person)
            return operation(name).handler(node, actor, request)


@dataclass(frozen=True, kw_only=True)
class Ground:
    """The folder of a node that was used and stopped, and the checkpoint that a witness kept."""

    folder: Path
    clock: SetClock
    saw: str


def question(at: datetime, **more: Any) -> dict[str, Any]:
    """Return a lawful question about the last three days."""
    return {
        "plate": PLATE, "operators": (HOME,), "window_from": format_time(at - timedelta(days=3)),
        "window_to": format_time(at), "purpose": Purpose.FELONY_INVESTIGATION, "offense": Offense.FELONY,
        "basis": Basis.PROBABLE_CAUSE, "on_behalf_of": "own", "case_number": "26-0815",
    } | more  # fmt: skip


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """A node that was used for two days: reads, grants, a hold, an ordinance, words, questions, days on record."""
    folder = tmp_path_factory.mktemp("ground")
    with law_node(folder, "us-ca", NOW) as opened:
        opened.agency("farfield", AgencyKind.MUNICIPAL, "CA")
        opened.agency("nearby", AgencyKind.MUNICIPAL, "CA")
        for name in ("north", "south"):
            opened.reader(name)
        opened.ingest(*((f"7TST{minute:03d}", NOW - timedelta(minutes=minute), "north") for minute in range(1, 40)))
        opened.ingest((PLATE, NOW - timedelta(minutes=5), "north"), (PLATE, NOW - timedelta(minutes=9), "south"))
        opened.grant("farfield")
        opened.run("grant.revoke", GrantName(grant=opened.grant("nearby").grant), "ada")
        proposed = ProposeGrant(
            grantee="nearby", purposes=(Purpose.FELONY_INVESTIGATION,), valid_to=format_time(NOW + timedelta(days=9))
        )
        opened.run("grant.propose", proposed, "ada")
        opened.run("law.adopt", AdoptLaw(content=LAW))
        opened.run("words.add", AddWords(id="pine-words", words=("seldom word",), why="w", cite="c"))
        opened.run("place.add", AddPlace(kind=PlaceKind.K12, name="Invented school", latitude=38.0, longitude=-121.0))
        opened.run("user.add", NewPerson(person="gone", agency="home", display_name="Gone", roles=(Role.OFFICER,)))
        opened.run("user.deactivate", PersonName(person="gone"))
        hold = OpenHold(
            kind=HoldKind.CASE, plate=PLATE, case_number="26-0815", until=format_time(NOW + timedelta(days=20)),
            window_from=format_time(NOW - timedelta(hours=1)), window_to=format_time(NOW),
        )  # fmt: skip
        opened.run("hold.open", hold, "olga")
        opened.run("log.checkpoint", LogName())
        opened.node.close()
        shutil.copytree(opened.settings.home / "evidence", folder / "old-evidence")
        opened.node = open_node(opened.settings, opened.clock)
        opened.reader("late")
        opened.clock.advance(timedelta(days=2))
        opened.ingest((PLATE, opened.now - timedelta(minutes=3), "south"))
        count_all(opened.node)
        opened.ask(reason="an ICE detainer")
        assert 3 == len(opened.ask(start=NOW - timedelta(hours=1)).operators[0].reads)
        return Ground(folder=folder, clock=opened.clock, saw=str(opened.run("log.checkpoint", LogName()).note))


@pytest.fixture
def place(ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A copy of that node's folder."""
    monkeypatch.setattr(checking_node, "SECOND_LOOK_SECONDS", 0)
    shutil.copytree(ground.folder / "home", tmp_path / "home", symlinks=True)
    kek = next(ground.folder.rglob("*.kek"))
    clock = SetClock(ground.clock.now())
    return Place(load_settings(tmp_path / "home", {"LOCKPLATE_KEK_FILE": str(kek)}), clock, ground.saw)


def test_nobody_did_anything_and_nothing_is_found(place: Place) -> None:
    """The control: everything was looked at, and all of it fits."""
    assert {} == place.found()
    counts = place.counts()
    assert 42 == counts["home rows"]["rows"]
    assert 2 == counts["home rows"]["days"]
    assert 1 == counts["home"]["checkpoints_kept"]
    for what in ("people", "agencies", "readers", "grants", "holds", "local_laws", "waiting"):
        assert counts["node"][what], what
    assert counts["home keys"]["keys_told"]
    assert counts["home details"]["details_opened"]


# The log


def rewritten(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    """Write a whole log anew, its tree in order: all that can be done without the signing key."""
    with closing(sqlite3.connect(path)) as log, log:
        entries = change([row[0] for row in log.execute("SELECT body FROM entry ORDER BY leaf_index")])
        levels = Levels()
        for entry in entries:
            assert not list(levels.add(entry)), "the ground's log is meant to fit one tile"
        log.execute("DELETE FROM entry")
        log.executemany("INSERT INTO entry VALUES (?, ?)", enumerate(entries))
        log.execute("UPDATE state SET size = ?, root = ?", (len(entries), levels.root()))


def swapped(entries: list[bytes]) -> list[bytes]:
    return [*entries[:3], entries[4], entries[3], *entries[5:]]


LOG_CHANGES: dict[str, tuple[Callable[[list[bytes]], list[bytes]], str]] = {
    "edited": (lambda entries: [entry.replace(b'"olga"', b'"alan"') for entry in entries], "bad_root at head"),
    "deleted": (lambda entries: entries[:5] + entries[6:], "truncated at head"),
    "reordered": (swapped, "bad_root at head"),
    "truncated": (lambda entries: entries[:-1], "truncated at head"),
}


@pytest.mark.parametrize("name", sorted(LOG_CHANGES))
def test_a_record_is_edited_deleted_moved_or_cut_off(place: Place, name: str) -> None:
    """The tree can be made to fit; the signed head and the witness' checkpoint cannot, and the node does not open."""
    change, expected = LOG_CHANGES[name]
    rewritten(place.home / "evidence" / HOME / "log.db", change)
    found = place.found()
    assert expected in found
    assert {"truncated at seen 1", "other_history at seen 1"} & set(found)
    with pytest.raises(LockplateError):
        open_node(place.settings, place.clock)


def test_a_record_is_edited_and_the_tree_left_alone(place: Place) -> None:
    """The node does not open, and the log's own counters do not fit."""
    place.evidence("log.db", "UPDATE entry SET body = CAST(replace(body, '\"olga\"', '\"alan\"') AS BLOB)")
    assert {"bad_root at state", "bad_root at head", "other_history at seen 1"} <= set(place.found())


def test_the_whole_evidence_of_before_is_put_back(place: Place, ground: Ground) -> None:
    """An old log with its old checkpoint fits itself, and the node opens; the witness' checkpoint shows it.

    Even alone it shows: what was changed since has no record any more.
    """
    shutil.rmtree(place.home / "evidence")
    shutil.copytree(ground.folder / "old-evidence", place.home / "evidence")
    place.saw_nothing = True
    alone = place.found()
    assert not [name for name in alone if "head" in name or "entry" in name]
    assert "not_on_record at reader late" in alone
    place.saw_nothing = False
    assert "truncated at seen 1" in place.found()


# The rows


FIRST, SECOND = "day 2026-11-20 reader", "day 2026-11-22 reader"
BETWEEN = int((NOW + timedelta(days=1)).timestamp())
ROW_CHANGES: dict[str, tuple[str, str, str]] = {
    "a day on record": (f"DELETE WHERE reader = 'south' AND captured_at < {BETWEEN}", f"{FIRST} south", "1 of 1"),
    "today": (f"DELETE WHERE reader = 'south' AND captured_at > {BETWEEN}", f"{SECOND} south", "1 of 1"),
    "some of many": (f"DELETE WHERE reader = 'north' AND captured_at < {int(NOW.timestamp()) - 1_800}", f"{FIRST} north", "9 of 40"),
    "everything": ("DELETE WHERE 1", f"{FIRST} north", "40 of 40"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(ROW_CHANGES))
def test_rows_are_deleted(place: Place, name: str) -> None:
    """Of a day on record or of today: the day, the reader and the number are named."""
    statement, where, says = ROW_CHANGES[name]
    place.rows(f"ALTER TABLE {TABLE} {statement} SETTINGS mutations_sync = 2")
    assert says in place.found()[f"rows_gone at {where}"]


def test_rows_are_taken_back(place: Place) -> None:
    """A row marked as withdrawn answers nobody; the node itself counts off what it takes back."""
    place.rows(f"INSERT INTO {TABLE} SELECT * REPLACE (1 AS withdrawn) FROM {TABLE} WHERE reader = 'south'")
    assert {f"rows_gone at {FIRST} south", f"rows_gone at {SECOND} south"} == set(place.found())


def test_a_row_is_put_in_the_place_of_another(place: Place) -> None:
    """As many rows as before, and not the same ones."""
    place.rows(
        f"INSERT INTO {TABLE} SELECT * REPLACE (captured_at - 1 AS captured_at) FROM {TABLE} WHERE reader = 'south'",
        f"ALTER TABLE {TABLE} DELETE WHERE reader = 'south' AND captured_at % 10 = 0 SETTINGS mutations_sync = 2",
    )
    assert {f"rows_replaced at {FIRST} south", f"rows_replaced at {SECOND} south"} == set(place.found())


def test_a_row_is_added(place: Place) -> None:
    """No question finds it without the key, and it is named."""
    place.rows(f"INSERT INTO {TABLE} SELECT * REPLACE (reverse(token) AS token) FROM {TABLE} WHERE reader = 'south'")
    assert "rows_added at day 2026-11-20 reader south" in place.found()


@pytest.mark.parametrize("table", ["booked", "total"])
def test_the_ledger_is_cut_to_what_is_left(place: Place, table: str) -> None:
    """Who deletes today's rows and their lines in the ledger cannot make the keyed hash over it."""
    place.alter(place.home / "ledger.db", f"DELETE FROM {table}")
    assert "ledger_changed at ledger" in place.found()


def test_the_ledger_is_deleted(place: Place) -> None:
    """A new one begins, and the log says so for good."""
    for path in place.home.glob("ledger.db*"):
        path.unlink()
    assert "ledger_lost at ledger" in place.found()


# The registry

REGISTRY: dict[str, tuple[str, str]] = {
    "a user is added": (
        ("INSERT INTO people SELECT 'eve', agency, display_name_sealed, roles, active, password_hash, totp_sealed,"
        " locked_at, created_at FROM people WHERE person = 'olga'"),
        "not_on_record at person eve",
    ),
    "an officer becomes an administrator": (
        "UPDATE people SET roles = '[\"administrator\",\"officer\"]' WHERE person = 'olga'",
        "not_as_recorded at person olga",
    ),
    "a closed account is opened": ("UPDATE people SET active = 1 WHERE person = 'gone'", "not_as_recorded at person gone"),
    "a person changes agencies": (
        "UPDATE people SET agency = 'home' WHERE person = 'farfield.officer'",
        "not_as_recorded at person farfield.officer",
    ),
    "a person is deleted": ("DELETE FROM people WHERE person = 'uma'", "gone at person uma"),
    "roles that are none": ("UPDATE people SET roles = '[\"king\"]' WHERE person = 'olga'", "unreadable at people"),
    "immigration enforcement becomes a city": (
        "UPDATE agencies SET kind = 'municipal' WHERE agency = 'ice'",
        "not_as_recorded at agency ice",
    ),
    "an agency is added": (
        ("INSERT INTO agencies SELECT 'nobody', name, kind, state, active, created_at FROM agencies"
        " WHERE agency = 'farfield'"),
        "not_on_record at agency nobody",
    ),
    "the law profile is swapped": (
        "UPDATE operators SET profile = 'us-nj' WHERE operator = 'home'",
        "not_as_recorded at operator home",
    ),
    "more is kept": ("UPDATE operators SET record_mode = 'index_only'", "not_as_recorded at operator home"),
    "a grant goes to somebody else": ("UPDATE grants SET grantee = 'ice'", "not_as_recorded at grant"),
    "a grant covers more": (
        "UPDATE grants SET purposes = '[\"felony_investigation\",\"stolen_vehicle\"]'",
        "not_as_recorded at grant",
    ),
    "a grant lasts longer": (
        "UPDATE grants SET valid_to = (SELECT max(created_at) FROM people)",
        "not_as_recorded at grant",
    ),
    "a proposal is approved": (
        "UPDATE grants SET approved_by = 'sam', approved_at = proposed_at WHERE approved_at IS NULL",
        "not_on_record at grant",
    ),
    "a revoked grant comes back": (
        "UPDATE grants SET revoked_by = NULL, revoked_at = NULL WHERE revoked_at IS NOT NULL",
        "not_as_recorded at grant",
    ),
    "a grant is deleted": ("DELETE FROM grants", "gone at grant"),
    "a hold lasts longer": ("UPDATE holds SET expires_at = window_to", "not_as_recorded at hold"),
    "a hold is ended": ("UPDATE holds SET state = 'lifted'", "not_as_recorded at hold"),
    "an ordinance is ended": ("UPDATE local_laws SET ended_at = adopted_at", "gone at home"),
    "an ordinance says something else": (
        "UPDATE local_laws SET content = replace(content, 'n: 30', 'n: 40')",
        "not_as_recorded at ordinance of home",
    ),
    "a word is taken off the list": ("DELETE FROM local_words", "gone at words pine-words"),
    "a reader is added": (
        ("INSERT INTO readers (reader, operator, name, place, zone, key_hash, active, mobile, created_at)"
        " SELECT 'eve', operator, name, place, zone, x'00', active, mobile, created_at FROM readers"
        " WHERE reader = 'north'"),
        "not_on_record at reader eve",
    ),
    "a reader gets another law": (
        "UPDATE readers SET origin = 'us-nj' WHERE reader = 'north'",
        "not_as_recorded at reader north",
    ),
    "a place is taken off the list": ("DELETE FROM places", "not_as_recorded at places of home"),
    "a waiting question is approved": (
        "UPDATE waiting_requests SET state = 'approved', decided_by = 'sam', decided_at = asked_at",
        "not_as_recorded at request",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_the_registry_is_changed(place: Place, name: str) -> None:
    """Whatever change has no record in the log is named."""
    statement, expected = REGISTRY[name]
    place.registry(statement)
    found = place.found()
    assert [one for one in found if one.startswith(expected)], found


def test_a_forged_approval_lets_a_question_through_and_stays_visible(place: Place) -> None:
    """The gate believes the registry: the author is answered, and the approval that nobody gave is named after it."""
    place.registry("UPDATE waiting_requests SET state = 'approved', decided_by = 'sam', decided_at = asked_at")
    with open_node(place.settings, place.clock) as node:
        (line,) = node.registries.waiting.list_all()
        actor = Actor(person=PersonId("olga"))
        name = WaitingName(request_id=line.request_id, operator=HOME)
        assert operation("request.resume").handler(node, actor, name).reads
    assert [one for one in place.found() if one.startswith("not_as_recorded at request")]


def test_a_password_is_swapped(place: Place) -> None:
    """No record holds a password's hash: fsck does not see it. Signing in with it is on record under that person."""
    place.registry("UPDATE people SET password_hash = 'x' WHERE person = 'olga'")
    assert {} == place.found()


# The policies


@pytest.fixture
def other_policies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The installed policies, with one that lets an immigration agency ask like anybody."""
    folder = tmp_path / "policy"
    shutil.copytree(policies.policy_folder(), folder)
    floor = folder / "floor" / "agencies.cedar"
    text = floor.read_text(encoding="utf-8")
    assert "immigration_enforcement" in text
    floor.write_text(text.replace("immigration_enforcement", "unknown"), encoding="utf-8")
    monkeypatch.setattr(policies, "policy_folder", lambda: folder)
    return folder


def test_the_policies_are_swapped(place: Place, other_policies: Path) -> None:
    """The gate takes them, since they are whole; their hash is one that no record announced."""
    assert ["unannounced_policies at home gate"] == list(place.found())


def test_what_was_judged_under_swapped_policies_is_named_for_ever(
    place: Place, other_policies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the installed ones are put back afterwards."""
    place.run("lookup", Ask(**question(place.clock.now())), "olga")
    monkeypatch.undo()
    monkeypatch.setattr(checking_node, "SECOND_LOOK_SECONDS", 0)
    found = place.found()
    assert ["unannounced_policies at home entry"] == [name.rpartition(" ")[0] for name in found], found
    assert "2 records" in next(iter(found.values()))


def test_another_release_is_announced_and_no_finding(place: Place, other_policies: Path) -> None:
    """`law announce` puts both hashes on record, by the node's own system user; once."""
    told = place.run("law.announce", AnnouncePolicies())
    assert (HOME,) == told.operators
    assert () == place.run("law.announce", AnnouncePolicies()).operators
    assert {} == place.found()


# The keys and the details


def test_a_key_is_deleted_or_swapped(place: Place) -> None:
    """An hour's rows without a key and without a receipt; a key that is not the one on record."""
    ring = place.home / "keys" / f"{HOME}.db"
    place.alter(ring, "DELETE FROM period_keys WHERE period = (SELECT min(period) FROM period_keys)")
    hour = int(NOW.timestamp()) // 3600
    assert [name for name in place.found() if name in {f"key_gone at hour {hour}", f"key_gone at hour {hour - 1}"}]


def test_a_key_is_said_to_be_destroyed(place: Place) -> None:
    """A destruction without a receipt in the log."""
    ring = place.home / "keys" / f"{HOME}.db"
    place.alter(
        ring,
        "INSERT INTO destroyed (kind, name, commitment, destroyed_at, told)"
        " SELECT 'period', CAST(period AS TEXT), commitment, made_at, told FROM period_keys",
        "DELETE FROM period_keys",
    )
    assert [name for name in place.found() if name.startswith("no_receipt at hour")]


def test_a_keys_commitment_is_swapped(place: Place) -> None:
    """So that a later use of the key would not prove a receipt a lie: it no longer fits the key, nor the record."""
    ring = place.home / "keys" / f"{HOME}.db"
    place.alter(ring, "UPDATE period_keys SET commitment = randomblob(32)")
    found = place.found()
    assert [name for name in found if name.startswith("bad_key at hour")]
    assert [name for name in found if name.startswith("other_key at hour")]


def test_details_are_deleted_or_swapped(place: Place) -> None:
    """The leaf commits to them: what is missing is named, and what is another record's does not open."""
    place.evidence("details.db", "DELETE FROM detail WHERE leaf_index = (SELECT min(leaf_index) FROM detail)")
    place.evidence(
        "details.db",
        "UPDATE detail SET sealed = (SELECT sealed FROM detail ORDER BY leaf_index DESC LIMIT 1)"
        " WHERE leaf_index = (SELECT min(leaf_index) FROM detail)",
    )
    codes = {name.partition(" at detail")[0] for name in place.found()}
    assert {"missing_detail", "bad_detail"} <= codes
