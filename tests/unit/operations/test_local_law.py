"""Law of one's own: an ordinance makes stricter at once, loosening is the machine's, and each change is on record."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from lockplate.clock import SetClock
from lockplate.errors import BadInput, Denied, NotFound, Unauthenticated
from lockplate.law.local import LocalKind, LocalLawRefused
from lockplate.lookup.facts import facts_of
from lockplate.operations.asking import Ask
from lockplate.operations.local_law import AdoptLaw, ChangeOperator, RepealLaw, TraceLaw
from lockplate.operations.operators import OperatorName
from lockplate.operations.readers import AddReader
from lockplate.terms import Action, Basis, Offense, OperatorId, Purpose, RecordMode
from lockplate.wiring.node import open_node

START = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
PINE, RIDGE = OperatorId("pine-county"), OperatorId("ridge-county")


@pytest.fixture
def county(make_county: Callable[[Path, SetClock], AbstractContextManager[Any]], tmp_path: Path) -> Iterator[Any]:
    """A county of one's own: these tests change its law."""
    with make_county(tmp_path / "home", SetClock(START)) as opened:
        yield opened


def text(kind: str = "ordinance", start: str = "2026-01-01", **sections: Any) -> str:
    header = {"id": "pine-code", "kind": kind, "cite": "Pine Mun. Code 9.12", "effective_from": start}
    return yaml.safe_dump({"local": header, **sections})


def says(value: Any) -> dict[str, Any]:
    return {"value": value, "cite": "Pine Mun. Code 9.12.030", "mark": "found"}


WEEK = {"unmatched": says({"n": 7, "unit": "days"})}


def changes(county: Any, operator: OperatorId = PINE) -> list[dict[str, str]]:
    return [one.facts for one in county.records(operator) if one.action is Action.PROFILE_CHANGED]


def question(start: datetime, end: datetime, **more: Any) -> Ask:
    values: dict[str, Any] = {
        "plate": "KTN0417",
        "operators": ("pine-county",),
        "window_from": start.isoformat(),
        "window_to": end.isoformat(),
        "purpose": Purpose.FELONY_INVESTIGATION,
        "offense": Offense.FELONY,
        "basis": Basis.PROBABLE_CAUSE,
        "on_behalf_of": "own",
        "case_number": "26-0815",
    }
    return Ask(**(values | more))


def test_an_ordinance_counts_at_once_and_is_on_record(county: Any) -> None:
    """The administrator adopts seven days: limit, trace, gate and intake know it without a restart."""
    told = county.run("law.adopt", AdoptLaw(content=text(retention=WEEK), operator=PINE), "ada", there=True)

    line = next(one for one in told.decided if one.field == "retention.unmatched")
    assert ("7 days", ("ordinance pine-code",)) == (line.value, line.decided_by)
    assert ("law us-ca", "ordinance pine-code") == told.sources
    assert 7.0 == county.run("operator.show", OperatorName(operator=PINE), there=True).retention_days
    assert timedelta(days=7) == facts_of(county.node.law.in_force(PINE)).retention
    assert timedelta(days=7) == county.node.desk(PINE).lane.rule().keeps_for
    asked, done = changes(county)
    assert ("adopted", "ordinance", "pine-code") == (asked["change"], asked["kind"], asked["text"])
    assert ("done", "nothing") == (done["outcome"], done["loosened"])
    assert done["law_before"] != done["law_after"] == told.hash


def test_an_ordinance_waits_for_its_first_day_and_then_needs_nobody(county: Any) -> None:
    """Adopted today for December: nothing changes until then, and at midnight it holds while the server runs."""
    late = text(start="2026-12-01", retention=WEEK)
    county.run("law.adopt", AdoptLaw(content=late, operator=PINE), "ada", there=True)
    assert 30.0 == county.run("operator.show", OperatorName(operator=PINE), there=True).retention_days

    county.clock.advance(datetime(2026, 12, 1, tzinfo=UTC) - START)

    assert 7.0 == county.run("operator.show", OperatorName(operator=PINE), there=True).retention_days
    assert timedelta(days=7) == county.node.desk(PINE).lane.rule().keeps_for


def test_who_may_adopt_is_the_gates_to_say(county: Any) -> None:
    """An officer may not, and the attempt is on record; nobody at all may not over the network."""
    request = AdoptLaw(content=text(retention=WEEK), operator=PINE)
    with pytest.raises(Denied):
        county.run("law.adopt", request, "olga", there=True)
    with pytest.raises(Unauthenticated):
        county.run("law.adopt", request, there=True)
    assert ["adopted"] == [facts["change"] for facts in changes(county)]
    assert 30.0 == county.run("operator.show", OperatorName(operator=PINE), there=True).retention_days


def test_loosening_is_done_on_the_machine_itself(county: Any) -> None:
    """A repeal that lengthens is refused to a person over the network, done here, and the record says what it was."""
    county.run("law.adopt", AdoptLaw(content=text(retention=WEEK), operator=PINE), "ada", there=True)
    repeal = RepealLaw(kind=LocalKind.ORDINANCE, operator=PINE)

    with pytest.raises(Unauthenticated, match="retention"):
        county.run("law.repeal", repeal, "ada", there=True)
    assert 7.0 == county.run("operator.show", OperatorName(operator=PINE), there=True).retention_days
    county.run("law.repeal", repeal)

    assert 30.0 == county.run("operator.show", OperatorName(operator=PINE), there=True).retention_days
    assert "retention" in changes(county)[-1]["loosened"]
    (one,) = county.run("law.local", OperatorName(operator=PINE), there=True)
    assert one.ended_at is not None


def test_a_repeal_of_nothing_fails_and_says_so(county: Any) -> None:
    """Nothing of the kind stands: the error, and a record of the attempt."""
    with pytest.raises(NotFound):
        county.run("law.repeal", RepealLaw(kind=LocalKind.AGENCY_POLICY, operator=PINE))
    assert ["no_local_law"] == [facts["code"] for facts in changes(county) if facts.get("outcome") == "failed"]


def test_a_bad_text_changes_nothing(county: Any) -> None:
    """A text that does not parse is refused before any record is written."""
    before = county.size()
    with pytest.raises(LocalLawRefused):
        county.run("law.adopt", AdoptLaw(content="local: {}", operator=PINE), "ada", there=True)
    assert before == county.size()


def test_another_profile_counts_at_once(county: Any) -> None:
    """Under Washington's law from now on; back to California's only on the machine, with what loosened on record."""
    told = county.run("operator.change", ChangeOperator(operator=PINE, profile="us-wa"), "ada", there=True)
    assert ("us-wa", 21.0) == (told.profile, told.retention_days)
    assert "us-wa" == county.node.facts.operator(PINE).profile.profile

    back = ChangeOperator(operator=PINE, profile="us-ca")
    with pytest.raises(Unauthenticated, match="places"):
        county.run("operator.change", back, "ada", there=True)
    assert "us-ca" == county.run("operator.change", back).profile
    assert {"us-wa", "us-ca"} == {facts["to"] for facts in changes(county)}


def test_what_is_kept_follows_the_law(county: Any) -> None:
    """A mode that the law does not allow is refused; a law that allows less lowers the mode by itself."""
    with pytest.raises(BadInput):
        county.run("operator.change", ChangeOperator(operator=RIDGE, profile="us-nh", record_mode=RecordMode.RECORD))
    told = county.run("operator.change", ChangeOperator(operator=RIDGE, profile="us-mn"))
    assert RecordMode.INDEX_ONLY is told.keeps
    told = county.run("operator.change", ChangeOperator(operator=RIDGE, record_mode=RecordMode.NONE))
    assert (RecordMode.NONE, "us-mn") == (told.keeps, told.profile)


def copied(county: Any, folder: Path) -> None:
    """Take in one read of Pine's own and one copied from Washington, an hour apart."""
    county.run(
        "reader.add",
        AddReader(reader="wa-copy", name="Copies", operator=PINE, origin="us-wa", latitude=45.5, longitude=-122.6),
    )
    county.run("reader.add", AddReader(reader="own-1", name="Own", operator=PINE, latitude=45.5, longitude=-122.6))
    county.ingest(folder, [("KTN0417", START - timedelta(hours=2), "own-1")])
    county.ingest(folder, [("KTN0417", START - timedelta(minutes=50), "wa-copy")])


def test_the_origins_law_travels_with_its_hours(county: Any, tmp_path: Path) -> None:
    """T21: the hour with Washington's read is over at 21 days from capture, the other by California's; questions too."""
    copied(county, tmp_path)
    own, theirs = START - timedelta(hours=2), START - timedelta(minutes=50)
    law = county.node.law

    assert (timedelta(days=30), False) == _rule(law.rule_of_period(PINE, _period(own)))
    assert (timedelta(days=21), True) == _rule(law.rule_of_period(PINE, _period(theirs)))
    answer = county.run("lookup", question(theirs, START), "olga", there=True)
    assert "permitted" == answer.decision, answer
    assert [theirs.replace(minute=0) + timedelta(days=21)] == [one.retention_end for one in answer.reads()]
    assert [("us-ca", "us-wa")] == [one.laws for one in answer.reads()]
    # a misdemeanor may be asked about under California's law, and not where Washington's travels along
    small = {"purpose": Purpose.MISDEMEANOR_INVESTIGATION, "offense": Offense.MISDEMEANOR}
    alone = county.run("lookup", question(own, own + timedelta(minutes=20), **small), "olga", there=True)
    both = county.run("lookup", question(own, START, **small), "olga", there=True)
    assert ("permitted", "denied") == (alone.decision, both.decision)
    assert "profile-offense-floor" in both.operators[0].policy_ids


def test_an_old_copy_is_refused_by_its_own_law(county: Any, tmp_path: Path) -> None:
    """A read of 25 days: California's default would take it, Washington's limit does not."""
    county.run(
        "reader.add",
        AddReader(reader="wa-copy", name="Copies", operator=PINE, origin="us-wa", latitude=45.5, longitude=-122.6),
    )
    county.run("reader.add", AddReader(reader="own-1", name="Own", operator=PINE, latitude=45.5, longitude=-122.6))
    old = START - timedelta(days=25)

    taken = county.ingest(tmp_path, [("KTN0417", old, "own-1"), ("KTN0418", old, "wa-copy")])

    assert (1, {"past_retention": 1}) == (taken.imported, taken.refused_by_reason)


def test_columns_obey_the_origin_too(county: Any, tmp_path: Path) -> None:
    """The same for a mapped CSV, which goes in by columns when only the index is kept."""
    county.run("operator.change", ChangeOperator(operator=PINE, record_mode=RecordMode.INDEX_ONLY))
    county.run(
        "reader.add",
        AddReader(reader="wa-copy", name="Copies", operator=PINE, origin="us-wa", latitude=45.5, longitude=-122.6),
    )
    county.run("reader.add", AddReader(reader="nh-copy", name="Copies", operator=PINE, origin="us-nh"))
    county.run("reader.add", AddReader(reader="own-1", name="Own", operator=PINE, latitude=45.5, longitude=-122.6))
    old, fresh = START - timedelta(days=25), START - timedelta(minutes=50)
    reads = [
        ("KTN0417", old, "own-1"), ("KTN0418", old, "wa-copy"), ("KTN0419", fresh, "wa-copy"),
        ("KTN0420", fresh, "nh-copy"),
    ]  # fmt: skip

    taken = county.ingest(tmp_path, reads)

    assert (2, {"past_retention": 2}) == (taken.imported, taken.refused_by_reason)
    assert (timedelta(days=21), True) == _rule(county.node.law.rule_of_period(PINE, _period(fresh)))


def test_the_origin_is_remembered_over_a_restart(
    make_county: Callable[[Path, SetClock], AbstractContextManager[Any]], tmp_path: Path
) -> None:
    """The hour's origins lie beside its key: who opens the node again finds them."""
    clock = SetClock(START)
    with make_county(tmp_path / "home", clock) as county:
        copied(county, tmp_path)
        settings = county.settings
    with open_node(settings, clock) as node:
        rule = node.law.rule_of_period(PINE, _period(START - timedelta(minutes=50)))
    assert (timedelta(days=21), True) == _rule(rule)


def test_an_unknown_origin_is_refused(county: Any) -> None:
    """A reader's origin is a law that this program knows and that is in force."""
    with pytest.raises(NotFound):
        county.run("reader.add", AddReader(reader="zz", name="Copies", operator=PINE, origin="us-zz"))


def test_a_trace_may_suppose_an_origin(county: Any) -> None:
    """What would hold if reads of Oregon came in: asked beforehand, nothing is changed."""
    told = county.run("law.trace", TraceLaw(operator=RIDGE, origins=("us-wa",)), there=True)
    assert ("law us-va", "origin us-wa") == told.sources
    assert not told.verified


def _rule(rule: Any) -> tuple[timedelta, bool]:
    return rule.limit, rule.from_capture


def _period(at: datetime) -> int:
    return int(at.timestamp()) // 3600
