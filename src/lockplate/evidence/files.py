"""EvidenceFolder: where one operator's evidence lies, how it is founded, and how it is opened as a whole.

What flows in: the node's home, an operator, the log's signing key. What flows out: the open log, heads, details and
publisher. What it must never see: where the signing key is kept.

    <home>/evidence/<operator>/log.db      entries, tiles        not trusted: the heads catch what is changed here
                               heads.db    last signed head      trusted; best on another disk or in another backup
                               details.db  sealed details        useless without the sealer's keys
                               witnesses.db  whom the log asks, what they cosigned   proves itself, or is passed over
"""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from lockplate.checkpoint import Signer, verify_checkpoint
from lockplate.errors import BadInput, LogRefused, NotFound, ProofInvalid, StoreFailed
from lockplate.evidence.details import DetailStore
from lockplate.evidence.heads import HeadStore
from lockplate.evidence.log import TileLog
from lockplate.evidence.proof_file import make
from lockplate.evidence.publisher import Publisher
from lockplate.evidence.witnesses import CosignedNote, WitnessStore
from lockplate.folders import make_folder, sync_folder
from lockplate.note import parse_note
from lockplate.terms import OperatorId

NOT_PUBLISHED = "not_published"
"""The code of the error that no signed checkpoint covers a record yet."""

_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class OpenEvidence:
    """One operator's evidence, open; close it once, or use it in a `with` block."""

    log: TileLog
    heads: HeadStore
    details: DetailStore
    publisher: Publisher
    witnesses: WitnessStore

    def checkpoint(self) -> str:
        """Return the last signed checkpoint, with the witnesses' cosignatures on it that are here."""
        last = self.publisher.last()
        cosigned = self._own(self.witnesses.newest())
        return cosigned if cosigned and parse_note(cosigned).text == parse_note(last).text else last

    def prove(self, index: int) -> str:
        """Return the proof file of a record: under the newest checkpoint with a quorum of witnesses that covers it.

        Without one, under the last signed checkpoint. Raises NotFound when the log has no such record, or when no
        signed checkpoint covers it yet.
        """
        entry = self.log.entry(index)
        for note in (self.agreed(), self.checkpoint()):
            size = verify_checkpoint(note, self.publisher.vkey).size if note else 0
            if note and index < size:
                return make(index, entry, self.log.inclusion(index, size), note)
        raise NotFound("the record is not published yet", code=NOT_PUBLISHED, next_step="Publish a checkpoint.")

    def agreed(self) -> str | None:
        """Return the newest checkpoint of this log that a quorum of its witnesses cosigned; None without one."""
        note, policy = self._own(self.witnesses.newest_agreed()), self.witnesses.policy()
        try:
            if note and policy:
                policy.require(note)
                return note
        except ProofInvalid:
            pass  # somebody changed the file: it proves nothing, and harms nothing
        return None

    def _own(self, cosigned: CosignedNote | None) -> str | None:
        """Return a kept note when this log signed it; None also for one that somebody else put there."""
        try:
            signed = None if cosigned is None else verify_checkpoint(cosigned.note, self.publisher.vkey)
        except ProofInvalid:
            return None
        return None if cosigned is None or signed is None or signed.size > self.log.size else cosigned.note

    def close(self) -> None:
        """Close every file."""
        self.log.close()
        self.heads.close()
        self.details.close()
        self.witnesses.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True)
class EvidenceFolder:
    """The names of one operator's evidence files."""

    folder: Path

    @classmethod
    def of(cls, home: Path, operator: OperatorId) -> Self:
        """Return the folder of an operator under a node's home; raises BadInput for an id that is no file name."""
        if not _SAFE_NAME.fullmatch(operator):
            raise BadInput(
                "an operator's id is letters, digits, dot, dash and underscore",
                code="bad_operator",
                next_step="Example: springfield-pd",
            )
        return cls(home / "evidence" / operator)

    @property
    def log(self) -> Path:
        """Return the path of the log."""
        return self.folder / "log.db"

    @property
    def heads(self) -> Path:
        """Return the path of the head store."""
        return self.folder / "heads.db"

    @property
    def details(self) -> Path:
        """Return the path of the details."""
        return self.folder / "details.db"

    @property
    def witnesses(self) -> Path:
        """Return the path of what witnesses said."""
        return self.folder / "witnesses.db"

    def exists(self) -> bool:
        """Say whether any part of the evidence is there; `open` then demands all of it."""
        return any(path.exists() for path in (self.log, self.heads, self.details))

    def create(self, signer: Signer) -> OpenEvidence:
        """Found the log: three empty files and a signed empty head; raises LogRefused over a log that holds entries.

        It is founded aside and then given its name, so that a crash leaves a whole log or none, and `open` need never
        guess whether a missing file was not yet made or was taken away. Raises StoreFailed when the disk refuses.
        """
        if self.exists():
            self._found(signer)
            return self.open(signer)
        aside = EvidenceFolder(self.folder.with_name(f".{self.folder.name}"))  # no operator's id begins with a dot
        try:
            shutil.rmtree(aside.folder, ignore_errors=True)
            make_folder(aside.folder)
            aside._found(signer)
            sync_folder(aside.folder)
            aside.folder.rename(self.folder)
            sync_folder(self.folder.parent)
        except OSError as error:
            raise StoreFailed("the log could not be founded", next_step="Look at the disk, then try again.") from error
        return self.open(signer)

    def _found(self, signer: Signer) -> None:
        """Make the files, or take up an unfinished attempt to make them."""
        DetailStore.create(self.details).close()
        TileLog.create(self.log).close()
        with TileLog.open(self.log) as log, HeadStore.create(self.heads) as heads:
            Publisher.found(log, heads, signer)

    def open(self, signer: Signer) -> OpenEvidence:
        """Open all parts; raises LogRefused when one is missing or they contradict each other (see Publisher)."""
        if not self.exists():
            raise LogRefused("there is no evidence folder for this operator", code="evidence_missing")
        log = TileLog.open(self.log)
        heads: HeadStore | None = None
        details: DetailStore | None = None
        witnesses: WitnessStore | None = None
        try:
            heads = HeadStore.open(self.heads)
            details = DetailStore.open(self.details)
            witnesses = WitnessStore.open(self.witnesses)
            publisher = Publisher(log, heads, signer)
        except BaseException:
            for part in (log, heads, details, witnesses):
                if part is not None:
                    part.close()
            raise
        return OpenEvidence(log=log, heads=heads, details=details, publisher=publisher, witnesses=witnesses)
