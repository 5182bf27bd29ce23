"""`lockplate words …`: words in a reason that send a question to a second person. The list only grows.

What flows in: words, why, a cite. What flows out: the list.
What it must never see: a plate.
"""

from typing import Annotated

import typer

from lockplate.cli.options import DEFAULT_HOME, As, Home, Json, settings_of
from lockplate.cli.output import print_json, print_lines, print_table, told_errors
from lockplate.cli.session import Session
from lockplate.operations.words import AddWords, AllWords

words = typer.Typer(no_args_is_help=True, help="Words that send a question to a second person; the list only grows.")


@words.command("list")
def list_all(home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """List suggestive words, those that ship and those that were added here, and reasons that say nothing."""
    with told_errors(as_json=as_json):
        told = Session(settings_of(home)).run("words.list", AllWords())
        if as_json:
            print_json(told)
            return
        rows = [[one["id"], "ships", ", ".join(one["words"]), one["why"], one["cite"]] for one in told["shipped"]]
        rows += [
            [one["word"], f"added by {one['added_by']}", ", ".join(one["words"]), one["why"], one["cite"]]
            for one in told["added"]
        ]
        print_table(["entry", "from", "words", "why", "cite"], rows)
        print_lines(["Reasons that say nothing: " + ", ".join(told["vague"])])


@words.command("add")
def add(
    entry: Annotated[str, typer.Argument(metavar="ID", help="A short name for the entry.")],
    word: Annotated[list[str], typer.Argument(metavar="WORD…", help="Words or phrases; `*` ends with any ending.")],
    why: Annotated[str, typer.Option(help="Why they are on the list.")],
    cite: Annotated[str, typer.Option(help="Where that is written: a case, a law, a report.")],
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Add an entry, for good: from the next question on it sends whoever writes one of the words to a second person."""
    with told_errors(as_json=as_json):
        request = AddWords(id=entry, words=tuple(word), why=why, cite=cite)
        told = Session(settings_of(home)).run("words.add", request, person=person)
        if as_json:
            print_json(told)
        else:
            print_lines([f"Added {entry}. Policies in force: {told['policy_set_hash']}"])
