"""Mark: an operator's row marker, from a key of the ring that opens no read.

What flows in: a key ring. What flows out: a RowMarker.
What it must never see: a row, a plate.
"""

from lockplate.clock import Clock
from lockplate.keys.ring import KeyRing
from lockplate.marks import RowMarker
from lockplate.terms import OperatorId

KEY_NAME = "rows"


def row_marker(operator: OperatorId, ring: KeyRing, clock: Clock) -> RowMarker:
    """Return the marker of an operator's rows; its key is made on first use and never destroyed by the program."""
    return RowMarker(ring.data_key(KEY_NAME, clock.now()) + operator.encode())
