"""Plate text and plate key: one folding, used on everything that is stored and on everything that is asked.

What flows in: a plate as a reader or a person wrote it. What flows out: the plate key (design part 6).
What it must never see: storage, keys, the network. Two true plates may share a key, so an answer shows the text too.
"""

import unicodedata
from collections.abc import Iterator
from itertools import groupby, product

from lockplate.errors import BadInput
from lockplate.terms import PlateKey, PlateText

MAX_PLATE_CHARACTERS = 40
"""Longer than any plate; the publisher's 40-digit hash of a released file still fits."""

DEFAULT_MAX_CANDIDATES = 1296
"""Two unknown characters of 36, squared (design part 6)."""

UNKNOWN_CHARACTERS = frozenset("?*_？＊＿")
"""How a person writes one character that a witness did not see."""

LOOK_ALIKES = {
    # Cyrillic
    "А": "A", "В": "B", "Е": "E", "К": "K", "М": "M", "Н": "H", "О": "O", "Р": "P", "С": "C", "Т": "T",
    "У": "Y", "Х": "X", "І": "I", "Ѕ": "S", "Ј": "J", "Ү": "Y", "Ԛ": "Q", "Ԝ": "W", "Һ": "H",
    # Greek
    "Α": "A", "Β": "B", "Ε": "E", "Ζ": "Z", "Η": "H", "Ι": "I", "Κ": "K", "Μ": "M", "Ν": "N", "Ο": "O",
    "Ρ": "P", "Τ": "T", "Υ": "Y", "Χ": "X",
}  # fmt: skip

CONFUSED = {"O": "0", "Q": "0", "I": "1", "Z": "2", "S": "5", "B": "8"}

_FOLD = str.maketrans({letter: CONFUSED.get(latin, latin) for letter, latin in LOOK_ALIKES.items()} | CONFUSED)
_ASCII_KEEP = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ASCII_FOLD = {ord(letter): CONFUSED.get(letter, letter) for letter in _ASCII_KEEP}
_ASCII_FOLD |= {ord(letter.lower()): CONFUSED.get(letter, letter) for letter in _ASCII_KEEP if letter.isalpha()}
_ASCII_FOLD |= {code: None for code in range(128) if code not in _ASCII_FOLD}  # type: ignore[misc]

PLATE_ALPHABET = "".join(sorted({CONFUSED.get(letter, letter) for letter in _ASCII_KEEP}))
"""The characters a Latin plate key can hold: 30, since six letters fold into digits."""


def fold(text: str) -> PlateKey:
    """Return the plate key of a text; the empty key means that no plate character was in it.

    Steps, in this order: NFKC, upper case, everything but letters and digits stripped, Greek and Cyrillic
    look-alikes to Latin, then O,Q→0 I→1 Z→2 S→5 B→8. Folding a key again changes nothing.
    """
    if text.isascii():
        return PlateKey(text.translate(_ASCII_FOLD))
    # Upper-casing can undo NFKC and the other way round ("ŉ", "ǰ"), so both are repeated until nothing moves.
    while (step := unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).upper())) != text:
        text = step
    key = "".join(filter(str.isalnum, text)).translate(_FOLD)
    # Stripping can bring together letters that NFKC joins (Hangul jamo), so the key itself is folded until it stands.
    return PlateKey(key) if key == text else fold(key)


def require_plate(text: str) -> PlateText:
    """Return the text as a plate somebody names, or raise BadInput: no plate character, or too long."""
    key = fold(text)
    if not key:
        raise BadInput("no plate was named", code="no_plate", next_step="Write the plate's letters and digits.")
    if len(text) > MAX_PLATE_CHARACTERS:
        raise BadInput(f"a plate has at most {MAX_PLATE_CHARACTERS} characters", code="plate_too_long")
    return PlateText(text)


def is_pattern(text: str) -> bool:
    """Say whether a text names unknown characters (`?`, `*` or `_`, one character each)."""
    return any(character in UNKNOWN_CHARACTERS for character in text)


def count_candidates(pattern: str) -> int:
    """Return how many plate keys a pattern stands for, without listing them."""
    return int(len(PLATE_ALPHABET) ** sum(character in UNKNOWN_CHARACTERS for character in pattern))


def expand(pattern: str, *, limit: int = DEFAULT_MAX_CANDIDATES) -> tuple[PlateKey, ...]:
    """Return every plate key that a pattern may stand for, at most `limit`, never by looking at stored reads.

    Raises BadInput when the pattern is wider than the limit, or names no known character.
    """
    known = "".join(character for character in pattern if character not in UNKNOWN_CHARACTERS)
    require_plate(known)
    if len(pattern) > MAX_PLATE_CHARACTERS:
        raise BadInput(f"a pattern has at most {MAX_PLATE_CHARACTERS} characters", code="plate_too_long")
    count = count_candidates(pattern)
    if count > limit:
        raise BadInput(
            f"the pattern stands for {count} plates; at most {limit} can be asked at once",
            code="pattern_too_wide",
            next_step="Name more characters.",
        )
    return tuple(PlateKey("".join(parts)) for parts in product(*_choices(pattern)))


def _choices(pattern: str) -> Iterator[str | tuple[str, ...]]:
    """Yield, in order, what may stand in the pattern: a folded run of known characters, or the whole alphabet.

    Runs are folded whole, as a plate is, so that a letter and its combining mark stay together.
    """
    for unknown, run in groupby(pattern, UNKNOWN_CHARACTERS.__contains__):
        if unknown:
            yield from (PLATE_ALPHABET for _ in run)
        else:
            yield (fold("".join(run)),)
