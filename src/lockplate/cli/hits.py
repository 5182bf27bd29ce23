"""`lockplate hits …`: reads that matched a list, and what a person found.

What flows in: who looks; what they found. What flows out: hits, after the gate and the record.
What it must never see: an unmatched read.
"""

from typing import Annotated, Any

import typer

from lockplate.cli.options import DEFAULT_HOME, As, Home, Json, Operator, settings_of
from lockplate.cli.output import print_json, print_lines, print_table, told_errors
from lockplate.cli.receipts import ReceiptFile, Receipts, last_of
from lockplate.cli.session import Session
from lockplate.operations.hits import Finding, ListHits
from lockplate.registry.hits import HitState

hits = typer.Typer(no_args_is_help=True, help="Reads that matched a list; a hit is not a stop.")


@hits.command("list")
def list_recent(
    person: As,
    state: Annotated[HitState | None, typer.Option(help="Of this state only.")] = None,
    limit: Annotated[int, typer.Option(help="The newest so many.", min=1, max=1000)] = 100,
    operator: Operator = "",
    receipt: ReceiptFile = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Show the newest hits; that they were shown to you goes on record first."""
    with told_errors(as_json=as_json):
        request = ListHits(operator=operator, state=state, limit=limit)
        receipts = Receipts(Session(settings_of(home)), receipt, as_json=as_json)
        shown = receipts.run("hits.list", request, person=person, places=lambda told: [last_of(told)])
        if as_json:
            print_json(shown | receipts.told())
            receipts.finish()
            return
        head = ["hit", "time (UTC)", "reader", "as read", "listed", "region", "category", "match", "state"]
        print_table(head, [_row(hit) for hit in shown["hits"]])
        print_lines(
            [f"Record {shown['record_index']} says that these were shown. A hit is not a stop until confirmed."]
        )
        receipts.finish()


@hits.command("confirm")
def confirm(
    hit_id: Annotated[str, typer.Argument(metavar="HIT", help="A hit's id, as `hits list` shows it.")],
    found: Annotated[HitState, typer.Option("--found", help="What you found: picture, plate, state, vehicle.")],
    person: As,
    operator: Operator = "",
    receipt: ReceiptFile = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Say what you found when you compared picture, plate, state and vehicle; a hit is decided once."""
    with told_errors(as_json=as_json):
        request = Finding(hit_id=hit_id, found=found, operator=operator)
        receipts = Receipts(Session(settings_of(home)), receipt, as_json=as_json)
        hit = receipts.run("hits.confirm", request, person=person, places=lambda told: [last_of(told)])
        if as_json:
            print_json(hit | receipts.told())
        else:
            print_lines([f"{hit['hit_id']}: {hit['state']}, decided by {hit['decided_by']}."])
        receipts.finish()


def _row(hit: dict[str, Any]) -> list[object]:
    told = hit["details"]
    agrees = {True: "agrees", False: "DIFFERS", None: "unknown"}[told["region_agrees"]]
    return [
        hit["hit_id"],
        hit["captured_at"],
        hit["reader"],
        told["plate_text"],
        told["listed_text"],
        agrees,
        hit["category"],
        told["kind"],
        hit["state"],
    ]
