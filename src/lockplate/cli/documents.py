"""`lockplate document …`: the usage and privacy policy, and the periodic reports that laws ask for.

What flows in: an operator, days, a person's statements. What flows out: documents, as text or as data.
What it must never see: private details.
"""

from typing import Annotated, Any

import typer

from lockplate.cli.options import DEFAULT_HOME, As, Home, Json, Operator, settings_of
from lockplate.cli.output import FAILED, print_json, print_lines, print_table, told_errors
from lockplate.cli.session import Session
from lockplate.operations.documents import ReportOf, State
from lockplate.operations.operators import OperatorName
from lockplate.registry.statements import StatementName

documents = typer.Typer(
    no_args_is_help=True, help="The privacy policy and the periodic reports, from what is in force."
)


@documents.command("policy")
def policy(
    operator: Operator = "",
    check: Annotated[bool, typer.Option("--check", help="Exit 1 while something required is missing.")] = False,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Write the usage and privacy policy, as Markdown; says what a person has yet to state or add."""
    with told_errors(as_json=as_json):
        told = Session(settings_of(home)).run("document.policy", OperatorName(operator=operator))
        if as_json:
            print_json(told)
        else:
            print_lines(policy_lines(told))
        if check and (told["document"]["missing"] or told["document"]["beyond"]):
            raise typer.Exit(FAILED)


@documents.command("report")
def report(
    operator: Operator = "",
    profile: Annotated[str, typer.Option(help="Whose report; the operator's own law when left out.")] = "",
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="First day, in the operator's time zone.")] = "",
    end: Annotated[str, typer.Option("--to", metavar="DAY", help="The day after the last.")] = "",
    sealed: Annotated[
        bool, typer.Option("--sealed", help="Open the sealed counts, by reader and of holds; needs --as an auditor.")
    ] = False,
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Make a law's periodic report: every number with the query that made it, under the newest checkpoint."""
    with told_errors(as_json=as_json):
        wanted = ReportOf(operator=operator, profile=profile, first=first, end=end, sealed=sealed)
        told = Session(settings_of(home)).run("document.report", wanted, person=person)
        if as_json:
            print_json(told)
        else:
            print_lines(report_text(told))


@documents.command("list")
def list_all(home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """List the periodic reports that this program can make."""
    with told_errors(as_json=as_json):
        told = Session(settings_of(home)).run("document.list", OperatorName())
        if as_json:
            print_json(told)
        else:
            rows = [[one["profile"], one["title"], one["every"].replace("_", " "), one["cite"]] for one in told]
            print_table(["profile", "report", "every", "cite"], rows)


@documents.command("state")
def state(
    name: Annotated[StatementName, typer.Argument(help="What is stated.")],
    text: Annotated[str, typer.Argument(help="In words; it is public.")],
    operator: Operator = "",
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """State what only a person can, for the policy: the custodian's title, training, contact, adoption, meeting."""
    with told_errors(as_json=as_json):
        told = Session(settings_of(home)).run(
            "document.state", State(name=name, text=text, operator=operator), person=person
        )
        if as_json:
            print_json(told)
        else:
            print_lines([f"Stated: {told['name'].replace('_', ' ')}."])


@documents.command("count")
def count(operator: Operator = "", home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Put the counts of every day that is over into the log; the server does so by itself."""
    with told_errors(as_json=as_json):
        told = Session(settings_of(home)).run("document.count", OperatorName(operator=operator))
        if as_json:
            print_json(told)
        else:
            print_lines([f"{len(told['records'])} days put on record, through {told['counted_through'] or 'none'}."])


def policy_lines(told: dict[str, Any]) -> list[str]:
    """Return a policy as Markdown."""
    document = told["document"]
    lines = [f"# {document['title']}", "", f"Written on {told['made_on']}."]
    for paragraph in document["opening"]:
        lines += ["", paragraph]
    for section in document["sections"]:
        mark = f" (required: {section['cite']})" if section["required"] else ""
        lines += ["", f"## {section['title']}", *([f"*{mark.strip()}*"] if mark else [])]
        for paragraph in section["paragraphs"]:
            lines += ["", paragraph]
        for missing in section["missing"]:
            lines += [
                "",
                f"**Missing: {missing.replace('_', ' ')}.** A person must state it: `lockplate document state`.",
            ]
    if document["missing"]:
        words = ", ".join(one.replace("_", " ") for one in document["missing"])
        lines += ["", f"**This policy is not complete.** Missing: {words}."]
    if document["beyond"]:
        words = ", ".join(one.replace("_", " ") for one in document["beyond"])
        lines += ["", f"**This policy is not complete.** The law also asks for what a person must add: {words}."]
    lines += ["", f"Hash of the law in force: {told['law_hash'] or 'none'}."]
    return [*lines, f"Hash of the policies in force: {told['policy_set_hash']}."]


def report_text(told: dict[str, Any]) -> list[str]:
    """Return a report as Markdown."""
    span, log = told["span"], told["log"]
    lines = [
        f"# {told['title']}: {told['name']}",
        "",
        f"{told['cite']}. {span['first']} up to, not including, {span['end']} ({span['zone']}).",
        *([f"To: {told['to']}."] if told["to"] else []),
        *([f"Due: {told['due']}."] if told["due"] else []),
        f"Counted from records 0 to {log['size'] - 1} of {log['origin']}, root {log['root']}.",
        f"Reads and matches are of whole UTC days, on record through {told['counted_through'] or 'none'}.",
    ]
    if not told["verified"]:
        lines.append("Nobody has checked the law profile behind this report against the official text.")
    for line in told["lines"]:
        lines += ["", f"## {line['says']}", ""]
        if line["person"] is not None:
            lines.append(f"*To be filled in by a person: {line['person']}.*")
        lines += [f"- {words}" for words in line["words"]]
        if line["total"] is not None:
            lines.append(f"**{line['total']}**")
            lines += [f"- {name}: {number}" for name, number in line["by"].items()]
        lines += [f"*{note[:1].upper()}{note[1:]}.*" for note in line["notes"]]
        if line["query_words"]:
            lines.append(f"(`{line['query_words']}`)")
    return lines
