"""Keeping: rows that a permit for a hold covers, opened and at once sealed again under the hold's own key.

What flows in: a hold, its paper, a permit, hours. What flows out: how many reads are kept that were not.
What it must never see: a person. No opened read leaves this module; the number of reads is no answer to anybody, since
"how many" for one plate and one hour is "was it there?".
"""

from collections.abc import Callable, Container
from datetime import datetime

from lockplate.errors import SealBroken
from lockplate.gate.permit import Permit
from lockplate.registry.holds import Hold, HoldPaper, Holds, decode_paper
from lockplate.seal.held import HoldSealer
from lockplate.seal.sealer import Sealer
from lockplate.store.surface import ReadStore
from lockplate.terms import HoldId, OperatorId, Period


class Keeper:
    """Re-seals for the holds of one operator."""

    def __init__(
        self,
        *,
        operator: OperatorId,
        holds: Holds,
        sealer: Sealer,
        held: HoldSealer,
        store: ReadStore,
        retention_end: Callable[[Period], datetime | None],
    ) -> None:
        self._operator = operator
        self._holds = holds
        self._sealer = sealer
        self._held = held
        self._store = store
        self._retention_end = retention_end

    def paper(self, hold_id: HoldId) -> HoldPaper:
        """Return an open hold's paper. Raises Conflict when the hold is over, SealBroken when its key is gone."""
        return decode_paper(self._held.open_paper(hold_id, self._holds.sealed(hold_id).paper_sealed))

    def keep(self, hold: Hold, paper: HoldPaper, permit: Permit, periods: Container[Period] | None = None) -> int:
        """Keep what the hold covers in these hours, or in all of its window; return how many reads are new here.

        An hour that was over before the hold was opened stays over: a hold brings nothing back.
        """
        probes = [
            one
            for one in self._sealer.probes(permit)
            if (periods is None or one.probe.period in periods) and self._in_time(hold, one.probe.period)
        ]
        start, end = _ceil(permit.window_from), _ceil(permit.window_to)
        rows = self._store.find(self._operator, [one.probe for one in probes], start=start, end=end)
        kept: list[tuple[bytes, bytes]] = []
        for row in rows:
            if paper.readers is not None and row.reader not in paper.readers:
                continue
            try:
                read = self._sealer.open(permit, row, paper.plate_key)
            except SealBroken:  # a false match of the token, or a changed row: not this plate's
                continue
            held = self._held.keep(permit, hold.hold_id, read)
            kept.append((held.mark, held.sealed))
        return self._holds.keep(hold.hold_id, kept)

    def _in_time(self, hold: Hold, period: Period) -> bool:
        end = self._retention_end(period)
        return end is not None and hold.opened_at < end


def _ceil(at: datetime) -> int:
    """Return the first whole second at or after an instant, as questions count."""
    second = int(at.timestamp())
    return second + (1 if at.microsecond else 0)
