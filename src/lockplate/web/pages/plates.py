"""Plates side by side: where a text as read differs from the plate asked for.

What flows in: two plate texts. What flows out: runs of characters, marked or not, and the differences in words.
What it must never see: I/O, HTML.
"""

import msgspec

from lockplate.plate import UNKNOWN_CHARACTERS


class Run(msgspec.Struct, frozen=True):
    """Neighbouring characters of the text as read that agree, or that differ."""

    text: str
    differs: bool


class Difference(msgspec.Struct, frozen=True):
    """One character that was asked and another that was read; `place` counts letters and digits from one."""

    place: int
    asked: str
    read: str


class Comparison(msgspec.Struct, frozen=True):
    """A text as read beside the plate asked for."""

    runs: tuple[Run, ...]
    differences: tuple[Difference, ...]


def compare(asked: str, as_read: str) -> Comparison:
    """Return a text as read with what differs from the plate asked for; texts of other lengths are not marked."""
    wanted = [sign for sign in asked if sign.isalnum() or sign in UNKNOWN_CHARACTERS]
    places = [place for place, sign in enumerate(as_read) if sign.isalnum()]
    if len(wanted) != len(places):
        return Comparison((Run(as_read, False),), ())
    pairs = list(zip(places, wanted, strict=True))
    differing = {place for place, sign in pairs if as_read[place].upper() != sign.upper()}
    runs: list[Run] = []
    for place, sign in enumerate(as_read):
        differs = place in differing
        if runs and runs[-1].differs == differs:
            runs[-1] = Run(runs[-1].text + sign, differs)
        else:
            runs.append(Run(sign, differs))
    found = tuple(
        Difference(number, sign.upper(), as_read[place].upper())
        for number, (place, sign) in enumerate(pairs, 1)
        if place in differing
    )
    return Comparison(tuple(runs), found)
