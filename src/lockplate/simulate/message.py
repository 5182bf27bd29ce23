"""Message: one body on its way from a reader to a node, and the truth behind it.

What flows in: what a camera saw, rendered. What flows out: frozen values for the sender, for files and for tests.
What it must never see: a reader's key; the sender adds it.
"""

from datetime import datetime

import msgspec

from lockplate.simulate.detection import Detection, Kind
from lockplate.terms import PlateText, ReaderId

READS_PATH = "/v1/reads"


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One POST by one reader."""

    send_at: datetime
    """True time, aware UTC."""
    reader_id: ReaderId
    body: bytes
    content_type: str
    format: str
    path: str
    """`/v1/reads/<format>`, or `/v1/reads` for a reader that leaves the format to be known by its shape."""
    kind: Kind
    extension: str
    truth: PlateText | None
    """What is really on the plate; None for a heartbeat."""
    detection: Detection | None
    """What the body says, before it was written in the vendor's format; None for a heartbeat."""
