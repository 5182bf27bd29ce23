"""A second person: who may approve a question that waits, and that one approval is good for one answer."""

import threading
from datetime import timedelta

import pytest

from asking import COUNTY, MakeRequest, See, ask, proven
from lockplate.clock import SetClock
from lockplate.errors import BadInput, Conflict, Denied
from lockplate.lookup.answer import OperatorAnswer
from lockplate.operations.asking import WaitingName, approve, refuse, resume
from lockplate.operations.operation import Actor
from lockplate.operations.waiting import show_waiting
from lockplate.registry.requests import WaitingState
from lockplate.terms import Action, PersonId, Verdict
from lockplate.wiring.node import Node


def actor(person: str) -> Actor:
    return Actor(person=PersonId(person))


def waiting(node: Node, see: See, make_request: MakeRequest, plate: str) -> WaitingName:
    """Ask a question that needs a second person, and return its name."""
    see(node, plate)
    request = make_request(node, plate, reason="warrant; he also has an ICE detainer")
    part = ask(node, request)
    assert (Verdict.PENDING, ()) == (part.verdict, part.reads)
    assert Action.QUESTION_PENDING is proven(node, part.record_index).action
    return WaitingName(request_id=request.request_id, operator="county")


def test_a_second_person_and_then_one_answer(node: Node, see: See, make_request: MakeRequest) -> None:
    """Pending → approved by a supervisor who did not ask → answered once; then it is over."""
    name = waiting(node, see, make_request, "SECOND1")
    assert Verdict.PENDING is resume(node, actor("ann"), name).verdict

    approve(node, actor("ben"), name)
    part = resume(node, actor("ann"), name)

    assert (Verdict.PERMITTED, 1) == (part.verdict, len(part.reads))
    size = node.desk(COUNTY).evidence.log.size
    with pytest.raises(Conflict):
        resume(node, actor("ann"), name)
    assert size == node.desk(COUNTY).evidence.log.size


@pytest.mark.parametrize("who", ["ann", "ivy", "ada", "wes", "agent"])
def test_who_may_not_be_the_second_person(node: Node, see: See, make_request: MakeRequest, who: str) -> None:
    """The author, another agency, an auditor, an officer: refused, and the question still waits."""
    name = waiting(node, see, make_request, f"NOTBY{who}".upper())

    with pytest.raises(Denied):
        approve(node, actor(who), name)
    assert Verdict.PENDING is resume(node, actor("ann"), name).verdict


def test_a_supervisor_cannot_approve_what_they_asked(node: Node, see: See, make_request: MakeRequest) -> None:
    """The role is not enough: it must be another person."""
    see(node, "OWNASK1")
    request = make_request(node, "OWNASK1", person=PersonId("ben"), reason="ICE detainer")
    assert Verdict.PENDING is ask(node, request).verdict
    name = WaitingName(request_id=request.request_id, operator="county")

    with pytest.raises(Denied):
        approve(node, actor("ben"), name)
    approve(node, actor("sue"), name)
    assert Verdict.PERMITTED is resume(node, actor("ben"), name).verdict


def test_only_its_author_takes_an_answer_up(node: Node, see: See, make_request: MakeRequest) -> None:
    """Whoever approves does not get the answer."""
    name = waiting(node, see, make_request, "AUTHOR1")
    approve(node, actor("ben"), name)

    with pytest.raises(BadInput):
        resume(node, actor("ben"), name)


def test_a_refused_question_is_over(node: Node, see: See, make_request: MakeRequest, clock: SetClock) -> None:
    """Refused, or too old: a conflict, not another wait."""
    refused = waiting(node, see, make_request, "REFUSED")
    refuse(node, actor("ben"), refused)
    with pytest.raises(Conflict):
        resume(node, actor("ann"), refused)

    old = waiting(node, see, make_request, "TOOLATE")
    approve(node, actor("ben"), old)
    clock.advance(timedelta(hours=25))
    with pytest.raises(Conflict):
        resume(node, actor("ann"), old)


def test_an_approval_is_good_for_one_answer_also_when_two_ask_at_once(
    node: Node, see: See, make_request: MakeRequest
) -> None:
    """Of several who take an approved question up in the same moment, one is answered."""
    name = waiting(node, see, make_request, "ATONCE1")
    approve(node, actor("ben"), name)
    start = threading.Barrier(4)
    answered: list[OperatorAnswer] = []
    turned_away: list[Exception] = []

    def take_up() -> None:
        start.wait()
        try:
            answered.append(resume(node, actor("ann"), name))
        except Conflict as error:
            turned_away.append(error)

    threads = [threading.Thread(target=take_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [1] == [len(part.reads) for part in answered if part.verdict is Verdict.PERMITTED]
    assert 4 == len(answered) + len(turned_away)


def test_a_waiting_question_is_judged_again(node: Node, see: See, make_request: MakeRequest) -> None:
    """An account that was closed in between gets no answer, approval or not."""
    name = waiting(node, see, make_request, "CLOSED1")
    approve(node, actor("ben"), name)
    node.registries.people.deactivate(PersonId("ann"))
    try:
        assert Verdict.DENIED is node.lookup.resume(name.request_id, COUNTY).verdict
    finally:
        node.registries.people.activate(PersonId("ann"))


def test_a_question_that_nobody_decided_in_time_is_over(
    node: Node, see: See, make_request: MakeRequest, clock: SetClock
) -> None:
    """After a day it cannot be approved any more, nor taken up; it must be asked again."""
    name = waiting(node, see, make_request, "TOOLATE")
    clock.advance(timedelta(hours=24))
    assert WaitingState.EXPIRED is show_waiting(node, actor("ann"), name).waiting.state
    with pytest.raises(Conflict):
        approve(node, actor("ben"), name)
    with pytest.raises(Conflict):
        resume(node, actor("ann"), name)


def test_a_waiting_question_says_what_it_is_and_why_with_the_law_beside_it(
    node: Node, see: See, make_request: MakeRequest
) -> None:
    """Whoever decides reads the whole question, each rule that wants a second person, its cite, and what was found."""
    name = waiting(node, see, make_request, "WHATWHY")
    seen = show_waiting(node, actor("ben"), name)
    (reason,) = seen.reasons
    assert ("WHATWHY", "warrant; he also has an ICE detainer") == (
        seen.waiting.request.plate,
        seen.waiting.request.reason,
    )
    assert "suggestive-words" == reason.policy_id
    assert all(word in reason.says for word in ("Found: ice", "removal"))
    assert reason.cite
    assert (True, False) == (seen.may_decide, seen.may_take_up)
