"""SharedQuestion: what two nodes hold in common about one question that both put on record.

What flows in: 32 random bytes from each side, a clock's time. What flows out: the question's id, the salts of its
private details, and the words in which the records point at each other.
What it must never see: I/O; a plate. Whoever reads both logs can tell that both sides recorded the same plate and case,
and cannot tell which: the salts are known to the two sides only, and either side's randomness alone keeps them so.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from lockplate.access import SALT_BYTES
from lockplate.errors import BadInput
from lockplate.terms import RequestId

FRESH = timedelta(minutes=10)
"""How far the time in a shared question's id may lie from the clock of the node that is asked."""

ASKED_FROM = "asked_from"
"""Of the answering side's records: origin of the log that has the asking side's."""
THERE = "there"
"""Of the asking side's records: origin of the log that has, or should have, the other side's."""
THERE_OPERATOR = "there_operator"
THERE_PERSON = "there_person"
"""Under which id the person signed in there."""
THERE_INDEX = "there_index"
"""Place of the other side's intent, denial or wait in its log."""
THERE_OUTCOME = "there_outcome"
THERE_SIZE = "there_size"
THERE_ROOT = "there_root"
"""Base64. Size and root of the signed checkpoint under which the other side proved its records."""
RESULT = "result"
"""Of the asking side's outcome: how it ended, a SharedResult."""
CODE = "code"
"""The other side's error code, when it refused."""
SHARED_DETAILS = ("plate", "case_number", "reason")

_SHARED_ID = re.compile(r"x([0-9a-f]{11})[0-9a-f]{20}", re.ASCII)
_ORIGIN = re.compile(r"lockplate/[a-z0-9-]{1,40}", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SharedResult(StrEnum):
    """How asking at another node ended, as the asking side's outcome says it."""

    ANSWERED = "answered"
    DENIED = "denied"
    PENDING = "pending"
    UNREACHABLE = "unreachable"
    """Nobody listened there: the question never arrived."""
    NO_ANSWER = "no_answer"
    """The question may have arrived; what came of it did not."""
    SIGN_IN_REFUSED = "sign_in_refused"
    REFUSED = "refused"
    """An error in the place of a judgement; its code stands beside."""
    GARBLED = "garbled"
    """What came back is not an answer."""
    UNPROVEN = "unproven"
    """An answer whose records are not proved under the key that we trust for that log."""
    DIFFERS = "differs"
    """Proved records that say something else than what was asked or answered."""


JUDGED = frozenset({SharedResult.ANSWERED, SharedResult.DENIED, SharedResult.PENDING})
"""The results that stand on proved records of the other side."""


def new_shared_id(now: datetime) -> RequestId:
    """Return an id for a question that two nodes record: milliseconds since 1970 and 80 random bits.

    It starts with another letter than the ids that a node gives its own questions, so that no caller can choose one.
    """
    return RequestId(f"x{(now - _EPOCH) // timedelta(milliseconds=1):011x}{secrets.token_hex(10)}")


def is_shared_id(request_id: str | None) -> bool:
    """Say whether an id is one that two nodes share."""
    return request_id is not None and _SHARED_ID.fullmatch(request_id) is not None


def require_fresh_id(text: str, now: datetime) -> RequestId:
    """Return the id when it has the form of a shared one and was made within ten minutes of now, else raise BadInput.

    Whether it was seen before is for `registry.shared_questions` to say, which need not remember for ever.
    """
    found = _SHARED_ID.fullmatch(text)
    if found is None:
        raise BadInput("not the id of a question that two nodes share", code="bad_request_id")
    if abs(_EPOCH + timedelta(milliseconds=int(found[1], 16)) - now) > FRESH:
        raise BadInput(
            "the question's id was not made just now",
            code="stale_request_id",
            next_step="Compare the two nodes' clocks, then ask again.",
        )
    return RequestId(text)


def require_origin(text: str) -> str:
    """Return a log's origin in the one form that may stand in a record, else raise BadInput: no text gets in."""
    if not _ORIGIN.fullmatch(text):
        raise BadInput("not the origin of a log of this kind", code="bad_origin", next_step="Example: lockplate/pine")
    return text


def new_salt() -> bytes:
    """Return one side's part of the salt: 32 random bytes."""
    return secrets.token_bytes(SALT_BYTES)


def shared_salt(asker: bytes, owner: bytes) -> bytes:
    """Return HMAC-SHA-256(asker's part, "lockplate/shared/v1" ‖ owner's part): unknown while either part is.

    Raises BadInput for a part that has not exactly 32 bytes.
    """
    if len(asker) != SALT_BYTES or len(owner) != SALT_BYTES:
        raise BadInput("each side's part of the salt has 32 bytes", code="bad_salt")
    return hmac.digest(asker, b"lockplate/shared/v1\0" + owner, hashlib.sha256)


def salts_of(salt: bytes, names: Iterable[str]) -> dict[str, bytes]:
    """Return the salt of each private detail that both sides commit to.

    Each is derived by itself, so that showing one detail to a court opens no other.
    """
    made = b"lockplate/shared-salt/v1\0"
    return {name: hmac.digest(salt, made + name.encode(), hashlib.sha256) for name in names if name in SHARED_DETAILS}
