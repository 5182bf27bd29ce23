"""Suggestive words: what in a reason or a case number hints at a purpose that is never answered.

What flows in: the list, and the free text of one request. What flows out: the entries of the list that were found.
What it must never see: the verdict; a word decides nothing, it only sends the request to a second person.
"""

import re
import unicodedata
from pathlib import Path

import msgspec
import yaml

from lockplate.gate.policy_set import PolicyRefused, digest
from lockplate.plate import LOOK_ALIKES

_LATIN = str.maketrans(LOOK_ALIKES | {letter.lower(): latin for letter, latin in LOOK_ALIKES.items()})
_NOT_TEXT = re.compile(r"[^0-9a-z]+")
_SPELLED = re.compile(r"(?<=\b[0-9a-z]) (?=[0-9a-z]\b)")


class SuggestiveWord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry: words that mean the same, and why they are on the list."""

    id: str
    words: tuple[str, ...]
    """Whole words or phrases in any case; a `*` at the end stands for any ending."""
    why: str
    cite: str


class _WordList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    suggestive: tuple[SuggestiveWord, ...]


class SuggestiveWords:
    """The whole list, compiled once; find() looks at one request's free text."""

    def __init__(self, words: tuple[SuggestiveWord, ...], content: bytes = b"") -> None:
        """Raises PolicyRefused when the list is empty, an id comes twice, or an entry could never be found."""
        if not words or len({word.id for word in words}) != len(words):
            raise PolicyRefused("the list of suggestive words is empty or names an entry twice")
        if not all(word.words and all(_plain(each) for each in word.words) and word.why for word in words):
            raise PolicyRefused("an entry among the suggestive words has no word or no reason")
        self.digest = digest(content)
        """SHA-256, hex, of the file: the list has a part in decisions, so it is hashed with the policies."""
        self._patterns = [(word, re.compile(_pattern(word))) for word in words]
        self._any = re.compile("|".join(pattern.pattern for _, pattern in self._patterns))

    def find(self, *texts: str) -> tuple[SuggestiveWord, ...]:
        """Return the entries found in any of the texts, in the list's order.

        Case, accents, full-width, Greek and Cyrillic letters, hidden characters, and letters set apart
        (`I.C.E.`, `i c e`) do not hide a word; letters inside another word (`police`, `hero`) are not one.
        """
        seen = " / ".join(f" {form} " for text in texts if text for form in _forms(text))
        if not seen or not self._any.search(seen):
            return ()
        return tuple(word for word, pattern in self._patterns if pattern.search(seen))


def load_suggestive_words(path: Path) -> SuggestiveWords:
    """Return the list in a YAML file, or raise PolicyRefused when it cannot be read or used."""
    try:
        content = path.read_bytes()
        words = msgspec.convert(yaml.safe_load(content), _WordList).suggestive
    except (OSError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise PolicyRefused("the list of suggestive words cannot be read") from error
    return SuggestiveWords(words, content)


def _forms(text: str) -> tuple[str, str]:
    """Return the text as plain words, and once more with letters that stand alone put together."""
    plain = _plain(text)
    return plain, _SPELLED.sub("", plain)


def _plain(text: str) -> str:
    """Return lower-case Latin words with single spaces between them."""
    decomposed = unicodedata.normalize("NFKD", text)
    kept = "".join(letter for letter in decomposed if unicodedata.category(letter) not in {"Mn", "Cf"})
    return _NOT_TEXT.sub(" ", kept.translate(_LATIN).casefold()).strip()


def _pattern(word: SuggestiveWord) -> str:
    """Return a regular expression for an entry over plain words."""
    return "|".join(f" {re.escape(_plain(each))}{'[0-9a-z]* ' if each.endswith('*') else ' '}" for each in word.words)
