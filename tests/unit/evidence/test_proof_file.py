"""Proof files: one text that proves one record to a stranger with the key, and nothing once it is touched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.checkpoint import Checkpoint, Signer, verify_checkpoint
from lockplate.errors import NotFound, ProofInvalid
from lockplate.evidence.proof_file import FIRST_LINE, ProofFile, ProvenEntry, make, open_proof, parse, verify, write
from lockplate.merkle import inclusion_path, leaf_hash, root_of
from lockplate.note import encode_base64

SIGNER = Signer("lockplate/springfield-pd", bytes(range(32)))
ENTRIES = [b'{"action":"sign_in","n":%d}' % number for number in range(11)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
NOTE = SIGNER.sign(Checkpoint(origin=SIGNER.origin, size=11, root=root_of(LEAVES)))


def proof_of(index):
    path = inclusion_path(index, 11, lambda start, height: root_of(LEAVES[start : start + (1 << height)]))
    return make(index, ENTRIES[index], path, NOTE)


@pytest.mark.parametrize("index", range(11))
def test_a_proof_file_proves_its_entry_without_the_node(index):
    """The text and the key are enough, with the entry inside or given beside it."""
    text = proof_of(index)
    checkpoint = verify_checkpoint(NOTE, SIGNER.vkey)
    assert ProvenEntry(index=index, entry=ENTRIES[index], checkpoint=checkpoint) == open_proof(text, SIGNER.vkey)
    assert checkpoint == verify(text, ENTRIES[index], SIGNER.vkey)
    bare = "\n".join(line for line in text.split("\n") if not line.startswith("extra "))
    assert checkpoint == verify(bare, ENTRIES[index], SIGNER.vkey)
    with pytest.raises(ProofInvalid):
        open_proof(bare, SIGNER.vkey)


def test_the_text_is_the_specifications():
    """Header, extra, index, siblings, an empty line and the note, in this order."""
    lines = proof_of(10).split("\n")
    assert [FIRST_LINE, f"extra {encode_base64(ENTRIES[10])}", "index 10"] == lines[:3]
    assert [44, 44, 0] == [len(line) for line in lines[3:6]]
    assert NOTE == "\n".join(lines[6:])


@given(index=st.integers(0, 10), position=st.integers(min_value=0), bit=st.integers(0, 7))
def test_a_proof_file_dies_of_one_bit(index, position, bit):
    """Whatever single bit of the file is turned, it proves nothing."""
    raw = bytearray(proof_of(index).encode())
    raw[position % len(raw)] ^= 1 << bit
    with pytest.raises((ProofInvalid, UnicodeDecodeError)):
        open_proof(raw.decode(), SIGNER.vkey)


proofs = st.builds(
    ProofFile,
    index=st.integers(0, 10**18),
    extra=st.none() | st.binary(max_size=300),
    path=st.lists(st.binary(min_size=32, max_size=32), max_size=63).map(tuple),
    note=st.just(NOTE),
)


@given(proof=proofs)
def test_parts_come_back(proof):
    """What is written is what is read."""
    assert proof == parse(write(proof))


@given(text=st.text())
def test_any_text_is_parts_or_refused(text):
    """The reader raises nothing but ProofInvalid, and what it accepts has one spelling."""
    for candidate in (text, f"{FIRST_LINE}\n{text}", f"{FIRST_LINE}\nindex 1\n{text}\n\n{text}"):
        try:
            proof = parse(candidate)
        except ProofInvalid:
            continue
        assert candidate == write(proof)


def test_what_proves_something_else_is_refused():
    """Another entry, another place, another key, another log's note, a sibling too many: all refused."""
    text = proof_of(4)
    other = Signer(SIGNER.origin, bytes(32))
    for changed, entry, vkey in [
        (text, ENTRIES[5], SIGNER.vkey),
        (text, ENTRIES[4], other.vkey),
        (text.replace("index 4", "index 5"), ENTRIES[4], SIGNER.vkey),
        (text.replace("index 4", "index 11"), ENTRIES[4], SIGNER.vkey),
        (text.replace("index 4", "index 04"), ENTRIES[4], SIGNER.vkey),
        (text.replace("index 4", f"index 4\n{encode_base64(bytes(32))}"), ENTRIES[4], SIGNER.vkey),
        (text.replace("index 4", "index 4\n" + "\n".join([encode_base64(bytes(32))] * 64)), ENTRIES[4], SIGNER.vkey),
        (text.replace("\n\n", "\n", 1), ENTRIES[4], SIGNER.vkey),
        (text.replace(encode_base64(ENTRIES[4]), encode_base64(ENTRIES[5])), ENTRIES[4], SIGNER.vkey),
        (text.replace("@v1", "@v2"), ENTRIES[4], SIGNER.vkey),
        (text + " ", ENTRIES[4], SIGNER.vkey),
        (" " * 300_000 + text, ENTRIES[4], SIGNER.vkey),
    ]:
        with pytest.raises(ProofInvalid):
            verify(changed, entry, vkey)


def test_a_log_proves_its_published_records(evidence, signer):
    """`prove` gives a file for each published record, and says when a record is not published yet."""
    evidence.log.append(ENTRIES)
    with pytest.raises(NotFound) as early:
        evidence.prove(3)
    assert "not_published" == early.value.code
    evidence.publisher.publish()
    evidence.log.append([b"later"])
    for index, entry in enumerate(ENTRIES):
        assert (index, entry, 11) == (
            (proven := open_proof(evidence.prove(index), signer.vkey)).index,
            proven.entry,
            proven.checkpoint.size,
        )
    with pytest.raises(NotFound):
        evidence.prove(12)
