"""Show the evidence: `log checkpoint|prove|receipts|export`.

What flows in: an operator, an index. What flows out: signed checkpoints, proof files, an export.
What it must never see: private details; those are read through the gate, by an auditor.
"""

from datetime import datetime
from pathlib import Path

import msgspec

from lockplate.checkpoint import verify_checkpoint
from lockplate.errors import NotFound
from lockplate.evidence.export import export_log
from lockplate.evidence.seeking import records_of_request
from lockplate.operations.operation import Actor, Operation
from lockplate.operations.taking_in import only_operator
from lockplate.terms import Action, RequestId, Verdict
from lockplate.wiring.node import Node


class LogName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One operator's log."""

    operator: str = ""


class LogEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One record of a log."""

    index: int
    operator: str = ""


class LogRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One request, by its id, in one operator's log."""

    request_id: str
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


class RequestProof(Proof, frozen=True, kw_only=True):
    """A receipt of one of a request's records, and what the record is about."""

    at: datetime
    action: Action
    verdict: Verdict


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


def prove_request(node: Node, _: Actor, request: LogRequest) -> tuple[RequestProof, ...]:
    """Prove every record of one request: asked, sent to a second person, decided, answered.

    Raises NotFound when the log has none. Request ids are in the log, which anyone may read.
    """
    operator = only_operator(node, request.operator)
    evidence = node.desk(operator).evidence
    found = records_of_request(evidence.log, RequestId(request.request_id))
    if not found:
        raise NotFound("this log has no record of such a request", code="no_such_request")
    evidence.publisher.publish()
    return tuple(
        RequestProof(
            operator=operator,
            index=index,
            proof=evidence.prove(index),
            vkey=evidence.publisher.vkey,
            at=record.at,
            action=record.action,
            verdict=record.verdict,
        )
        for index, record in found
    )


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
        name="log.receipts", request=LogRequest, handler=prove_request, says="Prove every record of one request."
    ),
    Operation(
        name="log.export", request=LogExport, handler=export, says="Write the log as files.", is_for_system_user=True
    ),
)
