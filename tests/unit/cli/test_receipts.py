"""`--receipt`: the file of what was put on record, a denial's too; what is done is told whatever becomes of the file."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lockplate.access import AccessRecord, parse_leaf
from lockplate.evidence.opening import open_commitments, parse_opening
from lockplate.evidence.proof_file import open_proof

NOW = datetime.now(UTC)
QUESTION = (
    "lookup", "7ABC123", "--operator", "pine-county", "--from", f"{NOW - timedelta(days=1):%Y-%m-%d}",
    "--to", f"{NOW:%Y-%m-%d}", "--purpose", "felony_investigation", "--offense", "felony", "--basis", "probable_cause",
    "--as", "olga",
)  # fmt: skip
LAWFUL = (*QUESTION, "--case", "26-1")


@pytest.fixture
def record_in(line: Any) -> Any:
    """The way to the record that a receipt proves."""
    (vkey,) = [line.json("log", "checkpoint")["vkey"]]

    def record(path: Path) -> tuple[int, AccessRecord]:
        proven = open_proof(path.read_text(encoding="utf-8"), vkey)
        return proven.index, parse_leaf(proven.entry)

    return record


def size(line: Any) -> int:
    return int(line.json("log", "checkpoint")["size"])


@pytest.mark.parametrize(
    ("words", "code", "action"),
    [
        (LAWFUL, 0, "question:outcome"),
        (QUESTION, 3, "question:denied"),
        ((*LAWFUL, "--reason", "for ICE"), 4, "question:pending"),
    ],
)
def test_a_question(line: Any, record_in: Any, tmp_path: Path, words: tuple[str, ...], code: int, action: str) -> None:
    """Answered, denied, waiting: the exit code stays, the file proves the record that the output names."""
    file = tmp_path / "r.tlog-proof"
    told = line.run(*words, "--receipt", str(file))
    index, record = record_in(file)
    assert (code, action) == (told.exit_code, record.action)
    assert f"Receipt of record {index} of pine-county: {file}" in told.stdout

    again = line.run(*words, "--receipt", str(tmp_path / "json.tlog-proof"), "--json")
    answer = json.loads(again.stdout)
    (part,) = answer["operators"]
    assert [str(tmp_path / "json.tlog-proof")] == answer["receipts"]
    index, _ = record_in(tmp_path / "json.tlog-proof")
    assert index == (part["record_index"] if part["outcome_index"] is None else part["outcome_index"])
    assert "receipts" not in json.loads(line.run(*words, "--json").stdout)


def test_an_answers_receipt_names_the_question(line: Any, record_in: Any, tmp_path: Path) -> None:
    """The file is the outcome's; it repeats who, when, why and for which window, and names the record of the question."""
    line.run(*LAWFUL, "--receipt", str(tmp_path / "answer"))
    index, outcome = record_in(tmp_path / "answer")
    done = line.run("log", "prove", str(outcome.refers_to), "--out", str(tmp_path / "question"))
    place, intent = record_in(tmp_path / "question")

    assert (0, outcome.refers_to) == (done.exit_code, place)
    assert f"Receipt of record {place} of pine-county" in done.stdout
    for field in ("request_id", "person", "agency", "on_behalf_of", "purpose", "offense", "basis", "window_from"):
        assert getattr(intent, field) == getattr(outcome, field), field
    assert {"plate", "case_number"} == set(intent.commitments)
    assert index > place


def test_a_file_that_is_there_is_told_before_anything_is_done(line: Any, tmp_path: Path) -> None:
    """Exit 2, nothing asked, nothing on record, the file as it was."""
    taken = tmp_path / "taken"
    taken.write_text("mine")
    before = size(line)
    for words in (
        LAWFUL,
        ("hits", "list", "--as", "olga"),
        ("retention", "run"),
        ("hold", "close", "h1", "--reason", "withdrawn", "--as", "olga"),
        ("grant", "revoke", "g1", "--as", "sam"),
        ("log", "prove", "0"),
    ):
        option = "--out" if words[0] == "log" else "--receipt"
        for path in (taken, tmp_path / "nowhere" / "r"):
            refused = line.run(*words, option, str(path))
            assert 2 == refused.exit_code, words
            assert "file_exists" in refused.stderr or "no_folder" in refused.stderr
    assert (before, "mine") == (size(line), taken.read_text())


def test_an_answer_is_not_lost_with_its_receipt(line: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full when the file is written: the answer is shown, exit 1 says that the file is not there, and how to get it."""
    fsync, tried = os.fsync, []

    def full(descriptor: int) -> None:
        if str(tmp_path) in str(Path(f"/proc/self/fd/{descriptor}").readlink()):
            tried.append(descriptor)
            raise OSError(28, "No space left on device")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    told = line.run(*LAWFUL, "--receipt", str(tmp_path / "r"))
    as_json = line.run(*LAWFUL, "--receipt", str(tmp_path / "r"), "--json")
    denied = line.run("hits", "list", "--as", "ada", "--receipt", str(tmp_path / "r"), "--json")
    in_words = line.run("hits", "list", "--as", "ada", "--receipt", str(tmp_path / "r"))

    assert 4 == len(tried)
    assert [1, 1, 1, 1] == [one.exit_code for one in (told, as_json, denied, in_words)]
    assert "answered" in told.stdout
    assert "receipt_not_written" in told.stderr
    answer = json.loads(as_json.stdout)
    assert ("permitted", []) == (answer["decision"], answer["receipts"])
    (part,) = answer["operators"]
    way_out = f"lockplate log prove {part['outcome_index']} --operator pine-county --out FILE"
    assert answer["receipt_problem"]["next_step"].endswith(way_out)
    refused = json.loads(denied.stdout)
    assert ("denied", "receipt_not_written") == (refused["error"], refused["receipt_problem"]["error"])
    assert "[denied]" in in_words.stderr
    assert "[receipt_not_written]" in in_words.stderr
    assert [] == list(tmp_path.iterdir())


def test_hits(line: Any, record_in: Any, tmp_path: Path) -> None:
    """Shown, and denied to an administrator: exit 3, the error names the record and the file proves it."""
    shown = line.run("hits", "list", "--as", "olga", "--receipt", str(tmp_path / "shown"))
    denied = line.run("hits", "list", "--as", "ada", "--receipt", str(tmp_path / "denied"))
    told = line.run("hits", "list", "--as", "ada", "--json")

    assert [0, 3, 3] == [one.exit_code for one in (shown, denied, told)]
    assert ("alert:shown", "permitted") == (
        record_in(tmp_path / "shown")[1].action,
        record_in(tmp_path / "shown")[1].verdict,
    )
    index, record = record_in(tmp_path / "denied")
    assert ("alert:shown", "denied", "ada") == (record.action, record.verdict, record.person)
    assert f"It is record {index}; its receipt: lockplate log prove {index} --operator pine-county" in denied.stderr
    assert ("pine-county", index + 1) == (json.loads(told.stdout)["operator"], json.loads(told.stdout)["record_index"])


def test_a_grant_and_a_hold(line: Any, record_in: Any, tmp_path: Path) -> None:
    """Each step its own file; of a hold's opening the leaf that completes it."""
    line.run("agency", "add", "hill-police", "--name", "Hill Police", "--kind", "municipal", "--state", "CA")
    until = f"{NOW + timedelta(days=30):%Y-%m-%d}"
    made = line.json(
        "grant", "propose", "--to", "hill-police", "--purpose", "stolen_vehicle", "--until", until, "--as", "sam",
        "--receipt", str(tmp_path / "proposed"),
    )  # fmt: skip
    grant = made["grant"]["grant"]
    assert 3 == line.run("grant", "approve", grant, "--as", "sam", "--receipt", str(tmp_path / "denied")).exit_code
    approved = line.run("grant", "approve", grant, "--as", "sue", "--receipt", str(tmp_path / "approved"))
    line.run("grant", "revoke", grant, "--as", "sam", "--receipt", str(tmp_path / "revoked"))
    opened = line.json(
        "hold", "open", "--kind", "case", "--plate", "7ABC123", "--from", f"{NOW - timedelta(days=1):%Y-%m-%d}",
        "--to", f"{NOW:%Y-%m-%d}", "--case", "26-1", "--until", until, "--as", "olga",
        "--receipt", str(tmp_path / "kept"),
    )  # fmt: skip
    closed = line.run(
        "hold", "close", opened["hold"]["hold_id"], "--reason", "no_charge", "--as", "sam",
        "--receipt", str(tmp_path / "closed"),
    )  # fmt: skip

    found = {path.name: record_in(path) for path in tmp_path.iterdir()}
    assert {
        "proposed": ("grant:proposed", "permitted"), "denied": ("grant:approved", "denied"),
        "approved": ("grant:approved", "permitted"), "revoked": ("grant:revoked", "permitted"),
        "kept": ("hold", "permitted"), "closed": ("hold", "permitted"),
    } == {name: (record.action, record.verdict) for name, (_, record) in found.items()}  # fmt: skip
    assert made["record_index"] == found["proposed"][0]
    assert (opened["outcome_index"], opened["record_index"]) == (found["kept"][0], found["kept"][1].refers_to)
    assert ["kept", "closed"] == [found[name][1].facts["step"] for name in ("kept", "closed")]
    assert all("Receipt of record" in one.stdout for one in (approved, closed))


def test_a_second_persons_word(line: Any, record_in: Any, tmp_path: Path) -> None:
    """Approved by one, taken up by the author; all of it again by the request's id, a file each."""
    waiting = json.loads(line.run(*LAWFUL, "--reason", "for ICE", "--json").stdout)
    name = (waiting["request_id"], "--operator", "pine-county")
    line.json("request", "approve", *name, "--as", "sam", "--receipt", str(tmp_path / "word"))
    taken = line.run("request", "resume", *name, "--as", "olga", "--receipt", str(tmp_path / "answer"))
    other = json.loads(line.run(*LAWFUL, "--reason", "for ICE", "--json").stdout)["request_id"]
    refused = line.run(
        "request", "refuse", other, "--operator", "pine-county", "--as", "sam", "--receipt", str(tmp_path / "no")
    )
    found = line.json("log", "receipts", waiting["request_id"], "--out", str(tmp_path / "all.tlog-proof"))

    assert [0, 0] == [taken.exit_code, refused.exit_code]
    words = {name: record_in(tmp_path / name)[1] for name in ("word", "answer", "no")}
    assert [("question:approval", "permitted"), ("question:outcome", "permitted"), ("question:approval", "denied")] == [
        (words[name].action, words[name].verdict) for name in ("word", "answer", "no")
    ]
    actions = ["question:pending", "question:approval", "question:intent", "question:outcome"]
    assert actions == [one["action"] for one in found]
    for one in found:
        assert one["file"] == str(tmp_path / f"all-pine-county-{one['index']}.tlog-proof")
        assert (one["index"], one["action"]) == (
            record_in(Path(one["file"]))[0],
            record_in(Path(one["file"]))[1].action,
        )
    table = line.run("log", "receipts", waiting["request_id"])
    assert (0, True) == (table.exit_code, all(action in table.stdout for action in actions))
    assert [None] * 4 == [one["file"] for one in line.json("log", "receipts", waiting["request_id"])]
    assert 2 == line.run("log", "receipts", waiting["request_id"], "--out", str(tmp_path / "all.tlog-proof")).exit_code
    assert 2 == line.run("log", "receipts", "q" + "0" * 31).exit_code


def test_forgetting(line: Any, record_in: Any, tmp_path: Path) -> None:
    """A run that does several things: a file each, with place in its name; one that does nothing: none, and it says so."""
    lines = [
        json.dumps({"plate": "5KLM777", "captured_at": (NOW - timedelta(days=days)).isoformat(), "reader": "bridge"})
        for days in (2, 3)
    ]
    (tmp_path / "reads.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")
    line.json("ingest", str(tmp_path / "reads.ndjson"))
    nothing = line.run("retention", "run", "--dry-run", "--receipt", str(tmp_path / "dry"))
    later = f"{NOW + timedelta(days=400):%Y-%m-%dT%H:%M:%SZ}"
    report = line.json("retention", "run", "--now", later, "--receipt", str(tmp_path / "gone.tlog-proof"))
    (part,) = report["operators"]

    assert "Nothing was put on record, so there is no receipt." in nothing.stdout
    assert not (tmp_path / "dry").exists()
    names = [f"gone-pine-county-{index}.tlog-proof" for index in part["completed"]]
    assert len(names) > 1
    assert [str(tmp_path / name) for name in names] == report["receipts"]
    found = [record_in(tmp_path / name) for name in names]
    assert part["completed"] == [index for index, _ in found]
    assert {"retention:receipt"} == {record.action for _, record in found}
    assert "destroyed" in {record.facts["step"] for _, record in found}


def test_private_details_and_an_opening(make_line: Any, tmp_path: Path) -> None:
    """Reading has its receipt; an opening is for its owner's eyes, of what was chosen, and fits the question's record."""
    line = make_line(tmp_path / "home")
    line.json("init", "--operator", "pine-county", "--profile", "us-ca", "--kind", "county")
    for user, role in (("olga", "officer"), ("uma", "auditor")):
        line.json("user", "add", user, "--agency", "pine-county", "--role", role, "--no-password")
    answer = json.loads(line.run(*LAWFUL, "--json").stdout)
    vkey = line.json("log", "checkpoint")["vkey"]
    name = (str(answer["record_index"]), "--operator", "pine-county", "--as", "uma")
    read = line.json("record", "details", *name, "--receipt", str(tmp_path / "read"))
    made = line.json("record", "opening", *name, "--only", "plate", "--out", str(tmp_path / "opening.json"))
    line.run("log", "prove", str(answer["record_index"]), "--out", str(tmp_path / "question"))

    proven = open_proof((tmp_path / "read").read_text(), vkey)
    assert (read["reading_index"], "details_read") == (proven.index, parse_leaf(proven.entry).action)
    assert {"file": str(tmp_path / "opening.json"), "names": ["plate"], "reading_index": made["reading_index"]} == made
    assert 0o600 == (tmp_path / "opening.json").stat().st_mode & 0o777
    question = open_proof((tmp_path / "question").read_text(), vkey)
    opening = parse_opening((tmp_path / "opening.json").read_bytes())
    assert {"plate": "7ABC123"} == open_commitments(
        opening, question.checkpoint.origin, question.index, parse_leaf(question.entry)
    )
    taken = line.run("record", "opening", *name, "--out", str(tmp_path / "opening.json"))
    denied = line.run("record", "opening", *name[:-1], "olga", "--out", str(tmp_path / "mine.json"))
    assert (2, 3, False) == (taken.exit_code, denied.exit_code, (tmp_path / "mine.json").exists())
