"""A form that was sent twice is worked on once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from lockplate.errors import BadInput, Conflict
from lockplate.web.pages import submissions
from lockplate.web.pages.submissions import Submissions, new_form_token

KEY = ("session", "token")


def test_two_at_once_are_one() -> None:
    """A second sending waits for the first and gets the same result; the work is done once."""
    forms, started, go = Submissions(), threading.Event(), threading.Event()
    calls: list[int] = []

    def work() -> list[int]:
        calls.append(1)
        started.set()
        assert go.wait(10)
        return [len(calls)]

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(forms.once, KEY, work)
        assert started.wait(10)
        second = threads.submit(forms.once, KEY, work)
        go.set()
        assert first.result(10) is second.result(10)
    assert [1] == calls


def test_another_session_or_form_is_another_work() -> None:
    """A token counts within its session only."""
    forms = Submissions()

    assert [1, 2, 3] == [
        forms.once(key, lambda number=number: number)  # type: ignore[misc]
        for number, key in enumerate([("a", "t"), ("b", "t"), ("a", "u")], 1)
    ]


def test_a_failure_was_not_a_sending() -> None:
    """What raised can be sent again, since nothing was answered."""
    forms = Submissions()

    def fail() -> None:
        raise BadInput("no")

    with pytest.raises(BadInput):
        forms.once(KEY, fail)
    assert 7 == forms.once(KEY, lambda: 7)


def test_an_old_result_is_gone_and_still_not_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """After two minutes the answer is forgotten, and the form is refused rather than asked again."""
    forms, at = Submissions(), [1000.0]
    monkeypatch.setattr(submissions, "monotonic_seconds", lambda: at[0])
    forms.once(KEY, lambda: "answer")
    at[0] += submissions.RESULT_KEPT_SECONDS - 1
    assert "answer" == forms.once(KEY, lambda: "other")
    at[0] += 2

    with pytest.raises(Conflict) as raised:
        forms.once(KEY, lambda: "other")
    assert "form_spent" == raised.value.code
    assert [(1000.0, None)] == list(forms._sent.values())


def test_tokens_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory does not grow with every form that was ever sent."""
    monkeypatch.setattr(submissions, "MAX_TOKENS", 5)
    forms = Submissions()
    for number in range(20):
        forms.once(("session", str(number)), lambda: None)

    assert 6 >= len(forms._sent)


def test_tokens_differ() -> None:
    """Two forms never share a token."""
    assert 100 == len({new_form_token() for _ in range(100)})
