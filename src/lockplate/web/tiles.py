"""`GET /log/…`: each operator's log as tlog-tiles has it, for anyone.

What flows in: paths. What flows out: checkpoints, tiles, entry bundles, keys.
What it must never see: private details; they are in another file that no route serves.
"""

from litestar import Response, get
from litestar.response import Response as LitestarResponse

from lockplate.errors import NotFound
from lockplate.evidence.tiles import BundleName, parse_path
from lockplate.terms import OperatorId
from lockplate.web.doorway import Doorway

FOREVER = {"cache-control": "public, max-age=31536000, immutable"}
FRESH = {"cache-control": "no-cache"}
ANYONE = {"access-control-allow-origin": "*"}


@get("/log", sync_to_thread=True)
def list_logs(doorway: Doorway) -> dict[str, str]:
    """List the logs of this node and the keys that check them."""
    return {operator: desk.evidence.publisher.vkey for operator, desk in doorway.node.desks.items()}


@get("/log/{operator:str}/checkpoint", sync_to_thread=True)
def show_checkpoint(doorway: Doorway, operator: str) -> Response[str]:
    """Show the newest signed checkpoint, with the cosignatures that witnesses put on it so far."""
    note = doorway.node.desk(OperatorId(operator)).evidence.checkpoint()
    return LitestarResponse(note, media_type="text/plain; charset=utf-8", headers=FRESH | ANYONE)


@get("/log/{operator:str}/vkey", sync_to_thread=True)
def show_key(doorway: Doorway, operator: str) -> Response[str]:
    """Show the key that checks this log."""
    vkey = doorway.node.desk(OperatorId(operator)).evidence.publisher.vkey
    return LitestarResponse(vkey + "\n", media_type="text/plain; charset=utf-8", headers=FRESH | ANYONE)


@get("/log/{operator:str}/policy", sync_to_thread=True)
def show_policy(doorway: Doorway, operator: str) -> Response[str]:
    """Show which witnesses this log asks, and how many must have cosigned, as tlog-policy has it."""
    policy = doorway.node.desk(OperatorId(operator)).evidence.witnesses.policy()
    if policy is None:
        raise NotFound("this log has no witnesses", code="no_policy")
    return LitestarResponse(policy.text(), media_type="text/plain; charset=utf-8", headers=FRESH | ANYONE)


@get("/log/{operator:str}/agreed", sync_to_thread=True)
def show_agreed(doorway: Doorway, operator: str) -> Response[str]:
    """Show the newest checkpoint that a quorum of witnesses cosigned; the newest checkpoint may be ahead of it."""
    agreed = doorway.node.desk(OperatorId(operator)).evidence.agreed()
    if agreed is None:
        raise NotFound("no quorum of witnesses has cosigned yet", code="not_cosigned")
    return LitestarResponse(agreed, media_type="text/plain; charset=utf-8", headers=FRESH | ANYONE)


@get("/log/{operator:str}/tile/{path:path}", sync_to_thread=True)
def show_tile(doorway: Doorway, operator: str, path: str) -> Response[bytes]:
    """Show a tile of hashes, or a bundle of entries."""
    name = parse_path("tile/" + path.strip("/"))
    log = doorway.node.desk(OperatorId(operator)).evidence.log
    content = log.entry_bundle(*name) if isinstance(name, BundleName) else log.tile(*name)
    if not content:
        raise NotFound("the log has no such tile", code="no_tile")
    return LitestarResponse(content, media_type="application/octet-stream", headers=FOREVER | ANYONE)
