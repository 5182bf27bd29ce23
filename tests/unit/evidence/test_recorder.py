"""Recorder: leaf and details together or not at all, nothing private in the open, and details that cannot be swapped."""

import json
import sqlite3
import threading
from contextlib import closing
from datetime import timedelta

import msgspec
import pytest

from lockplate.access import PrivateDetails, commit, parse_leaf
from lockplate.clock import period_of
from lockplate.errors import BadInput, KeyUnavailable, NotFound, ProofInvalid, SealBroken, StoreFailed
from lockplate.evidence.fsck import check_log
from lockplate.evidence.recorder import Recorder
from lockplate.terms import Action, OperatorId, Purpose

PRIVATE = {"plate": "7LKP042", "case_number": "26-001734", "reason": "Stolen trailer, Evergreen Terrace"}


def test_details_come_back_and_match_the_leaf(recorder, evidence, make_record):
    """A record's leaf says who and why, commits to the rest, and the details come back by place."""
    first = recorder.record(make_record())
    index = recorder.record(make_record(action=Action.QUESTION_INTENT, purpose=Purpose.STOLEN_VEHICLE), PRIVATE)
    assert (0, 1) == (first, index)
    details = recorder.details_of(index)
    assert PRIVATE == details.values
    assert {32} == {len(salt) for salt in details.salts.values()}
    assert 3 == len(set(details.salts.values()))
    record = parse_leaf(evidence.log.entry(index))
    assert (Action.QUESTION_INTENT, Purpose.STOLEN_VEHICLE) == (record.action, record.purpose)
    assert PRIVATE.keys() == record.commitments.keys()
    with pytest.raises(NotFound):
        recorder.details_of(first)
    with pytest.raises(NotFound):
        recorder.details_of(2)


def test_the_same_plate_twice_leaves_no_trace_of_sameness(recorder, evidence, make_record):
    """Salts are fresh: two records of one plate have different commitments."""
    leaves = [json.loads(evidence.log.entry(recorder.record(make_record(), PRIVATE))) for _ in range(2)]
    assert leaves[0]["commitments"]["plate"] != leaves[1]["commitments"]["plate"]


def test_nothing_private_lies_on_disk(recorder, evidence, folder, make_record):
    """No file of the evidence folder holds a private value, before or after closing."""
    recorder.record_many([(make_record(), PRIVATE)] * 300)
    evidence.publisher.publish()
    for closed in (False, True):
        if closed:
            evidence.close()
        raw = b"".join(path.read_bytes() for path in folder.folder.iterdir())
        assert [] == [name for name, value in PRIVATE.items() if value.encode() in raw]


def test_many_records_take_neighbouring_places(recorder, evidence, make_record, folder, signer):
    """A batch with and without details is one run of places, and the checker finds nothing."""
    batch = [(make_record(), PRIVATE if number % 3 else {}) for number in range(600)]
    assert list(range(600)) == recorder.record_many(batch)
    assert [] == recorder.record_many([])
    assert PRIVATE == recorder.details_of(599).values
    report = check_log(folder.log, folder.heads, folder.details, signer.vkey)
    assert () == report.findings
    assert 400 == report.counts["details"]


def test_threads_get_the_places_of_their_own_records(recorder, make_record):
    """Concurrent recorders share transactions, and each place gives back what was recorded under it."""
    places, lock = {}, threading.Lock()

    def work(worker):
        for number in range(25):
            plate = f"{worker}TST{number:03d}"
            index = recorder.record(make_record(), {"plate": plate})
            with lock:
                places[index] = plate

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(range(150)) == sorted(places)
    assert places == {index: recorder.details_of(index).values["plate"] for index in places}


def test_a_leaf_never_comes_without_its_details(recorder, evidence, folder, signer, make_record):
    """When the details cannot be kept, the leaf is not either; left-over details give way to the next record."""
    evidence.details._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreFailed):
        recorder.record(make_record(), PRIVATE)
    assert 0 == evidence.log.size
    evidence.details._connection.execute("PRAGMA query_only = OFF")
    evidence.log._writer.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreFailed):
        recorder.record(make_record(), PRIVATE)
    evidence.log._writer.execute("PRAGMA query_only = OFF")
    assert 0 == recorder.record(make_record(), PRIVATE | {"plate": "SECOND1"})
    assert "SECOND1" == recorder.details_of(0).values["plate"]
    assert () == check_log(folder.log, folder.heads, folder.details, signer.vkey).findings


def test_details_that_were_durable_when_the_leaf_was_not_are_left_over_only(
    recorder, evidence, folder, signer, make_record
):
    """A crash between details and leaf, made here by a log that fails at its commit, leaves nothing to find."""
    append = evidence.log.append

    def fail_after_details(entries, *, before_commit):
        def details_then_crash(first):
            before_commit(first)
            raise StoreFailed("the machine stopped here")

        return append(entries, before_commit=details_then_crash)

    evidence.log.append = fail_after_details
    with pytest.raises(StoreFailed):
        recorder.record(make_record(), PRIVATE)
    evidence.log.append = append
    report = check_log(folder.log, folder.heads, folder.details, signer.vkey)
    assert () == report.findings
    assert 1 == report.counts["details_left_over"]
    assert 0 == recorder.record(make_record())
    report = check_log(folder.log, folder.heads, folder.details, signer.vkey)
    assert ((), None) == (report.findings, report.counts.get("details_left_over"))


def test_details_cannot_change_places(recorder, folder, make_record):
    """Sealed details that were moved to another leaf do not open there."""
    recorder.record_many([(make_record(), {"plate": "AAA0001"}), (make_record(), {"plate": "BBB0002"})])
    with closing(sqlite3.connect(folder.details)) as database, database:
        other = database.execute("SELECT sealed FROM detail WHERE leaf_index = 0").fetchone()
        database.execute("UPDATE detail SET sealed = ? WHERE leaf_index = 1", other)
    with pytest.raises(SealBroken):
        recorder.details_of(1)


def test_another_operators_recorder_does_not_open_them(recorder, evidence, sealer, clock, make_record):
    """The operator is part of what a seal is bound to."""
    recorder.record(make_record(), PRIVATE)
    other = Recorder(OperatorId("shelbyville-pd"), evidence.log, evidence.details, sealer, clock)
    with pytest.raises(SealBroken):
        other.details_of(0)
    with pytest.raises(BadInput):
        other.record(make_record(), PRIVATE)


@pytest.mark.parametrize("change", [
    lambda details: PrivateDetails(values=details.values | {"plate": "OTHER01"}, salts=details.salts),
    lambda details: PrivateDetails(values=details.values, salts=details.salts | {"plate": bytes(32)}),
    lambda details: PrivateDetails(values={"plate": details.values["plate"]}, salts=details.salts),
])  # fmt: skip
def test_details_that_the_leaf_does_not_commit_to_are_refused(
    recorder, evidence, folder, sealer, operator, make_record, change
):
    """Even the holder of the sealing key cannot change what a leaf committed to: value, salt, or set of names."""
    recorder.record(make_record(), PRIVATE)
    forged = msgspec.msgpack.encode(change(recorder.details_of(0)))
    sealed = sealer.seal_details(forged, recorder._binding(evidence.log.entry(0)))
    with closing(sqlite3.connect(folder.details)) as database, database:
        database.execute("UPDATE detail SET sealed = ?", (sealed,))
    with pytest.raises(ProofInvalid):
        recorder.details_of(0)


@pytest.mark.parametrize(
    "plain", [b"", b"\x80", b"not details", msgspec.msgpack.encode({"values": {"a": "b"}, "salts": {}})]
)
def test_details_in_no_form_of_ours_are_refused(recorder, evidence, folder, sealer, make_record, plain):
    """What opens but is not details is SealBroken."""
    recorder.record(make_record(), PRIVATE)
    sealed = sealer.seal_details(plain, recorder._binding(evidence.log.entry(0)))
    with closing(sqlite3.connect(folder.details)) as database, database:
        database.execute("UPDATE detail SET sealed = ?", (sealed,))
    with pytest.raises(SealBroken):
        recorder.details_of(0)


def test_forgotten_details_are_not_found_and_the_leaf_still_proves(
    recorder, evidence, folder, signer, make_record, clock
):
    """After retention the details are gone and said to be forgotten; deleted without retention they are missing."""
    recorder.record_many([(make_record(), PRIVATE), (make_record(), PRIVATE)])
    clock.advance(timedelta(hours=5))
    recorder.record(make_record(), PRIVATE)
    assert 2 == evidence.details.forget_through(period_of(clock.now() - timedelta(hours=5)))
    with pytest.raises(NotFound) as forgotten:
        recorder.details_of(0)
    assert "details_forgotten" == forgotten.value.code
    assert PRIVATE == recorder.details_of(2).values
    report = check_log(folder.log, folder.heads, folder.details, signer.vkey)
    assert ((), 2, 1) == (report.findings, report.counts["details_forgotten"], report.counts["details"])
    with closing(sqlite3.connect(folder.details)) as database, database:
        database.execute("DELETE FROM detail WHERE leaf_index = 2")
    with pytest.raises(ProofInvalid):
        recorder.details_of(2)


def test_a_destroyed_key_says_so(recorder, make_record, sealer, monkeypatch):
    """What the sealer says about its key reaches the caller as it is."""
    recorder.record(make_record(), PRIVATE)

    def destroyed(blob, aad):
        raise KeyUnavailable("the key was destroyed")

    monkeypatch.setattr(sealer, "open_details", destroyed)
    with pytest.raises(KeyUnavailable):
        recorder.details_of(0)


def test_records_that_would_lie_are_refused(recorder, evidence, make_record, clock):
    """Foreign commitments, a date far from the clock, and a record too long for a leaf are refused before anything."""
    for record in (
        make_record(commitments={"plate": "00" * 32}),
        make_record(at=clock.now() - timedelta(days=1, seconds=1)),
        make_record(at=clock.now() + timedelta(days=1, seconds=1)),
        make_record(facts={"list": "x" * 70_000}),
    ):
        with pytest.raises(BadInput):
            recorder.record_many([(make_record(), PRIVATE), (record, PRIVATE)])
    assert 0 == evidence.log.size


def test_a_shared_salt_is_used_as_given_and_nothing_else_is(recorder, evidence, make_record):
    """Two logs that commit under one salt agree; other details of the record still get salts of their own."""
    salt = bytes(range(32))
    index = recorder.record(make_record(), PRIVATE, {"plate": salt})
    record, details = parse_leaf(evidence.log.entry(index)), recorder.details_of(index)
    assert commit(salt, "plate", PRIVATE["plate"]) == record.commitments["plate"]
    assert (PRIVATE, salt) == (details.values, details.salts["plate"])
    assert 3 == len(set(details.salts.values()))


@pytest.mark.parametrize("salts", [{"plate": bytes(31)}, {"plate": bytes(33)}, {"plate": b""}, {"other": bytes(32)}])
def test_a_salt_that_is_none_is_refused(recorder, evidence, make_record, salts):
    """Of another length, or of no detail: nothing is recorded."""
    with pytest.raises(BadInput):
        recorder.record(make_record(), PRIVATE, salts)
    assert 0 == evidence.log.size
