"""Detection: what one reader believes it saw, ready to be written in that reader's own format.

What flows in: the camera's beliefs. What flows out: frozen values that the payload modules render.
What it must never see: how a node reads it; this is the sending side only.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from lockplate.simulate.passage import Passage
from lockplate.simulate.reader import SimulatedReader


class Kind(StrEnum):
    """What a message is, in the reader's eyes."""

    PREVIEW = "preview"
    """An early guess; an update with the same vendor id will follow."""
    READ = "read"
    """The reader's word on a passage, first or corrected."""
    FRAME = "frame"
    """One of several looks at one vehicle, each sent by itself."""
    PARKED = "parked"
    """The same standing vehicle, seen again."""
    RESENT = "resent"
    """The same message once more."""
    NO_PLATE = "no_plate"
    HEARTBEAT = "heartbeat"


class Detection(msgspec.Struct, frozen=True, kw_only=True):
    """One look at one vehicle by one reader."""

    reader: SimulatedReader
    passage: Passage
    kind: Kind
    send_at: datetime
    """When the message leaves the reader, true time."""
    device_time: datetime
    """When the reader says it saw the vehicle, as aware UTC: the true time and the reader's clock error."""
    event: str
    """32 hex digits that stand for the vendor's event: a preview and its update share them."""
    part: int
    """Place of this message within its event, from 0."""
    plate_text: str | None
    """What the reader believes is on the plate; None when it saw none."""
    confidence: float
    """From 0 to 1; each format writes it on its own scale."""
    candidates: tuple[tuple[str, float], ...] = ()
    """Other readings, the best first, each less sure than `confidence`."""
