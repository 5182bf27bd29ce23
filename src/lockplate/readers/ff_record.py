"""FF record: one row of the event log of FF's recogniser, which both LILIN's and Axis' cameras answer with.

What flows in: one row, keys in lower case. What flows out: one outcome.
What it must never see: the row's user, phone, address and payment fields: they are about a person, never looked up.
"""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

from lockplate.read import Ignored, Image, Read, Reject
from lockplate.readers.fields import best_of, confidence_of, epoch_by_size, ids_of, picture, region_of, text_of, written
from lockplate.readers.outcome import Outcome
from lockplate.readers.words import plate_in, word_of

LIST_ENTRY = Ignored(kind="list_entry")
"""A plate on the camera's own list that no car has shown yet."""
_DIRECTIONS = {"2": "in", "3": "out"}


def is_list_entry(row: Mapping[str, Any]) -> bool:
    """Say whether a row is a plate that somebody put on a list, and no car: it has neither time nor car."""
    unseen = all(word_of(row.get(key)) is None for key in ("ts", "mod_ts", "car_id"))
    return unseen and text_of(row.get("lpr")) is not None


def ff_outcome(format_name: str, row: Mapping[str, Any], zone: tzinfo | None) -> Outcome:
    """Return what one row of the log is: a read, or a row without a plate."""
    seen = best_of(epoch_by_size(row.get("ts")), written(row.get("mod_ts"), zone))
    plate = plate_in(row, "lpr")
    if isinstance(plate, Reject):
        return plate
    return Read(
        format=format_name,
        plate_text=plate[0],
        plate_key=plate[1],
        region=region_of(row.get("country")),
        captured_at=seen.at,
        captured_at_raw=seen.raw,
        clock_rule=seen.rule,
        confidence=confidence_of(row.get("threshold"), "0-1"),
        event_id=text_of(row.get("ts")),
        passage_ids=ids_of(word_of(row.get("car_id"))),
        direction=_DIRECTIONS.get(text_of(row.get("direction")) or ""),
        images=_images(row),
        claimed_list=word_of(row.get("act_param")),
    )


def _images(row: Mapping[str, Any]) -> tuple[Image, ...]:
    return (*picture("plate", row.get("lp_bmp")), *picture("scene", row.get("roi_bmp")))
