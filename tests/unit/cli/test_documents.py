"""`document …` and `log count`: a policy that says what is missing, a report, and its numbers from the export alone."""

import json
from pathlib import Path
from typing import Any

Line = Any


def test_a_policy_is_checked_until_everything_is_stated(line: Line) -> None:
    """`--check` exits 1 and names what is missing; once a person has said all of it, 0."""
    first = line.run("document", "policy", "--check")
    assert (1, True) == (first.exit_code, "**This policy is not complete.** Missing: training" in first.output)
    assert 0 == line.run("document", "policy").exit_code
    assert 7 == sum(one.startswith("## ") for one in first.output.splitlines())
    for name in ("custodian_title", "training", "contact", "public_meeting", "adopted_on"):
        told = line.json("document", "state", name, f"The {name}", "--as", "ada")
        assert name == told["name"]
    last = line.run("document", "policy", "--check")
    assert (0, False) == (last.exit_code, "not complete" in last.output)
    assert "The official custodian is the The custodian_title." in last.output


def test_a_number_is_counted_again_without_the_node(line: Line, tmp_path: Path) -> None:
    """`recount` of a line, the exported folder and the key: the same number; altered words or another key: none."""
    line.json("log", "checkpoint")
    report = line.json("document", "report", "--profile", "us-va", "--from", "2020-01-01", "--to", "2100-01-01")
    (denied,) = [one for one in report["lines"] if one["id"] == "denied"]
    folder = tmp_path / "export"
    line.json("log", "export", str(folder))
    query = tmp_path / "query.json"
    query.write_text(json.dumps(denied["recount"]), encoding="utf-8")

    again = line.json("log", "count", str(folder), "--key", str(folder / "vkey"), "--query", str(query))
    inline = line.json(
        "log", "count", str(folder), "--key", (folder / "vkey").read_text(), "--query", query.read_text()
    )

    assert (denied["total"], denied["query_words"]) == (again["total"], again["query"])
    assert inline == again
    text = line.run("log", "count", str(folder), "--key", str(folder / "vkey"), "--query", str(query)).output
    assert "number of records by policy where action is question:denied" in text
    bad = line.run("log", "count", str(folder), "--key", str(folder / "vkey"), "--query", '{"query": {}}')
    assert (2, True) == (bad.exit_code, "bad_query" in bad.output)
    assert 2 == line.run("log", "count", str(tmp_path), "--key", str(folder / "vkey"), "--query", str(query)).exit_code


def test_a_report_is_markdown(line: Line) -> None:
    """Title, cite, due, each line with its number or whom to ask, and how to open what is sealed."""
    text = line.run("document", "report", "--profile", "us-nh", "--from", "2026-01-01", "--to", "2027-01-01").output
    assert text.startswith("# Annual report on number plate scanning devices")
    for words in (
        "Due: each year, for each device.", "*To be filled in by a person: from the purchase papers.*",
        "an auditor's report says it (--sealed)", "Nobody has checked the law profile", "(`sum of reads where action is count:day`)",
    ):  # fmt: skip
        assert words in text, words
    refused = line.run("document", "report", "--profile", "us-nh", "--sealed", "--as", "olga")
    assert 3 == refused.exit_code


def test_the_reports_are_listed(line: Line) -> None:
    """Six of them, with their cites."""
    listed = line.json("document", "list")
    assert ["us-ar", "us-mn", "us-nc", "us-ne", "us-nh", "us-va"] == [one["profile"] for one in listed]
    assert [] == line.json("document", "count")["records"]
