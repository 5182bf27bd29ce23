"""Output: results as text or JSON, errors as one clear line and a next step, exit codes that scripts can use.

What flows in: plain values and errors. What flows out: standard output, standard error, an exit code.
What it must never see: a traceback for a caller's mistake; a plate in an error.

Exit codes: 0 done · 1 the node or its evidence failed · 2 the caller can mend it · 3 denied · 4 waiting for approval.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from lockplate.errors import ApprovalNeeded, CallerError, Denied, LockplateError

PIPED_WIDTH = 160
"""Columns of a table that goes into a file or a pipe."""
DONE, FAILED, CALLER, DENIED, PENDING = 0, 1, 2, 3, 4

_CONTROL = {code: "\N{REPLACEMENT CHARACTER}" for code in (*range(32), *range(127, 160)) if code not in (9, 10)}
_ESCAPED = {code: f"\\u{code:04x}" for code in range(127, 160)}
"""JSON leaves these as they are; they stand in its strings only."""


def print_json(value: object) -> None:
    """Print one JSON value on one line, and nothing else; what could command a terminal is escaped."""
    sys.stdout.write(msgspec.json.encode(value).decode().translate(_ESCAPED) + "\n")


def printable(value: object) -> str:
    """Return text for a terminal: control characters and escapes from foreign data do nothing there."""
    return "" if value is None else str(value).translate(_CONTROL)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, title: str = "") -> None:
    """Print a table, or a line that says there is nothing."""
    console = Console(soft_wrap=False, highlight=False, width=None if sys.stdout.isatty() else PIPED_WIDTH)
    if not rows:
        console.print("Nothing to show.", markup=False)
        return
    table = Table(*columns, title=title or None, title_justify="left", header_style="bold")
    for row in rows:
        table.add_row(*(printable(cell) for cell in row))
    console.print(table)


def print_lines(lines: Sequence[str]) -> None:
    """Print lines of text as they are."""
    for line in lines:
        sys.stdout.write(printable(line) + "\n")


@contextmanager
def told_errors(*, as_json: bool) -> Iterator[None]:
    """Turn every error of ours into words and an exit code."""
    try:
        yield
    except LockplateError as error:
        if as_json:
            print_json(error.public())
        else:
            print_error(error.public())
        raise typer.Exit(exit_code(error)) from None
    except BrokenPipeError:
        raise typer.Exit(FAILED) from None


def exit_code(error: LockplateError) -> int:
    """Return the exit code that an error stands for."""
    told = error.public()  # not its class: what the running server refused comes as one class, in the server's words
    by_code = {Denied.default_code: DENIED, ApprovalNeeded.default_code: PENDING}
    return by_code.get(told["error"], CALLER if told["fault"] == CallerError.fault else FAILED)


def print_error(told: dict[str, Any]) -> None:
    """Print an error for a person, with the next step, and the record of a denial."""
    sys.stderr.write(f"lockplate: {printable(told['message'])} [{told['error']}]\n")
    if told["next_step"]:
        sys.stderr.write(f"  {printable(told['next_step'])}\n")
    if "record_index" in told:
        index, operator = told["record_index"], printable(told["operator"])
        sys.stderr.write(f"  It is record {index}; its receipt: lockplate log prove {index} --operator {operator}\n")
