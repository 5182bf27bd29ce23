"""`lockplate grant …`: which agency may ask, for what, until when.

What flows in: a proposal with its paper, a second person's approval. What flows out: grants; the public register.
What it must never see: a key.
"""

import base64
from pathlib import Path
from typing import Annotated, Any

import typer

from lockplate.cli.options import DEFAULT_HOME, As, Home, Json, Operator, settings_of
from lockplate.cli.output import print_json, print_lines, print_table, told_errors
from lockplate.cli.receipts import ReceiptFile, Receipts, last_of
from lockplate.cli.session import Session
from lockplate.errors import BadInput
from lockplate.operations.grants import GrantName, GrantsOf, ProposeGrant, Register
from lockplate.registry.grant_papers import MAX_PAPER_BYTES, PDF_MARK
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
    case_number: Annotated[
        str, typer.Option("--case", metavar="N", help="For this one case only; kept sealed. Any when left out.")
    ] = "",
    instrument: Annotated[Instrument, typer.Option(help="The kind of signed paper behind it.")] = Instrument.NONE,
    paper: Annotated[
        Path | None,
        typer.Option(
            "--paper", metavar="FILE", help="The signed paper, UTF-8 text or PDF, at most 256 KiB; kept sealed."
        ),
    ] = None,
    instrument_hash: Annotated[
        str, typer.Option(help="SHA-256, hex, of the signed paper; it may be given without the paper.")
    ] = "",
    operator: Operator = "",
    receipt: ReceiptFile = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Propose a grant; it gives nothing until a second person approves it."""
    with told_errors(as_json=as_json):
        content = None if paper is None else _content(paper)
        is_pdf = content is not None and content.startswith(PDF_MARK)
        text = None if content is None or is_pdf else _text(content)
    request = ProposeGrant(
        grantee=grantee,
        purposes=tuple(purposes),
        valid_to=valid_to,
        valid_from=valid_from,
        operator=operator,
        readers=tuple(readers) if readers else None,
        instrument=instrument,
        instrument_hash=instrument_hash or None,
        paper=text,
        paper_pdf=content if is_pdf else None,
        case_number=case_number,
    )
    _run("grant.propose", request, person, receipt, home, as_json=as_json)


@grants.command("approve")
def approve(
    grant: GrantArgument, person: As, receipt: ReceiptFile = None, home: Home = DEFAULT_HOME, as_json: Json = False
) -> None:
    """Approve a grant, as another person of the operator's agency than the one who proposed it."""
    _run("grant.approve", GrantName(grant=grant), person, receipt, home, as_json=as_json)


@grants.command("revoke")
def revoke(
    grant: GrantArgument, person: As, receipt: ReceiptFile = None, home: Home = DEFAULT_HOME, as_json: Json = False
) -> None:
    """End a grant at once, or withdraw a proposal."""
    _run("grant.revoke", GrantName(grant=grant), person, receipt, home, as_json=as_json)


@grants.command("withdraw-paper")
def withdraw_paper(
    grant: GrantArgument, person: As, receipt: ReceiptFile = None, home: Home = DEFAULT_HOME, as_json: Json = False
) -> None:
    """Take back the paper behind a grant, as the operator or as a supervisor of the agency whose paper it is."""
    _run("grant.withdraw-paper", GrantName(grant=grant), person, receipt, home, as_json=as_json)


@grants.command("paper")
def show_paper(
    grant: GrantArgument,
    person: As = "",
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE", help="Write the paper, byte for byte, to a new file.")
    ] = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Show the signed paper behind a grant, and the case it is for."""
    with told_errors(as_json=as_json):
        paper = Session(settings_of(home)).run("grant.paper", GrantName(grant=grant), person=person)
        if save is not None:
            _save(paper, save)
        if as_json:
            print_json(paper)
            return
        withdrawn = f", withdrawn {paper['withdrawn_at'][:10]}" if paper["withdrawn_at"] else ""
        lines = [f"{paper['grant']}: {paper['instrument']}{withdrawn}; case: {paper['case_number'] or 'any'}"]
        if paper["instrument_hash"] is not None:
            lines.append(f"SHA-256 {paper['instrument_hash']}")
        here = "A PDF; --save FILE writes it." if paper["pdf"] is not None else "The paper is not here."
        print_lines([*lines, *(paper["text"] or here).splitlines()])


@grants.command("list")
def list_all(operator: Operator = "", person: As = "", home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """List grants and proposals, with who proposed and approved them."""
    with told_errors(as_json=as_json):
        lines = Session(settings_of(home)).run("grant.list", GrantsOf(operator=operator), person=person)
        if as_json:
            print_json(lines)
        else:
            head = ["grant", "to", "purposes", "case", "paper", "from", "until", "proposed by", "approved by", "state"]
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
                [one["operator"], one["grantee_name"], _kind(one), ", ".join(one["purposes"]), _readers(one),
                 _case(one), one["instrument"] + (" withdrawn" if one["paper_withdrawn_at"] else ""),
                 one["valid_from"][:10], one["valid_to"][:10], one["state"]]
                for one in lines
            ]  # fmt: skip
            print_table(
                ["operator", "to", "kind", "purposes", "readers", "case", "paper", "from", "until", "state"], rows
            )


def _content(file: Path) -> bytes:
    try:
        if file.stat().st_size > MAX_PAPER_BYTES:
            raise BadInput("the paper is over 256 KiB", code="paper_too_long", next_step="Give its hash alone.")
        return file.read_bytes()
    except OSError as error:
        raise BadInput("the paper cannot be read", code="unreadable_file", next_step="Look at the file.") from error


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise BadInput("neither UTF-8 text nor a PDF", code="bad_text", next_step="Give its hash alone.") from None


def _save(paper: dict[str, Any], file: Path) -> None:
    """Write the paper as it was handed in; a file that is there already is left alone."""
    text, pdf = paper["text"], paper["pdf"]
    if text is None and pdf is None:
        raise BadInput("the paper is not here", code="no_paper", next_step="Ask whoever signed it.")
    try:
        with file.open("xb") as place:
            place.write(text.encode() if pdf is None else base64.b64decode(pdf))
    except OSError as error:
        raise BadInput(
            "the paper cannot be written there", code="unwritable_file", next_step="Name a new file."
        ) from error


def _run(name: str, request: object, person: str, receipt: ReceiptFile, home: Home, *, as_json: bool) -> None:
    with told_errors(as_json=as_json):
        receipts = Receipts(Session(settings_of(home)), receipt, as_json=as_json)
        line = receipts.run(name, request, person=person, places=lambda told: [last_of(told["grant"] | told)])
        if as_json:
            print_json(line | receipts.told())
            receipts.finish()
            return
        grant = line["grant"]
        until = f"until {grant['valid_to'][:10]}"
        print_lines([f"{grant['grant']}: {grant['operator']} to {grant['grantee']}, {until}: {line['state']}."])
        receipts.finish()


def _row(line: dict[str, Any]) -> list[object]:
    grant = line["grant"]
    return [
        grant["grant"],
        grant["grantee"],
        ", ".join(sorted(grant["purposes"])),
        _case(grant),
        _paper(grant),
        grant["valid_from"][:10],
        grant["valid_to"][:10],
        grant["proposed_by"],
        grant["approved_by"] or "",
        line["state"],
    ]


def _kind(line: dict[str, Any]) -> str:
    return " ".join(filter(None, (line["grantee_kind"], line["grantee_state"])))


def _readers(line: dict[str, Any]) -> str:
    return "all" if line["readers"] is None else ", ".join(line["readers"])


def _case(grant: dict[str, Any]) -> str:
    return "one" if grant["for_case"] else "any"


def _paper(grant: dict[str, Any]) -> str:
    """Say what is known of the paper: its kind, whether it is here, whether it was taken back."""
    if grant["instrument"] == Instrument.NONE.value:
        return "none"
    kept = "kept here" if grant["paper_here"] else "hash only"
    return f"{grant['instrument']}, {'withdrawn' if grant['paper_withdrawn_at'] else kept}"
