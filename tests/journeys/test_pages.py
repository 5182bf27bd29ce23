"""Pages in a real browser, on a real server: an officer asks, a supervisor decides, an auditor finds all of it.

Set LOCKPLATE_SHOTS to a folder to keep pictures of every page, narrow and wide, light and dark.
"""

import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from lockplate.clock import SystemClock, format_time
from lockplate.evidence.proof_file import open_proof
from lockplate.registry.database import close_database, open_database
from lockplate.registry.readers import NewReader
from lockplate.registry.sealing import SealerOf
from lockplate.seal.column import ColumnSealer
from lockplate.settings import Settings
from lockplate.terms import AgencyId, OperatorId, PersonId, ProfileId, ReaderId, Role
from lockplate.wiring.desk import open_ring
from lockplate.wiring.founding import NewOperator, found_operator
from lockplate.wiring.layout import NODE_RING, Layout
from lockplate.wiring.node import load_node_kek
from lockplate.wiring.registries import build_registries

CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PLATE = "7LOC842"
CITY = OperatorId("oakmont")
ROLES = {
    "officer.lind": Role.OFFICER,
    "sergeant.vale": Role.SUPERVISOR,
    "auditor.roe": Role.AUDITOR,
    "admin.poe": Role.ADMINISTRATOR,
}
READY_SECONDS = 60

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"NO BROWSER: {CHROMIUM} is absent, the pages were not tried"),
]


@dataclass
class Server:
    """A running `lockplate serve`."""

    url: str
    password: str


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("pages") / "home"
    settings = Settings(home=home, kek_file=home.parent / "home.kek")
    password = secrets.token_urlsafe(12)
    city = NewOperator(
        operator=CITY, profile=ProfileId("us-ca"), name="City of Oakmont readers", zone="America/Los_Angeles"
    )
    found_operator(settings, SystemClock(), city)
    reader_key = furnish(settings, password)
    command = [Path(sys.executable).parent / "lockplate", "serve", "--home", str(home), "--port", str(free_port())]
    with (home.parent / "server.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        url = f"http://127.0.0.1:{command[-1]}"
        wait_for(url, process)
        send_reads(url, reader_key)
        yield Server(url, password)
    finally:
        process.send_signal(signal.SIGTERM)
        assert 0 == process.wait(timeout=READY_SECONDS)


def furnish(settings: Settings, password: str) -> str:
    """Add people and a reader to a node that is not running, through its registry alone; return the reader's key."""
    clock = SystemClock()
    ring = open_ring(settings.home, NODE_RING, load_node_kek(settings))
    engine = open_database(Layout(settings.home).registry)
    try:
        registries = build_registries(engine, ColumnSealer(ring, clock), no_operator_sealer(), clock)
        for name, role in ROLES.items():
            registries.people.add(
                PersonId(name),
                agency=AgencyId(CITY),
                display_name=name,
                roles=frozenset({role}),
                password=password,
            )
        bridge = NewReader(reader=ReaderId("bridge-east"), operator=CITY, name="Mill Bridge east", place="Mill Bridge")
        return registries.readers.add(bridge)[1]
    finally:
        close_database(engine)
        ring.close()


def no_operator_sealer() -> SealerOf:
    def sealer_of(operator: OperatorId) -> ColumnSealer:
        raise AssertionError(f"nothing of {operator} is sealed here")

    return sealer_of


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server stopped"
        try:
            if httpx.get(f"{url}/health", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")


def send_reads(url: str, key: str) -> None:
    """Send what a reader saw: the plate, a look-alike of it, and others, over the last days."""
    now = datetime.now(UTC)
    seen = [(PLATE, timedelta(hours=3)), ("7L0C842", timedelta(hours=2)), ("4QXR119", timedelta(hours=1))]
    seen += [(f"3ABC{number:03}", timedelta(days=1 + number % 3)) for number in range(60)]
    lines = [
        {
            "plate": plate,
            "captured_at": format_time(now - ago),
            "reader": "bridge-east",
            "confidence": 93.1,
            "confidence_scale": "0-100",
            "make": "Toyota",
            "color": "blue",
            "direction": "east",
        }
        for plate, ago in seen
    ]
    body = b"\n".join(msgspec.json.encode(line) for line in lines)
    headers = {"x-reader-key": key, "content-type": "application/x-ndjson"}
    answer = httpx.post(f"{url}/v1/reads", content=body, headers=headers, trust_env=False)
    assert (200, len(lines)) == (answer.status_code, answer.json()["accepted"]), answer.text


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=CHROMIUM_ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """Return a page without script: everything has to work that way."""
    context = browser.new_context(
        base_url=server.url, java_script_enabled=False, viewport={"width": 1440, "height": 900}
    )
    yield context.new_page()
    context.close()


def sign_in(page: Page, server: Server, name: str) -> None:
    page.goto("/app")
    expect(page.get_by_role("heading", name="Before you sign in")).to_be_visible()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(server.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()


def fill_question(page: Page, *, purpose: str = "Felony investigation", reason: str = "robbery at a station") -> None:
    page.goto("/app/ask")
    page.get_by_label("Plate", exact=True).fill(PLATE)
    page.get_by_label("Purpose").select_option(label=purpose)
    page.get_by_label("Offense").select_option(label="Felony")
    page.get_by_label("Legal basis").select_option(label="Probable cause")
    page.get_by_label("Case or call number").fill("26-01542")
    page.get_by_label("Reason, in your words").fill(reason)


def ask(page: Page) -> None:
    page.get_by_role("button", name="Ask, and put it on record").click()


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


def test_a_question_from_asking_to_the_auditor(page: Page, server: Server, tmp_path: Path) -> None:
    """Asked and answered; denied with its cite; waiting, approved, taken up; and every step is a record."""
    sign_in(page, server, "officer.lind")
    look(page, "ask")
    fill_question(page)
    page.get_by_role("button", name="What would the gate say?").click()
    expect(page.get_by_text("Nothing was opened and nothing was recorded.")).to_be_visible()
    look(page, "preview")
    ask(page)
    expect(page.get_by_role("heading", name=f"2 reads of {PLATE}")).to_be_visible()
    expect(page.get_by_text("Character 3: asked O, read 0.")).to_be_visible()
    expect(page.locator(".plate mark")).to_have_text("0")
    assert PLATE not in page.url
    look(page, "answer")

    fill_question(page, purpose="Immigration")
    ask(page)
    expect(page.get_by_role("heading", name="Denied", exact=True)).to_be_visible()
    expect(page.get_by_text("Cal. Gov. Code 7284.6(a)(1)").first).to_be_visible()
    look(page, "denied")

    fill_question(page, reason="asked for by ICE")
    ask(page)
    expect(page.get_by_role("heading", name="A second person looks at this first")).to_be_visible()
    look(page, "pending")
    page.get_by_role("link", name="See what waits").click()
    expect(page.get_by_role("heading", name="Yours, not decided yet")).to_be_visible()
    sign_out(page)

    sign_in(page, server, "sergeant.vale")
    page.get_by_role("link", name="Waiting").click()
    look(page, "waiting")
    page.get_by_role("link", name="Look at it").click()
    expect(page.get_by_text("asked for by ICE")).to_be_visible()
    expect(page.get_by_text("Found: ice")).to_be_visible()
    look(page, "decision")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Approved", exact=True)).to_be_visible()
    sign_out(page)

    sign_in(page, server, "officer.lind")
    page.get_by_role("link", name="Waiting").click()
    page.get_by_role("link", name="Take it up").click()
    page.get_by_role("button", name="Ask it now").click()
    expect(page.get_by_role("heading", name=f"2 reads of {PLATE}")).to_be_visible()
    sign_out(page)

    sign_in(page, server, "auditor.roe")
    rows = page.get_by_role("row")
    for action in ("Question, answered", "Question, denied", "Question, sent to a second person",
                   "Question, decided by a second person", "Sign in"):  # fmt: skip
        expect(rows.filter(has_text=action).first).to_be_visible()
    assert 2 == rows.filter(has_text="Question, answered").count()
    look(page, "records")
    page.get_by_label("Action").select_option(label="Question, denied")
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("row").filter(has_text="floor-purpose-immigration").get_by_role("link").click()
    expect(page.get_by_text(PLATE)).to_have_count(0)
    look(page, "record")
    with page.expect_download() as downloading:
        page.get_by_role("link", name=re.compile("Download")).click()
    proof = tmp_path / "record.tlog-proof"
    downloading.value.save_as(proof)
    vkey = httpx.get(f"{server.url}/log/{CITY}/vkey", trust_env=False).text.strip()
    assert b'"question:denied"' in open_proof(proof.read_text(encoding="utf-8"), vkey).entry
    page.get_by_role("button", name="Open them, and put that on record").click()
    expect(page.locator(".plate")).to_have_text(PLATE)
    look(page, "details")
    sign_out(page)


def test_the_other_pages(page: Page, server: Server) -> None:
    """Anyone reads the public page; an administrator sees readers; who may not is told why; a stranger signs in."""
    page.goto("/")
    expect(page.get_by_text("Not verified by a person.")).to_be_visible()
    expect(page.get_by_text("No question is answered to enforce immigration law.").first).to_be_visible()
    look(page, "public")
    page.goto("/app/records")
    expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
    look(page, "sign-in")
    page.get_by_label("Name").fill("nobody.here")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("The name or the password is not right")
    sign_in(page, server, "admin.poe")
    expect(page.get_by_role("row").filter(has_text="Mill Bridge east")).to_contain_text("Too little history yet")
    look(page, "readers")
    page.goto("/app/records")
    expect(page.get_by_text("floor-administrator-reads-no-records")).to_be_visible()
    look(page, "forbidden")
    page.goto("/app/nowhere")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()


def test_the_keyboard_alone_is_enough(page: Page, server: Server) -> None:
    """From the skip link through the form to the button, with Tab and Enter; focus can be seen."""
    sign_in(page, server, "officer.lind")
    page.goto("/app/ask")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the page")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Plate", exact=True)).to_be_focused()
    outline = page.get_by_label("Plate", exact=True).evaluate("field => getComputedStyle(field).outlineWidth")
    assert "3px" == outline
    page.keyboard.type(PLATE)
    for _ in range(60):  # a date field alone has seven stops
        page.keyboard.press("Tab")
        if page.get_by_role("button", name="Ask, and put it on record").evaluate("b => b === document.activeElement"):
            break
    else:
        raise AssertionError("Tab does not reach the button")
