"""Answering: when a server that was just started can be told to people.

What flows in: an address, the task that serves it. What flows out: nothing; time passes.
What it must never see: what is served.
"""

import asyncio


async def until_answering(host: str, port: int, task: "asyncio.Task[None]") -> None:
    """Return once something answers at an address, or the task that serves it has ended."""
    while not task.done():
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(0.02)
            continue
        writer.close()
        return
