"""Trusting: which logs a witness is told to watch, by the keys that its keeper was given for them.

What flows in: a log's key string, as its operator published it. What flows out: the keys that are trusted for that log.
What it must never see: a key that came with a request: what a log says about itself is no reason to trust it.
"""

from datetime import datetime

from lockplate.cosigning.cosignature import MAX_NAME_BYTES
from lockplate.errors import BadInput, Conflict
from lockplate.note import VerifierKey, parse_vkey
from lockplate.witnessing.state import SeenStore


def trust_log(state: SeenStore, vkey: str, at: datetime, *, another: bool = False) -> tuple[VerifierKey, ...]:
    """Trust a key for the log that it names, and return all that are trusted for it.

    A log that is watched already keeps its key; a second one is trusted only when `another` says that this is meant.
    Raises BadInput for a string that is no log's key, and Conflict for a second key that was not announced.
    """
    key = parse_vkey(vkey)
    if len(key.name.encode()) > MAX_NAME_BYTES:
        raise BadInput("a log's origin has at most 255 bytes for an ML-DSA cosignature", code="bad_origin")
    known = state.trusted(key.name)
    if known and key not in known and not another:
        raise Conflict(
            "this log is watched under another key",
            code="other_log_key",
            next_step="Ask its operator on another way than its own page; then add the key with --another-key.",
        )
    state.trust(key, at)
    return state.trusted(key.name)
