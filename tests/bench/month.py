"""Month: the node that holds thirty days of reads, filled once a run for all that need it.

What flows in: the ground. What flows out: a closed node's home with so many sealed reads.
What it must never see: plates beyond sealing; they go through BulkIntake like everybody's.
"""

import time
from typing import Any

import numpy as np
from apart import Told
from ground import OPERATOR, Ground, add_readers, founded, opened
from traffic import READERS, Month

from lockplate.plate import fold
from lockplate.readers.columns import ReadColumns
from lockplate.simulate.fleet import Fleet
from lockplate.terms import PlateKey, ReaderId, RecordMode


def fill(ground: Ground, *, told: Told) -> dict[str, Any]:
    """Fill the month's node through the bulk path, in columns; return how many and how fast."""
    month = Month(ground.sizes.reads, ground.sizes.vehicles, ground.started_at)
    keys = np.array([fold(plate) for plate in month.plates], dtype=object)
    readers = tuple(ReaderId(name) for name in month.readers())
    stored = 0
    with opened(founded(ground.month, RecordMode.INDEX_ONLY)) as node:
        add_readers(node, Fleet(1, READERS).readers())
        started = time.perf_counter()
        for hour in month.batches():
            plate_keys: list[PlateKey] = keys[hour.plates].tolist()
            columns = ReadColumns(
                rows=len(plate_keys),
                plate_keys=plate_keys,
                captured_at=hour.seconds,
                reader_index=hour.readers,
                readers=readers,
                refused={},
                read_at=_never,
            )
            stored += node.bulk.store(node.bulk.seal_columns(OPERATOR, columns)).stored
            told("filling thirty days", stored, month.reads)
        seconds = time.perf_counter() - started
    return {"stored": stored, "filled_per_second": round(stored / seconds)}


def _never(place: int) -> Any:
    raise AssertionError(f"no hot list is loaded, so nobody needs the whole read {place}")
