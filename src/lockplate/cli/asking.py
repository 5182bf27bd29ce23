"""`lockplate lookup` and `lockplate request …`: ask, wait, approve, take up.

What flows in: a question's elements. What flows out: the answer, or the denial with its cites; exit 0, 3 or 4.
What it must never see: a key.
"""

from typing import Annotated, Any

import msgspec
import typer

from lockplate.cli.elsewhere import (
    At,
    KeyThere,
    OwnOperator,
    PasswordThere,
    SignIn,
    print_both_records,
    visit_of,
)
from lockplate.cli.options import DEFAULT_HOME, As, Home, Json, settings_of
from lockplate.cli.output import DENIED, DONE, PENDING, print_json, print_lines, print_table, told_errors
from lockplate.cli.receipts import ReceiptFile, Receipts, last_of, own_of, parts_of
from lockplate.cli.session import Session
from lockplate.operations.asking import Ask, Nothing, WaitingName
from lockplate.operations.elsewhere import AskElsewhere, ResumeElsewhere
from lockplate.terms import Basis, Offense, Purpose, Verdict

OperatorName = Annotated[str, typer.Option("--operator", metavar="ID", help="Whose reads the question is about.")]
EXIT = {Verdict.PERMITTED.value: DONE, Verdict.DENIED.value: DENIED, Verdict.PENDING.value: PENDING}

requests = typer.Typer(no_args_is_help=True, help="Questions that wait for a second person.")


def lookup(
    plate: Annotated[str, typer.Argument(metavar="PLATE", help="The plate; `?` stands for one unknown character.")],
    operators: Annotated[list[str], typer.Option("--operator", metavar="ID", help="Whose reads; may be repeated.")],
    window_from: Annotated[str, typer.Option("--from", metavar="T", help="RFC 3339, with zone; a date is UTC.")],
    window_to: Annotated[str, typer.Option("--to", metavar="T", help="End of the window, not included.")],
    purpose: Annotated[Purpose, typer.Option(help="Why.")],
    person: As,
    offense: Annotated[Offense, typer.Option(help="How serious the matter is.")] = Offense.NONE,
    basis: Annotated[Basis, typer.Option(help="The legal footing.")] = Basis.NONE,
    on_behalf_of: Annotated[str, typer.Option(metavar="A", help="Who gets the answer: `own` or an agency.")] = "own",
    case_number: Annotated[str, typer.Option("--case", metavar="N", help="Case or call number.")] = "",
    reason: Annotated[str, typer.Option(help="Free text, never enough alone.")] = "",
    receipt: ReceiptFile = None,
    at: At = "",
    key: KeyThere = "",
    sign_in: SignIn = "",
    password_file: PasswordThere = None,
    own_operator: OwnOperator = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Ask whether a plate that you name was read. Exit 0 answered, 3 denied, 4 waiting for approval.

    With --at the reads are another node's: both nodes keep a record, and an answer is shown once its own is proved.
    """
    with told_errors(as_json=as_json):
        question = Ask(
            plate=plate,
            operators=tuple(operators),
            window_from=window_from,
            window_to=window_to,
            purpose=purpose,
            offense=offense,
            basis=basis,
            on_behalf_of=on_behalf_of,
            case_number=case_number,
            reason=reason,
        )
        receipts = Receipts(Session(settings_of(home)), receipt, as_json=as_json)
        if at:
            visit = visit_of(at, operators[0], key, sign_in, password_file, own_operator)
            asked = AskElsewhere(**msgspec.structs.asdict(question), visit=visit)
            answer = receipts.run("lookup.elsewhere", asked, person=person, places=lambda told: [own_of(told)])
        else:
            answer = receipts.run("lookup", question, person=person, places=parts_of)
        show_answer(answer, receipts.told(), as_json=as_json)
        receipts.finish()
    raise typer.Exit(EXIT[answer["decision"]])


def show_answer(answer: dict[str, Any], receipts: dict[str, Any], *, as_json: bool) -> None:
    """Print an answer, from here or from another node; JSON also says which receipts were written."""
    if as_json:
        print_json(public_answer(answer) | receipts)
        return
    for part in answer["operators"]:
        print_part(part)
    if "there" in answer:
        print_both_records(answer)


def public_answer(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer with the contract's words at its top: decision, policy ids with cites, record index, reads."""
    parts = answer["operators"]
    return answer | {
        "policies": [reason for part in parts for reason in part["reasons"]],
        "record_index": parts[0]["record_index"] if len(parts) == 1 else None,
        "reads": sorted((read for part in parts for read in part["reads"]), key=lambda read: read["captured_at"]),
    }


def print_part(part: dict[str, Any]) -> None:
    """Print one operator's part for a person."""
    word = {"permitted": "answered", "denied": "DENIED", "pending": "WAITING for a second person"}[part["verdict"]]
    print_lines([f"{part['operator']}: {word} · record {part['record_index']} · profile {part['profile']}"])
    for reason in part["reasons"]:
        print_lines([f"  {reason['policy_id']}: {reason['says']}", f"    cite: {reason['cite']}"])
    if part["verdict"] != "permitted":
        return
    if part["note"]:
        print_lines([f"  {part['note']}"])
    if part["reads"]:
        print_table(
            ["time (UTC)", "reader", "as read", "match", "confidence", "place", "forgotten by"],
            [_read_row(read) for read in part["reads"]],
        )
    if part["unopened"]:
        print_lines([f"  {part['unopened']} rows did not open; tell the auditor."])


def _read_row(read: dict[str, Any]) -> list[object]:
    confidence = read["confidence"]
    return [
        read["captured_at"],
        read["reader_name"] or read["reader"],
        read["as_read"] or "(no record)",
        read["match"],
        "" if confidence is None else f"{confidence['value']:g} of {confidence['scale']}",
        read["place"] or "",
        (read["retention_end"] or "")[:10],
    ]


@requests.command("list")
def list_requests(person: As, home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """List the questions of your agency that wait, or waited."""
    with told_errors(as_json=as_json):
        lines = Session(settings_of(home)).run("request.list", Nothing(), person=person)
        if as_json:
            print_json(lines)
        else:
            print_table(
                ["request", "operator", "author", "asked", "state", "because of"],
                [
                    [one["request_id"], one["operator"], one["author"], one["asked_at"], one["state"],
                     ", ".join(one["policy_ids"])]
                    for one in lines
                ],
            )  # fmt: skip


@requests.command("approve")
def approve_request(
    request_id: str,
    operator: OperatorName,
    person: As,
    receipt: ReceiptFile = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Approve a waiting question as a second person."""
    _decide(
        "request.approve", WaitingName(request_id=request_id, operator=operator), person, receipt, home, as_json=as_json
    )


@requests.command("refuse")
def refuse_request(
    request_id: str,
    operator: OperatorName,
    person: As,
    receipt: ReceiptFile = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Refuse a waiting question."""
    _decide(
        "request.refuse", WaitingName(request_id=request_id, operator=operator), person, receipt, home, as_json=as_json
    )


@requests.command("resume")
def resume_request(
    request_id: str,
    operator: OperatorName,
    person: As,
    receipt: ReceiptFile = None,
    at: At = "",
    key: KeyThere = "",
    sign_in: SignIn = "",
    password_file: PasswordThere = None,
    own_operator: OwnOperator = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Have your approved question judged again and answered; with --at, one that waited at another node."""
    if at:
        with told_errors(as_json=as_json):
            visit = visit_of(at, operator, key, sign_in, password_file, own_operator)
            asked = ResumeElsewhere(request_id=request_id, visit=visit)
            receipts = Receipts(Session(settings_of(home)), receipt, as_json=as_json)
            resume = "request.resume-elsewhere"
            answer = receipts.run(resume, asked, person=person, places=lambda told: [own_of(told)])
            show_answer(answer, receipts.told(), as_json=as_json)
            receipts.finish()
        raise typer.Exit(EXIT[answer["decision"]])
    with told_errors(as_json=as_json):
        name = WaitingName(request_id=request_id, operator=operator)
        receipts = Receipts(Session(settings_of(home)), receipt, as_json=as_json)
        part = receipts.run("request.resume", name, person=person, places=lambda told: [last_of(told)])
        if as_json:
            print_json(part | receipts.told())
        else:
            print_part(part)
        receipts.finish()
    raise typer.Exit(EXIT[part["verdict"]])


def _decide(step: str, name: WaitingName, person: str, receipt: ReceiptFile, home: Home, *, as_json: bool) -> None:
    with told_errors(as_json=as_json):
        receipts = Receipts(Session(settings_of(home)), receipt, as_json=as_json)
        line = receipts.run(step, name, person=person, places=lambda told: [last_of(told)])
        if as_json:
            print_json(line | receipts.told())
        else:
            print_lines([f"{line['request_id']}: {line['state']}"])
        receipts.finish()
