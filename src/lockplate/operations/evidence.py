"""Show the evidence: `log checkpoint|prove|export`.

What flows in: an operator, an index. What flows out: signed checkpoints, proof files, an export.
What it must never see: private details; those are read through the gate, by an auditor.
"""

from pathlib import Path

import msgspec

from lockplate.checkpoint import verify_checkpoint
from lockplate.evidence.export import export_log
from lockplate.operations.operation import Actor, Operation
from lockplate.operations.taking_in import only_operator
from lockplate.wiring.node import Node


class LogName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One operator's log."""

    operator: str = ""


class LogEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One record of a log."""

    index: int
    operator: str = ""


class LogExport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to write a log as plain files."""

    folder: str
    operator: str = ""


class SignedCheckpoint(msgspec.Struct, frozen=True, kw_only=True):
    """The newest checkpoint of a log, and the key that checks it."""

    operator: str
    origin: str
    size: int
    root: str
    """Base64, as in the note."""
    note: str
    """The signed text itself."""
    vkey: str


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """A proof file for one record."""

    operator: str
    index: int
    proof: str
    """`c2sp.org/tlog-proof@v1`; verifies offline with the key."""
    vkey: str


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """What an export wrote."""

    operator: str
    size: int
    files: int
    vkey: str


def checkpoint(node: Node, _: Actor, name: LogName) -> SignedCheckpoint:
    """Sign and show the newest checkpoint."""
    operator = only_operator(node, name.operator)
    publisher = node.desk(operator).evidence.publisher
    note = publisher.publish()
    signed = verify_checkpoint(note, publisher.vkey)
    return SignedCheckpoint(
        operator=operator,
        origin=signed.origin,
        size=signed.size,
        root=note.split("\n")[2],
        note=note,
        vkey=publisher.vkey,
    )


def keys(node: Node, _: Actor, name: LogName) -> dict[str, str]:
    """Show the keys that check the logs: of one operator, or of all."""
    operators = [only_operator(node, name.operator)] if name.operator else list(node.desks)
    return {operator: node.desk(operator).evidence.publisher.vkey for operator in operators}


def prove(node: Node, _: Actor, entry: LogEntry) -> Proof:
    """Prove that a record is in the log, under the newest checkpoint."""
    operator = only_operator(node, entry.operator)
    evidence = node.desk(operator).evidence
    evidence.publisher.publish()
    return Proof(operator=operator, index=entry.index, proof=evidence.prove(entry.index), vkey=evidence.publisher.vkey)


def export(node: Node, actor: Actor, request: LogExport) -> Exported:
    """Write the whole log as plain files that any tlog-tiles tool can check."""
    actor.require_system_user()
    operator = only_operator(node, request.operator)
    evidence = node.desk(operator).evidence
    note = evidence.publisher.publish()
    done = export_log(evidence.log, note, evidence.publisher.vkey, Path(request.folder))
    return Exported(operator=operator, size=done.size, files=done.written, vkey=evidence.publisher.vkey)


EVIDENCE = (
    Operation(name="log.checkpoint", request=LogName, handler=checkpoint, says="Sign and show the newest checkpoint."),
    Operation(name="log.keys", request=LogName, handler=keys, says="Show the keys that check the logs."),
    Operation(name="log.prove", request=LogEntry, handler=prove, says="Prove that a record is in the log."),
    Operation(
        name="log.export", request=LogExport, handler=export, says="Write the log as files.", is_for_system_user=True
    ),
)
