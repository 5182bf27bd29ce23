"""A process that records until it is killed: `appender.py HOME OPERATOR SEED`; prints what was acknowledged.

Each line is `place leaf-hash` after record() returned, or `published size` after publish() returned. Run by test_kill.
"""

import hashlib
import os
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from lockplate.access import AccessRecord
from lockplate.checkpoint import Signer, verify_checkpoint
from lockplate.clock import SystemClock
from lockplate.evidence.files import EvidenceFolder
from lockplate.evidence.recorder import Recorder
from lockplate.terms import Action, OperatorId, PersonId


class OpenSealer:
    """Seals nothing: this process is about crashes, not secrets."""

    def seal_details(self, plain: bytes, aad: bytes) -> bytes:
        return hashlib.sha256(aad).digest() + plain

    def open_details(self, blob: bytes, aad: bytes) -> bytes:
        return blob[32:]


def say(line: str) -> None:
    """Print one whole line with one system call, so that a kill cannot leave half of it."""
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


def main() -> None:
    home, operator, seed = Path(sys.argv[1]), OperatorId(sys.argv[2]), bytes.fromhex(sys.argv[3])
    signer = Signer(f"lockplate/{operator}", seed)
    evidence = EvidenceFolder.of(home, operator).open(signer)
    recorder = Recorder(operator, evidence.log, evidence.details, OpenSealer(), SystemClock())
    say("ready")

    def record(worker: int) -> None:
        number = 0
        while True:
            number += 1
            batch = [
                (
                    AccessRecord(
                        action=Action.SIGN_IN, at=datetime.now(UTC), operator=operator, person=PersonId(f"p{worker}")
                    ),
                    {"plate": f"TST{number}"} if part % 2 else {},
                )
                for part in range(1 + number % 40)
            ]
            for place in recorder.record_many(batch):
                say(f"{place} {hashlib.sha256(evidence.log.entry(place)).hexdigest()}")
            if number % 3 == 0:
                note = evidence.publisher.publish()
                say(f"published {verify_checkpoint(note, signer.vkey).size}")

    for worker in range(2):
        threading.Thread(target=record, args=(worker,)).start()


main()
