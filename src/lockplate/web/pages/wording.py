"""Wording: values as words on a page.

What flows in: enums, times, lengths of time, texts of strangers. What flows out: text; the template escapes it.
What it must never see: HTML. Control and direction characters in a stranger's text become visible marks.
"""

import unicodedata
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from lockplate.evidence.witnesses import WitnessState
from lockplate.gate.hold import KEEPER
from lockplate.lookup.answer import PlateMatch
from lockplate.operations.authority import SYSTEM
from lockplate.operations.signing_in import NOBODY
from lockplate.read import ClockRule
from lockplate.reporting.day import NODE
from lockplate.terms import Action, Purpose, RecordMode, Verdict

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

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
    Verdict.NOT_ASKED: "No decision needed",
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
    WitnessState.NEVER_ASKED: "Not asked yet",
    WitnessState.COSIGNED: "Cosigned",
    WitnessState.UNREACHABLE: "Did not answer",
    WitnessState.UNWILLING: "Would not sign: it does not know this log or its key, or has trouble of its own",
    WitnessState.BAD_ANSWER: "Sent something that is no cosignature by its key",
    WitnessState.SAW_MORE: "Contradicts this log: it cosigned more records than the log has now",
    WitnessState.SAW_OTHER: "Contradicts this log: it cosigned another history",
    Purpose.AMBER_ALERT: "AMBER alert",
    Purpose.GENDER_AFFIRMING_CARE: "Gender-affirming care",
}


def words(value: str) -> str:
    """Return an enum's value as words."""
    known = SPECIAL.get(value)
    if known is not None:
        return known
    return sentence(str(value).replace(":", ", ").replace("_", " "))


def sentence(text: str) -> str:
    """Return a text that starts with a capital letter."""
    return text[:1].upper() + text[1:]


def moment(at: datetime, zone: str = "UTC", *, seconds: bool = True) -> str:
    """Return an instant as `24 Nov 2026, 08:15:02 UTC`, in a zone."""
    local = at.astimezone(UTC if zone == "UTC" else ZoneInfo(zone))
    clock = local.strftime("%H:%M:%S" if seconds else "%H:%M")
    return f"{day(local.date())}, {clock} {'UTC' if zone == 'UTC' else local.tzname() or zone}"


def day(on: date) -> str:
    """Return a day as `24 Nov 2026`, without the machine's locale."""
    return f"{on.day} {MONTHS[on.month - 1]} {on.year}"


def span(time: timedelta) -> str:
    """Return a length of time in days, hours or minutes, whichever is whole."""
    for unit, name in ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute")):
        if time >= unit and not time % unit:
            return counted(time // unit, name)
    return counted(int(time.total_seconds()), "second")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 read`, `1,200 reads`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def who(person: str) -> str:
    """Return a person's id, or in words who stands in a record where no person does."""
    return NO_PERSON.get(person) or inert(person)


def inert(text: str) -> str:
    """Return a stranger's text with control, format and direction characters made visible."""
    return "".join(
        sign if sign == "\n" or unicodedata.category(sign) not in {"Cc", "Cf", "Cs", "Co", "Cn"} else REPLACEMENT
        for sign in text
    )
