"""Notes and key strings: what is written is what is read, one spelling each, and nothing half right is taken."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from lockplate.errors import BadInput, ProofInvalid
from lockplate.note import (
    MAX_NOTE_CHARACTERS,
    Note,
    SignatureLine,
    SignatureType,
    VerifierKey,
    decode_base64,
    encode_base64,
    is_key_name,
    parse_lines,
    parse_note,
    parse_vkey,
)

PUBLIC = Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key().public_bytes_raw()
KEY = VerifierKey(name="clerk.example/w1", public=PUBLIC)
LINE = SignatureLine(name="clerk.example/w1", key_id=b"\1\2\3\4", signature=b"signed")
NOTE = Note(text="a text\n\nof two parts\n", signatures=(LINE, LINE))

names = st.text(st.characters(codec="utf-8", exclude_characters="+"), min_size=1).filter(is_key_name)
lines = st.builds(
    SignatureLine, name=names, key_id=st.binary(min_size=4, max_size=4), signature=st.binary(min_size=1, max_size=90)
)
texts = st.text(st.characters(codec="utf-8", min_codepoint=32)).map(lambda part: f"x{part}\n")
notes = st.builds(
    Note,
    text=st.lists(texts, min_size=1, max_size=3).map("\n".join),
    signatures=st.lists(lines, min_size=1, max_size=4).map(tuple),
)
publics = {
    SignatureType.MLDSA44_COSIGNATURE: st.binary(min_size=1312, max_size=1312),
    **dict.fromkeys(
        (SignatureType.ED25519, SignatureType.ED25519_COSIGNATURE),
        st.binary(min_size=32, max_size=32).map(
            lambda seed: Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
        ),
    ),
}
keys = st.sampled_from(SignatureType).flatmap(
    lambda kind: st.builds(VerifierKey, name=names, public=publics[kind], kind=st.just(kind))
)


@given(note=notes)
def test_a_note_comes_back_from_what_is_written(note):
    """Text and lines of any note are read as they were written, the text up to the last empty line."""
    assert note == parse_note(note.written())


@given(some=st.lists(lines, min_size=1, max_size=4))
def test_signature_lines_come_back_alone(some):
    """A witness's answer is signature lines without a note."""
    assert tuple(some) == parse_lines("".join(line.text() for line in some))


@given(key=keys)
def test_a_key_comes_back_from_its_string(key):
    """Every kind of key is read as it was written, by whoever asks for that kind, and by nobody else."""
    assert key == parse_vkey(key.text(), tuple(SignatureType))
    others = tuple(kind for kind in SignatureType if kind is not key.kind)
    with pytest.raises(BadInput):
        parse_vkey(key.text(), others)


def test_a_log_key_is_what_is_asked_for_by_default():
    """Without another word a key string is a log's; a witness's key in its place is refused."""
    witness = VerifierKey(name=KEY.name, public=PUBLIC, kind=SignatureType.ED25519_COSIGNATURE)
    assert KEY == parse_vkey(KEY.text())
    with pytest.raises(BadInput):
        parse_vkey(witness.text())


def test_the_key_id_is_the_hash_that_the_specification_says():
    """Name, newline, kind, key: the same key has another id under another name or for another kind of signature."""
    for kind, public in ((1, PUBLIC), (4, PUBLIC), (6, bytes(1312))):
        key = VerifierKey(name="w", public=public, kind=SignatureType(kind))
        assert hashlib.sha256(b"w\n" + bytes([kind]) + public).digest()[:4] == key.key_id


@pytest.mark.parametrize(
    "text",
    [
        "",
        "clerk.example/w1",
        KEY.text() + " ",
        " " + KEY.text(),
        KEY.text().upper(),
        KEY.text().replace("+", "++", 1),
        KEY.text()[:-1],
        KEY.text() + "AAAA",
        KEY.text().replace(KEY.name, "clerk.example/w2"),
        KEY.text().replace(KEY.key_id.hex(), "00000000"),
        KEY.text().replace(KEY.key_id.hex(), KEY.key_id.hex()[:-1]),
        VerifierKey(name="a b", public=PUBLIC).text(),
        VerifierKey(name="", public=PUBLIC).text(),
        VerifierKey(name="w", public=PUBLIC[:-1]).text(),
        VerifierKey(name="w", public=PUBLIC + b"\0").text(),
        f"w+{hashlib.sha256(b'w' + bytes([10, 9]) + PUBLIC).hexdigest()[:8]}+{encode_base64(bytes([9]) + PUBLIC)}",
        "\ud800+00000000+AAAA",
    ],
)
def test_a_malformed_key_string_is_refused(text):
    """No string that is only nearly a key is taken for one."""
    with pytest.raises(BadInput):
        parse_vkey(text, tuple(SignatureType))


PRIME = 2**255 - 19
IDENTITY, NEGATIVE_ONE, ZERO = 1, PRIME - 1, 0


@pytest.mark.parametrize("y", [IDENTITY, NEGATIVE_ONE, ZERO, PRIME, PRIME + 1, 2**255 - 1])
@pytest.mark.parametrize("sign", [0, 1 << 255])
@pytest.mark.parametrize("kind", [SignatureType.ED25519, SignatureType.ED25519_COSIGNATURE])
def test_a_key_under_which_anyone_can_sign_is_refused(y, sign, kind):
    """Points of small order and second spellings bind nobody; an owner could disown every signature."""
    weak = VerifierKey(name="log.example/weak", public=(y | sign).to_bytes(32, "little"), kind=kind)
    with pytest.raises(BadInput) as refused:
        parse_vkey(weak.text(), tuple(SignatureType))
    assert "weak_vkey" == refused.value.code


def test_points_of_order_eight_are_refused_too():
    """Their heights are the roots of d·y⁴ + 2·y² = 1, found here by trying; there are two, each with two signs."""
    d = -121665 * pow(121666, -1, PRIME) % PRIME
    minus_one_root = pow(2, (PRIME - 1) // 4, PRIME)

    def root(square):
        found = pow(square, (PRIME + 3) // 8, PRIME)
        return next((one for one in (found, found * minus_one_root % PRIME) if one * one % PRIME == square), None)

    inner = root((1 + d) % PRIME)
    squares = [(-1 + sign * inner) * pow(d, -1, PRIME) % PRIME for sign in (1, -1)]
    heights = [y for square in squares if (found := root(square)) for y in (found, PRIME - found)]
    assert 2 == len(heights)
    for y in heights:
        with pytest.raises(BadInput, match="bind nobody"):
            parse_vkey(VerifierKey(name="w", public=y.to_bytes(32, "little")).text())


def test_the_danger_of_a_weak_key_is_real():
    """The library that checks signatures takes one that nobody made, under the identity as a key."""
    forged = IDENTITY.to_bytes(32, "little") + bytes(32)
    Ed25519PublicKey.from_public_bytes(IDENTITY.to_bytes(32, "little")).verify(forged, b"whatever it should say")


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        "a text\n",
        "a text\n\n",
        f"\n\n{LINE.text()}",
        f"a text\n{LINE.text()}",
        f"a text\n\n{LINE.text()[:-1]}",
        f"a text\n\n{LINE.text()}x",
        f"a text\n\n{LINE.text()}\n",
        f"a text\n\n{LINE.text().replace('— ', '—')}",
        f"a text\n\n{LINE.text().replace('— ', '- ')}",
        f"a text\n\n{LINE.text().replace('w1 ', 'w1  ')}",
        f"a text\n\n{LINE.text().replace('w1', 'w+1')}",
        f"a text\n\n{LINE.text().replace('w1', 'w 1')}",
        f"a text\n\n— w1 {encode_base64(b'1234')}\n",
        "a text\n\n— w1 \n",
        f"a text\r\n\n{LINE.text()}",
        f"a\ttext\n\n{LINE.text()}",
        f"a\0text\n\n{LINE.text()}",
        f"a \ud800\n\n{LINE.text()}",
        f"{'x' * MAX_NOTE_CHARACTERS}\n\n{LINE.text()}",
    ],
)
def test_a_malformed_note_is_refused(note):
    """No text that is only nearly a note is taken for one."""
    with pytest.raises(ProofInvalid):
        parse_note(note)


def test_sixteen_large_signatures_fit():
    """The specification asks for sixteen; those of today's largest form fit with room to spare."""
    large = tuple(SignatureLine(name=f"w{n}", key_id=b"1234", signature=bytes(5000)) for n in range(16))
    note = Note(text="text\n", signatures=large)
    assert note == parse_note(note.written())


def test_further_lines_take_the_place_of_older_ones_by_the_same_key():
    """A note never carries two lines of one name and key id; those of others stay where they are."""
    other = SignatureLine(name=LINE.name, key_id=b"\4\3\2\1", signature=b"other kind")
    newer = SignatureLine(name=LINE.name, key_id=LINE.key_id, signature=b"newer")
    note = Note(text="text\n", signatures=(LINE, other))
    assert (newer, other) == note.with_lines([newer]).signatures
    assert (LINE, other) == note.signatures


@pytest.mark.parametrize("text", ["AA==\n", "AB==", "AA=", "AA", "A A=", "_-==", "AAA=AAA=", "=", "ä==="])
def test_base64_has_one_spelling(text):
    """Other alphabets, stray bits, spaces and missing padding are refused."""
    with pytest.raises(ProofInvalid):
        decode_base64(text)


@given(data=st.binary(max_size=80))
def test_base64_comes_back(data):
    assert data == decode_base64(encode_base64(data))


@pytest.mark.parametrize(
    "name", ["", "a b", "a\u00a0b", "a\u2003b", "a\u3000", "a+b", "a\nb", "a\tb", "a\x1fb", "\udc00"]
)
def test_what_cannot_name_a_key(name):
    """Spaces of any script, plus, control characters, and what is no text."""
    assert not is_key_name(name)
