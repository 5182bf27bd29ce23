"""`lockplate log verify`: a receipt or a checkpoint, checked with a public key, offline.

What flows in: a file, a key, an opening, a witness policy. What flows out: what it proves, in words or as JSON;
exit 1 when it does not.
What it must never see: a node, a network, a home folder.
"""

import base64
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from lockplate.access import AccessRecord, parse_leaf
from lockplate.checkpoint import Checkpoint, verify_checkpoint
from lockplate.cli.given_files import read_bytes
from lockplate.cli.options import Json
from lockplate.cli.output import print_json, print_lines, told_errors
from lockplate.cli.telling import Receipt, lines_of, proves, proves_not, witnessed
from lockplate.clock import SystemClock
from lockplate.cosigning.policy import MAX_POLICY_CHARACTERS, Cosigned, WitnessPolicy, parse_policy
from lockplate.errors import BadInput, ProofInvalid
from lockplate.evidence.opening import MAX_OPENING_BYTES, open_commitments, parse_opening
from lockplate.evidence.proof_file import FIRST_LINE, MAX_PROOF_CHARACTERS, open_proof
from lockplate.note import parse_vkey
from lockplate.operations.explaining import rules_of_record
from lockplate.operations.plain import plain
from lockplate.wiring.policies import shipped_gate, shipped_profiles

KeyOption = Annotated[
    str, typer.Option("--key", metavar="K", help="The log's key, `name+hash+base64`, or a file of it.")
]


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A receipt (.tlog-proof) or a checkpoint.")],
    key: KeyOption,
    reveal: Annotated[
        Path | None,
        typer.Option("--reveal", metavar="FILE", help="An opening: shows what the record is about, once it fits."),
    ] = None,
    policy: Annotated[
        Path | None,
        typer.Option(
            "--policy", metavar="FILE", help="The witnesses you trust (tlog-policy): enough must have cosigned."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Verify a receipt or a checkpoint with a log's key, and say what it proves. Needs no node and no network."""
    with told_errors(as_json=as_json):
        text, vkey = evidence_text(file), read_key(key)
        trusted = None if policy is None else read_policy(policy, vkey)
        if text.startswith(FIRST_LINE):
            opening = None if reveal is None else read_bytes(reveal, MAX_OPENING_BYTES)
            receipt = open_receipt(text, vkey, opening, trusted)
            if as_json:
                print_json(told_receipt(receipt))
            else:
                print_lines(list(lines_of(receipt)))
            return
        if reveal is not None:
            raise BadInput("an opening is checked with a receipt", code="no_receipt", next_step="Give the receipt.")
        signed = verify_checkpoint(_require_note(text), vkey)
        cosigned = None if trusted is None else trusted.require(text)
        if as_json:
            print_json({"verified": "checkpoint"} | told_checkpoint(signed) | told_witnesses(cosigned))
        else:
            print_lines([f"Holds: checkpoint of {signed.origin}, {signed.size} records.", *witnessed(cosigned)])


def open_receipt(text: str, vkey: str, opening: bytes | None = None, policy: WitnessPolicy | None = None) -> Receipt:
    """Return what a receipt's text proves under a key, with what an opening shows of it.

    Raises ProofInvalid also when the witnesses who cosigned its checkpoint are no quorum of the policy.
    """
    proven = open_proof(text, vkey)
    # the note is everything below the first empty line, so what was cosigned is the checkpoint that the proof led to
    cosigned = None if policy is None else policy.require(text.partition("\n\n")[2])
    record = _record(proven.entry)
    shown: dict[str, str] = {}
    if opening is not None:
        if record is None:
            raise ProofInvalid("the record is in a form that commits to nothing here", code="unknown_record")
        origin = proven.checkpoint.origin
        shown = dict(open_commitments(parse_opening(opening), origin, proven.index, record))
    # a proof that holds ends in a note whose lines were all well formed: one signature each, one of them the log's
    signatures = text.rpartition("\n\n")[2].count("\n")
    return Receipt(
        proven=proven,
        record=record,
        rules=None if record is None else rules_of_record(shipped_gate(SystemClock()), shipped_profiles(), record),
        shown=shown,
        cosigned=cosigned,
        other_signatures=signatures - 1 - (0 if cosigned is None else len(cosigned.cosignatures)),
    )


def told_receipt(receipt: Receipt) -> dict[str, Any]:
    """Return a receipt as JSON says it."""
    rules = receipt.rules
    told = {
        "verified": "proof",
        "index": receipt.proven.index,
        "record": None if receipt.record is None else plain(receipt.record),
        "leaf": base64.b64encode(receipt.proven.entry).decode(),
        "policies": [] if rules is None else plain(rules.reasons),
        "policies_are_the_very_ones": rules is not None and rules.are_the_very_ones,
        "revealed": dict(receipt.shown),
        "other_signatures": receipt.other_signatures,
        "proves": list(proves(receipt)),
        "does_not_prove": list(proves_not(receipt)),
    }
    return told | told_checkpoint(receipt.proven.checkpoint) | told_witnesses(receipt.cosigned)


def told_checkpoint(signed: Checkpoint) -> dict[str, Any]:
    """Return a checkpoint as JSON says it."""
    return {"origin": signed.origin, "size": signed.size, "root": base64.b64encode(signed.root).decode()}


def told_witnesses(cosigned: Cosigned | None) -> dict[str, Any]:
    """Return who cosigned as JSON says it; nothing when no policy was given."""
    return {} if cosigned is None else {"witnesses": cosigned.witnesses, "cosigned_at": plain(cosigned.agreed_at)}


def read_policy(path: Path, vkey: str) -> WitnessPolicy:
    """Return the policy that a file says, for the log with this key; raises BadInput for a file that is none.

    A policy without a `log` line leaves the log to whoever uses it (tlog-policy): here it is the key that was given.
    """
    try:
        policy = parse_policy(read_bytes(path, MAX_POLICY_CHARACTERS * 4).decode())
    except UnicodeDecodeError:
        raise BadInput(f"{path.name} is not a text", code="bad_policy", next_step="Give a tlog-policy.") from None
    return policy if policy.logs else msgspec.structs.replace(policy, logs=(parse_vkey(vkey),))


def evidence_text(path: Path) -> str:
    """Return the text of a receipt or a checkpoint, byte for byte.

    Raises BadInput for a file that cannot be read, ProofInvalid for one that no log can have written.
    """
    content = read_bytes(path, MAX_PROOF_CHARACTERS * 4)
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise ProofInvalid(f"{path.name} is not a text", code="bad_proof_file", next_step=_AS_IT_CAME) from None
    if "\r" in text:
        raise ProofInvalid(
            f"the line ends of {path.name} were changed on the way", code="changed_lines", next_step=_AS_IT_CAME
        )
    return text


def read_key(key: str) -> str:
    """Return the key itself, from the option or from the file that it names."""
    if "+" in key and not Path(key).is_file():
        return key.strip()
    try:
        return read_bytes(Path(key), 10_000).decode().strip()
    except UnicodeDecodeError:
        raise BadInput("the key's file is not a text", code="bad_vkey", next_step="Give the key itself.") from None


_AS_IT_CAME = "Take the file as it was first written: send it as an attachment, do not paste it."


def _require_note(text: str) -> str:
    """Return the text itself, or raise ProofInvalid when it cannot be a checkpoint either."""
    if "\n\n" not in text:
        raise ProofInvalid(
            "neither a receipt nor a checkpoint",
            code="bad_proof_file",
            next_step=f"A receipt begins with {FIRST_LINE}.",
        )
    return text


def _record(entry: bytes) -> AccessRecord | None:
    """Return the record, or None for an entry of a later form, or of a log that is not ours: the proof holds anyway."""
    try:
        return parse_leaf(entry)
    except BadInput:
        return None
