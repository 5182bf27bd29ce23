"""Receipts as people get and check them: an officer who was denied, an auditor, a resident; offline, by command and in a browser."""

import base64
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from lockplate.access import parse_leaf
from lockplate.cosigning.cosignature import Cosigner
from lockplate.evidence.proof_file import open_proof
from lockplate.terms import AgencyId, PersonId, Role
from printed import agrees, run, steps_of
from running import COMMAND, Home, Server, lookup_words
from witnessed import Keeper

DOCS = Path(__file__).resolve().parents[2] / "docs"
STEPS = tuple(steps_of((DOCS / "receipts.md").read_text(encoding="utf-8")))
CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
NOW = datetime.now(UTC).replace(microsecond=0)
START, END = ((NOW + timedelta(hours=hours)).isoformat() for hours in (-6, 1))
PLATE = "7RCP842"
SECRETS = (PLATE, "4HOT119", "26-0815")
PATIENCE = 240.0
"""Seconds until a process is given up; a busy machine is slow."""
PASSWORD = secrets.token_urlsafe(12)
REFUSING_SOCKETS = """
import socket, sys

def refuse(*_, **__):
    raise AssertionError("a socket was opened")

socket.socket.__init__ = socket.create_connection = socket.getaddrinfo = refuse
from lockplate.cli.main import main
sys.argv[0] = "lockplate"
main()
"""


@pytest.fixture(scope="module")
def node(home: Home) -> Home:
    """A node with people who can sign in, one read of a listed plate and one of another."""
    home.json("init", "--operator", "oakmont", "--profile", "us-ca", "--name", "City of Oakmont readers")
    with home.registries() as registries:
        for name, role in (("lind", Role.OFFICER), ("vale", Role.SUPERVISOR), ("roe", Role.AUDITOR)):
            registries.people.add(
                PersonId(name),
                agency=AgencyId("oakmont"),
                display_name=name,
                roles=frozenset({role}),
                password=PASSWORD,
            )
    made = home.json(
        "hotlist", "add", "Stolen", "--category", "stolen_vehicle", "--source", "our desk", "--basis", "Veh. Code 10851"
    )  # fmt: skip
    home.json(
        "hotlist", "enter", "4HOT119", "--list", made["hot_list"]["list_id"], "--category", "stolen_vehicle",
        "--reason", "stolen", "--case", "26-1", "--until", (NOW + timedelta(hours=20)).isoformat(), "--as", "vale",
    )  # fmt: skip
    passed = {PLATE: START, "4HOT119": datetime.now(UTC).isoformat()}  # a hit is of a car that passes once it is listed
    lines = [{"plate": plate, "captured_at": at, "reader": "bridge"} for plate, at in passed.items()]
    (home.folder / "reads.ndjson").write_text("\n".join(json.dumps(line) for line in lines))
    assert 1 == home.json("ingest", "reads.ndjson")["hits"]
    (home.folder / "vkey").write_text(home.json("log", "checkpoint")["vkey"])
    return home


@pytest.fixture(scope="module")
def denied(node: Home) -> str:
    """The receipt of a question that was denied."""
    words = lookup_words(
        PLATE, "oakmont", "lind", START, END, "--on-behalf-of", "ice", "--receipt", "denied.tlog-proof"
    )
    told = node.run(*words)
    assert 3 == told.returncode, told.stderr
    assert "denied.tlog-proof" in told.stdout
    return "denied.tlog-proof"


@pytest.fixture(scope="module")
def answered(node: Home) -> str:
    """The receipt of an answer."""
    node.json(*lookup_words(PLATE, "oakmont", "lind", START, END, "--receipt", "answered.tlog-proof"))
    return "answered.tlog-proof"


@pytest.fixture(scope="module")
def shown(node: Home) -> dict[str, Any]:
    """The one hit that was shown; its receipt is `shown.tlog-proof`."""
    (hit,) = node.json("hits", "list", "--as", "lind", "--receipt", "shown.tlog-proof")["hits"]
    return dict(hit)


@pytest.fixture(scope="module")
def forgetful(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Any]:
    """A node that has forgotten all, with what it reported; its receipt is `gone.tlog-proof`."""
    home = Home(tmp_path_factory.mktemp("forgetful"))
    home.json("init", "--operator", "pine", "--profile", "us-ca")
    (home.folder / "reads.ndjson").write_text(json.dumps({"plate": PLATE, "captured_at": START, "reader": "bridge"}))
    home.json("ingest", "reads.ndjson")
    later = (NOW + timedelta(days=40)).isoformat()
    report = home.json("retention", "run", "--now", later, "--receipt", "gone.tlog-proof")
    (home.folder / "vkey").write_text(home.json("log", "checkpoint")["vkey"])
    return home, report


def verified(node: Home, file: str, *words: str) -> Any:
    """Return what a receipt proves, by the command."""
    return node.json("log", "verify", file, "--key", "vkey", *words)


# By command


def test_a_denied_question(node: Home, denied: str) -> None:
    """The file says who was denied, by which rules and for whom; it says no plate and no case."""
    told = verified(node, denied)

    assert ("question:denied", "lind", "ice", "denied") == tuple(
        told["record"][name] for name in ("action", "person", "on_behalf_of", "verdict")
    )
    assert "floor-behalf-immigration-enforcement" in [one["policy_id"] for one in told["policies"]]
    assert all(one["cite"] for one in told["policies"])
    assert told["policies_are_the_very_ones"]
    text = (node.folder / denied).read_text()
    words = node.run("log", "verify", denied, "--key", "vkey").stdout
    for secret in (PLATE, "26-0815"):
        assert secret not in text
        assert secret not in words


def test_a_shown_alert_and_what_was_found(node: Home, shown: dict[str, Any]) -> None:
    """That a hit was shown and what the person found: two receipts, neither with the plate."""
    node.json(
        "hits",
        "confirm",
        shown["hit_id"],
        "--found",
        "correct",
        "--source",
        "not_reached",
        "--as",
        "lind",
        "--receipt",
        "found.tlog-proof",
    )
    records = [verified(node, file)["record"] for file in ("shown.tlog-proof", "found.tlog-proof")]

    assert [("alert:shown", "lind"), ("hit:confirmation", "lind")] == [
        (one["action"], one["person"]) for one in records
    ]
    assert (shown["hit_id"], shown["hit_id"], "correct") == (
        records[0]["facts"]["hits"], records[1]["facts"]["hit"], records[1]["facts"]["found"]
    )  # fmt: skip
    words = node.run("log", "verify", "shown.tlog-proof", "--key", "vkey").stdout
    assert "a hit is not a stop" in words
    assert "4HOT119" not in words


def test_through_the_running_server(node: Home) -> None:
    """While the server owns the node: the same files, an answer's and a denial's; the exit codes stay."""
    with node.serve():
        answer = node.json(*lookup_words(PLATE, "oakmont", "lind", START, END, "--receipt", "served.tlog-proof"))
        refused = node.json("hits", "list", "--as", "roe", "--receipt", "refused.tlog-proof", code=3)

    (part,) = answer["operators"]
    assert part["outcome_index"] == verified(node, "served.tlog-proof")["index"]
    assert 1 == verified(node, "served.tlog-proof")["record"]["counts"]["reads"]
    assert (refused["record_index"], "roe") == (
        verified(node, "refused.tlog-proof")["index"], verified(node, "refused.tlog-proof")["record"]["person"]
    )  # fmt: skip


def test_which_plate_it_was(node: Home) -> None:
    """An auditor's opening shows the plate of a denial to whoever has the receipt, and of no other record."""
    node.run(*lookup_words(PLATE, "oakmont", "lind", START, END, "--case", "", "--receipt", "about.tlog-proof"))
    place = str(verified(node, "about.tlog-proof")["index"])
    made = node.json("record", "opening", place, "--operator", "oakmont", "--as", "roe", "--out", "opening.json")
    assert ["plate"] == made["names"]

    assert {"plate": PLATE} == verified(node, "about.tlog-proof", "--reveal", "opening.json")["revealed"]
    words = node.run("log", "verify", "about.tlog-proof", "--key", "vkey", "--reveal", "opening.json").stdout
    assert f"The plate as asked: {PLATE}" in words
    wrong = (node.folder / "opening.json").read_text().replace(PLATE, "7RCP843")
    (node.folder / "wrong.json").write_text(wrong)
    refused = node.json("log", "verify", "about.tlog-proof", "--key", "vkey", "--reveal", "wrong.json", code=1)
    assert "other_details" == refused["error"]


def test_a_quorum_on_the_receipt(node: Home, denied: str, tmp_path: Path) -> None:
    """A receipt written at once misses the verifier's quorum; after a witness of its own process cosigned, one holds."""
    keeper = Keeper(tmp_path)
    own = keeper.found((node.folder / "vkey").read_text())
    with keeper.serve() as witness:
        policy = f"witness clerk {own[0]} {witness.url}\nquorum clerk\n"
        (node.folder / "policy.txt").write_text(policy)
        refused = node.json("log", "verify", denied, "--key", "vkey", "--policy", "policy.txt", code=1)
        assert "no_quorum" == refused["error"]
        node.json("log", "policy", "--set", "policy.txt")
        node.json("log", "cosign")
    place = str(verified(node, denied)["index"])
    node.json("log", "prove", place, "--out", "cosigned.tlog-proof")

    told = verified(node, "cosigned.tlog-proof", "--policy", "policy.txt")
    assert (int(place), ["clerk"], "question:denied") == (told["index"], told["witnesses"], told["record"]["action"])
    assert any("enough witnesses cosigned" in one for one in told["proves"])


def test_forgetting_and_its_receipt(forgetful: tuple[Home, Any]) -> None:
    """A run of retention on a node of its own: the receipts say which hours' keys are gone, and what nobody can prove."""
    home, report = forgetful
    (part,) = report["operators"]
    assert ["gone.tlog-proof"] == report["receipts"]

    told = verified(home, "gone.tlog-proof")
    assert ("retention:receipt", "destroyed") == (told["record"]["action"], told["record"]["facts"]["step"])
    assert ([told["index"]], part["periods"]) == (part["completed"], told["record"]["facts"]["periods"])
    assert any("nobody can prove" in one for one in told["does_not_prove"])


# Offline


def bare() -> dict[str, str]:
    """An environment without a home, a node or a path."""
    return {name: os.environ[name] for name in ("LANG", "LD_LIBRARY_PATH") if name in os.environ}


def test_no_socket_is_opened(node: Home, denied: str) -> None:
    """With Python's sockets refused, without a home, in an empty folder: it verifies, and a changed file does not."""
    empty = node.folder / "empty"
    empty.mkdir()
    vkey = (node.folder / "vkey").read_text()
    words = [sys.executable, "-I", "-c", REFUSING_SOCKETS, "log", "verify", f"../{denied}", "--key", vkey]
    done = subprocess.run(words, cwd=empty, env=bare(), capture_output=True, text=True, timeout=PATIENCE, check=False)

    assert 0 == done.returncode, done.stderr
    assert done.stdout.startswith("Holds: record ")
    assert [] == list(empty.iterdir())


@pytest.fixture(scope="module")
def alone() -> tuple[str, ...]:
    """Words before a command that run it in a network namespace of its own, where nothing can be reached."""
    tool = shutil.which("unshare")
    if tool is None or 0 != subprocess.run([tool, "-n", "true"], capture_output=True, check=False).returncode:
        pytest.skip("NO NETWORK NAMESPACE: unshare -n is not allowed here (be root), `log verify` was not run in one")
    reaches = [tool, "-n", sys.executable, "-c", "import socket; socket.create_connection(('192.0.2.1', 80), 1)"]
    assert b"unreachable" in subprocess.run(reaches, capture_output=True, check=False).stderr
    return tool, "-n"


@pytest.mark.parametrize(
    ("file", "action"),
    [
        ("answered.tlog-proof", "question:outcome"),
        ("denied.tlog-proof", "question:denied"),
        ("shown.tlog-proof", "alert:shown"),
        ("gone.tlog-proof", "retention:receipt"),
    ],
)
@pytest.mark.usefixtures("answered", "denied", "shown")
def test_every_kind_holds_alone(
    node: Home, forgetful: tuple[Home, Any], alone: tuple[str, ...], tmp_path: Path, file: str, action: str
) -> None:
    """Answer, denial, alert, retention run: with the file and the key alone it verifies, names no plate; changed, not."""
    home = forgetful[0] if file == "gone.tlog-proof" else node
    for name in (file, "vkey"):
        shutil.copy(home.folder / name, tmp_path)

    def verify() -> "subprocess.CompletedProcess[str]":
        words = [*alone, *COMMAND, "log", "verify", file, "--key", "vkey", "--json"]
        return subprocess.run(
            words, cwd=tmp_path, env=bare(), capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    done = verify()
    assert 0 == done.returncode, done.stderr
    told = json.loads(done.stdout)
    assert action == told["record"]["action"]
    seen = [(tmp_path / file).read_text(), base64.b64decode(told["leaf"]).decode(), done.stdout]
    assert [] == [secret for secret in SECRETS for text in seen if secret in text]
    lines = seen[0].split("\n")
    lines[1] = lines[1][:40] + ("A" if lines[1][40] != "A" else "B") + lines[1][41:]
    (tmp_path / file).write_text("\n".join(lines))
    changed = verify()
    assert (1, "proof_invalid") == (changed.returncode, json.loads(changed.stdout)["error"]), changed.stderr
    assert {file, "vkey"} == {path.name for path in tmp_path.iterdir()}


# In a browser


@pytest.fixture
def pages(node: Home) -> Iterator[tuple[Page, Server]]:
    """A browser without script on the running server."""
    if not CHROMIUM.exists():
        pytest.skip(f"NO BROWSER: {CHROMIUM} is absent, the pages were not tried")
    with node.serve() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=CHROMIUM_ARGUMENTS)
        context = browser.new_context(base_url=server.url, java_script_enabled=False)
        yield context.new_page(), server
        browser.close()


@pytest.mark.browser
def test_a_denied_officer_takes_the_receipt_along(pages: tuple[Page, Server], node: Home, tmp_path: Path) -> None:
    """Signs in, asks, is denied, saves the receipt at once; a stranger fetches the same; the public page has those of forgetting."""
    page, server = pages
    page.goto("/app")
    page.get_by_label("Name").fill("lind")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.goto("/app/ask")
    page.get_by_label("Plate", exact=True).fill(PLATE)
    page.get_by_label("Purpose").select_option(label="Immigration")
    page.get_by_label("Offense").select_option(label="Felony")
    page.get_by_label("Legal basis").select_option(label="Probable cause")
    page.get_by_label("Case or call number").fill("26-0815")
    page.get_by_role("button", name="Ask, and put it on record").click()
    expect(page.get_by_role("heading", name="Denied", exact=True)).to_be_visible()
    link = page.get_by_role("link", name="Receipt", exact=True)
    with page.expect_download() as downloading:
        link.click()
    saved = tmp_path / downloading.value.suggested_filename
    downloading.value.save_as(saved)

    assert re.fullmatch(r"oakmont-\d+\.tlog-proof", saved.name)
    told = node.json("log", "verify", str(saved), "--key", "vkey")
    assert ("question:denied", "lind", "immigration") == tuple(
        told["record"][name] for name in ("action", "person", "purpose")
    )
    path = f"/log/oakmont/receipt/{told['index']}"
    assert path == link.get_attribute("href")
    stranger = httpx.get(server.url + path, trust_env=False)
    vkey = (node.folder / "vkey").read_text()
    assert parse_leaf(open_proof(stranger.text, vkey).entry) == parse_leaf(open_proof(saved.read_text(), vkey).entry)


# The page


def test_the_page_can_be_followed(tmp_path: Path) -> None:
    """Each command of docs/receipts.md runs, and prints what stands below it but for times, ids and hashes."""
    for command in (
        "init --operator pine-city --profile us-ca --kind municipal",
        "user add ana.officer --agency pine-city --role officer --no-password",
        "user add uma.auditor --agency pine-city --role auditor --no-password",
        "user add sam.supervisor --agency pine-city --role supervisor --no-password",
    ):
        run(f"lockplate {command}", tmp_path)
    clerk = Cosigner("clerk.example/w1", secrets.token_bytes(64)).keys[0].text()
    (tmp_path / "policy.txt").write_text(f"witness clerk {clerk}\nquorum clerk\n")
    for step in STEPS:
        came = run(step.command, tmp_path)

        assert agrees(step.printed, came), "\n".join([step.command, "printed:", *step.printed, "came:", *came])


def test_the_page_shows_every_way() -> None:
    """To get one, to check one, to see it refused, to open one."""
    commands = [step.command for step in STEPS]
    for word in ("lookup", "log prove", "log receipts", "log verify", "record opening"):
        assert any(command.startswith(f"lockplate {word}") for command in commands), word
    assert any("--reveal" in command for command in commands)
    assert any("--policy" in command for command in commands)
    assert any(step.printed[-1:] == ("exit 1",) for step in STEPS)
