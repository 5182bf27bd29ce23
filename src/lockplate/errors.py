"""Every error this program raises on purpose: whose fault, a stable code, and the next step for a person.

What flows in: a message without plates, names or secrets. What flows out: exceptions, and their public form.
What it must never see: a plate, a payload, a key; messages go to logs and to strangers.

    LockplateError
    ├── CallerError            the one who asked can mend it
    │   ├── BadInput           a payload, a file, an argument
    │   ├── Unauthenticated    no or wrong credentials
    │   ├── Denied             the gate says no (reasons and cites)
    │   ├── ApprovalNeeded     the gate says: a second person first
    │   ├── NotFound
    │   └── Conflict           the thing is not in the state the request supposes
    ├── NodeError              we, or the machine, failed
    │   ├── Overloaded         try again later
    │   ├── NodeBusy           another process owns the node
    │   ├── StoreFailed        the engine or the disk refused
    │   ├── KeyUnavailable     a key is missing, destroyed, or wrapped under another key
    │   └── SettingRefused     the configuration cannot be run
    └── EvidenceError          something that should prove does not
        ├── SealBroken         a sealed value does not open
        ├── ProofInvalid       a proof, signature or checkpoint does not hold
        └── LogRefused         the log would have to contradict itself
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec

from lockplate.terms import LeafIndex, OperatorId, PolicyId


class LockplateError(Exception):
    """An error with a stable `code`, a sentence for a person, and what they can do next."""

    fault: ClassVar[str] = "node"
    default_code: ClassVar[str] = "error"
    http_status: ClassVar[int] = 500

    def __init__(self, message: str, *, code: str | None = None, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.next_step = next_step

    def public(self) -> dict[str, Any]:
        """Return what may be shown to anyone: code, fault, message, next step."""
        return {
            "error": self.code,
            "fault": self.fault,
            "message": self.message,
            "next_step": self.next_step,
        }


class CallerError(LockplateError):
    """The one who asked can mend it."""

    fault = "caller"
    default_code = "caller_error"
    http_status = 400


class BadInput(CallerError):
    """A payload, file or argument is not what it should be."""

    default_code = "bad_input"


class Unauthenticated(CallerError):
    """No credentials, or wrong ones; the message never says which."""

    default_code = "unauthenticated"
    http_status = 401


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One policy that decided: its id, its cite, and what it says in plain words."""

    policy_id: PolicyId
    cite: str
    says: str


class RecordPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where a record stands: whose log, and at which place."""

    operator: OperatorId
    index: LeafIndex


class Denied(CallerError):
    """The gate says no; `reasons` name the policies that decided, `record` the place of the denial's own record."""

    default_code = "denied"
    http_status = 403

    def __init__(self, reasons: Sequence[Reason], *, record: RecordPlace | None = None) -> None:
        super().__init__(
            "denied: " + "; ".join(f"{reason.policy_id} ({reason.cite})" for reason in reasons),
            next_step="Read the cited rule. A denial is recorded and the auditor can see it.",
        )
        self.reasons = tuple(reasons)
        self.record = record
        """None: not recorded, or not yet."""

    def on_record(self, operator: OperatorId, index: LeafIndex) -> "Denied":
        """Return the same denial with the place of its record, so that whoever was denied can have a receipt."""
        return Denied(self.reasons, record=RecordPlace(operator=operator, index=index))

    def public(self) -> dict[str, Any]:
        """Return the public form with the reasons, and the place of the record when there is one."""
        place = {} if self.record is None else {"operator": self.record.operator, "record_index": self.record.index}
        return super().public() | {"reasons": msgspec.to_builtins(self.reasons)} | place


class ApprovalNeeded(CallerError):
    """The gate says: a second person must agree first; `reasons` name the policies that want it."""

    default_code = "approval_needed"
    http_status = 202

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__(
            "a second person must approve: " + "; ".join(reason.policy_id for reason in reasons),
            next_step="Ask a supervisor of your agency to look at the request.",
        )
        self.reasons = tuple(reasons)

    def public(self) -> dict[str, Any]:
        """Return the public form with the reasons."""
        return super().public() | {"reasons": msgspec.to_builtins(self.reasons)}


class NotFound(CallerError):
    """The thing named does not exist here."""

    default_code = "not_found"
    http_status = 404


class Conflict(CallerError):
    """The thing exists but is not in the state the request supposes."""

    default_code = "conflict"
    http_status = 409


class NodeError(LockplateError):
    """We, or the machine under us, failed."""

    default_code = "node_error"


class Overloaded(NodeError):
    """More work is waiting than we promise to keep; the caller should send again later."""

    default_code = "overloaded"
    http_status = 503


class NodeBusy(NodeError):
    """Another process owns this node's store."""

    default_code = "node_busy"
    http_status = 503


class StoreFailed(NodeError):
    """The engine or the disk refused; nothing of the batch is acknowledged."""

    default_code = "store_failed"
    http_status = 503


class KeyUnavailable(NodeError):
    """A key is missing, destroyed, or wrapped under another key-encryption key."""

    default_code = "key_unavailable"


class SettingRefused(NodeError):
    """The configuration cannot be run as it stands."""

    default_code = "setting_refused"


class EvidenceError(LockplateError):
    """Something that should prove does not."""

    fault = "evidence"
    default_code = "evidence_error"


class SealBroken(EvidenceError):
    """A sealed value does not open with what the caller named."""

    default_code = "seal_broken"


class ProofInvalid(EvidenceError):
    """A proof, a signature or a checkpoint does not hold."""

    default_code = "proof_invalid"


class LogRefused(EvidenceError):
    """The log would have to contradict what it signed before."""

    default_code = "log_refused"
