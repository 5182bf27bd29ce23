"""EarlierQuestion: a question that somebody here asked at another node, found again in this node's log.

What flows in: the log, the question's id, who asks for it, the other log's name. What flows out: its first intent.
What it must never see: private details: what is taken up again is taken up by its commitments.
"""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from lockplate.access import AccessRecord, parse_leaf
from lockplate.errors import NotFound
from lockplate.evidence.log import TileLog
from lockplate.reconciliation.pairing import shared_commitments
from lockplate.registry.requests import WAITS_FOR
from lockplate.shared_question import THERE
from lockplate.terms import Action, LeafIndex, PersonId, RequestId

CHUNK = 500


class EarlierQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A question's first intent, and what its outcome committed to under the shared salts."""

    index: LeafIndex
    intent: AccessRecord
    committed: dict[str, str]


def earlier_question(
    log: TileLog, request_id: RequestId, person: PersonId, there: str, now: datetime
) -> EarlierQuestion:
    """Return the question as this person asked it at that log; raises NotFound when it is none, or waited too long."""
    committed: dict[str, str] = {}
    for index, record in _backwards(log, now - WAITS_FOR * 2):
        if (record.request_id, record.person, record.facts.get(THERE)) != (request_id, person, there):
            continue
        if record.action is Action.QUESTION_ELSEWHERE_OUTCOME:
            committed = shared_commitments(record) or committed
        if record.action is Action.QUESTION_ELSEWHERE_INTENT and record.refers_to is None:
            return EarlierQuestion(index=index, intent=record, committed=committed)
    raise NotFound("no question of yours from here waits there", code="unknown_request", next_step="Ask it anew.")


def _backwards(log: TileLog, since: datetime) -> Iterator[tuple[LeafIndex, AccessRecord]]:
    """Yield records, newest first, as far back as a waiting question can have been asked."""
    end = log.size
    while end > 0:
        start = max(0, end - CHUNK)
        for place, leaf in reversed(list(enumerate(log.entries(start, end), start))):
            record = parse_leaf(leaf)
            if record.at < since:
                return
            yield LeafIndex(place), record
        end = start
