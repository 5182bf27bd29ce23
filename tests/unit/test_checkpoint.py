"""Checkpoints and signed notes: exact text, one spelling each, and no signature that survives a change."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from lockplate.checkpoint import Checkpoint, Signer, parse_checkpoint, verify_checkpoint, verify_note
from lockplate.errors import BadInput, LogRefused, ProofInvalid
from lockplate.note import decode_base64, encode_base64, parse_vkey

SIGNER = Signer("lockplate/springfield-pd", bytes(range(32)))
CHECKPOINT = Checkpoint(origin=SIGNER.origin, size=20_852_163, root=hashlib.sha256(b"root").digest())
NOTE = SIGNER.sign(CHECKPOINT)

names = st.text(st.characters(codec="utf-8", exclude_categories=["Z", "C"], exclude_characters="+"), min_size=1).filter(
    lambda name: not any(character.isspace() for character in name)
)
checkpoints = st.builds(
    Checkpoint,
    origin=names,
    size=st.integers(min_value=0, max_value=2**63 - 1),
    root=st.binary(min_size=32, max_size=32),
)


def foreign_line(name: str = "witness.example/w", body: bytes = b"\1\2\3\4signature") -> str:
    """Return a signature line by a key that nobody here knows."""
    return f"— {name} {encode_base64(body)}\n"


@given(checkpoint=checkpoints)
def test_a_checkpoint_comes_back_from_its_text(checkpoint):
    """What is written is what is read, byte for byte."""
    assert checkpoint == parse_checkpoint(checkpoint.text())


@given(checkpoint=checkpoints, seed=st.binary(min_size=32, max_size=32))
def test_a_signed_checkpoint_verifies_under_its_own_key_only(checkpoint, seed):
    """A note verifies with the signer's vkey, and with no other key of the same name."""
    signer = Signer(checkpoint.origin, seed)
    other = Signer(checkpoint.origin, hashlib.sha256(seed).digest())
    note = signer.sign(checkpoint)
    assert checkpoint == verify_checkpoint(note, signer.vkey)
    with pytest.raises(ProofInvalid):
        verify_checkpoint(note, other.vkey)


def test_the_note_is_what_the_specification_says():
    """The note's parts are rebuilt here from the specification's words with nothing but hashlib and Ed25519."""
    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public = private.public_key().public_bytes_raw()
    text = f"lockplate/springfield-pd\n20852163\n{base64.b64encode(CHECKPOINT.root).decode()}\n"
    key_id = hashlib.sha256(b"lockplate/springfield-pd\n\x01" + public).digest()[:4]
    signature = base64.b64encode(key_id + private.sign(text.encode())).decode()
    assert f"{text}\n— lockplate/springfield-pd {signature}\n" == NOTE
    key = base64.b64encode(b"\x01" + public).decode()
    assert f"lockplate/springfield-pd+{key_id.hex()}+{key}" == SIGNER.vkey


@given(position=st.integers(min_value=0), bit=st.integers(min_value=0, max_value=7))
def test_a_note_dies_of_one_bit(position, bit):
    """Whatever single bit of a signed note is turned, it no longer verifies."""
    raw = bytearray(NOTE.encode())
    raw[position % len(raw)] ^= 1 << bit
    with pytest.raises((ProofInvalid, UnicodeDecodeError)):
        verify_checkpoint(raw.decode(), SIGNER.vkey)


@given(position=st.integers(min_value=0), bit=st.integers(min_value=0, max_value=7))
def test_a_vkey_dies_of_one_bit(position, bit):
    """Whatever single bit of a key string is turned, it is refused or verifies nothing of ours."""
    raw = bytearray(SIGNER.vkey.encode())
    raw[position % len(raw)] ^= 1 << bit
    with pytest.raises((ProofInvalid, BadInput, UnicodeDecodeError)):
        verify_checkpoint(NOTE, raw.decode())


@given(text=st.text())
def test_any_text_is_a_checkpoint_or_refused(text):
    """The parsers raise nothing but ProofInvalid, and what they accept has one spelling."""
    for body in (text, f"origin\n{text}\n{encode_base64(bytes(32))}\n", f"{text}\n1\n{encode_base64(bytes(32))}\n"):
        try:
            checkpoint = parse_checkpoint(body)
        except ProofInvalid:
            continue
        assert body == checkpoint.text()
    with pytest.raises(ProofInvalid):
        verify_checkpoint(text, SIGNER.vkey)


@pytest.mark.parametrize("size", ["01", "+1", "-1", " 1", "1 ", "1_0", "١", "", "9223372036854775808", "1" * 40, "0x1"])
def test_a_size_has_one_spelling(size):
    """Sizes are plain decimals below 2**63."""
    with pytest.raises(ProofInvalid):
        parse_checkpoint(f"origin\n{size}\n{encode_base64(bytes(32))}\n")


def test_extension_lines_and_missing_newlines_are_refused():
    """A checkpoint is three lines, each ended, and nothing else."""
    root = encode_base64(bytes(32))
    for text in [
        f"o\n1\n{root}",
        f"o\n1\n{root}\nextra\n",
        f"\no\n1\n{root}\n",
        f"o\n1\n{root}\n\n",
        f"o\r\n1\n{root}\n",
    ]:
        with pytest.raises(ProofInvalid):
            parse_checkpoint(text)


@pytest.mark.parametrize("text", ["AAA", "AA=", "AB==", "AA==\n", " AA==", "A-_=", "AA==AA==", "é", "AAA=="])
def test_base64_has_one_spelling(text):
    """Missing padding, stray bits, white space and the URL alphabet are refused."""
    with pytest.raises(ProofInvalid):
        decode_base64(text)


def test_signatures_of_others_are_ignored():
    """Lines by unknown keys stand beside ours, also under our name with another id, and change nothing."""
    text, own = NOTE.split("\n\n")
    for note in (
        NOTE + foreign_line(),
        f"{text}\n\n{foreign_line()}{own}",
        NOTE + foreign_line(SIGNER.origin),
        NOTE + foreign_line(body=SIGNER.verifier.key_id + b"same id, other name"),
        NOTE + "".join(foreign_line(f"witness.example/{number}") for number in range(16)),
    ):
        assert CHECKPOINT == verify_checkpoint(note, SIGNER.vkey)


def test_malformed_notes_are_refused():
    """No text, no signature, a broken line, our signature twice or forged, a control character, a lone surrogate."""
    text, own = NOTE.split("\n\n")
    forged = encode_base64(SIGNER.verifier.key_id + bytes(64))
    for note in (
        "",
        "\n\n",
        text + "\n",
        f"{text}\n\n",
        f"\n\n{own}",
        NOTE[:-1],
        NOTE + "\n",
        NOTE + own,
        NOTE + f"— {SIGNER.origin} {forged}\n",
        f"{text}\n\n— {SIGNER.origin} {forged}\n",
        NOTE + "- witness.example/w AAAAAAAA\n",
        NOTE + foreign_line("a+b"),
        NOTE + foreign_line("a\u00a0b"),
        NOTE + foreign_line(body=b"\1\2\3\4"),
        NOTE + "— witness.example/w !\n",
        NOTE.replace("\n", "\r\n"),
        NOTE + foreign_line("\ud800"),
        "x" * 200_000 + NOTE,
    ):
        with pytest.raises(ProofInvalid):
            verify_checkpoint(note, SIGNER.vkey)


def test_a_key_is_trusted_for_its_own_log_only():
    """A key's signature on another log's checkpoint is not a checkpoint; and a signer refuses to make one."""
    foreign = Checkpoint(origin="lockplate/shelbyville-pd", size=1, root=bytes(32))
    with pytest.raises(LogRefused):
        SIGNER.sign(foreign)
    signature = SIGNER.verifier.key_id + SIGNER._private.sign(foreign.text().encode())
    note = f"{foreign.text()}\n— {SIGNER.origin} {encode_base64(signature)}\n"
    assert foreign.text() == verify_note(note, SIGNER.verifier)
    with pytest.raises(ProofInvalid):
        verify_checkpoint(note, SIGNER.vkey)


def test_vkeys_have_one_spelling():
    """A vkey comes back from its text; another type, a wrong id, upper-case hex and missing parts are refused."""
    assert SIGNER.verifier == parse_vkey(SIGNER.vkey)
    name, key_id, key = SIGNER.vkey.split("+", 2)
    ecdsa = encode_base64(b"\x02" + SIGNER.verifier.public)
    for text in ("", name, f"{name}+{key_id}", f"{name}+{key_id.upper()}+{key}", f"{name}+00000000+{key}",
                 f"{name}+{key_id}+{ecdsa}", f"+{key_id}+{key}", f"{name} +{key_id}+{key}", f"{SIGNER.vkey}\n"):  # fmt: skip
        with pytest.raises(BadInput):
            parse_vkey(text)


def test_a_signer_shows_no_secret_and_wants_a_whole_seed():
    """The seed has 32 bytes, the origin is a key name, and printing a signer prints the origin alone."""
    assert "Signer(lockplate/springfield-pd)" == repr(SIGNER)
    for origin, seed in [
        ("", bytes(32)),
        ("a b", bytes(32)),
        ("a+b", bytes(32)),
        ("a", bytes(31)),
        ("a\nb", bytes(32)),
    ]:
        with pytest.raises(BadInput):
            Signer(origin, seed)
