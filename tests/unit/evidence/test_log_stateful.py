"""The log as a machine: append, publish, reopen, prove and fail in any order, against a list as the model."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lockplate.checkpoint import Checkpoint, Signer, verify_checkpoint
from lockplate.errors import LogRefused, StoreFailed
from lockplate.evidence.files import EvidenceFolder
from lockplate.evidence.fsck import check_log
from lockplate.evidence.proof_file import open_proof
from lockplate.merkle import leaf_hash, root_of, verify_consistency

SIGNER = Signer("lockplate/springfield-pd", bytes(range(32)))


def leaf(number):
    return b'{"action":"sign_in","at":"2026-11-24T08:30:00.000Z","n":%d}' % number


class LogMachine(RuleBasedStateMachine):
    """The model: every entry acknowledged, and every checkpoint ever signed."""

    @initialize()
    def found(self):
        self.home = Path(tempfile.mkdtemp())
        self.folder = EvidenceFolder(self.home / "log")
        self.evidence = self.folder.create(SIGNER)
        self.entries = []
        self.signed = [verify_checkpoint(self.evidence.publisher.last(), SIGNER.vkey)]

    @rule(count=st.sampled_from([1, 2, 3, 100, 255, 256, 257]))
    def append(self, count):
        new = [leaf(len(self.entries) + number) for number in range(count)]
        places = self.evidence.log.append(new)
        assert list(range(len(self.entries), len(self.entries) + count)) == places
        self.entries += new

    @rule(count=st.integers(1, 300))
    def fail_to_append(self, count):
        def refuse(_first):
            raise StoreFailed("planted")

        with pytest.raises(StoreFailed):
            self.evidence.log.append([b"never"] * count, before_commit=refuse)

    @rule()
    def publish(self):
        checkpoint = verify_checkpoint(self.evidence.publisher.publish(), SIGNER.vkey)
        root = root_of([leaf_hash(entry) for entry in self.entries])
        assert Checkpoint(origin=SIGNER.origin, size=len(self.entries), root=root) == checkpoint
        self.signed.append(checkpoint)

    @rule()
    def reopen(self):
        self.evidence.close()
        self.evidence = self.folder.open(SIGNER)

    @rule()
    def roll_back_and_be_refused(self):
        """An older copy of the log under a newer head is refused; the newest copy is taken up again."""
        self.evidence.close()
        copy = self.home / "copy.db"
        shutil.copy(self.folder.log, copy)
        self.evidence = self.folder.open(SIGNER)
        self.append(1)
        self.publish()
        self.evidence.close()
        newest = self.home / "newest.db"
        shutil.copy(self.folder.log, newest)
        shutil.copy(copy, self.folder.log)
        with pytest.raises(LogRefused):
            self.folder.open(SIGNER)
        shutil.copy(newest, self.folder.log)
        self.evidence = self.folder.open(SIGNER)

    @precondition(lambda self: self.signed[-1].size)
    @rule(where=st.integers(min_value=0))
    def prove_a_published_entry(self, where):
        index = where % self.signed[-1].size
        proven = open_proof(self.evidence.prove(index), SIGNER.vkey)
        assert (self.entries[index], self.signed[-1]) == (proven.entry, proven.checkpoint)

    @rule(one=st.integers(min_value=0), other=st.integers(min_value=0))
    def prove_that_signed_heads_extend_each_other(self, one, other):
        old, new = sorted(
            (self.signed[one % len(self.signed)], self.signed[other % len(self.signed)]), key=lambda c: c.size
        )
        proof = self.evidence.log.consistency(old.size, new.size)
        assert new.root == verify_consistency(old.size, old.root, new.size, new.root, proof)

    @invariant()
    def the_log_is_the_model(self):
        if hasattr(self, "entries"):
            assert len(self.entries) == self.evidence.log.size
            assert self.entries[-3:] == self.evidence.log.entries(max(0, len(self.entries) - 3), len(self.entries))
            assert root_of([leaf_hash(entry) for entry in self.entries]) == self.evidence.log.head().root

    def teardown(self):
        if hasattr(self, "evidence"):
            report = check_log(self.folder.log, self.folder.heads, self.folder.details, SIGNER.vkey)
            self.evidence.close()
            shutil.rmtree(self.home)
            assert () == report.findings


LogMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestLogMachine = LogMachine.TestCase
