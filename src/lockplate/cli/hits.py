"""`lockplate hits …`: reads that matched a list, and what a person found.

What flows in: who looks; what they found, what the source said, what became of it. What flows out: hits, after the gate
and the record. What it must never see: an unmatched read.
"""

import base64
from pathlib import Path
from typing import Annotated, Any

import typer

from lockplate.cli.hit_sheet import sheet_of
from lockplate.cli.new_files import FOR_OWNER, require_new, write_new_bytes
from lockplate.cli.options import DEFAULT_HOME, As, Home, Json, Operator, settings_of
from lockplate.cli.output import print_json, print_lines, print_table, told_errors
from lockplate.cli.receipts import ReceiptFile, Receipts, last_of
from lockplate.cli.session import Session
from lockplate.hotlist import Priority
from lockplate.operations.hits import Finding, HitName, ListHits, NamedHits, Outcome
from lockplate.registry.confirmations import SourceCheck
from lockplate.registry.hit_outcomes import HitOutcome
from lockplate.registry.hits import HitState

hits = typer.Typer(no_args_is_help=True, help="Reads that matched a list; a match alone is no suspicion.")

HitArgument = Annotated[str, typer.Argument(metavar="HIT", help="A hit's id, as `hits list` shows it.")]


@hits.command("list")
def list_recent(
    person: As,
    state: Annotated[HitState | None, typer.Option(help="Of this state only.")] = None,
    list_id: Annotated[str, typer.Option("--list", metavar="ID", help="Of this list only.")] = "",
    priority: Annotated[Priority | None, typer.Option(help="Of this priority only.")] = None,
    alerts: Annotated[
        bool | None, typer.Option("--alerts/--weaker", help="Only alerts, or only weaker matches and repeats.")
    ] = None,
    limit: Annotated[int, typer.Option(help="The newest so many.", min=1, max=1000)] = 100,
    operator: Operator = "",
    receipt: ReceiptFile = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Show the newest hits; that they were shown to you goes on record first."""
    with told_errors(as_json=as_json):
        request = ListHits(
            operator=operator, state=state, limit=limit, list_id=list_id, priority=priority, alerts=alerts
        )
        receipts = Receipts(Session(settings_of(home)), receipt, as_json=as_json)
        shown = receipts.run("hits.list", request, person=person, places=lambda told: [last_of(told)])
        if as_json:
            print_json(shown | receipts.told())
            receipts.finish()
            return
        head = ["hit", "time (UTC)", "reader", "as read", "listed", "region", "category", "match", "state"]
        print_table(head, [_row(hit) for hit in shown["hits"]])
        print_lines([f"Record {shown['record_index']} says that these were shown. A match alone is no suspicion."])
        receipts.finish()


@hits.command("show")
def show(
    hit_id: HitArgument,
    person: As,
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="FILE", help="Write the picture to a new file.")
    ] = None,
    operator: Operator = "",
    receipt: ReceiptFile = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Show one hit beside its entry, to compare; that it was shown to you, and its picture, goes on record first."""
    with told_errors(as_json=as_json):
        if picture is not None:
            require_new(picture)
        session = Session(settings_of(home))
        receipts = Receipts(session, receipt, as_json=as_json)
        request = NamedHits(hit_ids=(hit_id,), operator=operator)
        shown = receipts.run("hits.show", request, person=person, places=lambda told: [last_of(told)])
        if picture is not None:
            told = session.run("hits.picture", HitName(hit_id=hit_id, operator=operator), person=person)
            write_new_bytes(picture, base64.b64decode(told["picture"]), FOR_OWNER)
        if as_json:
            print_json(shown | receipts.told())
        else:
            print_lines(sheet_of(shown["hits"][0], shown["compared"][0]))
            print_lines([f"Record {shown['record_index']} says that it was shown to you."])
        receipts.finish()


@hits.command("confirm")
def confirm(
    hit_id: HitArgument,
    found: Annotated[HitState, typer.Option("--found", help="What you found: picture, plate, region, vehicle.")],
    person: As,
    source: Annotated[
        SourceCheck, typer.Option("--source", help="What the list's source said when you asked it again.")
    ] = SourceCheck.NOT_CHECKED,
    region_compared: Annotated[
        bool, typer.Option("--region-compared", help="You compared the region in the picture yourself.")
    ] = False,
    vehicle_compared: Annotated[
        bool, typer.Option("--vehicle-compared", help="You compared the kind of vehicle in the picture yourself.")
    ] = False,
    seen_by_eye: Annotated[
        bool, typer.Option("--seen-by-eye", help="No picture came, and you see the vehicle itself.")
    ] = False,
    operator: Operator = "",
    receipt: ReceiptFile = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Say what you found when you compared picture, plate, region and vehicle; a hit is decided once."""
    with told_errors(as_json=as_json):
        request = Finding(
            hit_id=hit_id,
            found=found,
            operator=operator,
            source=source,
            region_compared=region_compared,
            vehicle_compared=vehicle_compared,
            seen_by_eye=seen_by_eye,
        )
        receipts = Receipts(Session(settings_of(home)), receipt, as_json=as_json)
        hit = receipts.run("hits.confirm", request, person=person, places=lambda told: [last_of(told)])
        if as_json:
            print_json(hit | receipts.told())
        else:
            print_lines([f"{hit['hit_id']}: {hit['state']}, decided by {hit['decided_by']}."])
            print_lines([hit["standing"]["says"]])
        receipts.finish()


@hits.command("outcome")
def outcome(
    hit_id: HitArgument,
    became: Annotated[HitOutcome, typer.Option("--outcome", help="What became of it.")],
    person: As,
    operator: Operator = "",
    receipt: ReceiptFile = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Say what became of a decided hit, right or wrong; several outcomes may follow each other."""
    with told_errors(as_json=as_json):
        request = Outcome(hit_id=hit_id, outcome=became, operator=operator)
        receipts = Receipts(Session(settings_of(home)), receipt, as_json=as_json)
        told = receipts.run("hits.outcome", request, person=person, places=lambda said: [last_of(said)])
        if as_json:
            print_json(told | receipts.told())
        else:
            print_lines([f"{told['hit_id']}: {told['outcome']}, said by {told['said_by']}."])
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
