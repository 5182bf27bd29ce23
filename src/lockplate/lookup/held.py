"""HeldReads: what holds answer for, when a question names the plate, the window and the case of a hold.

What flows in: a request; later the permit for it. What flows out: whether holds cover it; held reads, opened.
What it must never see: a question without a permit, save to say that a hold covers it. A hold answers for its one plate
and inside its window only, while it is in force and its key is there, and every other rule of a question stands.
"""

from collections.abc import Container
from datetime import datetime

import msgspec

from lockplate.access import AccessRequest
from lockplate.errors import BadInput, SealBroken
from lockplate.gate.permit import Permit
from lockplate.registry.holds import Hold, HoldPaper, Holds, SealedHold, decode_paper
from lockplate.seal.held import HeldRead, HoldSealer
from lockplate.seal.sealer import Opened
from lockplate.terms import HoldId, OperatorId, Period, ReaderId, Token

Row = tuple[Token, int, ReaderId]


class HeldOpened(msgspec.Struct, frozen=True, kw_only=True):
    """One held read, opened, and the hold that keeps it."""

    hold_id: HoldId
    expires_at: datetime
    """Of the hold, and so of the read."""
    read: Opened


class HeldReads:
    """The holds of one operator, as questions see them."""

    def __init__(self, *, operator: OperatorId, holds: Holds, sealer: HoldSealer) -> None:
        self._operator = operator
        self._holds = holds
        self._sealer = sealer

    def covers(self, request: AccessRequest) -> bool:
        """Say whether holds cover every plate and the whole window of a request, under its case number."""
        covered = {paper.plate_key for _, paper in self._covering(request)}
        return bool(covered) and covered >= set(request.plate_keys())

    def hold_ids(self, request: AccessRequest) -> tuple[HoldId, ...]:
        """Return the holds that a request rests on, for its record."""
        return tuple(sorted(hold.hold_id for hold, _ in self._covering(request)))

    def open(self, permit: Permit, request: AccessRequest, alive: Container[Period]) -> tuple[list[HeldOpened], int]:
        """Return the held reads that answer, each once, and how many did not open.

        Hours that still answer for themselves are left out: there, a correction counts that came after the hold.
        """
        found: dict[Row, HeldOpened] = {}
        unopened = 0
        for hold, paper in self._covering(request):
            for mark, sealed in self._holds.held(hold.hold_id):
                try:
                    held = HeldRead(mark=mark, sealed=sealed)
                    read = self._sealer.open(permit, hold.hold_id, held, paper.plate_key)
                except SealBroken:
                    unopened += 1
                    continue
                if read is not None and read.row.period not in alive:
                    row = (read.row.token, read.row.captured_at, read.row.reader)
                    found.setdefault(row, HeldOpened(hold_id=hold.hold_id, expires_at=hold.expires_at, read=read))
        return sorted(found.values(), key=lambda one: one.read.row.captured_at), unopened

    def _covering(self, request: AccessRequest) -> list[tuple[Hold, HoldPaper]]:
        """Return the holds in force for one of the plates, all of the window and the case, with their papers."""
        holds = self._holds.covering(self._operator, request.window_from, request.window_to)
        if not holds:
            return []
        plate_keys = set(request.plate_keys())
        papers = ((one.hold, self._paper(one)) for one in holds)
        return [
            (hold, paper)
            for hold, paper in papers
            if paper is not None and paper.plate_key in plate_keys and paper.is_case(request.case_number)
        ]

    def _paper(self, one: SealedHold) -> HoldPaper | None:
        """Return a hold's paper; None when it does not open: the hold's key is gone, and so the hold is over."""
        try:
            return decode_paper(self._sealer.open_paper(one.hold.hold_id, one.paper_sealed))
        except (SealBroken, BadInput):
            return None
