"""`lockplate hold …`: one plate's reads of one past window, kept until the hold ends.

What flows in: the paper behind a hold. What flows out: the hold's id, state and end; never whether a plate was read.
What it must never see: a key.
"""

from typing import Annotated, Any

import typer

from lockplate.cli.options import DEFAULT_HOME, As, Home, Json, Operator, settings_of
from lockplate.cli.output import print_json, print_lines, print_table, told_errors
from lockplate.cli.receipts import ReceiptFile, Receipts, last_of
from lockplate.cli.session import Session
from lockplate.law.words import HoldKind
from lockplate.operations.holds import CloseHold, HoldsOf, OpenHold, RenewHold
from lockplate.registry.holds import LiftReason

holds = typer.Typer(no_args_is_help=True, help="Keep one plate's reads of one past window beyond their limit.")

HoldArgument = Annotated[
    str, typer.Argument(metavar="HOLD", help="A hold's id, as `hold open` and `hold list` show it.")
]
Until = Annotated[
    str, typer.Option("--until", metavar="T", help="RFC 3339; may be left out where the law sets a longest time.")
]
Facts = Annotated[str, typer.Option("--facts", metavar="TEXT", help="The facts that the request stands on; sealed.")]
Sworn = Annotated[bool, typer.Option("--sworn", help="Whoever asks has sworn to the facts.")]
Paper = Annotated[str, typer.Option("--paper", metavar="N", help="The number of the warrant or order; sealed.")]
PaperHash = Annotated[str, typer.Option("--paper-hash", metavar="HEX", help="SHA-256 of its text; sealed.")]


@holds.command("open")
def open_hold(
    kind: Annotated[HoldKind, typer.Option("--kind", help="On what ground.")],
    person: As,
    plate: Annotated[str, typer.Option("--plate", help="The whole plate; one only.")] = "",
    window_from: Annotated[str, typer.Option("--from", metavar="T", help="RFC 3339, with zone; a date is UTC.")] = "",
    window_to: Annotated[str, typer.Option("--to", metavar="T", help="End of the window, not included, past.")] = "",
    case_number: Annotated[str, typer.Option("--case", metavar="N", help="Case number; sealed.")] = "",
    facts: Facts = "",
    sworn: Sworn = False,
    readers: Annotated[
        list[str] | None, typer.Option("--reader", help="Only this reader's reads; may be repeated; all when left out.")
    ] = None,
    requester: Annotated[
        str, typer.Option("--for", metavar="NAME", help="For whom, when that is no person of this node; sealed.")
    ] = "",
    paper: Paper = "",
    paper_hash: PaperHash = "",
    until: Until = "",
    operator: Operator = "",
    receipt: ReceiptFile = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Have one plate's reads of one past window kept. Exit 3 when the law does not let them be."""
    request = OpenHold(
        kind=kind,
        plate=plate,
        window_from=window_from,
        window_to=window_to,
        case_number=case_number,
        facts=facts,
        sworn=sworn,
        readers=tuple(readers) if readers else None,
        requester=requester,
        paper=paper,
        paper_hash=paper_hash,
        until=until,
        operator=operator,
    )
    _run("hold.open", request, person, receipt, home, as_json=as_json)


@holds.command("renew")
def renew(
    hold: HoldArgument,
    person: As,
    until: Until = "",
    facts: Facts = "",
    sworn: Sworn = False,
    paper: Paper = "",
    paper_hash: PaperHash = "",
    receipt: ReceiptFile = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Draw a hold out, on a new request or a new order as the law wants it."""
    request = RenewHold(hold=hold, until=until, facts=facts, sworn=sworn, paper=paper, paper_hash=paper_hash)
    _run("hold.renew", request, person, receipt, home, as_json=as_json)


@holds.command("close")
def close(
    hold: HoldArgument,
    person: As,
    reason: Annotated[LiftReason, typer.Option("--reason", help="Why it ends.")],
    receipt: ReceiptFile = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Lift a hold: its key is destroyed at once, and what only it kept is forgotten."""
    _run("hold.close", CloseHold(hold=hold, reason=reason), person, receipt, home, as_json=as_json)


@holds.command("list")
def list_all(operator: Operator = "", person: As = "", home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """List holds; a case number shows to people of the agency that asked."""
    with told_errors(as_json=as_json):
        lines = Session(settings_of(home)).run("hold.list", HoldsOf(operator=operator), person=person)
        if as_json:
            print_json(lines)
        else:
            head = ["hold", "ground", "asked by", "case", "from", "to", "until", "renewed", "state"]
            print_table(head, [_row(line) for line in lines])


def _run(name: str, request: object, person: str, receipt: ReceiptFile, home: Home, *, as_json: bool) -> None:
    with told_errors(as_json=as_json):
        receipts = Receipts(Session(settings_of(home)), receipt, as_json=as_json)
        line = receipts.run(name, request, person=person, places=lambda told: [last_of(told["hold"] | told)])
        if as_json:
            print_json(line | receipts.told())
            receipts.finish()
            return
        hold = line["hold"]
        end = f"until {hold['expires_at']}" if hold["state"] == "open" else f"since {hold['ended_at']}"
        print_lines([f"{hold['hold_id']}: {hold['kind']} at {hold['operator']}: {hold['state']} {end}."])
        receipts.finish()


def _row(line: dict[str, Any]) -> list[object]:
    hold = line["hold"]
    return [
        hold["hold_id"],
        hold["kind"],
        hold["agency"],
        line["case_number"],
        hold["window_from"],
        hold["window_to"],
        hold["expires_at"],
        hold["renewals"],
        hold["state"],
    ]
