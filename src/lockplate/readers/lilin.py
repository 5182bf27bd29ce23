"""LILIN: the list of plates that a camera answers when it is asked, as JSON or as lines of the alarm poll.

What flows in: an opened payload. What flows out: one outcome a row.
What it must never see: the person fields of a row; see ff_record.
"""

import re
from collections.abc import Iterator
from datetime import tzinfo
from typing import Any

from lockplate.read import Parsed
from lockplate.readers.elements import lowered
from lockplate.readers.ff_record import LIST_ENTRY, ff_outcome, is_list_entry
from lockplate.readers.format_type import Format
from lockplate.readers.outcome import NO_DETECTION, Outcome, missing, parsed_of
from lockplate.readers.payload import Payload

NAME = "lilin"
HEAD_CHARACTERS = 64 * 1024
"""How far detection looks; the alarm poll has under a kilobyte."""
_LINE = re.compile(r"\bLPR(\d)=([^,\r\n]{0,80}),ACT_PARAM\1=([^,\r\n]{0,80})")
_TIME = re.compile(r"LPR_TIME=?(\d)=([^,\r\n]{0,80})")
_PICTURE = re.compile(r"LP_BMP(\d)=([^\s,]{0,200})")


def claims(payload: Payload) -> bool:
    """Say whether a body is an answer to `get_search_info` or to the alarm poll."""
    value = payload.object()
    if "LPR_COUNT" in value or (isinstance(value.get("INFORMATION"), list) and _has_rows(value["INFORMATION"])):
        return True
    return payload.text is not None and _LINE.search(payload.text[:HEAD_CHARACTERS]) is not None


def parse(payload: Payload, zone: tzinfo | None) -> Parsed:
    """Return the outcome of every row."""
    if payload.text is not None:
        outcomes = list(_lines(payload.text, zone))
        return parsed_of(NAME, outcomes or [NO_DETECTION])
    rows = payload.object().get("INFORMATION")
    if not isinstance(rows, list):
        return parsed_of(NAME, [missing("INFORMATION")])
    outcomes = [_row(row, zone) for row in lowered(rows)]
    return parsed_of(NAME, outcomes or [NO_DETECTION])


def _row(row: object, zone: tzinfo | None) -> Outcome:
    if not isinstance(row, dict):
        return missing("row")
    return LIST_ENTRY if is_list_entry(row) else ff_outcome(NAME, row, zone)


def _has_rows(rows: list[Any]) -> bool:
    return bool(rows) and isinstance(rows[0], dict) and "LPR" in rows[0]


def _lines(text: str, zone: tzinfo | None) -> Iterator[Outcome]:
    """Yield the filled places of the alarm poll, which always lists four."""
    times, pictures = dict(_TIME.findall(text)), dict(_PICTURE.findall(text))
    for place, plate, action in _LINE.findall(text):
        if plate.strip():
            row = {"lpr": plate, "act_param": action, "mod_ts": times.get(place), "lp_bmp": pictures.get(place)}
            yield ff_outcome(NAME, row, zone)


LILIN = Format(name=NAME, claims=claims, parse=parse, says="LILIN cameras: list of plates and alarm poll")
