"""Wording: the node's own values as words on a page.

What flows in: enums, ids of people. What flows out: text; the template escapes it.
What it must never see: HTML.
"""

from lockplate.evidence.witnesses import WitnessState
from lockplate.gate.hold import KEEPER
from lockplate.hotlist import Category
from lockplate.lookup.answer import PlateMatch
from lockplate.operations.authority import SYSTEM
from lockplate.operations.signing_in import NOBODY
from lockplate.read import ClockRule
from lockplate.registry.faults import FaultKind
from lockplate.reporting.day import NODE
from lockplate.shared_question import (
    ASKED_FROM,
    THERE,
    THERE_INDEX,
    THERE_OPERATOR,
    THERE_OUTCOME,
    THERE_PERSON,
    THERE_ROOT,
    THERE_SIZE,
    SharedResult,
)
from lockplate.terms import Action, Purpose, RecordMode, Verdict
from lockplate.web.phrases import inert, sentence

NO_PERSON: dict[str, str] = {
    NOBODY: "nobody, a failed try",
    SYSTEM: "the node's own system user",
    NODE: "the node itself, counting",
    KEEPER: "the node itself, forgetting",
}

SPECIAL: dict[str, str] = {
    Verdict.PERMITTED: "Permitted",
    Verdict.DENIED: "Denied",
    Verdict.PENDING: "Waits for a second person",
    Verdict.NOT_ASKED: "No decision",
    RecordMode.RECORD: "A sealed record of each read",
    RecordMode.INDEX_ONLY: "A sealed index only: no plate text, no vehicle description",
    RecordMode.NONE: "Nothing: hot lists are matched and no other read is stored",
    PlateMatch.EXACT: "Same plate text",
    PlateMatch.FOLDED: "Same only after folding look-alike characters; it may be another vehicle",
    PlateMatch.CANDIDATE: "One of the plates your pattern stands for",
    PlateMatch.KEY_ONLY: "The index agrees; no text is kept to compare",
    ClockRule.OFFSET: "the reader sent its offset",
    ClockRule.UTC_FIELD: "the format says this field is UTC",
    ClockRule.READER_ZONE: "local time, converted by the zone set for the reader",
    ClockRule.NO_ZONE: "local time without a zone",
    ClockRule.RECEIVE_TIME: "no usable time from the reader: this is when we received it",
    ClockRule.ABSENT: "the reader gave no time",
    ClockRule.UNREADABLE: "the reader's time could not be read",
    Action.QUESTION_INTENT: "Question, about to be answered",
    Action.QUESTION_OUTCOME: "Question, answered",
    Action.QUESTION_DENIED: "Question, denied",
    Action.QUESTION_PENDING: "Question, sent to a second person",
    Action.QUESTION_APPROVAL: "Question, decided by a second person",
    Action.QUESTION_ELSEWHERE_INTENT: "Question at another node, about to be asked",
    Action.QUESTION_ELSEWHERE_OUTCOME: "Question at another node, what came of it",
    Action.QUESTION_ELSEWHERE_DENIED: "Question at another node, denied here",
    ASKED_FROM: "Asked from the log",
    THERE: "Asked at the log",
    THERE_OPERATOR: "Operator there",
    THERE_PERSON: "Signed in there as",
    THERE_INDEX: "Place of the record there",
    THERE_OUTCOME: "Place of the outcome there",
    THERE_SIZE: "Records under the checkpoint there",
    THERE_ROOT: "Root of the checkpoint there",
    WitnessState.NEVER_ASKED: "Not asked yet",
    WitnessState.COSIGNED: "Cosigned",
    WitnessState.UNREACHABLE: "Did not answer",
    WitnessState.UNWILLING: "Would not sign: it does not know this log or its key, or has trouble of its own",
    WitnessState.BAD_ANSWER: "Sent something that is no cosignature by its key",
    WitnessState.SAW_MORE: "Contradicts this log: it cosigned more records than the log has now",
    WitnessState.SAW_OTHER: "Contradicts this log: it cosigned another history",
    FaultKind.READER_SILENT: "Silent reader",
    FaultKind.READER_CLOCK: "Clock of a reader",
    FaultKind.READER_REJECTS: "Reader sends much that is no read",
    FaultKind.READER_RATE: "Reads of a reader changed",
    FaultKind.READER_ERRORS: "Reader with many wrong reads",
    FaultKind.LIST_STALE: "Stale hot list, no alerts",
    FaultKind.LIST_NEVER: "Hot list without a file",
    FaultKind.LIST_UNGRANTED: "Another agency's list without a grant",
    FaultKind.ALERTS_UNDELIVERED: "Alerts do not get through",
    FaultKind.NODE_CLOCK: "Clock of this node",
    FaultKind.RETENTION_STOPPED: "Forgetting stopped",
    FaultKind.WATCH_GAP: "Nobody watched",
    "entries_expired": "Expired hot-list entries",
    "details_forgotten": "Private details of old records",
    "hits_forgotten": "Hits that are over their time",
    "requests_forgotten": "Questions that waited, long over",
    "holds_forgotten": "What holds kept that have ended",
    "keys_forgotten": "Keys whose destruction a crash had cut short",
    Purpose.AMBER_ALERT: "AMBER alert",
    Category.AMBER: "AMBER alert",
    Action.HIT_CONFIRMATION: "Hit, what a person found",
    Action.HIT_OUTCOME: "Hit, what became of it",
    Purpose.GENDER_AFFIRMING_CARE: "Gender-affirming care",
}

CAME_OF_IT: dict[str, str] = {
    SharedResult.ANSWERED: "Answered there, and proved",
    SharedResult.DENIED: "Denied there, and proved",
    SharedResult.PENDING: "Waits there for a second person, and proved",
    SharedResult.UNREACHABLE: "Nobody could be reached there",
    SharedResult.NO_ANSWER: "No answer came; the other log may have the question",
    SharedResult.SIGN_IN_REFUSED: "The person was not let in there",
    SharedResult.REFUSED: "Refused there with an error",
    SharedResult.GARBLED: "What came back was no answer",
    SharedResult.UNPROVEN: "What came back was not proved, and not shown",
    SharedResult.DIFFERS: "The other log says something else than was asked or answered; nothing was shown",
}
"""What a question at another node came to; the words of a record's fact `result`."""


def words(value: str) -> str:
    """Return an enum's value as words."""
    known = SPECIAL.get(value)
    if known is not None:
        return known
    return sentence(str(value).replace(":", ", ").replace("_", " "))


def came_of_it(value: str) -> str:
    """Return in words what a question at another node came to, or the value as it is when it is none of ours."""
    return CAME_OF_IT.get(value) or inert(value)


def who(person: str) -> str:
    """Return a person's id, or in words who stands in a record where no person does."""
    return NO_PERSON.get(person) or inert(person)
