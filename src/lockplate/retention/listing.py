"""Listing: the completed receipts of a log, each with the keys' commitments that its hash is over.

What flows in: an operator's log, and the list of its destroyed keys. What flows out: a line for each completed receipt.
What it must never see: a key, a plate. Anyone can compute each hash again from the lines; see docs/forgetting.md.
"""

from datetime import date, datetime

import msgspec

from lockplate.access import AccessRecord, parse_leaf
from lockplate.evidence.log import TileLog
from lockplate.keys.ring import DestroyedKey, KeyRing
from lockplate.retention.receipt import commitment_hash, periods_in
from lockplate.terms import LeafIndex, PersonId, PolicyId, ReaderId

_MARK = b'"action":"retention:receipt"'
_CHUNK = 4096
_ROWS = "rows:"


class ReceiptLine(msgspec.Struct, frozen=True, kw_only=True):
    """One completed receipt."""

    record_index: LeafIndex
    """Its place in the log, for `lockplate log prove`."""
    begun_index: LeafIndex | None
    at: datetime
    person: PersonId
    """`-retention`: the node itself; `-system`: its system user."""
    policy_ids: tuple[PolicyId, ...]
    """The gate's yes to it."""
    step: str
    """`destroyed`: hours of reads; else which kind was forgotten."""
    laws: tuple[str, ...]
    law_hash: str
    """Of the law in force, as composed."""
    law_from: date | None
    """First day of the law profile's version."""
    limit_seconds: int | None
    counted_from: str
    periods: str
    """Hours, as the receipt says them."""
    counts: dict[str, int]
    rows_by_reader: dict[ReaderId, int]
    keys_hash: str
    """As the log has it; empty when a crash came between destruction and receipt."""
    keys: tuple[DestroyedKey, ...]
    """What the hash is over: the commitments made when the keys were made."""
    agrees: bool | None
    """Whether the hash comes out again from the keys; None when the receipt has none."""


def completed_receipts(log: TileLog, ring: KeyRing) -> tuple[ReceiptLine, ...]:
    """Return every completed receipt of a log, oldest first."""
    destroyed = {(key.kind, key.name): key for key in ring.destroyed_keys()}
    begun: dict[int, AccessRecord] = {}
    lines = []
    for index, record in _receipts(log):
        step = record.facts.get("step", "")
        if step == "destroyed" or step.endswith("_forgotten"):
            lines.append(_line(index, record, begun, destroyed))
        elif step:
            begun[index] = record
    return tuple(lines)


def _receipts(log: TileLog) -> list[tuple[int, AccessRecord]]:
    size = log.size
    return [
        (start + place, parse_leaf(leaf))
        for start in range(0, size, _CHUNK)
        for place, leaf in enumerate(log.entries(start, min(start + _CHUNK, size)))
        if _MARK in leaf
    ]


def _line(
    index: int, record: AccessRecord, begun: dict[int, AccessRecord], destroyed: dict[tuple[str, str], DestroyedKey]
) -> ReceiptLine:
    facts = record.facts
    first = None if record.refers_to is None else begun.get(record.refers_to)
    said = {} if first is None else first.facts
    kind = "period" if facts["step"] == "destroyed" else "data"
    names = map(str, periods_in(facts["periods"])) if kind == "period" else filter(None, facts["names"].split(","))
    keys = tuple(destroyed[kind, name] for name in names if (kind, name) in destroyed)
    keys_hash = facts.get("keys", "")
    law_from, limit = said.get("law_from", ""), said.get("limit_seconds", "")
    return ReceiptLine(
        record_index=LeafIndex(index),
        begun_index=record.refers_to,
        at=record.at,
        person=record.person,
        policy_ids=record.policy_ids,
        step=facts["step"],
        laws=tuple(filter(None, said.get("laws", "").split(","))),
        law_hash=said.get("law", ""),
        law_from=date.fromisoformat(law_from) if law_from else None,
        limit_seconds=int(limit) if limit else None,
        counted_from=said.get("counted_from", ""),
        periods=facts.get("periods", ""),
        counts=record.counts,
        rows_by_reader={} if first is None else _rows(begun, first, record.refers_to or 0, index),
        keys_hash=keys_hash,
        keys=keys,
        agrees=commitment_hash(keys) == keys_hash if keys_hash else None,
    )


def _rows(begun: dict[int, AccessRecord], first: AccessRecord, start: int, end: int) -> dict[ReaderId, int]:
    """Return the rows by reader: a receipt too long for a leaf has several parts, with the same facts."""
    parts = [record for index, record in begun.items() if start <= index < end and record.facts == first.facts]
    return {
        ReaderId(name.removeprefix(_ROWS)): count
        for part in parts
        for name, count in part.counts.items()
        if name.startswith(_ROWS)
    }
