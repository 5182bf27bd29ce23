"""Row: one line of the report: what was measured, against what budget, against which alternative.

What flows in: figures of one measure. What flows out: frozen rows.
What it must never see: a figure that this run did not measure.
"""

import math
from typing import Any

import msgspec


class Alternative(msgspec.Struct, frozen=True, kw_only=True):
    """The same job done in another way, in the same run."""

    what: str
    measured: float | None
    """In the row's unit; None when it could not be measured, and then `why` says so."""
    why: str = ""


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the design's budgets."""

    name: str
    figure: float
    unit: str
    at_most: bool
    """True: the figure is a ceiling (time, bytes); False: it is a floor (reads a second)."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A budget, and what it came to here."""

    budget: Budget
    measured: float | None
    """None when the measure failed; `why` says how."""
    alternatives: tuple[Alternative, ...] = ()
    details: dict[str, Any] = {}
    """What exactly was done, in numbers."""
    why: str = ""
    """Why the budget is missed, from what this run itself saw; or why nothing was measured."""

    @property
    def met(self) -> bool:
        """Whether the budget is kept; a failed measure keeps none."""
        if self.measured is None:
            return False
        budget = self.budget
        return self.measured <= budget.figure if budget.at_most else self.measured >= budget.figure

    def ratio(self, alternative: Alternative) -> float | None:
        """Return how many times better than the alternative we are; below 1 the alternative is better."""
        if not self.measured or not alternative.measured:
            return None
        ratio = self.measured / alternative.measured
        return 1 / ratio if self.budget.at_most else ratio

    def public(self) -> dict[str, Any]:
        """Return the row as JSON carries it."""
        return {
            "name": self.budget.name,
            "measured": None if self.measured is None else round(self.measured, 3),
            "budget": self.budget.figure,
            "budget_is": "at most" if self.budget.at_most else "at least",
            "unit": self.budget.unit,
            "met": self.met,
            "alternatives": [
                {
                    "what": one.what,
                    "measured": None if one.measured is None else round(one.measured, 3),
                    "ratio": None if (ratio := self.ratio(one)) is None else round(ratio, 3),
                    "why": one.why,
                }
                for one in self.alternatives
            ],
            "why": "" if self.met else self.why,
            "details": self.details,
        }


def percentile(figures: list[float], share: float) -> float:
    """Return the smallest figure that at least this share of them does not exceed."""
    ordered = sorted(figures)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]
