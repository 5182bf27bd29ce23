"""A list, a reader, a hit, a grant and forgetting, as a person types them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any


def test_from_a_list_to_a_confirmed_hit(line: Any, tmp_path: Path) -> None:
    """hotlist add, import; reader add; a read; hits list and confirm: exit 0 each, and the plate is only in the hit."""
    assert "Key, shown this once: lpk_" in line.run("reader", "add", "bridge-1", "--name", "Bridge").stdout
    assert line.json("reader", "key", "bridge-1")["key"].startswith("lpk_")
    assert "bridge-1" in line.run("reader", "list").stdout
    made = line.json(
        "hotlist", "add", "Stolen", "--category", "stolen_vehicle", "--source", "our desk", "--basis", "Veh. Code 10851"
    )  # fmt: skip
    list_id, now = made["hot_list"]["list_id"], datetime.now(UTC)
    file = tmp_path / "list.csv"
    file.write_text(f"plate,expires\n4HJK882,{now + timedelta(days=2):%Y-%m-%d}\nBAD LINE\n", encoding="utf-8")
    dry = line.json("hotlist", "import", str(file), "--list", list_id, "--dry-run")
    report = line.json("hotlist", "import", str(file), "--list", list_id, "--as", "sam")
    assert (1, 1, {"malformed": 1}, 2) == (dry["added"], report["added"], report["refused_by_reason"], report["rows"])
    assert "1 unchanged" in line.run("hotlist", "import", str(file), "--list", list_id).stdout
    assert "fresh" in line.run("hotlist", "list").stdout
    reads = tmp_path / "reads.ndjson"
    read = {"plate": "4HJK882", "captured_at": now.isoformat(), "reader": "bridge-1"}
    reads.write_text(json.dumps(read) + "\n", encoding="utf-8")
    assert 1 == line.json("ingest", str(reads))["hits"]

    assert 3 == line.run("hits", "list", "--as", "ada").exit_code
    (hit,) = line.json("hits", "list", "--as", "olga")["hits"]
    too_early = line.run("hits", "confirm", hit["hit_id"], "--found", "correct", "--as", "olga")
    asked = ("--found", "correct", "--source", "still_listed")
    confirmed = line.run("hits", "confirm", hit["hit_id"], *asked, "--as", "olga")

    assert "4HJK882" == hit["details"]["plate_text"]
    assert (2, True) == (too_early.exit_code, "[source_not_checked]" in too_early.stderr)
    told = confirmed.stdout.splitlines()
    assert (0, f"{hit['hit_id']}: correct, decided by olga.") == (confirmed.exit_code, told[0])
    assert (
        "This is a match and nothing more: no picture came, and nobody says that they see the vehicle itself."
        == told[1]
    )
    assert "a match alone is no suspicion" in line.run("hits", "list", "--as", "olga").stdout.lower()
    assert 2 == line.run("hits", "confirm", hit["hit_id"], *asked, "--as", "sam").exit_code
    assert "0 expired" in line.run("hotlist", "expire").stdout


def test_a_grant_takes_two_people(line: Any) -> None:
    """Proposed by one, approved by another, in the register, revoked."""
    line.run("agency", "add", "quarry-police", "--name", "Quarry Police", "--kind", "municipal", "--state", "CA")
    until = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"
    words = ("grant", "propose", "--to", "quarry-police", "--purpose", "stolen_vehicle", "--until", until)
    grant = line.json(*words, "--as", "sam")["grant"]["grant"]

    assert 3 == line.run("grant", "approve", grant, "--as", "sam").exit_code
    assert "in_force" in line.run("grant", "approve", grant, "--as", "sue").stdout
    assert "in_force" in line.run("grant", "list").stdout
    assert [grant] == [one["grant"] for one in line.json("grant", "register")]
    assert "revoked" in line.run("grant", "revoke", grant, "--as", "sam").stdout
    assert "Quarry Police" in line.run("grant", "register").stdout
    assert (
        3
        == line.run(
            "grant", "propose", "--to", "ice", "--purpose", "stolen_vehicle", "--until", until, "--as", "sam"
        ).exit_code
    )


def test_forgetting_says_what_it_did(line: Any, tmp_path: Path) -> None:
    """A dry run, a run at a time that somebody vouches for, and the receipts' places."""
    now = datetime.now(UTC)
    reads = tmp_path / "reads.ndjson"
    read = {"plate": "5KLM777", "captured_at": (now - timedelta(days=2)).isoformat(), "reader": "bridge-1"}
    reads.write_text(json.dumps(read) + "\n", encoding="utf-8")
    line.json("ingest", str(reads))
    later = f"{now + timedelta(days=40):%Y-%m-%dT%H:%M:%SZ}"

    dry = line.run("retention", "run", "--now", later, "--dry-run")
    (part,) = line.json("retention", "run", "--now", later)["operators"]

    assert "hours would be forgotten" in dry.stdout
    expired = len(part["entries_expired"]) > 0  # an entry of another test has its own receipt
    assert (0, 2) == (part["hours_kept"], len(part["receipts"]) - expired)
    assert part["rows"] >= 1
    assert 0 == line.run("retention", "run").exit_code
    assert part["hours"] == line.json("operator", "show")["hours_forgotten"]
