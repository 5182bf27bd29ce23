"""Collecting: one log asks its witnesses to cosign its newest checkpoint, and keeps what they say.

What flows in: a log, its signed head, its witness policy. What flows out: cosigned checkpoints, witnesses' standings.
What it must never see: a signing key. A witness is a stranger: its answer is short, checked, and never followed
anywhere else; one that does not answer holds up nobody.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import httpx
import msgspec

from lockplate.checkpoint import parse_checkpoint, parse_size
from lockplate.clock import Clock
from lockplate.cosigning.cosignature import Cosignature, verify_line
from lockplate.cosigning.policy import PolicyWitness, WitnessPolicy
from lockplate.errors import ProofInvalid
from lockplate.evidence.log import TileLog
from lockplate.evidence.publisher import Publisher
from lockplate.evidence.witnesses import CosignedNote, WitnessStanding, WitnessState, WitnessStore
from lockplate.note import Note, SignatureLine, parse_lines, parse_note
from lockplate.witnessing.submission import ADD_CHECKPOINT, Submission

ANSWER_SECONDS = 10.0
ASK_AGAIN = timedelta(minutes=10)
"""A checkpoint that a witness has cosigned is shown to it again after this time: a log that was put back to an older
state has all the cosignatures on that, and only the witness remembers the longer one."""
MAX_ANSWER_BYTES = 65_536
CONFLICT, UNPROCESSABLE = 409, 422


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    """What one place answered: its witnesses' lines that hold, or why there are none."""

    state: WitnessState
    size: int
    lines: tuple[tuple[SignatureLine, Cosignature], ...] = ()


class Collected(msgspec.Struct, frozen=True, kw_only=True):
    """What one round brought."""

    size: int
    """Of the checkpoint that was shown to the witnesses."""
    cosigned: tuple[str, ...]
    """The witnesses, by the policy's names, whose cosignatures on it are here."""
    agreed: bool
    """They are a quorum."""
    standings: tuple[WitnessStanding, ...]


class Collector:
    """Asks the witnesses of one log."""

    def __init__(self, log: TileLog, publisher: Publisher, store: WitnessStore, clock: Clock) -> None:
        self._log, self._publisher, self._store, self._clock = log, publisher, store, clock
        self._asked: set[str] = set()
        """Places that were asked since this program began."""

    def collect(self, *, again: bool = False) -> Collected | None:
        """Show the last signed checkpoint to every witness that has not cosigned it; None without a policy.

        One that has cosigned it is asked as well when this program never asked it, not for ASK_AGAIN, or with `again`.
        Never raises for what a witness does. Raises StoreFailed or LogRefused for what our own files do.
        """
        policy = self._store.policy()
        if policy is None:
            return None
        note = self._with_known_lines(policy, parse_note(self._publisher.last()))
        have = policy.read(note.written()).witnesses
        due = {one.name for one in policy.witnesses if again or one.name not in have or self._is_due(one)}
        places = sorted({witness.url for witness in policy.witnesses if witness.name in due and witness.url})
        if places:
            note = self._ask_all(policy, note, places)
            self._asked |= set(places)
        cosigned = policy.read(note.written())
        agreed = policy.reached_by(cosigned.witnesses)
        if cosigned.witnesses:
            self._store.keep(CosignedNote(size=cosigned.checkpoint.size, note=note.written()), reached=agreed)
        return Collected(
            size=cosigned.checkpoint.size,
            cosigned=cosigned.witnesses,
            agreed=agreed,
            standings=self._store.standings(),
        )

    def _is_due(self, witness: PolicyWitness) -> bool:
        """Say whether a witness that has cosigned everything is asked again; a clock set back is no reason not to."""
        tried = next((one.tried_at for one in self._store.standings() if one.witness == witness.name), None)
        now = self._clock.now()
        return witness.url not in self._asked or tried is None or not tried <= now < tried + ASK_AGAIN

    def _with_known_lines(self, policy: WitnessPolicy, note: Note) -> Note:
        """Return the note with the cosignatures that are here already, if they are on this very checkpoint."""
        kept = self._store.newest()
        if kept is None:
            return note
        known = parse_note(kept.note)
        if known.text != note.text:
            return note
        keys = [witness.key for witness in policy.witnesses]
        return note.with_lines(line for line in known.signatures if any(line.is_by(key) for key in keys))

    def _ask_all(self, policy: WitnessPolicy, note: Note, places: Sequence[str]) -> Note:
        seen = {standing.witness: standing for standing in self._store.standings()}
        with ThreadPoolExecutor(max_workers=min(8, len(places))) as pool:
            asked = {
                url: pool.submit(self._ask, [one for one in policy.witnesses if one.url == url], note, seen)
                for url in places
            }
            answers = {url: future.result() for url, future in asked.items()}
        at = self._clock.now()
        for witness in policy.witnesses:
            if witness.url in answers:
                said = answers[witness.url]
                self._store.note_standing(_standing(witness, said, seen.get(witness.name), at))
        return note.with_lines(line for said in answers.values() for line, _ in said.lines)

    def _ask(self, witnesses: Sequence[PolicyWitness], note: Note, seen: dict[str, WitnessStanding]) -> _Said:
        """Return what the witnesses at one address say to a checkpoint."""
        old = max((seen[one.name].size for one in witnesses if one.name in seen), default=0)
        try:
            with httpx.Client(timeout=ANSWER_SECONDS, follow_redirects=False, trust_env=False) as client:
                said = self._submit(client, witnesses, note, old)
                if said.state is WitnessState.SAW_MORE and said.size <= parse_checkpoint(note.text).size:
                    # it only knows another size than we thought; from there the same question again, once
                    said = self._submit(client, witnesses, note, said.size)
                return said
        except httpx.HTTPError:
            return _Said(state=WitnessState.UNREACHABLE, size=old)
        except (ProofInvalid, ValueError):
            return _Said(state=WitnessState.BAD_ANSWER, size=old)

    def _submit(self, client: httpx.Client, witnesses: Sequence[PolicyWitness], note: Note, old: int) -> _Said:
        checkpoint = parse_checkpoint(note.text)
        if old > checkpoint.size:
            return _Said(state=WitnessState.SAW_MORE, size=old)
        proof = tuple(self._log.consistency(old, checkpoint.size))
        status, body = _post(client, witnesses[0].url, Submission(old=old, proof=proof, note=note.written()).body())
        if status == httpx.codes.OK:
            held = tuple(_held(parse_lines(body.decode()), note, witnesses))
            if not held:
                raise ProofInvalid("the answer holds no line by the witness's key", code="not_cosigned")
            return _Said(state=WitnessState.COSIGNED, size=checkpoint.size, lines=held)
        if status == CONFLICT:
            size = parse_size(body.decode().removesuffix("\n"))
            # before the specification's version 1.1 a witness said so of the same size with another root
            return _Said(state=WitnessState.SAW_OTHER if size == old else WitnessState.SAW_MORE, size=size)
        if status == UNPROCESSABLE:
            return _Said(state=WitnessState.SAW_OTHER, size=old)
        return _Said(state=WitnessState.UNWILLING, size=old)


def _post(client: httpx.Client, url: str, content: bytes) -> tuple[int, bytes]:
    """Return an answer's status and its body, which is cut off unread when it is too long."""
    body = b""
    headers = {"content-type": "text/plain; charset=utf-8"}
    with client.stream("POST", f"{url.rstrip('/')}/{ADD_CHECKPOINT}", content=content, headers=headers) as answer:
        for part in answer.iter_bytes():
            body += part
            if len(body) > MAX_ANSWER_BYTES:
                raise ProofInvalid("a witness's answer is too long", code="bad_answer")
        return answer.status_code, body


def _held(
    lines: Iterable[SignatureLine], note: Note, witnesses: Sequence[PolicyWitness]
) -> Iterable[tuple[SignatureLine, Cosignature]]:
    """Yield the lines by these witnesses; raises ProofInvalid for one that claims to be theirs and does not hold."""
    checkpoint = parse_checkpoint(note.text)
    for line in lines:
        for witness in witnesses:
            if line.is_by(witness.key):
                yield line, verify_line(line, checkpoint, witness.key)


def _standing(witness: PolicyWitness, said: _Said, before: WitnessStanding | None, at: datetime) -> WitnessStanding:
    """Return what is known of a witness after its answer; one key of a pair may be missing from it."""
    own = next((cosignature for _, cosignature in said.lines if cosignature.key == witness.key), None)
    state = WitnessState.BAD_ANSWER if said.state is WitnessState.COSIGNED and own is None else said.state
    return WitnessStanding(
        witness=witness.name,
        state=state,
        size=said.size,
        cosigned_at=own.at if own else (before.cosigned_at if before else None),
        tried_at=at,
    )
