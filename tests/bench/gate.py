"""Gate: facts gathered, policies decided, intent and outcome durable in the log: what every question pays.

What flows in: a node without reads. What flows out: the waiting time's middle.
What it must never see: a read.
"""

import shutil
import time

from apart import Told
from ground import OPERATOR, Ground, founded, opened
from questions import request
from row import Alternative, Budget, Row, percentile

from lockplate.access import AccessRecord
from lockplate.lookup.asking import private_details
from lockplate.terms import Action, PlateText, RecordMode, Verdict

BUDGETS = (Budget(name="gate and durable record, p50", figure=3, unit="ms", at_most=True),)
ROUNDS = 300


def measure(ground: Ground, *, told: Told) -> list[Row]:
    """Return the middle of gate and two durable records."""
    home = ground.folder / "gate"
    whole, decided = [], []
    with opened(founded(home, RecordMode.INDEX_ONLY)) as node:
        recorder = node.desk(OPERATOR).recorder
        for number in range(ROUNDS):
            asked = request(node, PlateText(f"0GAT{number:03d}"), ground.started_at)
            began = time.perf_counter()
            permit = node.gate.decide_question(node.facts.question(asked, OPERATOR, None))
            decided.append((time.perf_counter() - began) * 1000)
            intent = AccessRecord(
                action=Action.QUESTION_INTENT,
                at=node.clock.now(),
                operator=OPERATOR,
                person=asked.person,
                agency=asked.agency,
                purpose=asked.purpose,
                verdict=Verdict.PERMITTED,
                policy_ids=permit.policy_ids,
                policy_set_hash=permit.policy_set_hash,
                request_id=asked.request_id,
            )
            place = recorder.record(intent, private_details(asked))
            recorder.record(
                AccessRecord(
                    action=Action.QUESTION_OUTCOME, at=node.clock.now(), operator=OPERATOR, person=asked.person,
                    refers_to=place, counts={"reads": 0},
                )
            )  # fmt: skip
            whole.append((time.perf_counter() - began) * 1000)
            told("deciding and recording", number + 1, ROUNDS)
    shutil.rmtree(home)
    bare = Alternative(what="facts and gate alone, nothing recorded", measured=percentile(decided, 0.5))
    return [
        Row(
            budget=BUDGETS[0],
            measured=percentile(whole, 0.5),
            alternatives=(bare,),
            details={"rounds": ROUNDS, "p99_ms": round(percentile(whole, 0.99), 3), "records_a_round": 2},
            why=f"Of the middle, {percentile(decided, 0.5):.2f} ms are facts and policies; the rest is syncing to disk.",
        )
    ]
