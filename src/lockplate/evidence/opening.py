"""Opening: what one record commits to, with the salts, so that anyone can check it against the record's receipt.

What flows in: private details that the gate let somebody read; or an opening from anyone. What flows out: a small JSON
text; or the values, once they are what the leaf commits to.
What it must never see: I/O, a key. An opening names a plate or a case to whoever holds it: it is made on request only.

    {"format": "lockplate/opening/v1", "origin": …, "index": …, "details": {"plate": {"value": …, "salt": hex}}}

The commitment is HMAC-SHA-256(salt, "lockplate/commit/v1" ‖ 0 ‖ name ‖ 0 ‖ value), see `access.commit`.
"""

import binascii
import hmac
from collections.abc import Mapping, Sequence

import msgspec

from lockplate.access import SALT_BYTES, AccessRecord, PrivateDetails, commit
from lockplate.errors import BadInput, ProofInvalid

FORMAT = "lockplate/opening/v1"
MAX_OPENING_BYTES = 100_000
"""More than the longest details of a record."""

_NEXT_STEP = "Ask the auditor who made the opening for it again, and compare the record's place."


class OpenedDetail(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One private detail and the salt of its commitment."""

    value: str
    salt: str
    """32 bytes, hex."""


class Opening(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Some private details of one record; nothing in it is believed before it was checked."""

    format: str = FORMAT
    origin: str
    """The log's name."""
    index: int
    """The record's place."""
    details: dict[str, OpenedDetail]


def make_opening(origin: str, index: int, private: PrivateDetails, names: Sequence[str]) -> Opening:
    """Return the opening of a record's named details; raises KeyError for one that it has not."""
    return Opening(
        origin=origin,
        index=index,
        details={name: OpenedDetail(value=private.values[name], salt=private.salts[name].hex()) for name in names},
    )


def write_opening(opening: Opening) -> str:
    """Return an opening as people keep it: indented JSON."""
    return msgspec.json.format(msgspec.json.encode(opening), indent=2).decode() + "\n"


def parse_opening(content: bytes) -> Opening:
    """Return the opening that a file says, or raise ProofInvalid for anything else."""
    if len(content) > MAX_OPENING_BYTES:
        raise ProofInvalid("the opening is too long", code="bad_opening")
    try:
        opening = msgspec.json.decode(content, type=Opening)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise ProofInvalid("not an opening", code="bad_opening", next_step=_NEXT_STEP) from None
    if opening.format != FORMAT or not opening.details:
        raise ProofInvalid("not an opening of a form that is known here", code="bad_opening", next_step=_NEXT_STEP)
    return opening


def open_commitments(opening: Opening, origin: str, index: int, record: AccessRecord) -> Mapping[str, str]:
    """Return name → value of every detail in an opening, once the record commits to each; else raise ProofInvalid.

    `record` is a leaf whose place was proved: an opening shows nothing without that.
    """
    if (opening.origin, opening.index) != (origin, index):
        raise ProofInvalid(
            f"the opening is for record {opening.index} of {opening.origin}",
            code="other_record",
            next_step=_other_receipt(opening, origin, record),
        )
    for name, detail in opening.details.items():
        committed = record.commitments.get(name)
        if committed is None or not hmac.compare_digest(_commitment(name, detail), committed):
            raise ProofInvalid(
                "the opening is not what the record commits to", code="other_details", next_step=_NEXT_STEP
            )
    return {name: detail.value for name, detail in opening.details.items()}


def _commitment(name: str, detail: OpenedDetail) -> str:
    try:
        salt = binascii.unhexlify(detail.salt)
        if len(salt) != SALT_BYTES:
            raise ProofInvalid("a salt does not have 32 bytes", code="bad_opening", next_step=_NEXT_STEP)
        return commit(salt, name, detail.value)
    except (ValueError, BadInput):
        raise ProofInvalid("a salt or a value cannot be read", code="bad_opening", next_step=_NEXT_STEP) from None


def _other_receipt(opening: Opening, origin: str, record: AccessRecord) -> str:
    """Say which receipt the opening wants; an answer's own leaf commits to nothing, the question's before it does."""
    if opening.origin == origin and opening.index == record.refers_to:
        return f"This record completes record {opening.index}: check the opening with the receipt of that one."
    return "Check it with the receipt of that record."
