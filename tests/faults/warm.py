"""Warm: opens a real node fast and often: what never changes between two openings is made once in this process.

What flows in: settings, a clock. What flows out: an open Node, made by the real `open_node`.
What it must never see: a fault. Policies, law profiles and the salt for nobody's password are made once; every
file is opened by the real code each time. Acts that store no read run with the store in memory, without the engine.
"""

from pathlib import Path

from lockplate.clock import Clock
from lockplate.registry.passwords import Passwords
from lockplate.settings import Settings
from lockplate.store.embedded import EmbeddedStore
from lockplate.store.memory import MemoryStore
from lockplate.wiring import node as wiring_node
from lockplate.wiring import registries as wiring_registries
from lockplate.wiring.node import Node
from lockplate.wiring.policies import shipped_gate, shipped_profiles

_PROFILES = shipped_profiles()
_PASSWORDS = Passwords()


def use_store(*, real: bool) -> None:
    """Let nodes of this process have the real store, or one in memory that says it is empty."""
    wiring_node.EmbeddedStore = EmbeddedStore if real else _in_memory  # type: ignore[misc,assignment]


def open_node(settings: Settings, clock: Clock) -> Node:
    """Return the node, open; raises as the real `open_node`, which this is."""
    return wiring_node.open_node(settings, clock)


def _in_memory(folder: Path, *, memory_mb: int) -> MemoryStore:
    return MemoryStore()


def keep() -> None:
    """Keep what never changes, from now on and in this process: one of its own, never that of the tests."""
    gates: dict[Clock, object] = {}

    def gate(clock: Clock) -> object:
        if clock not in gates:
            gates.clear()
            gates[clock] = shipped_gate(clock)
        return gates[clock]

    wiring_node.shipped_profiles = lambda: _PROFILES
    wiring_node.shipped_gate = gate  # type: ignore[assignment]
    wiring_registries.Passwords = lambda: _PASSWORDS  # type: ignore[misc,assignment]
