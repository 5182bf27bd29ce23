"""AccessRequest and AccessRecord: what is asked, and what stays readable about it for ever.

What flows in: a person's request; the gate's verdict; counts. What flows out: the canonical bytes of a log leaf, and
the private details that lie sealed beside it.
What it must never see: I/O or keys. A leaf never holds a plate, a case number or free text: only salted commitments
to them (SB 34, Civ. Code 1798.90.52(a), wants them recorded; promise 5 wants them forgettable; see docs/decisions).
"""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any

import msgspec

from lockplate.clock import format_time, require_utc
from lockplate.errors import BadInput
from lockplate.plate import expand, fold, is_pattern, require_plate
from lockplate.terms import (
    Action,
    AgencyId,
    Basis,
    CaseNumber,
    LeafIndex,
    Offense,
    OperatorId,
    PersonId,
    PlateKey,
    PlateText,
    PolicyId,
    ProfileId,
    Purpose,
    RequestId,
    Verdict,
)

LEAF_VERSION = 1
MAX_LEAF_BYTES = 65_535
"""tlog-tiles: entry bundles carry a 16-bit length."""
SALT_BYTES = 32
MAX_FREE_TEXT = 2000
UNDER_WAY = timedelta(minutes=15)
"""An intent this young may still get its outcome; longer than anything here or at another node waits for an answer."""


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """What two nodes hold in common about one question that both put on record; see shared_question."""

    asked_from: str
    """Origin of the log that has the asking side's record."""
    salt: bytes
    """What both salt the private details with, so that their commitments can be compared."""


class AccessRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A question about a named plate: every element that the gate, the law and the record need."""

    request_id: RequestId
    asked_at: datetime
    person: PersonId
    agency: AgencyId
    """The agency the person belongs to, from the registry, never from the request body."""
    on_behalf_of: AgencyId
    """The agency that will receive the answer; it is judged as if it asked itself."""
    operators: tuple[OperatorId, ...]
    plate: PlateText
    """As asked; may hold `?` for characters nobody saw."""
    window_from: datetime
    window_to: datetime
    """Half open: [from, to)."""
    purpose: Purpose
    offense: Offense
    basis: Basis
    case_number: CaseNumber = CaseNumber("")
    reason: str = ""
    """Free text: extra, never alone."""
    shared: Shared | msgspec.UnsetType = msgspec.UNSET
    """What the node of the asking agency has of this question, too; unset for one that was asked here."""

    def plate_keys(self) -> tuple[PlateKey, ...]:
        """Return the plate keys asked for; a pattern is expanded, never searched (BadInput when too wide)."""
        if is_pattern(self.plate):
            return expand(self.plate)
        return (fold(require_plate(self.plate)),)

    def check(self) -> "AccessRequest":
        """Return the request itself, or raise BadInput for a plate, window, purpose or text that cannot be judged."""
        self.plate_keys()
        for at in (self.asked_at, self.window_from, self.window_to):
            require_utc(at)
        if self.window_to <= self.window_from:
            raise BadInput("the window ends before it starts", code="bad_window", next_step="Give --from before --to.")
        if not self.operators:
            raise BadInput("no operator was named", code="no_operator")
        if not (
            isinstance(self.purpose, Purpose) and isinstance(self.offense, Offense) and isinstance(self.basis, Basis)
        ):
            raise BadInput("the purpose, the offense or the basis is none of the listed ones", code="not_listed")
        if len(self.reason) > MAX_FREE_TEXT or len(self.case_number) > 100:
            raise BadInput("the reason or the case number is too long", code="text_too_long")
        require_unicode(self.plate, self.case_number, self.reason)
        return self


class AccessRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One leaf: who, agency, when, action, purpose, verdict, policies, counts; never a plate, a case or free text."""

    version: int = LEAF_VERSION
    action: Action
    at: datetime
    operator: OperatorId
    person: PersonId
    agency: AgencyId | None = None
    on_behalf_of: AgencyId | None = None
    purpose: Purpose | None = None
    offense: Offense | None = None
    basis: Basis | None = None
    verdict: Verdict = Verdict.NOT_ASKED
    policy_ids: tuple[PolicyId, ...] = ()
    policy_set_hash: str | None = None
    """SHA-256, hex, of the policies in force."""
    profile: ProfileId | None = None
    request_id: RequestId | None = None
    refers_to: LeafIndex | None = None
    """The leaf this one completes: an outcome names its intent."""
    window_from: datetime | None = None
    window_to: datetime | None = None
    counts: dict[str, int] = {}
    facts: dict[str, str] = {}
    """Public facts of the act: a grant's id, a list's name, a receipt's fields. Never a plate, a case or free text."""
    commitments: dict[str, str] = {}
    """HMAC-SHA-256, hex, of each private detail under its own salt."""


class PrivateDetails(msgspec.Struct, frozen=True, kw_only=True):
    """What the leaf commits to: kept sealed beside the tree for the profile's log-retention time, then forgotten."""

    values: dict[str, str]
    salts: dict[str, bytes]


class KeyCommitment(msgspec.Struct, frozen=True, kw_only=True):
    """What a receipt says of a key: its name and a hash that a later use of the key would prove a lie."""

    kind: str
    """`period` or `data`."""
    name: str
    commitment: str
    """SHA-256, hex, over a domain tag and the key."""


def commit(salt: bytes, name: str, value: str) -> str:
    """Return the commitment to one private detail: HMAC-SHA-256(salt, "lockplate/commit/v1" ‖ name ‖ value), hex.

    Raises BadInput for a salt shorter than 32 bytes: a short salt would let anyone guess plates.
    """
    if len(salt) < SALT_BYTES:
        raise BadInput("a salt has at least 32 bytes", code="short_salt")
    require_unicode(name, value)
    message = b"lockplate/commit/v1\0" + name.encode() + b"\0" + value.encode()
    return hmac.digest(salt, message, hashlib.sha256).hex()


def commitments(details: PrivateDetails) -> dict[str, str]:
    """Return the commitment to each detail, as the leaf carries them."""
    return {name: commit(details.salts.get(name, b""), name, value) for name, value in sorted(details.values.items())}


def canonical_leaf(record: AccessRecord) -> bytes:
    """Return the leaf's bytes: JSON, keys sorted, no white space, UTF-8, times in RFC 3339 UTC with milliseconds.

    Raises BadInput when they exceed 65,535 bytes.
    """
    plain: dict[str, Any] = msgspec.to_builtins(record, builtin_types=(datetime,))
    plain |= {"version": record.version}
    for name, value in plain.items():
        if isinstance(value, datetime):
            plain[name] = format_time(value)
    try:
        leaf = msgspec.json.encode(plain, order="sorted")
    except UnicodeEncodeError:
        raise BadInput("a text that is not Unicode", code="bad_text") from None
    if len(leaf) > MAX_LEAF_BYTES:
        raise BadInput("the record is too long for the log", code="leaf_too_long")
    return leaf


def parse_leaf(leaf: bytes) -> AccessRecord:
    """Return the record that a leaf's bytes say, or raise BadInput when they are not a record's canonical form."""
    try:
        record = msgspec.json.decode(leaf, type=AccessRecord)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput("not an access record", code="bad_leaf") from error
    if canonical_leaf(record) != leaf:
        raise BadInput("an access record, but not in canonical form", code="bad_leaf")
    return record


def require_unicode(*texts: str) -> None:
    """Raise BadInput for a text with half of a surrogate pair, which a terminal can send and UTF-8 cannot hold."""
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        raise BadInput("a text that is not Unicode", code="bad_text") from None
