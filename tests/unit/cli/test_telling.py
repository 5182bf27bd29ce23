"""Telling: every kind of record in plain words, with its limits, and a stranger's text inert."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from lockplate.access import AccessRecord, canonical_leaf
from lockplate.checkpoint import Checkpoint
from lockplate.cli.telling import Receipt, lines_of, proves, proves_not, told_facts
from lockplate.clock import parse_time
from lockplate.errors import Reason
from lockplate.evidence.proof_file import ProvenEntry
from lockplate.operations.explaining import RecordRules
from lockplate.terms import (
    Action,
    AgencyId,
    Basis,
    LeafIndex,
    Offense,
    OperatorId,
    PersonId,
    PolicyId,
    ProfileId,
    Purpose,
    RequestId,
    Verdict,
)

AT = parse_time("2026-11-24T08:30:00Z")
WHOLE = AccessRecord(
    action=Action.QUESTION_OUTCOME,
    at=AT,
    operator=OperatorId("pine"),
    person=PersonId("ann"),
    agency=AgencyId("pine-police"),
    on_behalf_of=AgencyId("quarry-police"),
    purpose=Purpose.AMBER_ALERT,
    offense=Offense.GROSS_MISDEMEANOR,
    basis=Basis.EXIGENCY,
    verdict=Verdict.PERMITTED,
    policy_ids=(PolicyId("ask-own-agency"),),
    policy_set_hash="0" * 64,
    profile=ProfileId("us-ca"),
    request_id=RequestId("q0"),
    refers_to=LeafIndex(11),
    window_from=AT - timedelta(days=1),
    window_to=AT,
    counts={"plates": 1, "reads": 2_000},
    facts={"holds": "k1"},
)


def receipt(record: AccessRecord | None = WHOLE, **changes: Any) -> Receipt:
    entry = b"\x1b[2J entry" if record is None else canonical_leaf(record)
    proven = ProvenEntry(index=12, entry=entry, checkpoint=Checkpoint(origin="lockplate/pine", size=14, root=bytes(32)))
    reason = Reason(policy_id=PolicyId("ask-own-agency"), cite="Civ. Code 1", says="They may.")
    rules = None if record is None else RecordRules(reasons=(reason,), are_the_very_ones=True)
    plain = Receipt(proven=proven, record=record, rules=rules, shown={}, cosigned=None, other_signatures=0)
    return msgspec.structs.replace(plain, **changes)


def test_everything_that_a_record_says_is_told() -> None:
    """Who, when, for whom, why, for which window, what came of it; in words, without the machine's time zone."""
    assert {
        "when": "24 Nov 2026, 08:30:00 UTC",
        "what": "Question, answered",
        "who": "ann of pine-police",
        "for": "quarry-police",
        "purpose": "AMBER alert",
        "offense": "Gross misdemeanor",
        "basis": "Exigency",
        "window": "23 Nov 2026, 08:30:00 UTC to 24 Nov 2026, 08:30:00 UTC",
        "decision": "Permitted",
        "law profile": "us-ca",
        "counts": "plates 1; reads 2,000",
        "holds": "k1",
        "completes": "record 11 of the same log",
        "request": "q0",
    } == dict(told_facts(WHOLE))
    own = dict(told_facts(msgspec.structs.replace(WHOLE, on_behalf_of=WHOLE.agency)))
    assert "their own agency" == own["for"]
    bare = AccessRecord(action=Action.SIGN_IN, at=AT, operator=OperatorId("pine"), person=PersonId("-system"))
    assert {"when", "what", "who", "decision"} == set(dict(told_facts(bare)))
    assert "the node's own system user" == dict(told_facts(bare))["who"]


@pytest.mark.parametrize("action", Action)
def test_each_kind_of_record_has_its_limits(action: Action) -> None:
    """What no receipt proves, and what this kind does not; a denial of anything proves that nothing was done."""
    record = msgspec.structs.replace(WHOLE, action=action, verdict=Verdict.PERMITTED)
    limits = list(proves_not(receipt(record)))
    denied = list(proves_not(receipt(msgspec.structs.replace(record, verdict=Verdict.DENIED))))

    assert limits[0].startswith("That what the record says is true")
    assert limits[-1].startswith("That everybody is shown the same log")
    assert (len(limits) > 2) == action.value.startswith(("question:i", "question:o", "question:d", "question:p", "alert",
                                                         "hit", "hold", "retention"))  # fmt: skip
    assert len(denied) - len(limits) == (0 if action is Action.QUESTION_DENIED else 1)


def test_destruction_is_not_proved() -> None:
    """A record of forgetting says what nobody can prove."""
    record = msgspec.structs.replace(WHOLE, action=Action.RETENTION_RECEIPT)
    assert any("nobody can prove that" in one for one in proves_not(receipt(record)))


def test_what_is_sealed_is_named_and_what_was_opened_is_shown() -> None:
    """By its name in words; after an opening what it showed, and only the rest as sealed."""
    record = msgspec.structs.replace(
        WHOLE, commitments={"case_number": "0" * 64, "odd_name": "1" * 64, "plate": "2" * 64}
    )
    sealed = "\n".join(lines_of(receipt(record)))
    assert "Kept sealed   the case number, the odd name and the plate as asked" in sealed
    opened = receipt(record, shown={"plate": "7ABC\u202e123"})
    assert "The plate as asked: 7ABC\N{REPLACEMENT CHARACTER}123" in "\n".join(lines_of(opened))
    _, shown, tied = proves(opened)
    assert "the plate as asked" in shown
    assert ("the case number and the odd name" in tied, "plate" in tied) == (True, False)


def test_other_words_than_those_in_force_are_told_as_such() -> None:
    """The reader knows whether the rules are quoted as they stood."""
    rules = RecordRules(reasons=receipt().rules.reasons, are_the_very_ones=False)  # type: ignore[union-attr]
    assert "The rules that decided:" in list(lines_of(receipt()))
    assert any("may have read otherwise" in line for line in lines_of(receipt(rules=rules)))
    assert "    cite: Civ. Code 1" in list(lines_of(receipt()))


def test_a_stranger_writes_nothing_on_the_terminal() -> None:
    """Escapes and direction marks in facts, counts, persons and unknown entries come out as marks."""
    record = msgspec.structs.replace(
        WHOLE, person=PersonId("a\x1b[31m"), facts={"n\x07": "v\u202e"}, counts={"c\x1b": 1}, profile=ProfileId("p\x9b")
    )
    for one in (receipt(record), receipt(None)):
        told = "\n".join(lines_of(one))
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(told)
    assert "in a form that this program does not know" in "\n".join(lines_of(receipt(None)))
