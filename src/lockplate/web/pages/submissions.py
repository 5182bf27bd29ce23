"""Submissions: a form that was sent twice is worked on once.

What flows in: a form's one-time token and the work it asks for. What flows out: the work's result, to each sender.
What it must never see: what the result is. It is kept for two minutes, so that a double click or a reload shows the
same answer instead of asking again; after that only the token is remembered.
"""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar, cast

from lockplate.clock import monotonic_seconds
from lockplate.errors import Conflict

RESULT_KEPT_SECONDS = 120.0
WAIT_SECONDS = 60.0
MAX_TOKENS = 10_000

Key = tuple[str, str]
"""Whose session, and which form."""
Result = TypeVar("Result")


def new_form_token() -> str:
    """Return a token for one form."""
    return secrets.token_urlsafe(18)


class Submissions:
    """The forms that were sent to this server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent: OrderedDict[Key, tuple[float, Future[Any] | None]] = OrderedDict()

    def once(self, key: Key, work: Callable[[], Result]) -> Result:
        """Do the work for a form's first sending, and return its result to the second one too.

        Work that raises counts as not sent. Raises Conflict when the form was sent too long ago to show its result.
        """
        mine: Future[Any] = Future()
        with self._lock:
            self._drop_old_results()
            known = self._sent.setdefault(key, (monotonic_seconds(), mine))[1]
        if known is not mine:
            return cast("Result", _of_first(known))
        try:
            done = work()
        except BaseException as error:
            with self._lock:
                self._sent.pop(key, None)
            mine.set_exception(error)
            raise
        mine.set_result(done)
        return done

    def _drop_old_results(self) -> None:
        """Forget results that are old, and the oldest tokens when there are too many."""
        limit = monotonic_seconds() - RESULT_KEPT_SECONDS
        for key, (at, result) in self._sent.items():
            if at > limit:
                break
            if result is not None and result.done():
                self._sent[key] = (at, None)
        while len(self._sent) > MAX_TOKENS:
            self._sent.popitem(last=False)


def _of_first(first: Future[Any] | None) -> Any:
    """Return what the first sending came to, or raise what it raised."""
    if first is None:
        raise Conflict(
            "this form was sent before, and its answer is no longer kept here",
            code="form_spent",
            next_step="Open a new form. The first sending is on record.",
        )
    try:
        return first.result(timeout=WAIT_SECONDS)
    except TimeoutError:
        raise Conflict("this form was sent before and is still being worked on", code="form_in_work") from None
