"""Live PostgreSQL: the same reads, inserted, joined with the same list, and told by LISTEN/NOTIFY at the same rate.

What flows in: a cluster's socket, plates on the list, plates that pass. What flows out: milliseconds of each alert.
What it must never see: a gate or a record: there are none, and no plate is sealed.
"""

import asyncio
import threading
import time
from collections.abc import Sequence

import psycopg
from apart import Told
from postgres import connect

CONNECTIONS = 16
LAST_SECONDS = 10.0
STATEMENT = (
    "WITH came AS (INSERT INTO live_reads (plate, captured_at, number) VALUES (%s, now(), %s) RETURNING plate, number) "
    "SELECT pg_notify('live_alerts', came.number::text) FROM came JOIN live_list USING (plate)"
)


def measure(
    socket: str, listed: Sequence[str], plates: Sequence[str], hits: Sequence[int], rate: float, *, told: Told
) -> list[float]:
    """Return the milliseconds from a read's statement to its notification, for the reads that are listed."""
    told("PostgreSQL: the list", 0, 0)
    _prepare(socket, listed)
    seen_at: dict[int, float] = {}
    ready, stop = threading.Event(), threading.Event()
    listener = threading.Thread(target=_listen, args=(socket, seen_at, ready, stop, len(set(hits))), daemon=True)
    listener.start()
    ready.wait(30)
    told("PostgreSQL: sending", 0, 0)
    try:
        sent_at = asyncio.run(_send(socket, plates, rate))
        listener.join(LAST_SECONDS)
    finally:
        stop.set()
        listener.join(LAST_SECONDS)
    return [(at - sent_at[number]) * 1000 for number, at in seen_at.items()]


def _prepare(socket: str, listed: Sequence[str]) -> None:
    with connect(socket) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE live_list (plate text PRIMARY KEY, category text NOT NULL)")
        cursor.execute(
            "CREATE TABLE live_reads (plate text NOT NULL, captured_at timestamptz NOT NULL, number bigint NOT NULL)"
        )
        cursor.execute("CREATE INDEX ON live_reads (plate, captured_at)")
        with cursor.copy("COPY live_list FROM STDIN") as copy:
            copy.write("".join(f"{plate}\tstolen_vehicle\n" for plate in dict.fromkeys(listed)))
        cursor.execute("VACUUM ANALYZE live_list")


def _listen(socket: str, seen_at: dict[int, float], ready: threading.Event, stop: threading.Event, wanted: int) -> None:
    with connect(socket) as connection:
        connection.execute("LISTEN live_alerts")
        ready.set()
        while not stop.is_set() and len(seen_at) < wanted:
            for note in connection.notifies(timeout=0.5, stop_after=1):
                seen_at.setdefault(int(note.payload), time.monotonic())


async def _send(socket: str, plates: Sequence[str], rate: float) -> list[float]:
    """Insert reads at a rate over some connections; return when each statement was sent."""
    sent_at = [0.0] * len(plates)
    queue: asyncio.Queue[int | None] = asyncio.Queue()

    async def work() -> None:
        connection = await psycopg.AsyncConnection.connect(
            host=socket, user="postgres", dbname="postgres", autocommit=True
        )
        async with connection:
            while (number := await queue.get()) is not None:
                sent_at[number] = time.monotonic()
                await connection.execute(STATEMENT, (plates[number], number), prepare=True)

    workers = [asyncio.create_task(work()) for _ in range(CONNECTIONS)]
    began = time.monotonic()
    for number in range(len(plates)):
        if (wait := began + number / rate - time.monotonic()) > 0.001:
            await asyncio.sleep(wait)
        queue.put_nowait(number)
    for _ in workers:
        queue.put_nowait(None)
    await asyncio.gather(*workers)
    return sent_at
