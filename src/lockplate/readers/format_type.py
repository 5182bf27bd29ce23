"""Format: what a reader module gives to the registry of formats.

What flows in: a module's name, its look at a shape, its reading. What flows out: one frozen value.
What it must never see: the store, keys, a log; and the registry itself, which imports the modules that import this.
"""

from collections.abc import Callable
from datetime import tzinfo

import msgspec

from lockplate.read import Parsed
from lockplate.readers.payload import Payload


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """One payload format: its name, how it knows its own bodies, and how it reads them."""

    name: str
    claims: Callable[[Payload], bool]
    """Says by shape alone whether a body is of this format; must be cheap and never raise."""
    parse: Callable[[Payload, tzinfo | None], Parsed]
    """Reads a body; the zone is the reader's own, for naive device times. Must never raise on any body."""
    says: str
    """One line for people: whose format this is."""
