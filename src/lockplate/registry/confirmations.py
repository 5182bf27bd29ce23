"""Confirmations: what a person says beside their finding, as closed lists.

What flows in: nothing. What flows out: what the source said, what was compared by hand.
What it must never see: free text; whoever answered at the source is nobody that we keep.
"""

from enum import StrEnum


class SourceCheck(StrEnum):
    """What the list's source said when a person asked it again, by radio, telephone or terminal."""

    STILL_LISTED = "still_listed"
    NOT_LISTED = "not_listed"
    NOT_REACHED = "not_reached"
    """Asked, and nobody answered."""
    NOT_CHECKED = "not_checked"


class Compared(StrEnum):
    """What a person says that they compared, where reader and list leave it open or contradict each other."""

    REGION = "region"
    VEHICLE = "vehicle"
    BY_EYE = "by_eye"
    """They see the vehicle itself; no picture came."""
