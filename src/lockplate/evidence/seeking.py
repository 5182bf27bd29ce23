"""Seeking: where in a log the records of a time, or of one request, stand.

What flows in: a log, an instant, a request's id. What flows out: places and records.
What it must never see: private details. Leaves are public, and so is what is found by reading them.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from lockplate.access import AccessRecord, parse_leaf
from lockplate.errors import BadInput
from lockplate.evidence.log import TileLog
from lockplate.terms import LeafIndex, RequestId

MISDATED = timedelta(days=2)
"""A record's time is within a day of the clock at its place, so two days either side hold all of one day."""
CHUNK = 4_000

_REQUEST_ID = re.compile(r"q[0-9a-f]{31}", re.ASCII)


def first_after(log: TileLog, at: datetime, size: int) -> int:
    """Return a place from which on every record is later than `at` less the misdating; a search by halves."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        if parse_leaf(log.entry(middle)).at < at:
            low = middle + 1
        else:
            high = middle
    return low


def records_of_request(
    log: TileLog, request_id: RequestId, *, since: datetime | None = None, until: datetime | None = None
) -> tuple[tuple[LeafIndex, AccessRecord], ...]:
    """Return every record of one request, in order; between two instants when they are given, which spares reading.

    Raises BadInput for what is no request's id.
    """
    if not _REQUEST_ID.fullmatch(request_id):
        raise BadInput("not a request's id", code="bad_request_id", next_step="It is in the answer, as `request_id`.")
    size = log.size
    start = 0 if since is None else first_after(log, since - MISDATED, size)
    end = size if until is None else first_after(log, until + MISDATED, size)
    return tuple(_found(log, f'"request_id":"{request_id}"'.encode(), start, end))


def _found(log: TileLog, mark: bytes, start: int, end: int) -> Iterator[tuple[LeafIndex, AccessRecord]]:
    for first in range(start, end, CHUNK):
        for place, leaf in enumerate(log.entries(first, min(first + CHUNK, end)), first):
            if mark in leaf:
                yield LeafIndex(place), parse_leaf(leaf)
