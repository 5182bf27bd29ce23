"""LocalWords: suggestive words that the people of this node added to those that ship. There is no way to take one off.

What flows in: words, why they are on the list, and where that is written. What flows out: all of them, in order.
What it must never see: a plate, a person's name: the list is public.
"""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Engine, Row, insert, select

from lockplate.clock import Clock
from lockplate.errors import BadInput
from lockplate.registry.database import reading, writing
from lockplate.registry.tables import local_words
from lockplate.terms import PersonId

MAX_WORDS = 20
MAX_LENGTH = 60
MAX_TEXT = 1000


class LocalWord(msgspec.Struct, frozen=True, kw_only=True):
    """One entry that somebody here added."""

    word: str
    """Its id."""
    words: tuple[str, ...]
    why: str
    cite: str
    added_by: PersonId
    added_at: datetime


class LocalWords:
    """The added words of this node; they hold for all of its operators."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def add(self, name: str, words: tuple[str, ...], *, why: str, cite: str, by: PersonId) -> LocalWord:
        """Add an entry for good. Raises BadInput; Conflict when an entry has this id."""
        require_whole(words, why, cite)
        made = LocalWord(word=name, words=words, why=why, cite=cite, added_by=by, added_at=self._clock.now())
        with writing(self._engine, "an entry has this id") as connection:
            connection.execute(
                insert(local_words).values(msgspec.structs.asdict(made) | {"words": "\n".join(made.words)})
            )
        return made

    def list_all(self) -> tuple[LocalWord, ...]:
        """Return every entry, by id."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(local_words).order_by(local_words.c.word))
            return tuple(_word(row) for row in rows)


def require_whole(words: tuple[str, ...], why: str, cite: str) -> tuple[str, ...]:
    """Return the words when an entry can stand on the list, or raise BadInput."""
    if not words or len(words) > MAX_WORDS or any(not one.strip() or len(one) > MAX_LENGTH for one in words):
        raise BadInput("an entry has 1 to 20 words or phrases of up to 60 characters", code="bad_words")
    if not why.strip() or not cite.strip() or len(why) + len(cite) > MAX_TEXT:
        raise BadInput("an entry says why it is there and where that is written", code="bad_words")
    return words


def _word(row: Row[Any]) -> LocalWord:
    return LocalWord(
        word=row.word,
        words=tuple(row.words.split("\n")),
        why=row.why,
        cite=row.cite,
        added_by=PersonId(row.added_by),
        added_at=row.added_at,
    )
