"""`GET /log/…`: each operator's log as C2SP tlog-tiles has it, and each record's receipt, for anyone's programs.

What flows in: paths. What flows out: checkpoints, tiles, entry bundles, keys, receipts.
What it must never see: private details; they are in another file that no route serves. A stranger's request signs
nothing: a receipt whose record no signed checkpoint covers yet is not there yet.

What is not there is 404, however it was asked for: other programs tell "no such tile" from "try elsewhere" by that.
"""

import gzip
from typing import Any

from litestar import Response, get
from litestar.response import Response as LitestarResponse

from lockplate.errors import BadInput, NotFound, Unauthenticated
from lockplate.evidence.files import NOT_PUBLISHED
from lockplate.evidence.tiles import BundleName, TileName, parse_path
from lockplate.terms import OperatorId
from lockplate.web.doorway import Doorway, HttpRequest

FOREVER = {"cache-control": "public, max-age=31536000, immutable"}
FRESH = {"cache-control": "no-cache"}
ANYONE = {"access-control-allow-origin": "*"}
PACKED = {"content-encoding": "gzip"}
BY_ENCODING = {"vary": "accept-encoding"}
TEXT = "text/plain"
"""The framework adds the charset, which is utf-8."""


@get("/log", sync_to_thread=True)
def list_logs(doorway: Doorway) -> dict[str, str]:
    """List the logs of this node and the keys that check them."""
    return {operator: desk.evidence.publisher.vkey for operator, desk in doorway.node.desks.items()}


@get("/log/{operator:str}/checkpoint", sync_to_thread=True)
def show_checkpoint(doorway: Doorway, operator: str) -> Response[str]:
    """Show the newest signed checkpoint, with the cosignatures that witnesses put on it so far."""
    note = doorway.node.desk(OperatorId(operator)).evidence.checkpoint()
    return LitestarResponse(note, media_type=TEXT, headers=FRESH | ANYONE)


@get("/log/{operator:str}/vkey", sync_to_thread=True)
def show_key(doorway: Doorway, operator: str) -> Response[str]:
    """Show the key that checks this log."""
    vkey = doorway.node.desk(OperatorId(operator)).evidence.publisher.vkey
    return LitestarResponse(vkey + "\n", media_type=TEXT, headers=FRESH | ANYONE)


@get("/log/{operator:str}/policy", sync_to_thread=True)
def show_policy(doorway: Doorway, operator: str) -> Response[str]:
    """Show which witnesses this log asks, and how many must have cosigned, as tlog-policy has it."""
    policy = doorway.node.desk(OperatorId(operator)).evidence.witnesses.policy()
    if policy is None:
        raise NotFound("this log has no witnesses", code="no_policy")
    return LitestarResponse(policy.text(), media_type=TEXT, headers=FRESH | ANYONE)


@get("/log/{operator:str}/agreed", sync_to_thread=True)
def show_agreed(doorway: Doorway, operator: str) -> Response[str]:
    """Show the newest checkpoint that a quorum of witnesses cosigned; the newest checkpoint may be ahead of it."""
    agreed = doorway.node.desk(OperatorId(operator)).evidence.agreed()
    if agreed is None:
        raise NotFound("no quorum of witnesses has cosigned yet", code="not_cosigned")
    return LitestarResponse(agreed, media_type=TEXT, headers=FRESH | ANYONE)


@get("/log/{operator:str}/tile/{path:path}", sync_to_thread=True)
def show_tile(doorway: Doorway, request: HttpRequest, operator: str, path: str) -> Response[bytes]:
    """Show a tile of hashes, or a bundle of entries; a bundle packed with gzip for whoever takes that."""
    name = _named("tile/" + path.strip("/"))
    log = doorway.node.desk(OperatorId(operator)).evidence.log
    if isinstance(name, TileName):
        return LitestarResponse(log.tile(*name), media_type="application/octet-stream", headers=FOREVER | ANYONE)
    content, headers = log.entry_bundle(*name), FOREVER | ANYONE | BY_ENCODING
    if takes_gzip(request.headers.get("accept-encoding", "")):
        content, headers = gzip.compress(content, mtime=0), headers | PACKED
    return LitestarResponse(content, media_type="application/octet-stream", headers=headers)


@get("/log/{operator:str}/receipt/{index:int}", sync_to_thread=True)
def show_receipt(doorway: Doorway, request: HttpRequest, operator: str, index: int) -> Response[str]:
    """Show the receipt of a record: one file that verifies offline with the log's key.

    It holds what the entry bundles and tiles hold for anyone. Just after an act the record may wait for the next
    checkpoint; for somebody who is signed in that is signed at once.
    """
    evidence = doorway.node.desk(OperatorId(operator)).evidence
    try:
        receipt = evidence.prove(index)
    except NotFound as error:
        if error.code != NOT_PUBLISHED:
            raise
        try:
            doorway.session(request)
        except Unauthenticated:
            return _not_yet(doorway.node.settings.publish_seconds)
        evidence.publisher.publish()
        receipt = evidence.prove(index)
    headers = FRESH | ANYONE | {"content-disposition": f'attachment; filename="{operator}-{index}.tlog-proof"'}
    return LitestarResponse(receipt, media_type=TEXT, headers=headers)


def _not_yet(seconds: int) -> Response[Any]:
    """Return "not there yet", and when to try again."""
    told = NotFound(
        "no signed checkpoint covers this record yet",
        code=NOT_PUBLISHED,
        next_step=f"Try again in {seconds} seconds: a checkpoint is signed while the log grows.",
    )
    return LitestarResponse(
        told.public(),
        status_code=told.http_status,
        headers=ANYONE | {"cache-control": "no-store", "retry-after": str(seconds)},
    )


def takes_gzip(accepted: str) -> bool:
    """Say whether an Accept-Encoding header (RFC 9110 12.5.3) names gzip and does not refuse it."""
    for one in accepted.lower().split(","):
        coding, *parameters = (part.replace(" ", "").replace("\t", "") for part in one.split(";"))
        if coding == "gzip":
            return not any(parameter.startswith("q=") and not parameter[2:].strip("0.") for parameter in parameters)
    return False


def _named(path: str) -> TileName | BundleName:
    """Return what a path names; raises NotFound for one that tlog-tiles would not write so."""
    try:
        return parse_path(path)
    except BadInput as error:
        raise NotFound("the log has no such tile", code="no_such_tile") from error
