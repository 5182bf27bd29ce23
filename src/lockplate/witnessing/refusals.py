"""Refusals: how a witness says no, with the statuses that the protocol gives each case (C2SP tlog-witness).

What flows in: a size, a number of seconds. What flows out: errors.
What it must never see: the request's text: the words below go to strangers.
"""

from lockplate.errors import CallerError, Conflict, EvidenceError, NodeError, NotFound

SOON_SECONDS = 5
"""A clock that is no further back than this is waited for."""


class UnknownLog(NotFound):
    """The checkpoint is of a log that this witness was not told to watch."""

    default_code = "unknown_log"

    def __init__(self) -> None:
        super().__init__("this witness does not know that log", next_step="Ask its keeper to add the log's key.")


class NotSigned(CallerError):
    """None of the keys that this witness trusts for the log signed the checkpoint, or one of their lines is wrong."""

    default_code = "not_signed"
    http_status = 403

    def __init__(self) -> None:
        super().__init__(
            "the checkpoint is not signed by a key that this witness trusts for the log",
            next_step="After a change of the log's key its keeper must add the new one.",
        )


class OtherSize(Conflict):
    """The witness saw another size last than the request starts from."""

    default_code = "other_size"

    def __init__(self, size: int) -> None:
        super().__init__(f"this witness saw size {size} last", next_step="Prove that the checkpoint extends that size.")
        self.size = size


class Inconsistent(EvidenceError):
    """The checkpoint is not shown to extend what the witness cosigned."""

    default_code = "inconsistent"
    http_status = 422

    def __init__(self) -> None:
        super().__init__(
            "the checkpoint is not shown to extend the one that this witness cosigned last",
            next_step="Run fsck on the log. The request was kept here unless it says nothing against the log.",
        )


class ClockBehind(NodeError):
    """The witness's clock shows a time before its own last cosignature for the log; it signs no such time."""

    default_code = "clock_behind"
    http_status = 503

    def __init__(self, seconds: int) -> None:
        super().__init__(
            "this witness's clock is behind its own last cosignature, so it signs nothing for this log",
            next_step="Its keeper must set the clock right; docs/witnesses.md says what if it had run ahead.",
        )
        self.retry_after = seconds if seconds <= SOON_SECONDS else None
