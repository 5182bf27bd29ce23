"""Outcome: what one detection in a body turned into, and the body's outcomes sorted into one Parsed.

What flows in: Reads, Rejects and Ignored in the order of the body. What flows out: Parsed.
What it must never see: the store, keys, a log.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from lockplate.read import Ignored, Parsed, Read, Reject, RejectReason, plate_fields
from lockplate.terms import PlateKey, PlateText

Outcome = Read | Reject | Ignored

NO_DETECTION = Ignored(kind="no_detection")
"""The reader looked and says that it found nothing."""
VEHICLE_WITHOUT_PLATE = Ignored(kind="vehicle_without_plate")
OTHER_EVENT = Ignored(kind="other_event")
"""Another message of the same vendor to the same address: motion, a face, a door."""


def parsed_of(format_name: str, outcomes: Iterable[Outcome]) -> Parsed:
    """Return the outcomes of one body, sorted by what they are, each in the order of the body.

    A body is always answered: one that came to nothing at all is a Reject.
    """
    every = tuple(outcomes) or (missing("nothing in the body that this format knows"),)
    return Parsed(
        format=format_name,
        reads=tuple(outcome for outcome in every if isinstance(outcome, Read)),
        rejects=tuple(outcome for outcome in every if isinstance(outcome, Reject)),
        ignored=tuple(outcome for outcome in every if isinstance(outcome, Ignored)),
    )


def missing(detail: str) -> Reject:
    """Return the Reject for a field that the format cannot do without; `detail` names the field, never its value."""
    return Reject(reason=RejectReason.MISSING_FIELD, detail=detail)


def plate_of(holder: Mapping[str, Any], *keys: str) -> tuple[PlateText, PlateKey] | Reject:
    """Return the plate under the first key that holds a plate, else why there is none.

    Empty text, null or a word for "none" is a detection without a plate; no key at all or another type is a broken
    message.
    """
    present = [holder[key] for key in keys if key in holder]
    if not present:
        return missing("the plate field is missing")
    found = [plate_fields(value) if value is None or isinstance(value, str) else None for value in present]
    read = next((fields for fields in found if isinstance(fields, tuple)), None)
    if read is not None:
        return read
    return next(
        (reason for reason in found if isinstance(reason, Reject)), missing("the plate field is of another type")
    )
