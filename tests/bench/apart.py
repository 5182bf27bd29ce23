"""Apart: runs one function in a fresh process, shows how far it is, and ends it with all that it started.

What flows in: a function of a module here, and its arguments. What flows out: its result, or MeasureFailed.
What it must never see: the parent's engines: each measure has a process of its own, so that a crash, a leak or warm
memory of one says nothing about the next.
"""

import contextlib
import multiprocessing
import os
import signal
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

Told = Callable[[str, int, int], None]
"""Told a word for what is being done, how much of it is done, and how much there is."""


PATIENCE_SECONDS = 30


class MeasureFailed(Exception):
    """A measure that did not end well; its text says why."""


def run_apart(function: Callable[..., Any], *arguments: object, told: Told, seconds: float) -> Any:
    """Return what `function(*arguments, told=…)` returns in its own process; raises MeasureFailed."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(theirs, function, arguments))
    process.start()
    theirs.close()
    ended = False
    try:
        result = _result(ours, told, time.monotonic() + seconds, seconds)
        ended = True
        return result
    finally:
        ours.close()
        _end(process, ended=ended)


def _result(ours: Connection, told: Told, end: float, seconds: float) -> Any:
    while True:
        if not ours.poll(max(0.0, end - time.monotonic())):
            raise MeasureFailed(f"not done after {seconds:g} s")
        try:
            kind, value = ours.recv()
        except EOFError:
            raise MeasureFailed("its process died") from None
        if kind == "told":
            told(*value)
        elif kind == "failed":
            raise MeasureFailed(value)
        else:
            return value


def _end(process: Any, *, ended: bool) -> None:
    """Wait for a process that is done; tell one that is not to stop what it started; kill what still lives then."""
    process.join(timeout=PATIENCE_SECONDS if ended else 0)
    if process.is_alive():
        process.terminate()
        process.join(timeout=PATIENCE_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.join()
    process.close()


def _child(theirs: Connection, function: Callable[..., Any], arguments: tuple[object, ...]) -> None:
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, _stop)
    last = 0.0

    def told(word: str, done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last > 0.1 or done >= total:
            last = time.monotonic()
            theirs.send(("told", (word, done, total)))

    try:
        theirs.send(("result", function(*arguments, told=told)))
    except Exception as error:  # noqa: BLE001 - whatever broke becomes the row's reason, and the other rows go on
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(place.filename)}:{place.lineno}"  # noqa: PTH119 - a frame's file is text
        theirs.send(("failed", f"{type(error).__name__}: {error} ({where})"))
    finally:
        theirs.close()


def _stop(number: int, frame: object) -> None:
    raise KeyboardInterrupt
