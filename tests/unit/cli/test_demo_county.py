"""The demo county: every reader of it may collect where it stands, and each operator's history is what its law allows."""

from datetime import UTC, datetime
from pathlib import Path

from lockplate.cli.checking import check_node
from lockplate.cli.demo_county import CITY, COUNTY, TOWN, ZONE, found_county, operator_of, settle_county
from lockplate.cli.session import Session
from lockplate.clock import SetClock
from lockplate.settings import load_settings
from lockplate.simulate.fleet import Fleet
from lockplate.wiring.node import open_node

NOW = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)


def test_every_reader_of_the_county_collects(tmp_path: Path) -> None:
    """Its law names places, so it must know where each stands; the town keeps nothing, by its own law; all is on record."""
    settings, fleet = load_settings(tmp_path / "home", {}), Fleet(11, 40, passages_per_hour=40.0, zone=ZONE)
    clock = SetClock(NOW)
    found_county(settings, clock)
    with open_node(settings, clock) as node:
        settle_county(node, fleet, NOW, lambda _: None)

        lanes = [
            (one, node.bulk.lane(operator_of(place))) for place, one in enumerate(fleet.readers()) if not one.mobile
        ]
        assert node.law.keep_rule(COUNTY).places_denied
        assert {None} == {lane.place_refusal(one.reader_id) for one, lane in lanes}
        days = datetime(2026, 10, 30, tzinfo=UTC).date(), NOW.date()
        kept = [sum(count.reads for count in node.store.counts(one, *days)) > 0 for one in (CITY, COUNTY, TOWN)]
        assert [True, True, False] == kept
    assert [] == [
        one for report in check_node(Session(settings, clock), settings, "", []) for one in report["findings"]
    ]
