"""Look-alikes: a plate as read beside a plate as listed, character by character.

What flows in: two bare texts, the places of which a reader was not sure. What flows out: one line for each character.
What it must never see: I/O, a key. It decides nothing: it shows a person where to look.
"""

from collections.abc import Collection, Sequence
from enum import StrEnum
from itertools import combinations

import msgspec

LOOK_ALIKE_GROUPS = (
    "0ODQ", "1IL", "8B", "5S", "2Z", "712", "38", "6G", "MNH", "VYU", "CG", "PR", "EF", "VW", "TYI", "KX", "56",
)  # fmt: skip
"""Characters that are easily read for one another, from what readers' users report. Ours: no standard has such a list,
and plates of one state are set in one font, of another in another."""

_ALIKE = frozenset(frozenset(pair) for group in LOOK_ALIKE_GROUPS for pair in combinations(group, 2))
_SAME_COST, _ALIKE_COST, _OTHER_COST, _GAP_COST = 0, 2, 3, 3


class Sameness(StrEnum):
    """How one character as read stands to the one as listed."""

    SAME = "same"
    ALIKE = "alike"
    """Another character that looks like it."""
    DIFFERS = "differs"
    ONLY_READ = "only_read"
    """The listed text has no character here."""
    ONLY_LISTED = "only_listed"
    """The text as read has no character here."""


class Character(msgspec.Struct, frozen=True, kw_only=True):
    """One character as read over one as listed."""

    place: int
    """From 1, in the order of comparing; people count so."""
    read: str
    """Empty: none was read here."""
    listed: str
    """Empty: none is listed here."""
    sameness: Sameness
    unsure: bool
    """The reader itself was not sure of it."""
    looks_like: str
    """What else it could be, where the reader was not sure or the two only look alike."""

    @property
    def is_marked(self) -> bool:
        """Whether a person should look here twice."""
        return self.unsure or self.sameness is not Sameness.SAME

    @property
    def says(self) -> str:
        """Return the mark in words, so that no colour is needed; empty for a character without one."""
        words = {
            Sameness.SAME: "",
            Sameness.ALIKE: f"read {self.read}, listed {self.listed}: these look alike",
            Sameness.DIFFERS: f"read {self.read}, listed {self.listed}: another character",
            Sameness.ONLY_READ: f"read {self.read}, listed nothing",
            Sameness.ONLY_LISTED: f"read nothing, listed {self.listed}",
        }[self.sameness]
        doubt = f"the reader was not sure of {self.read}" if self.unsure else ""
        could = f"it can look like {', '.join(self.looks_like)}" if self.unsure and self.looks_like else ""
        return "; ".join(part for part in (words, doubt, could) if part)


def looks_like(character: str) -> str:
    """Return the characters that one is easily read for, sorted; empty when our table has none."""
    pairs = (pair - {character} for pair in _ALIKE if character in pair)
    return "".join(sorted(other for pair in pairs for other in pair))


def are_alike(one: str, other: str) -> bool:
    """Say whether two different characters are easily read for one another."""
    return frozenset((one, other)) in _ALIKE and one != other


def compare_texts(
    read: str, listed: str, *, unsure: Collection[int] = (), zero_for_letter: bool = False
) -> tuple[Character, ...]:
    """Return two bare texts (`hotlist.bare_text`) side by side; texts of other lengths are laid over each other best.

    `unsure`: places, from 0, in the text as read. `zero_for_letter`: the list writes O as zero, so both are the same.
    """
    lines = []
    for number, (at, to) in enumerate(_laid_over(read, listed, zero_for_letter=zero_for_letter), 1):
        seen, named = "" if at is None else read[at], "" if to is None else listed[to]
        sameness = _sameness(seen, named, zero_for_letter=zero_for_letter)
        is_unsure = at is not None and at in unsure
        lines.append(
            Character(
                place=number,
                read=seen,
                listed=named,
                sameness=sameness,
                unsure=is_unsure,
                looks_like=looks_like(seen) if is_unsure or sameness is Sameness.ALIKE else "",
            )
        )
    return tuple(lines)


def _sameness(read: str, listed: str, *, zero_for_letter: bool) -> Sameness:
    if not read:
        return Sameness.ONLY_LISTED
    if not listed:
        return Sameness.ONLY_READ
    if read == listed or (zero_for_letter and {read, listed} == {"O", "0"}):
        return Sameness.SAME
    return Sameness.ALIKE if are_alike(read, listed) else Sameness.DIFFERS


_Step = tuple[int | None, int | None]


def _laid_over(read: str, listed: str, *, zero_for_letter: bool) -> Sequence[_Step]:
    """Return pairs of places, place for place when the lengths agree, else with the fewest changes (edit distance)."""
    if len(read) == len(listed):
        return [(place, place) for place in range(len(read))]
    costs = {Sameness.SAME: _SAME_COST, Sameness.ALIKE: _ALIKE_COST, Sameness.DIFFERS: _OTHER_COST}
    best: dict[tuple[int, int], tuple[int, list[_Step]]] = {(0, 0): (0, [])}
    for at in range(len(read) + 1):
        for to in range(len(listed) + 1):
            ways: list[tuple[int, list[_Step]]] = []
            if at and to:
                cost, steps = best[at - 1, to - 1]
                same = _sameness(read[at - 1], listed[to - 1], zero_for_letter=zero_for_letter)
                ways.append((cost + costs[same], [*steps, (at - 1, to - 1)]))
            if at:
                cost, steps = best[at - 1, to]
                ways.append((cost + _GAP_COST, [*steps, (at - 1, None)]))
            if to:
                cost, steps = best[at, to - 1]
                ways.append((cost + _GAP_COST, [*steps, (None, to - 1)]))
            if ways:
                best[at, to] = min(ways, key=lambda way: way[0])
    return best[len(read), len(listed)][1]
