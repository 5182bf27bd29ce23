"""A visitor checks a log in the browser: real servers on one address, honest and otherwise, and a real browser's memory.

Each dishonest log is a real one: an older copy of the node, a copy that went another way with the same signing key, a
node with a changed file, a node founded anew. Set LOCKPLATE_SHOTS to a folder to keep pictures of every state.
"""

import json
import os
import re
import shutil
import sqlite3
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from lockplate.checkpoint import Checkpoint, verify_checkpoint
from lockplate.errors import NotFound
from lockplate.merkle import verify_consistency
from lockplate.web.pages.rendering import CHECK_SCRIPT, static_file
from running import Home, Server, free_port

CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE_MS = 30_000

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"NO BROWSER: {CHROMIUM} is absent, the check was not tried"),
]


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    try:
        static_file(CHECK_SCRIPT)
    except NotFound:
        pytest.skip("NO SCRIPT: islands/ was not built (make islands), the check in the browser was not tried")


@pytest.fixture(scope="module")
def launch() -> Iterator[Callable[..., Browser]]:
    """Launch browsers, with more arguments where a test needs a lesser one."""
    with sync_playwright() as playwright:
        opened: list[Browser] = []

        def launched(*arguments: str) -> Browser:
            opened.append(playwright.chromium.launch(executable_path=CHROMIUM, args=[*CHROMIUM_ARGUMENTS, *arguments]))
            return opened[-1]

        yield launched
        for one in opened:
            one.close()


@pytest.fixture(scope="module")
def browser(launch: Callable[..., Browser]) -> Browser:
    return launch()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return a page of a new visitor, whose faults are faults of the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    yield page
    context.close()
    assert [] == faults


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A founded node with 300 records, more than one full tile; it is never served itself, only copies of it."""
    home = founded(tmp_path_factory.mktemp("node"))
    with home.serve() as server:
        grow(server, 300, "first")
    return home


@pytest.fixture
def copied(node: Home, tmp_path: Path) -> Any:
    """Make copies of the node: the same history so far, the same signing key."""
    return lambda name, of=node: Home(shutil.copytree(of.folder, tmp_path / name, symlinks=True))


@pytest.fixture(scope="module")
def port() -> int:
    """The one address that every server of these tests has: what the browser remembers belongs to it."""
    return free_port()


def founded(folder: Path) -> Home:
    folder.mkdir(exist_ok=True)
    home = Home(folder)
    assert 0 == home.run("init", "--operator", "oakmont", "--profile", "us-ca").returncode
    return home


def asked(server: Server, command: str, **fields: Any) -> Any:
    with server.client(authorization=f"Bearer {server.run_token}") as client:
        answer = client.post(f"/v1/{command}", json=fields)
    assert 200 == answer.status_code, answer.text
    return answer.json()


def grow(server: Server, count: int, name: str) -> int:
    """Add records, publish them, and return the size."""
    with server.client(authorization=f"Bearer {server.run_token}") as client:
        for number in range(count):
            fields = {"agency": f"{name}-{number}", "name": f"{name} {number}", "kind": "municipal", "state": "CA"}
            assert 200 == client.post("/v1/agency/add", json=fields).status_code
    return size_of(asked(server, "log/checkpoint", operator="oakmont"))


def size_of(told: dict[str, Any]) -> int:
    return verify_checkpoint(told["note"], told["vkey"]).size


def receipt_of(server: Server, index: int) -> str:
    return str(asked(server, "log/prove", operator="oakmont", index=index)["proof"])


def part(page: Page, name: str) -> Locator:
    return page.locator(f'[data-check="{name}"]')


def visited(page: Page, server: Server) -> Locator:
    """Open the public page and return what the check says once it is through."""
    page.goto(server.url)
    says = part(page, "says")
    expect(says).not_to_contain_text("Checking", timeout=PATIENCE_MS)
    expect(says).not_to_contain_text("Nothing was checked", timeout=PATIENCE_MS)
    return says


def judged(page: Page, receipt: str) -> Locator:
    if not part(page, "receipt").is_visible():
        page.get_by_text("Check a receipt", exact=True).click()
    page.get_by_label("Paste a receipt").fill(receipt)
    page.get_by_role("button", name="Check the receipt").click()
    says = part(page, "receipt-says")
    expect(says).not_to_have_text("")
    expect(says).not_to_contain_text("Checking", timeout=PATIENCE_MS)
    return says


def saved(page: Page, server: Server, folder: Path) -> tuple[str, list[Checkpoint], list[bytes]]:
    """Save the evidence; return what it says, its two checkpoints once their signatures hold, and the hashes after."""
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Save both signed checkpoints").click()
    downloading.value.save_as(folder / "evidence.txt")
    told, *parts = (folder / "evidence.txt").read_text().split("\n----\n\n")
    vkey = httpx_text(server, "/log/oakmont/vkey").strip()
    assert vkey in told
    hashes = [b64decode(line) for line in "".join(parts[2:]).splitlines() if re.fullmatch(r"[A-Za-z0-9+/]{43}=", line)]
    return told, [verify_checkpoint(note, vkey) for note in parts[:2]], hashes


def memory(page: Page) -> dict[str, str]:
    return dict(page.evaluate("Object.entries(localStorage)"))


def look(page: Page, name: str) -> None:
    """Check that nothing hangs over the side from 360 px to wide; keep pictures when asked to."""
    folder = os.environ.get("LOCKPLATE_SHOTS")
    for width in (360, 390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is too wide at {width} px"
        for scheme in ("light", "dark") if folder and width != 360 else ():
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.locator(".log-check").screenshot(path=Path(str(folder)) / f"{name}-{width}-{scheme}.png")
    page.emulate_media(color_scheme="light")


def test_a_log_that_grows_from_visit_to_visit(page: Page, copied: Any, port: int) -> None:
    """First visit; the same again; grown over the edge of a tile; what is remembered is key, checkpoint and times."""
    requests: list[tuple[str, str]] = []
    page.on("request", lambda request: requests.append((request.method, request.url)))
    with copied("home").serve(port=port) as server:
        first = grow(server, 3, "second")
        says = visited(page, server)
        expect(says).to_contain_text(f"A first visit: it is signed, and holds {first} records.")
        expect(part(page, "head")).to_contain_text(f"Checked: {first} records, root ")
        look(page, "first-visit")

        expect(visited(page, server)).to_contain_text("with all that you saw before")
        expect(part(page, "lines")).to_contain_text("Nothing was added since.")

        grown = grow(server, 250, "third")
        expect(visited(page, server)).to_contain_text(f"holds {grown} records, with all that you saw before")
        expect(part(page, "lines")).to_contain_text(f"{first} records, is still there, unchanged and in the same order. 250 records came after them.")  # fmt: skip
        look(page, "grown")
        note, vkey = (httpx_text(server, f"/log/oakmont/{name}") for name in ("checkpoint", "vkey"))

    (kept,) = memory(page).values()
    assert {"key", "isGiven", "since", "note", "seen"} == json.loads(kept).keys()
    assert (vkey.strip(), note) == (json.loads(kept)["key"], json.loads(kept)["note"])
    assert {"GET"} == {method for method, _ in requests}
    assert any("/tile/" in url for _, url in requests)


def httpx_text(server: Server, path: str) -> str:
    with server.client() as client:
        return client.get(path).text


def test_a_log_that_was_rolled_back(page: Page, copied: Any, port: int, tmp_path: Path) -> None:
    """An older copy of the node is served: loud, on every visit; what the two checkpoints do not prove is not claimed."""
    old = copied("old")
    with copied("home").serve(port=port) as server:
        seen = grow(server, 5, "second")
        visited(page, server)
    remembered = memory(page)

    with old.serve(port=port) as server:
        for _ in range(2):
            says = visited(page, server)
            expect(says).to_have_role("alert")
            expect(says).to_have_text(
                "Something is wrong with this log. The log was rolled back. Records that were there are gone."
            )
            expect(part(page, "lines")).to_contain_text(f"it had {seen} records; now it shows {seen - 5} records.")
            assert remembered == memory(page)
        look(page, "rolled-back")
        expect(part(page, "advice")).to_contain_text("To others the two do not prove much yet")
        told, notes, proof = saved(page, server, tmp_path)
    assert "Only who saw them can say in which order." in told
    assert [seen, seen - 5] == [note.size for note in notes]
    assert [] == proof


def test_a_log_that_was_rewritten(page: Page, copied: Any, port: int, tmp_path: Path) -> None:
    """A copy of the node that went another way, with the same signing key: larger or as large, it is a fork.

    What is saved proves it to whoever has the key: the later root goes on from another root of the same size.
    """
    fork = copied("fork")
    with copied("home").serve(port=port) as server:
        seen = grow(server, 5, "second")
        receipt = receipt_of(server, seen - 1)
        common = receipt_of(server, 7)
        visited(page, server)
    remembered = memory(page)

    with fork.serve(port=port) as server:
        for more in (5, 40):
            now = grow(server, more, f"other{more}")
            expect(visited(page, server)).to_contain_text(
                "The log was rewritten. It no longer begins with the records that were there."
            )
            expect(part(page, "save")).to_be_visible()
            expect(part(page, "lines")).to_contain_text(f"now it shows {now} records")
            told, (first, later), (instead, *path) = saved(page, server, tmp_path)
            assert "a log that is never changed cannot have signed both" in told
            assert (seen, now) == (first.size, later.size)
            assert later.root == verify_consistency(seen, instead, now, later.root, path)
            assert instead != first.root
        expect(part(page, "advice")).to_contain_text("they prove to anyone that the log was not kept as it must be")
        look(page, "rewritten")
        for text in (receipt, common):
            expect(judged(page, text)).to_contain_text("The receipt is good; the log is not. The log was rewritten.")
        look(page, "receipt-of-before-the-fork")
    assert remembered == memory(page)


def test_a_piece_of_the_tree_that_was_altered(page: Page, copied: Any, port: int) -> None:
    """One byte of one full tile in the node's file: the older records cannot be shown to be there, and that is said."""
    home = copied("home")
    with home.serve(port=port) as server:
        visited(page, server)
        grow(server, 300, "second")
    with sqlite3.connect(home.path / "evidence" / "oakmont" / "log.db") as database:
        (tile,) = database.execute("SELECT hashes FROM tile WHERE level = 0 AND number = 1").fetchone()
        altered = tile[:-1] + bytes([tile[-1] ^ 1])
        database.execute("UPDATE tile SET hashes = ? WHERE level = 0 AND number = 1", (altered,))
    database.close()

    with home.serve(port=port) as server:
        says = visited(page, server)
        expect(says).to_contain_text("It cannot be shown that older records are still there")
        expect(says).to_have_role("alert")
        expect(part(page, "save")).to_be_hidden()
        look(page, "altered-piece")


def test_receipts(page: Page, copied: Any, port: int, tmp_path: Path) -> None:
    """Good, from the field and from a file; altered; of another log; newer than the log; nothing; and none is sent."""
    old, home, other = copied("old"), copied("home"), founded(tmp_path / "other")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(f"{request.method} {request.url} {request.post_data or ''}"))
    with other.serve() as elsewhere:
        grow(elsewhere, 3, "other")
        foreign = receipt_of(elsewhere, 0)
    with home.serve(port=port) as server:
        size = grow(server, 3, "second")
        newest = receipt_of(server, size - 1)
        visited(page, server)
        expect(judged(page, receipt_of(server, 20))).to_contain_text(
            "This receipt is good: its record is in the log, at place 20, counted from 0."
        )
        expect(part(page, "record")).to_contain_text("agency")
        expect(part(page, "receipt-lines")).to_contain_text("It still holds this record, unchanged")
        look(page, "receipt")

        grown = grow(server, 2, "third")
        file = tmp_path / "record.tlog-proof"
        file.write_text(receipt_of(server, grown - 1))
        page.get_by_label("Or open its file").set_input_files(file)
        expect(part(page, "receipt-says")).to_contain_text(f"at place {grown - 1}, counted from 0.")

        for text, says in (
            (newest.replace("\nindex ", "\nindex 1"), "The record in it is not the one that was signed."),
            (newest.replace(f"\n{size}\n", f"\n{size + 1}\n"), "Its signature does not hold."),
            (foreign, "It is not signed with the key that this browser trusts for this log."),
            (newest[:200], "This text is not a whole receipt."),
            ("hello", "This text is not a whole receipt."),
        ):
            expect(judged(page, text)).to_contain_text(f"Do not rely on this receipt. {says}")
            expect(part(page, "record")).to_be_empty()
        look(page, "receipt-refused")
        expect(judged(page, "  ")).to_contain_text("There is no receipt here yet.")
        expect(judged(page, "\n" + newest.replace("\n", "\r\n") + "\n\n")).to_contain_text("This receipt is good")

    with old.serve(port=port) as server:
        visited(page, server)
        expect(judged(page, newest)).to_contain_text("The receipt is good; the log is not. The log was rolled back.")
    assert {"GET"} == {request.split(" ")[0] for request in requests}
    assert not any("tlog-proof" in request or "extra" in request for request in requests)
    assert not any("tlog-proof" in value for value in memory(page).values())


def test_a_key_that_changes_and_a_key_from_elsewhere(page: Page, copied: Any, port: int, tmp_path: Path) -> None:
    """Another key is loud and judged by the old one; a visitor's own key rules; forgetting starts afresh."""
    anew = founded(tmp_path / "anew")
    with copied("home").serve(port=port) as server:
        visited(page, server)
        true_key = httpx_text(server, "/log/oakmont/vkey").strip()
    with anew.serve(port=port) as server:
        new_key = httpx_text(server, "/log/oakmont/vkey").strip()
        says = visited(page, server)
        expect(says).to_contain_text("Something is wrong with this log. The key changed.")
        expect(part(page, "lines")).to_contain_text(f"It now shows {new_key}.")
        expect(part(page, "lines")).to_contain_text(
            "The newest checkpoint is not signed with the key that this browser trusts"
        )
        look(page, "key-changed")

        page.get_by_text("The key you trust, and what your browser remembers").click()
        expect(part(page, "kept-key")).to_have_text(true_key)
        field = page.get_by_label("The log's key, from elsewhere")
        field.fill(new_key[:-3])
        page.get_by_role("button", name="Judge by this key").click()
        expect(part(page, "key-says")).to_contain_text("This is no log's key.")
        expect(field).to_have_attribute("aria-invalid", "true")
        look(page, "no-key")

        field.fill(new_key)
        page.get_by_role("button", name="Judge by this key").click()
        expect(part(page, "key-says")).to_contain_text("It is the key that the server shows.")
        expect(part(page, "lines")).to_contain_text("The server shows the key that you gave on")
        expect(says).to_contain_text("The log was rolled back.")

        field.fill(true_key)
        page.get_by_role("button", name="Judge by this key").click()
        expect(part(page, "key-says")).to_contain_text("It is another key than the server shows.")
        expect(says).to_contain_text("The key changed. The server shows another key than the one that you gave")

        page.get_by_role("button", name="Forget what is remembered of this log").click()
        expect(says).to_contain_text("A first visit")
        assert new_key in str(memory(page).values())


def test_without_script(browser: Browser, copied: Any, port: int) -> None:
    """The page says that nothing was checked, offers no control that does nothing, and shows the other way."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 900})
    page = context.new_page()
    with copied("home").serve(port=port) as server:
        page.goto(server.url)
        expect(part(page, "says")).to_contain_text("Nothing was checked: the check needs script")
        for name in ("again", "prove", "receipt", "trust", "save"):
            expect(part(page, name)).to_be_hidden()
        expect(page.get_by_text("lockplate log verify checkpoint --key vkey")).to_be_visible()
        page.get_by_text("What this check can show, and what it cannot").click()
        expect(page.get_by_text("a server that lies could send a script that always says yes")).to_be_visible()
    context.close()


def test_a_server_that_stops_answering(page: Page, copied: Any, port: int) -> None:
    """Silence is neither good nor bad: it is said, and nothing is remembered anew; later it can be checked again."""
    home = copied("home")
    with home.serve(port=port) as server:
        visited(page, server)
        receipt = receipt_of(server, 3)
    remembered = memory(page)
    page.get_by_role("button", name="Check again").click()
    says = part(page, "says")
    expect(says).to_have_text("Not everything could be checked.")
    expect(part(page, "lines")).to_contain_text("Nothing is shown to be wrong, and nothing to be right.")
    expect(judged(page, receipt)).to_have_text("The receipt is good. The log as it is now could not be looked at.")
    look(page, "silent")
    assert remembered == memory(page)

    with home.serve(port=port):
        page.get_by_role("button", name="Check again").click()
        expect(says).to_contain_text("Nothing speaks against this log")


def test_over_plain_http_from_elsewhere(launch: Callable[..., Browser], copied: Any, port: int) -> None:
    """A page that is no secure context has no cryptography; it says so and checks nothing."""
    page = launch("--host-resolver-rules=MAP oakmont.example 127.0.0.1").new_page()
    with copied("home").serve(port=port):
        page.goto(f"http://oakmont.example:{port}")
        expect(part(page, "says")).to_contain_text("only to pages that came over HTTPS, or from this machine")
        expect(part(page, "again")).to_be_hidden()
        assert {} == memory(page)


def test_a_browser_without_ed25519(page: Page, copied: Any, port: int) -> None:
    """A browser that lacks this kind of signature, as older ones answer, says so; it is not taken for a bad signature."""
    page.add_init_script(
        "const real = crypto.subtle.importKey.bind(crypto.subtle);"
        "crypto.subtle.importKey = async (form, bytes, kind, ...rest) => {"
        "  if (kind === 'Ed25519') throw new DOMException('Algorithm: Unrecognized name', 'NotSupportedError');"
        "  return real(form, bytes, kind, ...rest); };"
    )
    with copied("home").serve(port=port) as server:
        says = visited(page, server)
        expect(says).to_contain_text("This browser cannot check Ed25519 signatures.")
        assert {} == memory(page)


def test_a_browser_that_keeps_nothing(page: Page, copied: Any, port: int) -> None:
    """Where storage is shut the check still runs, and says that each visit is a first one; no key is promised to be kept."""
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('shut', 'SecurityError'); } });")  # fmt: skip
    with copied("home").serve(port=port) as server:
        expect(visited(page, server)).to_contain_text("Not everything could be checked.")
        expect(part(page, "lines")).to_contain_text(
            "This browser keeps nothing for this page, so each visit is a first one."
        )
        page.get_by_text("The key you trust, and what your browser remembers").click()
        page.get_by_label("The log's key, from elsewhere").fill(httpx_text(server, "/log/oakmont/vkey").strip())
        page.get_by_role("button", name="Judge by this key").click()
        expect(part(page, "key-says")).to_contain_text("This browser keeps nothing for this page, not even a key.")


def test_by_keyboard_and_by_ear(page: Page, copied: Any, port: int) -> None:
    """Every control is reached with Tab and worked with Enter; findings are announced; each field has its name."""
    with copied("home").serve(port=port) as server:
        receipt = receipt_of(server, 3)
        expect(visited(page, server)).to_have_role("status")
        part(page, "again").focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.get_by_label("Paste a receipt")).to_be_focused()
        page.keyboard.insert_text(receipt)
        page.keyboard.press("Tab")
        expect(page.get_by_label("Or open its file")).to_be_focused()
        page.keyboard.press("Tab")
        expect(part(page, "prove")).to_be_focused()
        page.keyboard.press("Enter")
        says = part(page, "receipt-says")
        expect(says).to_contain_text("This receipt is good")
        expect(says).to_have_role("status")
        expect(part(page, "prove")).to_be_focused()
