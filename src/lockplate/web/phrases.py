"""Phrases: times, numbers and a stranger's text as a page says them.

What flows in: times, lengths of time, numbers, texts of strangers. What flows out: text; the template escapes it.
What it must never see: HTML, a node. Control and direction characters in a stranger's text become visible marks.
"""

import unicodedata
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def sentence(text: str) -> str:
    """Return a text that starts with a capital letter."""
    return text[:1].upper() + text[1:]


def moment(at: datetime, zone: str = "UTC", *, seconds: bool = True) -> str:
    """Return an instant as `24 Nov 2026, 08:15:02 UTC`, in a zone."""
    local = at.astimezone(UTC if zone == "UTC" else ZoneInfo(zone))
    clock = local.strftime("%H:%M:%S" if seconds else "%H:%M")
    return f"{day(local.date())}, {clock} {'UTC' if zone == 'UTC' else local.tzname() or zone}"


def day(on: date) -> str:
    """Return a day as `24 Nov 2026`, without the machine's locale."""
    return f"{on.day} {MONTHS[on.month - 1]} {on.year}"


def span(time: timedelta) -> str:
    """Return a length of time in days, hours or minutes, whichever is whole."""
    for unit, name in ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute")):
        if time >= unit and not time % unit:
            return counted(time // unit, name)
    return counted(int(time.total_seconds()), "second")


def ago(time: timedelta) -> str:
    """Return how long ago something was, in the largest unit that says enough: `12 s ago`, `3 min ago`, `2 d ago`."""
    seconds = max(0, int(time.total_seconds()))
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 read`, `1,200 reads`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def inert(text: str) -> str:
    """Return a stranger's text with control, format and direction characters made visible."""
    return "".join(
        sign if sign == "\n" or unicodedata.category(sign) not in {"Cc", "Cf", "Cs", "Co", "Cn"} else REPLACEMENT
        for sign in text
    )
