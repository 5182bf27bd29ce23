"""Formats: which module reads which body; detection by shape, overridable by name.

What flows in: a body and, if the sender says so, a format's name. What flows out: Parsed, always; never a traceback.
What it must never see: the store, keys, a log.
"""

from collections.abc import Callable
from datetime import tzinfo

import msgspec

from lockplate.errors import BadInput
from lockplate.read import Parsed, Reject, RejectReason
from lockplate.readers.payload import Payload, PayloadRefused, open_payload


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """One payload format: its name, how it knows its own bodies, and how it reads them."""

    name: str
    claims: Callable[[Payload], bool]
    """Says by shape alone whether a body is of this format; must be cheap and never raise."""
    parse: Callable[[Payload, tzinfo | None], Parsed]
    """Reads a body; the zone is the reader's own, for naive device times. Must never raise on any body."""
    says: str
    """One line for people: whose format this is."""


FORMATS: tuple[Format, ...] = ()


def format_names() -> tuple[str, ...]:
    """Return the names of every format, in the order in which they are tried."""
    return tuple(known.name for known in FORMATS)


def parse_body(
    body: bytes,
    *,
    content_type: str = "",
    filename: str | None = None,
    format_name: str | None = None,
    zone: tzinfo | None = None,
) -> Parsed:
    """Return what a body holds; a body that no format reads is one Reject, never an error.

    Raises BadInput only for a format name that does not exist.
    """
    chosen = [known for known in FORMATS if format_name in (None, known.name)]
    if not chosen:
        known_names = ", ".join(format_names())
        raise BadInput("no format of that name", code="unknown_format", next_step=f"One of: {known_names}")
    try:
        payload = open_payload(body, content_type=content_type, filename=filename)
    except PayloadRefused as refused:
        return _rejected(format_name, refused.reason, refused.detail)
    for known in chosen:
        if format_name is not None or known.claims(payload):
            return known.parse(payload, zone)
    return _rejected(format_name, RejectReason.UNKNOWN_FORMAT, "no format knows this shape")


def _rejected(format_name: str | None, reason: RejectReason, detail: str) -> Parsed:
    return Parsed(format=format_name or "unknown", rejects=(Reject(reason=reason, detail=detail),))
