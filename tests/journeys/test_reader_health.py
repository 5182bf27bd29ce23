"""A reader falls silent and a list goes stale on a real server: who is told, what the pages say, and that it ends.

Set LOCKPLATE_SHOTS to a folder to keep pictures of every page, narrow and wide, light and dark.
"""

import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from lockplate.health import Brought
from lockplate.registry.watched import LONGEST_STEP
from lockplate.terms import AgencyId, OperatorId, PersonId, ReaderId, Role
from running import Home, Server

CHROMIUM = Path("/usr/bin/chromium")
PASSWORD = "four plain words here"
PINE = OperatorId("pine")
PEOPLE = {"ada": Role.ADMINISTRATOR, "sam": Role.SUPERVISOR, "olga": Role.OFFICER, "uma": Role.AUDITOR}
PATIENCE_SECONDS = 60

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"NO BROWSER: {CHROMIUM} is absent, the pages were not tried"),
]


def live_for_nine_days(home: Home) -> None:
    """Give two readers nine days of sixty reads an hour, all of it watched; one of them was last heard five hours ago."""
    with home.registries() as registries:
        for person, role in PEOPLE.items():
            registries.people.add(
                PersonId(person), agency=AgencyId(PINE), display_name=person, roles=frozenset({role}), password=PASSWORD
            )
        now = datetime.now(UTC)
        at = now - timedelta(days=9)
        while at < now:
            for reader in ("mill-bridge", "depot"):
                if reader == "mill-bridge" or at < now - timedelta(hours=5):
                    registries.reader_hours.note(
                        PINE, ReaderId(reader), at, Brought(reads=60, timed=60, least_drift=0.2)
                    )
            at += timedelta(hours=1)
        registries.reader_hours.note(PINE, ReaderId("mill-bridge"), now, Brought(reads=20, timed=20, least_drift=0.2))
        registries.reader_hours.flush()
        at = now - timedelta(days=9)
        while at < now:
            registries.watched.tick(at)
            at += LONGEST_STEP
        registries.watched.tick(now)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, Server, dict[str, Any]]]:
    home = Home(tmp_path_factory.mktemp("health"))
    home.json("init", "--operator", "pine", "--profile", "us-ca")
    made: dict[str, Any] = {}
    for reader, name in (("mill-bridge", "Mill Bridge"), ("depot", "Depot gate"), ("school", "School road")):
        made[reader] = home.json("reader", "add", reader, "--name", name, "--place", f"{name}, eastbound")
    live_for_nine_days(home)
    for name, hours in (("State stolen", "0.002"), ("Own stolen", "24")):
        made[name] = home.json(
            "hotlist", "add", name, "--category", "stolen_vehicle", "--source", "state bulletin",
            "--basis", "an invented cite", "--max-age-hours", hours,
        )  # fmt: skip
    with home.serve() as server:
        yield home, server, made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=arguments)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser, served: tuple[Home, Server, dict[str, Any]]) -> Iterator[Page]:
    """Return a page without script: everything has to work that way."""
    context = browser.new_context(
        base_url=served[1].url, java_script_enabled=False, viewport={"width": 1440, "height": 900}
    )
    yield context.new_page()
    context.close()


def sign_in(page: Page, name: str) -> None:
    page.goto("/app")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def look(page: Page, name: str) -> None:
    """Check a page as people see it: no sideways scrolling from 360 px to wide; keep pictures when asked to."""
    folder = os.environ.get("LOCKPLATE_SHOTS")
    for width in (360, 390, 768, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        overflowing = page.locator("body").evaluate("body => document.documentElement.scrollWidth - innerWidth")
        assert overflowing <= 0, f"{name} is {overflowing} px too wide at {width} px"
        for scheme in ("light", "dark"):
            if folder and width in {390, 1440}:
                page.emulate_media(color_scheme=scheme)
                page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")


def open_faults(home: Home, *wanted: str) -> dict[str, Any]:
    """Wait until faults of these kinds are open, and return them by kind."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = {line["fault"]["kind"]: line for line in home.json("fault", "list")}
        if set(wanted) <= found.keys():
            return found
        assert time.monotonic() < deadline, (wanted, found)
        time.sleep(0.2)


def test_a_silent_reader_and_a_stale_list_are_told_and_end(
    served: tuple[Home, Server, dict[str, Any]], page: Page
) -> None:
    """The server finds both by itself; banner, pages, metrics and command say so; a button; what ends it ends it."""
    home, server, made = served
    list_id, own = (made[name]["hot_list"]["list_id"] for name in ("State stolen", "Own stolen"))
    ends = f"{datetime.now(UTC) + timedelta(days=3):%Y-%m-%d}"
    (home.folder / "list.csv").write_text("plate,expires\n" + "".join(f"7HOT{n:03},{ends}\n" for n in range(30)))
    home.json("hotlist", "import", "list.csv", "--list", own)
    see_hits(home, server, made)
    home.json("hotlist", "import", "list.csv", "--list", list_id)
    faults = open_faults(home, "reader_silent", "list_stale")
    assert ("Depot gate", "State stolen") == (
        faults["reader_silent"]["subject_name"], faults["list_stale"]["subject_name"],
    )  # fmt: skip
    with server.client(authorization=f"Bearer {server.run_token}") as client:
        metrics = client.get("/metrics").text
    assert 'lockplate_faults{kind="reader_silent"} 1.0' in metrics
    assert 1 == server.output.read_text().count('"kind": "reader_silent"')

    sign_in(page, "sam")
    page.goto("/app/ask")
    expect(page.get_by_text("1 fault that nobody has seen yet.")).to_be_visible()
    look(page, "banner")
    page.get_by_role("link", name="Look at it").click()
    expect(page.get_by_text("its entries match nothing and raise no alert")).to_be_visible()
    look(page, "faults")
    page.get_by_role("listitem").filter(has_text="State stolen").get_by_role("button").click()
    expect(page.get_by_text("seen by sam")).to_be_visible()
    page.goto("/app/numbers?by=reader&first=2020-01-01&end=2100-01-01")
    expect(page.get_by_role("heading", name="Numbers")).to_be_visible()
    look(page, "numbers")
    page.get_by_role("button", name="Sign out").click()

    sign_in(page, "ada")
    row = page.get_by_role("row").filter(has_text="Depot gate")
    expect(row).to_contain_text("Nothing heard for")
    expect(row).to_contain_text("it usually brings about")
    expect(row.get_by_role("img")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Mill Bridge")).to_contain_text("Well")
    expect(page.get_by_role("row").filter(has_text="School road")).to_contain_text("Never heard")
    expect(page.get_by_role("row").filter(has_text="State stolen")).to_contain_text("Stale: raises no alert")
    look(page, "readers-with-faults")
    page.get_by_role("button", name="Sign out").click()

    home.json("reader", "deactivate", "depot")
    checked = home.json("fault", "check", code=1)
    assert ["reader_silent"] == [line["fault"]["kind"] for line in checked["closed"]]
    assert ["list_stale"] == [line["fault"]["kind"] for line in checked["faults"]]
    closed = home.json("fault", "list", "--closed")
    assert {"sam", None} == {line["fault"]["acknowledged_by"] for line in closed}


def see_hits(home: Home, server: Server, made: dict[str, Any]) -> None:
    """Let a reader see listed plates, and an officer say what they found."""
    now = datetime.now(UTC)
    lines = [{"plate": f"7HOT{n:03}", "captured_at": (now - timedelta(seconds=n)).isoformat()} for n in range(24)]
    body = "\n".join(json.dumps(line | {"reader": "mill-bridge"}) for line in lines)
    key = {"x-reader-key": made["mill-bridge"]["key"], "content-type": "application/x-ndjson"}
    with server.client(**key) as client:
        assert 200 == client.post("/v1/reads", content=body).status_code
    with server.client(authorization=f"Bearer {server.run_token}", **{"x-lockplate-person": "olga"}) as client:
        hits = client.post("/v1/hits/list", json={}).raise_for_status().json()["hits"]
        assert 24 == len(hits)
        for number, hit in enumerate(hits[:22]):
            found = "wrong_read" if number % 7 == 3 else "correct"
            finding = {"hit_id": hit["hit_id"], "found": found, "source": "not_reached"}
            client.post("/v1/hits/confirm", json=finding).raise_for_status()
    told = home.json("hits", "numbers", "--from", "2020-01-01", "--to", "2100-01-01", "--by", "reader", "--as", "uma")
    assert (24, 22, 2) == (told["total"]["hits"], told["total"]["decided"], told["total"]["undecided"])
    assert (
        "Mill Bridge"
        in home.run("hits", "numbers", "--by", "reader", "--from", "2020-01-01", "--to", "2100-01-01").stdout
    )
