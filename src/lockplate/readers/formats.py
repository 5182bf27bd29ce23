"""Formats: which module reads which body; detection by shape, overridable by name.

What flows in: a body and, if the sender says so, a format's name. What flows out: Parsed, always; never a traceback.
What it must never see: the store, keys, a log.
"""

from datetime import tzinfo

from lockplate.errors import BadInput
from lockplate.read import Parsed, Reject, RejectReason
from lockplate.readers.axis import AXIS
from lockplate.readers.blueiris import BLUEIRIS
from lockplate.readers.dahua import DAHUA
from lockplate.readers.fastalpr import FASTALPR
from lockplate.readers.format_type import Format
from lockplate.readers.frigate import FRIGATE
from lockplate.readers.genetec import GENETEC
from lockplate.readers.hikvision import HIKVISION
from lockplate.readers.lilin import LILIN
from lockplate.readers.lockplate import LOCKPLATE
from lockplate.readers.milesight import MILESIGHT
from lockplate.readers.nedap import NEDAP
from lockplate.readers.openalpr import OPENALPR
from lockplate.readers.payload import PayloadRefused, open_payload
from lockplate.readers.platerecognizer import PLATERECOGNIZER
from lockplate.readers.tattile import TATTILE
from lockplate.readers.unifi import UNIFI
from lockplate.readers.verkada import VERKADA

FORMATS: tuple[Format, ...] = (
    # Those with a mark of their own first; those known by a common shape last.
    LOCKPLATE,
    OPENALPR,
    FRIGATE,
    VERKADA,
    UNIFI,
    HIKVISION,
    DAHUA,
    AXIS,
    LILIN,
    TATTILE,
    NEDAP,
    GENETEC,
    PLATERECOGNIZER,
    MILESIGHT,
    FASTALPR,
    BLUEIRIS,
)
"""Every format, in the order in which detection asks them."""


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
