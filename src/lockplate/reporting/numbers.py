"""Numbers: what hits came to, by list, reader or category: what people found, how often it was false, what followed.

What flows in: counts of the log's records and of the hits that are still here. What flows out: lines and their sum.
What it must never see: I/O, a plate. Which number comes from where is said in docs/numbers.md.
"""

from collections.abc import Iterable, Mapping

import msgspec

from lockplate.registry.hit_numbers import By, EntryAge, HitTally
from lockplate.registry.hits import HitState
from lockplate.reporting.query import Counted, Query
from lockplate.terms import Action, Verdict

FEWEST_DECIDED = 20
"""With fewer decided hits no rate is said: one hit more or less would change it by more than it means."""
FALSE = (HitState.WRONG_READ, HitState.WRONG_REGION, HitState.WRONG_VEHICLE, HitState.STALE_ENTRY)
"""What makes an alert false, by cause."""


class NumberLine(msgspec.Struct, frozen=True, kw_only=True):
    """What the hits of one list, reader or category came to."""

    id: str
    name: str
    hits: int
    """By list and category: from the log, of whole UTC days that are over. By reader: those that are still here."""
    alerts: int
    """Of the hits that are still here, as are the next three and the ages."""
    weaker: int
    repeats: int
    undecided: int
    confirmed: int
    false: dict[str, int]
    """By cause."""
    duplicates: int
    decided: int
    """Confirmed or false."""
    false_rate: float | None
    """Of the decided ones; None: too few to say."""
    age: EntryAge
    outcomes: dict[str, int]
    """What followed, as people said later."""


class Found(msgspec.Struct, kw_only=True):
    """What is known of one line before it is told."""

    hits: int = 0
    findings: dict[str, int] = msgspec.field(default_factory=dict)
    outcomes: dict[str, int] = msgspec.field(default_factory=dict)
    tally: HitTally = msgspec.field(default_factory=HitTally)


def queries_of(by: By) -> tuple[Query, Query, Query]:
    """Return what is counted from the log: hits, findings and outcomes, by list or by category."""
    return (
        Query(action=Action.DAY_COUNTED, sum="hits:*", by="count"),
        Query(action=Action.HIT_CONFIRMATION, verdict=Verdict.PERMITTED, by=f"{by.value}+found"),
        Query(action=Action.HIT_OUTCOME, verdict=Verdict.PERMITTED, by=f"{by.value}+outcome"),
    )


def from_log(by: By, hits: Counted, findings: Counted, outcomes: Counted) -> dict[str, Found]:
    """Return what the log says, by list or category."""
    found: dict[str, Found] = {}
    for name, count in hits.by.items():
        _, list_id, category = name.split(":", 2)
        found.setdefault(list_id if by is By.LIST else category, Found()).hits += count
    for told, where in ((findings, "findings"), (outcomes, "outcomes")):
        for name, count in told.by.items():
            key, _, word = name.partition(":")
            counts = getattr(found.setdefault(key, Found()), where)
            counts[word] = counts.get(word, 0) + count
    return found


def from_registry(tallies: Mapping[str, HitTally]) -> dict[str, Found]:
    """Return what the hits that are still here say by themselves: for readers, who stand in no public record."""
    return {
        name: Found(
            hits=tally.hits,
            findings={state.value: count for state, count in tally.states.items() if state is not HitState.UNCONFIRMED},
            tally=tally,
        )
        for name, tally in tallies.items()
    }


def number_lines(found: Mapping[str, Found], names: Mapping[str, str]) -> tuple[NumberLine, ...]:
    """Return the lines, by name."""
    lines = [_line(key, names.get(key, key), one) for key, one in found.items()]
    return tuple(sorted(lines, key=lambda line: (line.name.casefold(), line.id)))


def whole_line(lines: Iterable[NumberLine], age: EntryAge) -> NumberLine:
    """Return the sum of lines; the age cannot be summed and is given."""
    every = list(lines)
    false = _sum(line.false for line in every)
    confirmed, wrong = sum(line.confirmed for line in every), sum(false.values())
    return NumberLine(
        id="",
        name="All",
        hits=sum(line.hits for line in every),
        alerts=sum(line.alerts for line in every),
        weaker=sum(line.weaker for line in every),
        repeats=sum(line.repeats for line in every),
        undecided=sum(line.undecided for line in every),
        confirmed=confirmed,
        false={cause.value: false.get(cause.value, 0) for cause in FALSE},
        duplicates=sum(line.duplicates for line in every),
        decided=confirmed + wrong,
        false_rate=false_rate(wrong, confirmed + wrong),
        age=age,
        outcomes=_sum(line.outcomes for line in every),
    )


def false_rate(wrong: int, decided: int) -> float | None:
    """Return the share of false ones among decided hits, or None when there are too few to say."""
    return round(wrong / decided, 4) if decided >= FEWEST_DECIDED else None


def _line(key: str, name: str, one: Found) -> NumberLine:
    false = {cause.value: one.findings.get(cause.value, 0) for cause in FALSE}
    confirmed, wrong = one.findings.get(HitState.CORRECT.value, 0), sum(false.values())
    return NumberLine(
        id=key,
        name=name,
        hits=one.hits,
        alerts=one.tally.alerts,
        weaker=one.tally.weaker,
        repeats=one.tally.repeats,
        undecided=one.tally.states.get(HitState.UNCONFIRMED, 0),
        confirmed=confirmed,
        false=false,
        duplicates=one.findings.get(HitState.DUPLICATE.value, 0),
        decided=confirmed + wrong,
        false_rate=false_rate(wrong, confirmed + wrong),
        age=one.tally.age,
        outcomes=dict(sorted(one.outcomes.items())),
    )


def _sum(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for one in counts:
        for name, count in one.items():
            total[name] = total.get(name, 0) + count
    return dict(sorted(total.items()))
