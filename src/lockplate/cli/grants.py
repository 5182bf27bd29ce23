"""`lockplate grant …`: which agency may ask, for what, until when.

What flows in: a proposal, a second person's approval. What flows out: grants; the public register.
What it must never see: a key.
"""

from typing import Annotated, Any

import typer

from lockplate.cli.options import DEFAULT_HOME, As, Home, Json, Operator, settings_of
from lockplate.cli.output import print_json, print_lines, print_table, told_errors
from lockplate.cli.session import Session
from lockplate.operations.grants import GrantName, GrantsOf, ProposeGrant, Register
from lockplate.registry.grants import Instrument
from lockplate.terms import Purpose

grants = typer.Typer(no_args_is_help=True, help="Named, dated, published permission for one agency to ask.")

GrantArgument = Annotated[str, typer.Argument(metavar="GRANT", help="A grant's id, as `grant list` shows it.")]


@grants.command("propose")
def propose(
    grantee: Annotated[str, typer.Option("--to", metavar="AGENCY", help="The agency that may ask.")],
    purposes: Annotated[list[Purpose], typer.Option("--purpose", help="For what; may be repeated.")],
    valid_to: Annotated[str, typer.Option("--until", metavar="T", help="RFC 3339; at most two years.")],
    person: As,
    valid_from: Annotated[str, typer.Option("--from", metavar="T", help="RFC 3339; now when left out.")] = "",
    readers: Annotated[
        list[str] | None, typer.Option("--reader", help="Only this reader's reads; may be repeated; all when left out.")
    ] = None,
    instrument: Annotated[Instrument, typer.Option(help="The signed paper behind it.")] = Instrument.NONE,
    instrument_hash: Annotated[str, typer.Option(help="SHA-256, hex, of the signed paper.")] = "",
    operator: Operator = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Propose a grant; it gives nothing until a second person approves it."""
    request = ProposeGrant(
        grantee=grantee,
        purposes=tuple(purposes),
        valid_to=valid_to,
        valid_from=valid_from,
        operator=operator,
        readers=tuple(readers) if readers else None,
        instrument=instrument,
        instrument_hash=instrument_hash or None,
    )
    _run("grant.propose", request, person, home, as_json=as_json)


@grants.command("approve")
def approve(grant: GrantArgument, person: As, home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Approve a grant, as another person of the operator's agency than the one who proposed it."""
    _run("grant.approve", GrantName(grant=grant), person, home, as_json=as_json)


@grants.command("revoke")
def revoke(grant: GrantArgument, person: As, home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """End a grant at once, or withdraw a proposal."""
    _run("grant.revoke", GrantName(grant=grant), person, home, as_json=as_json)


@grants.command("list")
def list_all(operator: Operator = "", person: As = "", home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """List grants and proposals, with who proposed and approved them."""
    with told_errors(as_json=as_json):
        lines = Session(settings_of(home)).run("grant.list", GrantsOf(operator=operator), person=person)
        if as_json:
            print_json(lines)
        else:
            head = ["grant", "to", "purposes", "from", "until", "proposed by", "approved by", "state"]
            print_table(head, [_row(line) for line in lines])


@grants.command("register")
def register(home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Show every grant ever approved here, as the public page does."""
    with told_errors(as_json=as_json):
        lines = Session(settings_of(home)).run("grant.register", Register())
        if as_json:
            print_json(lines)
        else:
            rows = [
                [one["operator"], one["grantee_name"], one["grantee_kind"], ", ".join(one["purposes"]),
                 one["valid_from"][:10], one["valid_to"][:10], one["state"]]
                for one in lines
            ]  # fmt: skip
            print_table(["operator", "to", "kind", "purposes", "from", "until", "state"], rows)


def _run(name: str, request: object, person: str, home: Home, *, as_json: bool) -> None:
    with told_errors(as_json=as_json):
        line = Session(settings_of(home)).run(name, request, person=person)
        if as_json:
            print_json(line)
            return
        grant = line["grant"]
        until = f"until {grant['valid_to'][:10]}"
        print_lines([f"{grant['grant']}: {grant['operator']} to {grant['grantee']}, {until}: {line['state']}."])


def _row(line: dict[str, Any]) -> list[object]:
    grant = line["grant"]
    return [
        grant["grant"],
        grant["grantee"],
        ", ".join(sorted(grant["purposes"])),
        grant["valid_from"][:10],
        grant["valid_to"][:10],
        grant["proposed_by"],
        grant["approved_by"] or "",
        line["state"],
    ]
