"""`lockplate law trace|local|adopt|repeal`, `operator change`: the law that one operator stands under.

What flows in: an ordinance or policy's file, a profile's id. What flows out: each value and the source that decided it.
What it must never see: a read.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from lockplate.cli.operators import page
from lockplate.cli.options import DEFAULT_HOME, As, Home, Json, Operator, settings_of
from lockplate.cli.output import print_json, print_lines, print_table, told_errors
from lockplate.cli.session import Session
from lockplate.errors import BadInput
from lockplate.law.local import MAX_FILE_BYTES, LocalKind
from lockplate.operations.local_law import AdoptLaw, ChangeOperator, RepealLaw, TraceLaw
from lockplate.operations.operators import OperatorName
from lockplate.terms import RecordMode


def trace(
    origin: Annotated[
        list[str] | None, typer.Option("--origin", metavar="PROFILE", help="As if reads made under it were among them.")
    ] = None,
    operator: Operator = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Show the law in force at an operator: each value, and which source decided it."""
    with told_errors(as_json=as_json):
        request = TraceLaw(operator=operator, origins=tuple(origin or ()))
        _print_trace(Session(settings_of(home)).run("law.trace", request), as_json=as_json)


def list_local(operator: Operator = "", home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """List the ordinances and agency policies that an operator adopted."""
    with told_errors(as_json=as_json):
        texts = Session(settings_of(home)).run("law.local", OperatorName(operator=operator))
        if as_json:
            print_json(texts)
            return
        rows = [
            [one["kind"], one["sha256"][:16], one["adopted_at"][:10], (one["ended_at"] or "")[:10], one["adopted_by"]]
            for one in texts
        ]
        print_table(["kind", "sha256", "adopted", "ended", "by"], rows)


def adopt(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="YAML; docs/local-law.md shows the fields.")],
    operator: Operator = "",
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Put an ordinance or agency policy in force; it can only make things stricter."""
    with told_errors(as_json=as_json):
        request = AdoptLaw(content=_content(file), operator=operator)
        _print_trace(Session(settings_of(home)).run("law.adopt", request, person=person), as_json=as_json)


def repeal(
    kind: Annotated[LocalKind, typer.Argument(help="Which of the two.")],
    operator: Operator = "",
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """End an ordinance or agency policy without another in its place."""
    with told_errors(as_json=as_json):
        request = RepealLaw(kind=kind, operator=operator)
        _print_trace(Session(settings_of(home)).run("law.repeal", request, person=person), as_json=as_json)


def change(
    operator: Operator = "",
    profile: Annotated[str | None, typer.Option("--profile", metavar="PROFILE", help="Another law profile.")] = None,
    record_mode: Annotated[
        RecordMode | None, typer.Option("--record-mode", help="What is kept of an unmatched read.")
    ] = None,
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Put an operator under another law profile, or change what it keeps; what loosens is done on this machine."""
    with told_errors(as_json=as_json):
        request = ChangeOperator(operator=operator, profile=profile, record_mode=record_mode)
        told = Session(settings_of(home)).run("operator.change", request, person=person)
        if as_json:
            print_json(told)
        else:
            print_lines(page(told))


def _content(file: Path) -> str:
    try:
        content = file.read_bytes()
    except OSError:
        raise BadInput("there is no such file", code="no_file") from None
    if len(content) > MAX_FILE_BYTES:
        raise BadInput("the file is too large for an ordinance", code="too_large")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise BadInput("the file is not UTF-8 text", code="bad_text", next_step="Save it as UTF-8.") from None


def _print_trace(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(told)
        return
    print_lines(
        [
            f"{told['operator']} on {told['day']}: " + " + ".join(told["sources"]),
            f"  hash: {told['hash']}",
            "  checked by a person against the official texts"
            if told["verified"]
            else "  NOT checked by a person against the official texts",
        ]
    )
    rows = [
        [
            one["field"],
            one["value"],
            ", ".join(one["decided_by"]),
            "; ".join(f"{other['source']}: {other['value']}" for other in one["others"]),
            one["cite"],
        ]
        for one in told["decided"]
    ]
    print_table(["field", "in force", "decided by", "others say", "cite"], rows)
