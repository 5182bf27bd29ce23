"""A published log is read whole, from a folder or an address, and counts only when it is what its key signed."""

import functools
import http.server
import threading
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from lockplate.access import canonical_leaf
from lockplate.checkpoint import Signer
from lockplate.errors import BadInput, EvidenceError, NotFound, ProofInvalid
from lockplate.evidence.export import export_log
from lockplate.evidence.published import address_source, folder_source, read_published
from lockplate.note import encode_base64


@pytest.fixture
def exported(evidence, signer, make_record, clock, tmp_path):
    """A folder with 600 records, and what they are."""
    records = [make_record(at=clock.now() + timedelta(seconds=number)) for number in range(600)]
    evidence.log.append([canonical_leaf(record) for record in records])
    export_log(evidence.log, evidence.publisher.publish(), signer.vkey, tmp_path / "out")
    return tmp_path / "out", records


@contextmanager
def served(folder):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def read(source, vkey, sizes=()):
    taken = []
    log = read_published(source, vkey, lambda index, record: taken.append((index, record)), sizes)
    return log, taken


def test_every_record_comes_in_order_with_the_roots_that_were_asked_for(exported, evidence, signer):
    """From the folder and from an address alike; a size beyond the log has no root."""
    folder, records = exported
    sizes = {0, 1, 255, 256, 257, 600, 601}
    with served(folder) as url:
        for source in (folder_source(folder), address_source(url), address_source(f"{url}/")):
            log, taken = read(source, signer.vkey, sizes)
            assert list(enumerate(records)) == taken
            assert {size: encode_base64(evidence.log.root(size)) for size in sizes - {601}} == log.roots
            assert (signer.origin, 600) == (log.checkpoint.origin, log.checkpoint.size)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("tile/entries/001", lambda content: content.replace(b"sign_in", b"support", 1)),
        ("tile/entries/001", lambda content: content[:-1]),
        ("tile/entries/001", lambda content: content + content[:200]),
        ("tile/entries/000", lambda content: b""),
        ("tile/entries/002.p/88", lambda content: content[len(content) // 2 :]),
        ("checkpoint", lambda content: content.replace(b"\n600\n", b"\n599\n")),
        ("checkpoint", lambda content: b"\xff" * 100),
    ],
)
def test_what_was_altered_is_refused(exported, signer, name, change):
    """One changed entry, a bundle cut short or too long, another size: no log."""
    folder, _ = exported
    (folder / name).write_bytes(change((folder / name).read_bytes()))
    with pytest.raises((EvidenceError, BadInput)):
        read(folder_source(folder), signer.vkey)


def test_entries_in_another_order_are_refused(exported, signer):
    """Two bundles that changed places: every entry is there, and the tree is another."""
    folder, _ = exported
    one, two = folder / "tile/entries/000", folder / "tile/entries/001"
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)
    with pytest.raises(ProofInvalid):
        read(folder_source(folder), signer.vkey)


def test_another_key_and_what_is_missing(exported, signer, tmp_path):
    """Another log's key is refused, a missing file is said, and so is a place where nobody answers."""
    folder, _ = exported
    other = Signer(signer.origin, bytes(32)).vkey
    with pytest.raises(ProofInvalid):
        read(folder_source(folder), other)
    with pytest.raises(BadInput):
        read(folder_source(folder), "no key")
    with pytest.raises(BadInput):
        read(folder_source(tmp_path / "none"), signer.vkey)
    with served(folder) as url:
        with pytest.raises(NotFound):
            read(address_source(f"{url}/none"), signer.vkey)
        (folder / "checkpoint").write_bytes(b"x" * 1_000_000)
        with pytest.raises(BadInput, match="does not end"):
            read(address_source(url), signer.vkey)
    with pytest.raises(BadInput):
        read(address_source(url), signer.vkey)
    for address in ("", "file:///etc", "ftp://host/log", "https://", "pine"):
        with pytest.raises(BadInput):
            address_source(address)


@pytest.mark.parametrize("name", ["none", "nul\0byte", "x" * 5000])
def test_a_folder_that_cannot_be_is_bad_input(tmp_path: Path, name: str) -> None:
    """A name that no file can have says so, and is not said back."""
    with pytest.raises(BadInput) as refused:
        folder_source(tmp_path / name)("checkpoint")
    assert ("no_export", False) == (refused.value.code, name in refused.value.message)
