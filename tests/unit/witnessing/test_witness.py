"""The witness's decision: in the protocol's order, with its statuses, and never a signature that contradicts another."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockplate.checkpoint import Checkpoint, Signer
from lockplate.clock import SetClock
from lockplate.cosigning.cosignature import COSIGNER_KINDS, Cosigner, cosignatures
from lockplate.errors import BadInput, LockplateError, LogRefused, NotFound, ProofInvalid
from lockplate.merkle import EMPTY_ROOT
from lockplate.note import SignatureLine, parse_note, parse_vkey
from lockplate.witnessing.folder import WitnessFolder
from lockplate.witnessing.refusals import ClockBehind, Inconsistent, NotSigned, OtherSize, UnknownLog
from lockplate.witnessing.seen import Suspicion
from lockplate.witnessing.state import origin_hash
from lockplate.witnessing.submission import Submission
from lockplate.witnessing.trusting import trust_log
from lockplate.witnessing.witness import Witness
from witnessed import PlainLog


def refused(witness: Witness, submission: Submission | bytes) -> LockplateError:
    """Return how a witness refuses a request."""
    body = submission if isinstance(submission, bytes) else submission.body()
    with pytest.raises(LockplateError) as caught:
        witness.add_checkpoint(body)
    return caught.value


def kept(witness: Witness) -> list[tuple[str, int]]:
    """Return what evidence the witness has kept: suspicion and size."""
    return [(one.suspicion.value, one.size) for one in witness._state.evidence()]


# What is cosigned


def test_a_log_that_grows_is_cosigned_in_both_forms(witness, log, clock):
    """Each step has two lines that hold over the very checkpoint, dated by the witness's clock in whole seconds."""
    keys = [parse_vkey(vkey, COSIGNER_KINDS) for vkey in witness.vkeys]
    size = 0
    for step in (1, 1, 3, 7, 64, 100):
        clock.advance(timedelta(seconds=2.6))
        lines = witness.add_checkpoint(log.body(size, size + step))
        size += step
        note = parse_note(log.note(size)).with_lines(lines)
        at = clock.now().replace(microsecond=0)
        assert [(key, at) for key in keys] == [(one.key, one.at) for one in cosignatures(note, keys)]
    (seen,) = witness.logs()
    assert (size, log.root(size), 0, 0, 0) == (
        seen.newest.size, seen.newest.root, seen.forks, seen.unproved, seen.older,
    )  # fmt: skip


def test_an_empty_log_is_cosigned_with_the_empty_root_only(witness, log):
    """A log may ask before its first record; another root than the empty tree's is a lie that proves itself."""
    lying = Checkpoint(origin=log.origin, size=0, root=bytes(32))
    lie = Submission(old=0, proof=(), note=log.signer.sign(lying))
    assert isinstance(refused(witness, lie), Inconsistent)
    assert 2 == len(witness.add_checkpoint(log.body(0, 0)))
    assert EMPTY_ROOT == witness.logs()[0].newest.root
    assert isinstance(refused(witness, lie), Inconsistent)
    assert [("fork", 0)] == kept(witness)
    assert 2 == len(witness.add_checkpoint(log.body(0, 7)))


def test_the_same_checkpoint_again_is_dated_anew(witness, log, clock):
    """A log that lost an answer asks again and gets a line; within the second it is the same line, without a write."""
    first = witness.add_checkpoint(log.body(0, 7))
    assert first == witness.add_checkpoint(log.body(7, 7))
    clock.advance(timedelta(seconds=1))
    again = witness.add_checkpoint(log.body(7, 7))
    assert first != again
    assert clock.now().replace(microsecond=0) == witness.logs()[0].newest.at


def test_the_same_within_a_second_changes_nothing_on_disk(witness, log, folder):
    """Nobody makes a witness write by sending a public checkpoint over and over."""
    witness.add_checkpoint(log.body(0, 7))
    before = folder.state.read_bytes()
    witness.add_checkpoint(log.body(7, 7))
    assert before == folder.state.read_bytes()


def test_monitors_get_the_newest_checkpoint_cosigned(witness, log):
    """Under the hash of the origin: the log's own line and the witness's two, and no line by a stranger."""
    hashed = origin_hash(log.origin)
    for unknown in (hashed, origin_hash("lockplate.example/other"), "", "x" * 64, hashed.upper()):
        with pytest.raises(NotFound):
            witness.cosigned(unknown)
    stranger = SignatureLine(name="stranger.example", key_id=b"1234", signature=b"signed")
    submission = log.submission(0, 7)
    note = parse_note(submission.note).with_lines([stranger]).written()
    lines = witness.add_checkpoint(msgspec.structs.replace(submission, note=note).body())
    assert parse_note(log.note(7)).with_lines(lines).written() == witness.cosigned(hashed)


# What is refused, in the protocol's order


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: b"",
        lambda body: b"garbage",
        lambda body: body[:-1],
        lambda body: body + b"\n",
        lambda body: body.replace(b"old 0", b"old 00"),
        lambda body: body.replace("—".encode(), b"-"),
        lambda body: body.replace(b"\n7\n", b"\n07\n"),
        lambda body: body.replace(b"\n7\n", b"\n7\nextension\n"),
        lambda body: body.replace(b"\n7\n", b"\n"),
    ],
)
def test_a_malformed_request_is_400(witness, log, spoil: Callable[[bytes], bytes]):
    """Also a checkpoint with extension lines: nobody audits them, so nobody should cosign them."""
    error = refused(witness, spoil(log.body(0, 7)))
    assert (400, True) == (error.http_status, isinstance(error, BadInput))
    assert [] == kept(witness)


def test_a_log_that_nobody_added_is_404(witness, log):
    """Before its signature is looked at, and whatever else its checkpoint holds."""
    other = PlainLog(origin="lockplate.example/farfield")
    body = other.body(0, 7)
    for one in (body, body.replace(b"\n7\n", b"\n7\nextension\n"), body[:-8] + b"AAAAAAA\n"):
        error = refused(witness, one)
        assert (404, True) == (error.http_status, isinstance(error, (UnknownLog, BadInput))) or one != body


def test_a_checkpoint_that_the_log_did_not_sign_is_403(witness, log):
    """Unsigned, signed by another key, signed twice, or with one line of the log's that fails."""
    submission = log.submission(0, 7)
    note = parse_note(submission.note)
    stranger = PlainLog(seed=bytes(32)).note(7)
    wrong = msgspec.structs.replace(note.signatures[0], signature=bytes(64))
    for signatures in (
        parse_note(stranger).signatures,
        (wrong,),
        (*note.signatures, *note.signatures),
        (*note.signatures, wrong),
        (wrong, *note.signatures),
    ):
        forged = msgspec.structs.replace(note, signatures=signatures).written()
        error = refused(witness, msgspec.structs.replace(submission, note=forged))
        assert (403, True) == (error.http_status, isinstance(error, NotSigned))
    other_size = note.written().replace("\n7\n", "\n8\n")
    assert isinstance(refused(witness, msgspec.structs.replace(submission, note=other_size)), NotSigned)
    assert [] == kept(witness)
    assert witness.logs()[0].newest is None


def test_an_old_size_beyond_the_checkpoint_is_400(witness, log):
    """A tree does not extend a larger one; whoever says so did not read the protocol."""
    witness.add_checkpoint(log.body(0, 9))
    error = refused(witness, Submission(old=9, proof=(), note=log.note(7)))
    assert 400 == error.http_status


def test_another_old_size_is_409_with_the_size(witness, log):
    """The size that the witness saw last, zero before the first."""
    assert (409, 0) == ((error := refused(witness, log.submission(5, 7))).http_status, error.size)
    witness.add_checkpoint(log.body(0, 7))
    for old, new in ((0, 9), (6, 9), (8, 9), (0, 7), (0, 0)):
        error = refused(witness, log.submission(old, new))
        assert (409, 7, True) == (error.http_status, error.size, isinstance(error, OtherSize))
    assert 7 == witness.logs()[0].newest.size


def test_a_proof_that_does_not_lead_there_is_422(witness, log):
    """None, another tree's, one node short or long, or one from the empty tree, where there is nothing to prove."""
    nodes = log.proof(7, 12)
    assert isinstance(refused(witness, Submission(old=0, proof=tuple(nodes), note=log.note(7))), Inconsistent)
    witness.add_checkpoint(log.body(0, 7))
    for proof in ([], nodes[:-1], [*nodes, bytes(32)], nodes[::-1], log.proof(7, 13)):
        error = refused(witness, Submission(old=7, proof=tuple(proof), note=log.note(12)))
        assert (422, True) == (error.http_status, isinstance(error, Inconsistent))
    assert isinstance(refused(witness, Submission(old=7, proof=tuple(nodes), note=log.note(7))), Inconsistent)
    assert 7 == witness.logs()[0].newest.size


def test_a_clock_that_went_back_signs_nothing(witness, log, clock):
    """Not for the log it dated before; what is said to wait for is told only when it is short; another log is served."""
    witness.add_checkpoint(log.body(0, 7))
    clock.advance(timedelta(seconds=-3))
    error = refused(witness, log.submission(7, 9))
    assert (503, 3, True) == (error.http_status, error.retry_after, isinstance(error, ClockBehind))
    clock.advance(timedelta(days=-3))
    error = refused(witness, log.submission(7, 9))
    assert (503, None) == (error.http_status, error.retry_after)
    assert 7 == witness.logs()[0].newest.size
    other = PlainLog(origin="lockplate.example/farfield")
    trust_log(witness._state, other.vkey, clock.now())
    assert 2 == len(witness.add_checkpoint(other.body(0, 7)))
    clock.advance(timedelta(days=3, seconds=3))
    assert 2 == len(witness.add_checkpoint(log.body(7, 9)))


def test_a_fork_is_kept_also_while_the_clock_is_behind(witness, log, fork, clock):
    """A wrong clock hides no lie."""
    witness.add_checkpoint(log.body(0, 7))
    clock.advance(timedelta(days=-1))
    assert isinstance(refused(witness, fork.submission(7, 7)), Inconsistent)
    assert [("fork", 7)] == kept(witness)


# What is kept


def test_another_root_for_the_same_size_is_kept_as_a_fork(witness, log, fork):
    """With both of the log's own notes, which anyone with its key can check; also when the old size was wrong."""
    witness.add_checkpoint(log.body(0, 7))
    assert isinstance(refused(witness, fork.submission(7, 7)), Inconsistent)
    assert isinstance(refused(witness, fork.submission(0, 7)), OtherSize)
    (one,) = witness._state.evidence()
    assert (Suspicion.FORK, log.note(7), fork.body(7, 7).decode()) == (one.suspicion, one.against, one.request)
    assert 1 == witness.logs()[0].forks


def test_another_root_for_an_older_size_is_kept_as_a_fork(witness, log, fork):
    """A log that was put back and went on otherwise shows itself at any size that was cosigned."""
    for old, new in ((0, 6), (6, 9), (9, 12)):
        witness.add_checkpoint(log.body(old, new))
    for old in (0, 6):
        assert isinstance(refused(witness, fork.submission(old, 9)), OtherSize)
    assert [("fork", 9)] == kept(witness)
    assert log.note(9) == witness._state.evidence()[0].against


def test_a_proof_from_another_start_is_kept_as_a_fork(witness, log, fork):
    """The proof that a lying log has for its new size says by itself that it starts from another tree."""
    witness.add_checkpoint(log.body(0, 7))
    assert isinstance(refused(witness, fork.submission(7, 12)), Inconsistent)
    assert [("fork", 12)] == kept(witness)
    assert log.note(7) == witness._state.evidence()[0].against


def test_a_proof_from_an_older_start_is_kept_as_a_fork_too(witness, log, fork):
    """Also when the lying log starts from a size that the witness has left behind."""
    witness.add_checkpoint(log.body(0, 7))
    witness.add_checkpoint(log.body(7, 9))
    assert isinstance(refused(witness, fork.submission(7, 12)), OtherSize)
    assert [("fork", 12)] == kept(witness)


def test_from_a_power_of_two_a_fork_is_only_a_doubt(witness, log, fork):
    """Such a proof leaves the old root out, so that a broken sender cannot be told from a liar."""
    witness.add_checkpoint(log.body(0, 8))
    assert isinstance(refused(witness, fork.submission(8, 12)), Inconsistent)
    assert [("unproved", 12)] == kept(witness)


def test_a_strangers_false_proof_accuses_nobody_of_a_fork(witness, log):
    """Anyone can send what the log published with a proof that fails; it is a doubt until the log itself sends it."""
    witness.add_checkpoint(log.body(0, 7))
    genuine = log.note(12)
    for proof in ((bytes(32),), (), tuple(PlainLog(story="x").proof(7, 12))):
        refused(witness, Submission(old=7, proof=proof, note=genuine))
    assert [("unproved", 12)] == kept(witness)
    witness.add_checkpoint(log.body(7, 12))
    assert [] == kept(witness)


def test_an_older_checkpoint_is_kept_unless_it_was_cosigned(witness, log):
    """What was cosigned before says nothing when it comes again; what was not may be a log that was put back."""
    witness.add_checkpoint(log.body(0, 7))
    witness.add_checkpoint(log.body(7, 12))
    assert isinstance(refused(witness, log.submission(0, 7)), OtherSize)
    assert [] == kept(witness)
    assert isinstance(refused(witness, log.submission(0, 9)), OtherSize)
    assert [("older", 9)] == kept(witness)
    assert 12 == witness.logs()[0].newest.size


def test_a_fork_takes_the_place_of_a_doubt(witness, log, fork):
    """The same checkpoint is kept once, as the worst that is known of it."""
    witness.add_checkpoint(log.body(0, 7))
    refused(witness, Submission(old=7, proof=(), note=fork.note(12)))
    assert [("unproved", 12)] == kept(witness)
    refused(witness, fork.submission(7, 12))
    refused(witness, Submission(old=7, proof=(), note=fork.note(12)))
    assert [("fork", 12)] == kept(witness)


def test_a_late_asker_with_a_newer_checkpoint_is_no_doubt(witness, log):
    """Two senders of one log that race: the loser is told the size, and nothing is kept."""
    witness.add_checkpoint(log.body(0, 7))
    refused(witness, log.submission(0, 12))
    refused(witness, log.submission(5, 12))
    assert [] == kept(witness)


def test_no_strangers_line_is_kept(witness, log, fork):
    """What is kept and served is the log's alone: nobody stores their own words on a clerk's machine."""
    witness.add_checkpoint(log.body(0, 7))
    stranger = SignatureLine(name="stranger.example", key_id=b"1234", signature=b"words of a stranger")
    submission = fork.submission(7, 7)
    note = parse_note(submission.note).with_lines([stranger]).written()
    refused(witness, msgspec.structs.replace(submission, note=note))
    assert submission.body().decode() == witness._state.evidence()[0].request


# Races, keys, and any order of requests at all


def test_of_two_requests_at_once_one_is_told_the_others_size(witness, log):
    """Sixteen threads from the same size: one is answered, fifteen are told its size, and the state is the answered one."""
    witness.add_checkpoint(log.body(0, 7))
    sizes = range(8, 24)
    bodies = {size: log.body(7, size) for size in sizes}
    together = threading.Barrier(len(bodies))
    answers: dict[int, object] = {}

    def ask(size: int) -> None:
        together.wait()
        try:
            answers[size] = witness.add_checkpoint(bodies[size])
        except OtherSize as error:
            answers[size] = error.size

    threads = [threading.Thread(target=ask, args=(size,)) for size in sizes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (won,) = [size for size, answer in answers.items() if isinstance(answer, tuple)]
    assert {won} == {answer for answer in answers.values() if isinstance(answer, int)}
    assert (won, log.root(won)) == (witness.logs()[0].newest.size, witness.logs()[0].newest.root)


def test_a_second_key_of_a_log_counts_once_it_is_added(witness, log, clock):
    """Notes by either key are cosigned; one with a line by each is, and one of the two that fails spoils it."""
    second = PlainLog(seed=bytes(32))
    assert isinstance(refused(witness, second.submission(0, 7)), NotSigned)
    trust_log(witness._state, second.vkey, clock.now(), another=True)
    witness.add_checkpoint(second.body(0, 7))
    witness.add_checkpoint(log.body(7, 9))
    both = parse_note(log.note(12)).with_lines(parse_note(second.note(12)).signatures)
    spoiled = both.with_lines([msgspec.structs.replace(both.signatures[1], signature=bytes(64))])
    submission = log.submission(9, 12)
    assert isinstance(refused(witness, msgspec.structs.replace(submission, note=spoiled.written())), NotSigned)
    lines = witness.add_checkpoint(msgspec.structs.replace(submission, note=both.written()).body())
    assert both.with_lines(lines).written() == witness.cosigned(origin_hash(log.origin))


def test_a_state_serves_its_own_key_only(folder, clock):
    """A swapped key file, or a state under another name, is refused before anything is signed."""
    with folder.open_state() as state:
        for cosigner in (Cosigner("clerk.example/w1", bytes(64)), Cosigner("clerk.example/w2", bytes(range(64)))):
            with pytest.raises(LogRefused) as caught:
                Witness(state, cosigner, clock)
            assert "witness_key_differs" == caught.value.code


requests = st.lists(
    st.tuples(st.sampled_from(["true", "false", "third"]), st.integers(0, 24), st.integers(0, 24), st.integers(-2, 5)),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(asked=requests)
def test_no_order_of_requests_gets_two_histories_cosigned(tmp_path_factory, asked):
    """Whatever a lying log sends, and however the clock moves: sizes and times never go back, and one history holds all.

    Every line that was ever given is over a root of one and the same story from that story's first own leaf on.
    """
    true = PlainLog()
    stories = {"true": true, "false": true.told("false", from_leaf=3), "third": true.told("third", from_leaf=9)}
    clock = SetClock(datetime(2026, 11, 24, tzinfo=UTC))
    folder = WitnessFolder.at(tmp_path_factory.mktemp("any") / "w")
    folder.create("clerk.example/w1", clock.now())
    given_lines: list[tuple[int, bytes, object]] = []
    with folder.open(clock) as witness:
        trust_log(witness._state, stories["true"].vkey, clock.now())
        for story, old, new, seconds in asked:
            clock.advance(timedelta(seconds=seconds))
            try:
                lines = witness.add_checkpoint(stories[story].body(old, new))
            except (BadInput, OtherSize, Inconsistent, ClockBehind):
                continue
            note = parse_note(stories[story].note(new)).with_lines(lines)
            (at,) = {one.at for one in cosignatures(note, [parse_vkey(vkey, COSIGNER_KINDS) for vkey in witness.vkeys])}
            given_lines.append((new, stories[story].root(new), at))
    assert given_lines == sorted(given_lines, key=lambda one: one[0])
    assert [one[2] for one in given_lines] == sorted(one[2] for one in given_lines)
    assert any(all(log.root(size) == root for size, root, _ in given_lines) for log in stories.values())


def test_what_is_refused_is_told_without_the_request(witness, log, fork):
    """No refusal repeats a word that came with the request."""
    witness.add_checkpoint(log.body(0, 7))
    for body in (fork.body(7, 7), PlainLog(origin="secret.example/x").body(0, 1), b"old secret"):
        error = refused(witness, body)
        assert "secret" not in f"{error.message}{error.next_step}"
        assert log.origin not in error.message


def test_a_signer_of_another_origin_is_not_the_log(witness, log):
    """The log's own key under another name signs for nobody here."""
    other = Signer("lockplate.example/other", log.seed)
    note = other.sign(Checkpoint(origin=other.origin, size=7, root=log.root(7)))
    renamed = note.replace(other.origin, log.origin)
    assert isinstance(refused(witness, Submission(old=0, proof=(), note=note)), UnknownLog)
    assert isinstance(refused(witness, Submission(old=0, proof=(), note=renamed)), NotSigned)


def test_what_cannot_be_cosigned_is_not_stored(witness, log, monkeypatch):
    """A signature that fails to be made leaves the state as it was."""

    def fail(*_: object) -> None:
        raise ProofInvalid("no")

    monkeypatch.setattr(Cosigner, "cosign", fail)
    with pytest.raises(ProofInvalid):
        witness.add_checkpoint(log.body(0, 7))
    assert witness.logs()[0].newest is None
