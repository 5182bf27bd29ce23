"""ElsewhereFacts: a question that somebody here would ask at another node, as the gate of this side judges it.

What flows in: words from closed lists, counts, the agency that would receive the answer. What flows out: the context
that Cedar reads. What it must never see: a plate, a case number, a reason; the law of the other node, which judges
the question in full and has the reads.
"""

from typing import Any

import msgspec

from lockplate.gate.question import AgencyFacts
from lockplate.terms import Basis, Offense, Purpose


class ElsewhereFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the floor looks at before a question leaves the house."""

    purpose: Purpose
    offense: Offense
    basis: Basis
    has_case: bool
    candidates: int
    """Plates that the question names."""
    behalf: AgencyFacts
    """The agency that would receive the answer."""


def elsewhere_context(facts: ElsewhereFacts) -> dict[str, Any]:
    """Return what the policies see of the question."""
    return {
        "purpose": _uid("Purpose", facts.purpose),
        "offense": _uid("Offense", facts.offense),
        "basis": _uid("Basis", facts.basis),
        "has_case": facts.has_case,
        "candidates": facts.candidates,
        "behalf": {"agency": _uid("Agency", facts.behalf.agency)},
    }


def _uid(kind: str, name: str) -> dict[str, str]:
    return {"type": kind, "id": name}
