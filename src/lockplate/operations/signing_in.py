"""Sign in: a name and a password become a session, and both outcomes a record.

What flows in: what somebody typed. What flows out: a session; leaves in the logs of the operators concerned.
What it must never see: a way for its answer, its record or its work to say who exists here. A failed try is a leaf in
every log, by nobody, whatever name was typed; the name stands only in the sealed details, and only where it is one.
"""

import threading
from collections import deque

from lockplate.access import AccessRecord
from lockplate.clock import monotonic_seconds
from lockplate.errors import NotFound, Unauthenticated
from lockplate.registry.sessions import Session
from lockplate.terms import Action, AgencyId, PersonId
from lockplate.wiring.node import Node

NOBODY = PersonId("-nobody")
"""Who a failed try is by: a name that was typed is no proof of who typed it. No person's id can start with a dash."""
STRANGER = "not a person of this operator's agency"
RECORDED_A_MINUTE = 20
"""Failed tries above this are counted into the next record, so that nobody can fill a public log from outside."""


class SignInDesk:
    """Takes names and passwords; counts failed tries that got no leaf of their own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._recorded: deque[float] = deque()
        self._unrecorded = 0

    def sign_in(self, node: Node, name: str, password: str) -> Session:
        """Return a session once the sign-in is on record, or raise Unauthenticated with one and the same words.

        Someone with a second factor is refused after the right password: this page cannot ask for it yet.
        """
        try:
            person = node.registries.people.authenticate(name, password)
        except Unauthenticated:
            self._record_failure(node, name)
            raise
        if node.registries.people.totp_secret(person.person) is not None:
            self._record_failure(node, name)
            raise Unauthenticated(
                "this account needs a second factor, and this page cannot ask for one yet",
                code="second_factor_needed",
                next_step="Ask an administrator of your agency.",
            )
        for desk in node.desks.values():
            if desk.operator.agency == person.agency:
                desk.recorder.record(
                    AccessRecord(
                        action=Action.SIGN_IN,
                        at=node.clock.now(),
                        operator=desk.operator.operator,
                        person=person.person,
                        agency=person.agency,
                        facts={"result": "signed_in"},
                    )
                )
        return node.registries.sessions.open(person.person)

    def _record_failure(self, node: Node, name: str) -> None:
        tries = self._tries_to_record()
        if not tries:
            return
        agency = _agency_of(node, name)
        for desk in node.desks.values():
            desk.recorder.record(
                AccessRecord(
                    action=Action.SIGN_IN,
                    at=node.clock.now(),
                    operator=desk.operator.operator,
                    person=NOBODY,
                    facts={"result": "refused"},
                    counts={"tries": tries},
                ),
                {"name": name if agency == desk.operator.agency else STRANGER},
            )

    def _tries_to_record(self) -> int:
        """Return how many tries the next leaf stands for; 0 when this one only counts."""
        now = monotonic_seconds()
        with self._lock:
            while self._recorded and now - self._recorded[0] > 60:
                self._recorded.popleft()
            if len(self._recorded) >= RECORDED_A_MINUTE:
                self._unrecorded += 1
                return 0
            self._recorded.append(now)
            tries, self._unrecorded = self._unrecorded + 1, 0
            return tries


def _agency_of(node: Node, name: str) -> AgencyId | None:
    try:
        return node.registries.people.facts(PersonId(name)).agency
    except NotFound:
        return None
