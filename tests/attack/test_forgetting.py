"""Promise 5: after the key is destroyed, no file, backup or replica of the store can answer."""

import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lockplate.access import AccessRequest, parse_leaf
from lockplate.clock import SetClock, new_request_id, period_of
from lockplate.errors import BadInput, KeyUnavailable, SealBroken
from lockplate.gate.permit import issue
from lockplate.intake.delivery import Delivery
from lockplate.lookup.answer import OperatorAnswer
from lockplate.operations.operation import Actor
from lockplate.operations.retaining import RunRetention, run_retention
from lockplate.plate import fold
from lockplate.read import Parsed, Read
from lockplate.settings import Settings
from lockplate.terms import (
    Action,
    AgencyId,
    Basis,
    CaseNumber,
    Offense,
    OperatorId,
    PersonId,
    PlateText,
    PolicyId,
    ProfileId,
    Purpose,
    ReaderId,
    RequestId,
    Role,
    Verdict,
)
from lockplate.wiring.founding import NewOperator, found_operator
from lockplate.wiring.node import Node, open_node

PINE = OperatorId("pine")
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
PLATES = {"7OLD111": NOON - timedelta(hours=2), "8NEW222": NOON - timedelta(minutes=5)}
SYSTEM = Actor(person=None, is_system_user=True)


class Place:
    """A home folder, its clock, and copies that somebody made of parts of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = SetClock(NOON - timedelta(hours=2))
        self.settings = Settings(home=folder / "home", kek_file=folder / "kek", batch_wait_ms=1)
        new = NewOperator(operator=PINE, profile=ProfileId("us-ca"))
        found_operator(self.settings, self.clock, new)
        with self.open() as node:
            node.registries.people.add(
                PersonId("ann"), agency=AgencyId("pine"), display_name="Ann", roles=frozenset({Role.OFFICER})
            )
            see(node, "7OLD111", PLATES["7OLD111"])
        self.clock.advance(timedelta(hours=2))
        with self.open() as node:
            see(node, "8NEW222", PLATES["8NEW222"])

    def open(self) -> Node:
        return open_node(self.settings, self.clock)

    def copy(self, name: str) -> None:
        source = self.settings.home / name
        target = self.folder / "copies" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target, symlinks=True) if source.is_dir() else shutil.copy2(source, target)

    def put_back(self, name: str) -> None:
        target = self.settings.home / name
        shutil.rmtree(target) if target.is_dir() else target.unlink()
        source = self.folder / "copies" / name
        shutil.copytree(source, target, symlinks=True) if source.is_dir() else shutil.copy2(source, target)


def see(node: Node, plate: str, at: datetime) -> dict[str, int]:
    read = Read(format="test", plate_text=PlateText(plate), plate_key=fold(plate), captured_at=at)
    parsed = Parsed(format="test", reads=(read,))
    delivery = Delivery(operator=PINE, reader=ReaderId("r"), parsed=parsed, received_at=node.clock.now())
    told = node.live.submit(delivery).result(30)
    return {"stored": told.stored} | told.refused


def ask(node: Node, plate: str) -> OperatorAnswer:
    (part,) = node.lookup.ask(
        AccessRequest(
            request_id=new_request_id(),
            asked_at=node.clock.now(),
            person=PersonId("ann"),
            agency=AgencyId("pine"),
            on_behalf_of=AgencyId("pine"),
            operators=(PINE,),
            plate=PlateText(plate),
            window_from=NOON - timedelta(days=1),
            window_to=NOON + timedelta(hours=1),
            purpose=Purpose.FELONY_INVESTIGATION,
            offense=Offense.FELONY,
            basis=Basis.WARRANT,
            case_number=CaseNumber("26-5"),
        )
    ).operators
    assert Verdict.PERMITTED is part.verdict, part.reasons
    return part


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    for name in ("store", "keys/pine.db"):
        made.copy(name)
    return made


def forget(place: Place, days: int = 31) -> None:
    """Let 30 days and one pass for the whole node, and retention run."""
    place.clock.advance(timedelta(days=days))
    with place.open() as node:
        (report,) = run_retention(node, SYSTEM, RunRetention(now=place.clock.now().isoformat())).operators
        assert 2 == report.hours


def test_before_it_everything_answers(place: Place) -> None:
    """The copies are good: without forgetting they answer, so that the next tests mean something."""
    for name in ("store", "keys/pine.db"):
        place.put_back(name)
    with place.open() as node:
        assert [1, 1] == [len(ask(node, plate).reads) for plate in PLATES]


def test_an_old_copy_of_the_store_with_the_keys_of_today_answers_nothing(place: Place) -> None:
    """The rows are back on disk, every one; no probe is made for them and no row opens."""
    forget(place)
    place.put_back("store")

    with place.open() as node:
        for plate, at in PLATES.items():
            assert {ReaderId("r"): 1} == node.store.rows_in_period(PINE, period_of(at))
            part = ask(node, plate)
            assert ((), 0, 0) == (part.reads, part.unopened, part.periods_asked)
            assert "forgotten" in part.note


def test_a_row_and_a_permit_without_the_key_open_nothing(place: Place) -> None:
    """Whoever kept the very row, and gets a permit for it, gets nothing out of it."""
    with place.open() as node:
        at = PLATES["7OLD111"]
        sealer = node.desk(PINE).sealer
        permit = issue(
            request_id=RequestId("q"),
            operator=PINE,
            plate_keys=frozenset({fold("7OLD111")}),
            window_from=at - timedelta(hours=1),
            window_to=at + timedelta(hours=1),
            issued_at=node.clock.now(),
            policy_ids=(PolicyId("p"),),
            policy_set_hash="",
            profile=ProfileId("us-ca"),
        )
        probes = [one.probe for one in sealer.probes(permit)]
        (row,) = node.store.find(PINE, probes, start=0, end=2**32 - 1)
        assert "7OLD111" == sealer.open(permit, row, fold("7OLD111")).contents.plate_text

        node.desk(PINE).ring.destroy_periods([period_of(at)], node.clock.now())

        with pytest.raises(SealBroken):
            sealer.open(permit, row, fold("7OLD111"))
        assert [] == list(sealer.probes(permit))
        assert [row] == node.store.find(PINE, probes, start=0, end=2**32 - 1)


def test_the_wrapped_key_is_gone_from_every_file(place: Place) -> None:
    """Not in the key database, not in a journal beside it, not elsewhere in the home folder."""
    with sqlite3.connect(place.settings.home / "keys" / "pine.db") as connection:
        wrapped = [row[0] for row in connection.execute("SELECT wrapped FROM period_keys")]
    connection.close()
    assert 2 == len(wrapped)

    forget(place)

    for path in place.settings.home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(key in content or key[13:] in content for key in wrapped), path.name


def test_an_old_copy_of_the_keys_does_not_bring_them_back(place: Place) -> None:
    """The log says that they were destroyed: a node with older keys does not open."""
    forget(place)
    place.put_back("store")
    place.put_back("keys/pine.db")

    with pytest.raises(KeyUnavailable) as caught:
        place.open()
    assert "keys_revived" == caught.value.code


def test_a_whole_copy_from_before_and_the_node_after_answer_nothing_without_the_old_keys(tmp_path: Path) -> None:
    """Every file of the node from before, the log and the notes among them, with the keys of today: no answer."""
    place = Place(tmp_path)
    shutil.copytree(place.settings.home, tmp_path / "before", symlinks=True)
    forget(place)
    keys = place.settings.home / "keys"
    shutil.copytree(keys, tmp_path / "keys-after")
    shutil.rmtree(place.settings.home)
    shutil.copytree(tmp_path / "before", place.settings.home, symlinks=True)
    shutil.rmtree(keys)
    shutil.copytree(tmp_path / "keys-after", keys)

    with place.open() as node:
        for plate, at in PLATES.items():
            assert {ReaderId("r"): 1} == node.store.rows_in_period(PINE, period_of(at))
            part = ask(node, plate)
            assert ((), 0, 0) == (part.reads, part.unopened, part.periods_asked)


def test_even_the_whole_copy_with_its_keys_answers_nothing_that_is_over(tmp_path: Path) -> None:
    """Whoever puts everything back has the keys, and the log does not know better; but what is over answers nobody."""
    place = Place(tmp_path)
    shutil.copytree(place.settings.home, tmp_path / "before", symlinks=True)
    forget(place)
    shutil.rmtree(place.settings.home)
    shutil.copytree(tmp_path / "before", place.settings.home, symlinks=True)

    with place.open() as node:
        assert 2 == len(node.desk(PINE).ring.stored_periods())
        for plate in PLATES:
            part = ask(node, plate)
            assert ((), 0) == (part.reads, part.periods_asked)


def test_an_hour_that_was_forgotten_is_not_filled_again(place: Place) -> None:
    """A read that comes late for such an hour is refused, from a reader or a file, and no key is made for it."""
    forget(place)
    hour = PLATES["7OLD111"]
    late = Read(
        format="test",
        plate_text=PlateText("9LATE33"),
        plate_key=fold("9LATE33"),
        captured_at=hour,
        reader_id=ReaderId("r"),
    )
    with place.open() as node:
        assert {"stored": 0, "past_retention": 1} == see(node, "9LATE33", hour)
        assert {"forgotten": 1} == node.bulk.seal_reads(PINE, [late]).count.refused
        assert node.desk(PINE).ring.period_key(period_of(hour)) is None


def test_an_hour_forgotten_before_its_time_is_not_filled_again_by_a_reader(place: Place) -> None:
    """Young enough for the law, but its key was destroyed: refused for that."""
    hour = PLATES["8NEW222"]
    with place.open() as node:
        assert 1 == see(node, "9LATE33", hour)["stored"]
        node.desk(PINE).ring.destroy_periods([period_of(hour)], node.clock.now())
        assert {"stored": 0, "forgotten": 1} == see(node, "9LATE34", hour)
        assert node.desk(PINE).ring.period_key(period_of(hour)) is None


def test_the_receipt_says_what_was_forgotten(place: Place) -> None:
    """Hours, number of rows, and the law, in the log; no plate."""
    forget(place)
    with place.open() as node:
        log = node.desk(PINE).evidence.log
        leaves = [log.entry(index) for index in range(log.size)]
    receipts = [leaf for leaf in map(parse_leaf, leaves) if leaf.action is Action.RETENTION_RECEIPT]
    assert {"begun", "destroyed"} == {receipt.facts["step"] for receipt in receipts}
    assert 2 == next(one for one in receipts if one.facts["step"] == "destroyed").counts["rows"]
    assert not any(plate.encode() in leaf for plate in PLATES for leaf in leaves)


def test_nobody_can_move_the_clock_to_forget_early_over_http(place: Place) -> None:
    """A time to come is taken from the node's own system user only; from a person it is refused."""
    with place.open() as node:
        later = (node.clock.now() + timedelta(days=60)).isoformat()
        with pytest.raises(Exception, match="machine"):
            run_retention(node, Actor(person=PersonId("ann")), RunRetention(now=later))
        with pytest.raises(BadInput):
            run_retention(node, SYSTEM, RunRetention(now="tomorrow"))
        assert 2 == len(node.desk(PINE).ring.stored_periods())
