"""`lockplate simulate`: traffic as a fleet of readers would send it, over HTTP or into files.

What flows in: a seed, a window, where to send. What flows out: payloads in the vendors' own formats, and a report.
What it must never see: a node; over HTTP it is a client like any reader.
"""

import signal
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from lockplate.cli.options import Json
from lockplate.cli.output import print_json, print_lines, told_errors
from lockplate.clock import SystemClock, parse_time
from lockplate.errors import BadInput
from lockplate.operations.plain import plain
from lockplate.simulate.files import write_files
from lockplate.simulate.fleet import Fleet
from lockplate.simulate.message import Message
from lockplate.simulate.sender import send
from lockplate.terms import ReaderId


def simulate(
    url: Annotated[str, typer.Option(help="Send to this server; loopback only.")] = "",
    keys: Annotated[Path | None, typer.Option(help="JSON file: reader id → key, for --url.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write payload files and truth.ndjson here instead.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="Start of simulated time; now when left out.")] = None,
    hours: Annotated[float, typer.Option(help="Hours of simulated time.")] = 1.0,
    speed: Annotated[float, typer.Option(help="Times real time; 0 sends as fast as the server takes it.")] = 1.0,
    readers: Annotated[int, typer.Option(help="Readers in the fleet.")] = 40,
    rate: Annotated[float, typer.Option(help="Passages an hour, over the fleet, on average.")] = 2000.0,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 1,
    zone: Annotated[str, typer.Option(help="IANA zone of the invented county.")] = "America/Los_Angeles",
    as_json: Json = False,
) -> None:
    """Simulate a fleet of readers: repeat visits, misreads, duplicates, parked cars, drifting clocks, outages."""
    with told_errors(as_json=as_json):
        fleet = Fleet(seed, readers, passages_per_hour=rate, zone=zone)
        begin = SystemClock().now() if start is None else parse_time(start)
        end = begin + timedelta(hours=hours)
        if out is not None:
            report = plain(write_files(fleet.messages(begin, end), out, passages=fleet.passages(begin, end)))
        elif url and keys is not None:
            report = plain(_send(fleet.messages(begin, end), url, read_keys(keys), speed))
        else:
            raise BadInput("nowhere to send", code="no_target", next_step="Give --out, or --url with --keys.")
        if as_json:
            print_json(report)
        else:
            print_lines([f"{name}: {value}" for name, value in report.items()])


def read_keys(path: Path) -> dict[ReaderId, str]:
    """Return reader keys from a JSON file, or raise BadInput."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[ReaderId, str])
    except (OSError, msgspec.MsgspecError):
        raise BadInput("the file of reader keys cannot be read", code="bad_keys_file") from None


def _send(messages: Iterator[Message], url: str, keys: dict[ReaderId, str], speed: float) -> object:
    """Send until the messages end or the process is told to stop; either way the report is complete."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return send(messages, url, keys, speed or None, stop)
