"""Telling: what a receipt says, what it proves and what it does not, in words for an officer, a court, a resident.

What flows in: a proved record, its rules, what an opening showed. What flows out: lines of text.
What it must never see: a node, a key, a record that was not proved.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from lockplate.access import AccessRecord
from lockplate.cosigning.policy import Cosigned
from lockplate.evidence.proof_file import ProvenEntry
from lockplate.operations.explaining import RecordRules
from lockplate.terms import Action, Verdict
from lockplate.web.pages.wording import who, words
from lockplate.web.phrases import counted, inert, moment, sentence

LABEL = 13
"""Columns of a fact's name."""
DETAIL_WORDS = {
    "plate": "the plate as asked",
    "case_number": "the case number",
    "reason": "the reason as written",
    "name": "the name that was typed",
    "reads": "how many reads it was about",
    "paper": "the number of the paper",
    "paper_hash": "the paper's hash",
}
_LIMITS: Mapping[Action, str] = {
    Action.QUESTION_INTENT: "That it was answered: the record after the answer says so, and names this one.",
    Action.QUESTION_OUTCOME: "What the reads said, or that a read was right: the record only counts them.",
    Action.QUESTION_DENIED: "What was there to find: nothing was opened.",
    Action.QUESTION_PENDING: "What a second person decided: that is a record of its own.",
    Action.ALERT_SHOWN: "That a hit was right: a hit is not a stop until a person has compared.",
    Action.HIT_CONFIRMATION: "What the person compared, or that they compared well.",
    Action.HIT_OUTCOME: "Whether it happened.",
    Action.HOLD: "Whether the plate was ever read: a hold does not say.",
    Action.RETENTION_RECEIPT: (
        "That no copy of a destroyed key exists anywhere: nobody can prove that. A later use of the key would prove "
        "this record a lie."
    ),
}


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """A proved entry of a log, and all that can be said of it offline."""

    proven: ProvenEntry
    record: AccessRecord | None
    """None: the entry is in a form that this program does not know."""
    rules: RecordRules | None
    shown: Mapping[str, str]
    """What an opening showed, once the record commits to it."""
    cosigned: Cosigned | None
    """Who cosigned the checkpoint, once they were a quorum of a policy; None: no policy was given."""
    other_signatures: int
    """Signatures on the checkpoint by keys that nobody gave: they were not checked."""


def told_facts(record: AccessRecord) -> Iterator[tuple[str, str]]:
    """Yield name and words of everything that the record says; a stranger's text comes out inert."""
    yield "when", moment(record.at)
    yield "what", words(record.action)
    yield "who", " of ".join(filter(None, (who(record.person), record.agency and inert(record.agency))))
    if record.on_behalf_of is not None:
        yield "for", "their own agency" if record.on_behalf_of == record.agency else inert(record.on_behalf_of)
    for name, chosen in (("purpose", record.purpose), ("offense", record.offense), ("basis", record.basis)):
        yield from _given(name, words(chosen) if chosen else "")
    if record.window_from and record.window_to:
        yield "window", f"{moment(record.window_from)} to {moment(record.window_to)}"
    yield "decision", words(record.verdict)
    yield from _given("law profile", record.profile)
    yield from _given("counts", "; ".join(f"{inert(name)} {count:,}" for name, count in record.counts.items()))
    for name, value in record.facts.items():
        yield inert(name.replace("_", " ")), inert(value)
    if record.refers_to is not None:
        yield "completes", f"record {record.refers_to} of the same log"
    yield from _given("request", record.request_id)


def proves(receipt: Receipt) -> Iterator[str]:
    """Yield what the receipt proves, a sentence each."""
    signed, record = receipt.proven.checkpoint, receipt.record
    yield (
        f"Whoever holds the signing key of {inert(signed.origin)} signed for {counted(signed.size, 'record')}, and "
        f"these exact words are record {receipt.proven.index} of them. To change, move or remove them later "
        "contradicts that signature."
    )
    yield from witnessed(receipt.cosigned)
    if receipt.shown:
        yield f"It was made about {_list(_named(receipt.shown))} that the opening shows: nothing else fits the record."
    hidden = [] if record is None else [name for name in record.commitments if name not in receipt.shown]
    if hidden:
        yield f"It is tied to {_list(_named(hidden))} without showing it: --reveal checks an opening of it."


def proves_not(receipt: Receipt) -> Iterator[str]:
    """Yield what the receipt does not prove, a sentence each."""
    yield "That what the record says is true: that the clock was right, the person at the keyboard, the purpose real."
    record = receipt.record
    if record is not None:
        if limit := _LIMITS.get(record.action):
            yield limit
        if record.verdict is Verdict.DENIED and record.action is not Action.QUESTION_DENIED:
            yield "That anything was done: the record says that it was denied."
    if receipt.cosigned is not None and receipt.cosigned.witnesses:
        yield "That the witnesses are somebody else's than the operator's: whoever wrote the policy answers for that."
    else:
        said = "That everybody is shown the same log: compare the checkpoint with one that somebody else kept"
        yield f"{said}; {_others(receipt)}."


def witnessed(cosigned: Cosigned | None) -> Iterator[str]:
    """Yield what the quorum that cosigned a checkpoint adds to its log's signature; nothing when nobody did."""
    if cosigned is None or not cosigned.witnesses or cosigned.agreed_at is None:
        return
    yield (
        f"By your policy enough witnesses cosigned the checkpoint, the last at {moment(cosigned.agreed_at)}: "
        f"{_list([inert(name) for name in cosigned.witnesses])}. Nobody can be shown another history of these "
        "records unless some of them help."
    )


def _others(receipt: Receipt) -> str:
    others = receipt.other_signatures
    if receipt.cosigned is not None:
        return "your policy asks for no witness"
    if others:
        return f"the {counted(others, 'other signature')} on it {'was' if others == 1 else 'were'} not checked"
    return "no witness has signed it"


def lines_of(receipt: Receipt) -> Iterator[str]:
    """Yield the whole of it as lines for a terminal."""
    signed, index, record = receipt.proven.checkpoint, receipt.proven.index, receipt.record
    size = counted(signed.size, "record")
    yield f"Holds: record {index} of {inert(signed.origin)}, under its signed checkpoint of {size}."
    yield ""
    if record is None:
        yield "The entry is in a form that this program does not know. Byte for byte:"
        yield inert(receipt.proven.entry.decode(errors="replace"))
    else:
        yield "The record says:"
        yield from (f"  {sentence(name):<{LABEL}} {value}" for name, value in told_facts(record))
        if record.commitments:
            yield f"  {'Kept sealed':<{LABEL}} {_list(_named(record.commitments))}"
    if receipt.rules is not None and receipt.rules.reasons:
        yield ""
        yield from _rules(receipt.rules)
    if receipt.shown:
        yield ""
        yield "The opening shows:"
        yield from (f"  {sentence(_word(name))}: {inert(value)}" for name, value in receipt.shown.items())
    for title, sentences in (("It proves:", proves(receipt)), ("It does not prove:", proves_not(receipt))):
        yield ""
        yield title
        yield from (f"  - {one}" for one in sentences)


def _rules(rules: RecordRules) -> Iterator[str]:
    yield (
        "The rules that decided:"
        if rules.are_the_very_ones
        else ("The rules that decided, in the words of this program; those in force then may have read otherwise:")
    )
    for reason in rules.reasons:
        yield f"  {inert(reason.policy_id)}: {reason.says}"
        yield f"    cite: {reason.cite}"


def _given(name: str, value: str | None) -> Iterator[tuple[str, str]]:
    if value:
        yield name, inert(value)


def _named(names: Sequence[str] | Mapping[str, str]) -> list[str]:
    return [_word(name) for name in names]


def _word(name: str) -> str:
    return DETAIL_WORDS.get(name) or f"the {inert(name.replace('_', ' '))}"


def _list(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
