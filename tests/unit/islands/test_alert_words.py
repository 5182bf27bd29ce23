"""The live list's words and events: the same words as the server's own list, and nothing from a broken event."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lockplate.clock import format_time
from lockplate.errors import NotFound
from lockplate.hotlist import Category, MatchKind, Priority
from lockplate.registry.hits import HitState
from lockplate.web.pages.alert_lines import MATCHED_SHORT, REGION_SHORT
from lockplate.web.pages.rendering import ALERTS_SCRIPT, static_file
from lockplate.web.pages.wording import words
from lockplate.web.phrases import ago, moment, sentence

pytestmark = pytest.mark.browser
BASE = "http://127.0.0.1:8420"
HIT = "h0123456789abcdef0123"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class Script:
    """The built script in an empty page."""

    def __init__(self, page: Any) -> None:
        self._page = page

    def run(self, body: str, given: Any = None) -> Any:
        """Run a function's body with `v`, the script's exports, and `given`; return what it returns."""
        return self._page.evaluate(
            f"async (given) => {{ const v = await import('{BASE}/static/alerts.js'); {body} }}", given
        )


@pytest.fixture(scope="module")
def script(chromium: Any) -> Any:
    try:
        text = static_file(ALERTS_SCRIPT).decode()
    except NotFound:
        pytest.skip("NO SCRIPT: islands/ was not built (make islands), the live list's words were not tried")
    context = chromium.new_context()
    page = context.new_page()
    page.route(
        "**/*", lambda route: route.fulfill(content_type="text/html", body="<!doctype html><title>empty</title>")
    )
    page.route("**/static/alerts.js", lambda route: route.fulfill(content_type="text/javascript", body=text))
    page.goto(f"{BASE}/empty")
    yield Script(page)
    context.close()


def test_values_read_as_on_the_servers_list(script: Any) -> None:
    """Categories, states, priorities and ways to match: each as the server writes it."""
    values = [*Category, *HitState, *Priority]

    assert [words(value) for value in values] == script.run("return given.map(v.worded);", values)
    kinds = list(MatchKind)
    assert [sentence(MATCHED_SHORT[kind]) for kind in kinds] == script.run("return given.map(v.matched);", kinds)


def test_regions_read_as_on_the_servers_list(script: Any) -> None:
    """Agreement, difference, an unread region, a country alone, an entry without one."""
    told = script.run(
        "return given.map((one) => v.regions(...one));",
        [[True, "US-CA", "US-CA"], [False, "US-AZ", "US-CA"], [None, None, "US-CA"], [True, "US", "US-CA"],
         [None, "US-CA", None]],
    )  # fmt: skip

    assert [REGION_SHORT[name] for name in ("agrees", "differs", "not_read", "only_country", "not_listed")] == told


def test_ages_are_those_of_the_server(script: Any) -> None:
    """The same words for the same age; a time that is none says nothing."""
    spans = [timedelta(seconds=each) for each in (0, 59, 60, 3599, 3600, 86_399, 86_400, 900_000, -30)]
    given = {"now": NOW.timestamp() * 1000, "at": [format_time(NOW - span) for span in spans]}

    assert [ago(span) for span in spans] == script.run("return given.at.map((at) => v.ago(at, given.now));", given)
    assert "" == script.run("return v.ago('soon', 0);")


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles"])
def test_times_are_those_of_the_server(script: Any, zone: str) -> None:
    """The same words in the operator's zone, in each month; a time that is none says nothing."""
    times = [datetime(2026, month, 3, 9, 5, 7, tzinfo=UTC) for month in range(1, 13)]
    given = {"zone": zone, "at": [format_time(at) for at in times]}

    assert [moment(at, zone) for at in times] == script.run(
        "return given.at.map((at) => v.moment(at, given.zone));", given
    )
    assert "" == script.run("return v.moment('soon', 'UTC');")


def test_what_is_read_out_has_no_plate(script: Any) -> None:
    """Only how many."""
    assert ["1 new alert", "12 new alerts"] == script.run("return [1, 12].map(v.waiting);")


@pytest.mark.parametrize("text", ["", "null", "[]", "7", '{"hit_id": "h1"}', '{"hit_id": 7}', '{"hit_id": "<b>"}', "{"])
def test_a_broken_event_is_none(script: Any, text: str) -> None:
    """Nothing of it reaches the page."""
    assert [None, None] == script.run("return [v.readAlert(given), v.readState(given)];", text)


def test_a_whole_event(script: Any) -> None:
    """Every field of the agreed event is taken; one of another kind is left empty."""
    event = {
        "hit_id": HIT, "operator": "oakmont", "list_id": "l1", "list_name": "State", "category": "amber",
        "priority": "high", "reader": "bridge", "captured_at": "2026-11-24T12:00:00.000Z", "kind": "exact_text",
        "region_agrees": False, "plate_text": "7LOC842", "region": "US-AZ", "listed_text": "7LOC842",
        "listed_region": "US-CA", "has_picture": True, "recorded_at": "2026-11-24T12:00:01.000Z",
    }  # fmt: skip
    told = script.run("return v.readAlert(given);", json.dumps(event))

    assert (HIT, "l1", "State", False, "US-AZ", "US-CA", True) == tuple(
        told[name] for name in ("hit", "list", "listName", "regionAgrees", "region", "listedRegion", "hasPicture")
    )
    odd = script.run("return v.readAlert(given);", json.dumps(event | {"plate_text": 7, "region_agrees": "no"}))
    assert ("", None) == (odd["plate"], odd["regionAgrees"])
    assert {"hit": HIT, "state": "correct"} == script.run(
        "return v.readState(given);", json.dumps({"hit_id": HIT, "state": "correct"})
    )


def test_hidden_signs_are_seen(script: Any) -> None:
    """A text that turns the direction of reading does nothing."""
    assert "a\ufffdb" == script.run("return v.visible(given);", "a\u202eb")
