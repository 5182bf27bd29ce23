"""A server forgets by itself: at its start, in its own name, with receipts that its commands list."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from lockplate.clock import format_time
from lockplate.terms import Role
from running import Home, Server, lookup_words

PLATE = "8TRV221"
PATIENCE_SECONDS = 30


def receipts(home: Home) -> list[dict[str, Any]]:
    return [line for line in home.json("retention", "receipts", "--as", "uma") if line["step"] == "destroyed"]


def until_forgotten(home: Home) -> list[dict[str, Any]]:
    """Wait for the first receipt; the server runs beside."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if told := receipts(home):
            return told
        time.sleep(0.2)
    raise AssertionError("the server forgot nothing")


def metrics(server: Server) -> str:
    with server.client(authorization=f"Bearer {server.run_token}") as client:
        return client.get("/metrics").text


def test_a_running_server_forgets_by_itself(fresh_home: Home) -> None:
    """The law lets nothing be kept any more: the next start forgets all of it, though nobody asks for that."""
    home = fresh_home
    assert 0 == home.run("init", "--operator", "pine", "--profile", "us-ca").returncode
    for person, role in (("olga", Role.OFFICER), ("uma", Role.AUDITOR)):
        home.add_person(person, "pine", role)
    now = datetime.now(UTC)
    start, end = format_time(now - timedelta(hours=3)), format_time(now)
    file = home.folder / "reads.ndjson"
    at = format_time(now - timedelta(hours=2))
    file.write_text(f'{{"plate": "{PLATE}", "captured_at": "{at}", "reader": "bridge-1"}}\n')
    assert 1 == home.json("ingest", str(file))["imported"]
    words = lookup_words(PLATE, "pine", "olga", start, end)
    assert 1 == len(home.json(*words)["operators"][0]["reads"])
    with home.serve() as server:
        assert "lockplate_retention_stopped" in metrics(server)
        assert [] == receipts(home)
    assert 0 == home.run("operator", "change", "--profile", "match-only").returncode

    with home.serve() as server:
        (line,) = until_forgotten(home)
        shown = home.json("operator", "show")
        text = metrics(server)

    assert ("-retention", ["act-retention-on-schedule"], True) == (line["person"], line["policy_ids"], line["agrees"])
    assert ({"bridge-1": 1}, ["match-only"], 1) == (line["rows_by_reader"], line["laws"], len(line["keys"]))
    assert (0, 1, None) == (shown["hours_kept"], shown["hours_forgotten"], shown["forgetting"]["stopped_since"])
    assert 'lockplate_retention_stopped{operator="pine",why="clock_jumped"} 0.0' in text
    assert "retention_ran" in server.output.read_text()
    assert PLATE not in server.output.read_text()
