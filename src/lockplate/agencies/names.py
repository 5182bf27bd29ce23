"""Names: a text folded to words, so that case, punctuation, accents and the form of a slug make no difference.

What flows in: a name or slug as anyone writes it. What flows out: its folded words.
What it must never see: what the words mean.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby

MAX_NAME_CHARACTERS = 300
"""Longer than any agency's name; what is longer is no name."""

_APOSTROPHES = dict.fromkeys(map(ord, "'’‘`´ʼ′＇"))
_WORD = re.compile(r"[^\W_]+")
_DROPPED = frozenset({"the", "and"})
"""Words that a slug or a hurried hand leaves out."""
_SAME = {
    "dept": "department", "cnty": "county", "univ": "university", "twp": "township", "boro": "borough",
    "hts": "heights",
    "ft": "fort", "saint": "st", "spgs": "springs", "intl": "international", "natl": "national", "assn": "association",
    "assoc": "association", "mgmt": "management", "mount": "mt", "pct": "precinct", "prct": "precinct",
    "sherriff": "sheriff",
    "sherriffs": "sheriffs", "centre": "center", "metro": "metropolitan",
    "n": "north", "s": "south", "e": "east", "w": "west",
}  # fmt: skip
"""Abbreviations of the field, one spelling for each."""


def folded(text: str) -> tuple[str, ...]:
    """Return the words of a name: lower case, without accents and marks, abbreviations spelled one way.

    Folding folded words again changes nothing. Apostrophes join, everything else that is no letter or digit parts:
    `Sheriff's`, `sheriffs` and `sheriff-s` are one word; so are `U.S.`, `u-s`, `United States` and `us`.
    """
    return tuple(_words(_letters(text)))


def _letters(text: str) -> list[str]:
    """Return the runs of letters and digits, accents removed, in lower case."""
    if text.isascii():
        return _WORD.findall(text.lower().translate(_APOSTROPHES))
    while True:
        # upper case first, so that letters with one capital between them, such as the dotless i, are one
        step = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES)).upper().casefold()
        step = "".join(letter for letter in step if not unicodedata.combining(letter))
        if step == text:
            return _WORD.findall(step)
        text = step


def _words(letters: list[str]) -> Iterator[str]:
    """Yield words: lone letters and a parted genitive joined, abbreviations spelled out, small words left out."""
    joined: list[str] = []
    kept = [word for word in letters if word not in _DROPPED]  # first, so that no letters come together afterwards
    for lone, run in groupby(kept, lambda word: len(word) == 1 and word.isalpha()):
        words = list(run)
        joined += ["".join(words)] if lone and len(words) > 1 else words
    previous = ""
    made: list[str] = []
    for word in joined:
        if word == "s" and len(previous) > 2 and previous.isalpha() and made:
            made[-1] += "s"
        else:
            made.append(word)
        previous = word
    text = " ".join(_SAME.get(word, word) for word in made)
    yield from re.sub(r"\bunited states( of america)?\b", "us", text).split()
