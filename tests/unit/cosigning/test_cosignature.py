"""Cosignatures: both forms are what the specification says, and none survives a change of anything that it states."""

import hashlib
import struct
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from lockplate.checkpoint import Checkpoint, Signer
from lockplate.cosigning.cosignature import COSIGNER_KINDS, MAX_TIME, Cosigner, cosignatures, verify_line
from lockplate.errors import BadInput, ProofInvalid
from lockplate.note import SignatureLine, VerifierKey, encode_base64, parse_note

AT = datetime(2026, 11, 24, 8, 30, 5, tzinfo=UTC)
SECONDS = 1_795_509_005
SEED = bytes(range(64))
COSIGNER = Cosigner("clerk.example/w1", SEED)
ED25519, MLDSA = COSIGNER.keys
LOG = Signer("lockplate.example/oakmont", bytes(range(32)))
CHECKPOINT = Checkpoint(origin=LOG.origin, size=1204, root=hashlib.sha256(b"root").digest())
NOTE = parse_note(LOG.sign(CHECKPOINT))
LINES = COSIGNER.cosign(CHECKPOINT, AT)
COSIGNED = NOTE.with_lines(LINES)

both = pytest.mark.parametrize(
    ("key", "line"), list(zip(COSIGNER.keys, LINES, strict=True)), ids=["ed25519", "mldsa44"]
)
times = st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30)).map(lambda at: at.replace(tzinfo=UTC))


@settings(max_examples=30)
@given(size=st.integers(0, 2**63 - 1), root=st.binary(min_size=32, max_size=32), at=times)
def test_what_is_cosigned_verifies(size, root, at):
    """Both forms hold for any checkpoint and any time, and say the time in whole seconds."""
    checkpoint = Checkpoint(origin=LOG.origin, size=size, root=root)
    for key, line in zip(COSIGNER.keys, COSIGNER.cosign(checkpoint, at), strict=True):
        found = verify_line(line, checkpoint, key)
        assert (key, at.replace(microsecond=0)) == (found.key, found.at)


def test_the_ed25519_form_is_what_the_specification_says():
    """The message is rebuilt here from the specification's words, and checked with nothing of ours."""
    root = encode_base64(CHECKPOINT.root)
    message = f"cosignature/v1\ntime {SECONDS}\nlockplate.example/oakmont\n1204\n{root}\n".encode()
    public = Ed25519PrivateKey.from_private_bytes(SEED[:32]).public_key()
    line = LINES[0]
    assert struct.pack(">Q", SECONDS) == line.signature[:8]
    public.verify(line.signature[8:], message)
    assert hashlib.sha256(b"clerk.example/w1\n\x04" + public.public_bytes_raw()).digest()[:4] == line.key_id
    assert COSIGNER.name == line.name
    assert f"cosignature/v1\ntime {SECONDS}\n{NOTE.text}".encode() == message


def test_the_mldsa_form_is_what_the_specification_says():
    """The structure is rebuilt here field by field from the specification's words, and checked with nothing of ours."""
    name, origin = b"clerk.example/w1", b"lockplate.example/oakmont"
    message = struct.pack(
        f">12sB{len(name)}sQB{len(origin)}sQQ32s",
        b"subtree/v1\n\0", len(name), name, SECONDS, len(origin), origin, 0, 1204, CHECKPOINT.root,
    )  # fmt: skip
    public = MLDSA44PrivateKey.from_seed_bytes(SEED[32:]).public_key()
    line = LINES[1]
    assert struct.pack(">Q", SECONDS) == line.signature[:8]
    assert 8 + 2420 == len(line.signature)
    public.verify(line.signature[8:], message)
    assert hashlib.sha256(name + b"\n\x06" + public.public_bytes_raw()).digest()[:4] == line.key_id


@both
@settings(max_examples=60)
@given(position=st.integers(min_value=0), bit=st.integers(min_value=0, max_value=7))
def test_a_line_dies_of_one_bit(key, line, position, bit):
    """Whatever single bit of key id, time or signature is turned, it is no cosignature of this key any more."""
    raw = bytearray(line.key_id + line.signature)
    raw[position % len(raw)] ^= 1 << bit
    turned = SignatureLine(name=line.name, key_id=bytes(raw[:4]), signature=bytes(raw[4:]))
    with pytest.raises(ProofInvalid):
        verify_line(turned, CHECKPOINT, key)


@both
@pytest.mark.parametrize(
    "change",
    [
        {"size": 1205},
        {"size": 1203},
        {"root": hashlib.sha256(b"other").digest()},
        {"origin": "lockplate.example/oakmon"},
    ],
    ids=str,
)
def test_a_line_is_of_one_checkpoint(key, line, change):
    """Another size, root or log is another statement."""
    with pytest.raises(ProofInvalid):
        verify_line(line, msgspec.structs.replace(CHECKPOINT, **change), key)


@both
def test_a_line_of_another_length_is_none(key, line):
    """Too short by a byte, too long by one, or a time alone."""
    for signature in (line.signature[:-1], line.signature + b"\0", line.signature[:8], line.signature[:7]):
        with pytest.raises(ProofInvalid):
            verify_line(msgspec.structs.replace(line, signature=signature), CHECKPOINT, key)


def test_an_mldsa_key_does_not_speak_under_another_name():
    """The ML-DSA form names its cosigner: moved to another name, with that name's own key id, the line fails."""
    moved = VerifierKey(name="mayor.example/w9", public=MLDSA.public, kind=MLDSA.kind)
    line = msgspec.structs.replace(LINES[1], name=moved.name, key_id=moved.key_id)
    with pytest.raises(ProofInvalid) as refused:
        verify_line(line, CHECKPOINT, moved)
    assert "bad_cosignature" == refused.value.code


def test_an_ed25519_key_does_speak_under_another_name():
    """The older form does not name its cosigner; this is why one key must never serve two witnesses."""
    moved = VerifierKey(name="mayor.example/w9", public=ED25519.public, kind=ED25519.kind)
    line = msgspec.structs.replace(LINES[0], name=moved.name, key_id=moved.key_id)
    assert AT == verify_line(line, CHECKPOINT, moved).at


@both
@pytest.mark.parametrize("seconds", [0, MAX_TIME + 1, 2**63, 2**64 - 1])
def test_an_undated_line_is_refused_even_when_signed(key, line, seconds):
    """A witness of ours dates every line; none is dated in 1970's first second, nor after the year 9999."""
    private = (Ed25519PrivateKey.from_private_bytes(SEED[:32]), MLDSA44PrivateKey.from_seed_bytes(SEED[32:]))
    origin, name = LOG.origin.encode(), COSIGNER.name.encode()
    messages = (
        f"cosignature/v1\ntime {seconds}\n{NOTE.text}".encode(),
        b"subtree/v1\n\0" + bytes([len(name)]) + name + struct.pack(">Q", seconds) + bytes([len(origin)]) + origin
        + struct.pack(">QQ", 0, CHECKPOINT.size) + CHECKPOINT.root,
    )  # fmt: skip
    which = COSIGNER.keys.index(key)
    signature = private[which].sign(messages[which])
    publics = (Ed25519PublicKey, MLDSA44PublicKey)
    publics[which].from_public_bytes(key.public).verify(signature, messages[which])
    signed = msgspec.structs.replace(line, signature=struct.pack(">Q", seconds) + signature)
    with pytest.raises(ProofInvalid):
        verify_line(signed, CHECKPOINT, key)


def test_a_logs_own_signature_is_no_cosignature():
    """A key of the kind that signs notes is refused here, whatever it signed."""
    with pytest.raises(ProofInvalid):
        verify_line(NOTE.signatures[0], CHECKPOINT, LOG.verifier)


def test_the_witness_must_be_the_one_asked_for():
    """A line that holds under one key of a witness is not the other's, and not another witness's."""
    other = Cosigner(COSIGNER.name, bytes(64)).keys
    for key in (MLDSA, *other):
        with pytest.raises(ProofInvalid):
            verify_line(LINES[0], CHECKPOINT, key)


def test_cosignatures_of_known_keys_are_found_and_others_ignored():
    """Lines by strangers are no reason to refuse a note, however odd they are; nor is a known witness's absence."""
    stranger = SignatureLine(name="stranger.example", key_id=b"\0\0\0\0", signature=b"odd")
    same_name = SignatureLine(name=COSIGNER.name, key_id=b"\0\0\0\0", signature=b"odd")
    same_id = SignatureLine(name="stranger.example", key_id=ED25519.key_id, signature=b"odd")
    note = COSIGNED.with_lines([stranger, same_name, same_id])
    absent = Cosigner("absent.example", bytes(64)).keys
    assert [(key, AT) for key in COSIGNER.keys] == [(one.key, one.at) for one in cosignatures(note, COSIGNER.keys)]
    assert [ED25519] == [one.key for one in cosignatures(note, [ED25519, *absent])]
    assert () == cosignatures(note, absent)
    assert () == cosignatures(NOTE, COSIGNER.keys)


@both
def test_a_note_with_a_known_line_that_fails_is_refused_whole(key, line):
    """Whoever tampers with one known line loses the note, also when another line holds."""
    spoiled = msgspec.structs.replace(line, signature=line.signature[:-1] + bytes([line.signature[-1] ^ 1]))
    with pytest.raises(ProofInvalid):
        cosignatures(COSIGNED.with_lines([spoiled]), COSIGNER.keys)


@both
def test_a_note_with_two_lines_by_one_key_is_refused(key, line):
    """Also when both hold: which of the two times would count?"""
    later = COSIGNER.cosign(CHECKPOINT, AT + timedelta(seconds=9))[COSIGNER.keys.index(key)]
    for twice in (line, later):
        note = msgspec.structs.replace(COSIGNED, signatures=(*COSIGNED.signatures, twice))
        with pytest.raises(ProofInvalid, match="twice"):
            cosignatures(note, COSIGNER.keys)


def test_a_checkpoint_with_extension_lines_is_not_read():
    """Our logs sign none, and the ML-DSA form would not cover them."""
    with pytest.raises(ProofInvalid):
        cosignatures(msgspec.structs.replace(COSIGNED, text=NOTE.text + "extra\n"), COSIGNER.keys)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "x" * 256, "ä" * 128])
def test_a_name_that_cannot_name_a_witness(name):
    """The ML-DSA form has one byte for the length of a name."""
    with pytest.raises(BadInput):
        Cosigner(name, SEED)
    assert "x" * 255 == Cosigner("x" * 255, SEED).name


def test_a_seed_of_another_length_is_refused():
    """Thirty-two bytes for each form; and no word of it is shown."""
    for length in (0, 32, 63, 65):
        with pytest.raises(BadInput):
            Cosigner("clerk.example/w1", bytes(length))
    assert "Cosigner(clerk.example/w1)" == repr(COSIGNER)


def test_a_log_whose_name_is_too_long_gets_no_line():
    """Rather than a line whose length byte says something else."""
    checkpoint = msgspec.structs.replace(CHECKPOINT, origin="o" * 256)
    with pytest.raises(ProofInvalid):
        COSIGNER.cosign(checkpoint, AT)


def test_the_kinds_are_those_of_the_specification():
    assert [4, 6] == [int(kind) for kind in COSIGNER_KINDS]
    assert [ED25519.kind, MLDSA.kind] == list(COSIGNER_KINDS)
