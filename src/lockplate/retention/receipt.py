"""Receipt: how the log writes down what was destroyed, and the hash that ties it to the keys.

What flows in: hours, counts, commitments made when keys were made. What flows out: short texts that fit a leaf.
What it must never see: a key, a plate.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import msgspec

from lockplate.access import AccessRecord, KeyCommitment
from lockplate.errors import BadInput
from lockplate.evidence.recorder import Recorder
from lockplate.terms import Action, LeafIndex, Period, ReaderId

MAX_RANGES = 1000
"""Ranges of hours in one leaf."""
MAX_COUNT_BYTES = 40_000
_KEYS_DOMAIN = b"lockplate/receipt-keys/v1\0"


class Receipting(msgspec.Struct, frozen=True, kw_only=True):
    """One run's pen: a record with who, when and on what permit, and the log that it goes to."""

    recorder: Recorder
    template: AccessRecord
    """Action, time, operator and authority are filled in."""

    def write(
        self, facts: Mapping[str, str], counts: Mapping[str, int], refers_to: LeafIndex | None = None
    ) -> LeafIndex:
        """Return the place of one receipt, durable."""
        record = msgspec.structs.replace(self.template, facts=dict(facts), counts=dict(counts), refers_to=refers_to)
        return self.recorder.record(record)


def is_complete(record: AccessRecord) -> bool:
    """Say whether a record of a destruction says that it is done, not that it begins."""
    step = record.facts.get("step", "")
    is_done = step in {"destroyed", "entries_expired"} or step.endswith("_forgotten")
    return record.action is Action.RETENTION_RECEIPT and is_done


def ranges_of(periods: Iterable[Period]) -> str:
    """Return hours as a receipt says them: `491976-491999,492003`."""
    ordered = sorted(set(periods))
    if not ordered:
        return ""
    breaks = [0, *(place for place, (one, other) in enumerate(pairwise(ordered), 1) if other != one + 1), len(ordered)]
    runs = [(ordered[start], ordered[end - 1]) for start, end in pairwise(breaks)]
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def periods_in(text: str) -> list[Period]:
    """Return the hours that a receipt names, or raise BadInput."""
    periods: list[Period] = []
    try:
        for part in filter(None, text.split(",")):
            first, _, last = part.partition("-")
            periods += [Period(number) for number in range(int(first), int(last or first) + 1)]
    except ValueError as error:
        raise BadInput("not a receipt's hours", code="bad_receipt") from error
    return periods


def commitment_hash(keys: Iterable[KeyCommitment]) -> str:
    """Return SHA-256, hex, over the commitments of destroyed keys: a later use of one would prove the receipt a lie.

    Over the domain tag `lockplate/receipt-keys/v1` and a zero byte, then the sorted lines `kind:name:commitment` with
    a line feed between them. `retention receipts` lists the lines.
    """
    lines = sorted(f"{key.kind}:{key.name}:{key.commitment}" for key in keys)
    return hashlib.sha256(_KEYS_DOMAIN + "\n".join(lines).encode()).hexdigest()


def period_chunks(periods: Sequence[Period]) -> list[list[Period]]:
    """Return hours in groups whose ranges fit one leaf."""
    groups: list[list[Period]] = []
    ranges = 0
    for place, period in enumerate(periods):
        if place == 0 or period != periods[place - 1] + 1:
            ranges += 1
            if ranges % MAX_RANGES == 1:
                groups.append([])
        groups[-1].append(period)
    return groups


def count_chunks(rows: Mapping[ReaderId, int], periods: int) -> list[dict[str, int]]:
    """Return the counts of a receipt, split so that each part fits one leaf; at least one part."""
    chunks: list[dict[str, int]] = [{"periods": periods, "rows": sum(rows.values())}]
    used = 0
    for reader, count in rows.items():
        name = f"rows:{reader[:200]}"
        size = len(msgspec.json.encode(name)) + 20
        if used + size > MAX_COUNT_BYTES:
            chunks.append({})
            used = 0
        chunks[-1][name] = chunks[-1].get(name, 0) + count
        used += size
    return chunks
