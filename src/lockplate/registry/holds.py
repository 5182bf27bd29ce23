"""Holds: one plate's reads of one past window, kept beyond their limit until the hold ends.

What flows in: a hold with its paper sealed, sealed reads, the word that it ends. What flows out: the same again.
What it must never see: a key. Plate, case number, facts and names are in the paper, which lies sealed under the hold's
own key (seal.held), and so do the reads: when that key is destroyed, a copy of this database says nothing of them.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from lockplate.clock import Clock
from lockplate.errors import BadInput, Conflict, NotFound
from lockplate.law.words import HoldKind
from lockplate.registry.database import reading, writing
from lockplate.registry.ids import new_id
from lockplate.registry.tables import held_reads, holds
from lockplate.terms import AgencyId, HoldId, OperatorId, PersonId, PlateKey, PlateText, ReaderId

SealedHeld = tuple[bytes, bytes]
"""One read as it lies here: its mark, a keyed hash, and its sealed bytes."""


class HoldState(StrEnum):
    """open → lifted, by a person; open → expired, by time. Nothing goes back. A refused hold is in the log only."""

    OPEN = "open"
    LIFTED = "lifted"
    EXPIRED = "expired"


class LiftReason(StrEnum):
    """Why a hold ends before its time."""

    CASE_CLOSED = "case_closed"
    NO_CHARGE = "no_charge"
    WITHDRAWN = "withdrawn"
    ORDERED = "ordered"
    """A court said so."""


class HoldPaper(msgspec.Struct, frozen=True, kw_only=True):
    """What stands behind a hold; sealed wherever it lies."""

    plate: PlateText
    plate_key: PlateKey
    case_number: str
    facts: str = ""
    sworn: bool = False
    """Whoever asks has sworn to the facts."""
    readers: tuple[ReaderId, ...] | None = None
    """Only reads of these; None: of all."""
    requester: str = ""
    """For whom, when that is no person of this node: a defendant without a lawyer, a court."""
    paper: str = ""
    """The number of the warrant or order."""
    paper_hash: str = ""
    """SHA-256, hex, of its text."""

    def is_case(self, case_number: str) -> bool:
        """Say whether a case number is the hold's; letters' case and spaces aside."""
        return _plain_case(self.case_number) == _plain_case(case_number) != ""


class NewHold(msgspec.Struct, frozen=True, kw_only=True):
    """A hold to write down."""

    hold_id: HoldId
    operator: OperatorId
    agency: AgencyId
    """That asked for it."""
    kind: HoldKind
    opened_by: PersonId
    opened_at: datetime
    window_from: datetime
    window_to: datetime
    """Half open: [from, to)."""
    expires_at: datetime
    paper_sealed: bytes


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """A hold without its paper."""

    hold_id: HoldId
    operator: OperatorId
    agency: AgencyId
    kind: HoldKind
    opened_by: PersonId
    opened_at: datetime
    window_from: datetime
    window_to: datetime
    expires_at: datetime
    renewals: int
    state: HoldState
    """As it reads at this moment: an open hold past its end is expired, also before its key is destroyed."""
    end_reason: str | None
    ended_by: PersonId | None
    ended_at: datetime | None


class SealedHold(msgspec.Struct, frozen=True, kw_only=True):
    """A hold with its paper, still sealed."""

    hold: Hold
    paper_sealed: bytes


def new_hold_id() -> HoldId:
    """Return a random id."""
    return HoldId(new_id("k"))


def encode_paper(paper: HoldPaper) -> bytes:
    """Return a paper's bytes, to be sealed."""
    return msgspec.msgpack.encode(paper)


def decode_paper(plain: bytes) -> HoldPaper:
    """Return the paper, or raise BadInput when the bytes are none."""
    try:
        return msgspec.msgpack.decode(plain, type=HoldPaper)
    except msgspec.MsgspecError as error:
        raise BadInput("not a hold's paper", code="bad_paper") from error


class Holds:
    """The holds of every operator here, and what they keep."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def add(self, new: NewHold) -> Hold:
        """Write an open hold down. Raises Conflict when it names an agency, operator or person that is not here."""
        values = msgspec.structs.asdict(new) | {"kind": new.kind.value}
        with writing(self._engine, "a hold names somebody unknown") as connection:
            connection.execute(insert(holds).values(values | {"renewals": 0, "state": HoldState.OPEN.value}))
        return self.get(new.hold_id)

    def get(self, hold_id: HoldId) -> Hold:
        """Return a hold, or raise NotFound."""
        with reading(self._engine) as connection:
            return self._hold(_row(connection, hold_id))

    def sealed(self, hold_id: HoldId) -> SealedHold:
        """Return an open hold with its paper. Raises NotFound, and Conflict when it is over."""
        with reading(self._engine) as connection:
            row = _row(connection, hold_id)
        hold = self._hold(row)
        if hold.state is not HoldState.OPEN or row.paper_sealed is None:
            raise _over(hold)
        return SealedHold(hold=hold, paper_sealed=row.paper_sealed)

    def list_all(self, operator: OperatorId, *, agency: AgencyId | None = None) -> tuple[Hold, ...]:
        """Return an operator's holds, or those of one agency, oldest first."""
        wanted = select(holds).where(holds.c.operator == operator)
        if agency is not None:
            wanted = wanted.where(holds.c.agency == agency)
        with reading(self._engine) as connection:
            rows = connection.execute(wanted.order_by(holds.c.opened_at, holds.c.hold_id)).all()
        return tuple(self._hold(row) for row in rows)

    def standing(self, operator: OperatorId) -> tuple[Hold, ...]:
        """Return the holds that nobody has ended yet; those past their end among them, as expired."""
        wanted = select(holds).where(holds.c.operator == operator, holds.c.state == HoldState.OPEN.value)
        with reading(self._engine) as connection:
            rows = connection.execute(wanted.order_by(holds.c.opened_at, holds.c.hold_id)).all()
        return tuple(self._hold(row) for row in rows)

    def covering(self, operator: OperatorId, start: datetime, end: datetime) -> tuple[SealedHold, ...]:
        """Return the holds in force whose window holds all of [start, end)."""
        wanted = select(holds).where(
            holds.c.operator == operator,
            holds.c.state == HoldState.OPEN.value,
            holds.c.expires_at > self._clock.now(),
            holds.c.window_from <= start,
            holds.c.window_to >= end,
            holds.c.paper_sealed.is_not(None),
        )
        with reading(self._engine) as connection:
            rows = connection.execute(wanted.order_by(holds.c.expires_at.desc(), holds.c.hold_id)).all()
        return tuple(SealedHold(hold=self._hold(row), paper_sealed=row.paper_sealed) for row in rows)

    def keep(self, hold_id: HoldId, reads: Sequence[SealedHeld]) -> int:
        """Keep sealed reads of an open hold, all or none; return how many were not here yet.

        Raises Conflict when the hold has ended in the meantime.
        """
        with writing(self._engine) as connection:
            hold = self._hold(_row(connection, hold_id))
            if hold.ended_at is not None:
                raise _over(hold)
            here = select(held_reads.c.mark).where(held_reads.c.hold_id == hold_id)
            known = set(connection.execute(here).scalars())
            fresh = {mark: sealed for mark, sealed in reads if mark not in known}
            lines = [{"hold_id": hold_id, "mark": mark, "read_sealed": sealed} for mark, sealed in fresh.items()]
            if lines:
                connection.execute(insert(held_reads), lines)
        return len(lines)

    def held(self, hold_id: HoldId) -> list[SealedHeld]:
        """Return the sealed reads of a hold."""
        wanted = select(held_reads.c.mark, held_reads.c.read_sealed).where(held_reads.c.hold_id == hold_id)
        with reading(self._engine) as connection:
            return [(row.mark, row.read_sealed) for row in connection.execute(wanted)]

    def renew(self, hold_id: HoldId, expires_at: datetime, paper_sealed: bytes) -> Hold:
        """Draw an open hold out. Raises Conflict when it is over, NotFound."""
        in_force = (
            holds.c.hold_id == hold_id,
            holds.c.state == HoldState.OPEN.value,
            holds.c.expires_at > self._clock.now(),
        )
        values = {"expires_at": expires_at, "paper_sealed": paper_sealed, "renewals": holds.c.renewals + 1}
        with writing(self._engine) as connection:
            if connection.execute(update(holds).where(*in_force).values(values)).rowcount != 1:
                raise _over(self._hold(_row(connection, hold_id)))
            return self._hold(_row(connection, hold_id))

    def end(self, hold_id: HoldId, state: HoldState, *, reason: str, by: PersonId) -> int:
        """End a hold that nobody has ended yet: its reads and paper are deleted; return how many reads there were.

        Whoever calls this has destroyed the hold's key: the rows answer nobody. Raises Conflict and NotFound.
        """
        if state is HoldState.OPEN:
            raise BadInput("say how the hold ends", code="bad_state")
        values = {
            "state": state.value,
            "end_reason": reason,
            "ended_by": by,
            "ended_at": self._clock.now(),
            "paper_sealed": None,
        }
        here = (holds.c.hold_id == hold_id, holds.c.state == HoldState.OPEN.value)
        with writing(self._engine) as connection:
            if connection.execute(update(holds).where(*here).values(values)).rowcount != 1:
                raise _over(self._hold(_row(connection, hold_id)))
            return connection.execute(delete(held_reads).where(held_reads.c.hold_id == hold_id)).rowcount

    def _hold(self, row: Row[Any]) -> Hold:
        over = row.state == HoldState.OPEN.value and self._clock.now() >= row.expires_at
        return Hold(
            hold_id=HoldId(row.hold_id),
            operator=OperatorId(row.operator),
            agency=AgencyId(row.agency),
            kind=HoldKind(row.kind),
            opened_by=PersonId(row.opened_by),
            opened_at=row.opened_at,
            window_from=row.window_from,
            window_to=row.window_to,
            expires_at=row.expires_at,
            renewals=row.renewals,
            state=HoldState.EXPIRED if over else HoldState(row.state),
            end_reason=row.end_reason,
            ended_by=None if row.ended_by is None else PersonId(row.ended_by),
            ended_at=row.ended_at,
        )


def _plain_case(case_number: str) -> str:
    return "".join(case_number.casefold().split())


def _over(hold: Hold) -> Conflict:
    return Conflict(f"the hold is {hold.state.value}", code="hold_over", next_step="Open a new one.")


def _row(connection: Connection, hold_id: HoldId) -> Row[Any]:
    row = connection.execute(select(holds).where(holds.c.hold_id == hold_id)).one_or_none()
    if row is None:
        raise NotFound("no hold has this id", code="unknown_hold", next_step="See `lockplate hold list`.")
    return row
