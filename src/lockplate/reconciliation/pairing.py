"""Pairing: the tries of the asking side and the judgements of the answering one, each with its outcome.

What flows in: two sides. What flows out: what belongs together, by request; which fields of two records differ.
What it must never see: what it means that they differ; see comparing.
"""

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from lockplate.access import AccessRecord
from lockplate.reconciliation.side import JUDGEMENTS, Side, Told
from lockplate.shared_question import (
    ASKED_FROM,
    RESULT,
    SHARED_DETAILS,
    THERE,
    THERE_OPERATOR,
    THERE_PERSON,
    SharedResult,
)
from lockplate.terms import Action, LeafIndex, RequestId


class Try(msgspec.Struct, frozen=True, kw_only=True):
    """One try of asking, as the asking side has it."""

    intent: Told
    outcome: Told | None
    again: tuple[Told, ...] = ()
    """Further outcomes of the one intent; an honest node writes none."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One judgement of the answering side, with the outcome of an intent."""

    told: Told
    outcome: Told | None
    again: tuple[Told, ...] = ()


def tries_of(asking: Side, answering: Side) -> dict[RequestId, list[Try]]:
    """Return each question's tries at the answering side, in order."""
    outcomes = _outcomes(asking, Action.QUESTION_ELSEWHERE_OUTCOME)
    found: dict[RequestId, list[Try]] = defaultdict(list)
    for one in asking.told:
        is_intent = one.record.action is Action.QUESTION_ELSEWHERE_INTENT
        if is_intent and one.record.facts.get(THERE) == answering.origin and one.record.request_id is not None:
            first, again = outcomes.get(one.index, (None, ()))
            found[one.record.request_id].append(Try(intent=one, outcome=first, again=again))
    return found


def parts_of(asking: Side, answering: Side) -> dict[RequestId, list[Part]]:
    """Return the answering side's judgements of questions from the asking one, by request, in order.

    A record counts when it names the asking log, or when its id is that of a question which that log says it asked.
    """
    ids = {one.record.request_id for one in asking.told if one.record.facts.get(THERE) == answering.origin}
    outcomes = _outcomes(answering, Action.QUESTION_OUTCOME)
    found: dict[RequestId, list[Part]] = defaultdict(list)
    for one in answering.told:
        record = one.record
        if record.action not in JUDGEMENTS or record.request_id is None:
            continue
        if record.facts.get(ASKED_FROM) == asking.origin or record.request_id in ids:
            first, again = outcomes.get(one.index, (None, ()))
            found[record.request_id].append(Part(told=one, outcome=first, again=again))
    return found


def _outcomes(side: Side, action: Action) -> dict[LeafIndex, tuple[Told, tuple[Told, ...]]]:
    """Return each intent's first outcome and those that came after it."""
    found: dict[LeafIndex, tuple[Told, tuple[Told, ...]]] = {}
    for one in side.told:
        intent = one.record.refers_to
        if one.record.action is action and intent is not None:
            found[intent] = (found[intent][0], (*found[intent][1], one)) if intent in found else (one, ())
    return found


def differences(asked: AccessRecord, answered: AccessRecord, asked_from: str) -> tuple[str, ...]:
    """Return which fields of an answering side's record are not what the asking side's intent says, by name."""
    pairs: dict[str, tuple[object, object]] = {
        "request_id": (asked.request_id, answered.request_id),
        "asked_from": (asked_from, answered.facts.get(ASKED_FROM)),
        "operator": (asked.facts.get(THERE_OPERATOR), answered.operator),
        "person": (asked.facts.get(THERE_PERSON), answered.person),
        "agency": (asked.agency, answered.agency),
        "on_behalf_of": (asked.on_behalf_of, answered.on_behalf_of),
        "purpose": (asked.purpose, answered.purpose),
        "offense": (asked.offense, answered.offense),
        "basis": (asked.basis, answered.basis),
        "window_from": (asked.window_from, answered.window_from),
        "window_to": (asked.window_to, answered.window_to),
    }
    return tuple(name for name, (here, there) in pairs.items() if here != there)


def shared_commitments(record: AccessRecord) -> dict[str, str]:
    """Return a record's commitments to what both sides of a shared question hold."""
    return {name: record.commitments[name] for name in SHARED_DETAILS if name in record.commitments}


def result_of(outcome: AccessRecord) -> SharedResult | None:
    """Return how a try ended; None for a word that we do not know, which counts as no judgement."""
    try:
        return SharedResult(outcome.facts.get(RESULT, ""))
    except ValueError:
        return None


def told_of(whole: Sequence[Try] | Sequence[Part]) -> list[Told]:
    pairs = [(one.intent if isinstance(one, Try) else one.told, one.outcome) for one in whole]
    return [told for pair in pairs for told in pair if told is not None]
