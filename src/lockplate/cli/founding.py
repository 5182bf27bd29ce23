"""`lockplate init`: a new node, or a new operator in one.

What flows in: an operator's id and law profile. What flows out: a home folder, and a key-encryption key beside it.
What it must never see: the key itself; it says only where it lies.
"""

from typing import Annotated

import typer

from lockplate.cli.options import DEFAULT_HOME, Home, Json, settings_of
from lockplate.cli.output import print_json, print_lines, told_errors
from lockplate.clock import SystemClock
from lockplate.operations.plain import plain
from lockplate.terms import AgencyId, AgencyKind, OperatorId, ProfileId, RecordMode
from lockplate.wiring.founding import NewOperator, found_operator


def init(
    operator: Annotated[str, typer.Option("--operator", metavar="ID", help="The operator: a-z, 0-9, dash.")],
    profile: Annotated[str, typer.Option(help="The law profile; `lockplate law list` shows all.")],
    name: Annotated[str, typer.Option(help="The operator's name for people.")] = "",
    agency: Annotated[str, typer.Option(help="Its agency's id; the operator's own id when left out.")] = "",
    kind: Annotated[AgencyKind, typer.Option(help="What its agency is.")] = AgencyKind.MUNICIPAL,
    state: Annotated[str | None, typer.Option(help="Two letters; the profile's when left out.")] = None,
    zone: Annotated[str, typer.Option(help="IANA zone of its readers.")] = "UTC",
    keep: Annotated[
        RecordMode | None,
        typer.Option(help="What is kept of an unmatched read; all that the profile allows when left out."),
    ] = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Make a node, or add an operator to one that is not running."""
    with told_errors(as_json=as_json):
        settings = settings_of(home)
        made = found_operator(
            settings,
            SystemClock(),
            NewOperator(
                operator=OperatorId(operator),
                profile=ProfileId(profile),
                name=name,
                agency=AgencyId(agency) if agency else None,
                agency_kind=kind,
                state=state,
                zone=zone,
                record_mode=keep,
            ),
        )
        if as_json:
            print_json(plain(made) | {"home": str(settings.home), "kek_file": str(settings.kek_file)})
            return
        print_lines(
            [
                f"Operator {made.operator}: law profile {made.profile}, keeps {made.record_mode.value}.",
                f"Node: {settings.home}",
                f"Key-encryption key: {settings.kek_file}",
                "Keep the key away from copies of the node; without it nothing in the node can be opened.",
            ]
        )
