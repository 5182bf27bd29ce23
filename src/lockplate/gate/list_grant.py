"""ListGrantFacts: an agreement that another agency's hot list is matched here, as the gate judges it.

What flows in: whose list, whether the agreement ends, who proposed it. What flows out: the context that Cedar reads.
What it must never see: a plate, an entry, the paper's text.
"""

from typing import Any

import msgspec

from lockplate.gate.question import AgencyFacts
from lockplate.terms import PersonId


class ListGrantFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the floor looks at before another agency's list counts here."""

    owner: AgencyFacts
    """Whose list it is."""
    ends: bool = False
    """The agreement has an end date."""
    proposer: PersonId | None = None
    """Who proposed it; of one that is to be accepted."""


def list_grant_context(facts: ListGrantFacts, *, wants: tuple[str, ...]) -> dict[str, Any]:
    """Return those of the facts that an act's context has, by the names of the schema."""
    known = {
        "owner": {"type": "Agency", "id": facts.owner.agency},
        "ends": facts.ends,
        "proposer": {"type": "Person", "id": facts.proposer},
    }
    return {name: known[name] for name in wants}
