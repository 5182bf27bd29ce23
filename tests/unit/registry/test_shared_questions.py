"""Ids of questions from other nodes: each is taken once, also by two at a time, and old ones are forgotten."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select

from lockplate.clock import SetClock, new_request_id
from lockplate.errors import BadInput, Conflict
from lockplate.registry.shared_questions import REMEMBERED, SharedQuestions
from lockplate.registry.tables import shared_questions
from lockplate.shared_question import FRESH, new_shared_id
from lockplate.terms import RequestId


@pytest.fixture
def seen(engine: Engine, clock: SetClock) -> SharedQuestions:
    return SharedQuestions(engine, clock)


def test_an_id_is_taken_once(seen: SharedQuestions, clock: SetClock) -> None:
    """The second time is a conflict, however the clock was moved in between."""
    request_id = new_shared_id(clock.now())
    assert request_id == seen.take(request_id)
    for step in (timedelta(), FRESH, -2 * FRESH):
        clock.advance(step)
        with pytest.raises(Conflict):
            seen.take(request_id)
    assert seen.take(new_shared_id(clock.now()))


def test_an_id_that_will_not_do_is_not_taken(seen: SharedQuestions, clock: SetClock) -> None:
    """Of the form that this node gives its own questions, or of another time."""
    for request_id in (new_request_id(), "7ONE111", new_shared_id(clock.now() - 2 * FRESH)):
        with pytest.raises(BadInput):
            seen.take(request_id)


def test_of_two_at_once_one_is_taken(seen: SharedQuestions, clock: SetClock) -> None:
    """Eight callers with one id: one of them gets it."""
    request_id = new_shared_id(clock.now())

    def take(_: int) -> RequestId | None:
        try:
            return seen.take(request_id)
        except Conflict:
            return None

    with ThreadPoolExecutor(8) as pool:
        assert [request_id] == [one for one in pool.map(take, range(8)) if one is not None]


def test_old_ones_are_forgotten(seen: SharedQuestions, clock: SetClock, engine: Engine) -> None:
    """After a day an id is refused for its age alone, so the table stays small."""
    for _ in range(3):
        seen.take(new_shared_id(clock.now()))
    clock.advance(REMEMBERED + FRESH + timedelta(seconds=1))
    seen.take(new_shared_id(clock.now()))
    with engine.connect() as connection:
        assert 1 == connection.execute(select(func.count()).select_from(shared_questions)).scalar_one()
