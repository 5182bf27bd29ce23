"""Suggestive words: `words list|add`. The list only grows.

What flows in: words, why, and where that is written. What flows out: the whole list in force, which anyone may read.
What it must never see: a way to take a word off the list.
"""

import msgspec

from lockplate.errors import Conflict
from lockplate.gate.act import Act
from lockplate.gate.suggestive import SuggestiveWord, SuggestiveWords, added_file, require_narrow
from lockplate.operations.authority import SYSTEM, Authority, Change, authorise, make_recorded, operators_of
from lockplate.operations.operation import Actor, Operation
from lockplate.registry.ids import require_slug
from lockplate.registry.words import LocalWord, require_whole
from lockplate.terms import Action, OperatorId
from lockplate.wiring.node import Node


class AllWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole list."""


class AddWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry to add."""

    id: str
    words: tuple[str, ...]
    """Whole words or phrases in any case; a `*` at the end stands for any ending."""
    why: str
    cite: str


class WordList(msgspec.Struct, frozen=True, kw_only=True):
    """The list in force."""

    shipped: tuple[SuggestiveWord, ...]
    added: tuple[LocalWord, ...]
    vague: tuple[str, ...]
    """Reasons that say nothing: they show in the findings and hold nothing up."""
    added_file: str
    """The added entries as they are hashed with the policies; empty when there are none."""
    policy_set_hash: str


def list_words(node: Node, _: Actor, __: AllWords) -> WordList:
    """List the words that send a question to a second person, shipped and added."""
    return words_in_force(node)


def words_in_force(node: Node) -> WordList:
    """Return the whole list, for anyone."""
    words = node.gate.suggestive
    return WordList(
        shipped=words.shipped,
        added=node.registries.words.list_all(),
        vague=words.vague,
        added_file=added_file(words.added).decode() if words.added else "",
        policy_set_hash=node.gate.policy_set_hash,
    )


def add_words(node: Node, actor: Actor, new: AddWords) -> WordList:
    """Add an entry for good; it holds for every operator of this node at the next question."""
    words = require_narrow(require_whole(new.words, new.why, new.cite))
    entry = SuggestiveWord(id=require_slug(new.id), words=words, why=new.why, cite=new.cite)
    with node.gate.growing:
        now = node.gate.suggestive
        if any(entry.id == word.id for word in (*now.shipped, *now.added)):
            raise Conflict("an entry of the list has this name", code="word_taken", next_step="Choose another.")
        longer = now.with_added((*now.added, entry))
        hashes = {"hash_before": node.gate.policy_set_hash, "hash_after": node.gate.hash_with(longer)}
        change = Change(
            action=Action.POLICY_CHANGED,
            facts={"change": "words added", "entry": entry.id, **hashes},
            counts={"words": len(words)},
            private={"words": "; ".join(words), "why": new.why, "cite": new.cite},
        )
        make_recorded(node, _everywhere(node, actor, change), change, lambda: _keep(node, actor, entry, longer))
    return words_in_force(node)


def _everywhere(node: Node, actor: Actor, change: Change) -> dict[OperatorId, Authority]:
    """Return the authority of somebody who may manage one operator here, for the log of each: the list is the node's.

    A longer list only makes all of them stricter, so one operator's administrator is enough.
    """
    own = list(node.desks) if actor.person is None else operators_of(node, actor.require_person(node).agency)
    found = authorise(node, actor, Act.MANAGE_OPERATOR, own, change)
    return dict.fromkeys(node.desks, next(iter(found.values())))


def _keep(node: Node, actor: Actor, entry: SuggestiveWord, longer: SuggestiveWords) -> LocalWord:
    by = actor.person or SYSTEM
    added = node.registries.words.add(entry.id, entry.words, why=entry.why, cite=entry.cite, by=by)
    node.gate.use_words(longer)
    return added


WORDS = (
    Operation(name="words.list", request=AllWords, handler=list_words, says="List suggestive words; public."),
    Operation(name="words.add", request=AddWords, handler=add_words, says="Add suggestive words, for good."),
)
