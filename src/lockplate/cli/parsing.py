"""`lockplate parse`: what payload files hold; stores nothing, needs no node.

What flows in: files. What flows out: one JSON object a file, or a table.
What it must never see: a node, a key.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from lockplate.cli.options import Json
from lockplate.cli.output import print_json, print_table, told_errors
from lockplate.errors import BadInput
from lockplate.operations.taking_in import zone_of
from lockplate.read import public_read
from lockplate.readers.formats import parse_body
from lockplate.readers.payload import MAX_BODY_BYTES


def parse(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Payloads as a reader sent them.")],
    format_name: Annotated[
        str | None, typer.Option("--format", help="Read as this format; else told by shape.")
    ] = None,
    zone: Annotated[str | None, typer.Option("--zone", help="IANA zone of naive device times.")] = None,
    as_json: Json = False,
) -> None:
    """Show what payload files hold: reads, rejects, ignored. Stores nothing."""
    with told_errors(as_json=as_json):
        for path in files:
            told = parse_file(path, format_name, zone)
            if as_json:
                print_json(told)
            else:
                _print_file(told)


def parse_file(path: Path, format_name: str | None, zone: str | None) -> dict[str, Any]:
    """Return what one file holds, in the contract's words; raises BadInput for a file that cannot be read."""
    try:
        with path.open("rb") as file:
            body = file.read(MAX_BODY_BYTES + 1)
    except OSError:
        raise BadInput(f"cannot read {path.name}", code="no_file") from None
    parsed = parse_body(body, filename=path.name, format_name=format_name, zone=None if zone is None else zone_of(zone))
    return {
        "file": str(path),
        "format": parsed.format,
        "reads": [public_read(read) for read in parsed.reads],
        "rejects": [{"reason": reject.reason.value, "detail": reject.detail} for reject in parsed.rejects],
        "ignored": [{"kind": ignored.kind} for ignored in parsed.ignored],
    }


def _print_file(told: dict[str, Any]) -> None:
    rows: list[list[object]] = []
    for read in told["reads"]:
        confidence = read["confidence"]
        shown = "" if confidence is None else f"{confidence['value']:g} of {confidence['scale']}"
        time = read["captured_at"] or f"{read['captured_at_raw'] or 'none'} ({read['clock_rule']})"
        rows.append(["read", read["plate_text"], read["region"], time, shown, read["reader_id"]])
    rows += [["reject", reject["reason"], "", reject["detail"], "", ""] for reject in told["rejects"]]
    rows += [["ignored", ignored["kind"], "", "", "", ""] for ignored in told["ignored"]]
    print_table(
        ["", "plate or reason", "region", "time", "confidence", "reader"],
        rows,
        title=f"{told['file']}: {told['format']}",
    )
