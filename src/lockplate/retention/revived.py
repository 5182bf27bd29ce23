"""Revived keys: a key that the log says was destroyed must not be used again.

What flows in: a key ring, what the log says. What flows out: the key ring itself, or a refusal.
What it must never see: a key's bytes.
"""

from lockplate.errors import KeyUnavailable
from lockplate.keys.ring import KeyRing
from lockplate.retention.receipts import Receipts
from lockplate.terms import OperatorId


class KeysRevived(KeyUnavailable):
    """Keys are here that the log says were destroyed: an old copy of the key database was put back."""

    default_code = "keys_revived"


def require_not_revived(operator: OperatorId, ring: KeyRing, receipts: Receipts) -> KeyRing:
    """Return the key ring, or raise KeysRevived when it holds a key that the log says was destroyed.

    Wiring calls this when it opens an operator: a copy of the key database from before must not answer. Keys of hours,
    of months (records, hits, requests) and of holds are held against the log.
    """
    hours = receipts.destroyed.intersection(ring.stored_periods())
    revived = len(hours) + len(receipts.names.intersection(ring.data_key_names()))
    if revived:
        raise KeysRevived(
            f"{revived} keys of {operator} are back that the log says were destroyed",
            next_step="An old copy of the key database was put back. Put the current one in its place; keep no copy.",
        )
    return ring
