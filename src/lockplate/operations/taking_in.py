"""Take files in: `ingest`.

What flows in: a file's path on the node's own machine. What flows out: a report that accounts for every row.
What it must never see: a path from anyone but the system user.
"""

from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from lockplate.errors import BadInput
from lockplate.intake.files import FileOrder, FileReport, Progress
from lockplate.operations.operation import Actor, Operation
from lockplate.readers.column_map import load_column_map
from lockplate.terms import OperatorId, ReaderId
from lockplate.wiring.node import Node


class Ingest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file to take in."""

    path: str
    operator: str = ""
    """Empty: the node's only operator."""
    map_text: str | None = None
    """The text of a column map, for CSV and Parquet."""
    format_name: str | None = None
    zone: str | None = None
    """IANA zone of naive device times in vendor payloads."""
    reader: str | None = None


def ingest(node: Node, actor: Actor, request: Ingest) -> FileReport:
    """Take a file in: matched, sealed, stored, every row accounted for."""
    return ingest_with_progress(node, actor, request, _silent)


def ingest_with_progress(node: Node, actor: Actor, request: Ingest, progress: Progress) -> FileReport:
    """As `ingest`; `progress` is told how many bytes of the file were read."""
    actor.require_system_user()
    path = require_file(request.path)
    order = FileOrder(
        path=path,
        operator=only_operator(node, request.operator),
        column_map=None if request.map_text is None else load_column_map(request.map_text),
        format_name=request.format_name,
        zone=None if request.zone is None else zone_of(request.zone),
        reader=None if request.reader is None else ReaderId(request.reader),
    )
    return node.files.ingest(order, progress)


def require_file(name: str) -> Path:
    """Return the path of a file that can be read, or raise BadInput."""
    path = Path(name)
    try:
        if path.is_file():
            path.open("rb").close()
            return path
    except (OSError, ValueError):
        pass
    raise BadInput("there is no such file, or it cannot be read", code="no_file")


def only_operator(node: Node, name: str) -> OperatorId:
    """Return the named operator, or the only one there is; raises BadInput when that is not clear."""
    if name:
        return node.desk(OperatorId(name)).operator.operator
    if len(node.desks) != 1:
        raise BadInput(
            "this node serves several operators", code="which_operator", next_step="Name one: --operator ID."
        )
    return next(iter(node.desks))


def zone_of(name: str) -> ZoneInfo:
    """Return a zone by its IANA name, or raise BadInput."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput("no such time zone", code="bad_zone", next_step="Example: America/Los_Angeles") from None


def _silent(_: int) -> None:
    """Nobody watches."""


TAKING_IN = (Operation(name="ingest", request=Ingest, handler=ingest, says="Take a file in.", is_for_system_user=True),)
