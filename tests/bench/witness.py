"""What a witness does in a second: `witness.py [--rounds N] [--folder DIR]`; prints one JSON object.

What flows in: logs that grow by one record a request. What flows out: requests answered in a second, and the middle wait.
What it must never see: a node.

Each answer is two signatures and one synced transaction. `decisions` is in this process and one after the other;
`http_one` is over one connection to a server of its own; `http_eight` is eight logs over eight connections at once.
"""

import argparse
import importlib.util
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from lockplate.clock import SystemClock

PLACE = importlib.util.spec_from_file_location("witnessed", Path(__file__).parents[1] / "witnessed.py")
assert PLACE is not None
assert PLACE.loader is not None
witnessed = importlib.util.module_from_spec(PLACE)
sys.modules["witnessed"] = witnessed
PLACE.loader.exec_module(witnessed)

LOGS = [witnessed.PlainLog(origin=f"lockplate.example/log-{number}") for number in range(8)]
PATIENCE = 120.0


def timed(bodies: list[bytes], ask: Callable[[bytes], object]) -> list[float]:
    """Return how long each request took, in milliseconds."""
    waits = []
    for body in bodies:
        began = time.perf_counter()
        ask(body)
        waits.append((time.perf_counter() - began) * 1000)
    return waits


def figures(waits: list[float], seconds: float) -> dict[str, float]:
    """Return the two figures of a measure."""
    return {"per_second": round(len(waits) / seconds, 1), "p50_ms": round(statistics.median(waits), 2)}


def main() -> None:
    """Measure all three, each with a witness of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--folder", type=Path, default=None)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(dir=given.folder))
    bodies = {log.origin: [log.body(size, size + 1) for size in range(given.rounds)] for log in LOGS}
    told = {}
    for name, logs in (("decisions", LOGS[:1]), ("http_one", LOGS[:1]), ("http_eight", LOGS)):
        (folder / name).mkdir()
        keeper = witnessed.Keeper(folder / name)
        keeper.found(*(log.vkey for log in logs))
        if name == "decisions":
            with keeper.files.open(SystemClock()) as witness:
                began = time.perf_counter()
                waits = timed(bodies[logs[0].origin], witness.add_checkpoint)
                told[name] = figures(waits, time.perf_counter() - began)
            continue
        with keeper.serve() as server, ThreadPoolExecutor(len(logs)) as asking:

            def ask_all(log: "witnessed.PlainLog", url: str = server.url) -> list[float]:
                with httpx.Client(trust_env=False, timeout=PATIENCE) as client:

                    def ask(body: bytes) -> None:
                        client.post(f"{url}/add-checkpoint", content=body).raise_for_status()

                    return timed(bodies[log.origin], ask)

            began = time.perf_counter()
            waits = [wait for some in asking.map(ask_all, logs) for wait in some]
            told[name] = figures(waits, time.perf_counter() - began)
    print(json.dumps(told))


main()
