"""`lockplate log reconcile`: what two nodes' logs do not agree on about the questions between them.

What flows in: an exported folder or an address, keys. What flows out: findings; exit 1 when there is one.
What it must never see: private details; a node, when two exports are given.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from lockplate.cli.elsewhere import read_vkey
from lockplate.cli.options import DEFAULT_HOME, Home, Json, Operator, settings_of
from lockplate.cli.output import FAILED, print_json, print_lines, told_errors
from lockplate.cli.session import Session
from lockplate.clock import SystemClock
from lockplate.errors import BadInput
from lockplate.operations.plain import plain
from lockplate.operations.reconciling import OtherLog, reconcile_exports


def reconcile(
    other: Annotated[
        Path | None, typer.Argument(metavar="OTHER", help="The other's log: a folder that its `log export` wrote.")
    ] = None,
    key: Annotated[str, typer.Option("--key", metavar="K", help="The other log's key, or a file of it.")] = "",
    url: Annotated[
        str, typer.Option("--url", metavar="URL", help="Instead of a folder: https://HOST/log/OPERATOR.")
    ] = "",
    window_from: Annotated[str, typer.Option("--from", metavar="T", help="Questions first recorded since then.")] = "",
    window_to: Annotated[str, typer.Option("--to", metavar="T", help="And before then.")] = "",
    own: Annotated[
        Path | None, typer.Option("--own", metavar="DIR", help="Our side as an exported folder too: needs no node.")
    ] = None,
    own_key: Annotated[str, typer.Option("--own-key", metavar="K", help="With --own: its key.")] = "",
    own_agencies: Annotated[
        list[str] | None, typer.Option("--own-agency", metavar="ID", help="With --own: who asks through it.")
    ] = None,
    operator: Operator = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Compare two nodes' records of the questions between them. Exit 1 when they do not agree."""
    with told_errors(as_json=as_json):
        wanted = OtherLog(
            key=read_vkey(key),
            folder="" if other is None else str(other.absolute()),
            url=url,
            operator=operator,
            window_from=window_from,
            window_to=window_to,
        )
        if own is None:
            if own_key or own_agencies:
                raise BadInput("--own-key and --own-agency go with --own", code="no_export")
            told = Session(settings_of(home)).run("log.reconcile", wanted)
        else:
            told = plain(reconcile_exports(own, read_vkey(own_key), own_agencies or (), wanted, SystemClock().now()))
        if as_json:
            print_json(told)
        else:
            print_findings(told)
    if told["findings"]:
        raise typer.Exit(FAILED)


def print_findings(told: dict[str, Any]) -> None:
    """Print what was compared and each finding with both sides' records."""
    own, other, count = told["own"], told["other"], len(told["findings"])
    print_lines(
        [
            f"{own['origin']}, {own['size']} records · {other['origin']}, {other['size']} records",
            f"{told['questions']} questions between them; "
            + ("they agree." if not count else f"{count} finding{'s' if count > 1 else ''}."),
        ]
    )
    for one in told["findings"]:
        what = f" ({', '.join(one['fields'])})" if one["fields"] else ""
        print_lines(
            [
                f"{one['code']}{what}: {told['meanings'][one['code']]}",
                f"  {one['at'] or ''} {one['request_id'] or ''} · asking {_rows(one, 'asking')} · answering "
                + _rows(one, "answering"),
            ]
        )


def _rows(one: dict[str, Any], side: str) -> str:
    rows = one[f"{side}_rows"]
    return f"{one[side]}: " + (", ".join(map(str, rows)) if rows else "nothing")
