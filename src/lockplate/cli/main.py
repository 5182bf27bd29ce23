"""`lockplate`: every command, in the field's words.

What flows in: the command line. What flows out: what the commands print.
What it must never see: a key.
"""

from typing import Annotated

import typer

from lockplate import __version__
from lockplate.cli.asking import lookup, requests
from lockplate.cli.evidence import fsck, log
from lockplate.cli.founding import init
from lockplate.cli.output import print_lines
from lockplate.cli.parsing import parse
from lockplate.cli.serving import serve
from lockplate.cli.taking_in import ingest

app = typer.Typer(
    name="lockplate",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="A license-plate reader database that cannot become a dragnet.",
)
for command in (init, serve, parse, ingest, lookup, fsck):
    app.command()(command)
app.add_typer(requests, name="request")
app.add_typer(log, name="log")


@app.callback(invoke_without_command=True)
def start(version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:
    """A license-plate reader database that cannot become a dragnet."""
    if version:
        print_lines([f"lockplate {__version__}"])
        raise typer.Exit


def main() -> None:
    """Run the command line."""
    app()
