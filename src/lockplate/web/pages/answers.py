"""Answers as a page shows them: each read beside the plate that was asked for.

What flows in: an answer, the question. What flows out: lines for the template.
What it must never see: a read that is not in the answer.
"""

import msgspec

from lockplate.lookup.answer import Answer, AnsweredRead, OperatorAnswer, PlateMatch
from lockplate.web.pages.plates import Comparison, compare
from lockplate.wiring.node import Node


class ReadLine(msgspec.Struct, frozen=True, kw_only=True):
    """One read of an answer."""

    read: AnsweredRead
    operator_name: str
    comparison: Comparison | None
    """None when no text is kept."""
    confidence: str
    vehicle: str


class PartLine(msgspec.Struct, frozen=True, kw_only=True):
    """One operator's part of an answer."""

    part: OperatorAnswer
    name: str


class AnswerView(msgspec.Struct, frozen=True, kw_only=True):
    """A whole answer for the template."""

    answer: Answer
    parts: tuple[PartLine, ...]
    lines: tuple[ReadLine, ...]
    folded: int
    """Reads that agree only after folding."""


def view_answer(node: Node, answer: Answer, plate: str) -> AnswerView:
    """Return an answer with names, and with each text as read beside the plate asked for."""
    names = {operator.operator: operator.name for operator in node.registries.operators.list_all()}
    lines = tuple(
        ReadLine(
            read=read,
            operator_name=names.get(read.operator, read.operator),
            comparison=None if read.as_read is None else compare(plate, read.as_read),
            confidence=_confidence(read),
            vehicle=" ".join(
                read.vehicle[name] for name in ("year", "color", "make", "model", "body") if name in read.vehicle
            ),
        )
        for read in answer.reads()
    )
    return AnswerView(
        answer=answer,
        parts=tuple(PartLine(part=part, name=names.get(part.operator, part.operator)) for part in answer.operators),
        lines=lines,
        folded=sum(line.read.match is PlateMatch.FOLDED for line in lines),
    )


def _confidence(read: AnsweredRead) -> str:
    """Return the reader's figure with the top of its scale, as it gave it."""
    if read.confidence is None:
        return ""
    _, _, top = read.confidence.scale.partition("-")
    return f"{read.confidence.value:g} of {top or read.confidence.scale}"
