"""The policies that ship with the program: where they lie, and the gate and profiles made of them.

What flows in: the package's own data folder. What flows out: profiles, a gate.
What it must never see: a node's home; nobody's settings can point the floor elsewhere.
"""

from importlib.resources import files
from pathlib import Path

from lockplate.clock import Clock
from lockplate.gate.decision import Gate
from lockplate.gate.policy_set import load_policy_set
from lockplate.gate.suggestive import load_suggestive_words
from lockplate.law.loading import load_profiles
from lockplate.law.profiles import Profiles


def policy_folder() -> Path:
    """Return the folder of schema, floor, permits, law and cases, as installed."""
    return Path(str(files("lockplate"))) / "policy"


def shipped_profiles() -> Profiles:
    """Return the law profiles that ship with the program; raises SettingRefused when one does not pass its checks."""
    return load_profiles(policy_folder() / "law")


def shipped_gate(clock: Clock) -> Gate:
    """Return a gate under the policies that ship with the program."""
    folder = policy_folder()
    policies = load_policy_set(folder / "schema.cedarschema", folder / "floor", folder / "permits")
    return Gate(policies, load_suggestive_words(folder / "suggestive-words.yaml"), clock)
