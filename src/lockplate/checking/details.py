"""Details: each record's sealed details open, and are what its leaf commits to.

What flows in: a desk. What flows out: findings, by the record's place.
What it must never see: what they say; they are opened, compared and dropped.
"""

from lockplate.checking.findings import Found
from lockplate.checking.history import CHUNK
from lockplate.errors import EvidenceError, KeyUnavailable, NotFound
from lockplate.evidence.fsck import MAX_FINDINGS
from lockplate.wiring.desk import Desk

_COMMITS = b'"commitments":{'


def check_details(desk: Desk, found: Found) -> None:
    """Open the details of every leaf that commits to some."""
    log = desk.evidence.log
    for start in range(0, size := log.size, CHUNK):
        for place, leaf in enumerate(log.entries(start, min(size, start + CHUNK)), start):
            if _COMMITS in leaf and found.counts["findings"] < MAX_FINDINGS:
                _check(desk, place, found)


def _check(desk: Desk, place: int, found: Found) -> None:
    try:
        desk.recorder.details_of(place)
    except NotFound:
        found.count("details_forgotten")
    except KeyUnavailable:
        found.count("details_without_key")
    except EvidenceError as error:
        found.find("bad_detail", f"detail {place}", error.message)
    else:
        found.count("details_opened")
