"""`lockplate`: every command, in the field's words.

What flows in: the command line. What flows out: what the commands print.
What it must never see: a key.
"""

import os
from pathlib import Path
from typing import Annotated

import typer

from lockplate import __version__
from lockplate.cli.agencies import agencies
from lockplate.cli.alerts import alerts
from lockplate.cli.asking import lookup, requests
from lockplate.cli.checking import announce, fsck
from lockplate.cli.demo import demo
from lockplate.cli.documents import documents
from lockplate.cli.evidence import log
from lockplate.cli.faults import faults
from lockplate.cli.foreign_lists import accept, entries, list_grants, remove
from lockplate.cli.founding import init
from lockplate.cli.grants import grants
from lockplate.cli.hits import hits
from lockplate.cli.holds import holds
from lockplate.cli.hotlists import hot_lists
from lockplate.cli.law import law
from lockplate.cli.listening import listen
from lockplate.cli.local_law import adopt, change, list_local, repeal, trace
from lockplate.cli.numbers import numbers
from lockplate.cli.operators import operators
from lockplate.cli.output import print_lines
from lockplate.cli.oversight import oversight
from lockplate.cli.parsing import parse
from lockplate.cli.people import people
from lockplate.cli.places import places
from lockplate.cli.readers import readers
from lockplate.cli.reconciling import reconcile
from lockplate.cli.records import records
from lockplate.cli.recounting import count
from lockplate.cli.retaining import retention
from lockplate.cli.serving import serve
from lockplate.cli.simulating import simulate
from lockplate.cli.taking_in import ingest
from lockplate.cli.witnesses import cosign, policy, witnesses
from lockplate.cli.witnessing import witness
from lockplate.cli.words import words

app = typer.Typer(
    name="lockplate",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="A license-plate reader database that cannot become a dragnet.",
)
for command in (init, serve, parse, ingest, lookup, fsck, simulate, demo):
    app.command()(command)
for nouns, name in (
    (requests, "request"),
    (records, "record"),
    (log, "log"),
    (hot_lists, "hotlist"),
    (hits, "hits"),
    (alerts, "alerts"),
    (grants, "grant"),
    (holds, "hold"),
    (retention, "retention"),
    (law, "law"),
    (operators, "operator"),
    (agencies, "agency"),
    (people, "user"),
    (readers, "reader"),
    (faults, "fault"),
    (words, "words"),
    (documents, "document"),
    (places, "place"),
    (witness, "witness"),
    (listen, "listen"),
    (oversight, "oversight"),
):
    app.add_typer(nouns, name=name)
law.command("trace")(trace)
log.command("count")(count)
hits.command("numbers")(numbers)
log.command("reconcile")(reconcile)
log.command("policy")(policy)
log.command("witnesses")(witnesses)
log.command("cosign")(cosign)
law.command("local")(list_local)
law.command("adopt")(adopt)
law.command("repeal")(repeal)
law.command("announce")(announce)
operators.command("change")(change)
hot_lists.command("entries")(entries)
hot_lists.command("accept")(accept)
hot_lists.command("remove")(remove)
hot_lists.add_typer(list_grants, name="grant")


@app.callback(invoke_without_command=True)
def start(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
    home: Annotated[
        Path | None, typer.Option("--home", help="The node's folder, for whichever command follows.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON output of whichever command follows.")] = False,
) -> None:
    """A license-plate reader database that cannot become a dragnet."""
    if version:
        print_lines([f"lockplate {__version__}"])
        raise typer.Exit
    # the commands' own options read these, so that `lockplate --home DIR …` and `lockplate … --home DIR` are one
    if home is not None:
        os.environ["LOCKPLATE_HOME"] = str(home)
    if as_json:
        os.environ["LOCKPLATE_JSON"] = "1"


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
