"""`lockplate demo`: an invented county with live traffic, on this machine, for looking around.

What flows in: a folder of its own. What flows out: a served node, a fleet of simulated readers, logins on the screen.
What it must never see: a folder that it did not make; it starts afresh and removes only its own.
"""

import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from lockplate.cli.companions import companion
from lockplate.cli.demo_county import CITY, ZONE, DemoCounty, found_county, settle_county
from lockplate.cli.demo_witnesses import NEEDED, DemoWitness, found_witnesses, watching
from lockplate.cli.options import settings_of
from lockplate.cli.output import print_lines, told_errors
from lockplate.cli.serving import configure_logging
from lockplate.cli.session import Session
from lockplate.clock import SystemClock, format_time
from lockplate.errors import Conflict
from lockplate.simulate.fleet import Fleet
from lockplate.terms import ReaderId
from lockplate.web.pages.routes import PAGE_ROUTES
from lockplate.web.serving import serve

MARK = "demo-county"
SEED = 2026


def demo(
    home: Annotated[Path, typer.Option("--home", help="The demo's own folder; made afresh each time.")] = Path(
        "demo-home"
    ),
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8420,
    speed: Annotated[float, typer.Option(help="Live traffic, times real time.")] = 1.0,
    back: Annotated[
        float, typer.Option(help="Hours ago at which live traffic starts; needed when it is faster than real time.")
    ] = 0.0,
    rate: Annotated[float, typer.Option(help="Passages an hour over the county.")] = 2000.0,
) -> None:
    """Make an invented county, serve it, and send live traffic to it until Ctrl-C."""
    with told_errors(as_json=False):
        _clear(home)
        configure_logging()
        settings = settings_of(home, port=port)
        clock = SystemClock()
        fleet = Fleet(SEED, 40, passages_per_hour=rate, zone=ZONE)
        live_from = clock.now() - timedelta(hours=back)
        print_lines(["Making the demo county:"])
        found_county(settings, clock)
        (home / MARK).touch()
        with Session(settings, clock).open() as node:
            county = settle_county(node, fleet, live_from, lambda line: print_lines([f"  {line}"]))
            print_lines([f"  witnesses, {NEEDED} of whom must agree"])
            witnesses = found_witnesses(home / "witnesses", port + 1, node, clock.now())
            with watching(witnesses), contextlib.ExitStack() as stack:

                def ready(url: str) -> None:
                    keys = home / "run" / "reader-keys.json"
                    stack.enter_context(_traffic(url, keys, county.reader_keys, speed, live_from, rate))
                    _greet(url, home, county, witnesses)

                serve(node, PAGE_ROUTES, on_ready=ready)
        print_lines(["Stopped. The demo's folder stays until the next `make demo`; everything in it is invented."])


def _clear(home: Path) -> None:
    """Remove the demo of an earlier run; refuse a folder that is not one."""
    if home.exists() and not (home / MARK).exists():
        raise Conflict(
            "the folder exists and is no demo", code="not_a_demo", next_step="Name another folder with --home."
        )
    shutil.rmtree(home, ignore_errors=True)
    home.with_name(home.name + ".kek").unlink(missing_ok=True)


@contextlib.contextmanager
def _traffic(
    url: str, keys: Path, reader_keys: dict[ReaderId, str], speed: float, live_from: datetime, rate: float
) -> Iterator[None]:
    """Run the fleet in a process of its own, as the client it is, until the block ends."""
    descriptor = os.open(keys, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(reader_keys, file)
    words = [
        "simulate", "--url", url, "--keys", str(keys), "--seed", str(SEED), "--from", format_time(live_from),
        "--hours", "8760", "--speed", str(speed), "--rate", str(rate), "--json",
    ]  # fmt: skip
    with companion(words, keys.parent / "traffic.json"):
        yield


def _greet(url: str, home: Path, county: DemoCounty, witnesses: Sequence[DemoWitness]) -> None:
    console = Console(highlight=False)
    table = Table(
        "person", "password", "agency", "roles", title="Sign in at " + url + "/app/sign-in", title_justify="left"
    )
    for login in county.logins:
        table.add_row(login.person, login.password, login.agency, login.roles)
    console.print(table)
    print_lines(
        [
            f"Public page:  {url}/",
            "              Your browser checks the logs there. If it saw an earlier demo, it says: the key changed.",
            "Witnesses:    " + "  ".join(f"{one.keeper} {one.url}/" for one in witnesses),
            f"Ask:          {url}/app/ask    (a plate that was read: {county.known_plate})",
            "Or by hand:",
            f"  .venv/bin/lockplate lookup {county.known_plate} --home {home} --operator {CITY} --as ana.officer \\",
            "    --from 2026-01-01 --to 2030-01-01 --purpose felony_investigation --offense felony \\",
            "    --basis reasonable_suspicion --case PC-26-0200",
            f"  .venv/bin/lockplate log checkpoint --home {home} --operator {CITY}",
            "Ctrl-C stops everything.",
        ]
    )
