"""Network: every place can be reached, and every site lies on its road."""

import pytest

from lockplate.simulate.network import Network, compass_word
from lockplate.terms import SECONDS_PER_PERIOD

NETWORK = Network()
NODES = range(len(NETWORK.nodes))


@pytest.mark.parametrize("origin", NODES)
def test_routes_lead_from_origin_to_destination(origin):
    """Each step starts where the one before ended, at the time it ended, and the last ends at the destination."""
    for destination in NODES:
        node, seconds = origin, 0.0
        for step in NETWORK.route(origin, destination):
            road = NETWORK.roads[step.road]
            assert node == (road.start if step.forward else road.end)
            assert seconds == pytest.approx(step.after)
            node = road.end if step.forward else road.start
            seconds += road.seconds
        assert destination == node


def test_no_route_is_longer_than_traffic_expects():
    """Even at the slowest pace, a trip that sets out at the end of an hour is over two hours later."""
    longest = max(
        sum(NETWORK.roads[step.road].seconds for step in NETWORK.route(origin, destination))
        for origin in NODES
        for destination in NODES
    )

    assert longest * 1.25 < 2 * SECONDS_PER_PERIOD


@pytest.mark.parametrize("count", [1, 7, 20, 37, 41, 200])
def test_sites_are_spread_over_roads_in_turn(count):
    """That many sites, none at a road's end, no two in one spot, no road with two more than another."""
    sites = NETWORK.sites(count)
    on_road = [sum(site.road == road for site in sites) for road in range(len(NETWORK.roads))]

    assert count == len(sites)
    assert count == len({(site.road, site.fraction) for site in sites})
    assert all(0 < site.fraction < 1 for site in sites)
    assert max(on_road) - min(on_road) <= 1


def test_compass_words():
    """North is around zero, from both sides."""
    assert [compass_word(degrees) for degrees in (0, 359, 45, 180, 275)] == ["N", "N", "NE", "S", "W"]
