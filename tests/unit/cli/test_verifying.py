"""`log verify`: holds or does not, whatever byte was changed, with no node, no network and no home."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from lockplate.access import AccessRecord, PrivateDetails, canonical_leaf, commitments
from lockplate.checkpoint import Checkpoint, Signer
from lockplate.cli.main import app
from lockplate.cli.verifying import evidence_text
from lockplate.clock import parse_time
from lockplate.cosigning.cosignature import Cosigner
from lockplate.errors import ProofInvalid
from lockplate.evidence.opening import make_opening, write_opening
from lockplate.evidence.proof_file import make, open_proof
from lockplate.merkle import inclusion_path, leaf_hash, root_of
from lockplate.note import encode_base64, parse_note
from lockplate.terms import Action, OperatorId, PersonId, PolicyId, ProfileId, Purpose, Verdict

SIGNER = Signer("lockplate/pine", bytes(range(32)))
PRIVATE = PrivateDetails(values={"plate": "7ABC123", "reason": "x"}, salts={"plate": b"1" * 32, "reason": b"2" * 32})
RECORD = AccessRecord(
    action=Action.QUESTION_DENIED,
    at=parse_time("2026-11-24T08:30:00Z"),
    operator=OperatorId("pine"),
    person=PersonId("ann"),
    purpose=Purpose.IMMIGRATION,
    verdict=Verdict.DENIED,
    policy_ids=(PolicyId("floor-purpose-immigration"), PolicyId("no-such-rule")),
    profile=ProfileId("us-ca"),
    commitments=commitments(PRIVATE),
)
PLACE = 5
LATER_FORM = b'{"action":"question:foretold","new_field":1,"version":9}'


def receipt_of(entry: bytes, signer: Signer = SIGNER) -> str:
    """Return a receipt of an entry among eleven."""
    entries = [b'{"n":%d}' % number for number in range(11)]
    entries[PLACE] = entry
    leaves = [leaf_hash(one) for one in entries]
    path = inclusion_path(PLACE, 11, lambda start, height: root_of(leaves[start : start + (1 << height)]))
    return make(PLACE, entry, path, signer.sign(Checkpoint(origin=signer.origin, size=11, root=root_of(leaves))))


RECEIPT = receipt_of(canonical_leaf(RECORD))
NOTE = RECEIPT.partition("\n\n")[2]
FOREIGN = f"— witness.example/clerk {encode_base64(b'abcd' + bytes(72))}\n"
"""A line that a witness may add: another name, another key, not for us to check without a policy."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("receipts")
    (made / "key").write_text(SIGNER.vkey + "\n")
    return made


def verify(folder: Path, content: bytes | str, *words: str, key: str = "") -> Result:
    """Write a file and verify it, in an environment that names no home."""
    (folder / "file").write_bytes(content if isinstance(content, bytes) else content.encode())
    words = ("log", "verify", str(folder / "file"), "--key", key or str(folder / "key"), *words)
    return CliRunner().invoke(app, words, env={"LOCKPLATE_HOME": None, "HOME": None})


def told(result: Result) -> Any:
    assert 0 == result.exit_code, result.output
    return json.loads(result.stdout)


def test_a_receipt_holds(folder: Path) -> None:
    """With the key as a file or as itself: the record, its rules with cites, what it proves and what not."""
    for key in ("", SIGNER.vkey):
        receipt = told(verify(folder, RECEIPT, "--json", key=key))
        assert ("proof", PLACE, "lockplate/pine", 11) == tuple(
            receipt[name] for name in ("verified", "index", "origin", "size")
        )
        assert ("question:denied", "ann", "immigration") == tuple(
            receipt["record"][name] for name in ("action", "person", "purpose")
        )
        assert canonical_leaf(RECORD) == base64.b64decode(receipt["leaf"])
        known, unknown = receipt["policies"]
        assert "Gov. Code 7284.6" in known["cite"]
        assert ("no-such-rule", "A rule that is not in force now.") == (unknown["policy_id"], unknown["says"])
        assert receipt["policies_are_the_very_ones"] is False
        assert receipt["proves"]
        assert receipt["does_not_prove"]
    words = verify(folder, RECEIPT).stdout
    assert words.startswith("Holds: record 5 of lockplate/pine, under its signed checkpoint of 11 records.\n")


def test_a_checkpoint_holds(folder: Path) -> None:
    """Alone, and with a witness's line."""
    assert "Holds: checkpoint of lockplate/pine, 11 records." in verify(folder, NOTE).stdout
    checkpoint = told(verify(folder, NOTE + FOREIGN, "--json"))
    assert ("checkpoint", 11) == (checkpoint["verified"], checkpoint["size"])
    assert 2 == verify(folder, NOTE, "--reveal", str(folder / "key")).exit_code


def test_other_signatures_survive_and_are_counted(folder: Path) -> None:
    """Cosignatures below the log's own: it holds as before, and says how many were not checked."""
    for count in (1, 2, 16):
        receipt = told(verify(folder, RECEIPT + FOREIGN * count, "--json"))
        assert count == receipt["other_signatures"]
        assert "not checked" in receipt["does_not_prove"][-1]
    assert "no witness has signed it" in told(verify(folder, RECEIPT, "--json"))["does_not_prove"][-1]
    first = NOTE.partition("\n\n")
    swapped = RECEIPT.replace(NOTE, f"{first[0]}\n\n{FOREIGN}{first[2]}")
    assert 1 == told(verify(folder, swapped, "--json"))["other_signatures"]


def test_a_malformed_line_of_somebody_else_is_refused(folder: Path) -> None:
    """What no witness can have written."""
    for line in ("— witness.example/clerk\n", FOREIGN.replace("—", "-"), FOREIGN[:-1], FOREIGN + "\n", "witness\n"):
        assert 1 == verify(folder, RECEIPT + line).exit_code, line


def test_every_changed_byte_is_refused(folder: Path) -> None:
    """Each byte of the file, index, siblings, entry, checkpoint and signature, changed in three ways: exit 1, in words."""
    raw = RECEIPT.encode()
    file = folder / "file"
    for place, byte in enumerate(raw):
        for changed in {byte ^ 1, byte ^ 0x80, ord("\r") if byte == ord("\n") else ord("\n")}:
            file.write_bytes(raw[:place] + bytes([changed]) + raw[place + 1 :])
            with pytest.raises(ProofInvalid):
                open_proof(evidence_text(file), SIGNER.vkey)
    assert open_proof(RECEIPT, SIGNER.vkey).index == PLACE


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(place=st.integers(0, len(RECEIPT.encode()) - 1), byte=st.integers(0, 255), cut=st.booleans())
def test_a_changed_file_ends_in_one_clear_line(folder: Path, place: int, byte: int, *, cut: bool) -> None:
    """Any byte replaced, or the file cut off there: exit 1, one sentence and a code, no traceback, nothing on stdout."""
    raw = RECEIPT.encode()
    changed = raw[:place] if cut else raw[:place] + bytes([byte]) + raw[place + 1 :]
    result = verify(folder, changed)
    if changed == raw:
        assert 0 == result.exit_code
        return

    assert (1, "") == (result.exit_code, result.stdout)
    assert result.stderr.startswith("lockplate: ")
    assert result.stderr.splitlines()[0].endswith("]")
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        ("index", lambda text: text.replace("index 5", "index 6"), "proof_invalid"),
        ("sibling", lambda text: text.replace("index 5\n", f"index 5\n{encode_base64(bytes(32))}\n"), "proof_invalid"),
        ("line ends", lambda text: text.replace("\n", "\r\n"), "changed_lines"),
        ("size", lambda text: text.replace("\n11\n", "\n12\n"), "bad_signature"),
        ("no signature", lambda text: text.rpartition("\n\n")[0] + "\n\n" + FOREIGN, "not_signed"),
        ("first line", lambda text: text.replace("@v1", "@v2"), "bad_signature"),
        ("a letter", lambda _: "Dear court,\nhere is the receipt.\n", "bad_proof_file"),
        ("nothing", lambda _: "", "bad_proof_file"),
        ("a picture", lambda _: b"\x89PNG\r\n\x1a\n\0\0", "bad_proof_file"),
        ("too long", lambda text: text + FOREIGN * 3000, "bad_proof_file"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(folder: Path, name: str, change: Any, code: str) -> None:
    """Each kind of fault has its code and ends in 1; what was changed on the way says how to send it instead."""
    result = verify(folder, change(RECEIPT))

    assert (1, True) == (result.exit_code, f"[{code}]" in result.stderr), (name, result.stderr)


def test_what_the_caller_can_mend_is_two(folder: Path) -> None:
    """No such file, no key, a key that is none: exit 2. Another log's key: exit 1, for it may be a forged receipt."""
    runner = CliRunner()
    assert 2 == runner.invoke(app, ["log", "verify", str(folder / "none"), "--key", SIGNER.vkey]).exit_code
    assert 2 == verify(folder, RECEIPT, key=str(folder / "none")).exit_code
    assert 2 == verify(folder, RECEIPT, key="lockplate/pine+00000000+AAAA").exit_code
    (folder / "binary").write_bytes(b"\xff\xfe")
    assert 2 == verify(folder, RECEIPT, key=str(folder / "binary")).exit_code
    assert 1 == verify(folder, RECEIPT, key=Signer("lockplate/pine", bytes(32)).vkey).exit_code
    assert 1 == verify(folder, RECEIPT, key=Signer("lockplate/oak", bytes(range(32))).vkey).exit_code


def test_an_entry_of_a_later_form_is_shown_as_it_is(folder: Path) -> None:
    """The proof holds; what the entry means is left to the reader, and control characters in it do nothing."""
    receipt = told(verify(folder, receipt_of(LATER_FORM), "--json"))
    assert (None, []) == (receipt["record"], receipt["policies"])
    assert LATER_FORM == base64.b64decode(receipt["leaf"])
    words = verify(folder, receipt_of(LATER_FORM.replace(b"foretold", b"\x1b[31m\xff")))
    assert 0 == words.exit_code
    assert "does not know" in words.stdout
    assert "\x1b" not in words.stdout
    assert 1 == verify(folder, receipt_of(LATER_FORM), "--reveal", str(folder / "key")).exit_code


# Witnesses


WITNESSES = {name: Cosigner(f"witness.example/{name}", name[:1].encode() * 64) for name in ("clerk", "board", "paper")}
COSIGNED_AT = parse_time("2026-11-24T08:31:00Z")
QUORUM = "group two 2 clerk board paper\nquorum two\n"


def cosigned(*names: str, receipt: str = RECEIPT, over: Checkpoint | None = None) -> str:
    """Return a receipt with both kinds of line by some witnesses, over its own checkpoint or over another."""
    head, _, note = receipt.partition("\n\n")
    checkpoint = over or Checkpoint(origin=SIGNER.origin, size=11, root=base64.b64decode(note.split("\n")[2]))
    lines = [line for name in names for line in WITNESSES[name].cosign(checkpoint, COSIGNED_AT)]
    return f"{head}\n\n{parse_note(note).with_lines(lines).written()}"


def policy(folder: Path, rule: str = QUORUM, log: str = "", kind: int = 0) -> tuple[str, str]:
    """Write a policy of the three witnesses, by one kind of key, and return the words that name it."""
    lines = [f"witness {name} {cosigner.keys[kind].text()}\n" for name, cosigner in WITNESSES.items()]
    (folder / "policy.txt").write_text(log + "".join(lines) + rule)
    return "--policy", str(folder / "policy.txt")


@pytest.mark.parametrize("kind", [0, 1], ids=["Ed25519", "ML-DSA-44"])
def test_a_quorum_of_witnesses_holds(folder: Path, kind: int) -> None:
    """Two of three, by either kind of key, with the log in the policy or left out; the words name them and the time."""
    receipt = cosigned("clerk", "paper")
    for log in ("", f"log {SIGNER.vkey}\n"):
        given = told(verify(folder, receipt, "--json", *policy(folder, log=log, kind=kind)))
        assert (["clerk", "paper"], "2026-11-24T08:31:00.000Z", 2) == tuple(
            given[name] for name in ("witnesses", "cosigned_at", "other_signatures")
        )
    words = verify(folder, receipt, *policy(folder, kind=kind)).stdout
    assert "the last at 24 Nov 2026" in words
    assert "clerk and paper" in words
    assert "not checked" not in words
    note = receipt.partition("\n\n")[2]
    assert ["clerk", "paper"] == told(verify(folder, note, "--json", *policy(folder, kind=kind)))["witnesses"]
    assert "witnesses" not in told(verify(folder, receipt, "--json"))


@pytest.mark.parametrize("names", [(), ("clerk",), ("board",)])
def test_too_few_witnesses_are_refused(folder: Path, names: tuple[str, ...]) -> None:
    """A receipt and a checkpoint that miss the quorum: exit 1, nothing is told; without the policy both hold."""
    receipt = cosigned(*names)
    for content in (receipt, receipt.partition("\n\n")[2]):
        refused = verify(folder, content, *policy(folder))
        assert (1, "", True) == (refused.exit_code, refused.stdout, "[no_quorum]" in refused.stderr)
        assert 0 == verify(folder, content).exit_code
    assert 0 == verify(folder, cosigned(*names, "paper", "board"), *policy(folder)).exit_code


def test_cosignatures_of_something_else_are_refused(folder: Path) -> None:
    """Of another checkpoint, changed by a byte, of a log that the policy does not know: exit 1 each."""
    other = Checkpoint(origin=SIGNER.origin, size=12, root=bytes(32))
    moved = verify(folder, cosigned("clerk", "board", over=other), *policy(folder))
    assert (1, "", True) == (moved.exit_code, moved.stdout, "[bad_cosignature]" in moved.stderr)
    line = cosigned("clerk", "board").splitlines()[-4]
    assert line.startswith("— witness.example/clerk")
    changed = line[:-10] + ("A" if line[-10] != "A" else "B") + line[-9:]
    broken = verify(folder, cosigned("clerk", "board").replace(line, changed), *policy(folder))
    assert (1, "", True) == (broken.exit_code, broken.stdout, "[bad_cosignature]" in broken.stderr)
    stranger = Signer("lockplate/oak", bytes(32)).vkey
    unknown = verify(folder, cosigned("clerk", "board"), *policy(folder, log=f"log {stranger}\n"))
    assert (1, "", True) == (unknown.exit_code, unknown.stdout, "[not_signed]" in unknown.stderr)


def test_a_policy_helps_no_receipt_that_does_not_hold(folder: Path) -> None:
    """Every witness cosigned, and the record is another one: refused as without a policy."""
    everybody = cosigned(*WITNESSES)
    forged = everybody.replace(encode_base64(canonical_leaf(RECORD)), encode_base64(LATER_FORM))
    assert 0 == verify(folder, everybody, *policy(folder)).exit_code
    assert forged != everybody
    assert 1 == verify(folder, forged, *policy(folder)).exit_code
    other_key = Signer(SIGNER.origin, bytes(32)).vkey
    assert 1 == verify(folder, everybody, *policy(folder, log=f"log {SIGNER.vkey}\n"), key=other_key).exit_code


def test_a_policy_that_asks_for_nobody_says_so(folder: Path) -> None:
    """`quorum none` holds without a witness, and the words do not say that anybody watched."""
    words = verify(folder, RECEIPT, *policy(folder, "quorum none\n")).stdout
    assert "your policy asks for no witness" in words
    assert "enough witnesses" not in words


def test_what_is_no_policy_is_two(folder: Path) -> None:
    """No file, no text, a line that is none, no quorum line: exit 2, with the number of the line."""
    assert 2 == verify(folder, RECEIPT, "--policy", str(folder / "none")).exit_code
    for content in (b"\xff\xfe", b"witness clerk\nquorum clerk\n", b"", RECEIPT.encode()):
        (folder / "wrong.txt").write_bytes(content)
        refused = verify(folder, RECEIPT, "--policy", str(folder / "wrong.txt"))
        assert (2, "", True) == (refused.exit_code, refused.stdout, "[bad_policy]" in refused.stderr), content


# Openings


def opening(folder: Path, origin: str = SIGNER.origin, index: int = PLACE, **values: str) -> str:
    private = PrivateDetails(values=PRIVATE.values | values, salts=PRIVATE.salts)
    path = folder / "opening.json"
    path.write_text(write_opening(make_opening(origin, index, private, ["plate"])), encoding="utf-8")
    return str(path)


def test_an_opening_shows_what_the_record_was_made_about(folder: Path) -> None:
    """The plate in words and in JSON; what was not opened is said to be sealed still."""
    words = verify(folder, RECEIPT, "--reveal", opening(folder))
    assert 0 == words.exit_code
    assert "The plate as asked: 7ABC123" in words.stdout
    assert "It is tied to the reason as written without showing it" in words.stdout
    receipt = told(verify(folder, RECEIPT, "--json", "--reveal", opening(folder)))
    assert {"plate": "7ABC123"} == receipt["revealed"]
    assert "7ABC123" not in verify(folder, RECEIPT).stdout


def test_another_plate_does_not_fit(folder: Path) -> None:
    """Exit 1 for a value, a place, a log that is not the record's, and for a file that is no opening; nothing is shown."""
    changes: tuple[dict[str, Any], ...] = ({"plate": "7ABC124"}, {"index": 4}, {"origin": "lockplate/oak"})
    for change in changes:
        result = verify(folder, RECEIPT, "--reveal", opening(folder, **change))
        assert (1, "") == (result.exit_code, result.stdout)
    assert 1 == verify(folder, RECEIPT, "--reveal", str(folder / "key")).exit_code
    assert 0 == verify(folder, RECEIPT, "--reveal", opening(folder)).exit_code
    assert 2 == verify(folder, RECEIPT, "--reveal", str(folder / "none")).exit_code


def test_a_changed_receipt_opens_nothing(folder: Path) -> None:
    """The receipt is checked first: an opening that fits a record which nobody signed shows nothing."""
    forged = receipt_of(canonical_leaf(RECORD), Signer(SIGNER.origin, bytes(32)))
    result = verify(folder, forged, "--reveal", opening(folder))

    assert (1, False) == (result.exit_code, "7ABC123" in result.output)
