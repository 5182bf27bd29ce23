"""`lockplate oversight …`: reading what other systems released; needs no node, no key, no network.

What flows in: nothing. What flows out: the group of commands.
What it must never see: a node.
"""

import typer

from lockplate.cli.naming import resolve_agencies
from lockplate.cli.overseeing import import_files, show_plan

oversight = typer.Typer(no_args_is_help=True, help="Read what other systems released. Needs no node and no network.")
oversight.command("import")(import_files)
oversight.command("plan")(show_plan)
oversight.command("agencies")(resolve_agencies)
