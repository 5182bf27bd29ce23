"""The browser's receipts: what the program writes opens, and says what it says; every altered part is refused."""

import base64
from typing import Any

import pytest

from lockplate.checkpoint import Checkpoint, Signer
from lockplate.evidence.proof_file import make, parse, write
from lockplate.merkle import inclusion_path, leaf_hash, root_of

pytestmark = pytest.mark.browser

Verifier = Any
SIGNER = Signer("lockplate/oakmont", bytes(range(32)))
OTHER = Signer("lockplate/elsewhere", bytes(range(1, 33)))
ENTRIES = [b'{"action":"sign_in","n":%d}' % number for number in range(13)]
HASHES = [leaf_hash(entry) for entry in ENTRIES]
OPEN = """
const key = await v.readKey(given.key);
const told = [];
for (const text of given.texts) {
  let opened;
  const kind = await outcome(async () => { opened = await v.openReceipt(text, key); });
  told.push(kind === "holds" ? [opened.index, new TextDecoder().decode(opened.record), opened.checkpoint.size] : kind);
}
return told;
"""


def receipt(index: int, size: int = 13, signer: Signer = SIGNER) -> str:
    note = signer.sign(Checkpoint(origin=signer.origin, size=size, root=root_of(HASHES[:size])))
    path = inclusion_path(index, size, lambda start, height: root_of(HASHES[start : start + (1 << height)]))
    return make(index, ENTRIES[index], path, note)


def opened(verifier: Verifier, *texts: str, key: str = SIGNER.vkey) -> Any:
    return verifier.run(OPEN, {"key": key, "texts": texts})


def test_every_receipt_opens(verifier: Verifier) -> None:
    """Each record of logs of several sizes, with its place and what it says."""
    places = [(index, size) for size in (1, 2, 7, 8, 13) for index in range(size)]
    told = opened(verifier, *(receipt(index, size) for index, size in places))

    assert [[index, ENTRIES[index].decode(), size] for index, size in places] == told


def test_every_altered_letter_is_seen(verifier: Verifier) -> None:
    """Each character changed, one at a time: nothing opens, except that the extra line's own word is not the record."""
    text = receipt(5)
    changed = [text[:at] + ("A" if letter != "A" else "B") + text[at + 1 :] for at, letter in enumerate(text)]
    told = opened(verifier, *changed)

    assert [] == [text[at] for at, kind in enumerate(told) if isinstance(kind, list)]
    assert {"malformed", "proof", "forged", "unsigned"} <= set(told)


def test_parts_of_two_receipts_make_none(verifier: Verifier) -> None:
    """Another record, another place, another record's proof, a smaller log's checkpoint: none proves."""
    good, other = parse(receipt(5)), parse(receipt(6))
    small = parse(receipt(5, size=7))
    cases = [
        write(type(good)(index=good.index, extra=other.extra, path=good.path, note=good.note)),
        write(type(good)(index=6, extra=good.extra, path=good.path, note=good.note)),
        write(type(good)(index=good.index, extra=good.extra, path=other.path, note=good.note)),
        write(type(good)(index=good.index, extra=good.extra, path=good.path, note=small.note)),
        write(type(good)(index=good.index, extra=good.extra, path=good.path[:-1], note=good.note)),
        write(type(good)(index=13, extra=good.extra, path=good.path, note=good.note)),
    ]

    assert {"proof"} == set(opened(verifier, *cases))


def test_a_receipt_of_another_log_is_none_of_this(verifier: Verifier) -> None:
    """Signed by another log's key: not believed, whatever it proves there."""
    assert ["unsigned"] == opened(verifier, receipt(5, signer=OTHER))
    assert [[5, ENTRIES[5].decode(), 13]] == opened(verifier, receipt(5, signer=OTHER), key=OTHER.vkey)


def test_a_receipt_without_its_record_shows_nothing(verifier: Verifier) -> None:
    """The format lets the record be left out; then there is nothing to show, and an altered one is still altered."""
    good = parse(receipt(5))
    bare = write(type(good)(index=5, extra=None, path=good.path, note=good.note))

    assert ["no-record"] == opened(verifier, bare)
    assert ["forged"] == opened(verifier, bare.replace("\n13\n", "\n14\n"))


HASH = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "", lambda text: text[1:], lambda text: text.replace("@v1", "@v2"), lambda text: text.replace("index 5", "index 05"),
        lambda text: text.replace("index 5\n", ""), lambda text: text.replace("index 5", "index -5"), lambda text: text.replace("\n\n", "\n"),
        lambda text: text.replace("index 5\n", "index 5\n" + f"{HASH}\n" * 64), lambda text: text.replace("extra ", "extra  "),
        lambda text: text.replace("\n\n", "\nAAA\n\n", 1), lambda text: text.replace("index 5", "index 99999999999999999999"),
        lambda text: text[: text.index("\n\n")], lambda text: text.replace("extra ", "extra x\nextra "),
    ],
)  # fmt: skip
def test_what_is_no_receipt_is_refused(verifier: Verifier, change: Any) -> None:
    """Cut short, misspelt, too long, or something else altogether."""
    assert ["malformed"] == opened(verifier, change(receipt(5)))
