"""Our own list file: CSV, UTF-8, a header of plate,region,category,reason,expires in any order, one line an entry.

What flows in: the file's bytes. What flows out: rows and refused lines.
What it must never see: a column about a person: one refuses the whole file.
"""

import csv
import re
from datetime import datetime

from lockplate.clock import parse_time
from lockplate.errors import BadInput
from lockplate.listfiles.checks import parse_category, require_listed_plate, require_region
from lockplate.listfiles.outcome import (
    MAX_REASON_CHARACTERS,
    LineRefused,
    ListRow,
    ParsedList,
    Progress,
    Refusal,
    RefusedLine,
    silent,
)

NAME = "lockplate"
LIST_COLUMNS = ("plate", "region", "category", "reason", "expires")
_STEP = 20_000
_PERSON_WORDS = frozenset(
    {
        "name", "firstname", "lastname", "surname", "owner", "driver", "person", "suspect", "subject", "passenger",
        "dob", "birth", "birthdate", "birthday", "age", "sex", "gender", "race", "ethnicity", "height", "weight",
        "hair", "eyes", "address", "street", "phone", "email", "ssn", "fbi", "oln",
    }
)  # fmt: skip


def parse_list_csv(data: bytes, progress: Progress = silent) -> ParsedList:
    """Return every line of our own list file as a row or a refusal.

    Header: plate and expires; region (ISO 3166: US-CA, DE), category and reason may be left out. Expiry: RFC 3339, or a
    date, which means its first instant in UTC. A line break never stands inside a cell. Raises BadInput for the whole
    file when it is not UTF-8, or its header lacks a column, repeats one, has an unknown one, or one about a person.
    """
    try:
        header, *lines = data.decode("utf-8-sig").removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise BadInput("the list is not UTF-8", code="bad_encoding", next_step="Save it as UTF-8.") from error
    columns = _columns(header)
    rows: list[ListRow] = []
    refused: list[RefusedLine] = []
    blank = 0
    for number, line in enumerate(lines, 2):
        if number % _STEP == 0:
            progress("reading", number, len(lines))
        if not line.strip():
            blank += 1
            continue
        try:
            rows.append(_row(columns, number, line.rstrip("\r")))
        except LineRefused as refused_line:
            refused.append(RefusedLine(line=number, refusal=refused_line.refusal))
    return ParsedList(lines=len(lines), rows=tuple(rows), refused=tuple(refused), blank=blank, frame=1, layout=NAME)


def own_columns(first_line: str) -> frozenset[str]:
    """Return which of our own columns a first line names."""
    return frozenset(_names(first_line)) & frozenset(LIST_COLUMNS)


def _names(header: str) -> list[str]:
    return [re.sub(r"[^a-z]+", " ", cell.lower()).strip() for cell in _cells(header.rstrip("\r")) or []]


def _columns(header: str) -> dict[str, int]:
    """Return each column's place, or raise BadInput; messages name places: the line may be data."""
    names = _names(header)
    persons = [str(place) for place, name in enumerate(names, 1) if not _PERSON_WORDS.isdisjoint(name.split())]
    if persons:
        raise BadInput(
            f"column {', '.join(persons)} is about a person; a hot list lists plates",
            code="person_column",
            next_step="Remove the column and send the file again.",
        )
    unknown = [str(place) for place, name in enumerate(names, 1) if name not in LIST_COLUMNS]
    if unknown or len(set(names)) != len(names) or not {"plate", "expires"} <= set(names):
        raise BadInput(
            "the first line is not a list's header" + (f" (column {', '.join(unknown[:5])})" if unknown else ""),
            code="bad_header",
            next_step="Write: " + ",".join(LIST_COLUMNS),
        )
    return {name: place for place, name in enumerate(names)}


def _cells(line: str) -> list[str] | None:
    """Return a line's cells, or None when its quoting is broken."""
    try:
        return next(csv.reader((line,), strict=True), [])
    except csv.Error:
        return None


def _row(columns: dict[str, int], number: int, line: str) -> ListRow:
    """Return one line as a row, or raise LineRefused."""
    cells = _cells(line)
    if cells is None or len(cells) != len(columns):
        raise LineRefused(Refusal.MALFORMED)
    cell = {name: cells[place].strip() for name, place in columns.items()}
    category, reason = cell.get("category", ""), cell.get("reason", "")
    if len(reason) > MAX_REASON_CHARACTERS:
        raise LineRefused(Refusal.REASON_TOO_LONG)
    return ListRow(
        line=number,
        plate_text=require_listed_plate(cell["plate"]),
        region=require_region(cell.get("region", "")),
        category=parse_category(category) if category else None,
        reason=reason,
        expires_at=_expiry(cell["expires"]),
    )


def _expiry(text: str) -> datetime:
    if not text:
        raise LineRefused(Refusal.EXPIRY_MISSING)
    try:
        return parse_time(text)
    except (BadInput, OverflowError):
        raise LineRefused(Refusal.EXPIRY_UNREADABLE) from None
