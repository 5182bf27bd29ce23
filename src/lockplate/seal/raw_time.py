"""RawTime: a device's time as sent, told by the number of its form when form and instant say it all.

What flows in: a text as sent and the instant it became. What flows out: the number of a form, and the text again.
What it must never see: a plate, a key. Part of the sealed format: a form's number never changes its meaning.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

AS_SENT = 0
"""No form says it: the text itself is kept."""


def _seconds(at: datetime) -> str:
    return str(int(at.timestamp()))


def _thousandths(at: datetime) -> str:
    return f"{at.microsecond // 1000:03d}"


def _clock(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}"


_PLAIN: tuple[Callable[[datetime], str], ...] = (
    _seconds,
    lambda at: f"{_seconds(at)}.{_thousandths(at)}",
    lambda at: f"{_seconds(at)}{_thousandths(at)}",
    lambda at: f"{_seconds(at)}{_thousandths(at)}000",
    lambda at: f"{_seconds(at)}{_thousandths(at)}000000",
    lambda at: f"{_clock(at)}Z",
    lambda at: f"{_clock(at)}.{_thousandths(at)}Z",
    lambda at: f"{_clock(at)}.{_thousandths(at)}000Z",
)
"""Forms from 1."""
_WHOLE_FROM, _PARTS_FROM = 64, 96
"""Forms of local time with a whole hour's offset: in seconds, and in thousandths; plus the hours from -15 to 15."""
_WIDEST = 15
_BY_LENGTH = {10: 1, 14: 2, 13: 3, 16: 4, 19: 5, 20: 6, 24: 7, 27: 8}
"""The plain form that a text of a length can have; a second's number has ten digits until the year 2286."""


def form_of(text: str, at: datetime) -> int:
    """Return the form that writes exactly this text for an instant, of which thousandths count; AS_SENT for none."""
    form = _BY_LENGTH.get(len(text), AS_SENT)
    if text[-3:] == ":00" and text[-6:-5] in {"+", "-"} and text[-5:-3].isascii() and text[-5:-3].isdigit():
        hours = int(text[-6:-3])
        form = (_PARTS_FROM if "." in text else _WHOLE_FROM) + _WIDEST + hours if abs(hours) <= _WIDEST else AS_SENT
    return form if form != AS_SENT and text_of(form, at) == text else AS_SENT


def text_of(form: int, at: datetime) -> str | None:
    """Return the text that a form writes for an instant; None for AS_SENT, and for a form of a later program."""
    at = at.astimezone(UTC)
    if 1 <= form <= len(_PLAIN):
        return _PLAIN[form - 1](at)
    for first, parts in ((_WHOLE_FROM, False), (_PARTS_FROM, True)):
        hours = form - first - _WIDEST
        if abs(hours) <= _WIDEST:
            local = at + timedelta(hours=hours)
            return f"{_clock(local)}{'.' + _thousandths(local) if parts else ''}{hours:+03d}:00"
    return None
