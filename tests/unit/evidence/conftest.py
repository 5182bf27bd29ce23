"""What the evidence tests share: a signer, a real sealer over AES-256-GCM, records, and a founded folder."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lockplate.access import AccessRecord
from lockplate.checkpoint import Signer
from lockplate.clock import SetClock
from lockplate.errors import SealBroken
from lockplate.evidence.files import EvidenceFolder, OpenEvidence
from lockplate.evidence.recorder import Recorder
from lockplate.terms import Action, OperatorId, PersonId

NOW = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)


class BoxSealer:
    """A detail sealer with one key of its own, enough to seal for real."""

    def __init__(self) -> None:
        self._box = AESGCM(AESGCM.generate_key(256))

    def seal_details(self, plain: bytes, aad: bytes) -> bytes:
        nonce = os.urandom(12)
        return nonce + self._box.encrypt(nonce, plain, aad)

    def open_details(self, blob: bytes, aad: bytes) -> bytes:
        try:
            return self._box.decrypt(blob[:12], blob[12:], aad)
        except InvalidTag as error:
            raise SealBroken("the details do not open") from error


@pytest.fixture
def operator() -> OperatorId:
    return OperatorId("springfield-pd")


@pytest.fixture
def signer(operator: OperatorId) -> Signer:
    return Signer(f"lockplate/{operator}", bytes(range(32)))


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOW)


@pytest.fixture
def sealer() -> BoxSealer:
    return BoxSealer()


@pytest.fixture
def folder(tmp_path: Path, operator: OperatorId) -> EvidenceFolder:
    return EvidenceFolder.of(tmp_path, operator)


@pytest.fixture
def evidence(folder: EvidenceFolder, signer: Signer) -> Iterator[OpenEvidence]:
    with folder.create(signer) as opened:
        yield opened


@pytest.fixture
def recorder(operator: OperatorId, evidence: OpenEvidence, sealer: BoxSealer, clock: SetClock) -> Recorder:
    return Recorder(operator, evidence.log, evidence.details, sealer, clock)


@pytest.fixture
def make_record(operator: OperatorId, clock: SetClock) -> Callable[..., AccessRecord]:
    """Return a maker of small records; any field can be given."""

    def make(**fields: object) -> AccessRecord:
        plain = {"action": Action.SIGN_IN, "at": clock.now(), "operator": operator, "person": PersonId("officer-7")}
        return AccessRecord(**(plain | fields))

    return make
