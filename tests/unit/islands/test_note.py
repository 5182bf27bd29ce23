"""The browser's notes: what our signer signs opens, with witnesses' lines on it too; nothing altered, foreign or misspelt does."""

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from lockplate.checkpoint import Checkpoint, Signer
from lockplate.cosigning.cosignature import Cosigner

pytestmark = pytest.mark.browser

Verifier = Any
ORIGIN = "lockplate/oakmont"
SIGNER = Signer(ORIGIN, bytes(range(32)))
OTHER = Signer(ORIGIN, bytes(range(1, 33)))
ROOT = hashlib.sha256(b"a tree").digest()
NOTE = SIGNER.sign(Checkpoint(origin=ORIGIN, size=1204, root=ROOT))
OPEN = """
const key = await v.readKey(given.key);
const told = [];
for (const note of given.notes) {
  let opened;
  const kind = await outcome(async () => { opened = await v.openCheckpoint(note, key); });
  told.push(kind === "holds" ? [opened.origin, opened.size, hex(opened.root)] : kind);
}
return told;
"""
WITNESS = "— witness.example/clerk " + base64.b64encode(b"\x01\x02\x03\x04" + bytes(72)).decode() + "\n"
QUANTUM = "— witness.example/board " + base64.b64encode(b"\x05\x06\x07\x08" + bytes(2428)).decode() + "\n"


def opened(verifier: Verifier, *notes: str, key: str = SIGNER.vkey) -> Any:
    return verifier.run(OPEN, {"key": key, "notes": notes})


def signed_text(text: str) -> str:
    """Return a note of any text with a true signature of the log's key."""
    signature = SIGNER.verifier.key_id + SIGNER._private.sign(text.encode())
    return f"{text}\n— {ORIGIN} {base64.b64encode(signature).decode()}\n"


def test_what_the_signer_signs_opens(verifier: Verifier) -> None:
    """Origin, size and root are read; a size as large as this language counts, and none larger."""
    large, beyond = (SIGNER.sign(Checkpoint(origin=ORIGIN, size=size, root=ROOT)) for size in (2**53 - 1, 2**53))

    assert [
        [ORIGIN, 1204, ROOT.hex()], [ORIGIN, 2**53 - 1, ROOT.hex()], "malformed",
    ] == opened(verifier, NOTE, large, beyond)  # fmt: skip


def test_lines_of_witnesses_are_no_hindrance(verifier: Verifier) -> None:
    """Lines of others, before and after, long ones and many, neither help nor hinder."""
    text, _, own = NOTE.rpartition("\n\n")
    same_name = f"— {ORIGIN} " + base64.b64encode(b"\x09\x09\x09\x09" + bytes(64)).decode() + "\n"
    cosigned = [
        NOTE + WITNESS,
        f"{text}\n\n{WITNESS}{own}",
        NOTE + WITNESS + QUANTUM,
        NOTE + same_name,
        NOTE + QUANTUM * 16,
    ]

    assert [[ORIGIN, 1204, ROOT.hex()]] * 5 == opened(verifier, *cosigned)
    assert ["unsigned", "unsigned"] == opened(verifier, f"{text}\n\n{WITNESS}", f"{text}\n\n{same_name}{QUANTUM}")


def test_a_checkpoint_that_witnesses_cosigned_opens(verifier: Verifier) -> None:
    """Real cosignatures in both forms, by two witnesses, beside the log's own signature."""
    checkpoint = Checkpoint(origin=ORIGIN, size=1204, root=ROOT)
    at = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
    witnesses = (Cosigner("clerk.example/w1", bytes(range(64))), Cosigner("board.example/w2", bytes(range(1, 65))))
    lines = [line.text() for witness in witnesses for line in witness.cosign(checkpoint, at)]

    assert 4 == len(lines)
    assert [[ORIGIN, 1204, ROOT.hex()]] == opened(verifier, NOTE + "".join(lines))


def test_every_altered_letter_is_seen(verifier: Verifier) -> None:
    """Each character of a note changed, one at a time: none opens."""
    changed = [NOTE[:at] + ("A" if letter != "A" else "B") + NOTE[at + 1 :] for at, letter in enumerate(NOTE)]
    told = opened(verifier, *changed)

    assert [] == [at for at, kind in enumerate(told) if isinstance(kind, list)]
    assert {"forged", "malformed", "unsigned"} == set(told)


def test_another_key_is_another_log(verifier: Verifier) -> None:
    """A key of the same name but other bytes, and a true signature on another log's checkpoint, are told apart."""
    elsewhere = signed_text(f"lockplate/elsewhere\n5\n{base64.b64encode(ROOT).decode()}\n")
    twice = NOTE + NOTE.rpartition("\n\n")[2]
    spoilt = NOTE + f"— {ORIGIN} " + base64.b64encode(SIGNER.verifier.key_id + bytes(64)).decode() + "\n"

    assert ["unsigned"] == opened(verifier, NOTE, key=OTHER.vkey)
    assert ["other-log", [ORIGIN, 1204, ROOT.hex()], "forged"] == opened(verifier, elsewhere, twice, spoilt)


@pytest.mark.parametrize(
    "text",
    [
        "", "\n", "\n\n", "no note", NOTE[:-1], NOTE + "\n", NOTE + "— \n", NOTE + WITNESS[:-1], NOTE.replace("— ", "- "),
        NOTE.replace("\n1204\n", "\n1204\r\n"), NOTE.replace("1204", "12\x0004"), NOTE + "x" * 140_000, NOTE + "— a+b AAAAAAA=\n",
    ],
)  # fmt: skip
def test_what_is_no_note_is_refused(verifier: Verifier, text: str) -> None:
    """A note cut short, with other marks or line ends, control signs, or endless."""
    assert ["malformed"] == opened(verifier, text)


B64 = base64.b64encode(ROOT).decode()


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n01204\n{B64}\n", f"{ORIGIN}\n-1\n{B64}\n", f"{ORIGIN}\n1e3\n{B64}\n", f"{ORIGIN}\n 1\n{B64}\n",
        f"{ORIGIN}\n\u0661\n{B64}\n", f"{ORIGIN}\n12\n{B64[:-1]}\n", f"{ORIGIN}\n12\n{B64}=\n", f"{ORIGIN}\n12\n{B64[:20]}\n",
        f"{ORIGIN}\n12\n", f"{ORIGIN}\n12\n{B64}\nmore\n", f"\n12\n{B64}\n", f"{ORIGIN}\n12\n{B64[:-2]}H=\n", f"{ORIGIN}\n12\n{B64}\n\n",
    ],
)  # fmt: skip
def test_what_is_signed_and_no_checkpoint_is_refused(verifier: Verifier, text: str) -> None:
    """A true signature does not make a checkpoint: sizes, roots and lines have one spelling."""
    assert ["malformed"] == opened(verifier, signed_text(text))


NAME, ID, KEY = SIGNER.vkey.split("+", 2)


@pytest.mark.parametrize(
    "text",
    [
        "", "oakmont", f"{NAME}+{ID}", f"{NAME}+{ID}+", f"+{ID}+{KEY}", f"{NAME}x+{ID}+{KEY}", f"{NAME}+00000000+{KEY}",
        f"{NAME}+{ID.upper()}+{KEY}", f"{NAME}+{ID}+{KEY}=", f"{NAME}+{ID}+{KEY[:-4]}", f" {SIGNER.vkey}", f"{SIGNER.vkey}\n",
        f"a b+{ID}+{KEY}",
    ],
)  # fmt: skip
def test_what_is_no_key_is_refused(verifier: Verifier, text: str) -> None:
    """A key's id belongs to its name and bytes; another spelling of a key is none."""
    assert "malformed" == verifier.run("return outcome(() => v.readKey(given));", text)


def test_another_kind_of_key_is_refused(verifier: Verifier) -> None:
    """A key of a witness's kind, with its own true id, is no log's key."""
    typed = b"\x04" + SIGNER.verifier.public
    key_id = hashlib.sha256(NAME.encode() + b"\n" + typed).digest()[:4].hex()
    text = f"{NAME}+{key_id}+{base64.b64encode(typed).decode()}"

    assert "malformed" == verifier.run("return outcome(() => v.readKey(given));", text)
    assert "holds" == verifier.run("return outcome(() => v.readKey(given));", SIGNER.vkey)
