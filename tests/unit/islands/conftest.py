"""Runs the built script in a real browser, on a page of an address that nobody serves: the tests themselves answer."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, Route, sync_playwright

from lockplate.errors import NotFound
from lockplate.web.pages.rendering import CHECK_SCRIPT, static_file

CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
BASE = "http://127.0.0.1:8420"
BYTES = """
const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const head = (size, root) => ({ size, root: unhex(root) });
/** The kind of doubt that an attempt ends in, or "holds"; a fault of the script is an error of the test. */
const outcome = async (attempt) => {
  try { await attempt(); return "holds"; } catch (error) { if (error instanceof v.Doubt) return error.kind; throw error; }
};
"""


def script() -> str:
    """Return the built script, or skip: a bare machine may lack npm."""
    try:
        return static_file(CHECK_SCRIPT).decode()
    except NotFound:
        pytest.skip("NO SCRIPT: islands/ was not built (make islands), the check in the browser was not tried")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Return a browser of this module's own: playwright runs once at a time in a process."""
    if not CHROMIUM.exists():
        pytest.skip(f"NO BROWSER: {CHROMIUM} is absent, the check in the browser was not tried")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


class Verifier:
    """The built script in a page of its own, and a folder from which the page fetches."""

    def __init__(self, page: Page, text: str) -> None:
        self._page, self._text = page, text
        self.clear()
        page.route("**/*", self._answer)
        page.goto(f"{BASE}/empty")

    def clear(self) -> None:
        """Serve nothing, alter nothing, have fetched nothing."""
        self.folder: Path | None = None
        self.fetched: list[str] = []
        self.tamper: Callable[[str, bytes], bytes] = lambda _, content: content

    def run(self, body: str, given: Any = None) -> Any:
        """Run a function's body with `v`, the script's exports, and `given`; return what it returns."""
        wrapped = f"async (given) => {{ const v = await import('{BASE}/static/verify.js'); {BYTES} {body} }}"
        try:
            return self._page.evaluate(wrapped, json.loads(json.dumps(given)))
        except Error as error:
            raise AssertionError(error.message) from error

    def _answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(BASE)
        if path == "/static/verify.js":
            route.fulfill(content_type="text/javascript", body=self._text)
        elif path.startswith("/log/") and self.folder is not None:
            self.fetched.append(path.removeprefix("/log/"))
            file = self.folder / path.removeprefix("/log/")
            if file.is_file():
                route.fulfill(body=self.tamper(path.removeprefix("/log/"), file.read_bytes()))
            else:
                route.fulfill(status=404)
        else:
            route.fulfill(content_type="text/html", body="<!doctype html><title>empty</title>")


@pytest.fixture(scope="module")
def opened(chromium: Browser) -> Iterator[Verifier]:
    text = script()
    context = chromium.new_context()
    yield Verifier(context.new_page(), text)
    context.close()


@pytest.fixture
def verifier(opened: Verifier) -> Verifier:
    """The script in a page of this module's own, cleared for this test."""
    opened.clear()
    return opened
