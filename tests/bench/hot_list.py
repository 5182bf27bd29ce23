"""Hot list: what matching costs each read that arrives, against a list of a million plates.

What flows in: invented entries and reads; one read in a thousand is listed. What flows out: microseconds a read.
What it must never see: a store.
"""

import time
from collections.abc import Callable
from datetime import timedelta

from apart import Told
from ground import SEED, Ground
from row import Alternative, Budget, Row

from lockplate.clock import SystemClock
from lockplate.hotlist import Category, Entry, EntryId, HotListIndex, ListId
from lockplate.plate import fold
from lockplate.read import Read
from lockplate.simulate.population import plate_columns

READS = 200_000
BLOCK = 5_000
LISTED_EVERY = 1_000
ROUNDS = 3
OF_READ = Budget(name="hot list, a read", figure=1, unit="µs", at_most=True)
OF_KEY = Budget(name=f"hot list, a key in blocks of {BLOCK}", figure=1, unit="µs", at_most=True)
BUDGETS = (OF_READ, OF_KEY)


def measure(ground: Ground, *, told: Told) -> list[Row]:
    """Return the cost of a whole read's match, and of a key in the bulk path."""
    told("making the list", 0, 0)
    clock = SystemClock()
    size = ground.sizes.entries
    plates = plate_columns(size + READS, SEED)[0]
    ends = clock.now() + timedelta(days=1)
    index = HotListIndex(
        (
            Entry(
                list_id=ListId("bench"), entry_id=EntryId(str(place)), plate_key=fold(plate), plate_text=plate,
                region="US-CA", category=Category.STOLEN_VEHICLE, expires_at=ends,
            )
            for place, plate in enumerate(plates[:size])
        ),
        clock,
    )  # fmt: skip
    passing = plates[size:]
    passing[::LISTED_EVERY] = plates[: len(passing[::LISTED_EVERY])]
    reads = [Read(format="bench", plate_text=plate, plate_key=fold(plate), region="US-CA") for plate in passing]
    keys = [read.plate_key for read in reads]
    blocks = [keys[first : first + BLOCK] for first in range(0, READS, BLOCK)]
    plain = {fold(plate): place for place, plate in enumerate(plates[:size])}
    told("matching", 0, 0)

    def look_up() -> None:
        for key in keys:
            plain.get(key)

    def match_reads() -> None:
        for read in reads:
            index.match(read)

    def match_blocks() -> None:
        for block in blocks:
            index.match_keys(block)

    bare = Alternative(what="a plain dictionary look-up", measured=_best(look_up))
    details = {
        "entries": len(index),
        "reads": READS,
        "listed": f"one read in {LISTED_EVERY}, about; more plates share a key by folding",
        "matched": sum(bool(index.match(read)) for read in reads),
        "best_of": ROUNDS,
    }
    why = "A read whose key is listed costs a match, with texts and regions compared; the others cost one look-up."
    return [
        Row(budget=budget, measured=_best(act), alternatives=(bare,), details=details, why=why)
        for budget, act in ((OF_READ, match_reads), (OF_KEY, match_blocks))
    ]


def _best(act: Callable[[], None]) -> float:
    """Return the microseconds a read of the fastest round: the others were disturbed."""
    rounds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        act()
        rounds.append(time.perf_counter() - began)
    return min(rounds) / READS * 1e6
