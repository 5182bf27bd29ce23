"""Receipts: the proof files of what a command put on record, a denial's among them, written to new files.

What flows in: a command to run, where its records stand, a path. What flows out: its result; files that verify offline.
What it must never see: a record that the log did not sign yet; `log.prove` signs first.

One record goes to the file that was named; several go beside it, with operator and place in their names.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from lockplate.cli.new_files import require_new, write_new
from lockplate.cli.output import exit_code, print_error, print_json, print_lines
from lockplate.cli.session import Session
from lockplate.errors import LockplateError, NodeError, RecordPlace
from lockplate.operations.evidence import LogEntry
from lockplate.terms import LeafIndex, OperatorId

ReceiptFile = Annotated[
    Path | None,
    typer.Option("--receipt", metavar="FILE", help="Write the receipt of this, or of its denial, to a new file."),
]


def at(operator: str, index: int) -> RecordPlace:
    """Return a record's place from plain values."""
    return RecordPlace(operator=OperatorId(operator), index=LeafIndex(index))


def last_of(part: dict[str, Any]) -> RecordPlace:
    """Return the place of the record that ends a step: its outcome where it has one; that one names the first."""
    outcome = part.get("outcome_index")
    return at(part["operator"], part["record_index"] if outcome is None else outcome)


def parts_of(answer: dict[str, Any]) -> list[RecordPlace]:
    """Return where each operator's part of an answer ends."""
    return [last_of(part) for part in answer["operators"]]


def own_of(answer: dict[str, Any]) -> RecordPlace:
    """Return where this side's record of a question at another node ends."""
    return at(answer["own_operator"], answer["own_outcome_index"])


class ReceiptNotWritten(NodeError):
    """What was asked for is done and on record, and its receipt could not be written."""

    default_code = "receipt_not_written"


class Receipts:
    """The receipts that one command was asked for; none when no file was named."""

    def __init__(self, session: Session, to: Path | None, *, as_json: bool) -> None:
        """Raises BadInput, before anything is done, when the file is there already or its folder is not."""
        self._session, self._to, self._as_json = session, to, as_json
        self._written: list[tuple[RecordPlace, Path]] = []
        self._problem: ReceiptNotWritten | None = None
        if to is not None:
            require_new(to)

    def run(
        self,
        name: str,
        request: object,
        *,
        person: str = "",
        places: Callable[[Any], Iterable[RecordPlace]],
    ) -> Any:
        """Return an operation's result, the receipts of its records written; raises what the operation raises.

        `places` finds the records in the result. A receipt that cannot be written does not take the result away:
        `finish` tells of it.
        """
        if self._to is None:
            return self._session.run(name, request, person=person)
        with self._session.held():
            try:
                told = self._session.run(name, request, person=person)
            except LockplateError as error:
                self._write_denial(error)
                raise
            self._write(tuple(places(told)))
        return told

    def told(self) -> dict[str, Any]:
        """Return what JSON says of it beside the command's own result; empty when no file was named."""
        if self._to is None:
            return {}
        problem = {} if self._problem is None else {"receipt_problem": self._problem.public()}
        return {"receipts": [str(path) for _, path in self._written]} | problem

    def finish(self) -> None:
        """Say in words what was written; end with an exit code of its own when something was not."""
        if self._to is None:
            return
        if not self._as_json:
            print_lines(
                [f"Receipt of record {place.index} of {place.operator}: {path}" for place, path in self._written]
            )
            if not self._written and self._problem is None:
                print_lines(["Nothing was put on record, so there is no receipt."])
            if self._problem is not None:
                print_error(self._problem.public())
        if self._problem is not None:
            raise typer.Exit(exit_code(self._problem))

    def _write(self, places: Sequence[RecordPlace]) -> None:
        if self._to is None:
            return
        for place in places:
            path = self._to if len(places) == 1 else beside(self._to, place)
            entry = LogEntry(index=place.index, operator=place.operator)
            try:
                self._written.append((place, write_new(path, self._session.run("log.prove", entry)["proof"])))
            except LockplateError as error:
                self._problem = _not_written(error, place)

    def _write_denial(self, error: LockplateError) -> None:
        """Write the receipt of a denial that is on record; when that fails, tell both and end here."""
        told = error.public()
        if "record_index" not in told:
            return
        self._write([at(told["operator"], told["record_index"])])
        if self._problem is not None and self._as_json:
            print_json(told | self.told())
        elif self._problem is not None:
            print_error(told)
        if self._problem is not None or not self._as_json:
            self.finish()


def beside(path: Path, place: RecordPlace) -> Path:
    """Return the name of one receipt among several: operator and place come before the ending."""
    return path.with_name(f"{path.stem}-{place.operator}-{place.index}{path.suffix}")


def _not_written(error: LockplateError, place: RecordPlace) -> ReceiptNotWritten:
    way_out = f"lockplate log prove {place.index} --operator {place.operator} --out FILE"
    return ReceiptNotWritten(
        f"the receipt was not written: {error.message}",
        next_step=f"It is done and on record. This writes the receipt: {way_out}",
    )
