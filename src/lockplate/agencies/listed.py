"""Lists of agencies that a user brings: names, aliases, kinds and states, from a CSV file.

What flows in: the bytes of a CSV with the columns name, alias, kind, state, notes. What flows out: listed agencies.
What it must never see: a path, a network. Nothing of it ships with the program.
"""

import csv
import io
from collections.abc import Iterator, Mapping

import msgspec

from lockplate.agencies.names import MAX_NAME_CHARACTERS, folded
from lockplate.agencies.states import STATE_NAMES
from lockplate.errors import BadInput
from lockplate.terms import AgencyKind

MAX_LIST_BYTES = 16_777_216
COLUMNS = ("name", "alias", "kind", "state", "notes")
BETWEEN_ALIASES = ";"


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One agency of a list; several rows of one name are one agency."""

    name: str
    aliases: tuple[str, ...] = ()
    kind: AgencyKind | None = None
    state: str = ""
    notes: str = ""
    lines: tuple[int, ...] = ()
    """Lines of the file it stands on, the header being the first."""


def parse_agency_list(data: bytes) -> tuple[Listed, ...]:
    """Return every agency of a list, in the order of their first lines; rows of one name are joined.

    `name` must be there; `alias` may hold several, with a semicolon between. Raises BadInput, with the line, for a file
    that is not UTF-8 or too large, an unknown column, an unknown kind or state, and rows of one name that disagree.
    """
    if len(data) > MAX_LIST_BYTES:
        raise BadInput(f"the list is larger than {MAX_LIST_BYTES} bytes", code="agency_list")
    found: dict[str, Listed] = {}
    for line, row in table_rows(data, COLUMNS, "agency_list"):
        one = _listed(row, line)
        key = " ".join(folded(one.name))
        found[key] = _joined(found[key], one, line) if key in found else one
    return tuple(found.values())


def table_rows(data: bytes, columns: tuple[str, ...], code: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield the rows of a small CSV with their lines, cells trimmed, empty rows left out; raises BadInput with `code`.

    The first of `columns` must be there and hold something in every row; no column but these may stand there.
    """
    try:
        reader = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        head = [cell.strip().lower() for cell in next(reader, [])]
        if columns[0] not in head or len(set(head)) < len(head) or not set(head) <= set(columns):
            raise BadInput(
                f"the first line is not a header of {', '.join(columns)}",
                code=code,
                next_step=f"{columns[0]} must be there, the others may; no other column, and none twice.",
            )
        for cells in reader:
            line = reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(head):
                raise BadInput(f"line {line} has {len(cells)} cells, the header {len(head)}", code=code)
            row = dict.fromkeys(columns, "") | dict(zip(head, map(str.strip, cells), strict=True))
            if not row[columns[0]]:
                raise BadInput(f"line {line} has no {columns[0]}", code=code)
            yield line, row
    except UnicodeDecodeError as error:
        raise BadInput("the file is not UTF-8", code=code, next_step="Save it as UTF-8.") from error
    except csv.Error as error:
        raise BadInput("the file is no CSV: a quote or a cell does not end", code=code) from error


def kind_of(text: str, where: str, code: str) -> AgencyKind | None:
    """Return the kind that a cell names, None for an empty one, or raise BadInput."""
    if not text:
        return None
    try:
        return AgencyKind(text.lower().replace(" ", "_"))
    except ValueError:
        raise BadInput(
            f"{where}: no such kind of agency",
            code=code,
            next_step=f"Kinds: {', '.join(kind.value for kind in AgencyKind)}.",
        ) from None


def state_of(text: str, where: str, code: str) -> str:
    """Return a state's two letters, or raise BadInput."""
    if text and text.upper() not in STATE_NAMES:
        raise BadInput(f"{where}: no such state", code=code, next_step="Write its two letters, or leave it empty.")
    return text.upper()


def require_name(text: str, where: str, code: str) -> str:
    """Return a name that has a letter or digit and is of a name's length, or raise BadInput."""
    if not folded(text) or len(text) > MAX_NAME_CHARACTERS:
        raise BadInput(f"{where}: no name, or longer than {MAX_NAME_CHARACTERS} characters", code=code)
    return text


def _listed(row: Mapping[str, str], line: int) -> Listed:
    where, code = f"line {line}", "agency_list"
    aliases = (alias.strip() for alias in row["alias"].split(BETWEEN_ALIASES))
    return Listed(
        name=require_name(row["name"], where, code),
        aliases=tuple(require_name(alias, where, code) for alias in aliases if alias),
        kind=kind_of(row["kind"], where, code),
        state=state_of(row["state"], where, code),
        notes=row["notes"],
        lines=(line,),
    )


def _joined(one: Listed, other: Listed, line: int) -> Listed:
    """Return two rows of one name as one agency, or raise BadInput when they disagree."""
    if (one.kind and other.kind and one.kind is not other.kind) or (
        one.state and other.state and one.state != other.state
    ):
        raise BadInput(
            f"line {line} gives another kind or state than line {one.lines[0]} for the same name",
            code="agency_list",
            next_step="Two agencies need two names, such as with the state in them.",
        )
    return Listed(
        name=one.name,
        aliases=tuple(dict.fromkeys((*one.aliases, *other.aliases))),
        kind=one.kind or other.kind,
        state=one.state or other.state,
        notes="; ".join(dict.fromkeys(note for note in (one.notes, other.notes) if note)),
        lines=(*one.lines, *other.lines),
    )
