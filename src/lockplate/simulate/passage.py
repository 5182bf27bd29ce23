"""Passage: the truth, one vehicle passing one reader, before any camera has had its say.

What flows in: what traffic decided. What flows out: frozen values; ground truth for tests and for truth.ndjson.
What it must never see: a real plate or a real person's movements.
"""

from datetime import datetime

import msgspec

from lockplate.terms import PlateText, ReaderId


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What a vehicle looks like."""

    make: str
    model: str
    color: str
    body: str


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """One vehicle passes one reader, or stands parked in front of it."""

    passage_id: str
    at: datetime
    """True time, aware UTC, whole milliseconds."""
    reader: ReaderId
    plate: PlateText
    """What is really on the plate."""
    region: str
    """ISO 3166-1 or 3166-2 code."""
    vehicle: int
    """The vehicle's number in the population: equal for every passage of one vehicle."""
    look: Look
    direction: str
    """Compass word: N, NE, E …"""
    heading: float
    approaching: bool
    """The vehicle comes towards the reader."""
    lane: int
    latitude: float
    longitude: float
    parked_seconds: int = 0
    """How long the vehicle stands in view; 0 when it passes."""
