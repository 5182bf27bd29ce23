"""The policy and the reports in a real browser: by keyboard, on a phone, on paper. Requests go to the application itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
MN = "/reports/oakmont?profile=us-mn&first=2026-11-01&end=2026-12-01"
BASE = "http://127.0.0.1:8420"
Site = Any

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"NO BROWSER: {CHROMIUM} is absent, the pages were not tried"),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


def opened(chromium: Browser, site: Site, path: str, width: int, scheme: Any = "light") -> Page:
    """Open a path in a window of a width; every request of the page is answered by the application."""
    page = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()

    def answer(route: Route) -> None:
        asked = urlsplit(route.request.url)
        found = site.client.get(f"{asked.path}?{asked.query}" if asked.query else asked.path)
        headers = {name: value for name, value in found.headers.items() if name != "content-length"}
        route.fulfill(status=found.status_code, headers=headers, body=found.content)

    page.route("**/*", answer)
    page.goto(BASE + path)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/policy", "/reports", "/policy/oakmont", MN])
def test_a_phone_shows_all_of_it(chromium: Browser, site: Site, path: str, scheme: str) -> None:
    """390 pixels: nothing hangs over the side; one heading of the first rank; the skip link comes first."""
    page = opened(chromium, site, path, 390, scheme)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.context.close()


def test_a_resident_finds_a_report_from_the_public_page(chromium: Browser, site: Site) -> None:
    """Public page, periodic reports, another law, its numbers with how they were made, the data behind them."""
    page = opened(chromium, site, "/", 1440)
    page.get_by_role("link", name="Periodic reports").click()
    page.get_by_label("Report").select_option("us-nh")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Annual report on number plate scanning devices")
    row = page.get_by_role("row", name="Make and model of each device")
    expect(row).to_contain_text("to be filled in by a person")
    page.get_by_role("link", name="JSON").click()
    expect(page.locator("body")).to_contain_text('"action": "count:day"')
    page.context.close()


def test_on_paper_it_is_a_table_without_the_form(chromium: Browser, site: Site) -> None:
    """A page of letter width keeps three columns; the form, the menu and the foot stay off it."""
    page = opened(chromium, site, MN, 680)
    page.emulate_media(media="print")
    expect(page.get_by_role("columnheader", name="How it was made")).to_be_visible()
    cells = page.get_by_role("row", name="License plates read").locator("th, td")
    tops = {box["y"] for box in (cells.nth(place).bounding_box() for place in range(3)) if box}
    assert 1 == len(tops)
    for hidden in ("form.filters", "header.top", "footer.foot"):
        expect(page.locator(hidden)).to_be_hidden()
    page.context.close()
