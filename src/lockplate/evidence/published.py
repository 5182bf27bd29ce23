"""Published: somebody's log as it is published, in a folder or at an address, read whole and verified before use.

What flows in: a source of named bytes, the log's key. What flows out: each entry, the roots at chosen sizes, the
checkpoint. What it must never see: private details, which are published nowhere; a write.

Only the checkpoint and the entry bundles are read: the tree is built again from the entries, so that no tile has to be
believed. Nothing that was read counts before the last root agrees with the signed one.
"""

from collections.abc import Callable, Collection
from pathlib import Path

import httpx
import msgspec

from lockplate.access import AccessRecord, parse_leaf
from lockplate.checkpoint import Checkpoint, verify_checkpoint
from lockplate.clock import monotonic_seconds
from lockplate.errors import BadInput, NotFound, ProofInvalid
from lockplate.evidence.rebuild import Levels, split_bundle
from lockplate.evidence.tiles import bundle_path, bundles_of
from lockplate.note import MAX_NOTE_CHARACTERS, encode_base64
from lockplate.terms import LeafIndex

MAX_BUNDLE_BYTES = 256 * (2 + 65_535)
"""tlog-tiles: 256 entries, each after its length in 16 bits."""
FETCH_SECONDS = 30.0
WHOLE_FETCH_SECONDS = 300.0
"""For one file, however slowly it drips."""

Source = Callable[[str], bytes]
"""A published file's name, such as `checkpoint` → its bytes."""
Take = Callable[[LeafIndex, AccessRecord], None]


class PublishedLog(msgspec.Struct, frozen=True, kw_only=True):
    """A log that was read whole and is what its key signed."""

    checkpoint: Checkpoint
    roots: dict[int, str]
    """Size → root in base64, at each size that was asked for and that the log reaches."""


def read_published(source: Source, vkey: str, take: Take, sizes: Collection[int] = ()) -> PublishedLog:
    """Hand every record to `take`, in order, and return the log once it is verified.

    What was handed over counts only when this returns. Raises BadInput for a key that is none and a source that cannot
    be read, ProofInvalid when the entries are not what the key signed, Damaged for a bundle that ends in the middle.
    """
    signed = verify_checkpoint(source("checkpoint").decode(errors="replace"), vkey)
    levels = Levels()
    roots = {0: encode_base64(levels.root())}
    wanted = {*sizes, signed.size}
    for bundle in bundles_of(signed.size):
        for entry in split_bundle(source(bundle_path(bundle))):
            take(LeafIndex(levels.count), parse_leaf(entry))
            for _ in levels.add(entry):
                pass
            if levels.count in wanted:
                roots[levels.count] = encode_base64(levels.root())
    if levels.count != signed.size or roots.get(signed.size) != encode_base64(signed.root):
        raise ProofInvalid("the entries are not what the key signed", next_step="Run fsck on the folder.")
    return PublishedLog(checkpoint=signed, roots={size: roots[size] for size in sizes if size in roots})


def folder_source(folder: Path) -> Source:
    """Return a source over a folder that `log export` wrote."""

    def read(name: str) -> bytes:
        try:
            return (folder / name).read_bytes()
        except (OSError, ValueError):  # not there, or no name that a file can have
            raise BadInput(
                f"the export has no {name}", code="no_export", next_step="Make one: lockplate log export DIR"
            ) from None

    return read


def address_source(url: str) -> Source:
    """Return a source over an address such as https://HOST/log/OPERATOR; the key decides what is believed."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL("")
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise BadInput("not the address of a log", code="bad_url", next_step="Example: https://HOST/log/OPERATOR")
    at = url.rstrip("/")

    def fetch(name: str) -> bytes:
        limit = MAX_NOTE_CHARACTERS if name == "checkpoint" else MAX_BUNDLE_BYTES
        return _fetched(f"{at}/{name}", limit)

    return fetch


def _fetched(url: str, limit: int) -> bytes:
    """Return a file's bytes, read no further than its limits of size and time."""
    content, deadline = bytearray(), monotonic_seconds() + WHOLE_FETCH_SECONDS
    headers = {"accept-encoding": "identity"}
    try:
        with (
            httpx.Client(timeout=FETCH_SECONDS, follow_redirects=False, trust_env=False) as client,
            client.stream("GET", url, headers=headers) as told,
        ):
            if told.status_code != httpx.codes.OK:
                raise NotFound("the log has no such file at that address", code="no_export")
            for part in told.iter_raw():
                content += part
                if len(content) > limit or monotonic_seconds() > deadline:
                    raise BadInput("the file at that address does not end", code="no_export")
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        raise BadInput("the log cannot be fetched from that address", code="no_export") from None
    return bytes(content)
