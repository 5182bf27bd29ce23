"""Suggestive words: what in a reason or a case number hints at a purpose that is never answered.

What flows in: the list, and the free text of one request. What flows out: the entries of the list that were found.
What it must never see: the verdict; a word decides nothing, it only sends the request to a second person.
"""

import re
import unicodedata
from pathlib import Path

import msgspec
import yaml

from lockplate.errors import BadInput
from lockplate.gate.policy_set import PolicyRefused, digest
from lockplate.law.yaml_text import plain_yaml
from lockplate.plate import LOOK_ALIKES

_LATIN = str.maketrans(LOOK_ALIKES | {letter.lower(): latin for letter, latin in LOOK_ALIKES.items()})
_NOT_TEXT = re.compile(r"[^0-9a-z]+")
_SPELLED = re.compile(r"(?<=\b[0-9a-z]) (?=[0-9a-z]\b)")

SHORTEST_WORD, SHORTEST_BEGINNING = 3, 4
"""Letters and digits of an added word, and of one with a star: nothing takes an entry off again, so a slip of the
keyboard may not hold every question up for ever."""


class SuggestiveWord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry: words that mean the same, and why they are on the list."""

    id: str
    words: tuple[str, ...]
    """Whole words or phrases in any case; a `*` at the end stands for any ending."""
    why: str
    cite: str


class _WordList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    suggestive: tuple[SuggestiveWord, ...]
    vague: tuple[str, ...] = ()


class SuggestiveWords:
    """The whole list, compiled once; find() looks at one request's free text."""

    def __init__(
        self,
        words: tuple[SuggestiveWord, ...],
        content: bytes = b"",
        *,
        vague: tuple[str, ...] = (),
        added: tuple[SuggestiveWord, ...] = (),
    ) -> None:
        """Raises PolicyRefused when the list is empty, an id comes twice, or an entry could never be found."""
        if not words or len({word.id for word in words}) != len(words):
            raise PolicyRefused("the list of suggestive words is empty or names an entry twice")
        every = (*words, *added)
        if len({word.id for word in every}) != len(every):
            raise PolicyRefused("an added entry has the name of another", code="word_taken")
        if not all(word.words and all(_plain(each) for each in word.words) and word.why for word in every):
            raise PolicyRefused("an entry among the suggestive words has no word or no reason")
        self.shipped, self.added, self.vague = words, added, vague
        self._content = content
        self.digests = (digest(content), *((digest(added_file(added)),) if added else ()))
        """SHA-256, hex, of the file and of what was added: the list has a part in decisions, so it is hashed too."""
        self._vague = frozenset(_plain(each) for each in vague)
        self._patterns = [(word, re.compile(_pattern(word))) for word in (*words, *added)]
        self._any = re.compile("|".join(pattern.pattern for _, pattern in self._patterns))

    def with_added(self, added: tuple[SuggestiveWord, ...]) -> "SuggestiveWords":
        """Return the shipped list with entries added to it; raises PolicyRefused as the constructor does."""
        return SuggestiveWords(self.shipped, self._content, vague=self.vague, added=added)

    def is_vague(self, reason: str) -> bool:
        """Say whether a reason says nothing: it is one of the phrases that stand for none, and no more."""
        return bool(reason.strip()) and _plain(reason) in self._vague

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
        listed = msgspec.convert(plain_yaml(content.decode("utf-8")), _WordList)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise PolicyRefused("the list of suggestive words cannot be read") from error
    return SuggestiveWords(listed.suggestive, content, vague=listed.vague)


def added_file(added: tuple[SuggestiveWord, ...]) -> bytes:
    """Return added entries as the file whose SHA-256 is hashed with the policies: JSON, by id, one line."""
    return msgspec.json.encode(sorted(added, key=lambda word: word.id), order="sorted") + b"\n"


def require_narrow(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return words that somebody would add, or raise BadInput when one is too short, or holds the end of a line."""
    for word in words:
        shortest = SHORTEST_BEGINNING if word.endswith("*") else SHORTEST_WORD
        if not word.isprintable() or len(_plain(word)) < shortest:
            raise BadInput(
                "a word has at least 3 letters or digits, 4 before a star, on one line",
                code="bad_words",
                next_step="Write a longer word: an entry cannot be taken off the list again.",
            )
    return words


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
