"""Alternatives: the same job done in another way; one that breaks costs its own place in the row and nothing else.

What flows in: a word for it, and an act that returns its figure. What flows out: the figure, or why there is none.
What it must never see: a guess: what did not run has no figure.
"""

from collections.abc import Callable

from ground import Ground
from row import Alternative


def alternative(what: str, act: Callable[[], float]) -> Alternative:
    """Return what an act measures, or why it could not."""
    try:
        return Alternative(what=what, measured=act())
    except Exception as error:  # noqa: BLE001 - whatever broke becomes the reason
        return Alternative(what=what, measured=None, why=f"{type(error).__name__}: {error}")


def in_postgres(what: str, ground: Ground, act: Callable[[str], float]) -> Alternative:
    """Return what an act measures in our cluster, given its socket; without a cluster, why there is none."""
    socket = ground.postgres
    if socket is None:
        return Alternative(what=what, measured=None, why=ground.no_postgres)
    return alternative(what, lambda: act(socket))
