"""Chance: repeatable draws, named by what they are for.

What flows in: a seed and the names of what is drawn. What flows out: numbers, choices, hex text; the same on every
machine, in every process, whatever PYTHONHASHSEED says.
What it must never see: a secret; nothing here is unpredictable, and nothing here is meant to be.
"""

import hashlib
import struct
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")

_WORDS = struct.Struct("<8Q")
_FRACTION = 2.0**-53


class Chance:
    """A stream of draws that depends on nothing but the names it was made with."""

    __slots__ = ("_block", "_name", "_words")

    def __init__(self, *names: object) -> None:
        self._name = "/".join(map(str, names)).encode()
        self._block = 0
        self._words: list[int] = []

    def word(self) -> int:
        """Return the next 64-bit number."""
        if not self._words:
            digest = hashlib.blake2b(self._name, salt=self._block.to_bytes(16, "little")).digest()
            self._words = list(_WORDS.unpack(digest))
            self._block += 1
        return self._words.pop()

    def fraction(self) -> float:
        """Return a number in [0, 1)."""
        return (self.word() >> 11) * _FRACTION

    def between(self, low: float, high: float) -> float:
        """Return a number in [low, high)."""
        return low + (high - low) * self.fraction()

    def below(self, limit: int) -> int:
        """Return a whole number in [0, limit)."""
        return self.word() % limit

    def happens(self, probability: float) -> bool:
        """Say whether something of this probability happens; a draw is used up either way."""
        return self.fraction() < probability

    def pick(self, items: Sequence[Item]) -> Item:
        """Return one of the items."""
        return items[self.word() % len(items)]


def hex_of(length: int, *names: object) -> str:
    """Return `length` hex digits (at most 128) that stand for the names."""
    return hashlib.blake2b("/".join(map(str, names)).encode()).hexdigest()[:length]


def uuid_of(*names: object) -> str:
    """Return a UUID's text that stands for the names: version 8, "made by a rule of one's own" (RFC 9562, 5.8)."""
    digits = hex_of(32, *names)
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:8]}-{digits[8:12]}-8{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def number_of(limit: int, *names: object) -> int:
    """Return a whole number in [0, limit) that stands for the names."""
    return int(hex_of(16, *names), 16) % limit
