"""Questions: was this plate there, over thirty days: gate, record, look-up, opening and outcome in the measured time.

What flows in: the filled month. What flows out: the waiting time's percentiles, ours and the alternatives'.
What it must never see: a way around Lookup.ask.
"""

import time
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import plain_clickhouse
import postgres
from alternatives import alternative, in_postgres
from apart import MeasureFailed, Told, run_apart
from ground import OFFICER, OPERATOR, SEED, Ground, opened
from row import Alternative, Budget, Row, percentile
from traffic import DAYS, Month

from lockplate.access import AccessRequest
from lockplate.clock import new_request_id
from lockplate.settings import load_settings
from lockplate.terms import AgencyId, Basis, CaseNumber, Offense, PlateText, Purpose, Verdict
from lockplate.wiring.node import Node

BUDGETS = (Budget(name=f"question over {DAYS} days, p99", figure=60, unit="ms", at_most=True),)
SECONDS = 3600.0


def measure(ground: Ground, *, told: Told) -> list[Row]:
    """Return the p99 of a question over thirty days."""
    asked = plates_to_ask(ground)
    ours = run_apart(ask_all, ground, asked, told=told, seconds=SECONDS)
    others = _alternatives(ground, asked, told)
    return [
        Row(
            budget=BUDGETS[0],
            measured=percentile(ours["milliseconds"], 0.99),
            alternatives=others,
            details={
                "reads_in_store": ground.sizes.reads,
                "vehicles": ground.sizes.vehicles,
                "questions": len(asked),
                "p50_ms": round(percentile(ours["milliseconds"], 0.5), 2),
                "first_ms": round(ours["milliseconds"][0], 2),
                "reads_answered_mean": round(sum(ours["reads"]) / len(asked), 1),
                "reads_answered_most": max(ours["reads"]),
                "p99_ms_of_unknown_plates": round(percentile(_unknown_only(ours), 0.99), 2),
            },
            why=_why(ours),
        )
    ]


def plates_to_ask(ground: Ground) -> list[str]:
    """Return plates, every second one of a vehicle drawn evenly from the month, the others of no vehicle."""
    pool = Month(ground.sizes.reads, ground.sizes.vehicles, ground.started_at).plates
    random = np.random.default_rng([SEED, 13])
    known = random.integers(0, len(pool), ground.sizes.questions // 2).tolist()
    return [text for place in known for text in (pool[place], f"{place % 1000:03d}UNK{place // 1000 % 1000:03d}")]


def window(now: datetime) -> tuple[datetime, datetime]:
    """Return the thirty days before the start of the run."""
    return now - timedelta(days=DAYS), now


def ask_all(ground: Ground, plates: list[str], *, told: Told) -> dict[str, list[float]]:
    """Ask in a fresh process; return each question's milliseconds and number of reads."""
    milliseconds, reads = [], []
    with opened(load_settings(ground.month, {})) as node:
        for number, plate in enumerate(plates):
            question = request(node, PlateText(plate), ground.started_at)
            began = time.perf_counter()
            answer = node.lookup.ask(question)
            milliseconds.append((time.perf_counter() - began) * 1000)
            if answer.decision is not Verdict.PERMITTED:
                raise MeasureFailed(f"a question was {answer.decision.value}: {answer.operators[0].policy_ids}")
            reads.append(len(answer.reads()))
            told("asking", number + 1, len(plates))
    if sum(reads[::2]) == 0 or any(reads[1::2]):
        raise MeasureFailed("known plates must answer, and plates of no vehicle must not")
    return {"milliseconds": milliseconds, "reads": reads}


def request(node: Node, plate: PlateText, end: datetime) -> AccessRequest:
    """Return a lawful question of the operator's own officer over the thirty days before `end`."""
    start, end = window(end)
    return AccessRequest(
        request_id=new_request_id(),
        asked_at=node.clock.now(),
        person=OFFICER,
        agency=AgencyId(OPERATOR),
        on_behalf_of=AgencyId(OPERATOR),
        operators=(OPERATOR,),
        plate=plate,
        window_from=start,
        window_to=end,
        purpose=Purpose.FELONY_INVESTIGATION,
        offense=Offense.FELONY,
        basis=Basis.REASONABLE_SUSPICION,
        case_number=CaseNumber("BENCH-1"),
    )


def _alternatives(ground: Ground, asked: list[str], told: Told) -> tuple[Alternative, ...]:
    """Put the same questions to plain plates: rows fetched by index, and nothing else done."""
    start, end = window(ground.started_at)
    bare = "no gate, record or opening"

    def plain() -> float:
        ask = plain_clickhouse.ask_month
        return percentile(run_apart(ask, ground, asked, start, end, told=told, seconds=SECONDS), 0.99)

    def indexed(socket: str) -> float:
        return percentile(postgres.ask_month(socket, ground, asked, start, end, told=told), 0.99)

    return (
        alternative(f"plain plates, same engine; {bare}", plain),
        in_postgres(f"PostgreSQL index on {ground.sizes.postgres_rows:,} rows; {bare}", ground, indexed),
    )


def _unknown_only(ours: dict[str, Any]) -> list[float]:
    return [took for took, reads in zip(ours["milliseconds"], ours["reads"], strict=True) if not reads]


def _why(ours: dict[str, Any]) -> str:
    """Say how the time grows with the reads in an answer, by the straight line that fits best."""
    slope, base = np.polyfit(ours["reads"], ours["milliseconds"], 1) if any(ours["reads"]) else (0.0, 0.0)
    return f"About {base:.1f} ms for any question and {slope:.3f} ms more for each read in the answer."
