"""Memory: what an idle node takes that has thirty days of reads on disk.

What flows in: the filled month. What flows out: resident megabytes of `lockplate serve`.
What it must never see: a load: nothing is asked or sent.
"""

import time

import plain_clickhouse
from alternatives import alternative
from apart import Told, run_apart
from ground import Ground
from resident import resident_megabytes
from row import Budget, Row
from served import served

BUDGETS = (Budget(name="memory of an idle node", figure=600, unit="MB", at_most=True),)
SETTLE_SECONDS = 2.0
SECONDS = 3600.0


def measure(ground: Ground, *, told: Told) -> list[Row]:
    """Return the resident memory of an idle server."""
    told("starting the server", 0, 0)
    with served(ground.month) as server:
        at_start = resident_megabytes(server.process)
        time.sleep(SETTLE_SECONDS)
        idle = resident_megabytes(server.process)
    engine = plain_clickhouse.idle_memory
    other = alternative(
        "the engine alone with plain plates", lambda: float(run_apart(engine, ground, told=told, seconds=SECONDS))
    )
    return [
        Row(
            budget=BUDGETS[0],
            measured=idle,
            alternatives=(other,),
            details={
                "reads_in_store": ground.sizes.reads,
                "at_first_answer_mb": round(at_start, 1),
                "seconds_idle": SETTLE_SECONDS,
            },
            why="Most of it is the embedded engine's own code and buffers, as the alternative shows.",
        )
    ]
