"""WaitingRequests: questions that need a second person, from the moment the gate says so until they end.

What flows in: a request, the policies that want a second person, that person's word. What flows out: the request again.
What it must never see: an answer. The request lies sealed; who, when, which agency and which policies do not.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, Row, delete, func, insert, select, update

from lockplate.access import AccessRequest
from lockplate.clock import Clock
from lockplate.errors import BadInput, Conflict, NotFound
from lockplate.gate.question import ApprovalFacts, PersonFacts
from lockplate.registry.database import reading, writing
from lockplate.registry.people import read_person_facts
from lockplate.registry.sealing import SealerOf
from lockplate.registry.tables import waiting_requests
from lockplate.terms import AgencyId, OperatorId, PersonId, PolicyId, RequestId

WAITS_FOR = timedelta(hours=24)
"""How long a question waits, and how long an approval stays good, counted from the asking."""

KEEPS_ENDED = timedelta(days=7)
"""How long a request that ended stays readable after its time ran out. Ours; the record in the log has its own term."""

_TABLE = "waiting_requests"


class WaitingState(StrEnum):
    """waiting → approved → answered; waiting → refused; waiting or approved → expired. Nothing goes back."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    EXPIRED = "expired"
    ANSWERED = "answered"


_OPEN = (WaitingState.WAITING.value, WaitingState.APPROVED.value)


class WaitingLine(msgspec.Struct, frozen=True, kw_only=True):
    """What the list of waiting questions shows: no plate, no case, no reason."""

    request_id: RequestId
    operator: OperatorId
    agency: AgencyId
    author: PersonId
    asked_at: datetime
    expires_at: datetime
    state: WaitingState
    policy_ids: tuple[PolicyId, ...]
    """The policies that want a second person."""
    decided_by: PersonId | None
    decided_at: datetime | None


class WaitingRequest(WaitingLine, frozen=True, kw_only=True):
    """The same with the request, opened."""

    request: AccessRequest


class WaitingRequests:
    """The waiting questions, one for each request and operator, sealed under that operator's data keys."""

    def __init__(self, engine: Engine, sealer_of: SealerOf, clock: Clock) -> None:
        self._engine = engine
        self._sealer_of = sealer_of
        self._clock = clock

    def put(
        self,
        request: AccessRequest,
        operator: OperatorId,
        policy_ids: tuple[PolicyId, ...],
        waits_for: timedelta = WAITS_FOR,
    ) -> WaitingRequest:
        """Let a request to one operator wait.

        Raises BadInput when the request does not name the operator, Conflict when it waits already or names an agency
        or person that does not exist.
        """
        if operator not in request.operators:
            raise BadInput("the request does not name this operator", code="no_operator")
        sealed = self._sealer_of(operator).seal_column(
            _TABLE, "request_sealed", _row_id(request.request_id, operator), msgspec.json.encode(request)
        )
        with writing(self._engine, "the request waits already, or names somebody unknown") as connection:
            connection.execute(
                insert(waiting_requests).values(
                    request=request.request_id,
                    operator=operator,
                    agency=request.agency,
                    author=request.person,
                    asked_at=request.asked_at,
                    expires_at=self._clock.now() + waits_for,
                    state=WaitingState.WAITING.value,
                    request_sealed=sealed,
                    policy_ids=policy_ids,
                )
            )
        return self.get(request.request_id, operator)

    def get(self, request_id: RequestId, operator: OperatorId) -> WaitingRequest:
        """Return a waiting request, opened, or raise NotFound. One past its time reads as expired."""
        with reading(self._engine) as connection:
            row = _row(connection, request_id, operator)
        line = self._line(row)
        plain = self._sealer_of(operator).open_column(
            _TABLE, "request_sealed", _row_id(request_id, operator), row.request_sealed
        )
        return WaitingRequest(**msgspec.structs.asdict(line), request=msgspec.json.decode(plain, type=AccessRequest))

    def list_all(self, *, agency: AgencyId | None = None, state: WaitingState | None = None) -> tuple[WaitingLine, ...]:
        """Return the lines of every request, or of one agency or state, oldest first; nothing is opened."""
        wanted = select(waiting_requests).order_by(waiting_requests.c.asked_at, waiting_requests.c.request)
        if agency is not None:
            wanted = wanted.where(waiting_requests.c.agency == agency)
        with reading(self._engine) as connection:
            lines = [self._line(row) for row in connection.execute(wanted)]
        return tuple(line for line in lines if state is None or line.state is state)

    def approve(self, request_id: RequestId, operator: OperatorId, *, by: PersonId) -> WaitingLine:
        """Approve a waiting request: `by` is an active person of the asking agency, and not its author.

        Whether their role suffices is the gate's to say. Raises BadInput, Conflict when it is not waiting, NotFound.
        """
        return self._decide(request_id, operator, WaitingState.APPROVED, by)

    def refuse(self, request_id: RequestId, operator: OperatorId, *, by: PersonId) -> WaitingLine:
        """Refuse a waiting request; raises as `approve` does."""
        return self._decide(request_id, operator, WaitingState.REFUSED, by)

    def approval(self, request_id: RequestId, operator: OperatorId) -> ApprovalFacts | None:
        """Return the second person's yes as the gate wants it, with their roles of now; None when none is in force."""
        with reading(self._engine) as connection:
            row = _row(connection, request_id, operator)
            line = self._line(row)
            if line.state is not WaitingState.APPROVED or line.decided_by is None or line.decided_at is None:
                return None
            return ApprovalFacts(approver=read_person_facts(connection, line.decided_by), approved_at=line.decided_at)

    def mark_answered(self, request_id: RequestId, operator: OperatorId) -> WaitingLine:
        """Close an approved request: an approval is good for one answer. Raises Conflict and NotFound."""
        with writing(self._engine) as connection:
            return self._step(
                connection, (request_id, operator), WaitingState.APPROVED, {"state": WaitingState.ANSWERED.value}
            )

    def expire(self) -> int:
        """Close every open request that is past its time, and return how many."""
        over = (waiting_requests.c.state.in_(_OPEN), waiting_requests.c.expires_at <= self._clock.now())
        with writing(self._engine) as connection:
            closed = update(waiting_requests).where(*over).values(state=WaitingState.EXPIRED.value)
            return connection.execute(closed).rowcount

    def over(self, operator: OperatorId, before: datetime) -> int:
        """Return how many of an operator's requests ran out at a time or before it, however they ended."""
        counted = select(func.count()).where(*_over(operator, before))
        with reading(self._engine) as connection:
            return connection.execute(counted).scalar_one()

    def forget(self, operator: OperatorId, before: datetime) -> int:
        """Delete what `over` counts: answered, refused, expired, or left waiting past their time; return how many."""
        with writing(self._engine) as connection:
            return connection.execute(delete(waiting_requests).where(*_over(operator, before))).rowcount

    def oldest(self, operator: OperatorId) -> datetime | None:
        """Return when the oldest request that is left was asked: keys of months before it open nothing any more."""
        with reading(self._engine) as connection:
            return connection.execute(
                select(func.min(waiting_requests.c.asked_at)).where(waiting_requests.c.operator == operator)
            ).scalar_one_or_none()

    def _decide(self, request_id: RequestId, operator: OperatorId, state: WaitingState, by: PersonId) -> WaitingLine:
        with writing(self._engine) as connection:
            row = _row(connection, request_id, operator)
            _require_second_person(row, read_person_facts(connection, by))
            values: dict[str, object] = {"state": state.value, "decided_by": by, "decided_at": self._clock.now()}
            return self._step(connection, (request_id, operator), WaitingState.WAITING, values)

    def _step(
        self,
        connection: Connection,
        which: tuple[RequestId, OperatorId],
        state: WaitingState,
        values: dict[str, object],
    ) -> WaitingLine:
        """Take one step from a state, if the request is in it and in time."""
        line = self._line(_row(connection, *which))
        here = (waiting_requests.c.request == which[0], waiting_requests.c.operator == which[1])
        change = update(waiting_requests).where(*here, waiting_requests.c.state == state.value).values(values)
        if line.state is not state or connection.execute(change).rowcount != 1:
            raise Conflict(f"the request is {line.state.value}, not {state.value}", code=f"request_not_{state.value}")
        return self._line(_row(connection, *which))

    def _line(self, row: Row[Any]) -> WaitingLine:
        over = row.state in _OPEN and self._clock.now() >= row.expires_at
        return WaitingLine(
            request_id=RequestId(row.request),
            operator=OperatorId(row.operator),
            agency=AgencyId(row.agency),
            author=PersonId(row.author),
            asked_at=row.asked_at,
            expires_at=row.expires_at,
            state=WaitingState.EXPIRED if over else WaitingState(row.state),
            policy_ids=tuple(PolicyId(policy_id) for policy_id in sorted(row.policy_ids)),
            decided_by=None if row.decided_by is None else PersonId(row.decided_by),
            decided_at=row.decided_at,
        )


def _require_second_person(row: Row[Any], person: PersonFacts) -> None:
    """Raise BadInput when the person asked the question, is inactive, or is of another agency."""
    if person.person == row.author:
        raise BadInput("whoever asks cannot approve", code="second_person_needed", next_step="Ask a supervisor.")
    if not person.active or person.agency != row.agency:
        raise BadInput("only an active person of the asking agency may decide", code="wrong_agency")


def _over(operator: OperatorId, before: datetime) -> tuple[ColumnElement[bool], ...]:
    return waiting_requests.c.operator == operator, waiting_requests.c.expires_at <= before


def _row_id(request_id: RequestId, operator: OperatorId) -> str:
    return f"{request_id}/{operator}"


def _row(connection: Connection, request_id: RequestId, operator: OperatorId) -> Row[Any]:
    here = (waiting_requests.c.request == request_id, waiting_requests.c.operator == operator)
    row = connection.execute(select(waiting_requests).where(*here)).one_or_none()
    if row is None:
        raise NotFound("no such request waits", code="unknown_request")
    return row
