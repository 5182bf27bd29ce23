"""The policies that ship with the program: where they lie, and the gate and profiles made of them.

What flows in: the package's own data folder. What flows out: profiles, a gate.
What it must never see: a node's home; nobody's settings can point the floor elsewhere.
"""

from importlib.resources import files
from pathlib import Path

from lockplate.clock import Clock
from lockplate.gate.decision import Gate
from lockplate.gate.policy_set import load_policy_set
from lockplate.gate.suggestive import SuggestiveWord, load_suggestive_words
from lockplate.law.loading import load_profiles
from lockplate.law.profiles import Profiles
from lockplate.registry.words import LocalWords


def policy_folder() -> Path:
    """Return the folder of schema, floor, permits, law and cases, as installed."""
    return Path(str(files("lockplate"))) / "policy"


def shipped_profiles() -> Profiles:
    """Return the law profiles that ship with the program; raises SettingRefused when one does not pass its checks."""
    return load_profiles(policy_folder() / "law")


def added_words(words: LocalWords) -> tuple[SuggestiveWord, ...]:
    """Return the suggestive words that the people of a node added, as the gate takes them."""
    return tuple(SuggestiveWord(id=one.word, words=one.words, why=one.why, cite=one.cite) for one in words.list_all())


def shipped_gate(clock: Clock) -> Gate:
    """Return a gate under the policies that ship with the program."""
    folder = policy_folder()
    policies = load_policy_set(folder / "schema.cedarschema", folder / "floor", folder / "permits", folder / "law")
    return Gate(policies, load_suggestive_words(folder / "suggestive-words.yaml"), clock)
