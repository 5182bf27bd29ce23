"""The witness's one page: what it has seen, in words, for the clerk who keeps it and for anyone else.

What flows in: a witness. What flows out: HTML.
What it must never see: a script, a form, a person. Times are those of the witness's own clock.
"""

from datetime import datetime, timedelta

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined

from lockplate.clock import format_time
from lockplate.note import encode_base64
from lockplate.web.phrases import counted, inert, moment
from lockplate.witnessing.seen import LogSeen
from lockplate.witnessing.witness import Witness

STYLE_SHEET, ICON = "lockplate.css", "lockplate.svg"


class LogCard(msgspec.Struct, frozen=True, kw_only=True):
    """One watched log as the page shows it."""

    log: LogSeen
    root: str
    """Base64, as checkpoints have it; empty before the first."""
    ago: str
    """How long ago the log was last cosigned, in words; empty before the first."""
    is_clock_behind: bool
    """Whether the machine's clock shows a time before that, so that nothing is signed."""


class WitnessPage:
    """Renders the page."""

    def __init__(self, witness: Witness) -> None:
        self._witness = witness
        self._environment = Environment(
            loader=PackageLoader("lockplate.web", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {"counted": counted, "inert": inert, "moment": moment, "rfc3339": format_time}

    def html(self) -> str:
        """Return the page as it stands now; raises StoreFailed when the state cannot be read."""
        now = self._witness.now()
        cards = tuple(_card(log, now) for log in self._witness.logs())
        return self._environment.get_template("witness.html").render(
            name=self._witness.name,
            vkeys=self._witness.vkeys,
            cards=cards,
            forked=[card.log for card in cards if card.log.forks],
            now=now,
        )


def _card(log: LogSeen, now: datetime) -> LogCard:
    if log.newest is None:
        return LogCard(log=log, root="", ago="", is_clock_behind=False)
    behind = now < log.newest.at
    return LogCard(
        log=log,
        root=encode_base64(log.newest.root),
        ago="" if behind else ago(now - log.newest.at),
        is_clock_behind=behind,
    )


def ago(time: timedelta) -> str:
    """Return how long ago something was, in its largest unit: `3 minutes ago`."""
    for unit, name in ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute")):
        if time >= unit:
            return f"{counted(time // unit, name)} ago"
    return "less than a minute ago"
