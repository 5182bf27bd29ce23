"""Compare this node's log with another's: `log reconcile`; or two exported logs, without a node.

What flows in: where the other log lies, its key. What flows out: what the two do not agree on.
What it must never see: private details. Both logs are public; anyone with both can run the same comparison.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path

import msgspec

from lockplate.access import parse_leaf
from lockplate.checkpoint import verify_checkpoint
from lockplate.clock import parse_time
from lockplate.errors import BadInput
from lockplate.evidence.published import Source, address_source, folder_source, read_published
from lockplate.note import encode_base64, parse_vkey
from lockplate.operations.operation import Actor, Operation
from lockplate.operations.taking_in import only_operator
from lockplate.reconciliation.comparing import reconcile
from lockplate.reconciliation.discrepancy import CODES, Discrepancy
from lockplate.reconciliation.side import Reader, Side, sizes_seen
from lockplate.terms import AgencyId, LeafIndex
from lockplate.wiring.desk import Desk, origin_of
from lockplate.wiring.node import Node

CHUNK = 4_000


class OtherLog(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another log, and between which times to compare it with ours."""

    key: str
    """The other log's key."""
    folder: str = ""
    """A folder that `log export` wrote there."""
    url: str = ""
    """Or its address, such as https://HOST/log/OPERATOR."""
    operator: str = ""
    """Which of our logs; may be left out when there is one."""
    window_from: str = ""
    window_to: str = ""
    """RFC 3339; a question counts by its first record. Empty: no limit."""


class LogPart(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two logs, as far as its signed checkpoint covers it."""

    origin: str
    size: int


class Reconciliation(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a comparison."""

    own: LogPart
    other: LogPart
    questions: int
    """Questions between the two that were compared."""
    findings: tuple[Discrepancy, ...]
    meanings: dict[str, str]
    """Code of each finding → what it means."""


OwnSide = Callable[[Collection[int], Collection[AgencyId]], Side]
"""Reads our side: at which sizes its roots are wanted, and whose direct questions count."""


def reconcile_logs(node: Node, actor: Actor, wanted: OtherLog) -> Reconciliation:
    """Compare this node's log with another's; nothing private is looked at, and nothing is recorded."""
    actor.require_system_user()
    desk = node.desk(only_operator(node, wanted.operator))
    note = desk.evidence.publisher.publish()
    size = verify_checkpoint(note, desk.evidence.publisher.vkey).size

    def own_side(sizes: Collection[int], agencies_there: Collection[AgencyId]) -> Side:
        return _node_side(desk, size, sizes, agencies_there)

    return _compared(own_side, wanted, node.clock.now())


def reconcile_exports(
    own: Path, own_key: str, agencies: Collection[str], other: OtherLog, now: datetime
) -> Reconciliation:
    """Compare an exported log with another, for somebody who runs neither node.

    `agencies` are those that ask through the first log; without them, what its people asked at the other node directly
    is seen only when the log shows which agency that is.
    """

    def own_side(sizes: Collection[int], agencies_there: Collection[AgencyId]) -> Side:
        return _published_side(folder_source(own), own_key, sizes, agencies_there, tuple(map(AgencyId, agencies)))

    return _compared(own_side, other, now)


def _compared(own_side: OwnSide, wanted: OtherLog, now: datetime) -> Reconciliation:
    """Read both sides and compare them; ours is read twice, since each says what must be looked at in the other."""
    start, end = (parse_time(text) if text else None for text in (wanted.window_from, wanted.window_to))
    source, there = _source(wanted), parse_vkey(wanted.key).name
    first = own_side((), ())
    if first.origin == there:
        raise BadInput("both are the same log", code="same_log", next_step="Give the other operator's log and key.")
    other = _published_side(source, wanted.key, sizes_seen(first, there), first.agencies, ())
    own = own_side(sizes_seen(other, first.origin), other.agencies)
    done = reconcile(own, other, now=now, start=start, end=end)
    return Reconciliation(
        own=LogPart(origin=own.origin, size=own.size),
        other=LogPart(origin=other.origin, size=other.size),
        questions=done.questions,
        findings=done.found,
        meanings={code: CODES[code] for code in sorted({one.code for one in done.found})},
    )


def _source(wanted: OtherLog) -> Source:
    """Return where the other log is read from; raises BadInput unless exactly one place is given."""
    if bool(wanted.folder) == bool(wanted.url):
        raise BadInput("name the other log", code="no_export", next_step="Give its exported folder, or --url.")
    return folder_source(Path(wanted.folder)) if wanted.folder else address_source(wanted.url)


def _node_side(desk: Desk, size: int, sizes: Collection[int], agencies_there: Collection[AgencyId]) -> Side:
    """Return our own log's side, as far as its signed checkpoint covers it."""
    log, reader = desk.evidence.log, Reader(agencies_there)
    for start in range(0, size, CHUNK):
        for index, leaf in enumerate(log.entries(start, min(size, start + CHUNK)), start):
            reader.take(LeafIndex(index), parse_leaf(leaf))
    roots = {one: encode_base64(log.root(one)) for one in sizes if 0 <= one <= size}
    return reader.side(origin_of(desk.name), size, roots, (desk.operator.agency,))


def _published_side(
    source: Source,
    vkey: str,
    sizes: Collection[int],
    agencies_there: Collection[AgencyId],
    agencies: Collection[AgencyId],
) -> Side:
    """Return a published log's side, once it is verified as what its key signed."""
    reader = Reader(agencies_there)
    read = read_published(source, vkey, reader.take, sizes)
    return reader.side(read.checkpoint.origin, read.checkpoint.size, read.roots, agencies)


RECONCILING = (
    Operation(
        name="log.reconcile",
        request=OtherLog,
        handler=reconcile_logs,
        says="Compare a log with another node's.",
        is_for_system_user=True,
    ),
)
