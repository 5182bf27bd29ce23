"""Promise 8 under attack: no command, field, flag or person alone makes a match more than a match."""

import ast
import itertools
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from law_node import law_node
from lockplate.access import parse_leaf
from lockplate.alerting.judging import SOURCE_ANSWER_LASTS, standing
from lockplate.errors import BadInput, Conflict, LockplateError, Unauthenticated
from lockplate.hotlist import Category
from lockplate.operations.hits import Finding, HitName, ListHits, NamedHits, Outcome
from lockplate.operations.hotlists import AddHotList, ImportHotList
from lockplate.operations.table import OPERATIONS
from lockplate.registry.confirmations import SourceCheck
from lockplate.registry.hit_outcomes import HitOutcome
from lockplate.registry.hits import HitState
from lockplate.terms import Action, OperatorId

SOURCE = Path(__file__).parents[2] / "src" / "lockplate"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PLATE = "7XQP442"
HOME = OperatorId("home")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A node under California's law with one list of one plate."""
    with law_node(tmp_path_factory.mktemp("town"), "us-ca", NOW) as opened:
        listed = opened.run(
            "hotlist.add",
            AddHotList(
                name="Stolen", categories=(Category.STOLEN_VEHICLE,), source="state bulletin", legal_basis="cite",
                max_age_hours=12,
            ),
        ).hot_list  # fmt: skip
        expires = (NOW + timedelta(days=2)).isoformat()
        content = f"plate,region,category,reason,expires\n{PLATE},,stolen_vehicle,taken,{expires}\n"
        opened.run("hotlist.import", ImportHotList(list_id=listed.list_id, content=content))
        yield opened


READERS = itertools.count()


def new_hit(home: Any) -> str:
    """Return the id of a hit of its own, at a reader of its own: no repeat of another."""
    home.clock.advance(timedelta(seconds=1))
    home.ingest((PLATE, home.clock.now(), f"corner-{next(READERS)}"))
    return str(home.run("hits.list", ListHits(state=HitState.UNCONFIRMED), "olga").hits[0].hit_id)


def stands(home: Any, hit_id: str) -> bool:
    return standing(home.node.registries.hits.get(hit_id), home.clock.now()).compared_and_listed


def leaves(home: Any, start: int) -> list[Any]:
    log = home.node.desk(HOME).evidence.log
    return [parse_leaf(leaf) for leaf in log.entries(start, log.size)]


def test_every_way_to_say_a_finding(home: Any) -> None:
    """Every finding with every answer and every acknowledgement, by a person: one alone stands, and what it needs is
    a person's `correct`, the source's yes, and their eyes where no picture came."""
    stood = set()
    ways = list(itertools.product(HitState, SourceCheck, itertools.product([False, True], repeat=3)))
    home.ingest(*((PLATE, home.now, f"way-{number}") for number in range(len(ways))))
    listed = home.run("hits.list", ListHits(limit=1000), "olga").hits
    hits = [hit for hit in listed if hit.reader.startswith("way-")]
    for waiting, (found, source, (region, vehicle, eye)) in zip(hits, ways, strict=True):
        hit = waiting.hit_id
        said = Finding(
            hit_id=hit, found=found, source=source, region_compared=region, vehicle_compared=vehicle, seen_by_eye=eye
        )
        try:
            home.run("hits.confirm", said, "olga")
        except BadInput:
            home.run("hits.confirm", Finding(hit_id=hit, found=HitState.DUPLICATE), "olga")
            assert not stands(home, hit)
        else:
            if stands(home, hit):
                stood.add((found, source, eye))

    assert {(HitState.CORRECT, SourceCheck.STILL_LISTED, True)} == stood


def test_no_other_command_moves_a_hit(home: Any) -> None:
    """Whatever is done to a hit short of a person's finding, it stays unconfirmed, and stands for nothing."""
    hit = new_hit(home)
    home.run("hits.show", NamedHits(hit_ids=(hit,)), "olga")
    for attempt in (
        lambda: home.run("hits.picture", HitName(hit_id=hit), "olga"),
        lambda: home.run("hits.outcome", Outcome(hit_id=hit, outcome=HitOutcome.STOP), "olga"),
    ):
        with pytest.raises(LockplateError):
            attempt()
    home.ingest((PLATE, home.clock.now(), "main-st"))

    assert HitState.UNCONFIRMED is home.node.registries.hits.get(hit).state
    assert not stands(home, hit)


def test_the_system_user_cannot_find_anything(home: Any) -> None:
    """Whoever holds the machine has no eyes: neither a finding nor an outcome without a person."""
    hit = new_hit(home)
    said = Finding(hit_id=hit, found=HitState.CORRECT, source=SourceCheck.STILL_LISTED, seen_by_eye=True)
    start = home.node.desk(HOME).evidence.log.size

    for name, request in (("hits.confirm", said), ("hits.outcome", Outcome(hit_id=hit, outcome=HitOutcome.ARREST))):
        with pytest.raises(Unauthenticated):
            home.run(name, request)

    assert HitState.UNCONFIRMED is home.node.registries.hits.get(hit).state
    assert start == home.node.desk(HOME).evidence.log.size


@pytest.mark.parametrize(
    "field", ["compared_and_listed", "stop_ready", "standing", "checked_at", "state", "decided_by", "compared", "until"]
)
def test_no_request_has_a_field_for_it(field: str) -> None:
    """How a hit stands is worked out: no request of any command can say it, and a field that tries is refused."""
    for name, one in OPERATIONS.items():
        if name.startswith("hits.") and not (name == "hits.list" and field == "state"):
            with pytest.raises(msgspec.ValidationError):
                msgspec.convert(
                    {field: True, "hit_id": "h1", "hit_ids": [], "found": "correct", "outcome": "stop"}, one.request
                )
    names = {each.name for one in OPERATIONS.values() for each in msgspec.structs.fields(one.request)}
    assert not {"compared_and_listed", "stop_ready", "standing", "checked_at"} & names


def test_one_place_decides_a_hit() -> None:
    """In the whole program one function writes a hit's state and the source's answer, and one calls it."""
    writers, callers = set(), set()
    for path in SOURCE.rglob("*.py"):
        if "migrations" in path.parts:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Dict) and "source_check" in {getattr(key, "value", None) for key in node.keys}:
                writers.add(path.relative_to(SOURCE).as_posix())
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "confirm":
                callers.add(path.relative_to(SOURCE).as_posix())

    assert {"registry/hits.py"} == writers
    assert {"alerting/showing.py", "operations/hits.py"} == callers


def test_it_does_not_last(home: Any) -> None:
    """The source's answer is forgotten after half an hour, and nothing but a new hit and a new finding follows."""
    hit = new_hit(home)
    said = Finding(hit_id=hit, found=HitState.CORRECT, source=SourceCheck.STILL_LISTED, seen_by_eye=True)
    assert home.run("hits.confirm", said, "olga").standing.compared_and_listed

    home.clock.advance(SOURCE_ANSWER_LASTS)

    assert not stands(home, hit)
    with pytest.raises(Conflict):
        home.run("hits.confirm", said, "olga")
    assert not stands(home, hit)


def test_two_people_at_once_one_wins(home: Any) -> None:
    """One says wrong, one says correct, at the same moment: one finding counts, and the log tells which one did not."""
    hit = new_hit(home)
    start = home.node.desk(HOME).evidence.log.size
    ready, told = threading.Barrier(2), {}

    def say(person: str, said: Finding) -> None:
        ready.wait()
        try:
            told[person] = home.run("hits.confirm", said, person)
        except Conflict as error:
            told[person] = error

    correct = Finding(hit_id=hit, found=HitState.CORRECT, source=SourceCheck.STILL_LISTED, seen_by_eye=True)
    wrong = Finding(hit_id=hit, found=HitState.WRONG_READ)
    threads = [threading.Thread(target=say, args=each) for each in (("olga", correct), ("sam", wrong))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    won = [one for one in told.values() if not isinstance(one, Conflict)]
    kept = home.node.registries.hits.get(hit)
    assert 1 == len(won)
    assert (won[0].state, won[0].decided_by) == (kept.state, kept.decided_by)
    made = [one for one in leaves(home, start) if one.action is Action.HIT_CONFIRMATION]
    failed = {one.refers_to for one in made if one.facts.get("outcome") == "failed"}
    counted = [
        (one.person, one.facts["found"])
        for place, one in enumerate(leaves(home, start), start)
        if one.action is Action.HIT_CONFIRMATION and one.refers_to is None and place not in failed
    ]
    assert [(kept.decided_by, kept.state.value)] == counted
