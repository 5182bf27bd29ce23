"""The key-encryption key: its file, its sources, and what it wraps."""

import json
import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from lockplate.errors import Conflict, KeyUnavailable, SettingRefused, StoreFailed
from lockplate.keys.kek import Kek, load_kek, make_kek_file

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "seal.json").read_text(encoding="utf-8"))["keys"]
SECRET = bytes(range(32))
KEY = b"k" * 32


@pytest.mark.parametrize("vector", VECTORS["wrapped"])
def test_a_wrapped_key_has_the_documented_bytes(vector: dict[str, str]) -> None:
    """Version, nonce and AES-256-GCM under the context, as computed without this program and as pinned."""
    kek, nonce, key = (bytes.fromhex(text) for text in (VECTORS["kek"], vector["nonce"], vector["key"]))
    context = f"lockplate/wrap/v1\0{VECTORS['operator']}\0{vector['kind']}\0{vector['name']}".encode()

    assert vector["wrapped"] == (b"\x01" + nonce + AESGCM(kek).encrypt(nonce, key, b"\x01" + context)).hex()
    assert key == Kek(kek).unwrap(bytes.fromhex(vector["wrapped"]), context)


@given(st.binary(min_size=1, max_size=64), st.binary(max_size=40))
def test_what_is_wrapped_unwraps_in_its_own_context(key: bytes, context: bytes) -> None:
    """The same context gives the key back; no wrapping shows the key, and no two are alike."""
    kek = Kek(SECRET)
    wrapped = kek.wrap(key, context)

    assert key == kek.unwrap(wrapped, context)
    assert len(key) < 8 or key not in wrapped
    assert wrapped != kek.wrap(key, context)
    with pytest.raises(KeyUnavailable):
        kek.unwrap(wrapped, context + b"x")


def test_another_key_encryption_key_unwraps_nothing() -> None:
    """The refusal has its own code, and neither key in it."""
    wrapped = Kek(SECRET).wrap(KEY, b"")

    with pytest.raises(KeyUnavailable) as refused:
        Kek(SECRET[::-1]).unwrap(wrapped, b"")
    assert "wrong_kek" == refused.value.code
    assert refused.value.__cause__ is None


def test_any_changed_or_missing_byte_breaks_a_wrapped_key() -> None:
    """Every bit is bound, the version included, and so is the length."""
    kek = Kek(SECRET)
    wrapped = kek.wrap(KEY, b"context")
    spoilt = [
        wrapped[:place] + bytes([wrapped[place] ^ 1 << bit]) + wrapped[place + 1 :]
        for place in range(61)
        for bit in range(8)
    ]
    spoilt += [wrapped[:length] for length in range(61)] + [wrapped + b"\0"]

    assert 61 == len(wrapped)
    for damaged in spoilt:
        with pytest.raises(KeyUnavailable):
            kek.unwrap(damaged, b"context")


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_a_key_encryption_key_has_32_bytes(length: int) -> None:
    """A shorter key would silently be AES-128."""
    with pytest.raises(SettingRefused):
        Kek(b"s" * length)


def test_a_key_encryption_key_does_not_print_itself() -> None:
    """Neither its text form nor its attributes' text hold the secret."""
    kek = Kek(b"printable-secret-of-32-bytes-abc")

    assert "printable" not in repr(kek) + str(kek) + str(vars(kek))


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Mode 0600 whatever the umask, 64 hex digits, a new secret each time."""
    before = os.umask(0)
    try:
        make_kek_file(tmp_path / "a" / "kek")
    finally:
        os.umask(before)
    make_kek_file(tmp_path / "b.kek")

    for path in (tmp_path / "a" / "kek", tmp_path / "b.kek"):
        assert 0o600 == stat.S_IMODE(path.stat().st_mode)
        assert 32 == len(bytes.fromhex(path.read_text(encoding="ascii")))
    assert (tmp_path / "a" / "kek").read_bytes() != (tmp_path / "b.kek").read_bytes()


def test_a_made_file_is_loaded(tmp_path: Path) -> None:
    """What one process wraps, another that loads the same file unwraps."""
    make_kek_file(tmp_path / "kek")
    wrapped = load_kek(file=tmp_path / "kek", value=None).wrap(KEY, b"")

    assert KEY == load_kek(file=tmp_path / "kek", value=None).unwrap(wrapped, b"")


@pytest.mark.parametrize("there", ["file", "empty", "link", "folder"])
def test_an_existing_file_is_never_touched(tmp_path: Path, there: str) -> None:
    """A second `init` cannot destroy the key that everything is wrapped under; a link is not followed."""
    path = tmp_path / "kek"
    if there == "link":
        path.symlink_to(tmp_path / "elsewhere")
    elif there == "folder":
        path.mkdir()
    else:
        path.write_bytes(b"" if there == "empty" else b"the only copy")

    with pytest.raises(Conflict) as refused:
        make_kek_file(path)

    assert "kek_exists" == refused.value.code
    assert str(tmp_path) not in refused.value.message
    assert not (tmp_path / "elsewhere").exists()
    assert there != "file" or path.read_bytes() == b"the only copy"


def test_what_a_crash_left_is_not_in_the_way(tmp_path: Path) -> None:
    """Half of a key under another name is replaced; nothing is left beside the file."""
    (tmp_path / "kek.new").write_text("0123", encoding="ascii")
    make_kek_file(tmp_path / "kek")

    assert [tmp_path / "kek"] == list(tmp_path.iterdir())
    assert 65 == (tmp_path / "kek").stat().st_size


def test_a_disk_that_refuses_leaves_no_file(tmp_path: Path) -> None:
    """The error is from the tree, and names no path."""
    (tmp_path / "file").touch()

    with pytest.raises(StoreFailed) as refused:
        make_kek_file(tmp_path / "file" / "kek")
    assert str(tmp_path) not in refused.value.message


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620, 0o601, 0o777])
def test_an_exposed_file_is_refused(tmp_path: Path, mode: int) -> None:
    """A key that group or others may read, write or run is no secret any more."""
    make_kek_file(tmp_path / "kek")
    (tmp_path / "kek").chmod(mode)

    with pytest.raises(SettingRefused) as refused:
        load_kek(file=tmp_path / "kek", value=None)

    assert "kek_exposed" == refused.value.code
    assert "chmod" in refused.value.next_step
    assert str(tmp_path) not in refused.value.message


@pytest.mark.parametrize("content", [None, b"", b"\xff" * 64, b"00" * 31, b"00" * 33, b"zz" * 32, b"0" * 63])
def test_a_missing_or_malformed_file_is_refused(tmp_path: Path, content: bytes | None) -> None:
    """Without a key the node does not start, and the message holds neither path nor content."""
    path = tmp_path / "kek"
    if content is not None:
        path.write_bytes(content)
        path.chmod(0o600)

    with pytest.raises(SettingRefused) as refused:
        load_kek(file=path, value=None)

    assert refused.value.code == ("no_kek" if content is None or content.startswith(b"\xff") else "bad_kek")
    assert str(tmp_path) not in refused.value.message


def test_a_value_from_the_environment_comes_first(tmp_path: Path) -> None:
    """With a value, no file is read, and white space around the value is nothing."""
    kek = load_kek(file=tmp_path / "absent", value=f" {SECRET.hex()}\n")

    assert KEY == Kek(SECRET).unwrap(kek.wrap(KEY, b""), b"")


@pytest.mark.parametrize("value", ["", "short", "00" * 31, "0" * 63, "é" * 64])
def test_a_malformed_value_is_refused(tmp_path: Path, value: str) -> None:
    """An empty or broken value never falls back to the file, and is not repeated."""
    make_kek_file(tmp_path / "kek")

    with pytest.raises(SettingRefused) as refused:
        load_kek(file=tmp_path / "kek", value=value)

    assert "bad_kek" == refused.value.code
    assert not value or value not in refused.value.message
