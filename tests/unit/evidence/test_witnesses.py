"""What witnesses said: kept in order, dropped with their policy, and of no use to whoever changes the file."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lockplate.checkpoint import Signer, verify_checkpoint
from lockplate.cosigning.cosignature import Cosigner
from lockplate.cosigning.policy import WitnessPolicy, parse_policy
from lockplate.errors import NotFound
from lockplate.evidence.files import EvidenceFolder, OpenEvidence
from lockplate.evidence.proof_file import open_proof, parse
from lockplate.evidence.witnesses import CosignedNote, WitnessStanding, WitnessState
from lockplate.note import parse_note, parse_vkey
from lockplate.terms import OperatorId

SIGNER = Signer("lockplate/pine", bytes(range(32)))
CLERK, BOARD = Cosigner("clerk.example", bytes(64)), Cosigner("board.example", bytes([1]) * 64)
AT = datetime(2026, 11, 24, 8, tzinfo=UTC)
POLICY = parse_policy(
    f"witness clerk {CLERK.keys[0].text()} http://127.0.0.1:1\nwitness board {BOARD.keys[1].text()} http://127.0.0.1:2\n"
    "group both all clerk board\nquorum both\n"
)


@pytest.fixture
def evidence(tmp_path: Path):
    with EvidenceFolder.of(tmp_path, OperatorId("pine")).create(SIGNER) as opened:
        yield opened


def with_policy(evidence: OpenEvidence) -> WitnessPolicy:
    policy = WitnessPolicy(
        logs=(parse_vkey(SIGNER.vkey),), witnesses=POLICY.witnesses, groups=POLICY.groups, quorum=POLICY.quorum
    )
    return evidence.witnesses.set_policy(policy)


def cosigned(note: str, *cosigners: Cosigner) -> CosignedNote:
    checkpoint = verify_checkpoint(note, SIGNER.vkey)
    lines = [line for one in cosigners for line in one.cosign(checkpoint, AT)]
    return CosignedNote(size=checkpoint.size, note=parse_note(note).with_lines(lines).written())


def grow(evidence: OpenEvidence, entry: bytes) -> str:
    evidence.log.append([entry])
    return evidence.publisher.publish()


def test_a_log_without_a_policy_asks_nobody(evidence):
    assert evidence.witnesses.policy() is None
    assert () == evidence.witnesses.standings()
    assert evidence.agreed() is None
    assert evidence.checkpoint() == evidence.publisher.last()


def test_the_policy_comes_back_as_it_was_set(evidence):
    policy = with_policy(evidence)
    assert policy == evidence.witnesses.policy()
    assert [WitnessState.NEVER_ASKED] * 2 == [one.state for one in evidence.witnesses.standings()]


def test_the_newest_checkpoint_carries_what_was_cosigned(evidence):
    with_policy(evidence)
    first = grow(evidence, b"{}")
    evidence.witnesses.keep(cosigned(first, CLERK), reached=False)
    assert 3 == len(parse_note(evidence.checkpoint()).signatures)
    assert verify_checkpoint(evidence.checkpoint(), SIGNER.vkey) == verify_checkpoint(first, SIGNER.vkey)
    assert evidence.agreed() is None
    grow(evidence, b"[]")
    assert evidence.checkpoint() == evidence.publisher.last()


def test_a_proof_stands_on_the_newest_quorum_that_covers_it(evidence):
    with_policy(evidence)
    first = grow(evidence, b"{}")
    evidence.witnesses.keep(cosigned(first, CLERK, BOARD), reached=True)
    grow(evidence, b"[]")
    under_quorum, newer = evidence.prove(0), evidence.prove(1)
    assert 5 == len(parse_note(parse(under_quorum).note).signatures)
    assert (1, 2) == tuple(open_proof(text, SIGNER.vkey).checkpoint.size for text in (under_quorum, newer))
    with pytest.raises(NotFound):
        evidence.prove(2)


def test_an_older_cosigned_checkpoint_does_not_replace_a_newer_one(evidence):
    with_policy(evidence)
    first, second = grow(evidence, b"{}"), grow(evidence, b"[]")
    evidence.witnesses.keep(cosigned(second, CLERK, BOARD), reached=True)
    evidence.witnesses.keep(cosigned(first, CLERK, BOARD), reached=True)
    assert 2 == evidence.witnesses.newest().size
    assert 2 == evidence.witnesses.newest_agreed().size


def test_another_policy_drops_what_the_old_witnesses_said(evidence):
    policy = with_policy(evidence)
    evidence.witnesses.keep(cosigned(grow(evidence, b"{}"), CLERK, BOARD), reached=True)
    told = WitnessStanding(witness="clerk", state=WitnessState.COSIGNED, size=1, cosigned_at=AT, tried_at=AT)
    evidence.witnesses.note_standing(told)
    assert told == evidence.witnesses.standings()[0]
    evidence.witnesses.set_policy(policy)
    assert evidence.witnesses.newest() is None
    assert WitnessState.NEVER_ASKED is evidence.witnesses.standings()[0].state


def forged(evidence: OpenEvidence) -> str:
    """Return the last checkpoint, signed by somebody else under the same name."""
    return Signer(SIGNER.origin, bytes(32)).sign(verify_checkpoint(evidence.publisher.last(), SIGNER.vkey))


@pytest.mark.parametrize("change", ["nonsense", "other key", "no quorum"])
def test_a_changed_file_is_passed_over(tmp_path: Path, change: str):
    """Whoever writes into the file can make it useless, and can make nobody believe anything."""
    folder = EvidenceFolder.of(tmp_path, OperatorId("pine"))
    with folder.create(SIGNER) as evidence:
        with_policy(evidence)
        grow(evidence, b"{}")
        last = evidence.publisher.last()
        notes = {
            "nonsense": "nothing\n",
            "other key": forged(evidence),
            "no quorum": cosigned(last, CLERK).note,
        }
        evidence.witnesses.keep(cosigned(last, CLERK, BOARD), reached=True)
    with sqlite3.connect(folder.witnesses) as connection:
        connection.execute("UPDATE cosigned SET note = ?", (notes[change],))
    connection.close()
    with folder.open(SIGNER) as evidence:
        assert evidence.agreed() is None
        assert verify_checkpoint(evidence.checkpoint(), SIGNER.vkey).size == 1
        assert 0 == open_proof(evidence.prove(0), SIGNER.vkey).index


def test_a_missing_file_is_made_anew_and_asks_nobody(tmp_path: Path):
    folder = EvidenceFolder.of(tmp_path, OperatorId("pine"))
    with folder.create(SIGNER) as evidence:
        with_policy(evidence)
    folder.witnesses.unlink()
    with folder.open(SIGNER) as evidence:
        assert evidence.witnesses.policy() is None


def test_times_come_back_as_they_were(evidence):
    with_policy(evidence)
    told = WitnessStanding(
        witness="board", state=WitnessState.SAW_OTHER, size=7, cosigned_at=None, tried_at=AT + timedelta(seconds=3)
    )
    evidence.witnesses.note_standing(told)
    assert told == evidence.witnesses.standings()[1]
    assert told.state.contradicts
