"""A witness as its keeper runs it: asked by many at once, killed, started twice, robbed of its state, read in a browser."""

import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from lockplate.cosigning.cosignature import COSIGNER_KINDS, cosignatures
from lockplate.note import parse_lines, parse_note, parse_vkey
from witnessed import PATIENCE, Keeper, PlainLog, RunningWitness

LOG = PlainLog()
ROUNDS = 6
CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper:
    made = Keeper(tmp_path)
    made.found(LOG.vkey)
    return made


def ask_until_killed(server: RunningWitness, size: int, acknowledged: list[tuple[int, str]]) -> None:
    """Let the log grow one record at a time, and note each answer, until the witness is gone."""
    while True:
        try:
            answer = server.ask(LOG.body(size, size + 1))
        except httpx.TransportError:
            return
        if answer.status_code == 200:
            size += 1
            acknowledged.append((size, answer.text))
        elif answer.status_code == 409:
            size = int(answer.text)
        else:
            raise AssertionError(answer.text)


def test_nothing_acknowledged_is_lost_by_kill_9(keeper):
    """Killed at random moments and started again: the state is never behind an answer, and no answer contradicts another."""
    moments = random.Random(20261124)
    acknowledged: list[tuple[int, str]] = []
    for _ in range(ROUNDS):
        server = keeper.start()
        asking = threading.Thread(target=ask_until_killed, args=(server, keeper.size(), acknowledged))
        asking.start()
        time.sleep(moments.uniform(0.2, 1.0))
        server.kill()
        asking.join()
        assert keeper.size() >= max((size for size, _ in acknowledged), default=0)
    with keeper.files.open_state() as state:
        keys = [parse_vkey(vkey, COSIGNER_KINDS) for vkey in state.vkeys()]
    times = []
    for size, lines in acknowledged:
        found = cosignatures(parse_note(LOG.note(size)).with_lines(parse_lines(lines)), keys)
        assert 2 == len(found)
        times.append(found[0].at)
    assert sorted(times) == times
    assert sorted({size for size, _ in acknowledged}) == [size for size, _ in acknowledged]
    assert [] == keeper.evidence()
    assert len(acknowledged) > ROUNDS, "the log hardly asked, so the kills proved nothing"


def test_two_servers_over_one_state_never_sign_apart(keeper):
    """Started twice by mistake, and asked both at once from the same size: one answer, and the other is told its size."""
    with keeper.serve() as one, keeper.serve() as other, ThreadPoolExecutor(8) as asking:
        size = 1
        assert 200 == one.ask(LOG.body(0, size)).status_code
        for _ in range(10):
            wanted = [(server, size, size + step) for step in (1, 2, 3, 4) for server in (one, other)]
            answers = list(asking.map(lambda ask: ask[0].ask(LOG.body(*ask[1:])), wanted))
            won = {new for (_, _, new), answer in zip(wanted, answers, strict=True) if answer.status_code == 200}
            assert [200] + [409] * 7 == sorted(answer.status_code for answer in answers)
            (size,) = won
            assert {f"{size}\n"} == {answer.text for answer in answers if answer.status_code == 409}
            assert size == keeper.size()


def test_a_lost_state_is_never_served_anew(keeper):
    """The server that runs refuses to answer, and none starts."""
    with keeper.serve() as server:
        assert 200 == server.ask(LOG.body(0, 7)).status_code
    keeper.database.unlink()
    with pytest.raises(AssertionError, match="witness_state_lost"):
        keeper.start()
    assert not keeper.database.exists()


def test_a_log_that_is_added_while_it_runs_is_watched_at_once(keeper):
    """No restart is needed, and none is told."""
    other = PlainLog(origin="lockplate.example/farfield")
    with keeper.serve() as server:
        assert 404 == server.ask(other.body(0, 7)).status_code
        keeper.watch(other.vkey)
        assert 200 == server.ask(other.body(0, 7)).status_code


def test_it_stops_when_it_is_told_to(keeper):
    """With exit code 0, and what it answered is there."""
    with keeper.serve() as server:
        assert 200 == server.ask(LOG.body(0, 7)).status_code
        assert 0 == server.stop()
        assert "on disk" in server.output.read_text()
    assert 7 == keeper.size()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"NO BROWSER: {CHROMIUM} is absent, the page was not tried")
def test_a_clerk_reads_what_it_has_seen(keeper, chromium):
    """On a telephone and on a desk, by keyboard, light and dark: nothing over the side, and a fork cannot be missed."""
    with keeper.serve() as server:
        for width, scheme in ((390, "light"), (1440, "dark")):
            page = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
            problems: list[str] = []
            page.on("console", lambda message, told=problems: told.append(message.text))
            page.goto(server.url)
            expect(page.get_by_role("heading", level=1)).to_have_count(1)
            expect(page.get_by_role("heading", level=2).first).to_contain_text(LOG.origin)
            page.keyboard.press("Tab")
            expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
            page.get_by_text("The key, ").click()  # opened, the long key must fit too
            assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
            assert [] == problems
            page.context.close()
        page = chromium.new_page()
        page.goto(server.url)
        expect(page.get_by_role("alert")).to_have_count(0)
        server.ask(LOG.body(0, 7))
        server.ask(LOG.told("false").body(7, 7))
        page.reload()
        expect(page.get_by_role("alert")).to_contain_text(f"A log signed two histories: {LOG.origin}")
        assert page.title().startswith("Two histories")
        page.close()


def test_the_measure_still_runs(tmp_path):
    """The figures of decision 0019 can be taken again."""
    script = Path(__file__).parents[1] / "bench" / "witness.py"
    command = [sys.executable, str(script), "--rounds", "3", "--folder", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE)
    told = json.loads(done.stdout)
    assert {"decisions", "http_one", "http_eight"} == told.keys()
    assert all(figures["per_second"] > 0 and figures["p50_ms"] > 0 for figures in told.values())
