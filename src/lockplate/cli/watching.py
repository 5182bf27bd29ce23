"""`lockplate alerts watch`: alerts as they come, as lines or JSON, until Ctrl-C.

What flows in: a person, filters. What flows out: one line an alert; each was on record before it came here.
What it must never see: a plate in an address.
"""

from collections.abc import Iterator
from typing import Annotated, Any

import httpx
import msgspec
import typer

from lockplate.cli.options import DEFAULT_HOME, As, Home, Json, Operator, settings_of
from lockplate.cli.output import print_json, print_lines, told_errors
from lockplate.cli.session import RemoteRefused, ServerNote, read_server_note, require_node
from lockplate.errors import NodeBusy
from lockplate.hotlist import Category, Priority
from lockplate.settings import Settings
from lockplate.wiring.layout import Layout

Query = list[tuple[str, str | int | float | bool | None]]

SILENCE_SECONDS = 45.0
"""Three heartbeats: a server that says nothing for so long is gone."""


def watch(
    person: As,
    lists: Annotated[list[str] | None, typer.Option("--list", metavar="ID", help="Only this list; repeatable.")] = None,
    priorities: Annotated[list[Priority] | None, typer.Option("--priority", help="Only this; repeatable.")] = None,
    categories: Annotated[list[Category] | None, typer.Option("--category", help="Only this; repeatable.")] = None,
    groups: Annotated[list[str] | None, typer.Option("--group", metavar="G", help="Readers; repeatable.")] = None,
    count: Annotated[int, typer.Option(help="Stop after so many alerts; 0: never.", min=0)] = 0,
    operator: Operator = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Watch alerts as they come from the running server; each showing is on record."""
    chosen: Query = [("operator", operator)] if operator else []
    for name, values in (("list", lists), ("priority", priorities), ("category", categories), ("group", groups)):
        chosen += [(name, str(value)) for value in values or ()]
    with told_errors(as_json=as_json):
        settings = require_node(settings_of(home))
        note = _server(settings)
        seen = 0
        for name, data in events(note, person, chosen):
            _print(name, data, as_json=as_json)
            seen += name == "alert"
            if count and seen >= count:
                return


def _server(settings: Settings) -> ServerNote:
    try:
        return read_server_note(Layout(settings.home).server)
    except NodeBusy:
        raise NodeBusy("no server runs on this node", next_step="Start it with `lockplate serve`.") from None


def events(note: ServerNote, person: str, chosen: Query) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what the stream tells, by name, until the server ends it; raises RemoteRefused and NodeBusy."""
    headers = {"authorization": f"Bearer {note.token}", "x-lockplate-person": person}
    limits = httpx.Timeout(SILENCE_SECONDS)
    try:
        with (
            httpx.Client(timeout=limits, trust_env=False) as client,
            client.stream("GET", f"{note.url}/v1/alerts/stream", params=chosen, headers=headers) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                raise RemoteRefused(answer.status_code, msgspec.json.decode(answer.read()))
            name = ""
            for line in answer.iter_lines():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    yield name, msgspec.json.decode(line.removeprefix("data: "))
    except (httpx.HTTPError, msgspec.MsgspecError):
        raise NodeBusy("the server cannot be reached", next_step="Start it with `lockplate serve`.") from None


def _print(name: str, data: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json({"event": name, "data": data})
    elif name == "alert":
        agrees = {True: "region agrees", False: "REGION DIFFERS", None: "region unknown"}[data["region_agrees"]]
        line = (
            f"{data['captured_at']}  {data['priority'].upper()}  {data['category']}  read {data['plate_text']}, "
            f"listed {data['listed_text']} ({data['kind']}, {agrees})  at {data['reader']}  "
            f"{data['list_name']}  {data['hit_id']}"
        )
        print_lines([line])
    else:
        print_lines([f"{name}: " + ", ".join(f"{key} {value}" for key, value in data.items())])
