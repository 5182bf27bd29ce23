"""One person's stream: filtered, judged at each alert, one record for all that is told together."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from lockplate.alerting.streaming import AlertStream, StreamParts
from lockplate.clock import format_time
from lockplate.errors import Denied, Unauthenticated
from lockplate.hotlist import Category, Priority
from lockplate.operations.hotlists import AddHotList, ImportHotList
from lockplate.operations.readers import AddReader
from lockplate.registry.channel_filters import ChannelFilter
from lockplate.registry.hits import HitId
from lockplate.terms import Action, OperatorId, PersonId, Verdict
from lockplate.wiring.alerts import list_name, watcher_of

PINE = OperatorId("pine-county")
PLATES = ("4HJK882", "9PLM003", "2ZXC771")
Open = Callable[..., AlertStream]


@pytest.fixture(scope="module")
def alerts(county: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[HitId, ...]:
    """Three alerts of Pine County."""
    now = county.clock.now()
    county.run("reader.add", AddReader(reader="bridge-1", name="Bridge", operator=PINE, groups=("north",)))
    made = county.run(
        "hotlist.add",
        AddHotList(
            name="Stolen",
            categories=(Category.STOLEN_VEHICLE,),
            source="desk",
            legal_basis="invented 1",
            max_age_hours=24,
            operator=PINE,
        ),
    )
    day = format_time(now + timedelta(days=9))
    lines = "".join(f"{plate},{day}\n" for plate in PLATES)
    county.run("hotlist.import", ImportHotList(list_id=made.hot_list.list_id, content="plate,expires\n" + lines))
    for plate in PLATES:
        county.ingest(tmp_path_factory.mktemp("reads"), [(plate, county.clock.now(), "bridge-1")], PINE)
        county.clock.advance(timedelta(seconds=1))
    return tuple(reversed([hit.hit_id for hit in county.node.registries.hits.list_recent(PINE)]))


@pytest.fixture
def watch(county: Any) -> Open:
    def opened(person: str = "olga", *, signed_in: bool = True, **chosen: Any) -> AlertStream:
        node = county.node

        def watcher() -> Any:
            if not signed_in:
                raise Unauthenticated("no session")
            return watcher_of(node.facts, PersonId(person), PINE)

        parts = StreamParts(
            operator=PINE,
            hits=node.registries.hits,
            gate=node.gate,
            recorder=node.desk(PINE).recorder,
            watcher=watcher,
            groups=lambda reader: node.registries.readers.get(reader).groups,
            list_name=lambda list_id: list_name(node.registries.hot_lists, list_id),
            clock=node.clock,
        )
        return AlertStream(parts, ChannelFilter(**chosen))

    return opened


def test_what_is_told_together_is_one_record(county: Any, alerts: tuple[HitId, ...], watch: Open) -> None:
    """With the ids of exactly what was told; a hit that is gone is left out."""
    start = county.size()
    told = watch().tell([*alerts, HitId("h" + "0" * 20)])
    assert list(PLATES) == [one.plate_text for one in told]
    assert {"Stolen"} == {one.list_name for one in told}
    (record,) = county.records(start=start)
    assert (Action.ALERT_SHOWN, "olga", {"hits": ",".join(alerts)}, {"hits": 3}) == (
        record.action, record.person, record.facts, record.counts,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("chosen", "passes"),
    [
        ({"groups": frozenset({"north"})}, True),
        ({"groups": frozenset({"south"})}, False),
        ({"priorities": frozenset({Priority.HIGH})}, False),
        ({"categories": frozenset({Category.STOLEN_VEHICLE})}, True),
    ],
)
def test_what_does_not_pass_is_not_on_record(
    county: Any, alerts: tuple[HitId, ...], watch: Open, chosen: dict[str, Any], *, passes: bool
) -> None:
    """Nothing was shown, so nothing says that it was."""
    start = county.size()
    assert (3 if passes else 0) == len(watch(**chosen).tell(alerts))
    assert (1 if passes else 0) == county.size() - start


def test_whoever_may_not_watch_is_told_nothing(county: Any, alerts: tuple[HitId, ...], watch: Open) -> None:
    """A denial is on record at opening and at an alert; without a session there is nobody to deny."""
    start = county.size()
    for stream in (watch("ada"), watch("uma")):
        with pytest.raises(Denied):
            stream.judge()
        with pytest.raises(Denied):
            stream.tell(alerts)
    assert [Verdict.DENIED] * 4 == [record.verdict for record in county.records(start=start)]
    with pytest.raises(Unauthenticated):
        watch(signed_in=False).judge()
    assert watch("sam") is not None
    before = county.size()
    watch("sam").judge()
    assert before == county.size()


def test_what_was_missed(county: Any, alerts: tuple[HitId, ...], watch: Open) -> None:
    """What was recorded since the last one seen, oldest first; a hit of nobody leaves a gap."""
    missed = watch().missed(alerts[0])
    assert (alerts[1:], True) == (missed.hit_ids, missed.complete)
    assert ((), True) == (watch().missed(alerts[2]).hit_ids, watch().missed(alerts[2]).complete)
    assert not watch().missed(HitId("h" + "0" * 20)).complete


def test_a_long_absence_is_told_in_part(
    county: Any, alerts: tuple[HitId, ...], watch: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest so many, and that there are more."""
    monkeypatch.setattr("lockplate.alerting.streaming.MAX_RESUMED", 1)
    missed = watch().missed(alerts[0])
    assert (alerts[1:2], False) == (missed.hit_ids, missed.complete)
