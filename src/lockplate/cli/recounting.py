"""`lockplate log count`: run a report's query again over an exported log, without a node.

What flows in: a folder of `log export`, the log's key, a line's `recount` as JSON. What flows out: the number.
What it must never see: a node, a network, private details.
"""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from lockplate.cli.options import Json
from lockplate.cli.output import print_json, print_lines, told_errors
from lockplate.errors import BadInput
from lockplate.operations.plain import plain
from lockplate.reporting.query import Recount
from lockplate.reporting.recount import recount


def count(
    folder: Annotated[Path, typer.Argument(help="A folder that `lockplate log export` wrote.")],
    key: Annotated[str, typer.Option("--key", metavar="K", help="The log's key, `name+hash+base64`, or a file of it.")],
    query: Annotated[
        str, typer.Option("--query", metavar="Q", help="A line's `recount` of a report, as JSON or a file.")
    ],
    as_json: Json = False,
) -> None:
    """Count a number of a report again from an exported log. Needs no node and no network."""
    with told_errors(as_json=as_json):
        try:
            wanted = msgspec.json.decode(_text(query, looks_whole="{"), type=Recount)
        except msgspec.MsgspecError:
            raise BadInput(
                "not a query of a report",
                code="bad_query",
                next_step="Take `recount` of a line out of: lockplate document report --json",
            ) from None
        counted = recount(folder, _text(key, looks_whole="+").strip(), wanted)
        told = {"query": wanted.query.words(), "span": wanted.span.words()} | plain(counted)
        if as_json:
            print_json(told)
            return
        lines = [told["query"], told["span"], f"{counted.total}"]
        lines += [f"  {name or 'none'}: {number}" for name, number in counted.by.items()]
        lines += [f"without {counted.quiet_days} days of fewer than ten reads each"] if counted.quiet_days else []
        print_lines(lines)


def _text(value: str, *, looks_whole: str) -> str:
    """Return a text that is given whole, or lies in the file that is named."""
    path = Path(value)
    if looks_whole in value and not (len(value) < 200 and path.is_file()):
        return value
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, ValueError):
        raise BadInput("cannot read the file of the key or the query", code="no_file") from None
