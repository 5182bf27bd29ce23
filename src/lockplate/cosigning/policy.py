"""WitnessPolicy: which logs and witnesses somebody trusts, and how many must have cosigned (C2SP tlog-policy).

What flows in: a policy's text; a cosigned checkpoint. What flows out: the policy; the checkpoint, once a quorum holds.
What it must never see: I/O. The text is what is published, so that anyone applies the same rule.

    log <vkey> [<url>]
    witness <name> <vkey> [<url>]
    group <name> all|any|<k> <name>…
    quorum <name>|none
"""

import re
from collections.abc import Sequence
from datetime import datetime

import msgspec

from lockplate.checkpoint import Checkpoint, verify_checkpoint
from lockplate.cosigning.cosignature import COSIGNER_KINDS, Cosignature, cosignatures
from lockplate.errors import BadInput, ProofInvalid
from lockplate.note import VerifierKey, parse_note, parse_vkey

NO_QUORUM = "none"
MAX_POLICY_CHARACTERS = 262_144
_BLANKS = re.compile(r"[ \t]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_THRESHOLD = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)
_HELP = "The lines are: log, witness, group, quorum; docs/witnesses.md shows one."


class PolicyWitness(msgspec.Struct, frozen=True, kw_only=True):
    """A witness that the policy knows: its name within the policy, its key, where it takes submissions."""

    name: str
    key: VerifierKey
    url: str = ""


class PolicyGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Members of whom at least `threshold` must have witnessed; members are witnesses or groups named before."""

    name: str
    threshold: int
    members: tuple[str, ...]


class Cosigned(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint of a known log, with the cosignatures of known witnesses on it."""

    checkpoint: Checkpoint
    cosignatures: tuple[Cosignature, ...]
    witnesses: tuple[str, ...]
    """The policy's names of those who cosigned."""

    @property
    def agreed_at(self) -> datetime | None:
        """When the newest of the cosignatures was made; None without any."""
        return max((one.at for one in self.cosignatures), default=None)


class WitnessPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """A policy, as parsed: every name that is used was defined before."""

    logs: tuple[VerifierKey, ...]
    witnesses: tuple[PolicyWitness, ...]
    groups: tuple[PolicyGroup, ...]
    quorum: str

    def read(self, note: str) -> Cosigned:
        """Return a checkpoint of one of the policy's logs with whatever cosignatures it has, quorum or not.

        Raises ProofInvalid when none of the logs signed it, or a known witness's line on it does not hold.
        """
        parts = parse_note(note)
        origin = parts.text.partition("\n")[0]
        signers = [log for log in self.logs if log.name == origin and any(line.is_by(log) for line in parts.signatures)]
        if not signers:
            raise ProofInvalid("the checkpoint is of no log that the policy knows", code="not_signed")
        checkpoint, *_ = [
            verify_checkpoint(note, log.text()) for log in signers
        ]  # a line that does not hold spoils all
        found = cosignatures(parts, (witness.key for witness in self.witnesses))
        keys = {cosignature.key for cosignature in found}
        names = tuple(witness.name for witness in self.witnesses if witness.key in keys)
        return Cosigned(checkpoint=checkpoint, cosignatures=found, witnesses=names)

    def require(self, note: str) -> Cosigned:
        """Return a checkpoint once the quorum has cosigned it; raises ProofInvalid otherwise."""
        cosigned = self.read(note)
        if not self.reached_by(cosigned.witnesses):
            raise ProofInvalid(
                f"{len(cosigned.witnesses)} of {len(self.witnesses)} witnesses cosigned, which is no quorum",
                code="no_quorum",
                next_step="Ask for a newer copy; if it stays so, ask the witnesses what they saw.",
            )
        return cosigned

    def reached_by(self, names: Sequence[str]) -> bool:
        """Say whether these witnesses together are a quorum."""
        witnessed = set(names)
        for group in self.groups:
            if sum(member in witnessed for member in group.members) >= group.threshold:
                witnessed.add(group.name)
        return self.quorum == NO_QUORUM or self.quorum in witnessed

    def text(self) -> str:
        """Return the policy as a file."""
        lines = [f"log {log.text()}" for log in self.logs]
        lines += [f"witness {one.name} {one.key.text()} {one.url}".rstrip(" ") for one in self.witnesses]
        lines += [f"group {one.name} {one.threshold} {' '.join(one.members)}" for one in self.groups]
        return "\n".join([*lines, f"quorum {self.quorum}"]) + "\n"


def parse_policy(text: str) -> WitnessPolicy:
    """Return the policy that a text says, or raise BadInput with the number of the line that is wrong."""
    if len(text) > MAX_POLICY_CHARACTERS or _CONTROL.search(text):
        raise BadInput("a policy is short and holds no control characters", code="bad_policy", next_step=_HELP)
    reading = _Reading()
    for number, line in enumerate(text.split("\n"), 1):
        words = [word for word in _BLANKS.split(line) if word]
        if not words or words[0].startswith("#"):
            continue
        try:
            reading.take(words)
        except BadInput as error:
            raise BadInput(f"line {number}: {error.message}", code="bad_policy", next_step=_HELP) from error
    return reading.policy()


class _Reading:
    """What the lines so far have defined."""

    def __init__(self) -> None:
        self._logs: list[VerifierKey] = []
        self._witnesses: list[PolicyWitness] = []
        self._groups: list[PolicyGroup] = []
        self._quorum: str | None = None
        self._free: set[str] = set()
        """Names that no group has as a member yet: each counts once."""
        self._names: set[str] = {NO_QUORUM}

    def take(self, words: list[str]) -> None:
        """Take one line's words, or raise BadInput."""
        kind, rest = words[0], words[1:]
        match kind:
            case "log" if 1 <= len(rest) <= 2:
                self._add_log(parse_vkey(rest[0]))
            case "witness" if 2 <= len(rest) <= 3:
                self._add_witness(rest[0], parse_vkey(rest[1], COSIGNER_KINDS), *rest[2:])
            case "group" if len(rest) >= 3:
                self._add_group(rest[0], rest[1], tuple(rest[2:]))
            case "quorum" if len(rest) == 1:
                self._set_quorum(rest[0])
            case _:
                raise BadInput("not a line that a policy has", code="bad_policy")

    def policy(self) -> WitnessPolicy:
        """Return what was read; raises BadInput when there was no quorum line."""
        if self._quorum is None:
            raise BadInput("the policy has no quorum line", code="bad_policy", next_step=_HELP)
        return WitnessPolicy(
            logs=tuple(self._logs),
            witnesses=tuple(self._witnesses),
            groups=tuple(self._groups),
            quorum=self._quorum,
        )

    def _add_log(self, key: VerifierKey) -> None:
        if any(log.public == key.public for log in self._logs):
            raise BadInput("this log is there already", code="bad_policy")
        self._logs.append(key)

    def _add_witness(self, name: str, key: VerifierKey, url: str = "") -> None:
        if any(witness.key.public == key.public for witness in self._witnesses):
            raise BadInput("this witness's key is there already", code="bad_policy")
        self._define(name)
        self._witnesses.append(PolicyWitness(name=name, key=key, url=url))

    def _add_group(self, name: str, threshold: str, members: tuple[str, ...]) -> None:
        if len(set(members)) != len(members) or not set(members) <= self._free:
            raise BadInput("a member is not defined before, or counted already", code="bad_policy")
        wanted = {"all": len(members), "any": 1}.get(threshold)
        if wanted is None:
            if not _THRESHOLD.fullmatch(threshold) or int(threshold) > len(members):
                raise BadInput("how many of the members is `all`, `any`, or 1 to their number", code="bad_policy")
            wanted = int(threshold)
        self._free -= set(members)
        self._define(name)
        self._groups.append(PolicyGroup(name=name, threshold=wanted, members=members))

    def _set_quorum(self, name: str) -> None:
        if self._quorum is not None or name not in self._names:
            raise BadInput("there is one quorum, and its name is defined before", code="bad_policy")
        self._quorum = name

    def _define(self, name: str) -> None:
        if name in self._names:
            raise BadInput("this name is taken", code="bad_policy")
        self._names.add(name)
        self._free.add(name)
