"""Options that commands share, declared once.

What flows in: nothing. What flows out: annotated types for Typer.
What it must never see: a node.
"""

import os
from pathlib import Path
from typing import Annotated

import typer

from lockplate.settings import PREFIX, Settings, load_settings

Home = Annotated[
    Path,
    typer.Option("--home", envvar="LOCKPLATE_HOME", help="The node's folder.", show_default=True, file_okay=False),
]
Json = Annotated[
    bool,
    typer.Option("--json", envvar="LOCKPLATE_JSON", show_envvar=False, help="Print one JSON object instead of text."),
]
As = Annotated[str, typer.Option("--as", metavar="USER", help="The person on whose word this is done.")]
Operator = Annotated[
    str, typer.Option("--operator", metavar="ID", help="Which operator; may be left out when there is one.")
]

DEFAULT_HOME = Path("lockplate-home")


def settings_of(home: Path, **given: object) -> Settings:
    """Return the settings for a home folder and this process's environment; what an option gave goes before both."""
    options = {PREFIX + name.upper(): str(value) for name, value in given.items() if value is not None}
    return load_settings(home, {**os.environ, **options})
