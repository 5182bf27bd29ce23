"""Fault words: what a fault, or a judgement of a reader, says to a person, out of its numbers.

What flows in: kinds and numbers. What flows out: sentences.
What it must never see: a plate, a reader's place.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from lockplate.health import DRIFT_LIMIT_SECONDS, Found, Judgement, Trait
from lockplate.registry.faults import Fault, FaultKind

KIND_OF = {
    Trait.SILENT: FaultKind.READER_SILENT,
    Trait.CLOCK: FaultKind.READER_CLOCK,
    Trait.REJECTS: FaultKind.READER_REJECTS,
    Trait.RATE: FaultKind.READER_RATE,
    Trait.ERRORS: FaultKind.READER_ERRORS,
}


def fault_words(fault: Fault) -> str:
    """Return what a fault says."""
    return words_of(fault.kind, fault.facts)


def words_of(kind: FaultKind, facts: Mapping[str, float]) -> str:
    """Return what a kind of fault says with its numbers."""
    return _SAYS[kind](facts)


def judgement_words(judgement: Judgement) -> str:
    """Return what a judgement says; empty when all is well."""
    if judgement.found is Found.TOO_LITTLE:
        return "Too little history yet."
    if judgement.found is Found.AMISS:
        return words_of(KIND_OF[judgement.trait], judgement.numbers)
    return ""


def lasting(seconds: float) -> str:
    """Return a length of time in its largest unit, rounded down: `3 hours`."""
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return f"{int(seconds)} seconds"


def _silent(facts: Mapping[str, float]) -> str:
    usual = facts.get("usual_reads")
    habit = "" if usual is None else f" In these hours it usually brings about {usual:,.0f} reads."
    return f"Nothing heard for {lasting(facts.get('quiet_seconds', 0))}.{habit}"


def _clock(facts: Mapping[str, float]) -> str:
    drift = facts.get("drift_seconds", 0)
    side = "ahead" if drift > 0 else "behind"
    return f"Its clock is {lasting(abs(drift))} {side}; up to {DRIFT_LIMIT_SECONDS:.0f} seconds are taken as right."


def _node_clock(facts: Mapping[str, float]) -> str:
    drift = facts.get("drift_seconds", 0)
    side = "ahead" if drift > 0 else "behind"
    return (
        f"The clocks of {facts.get('readers', 0):.0f} of {facts.get('timed_readers', 0):.0f} readers are {side}, by "
        f"{lasting(abs(drift))} in the middle: look at this node's own clock first."
    )


def _rejects(facts: Mapping[str, float]) -> str:
    share, usual = facts.get("share", 0), facts.get("usual_share", 0)
    return f"{share:.0%} of what it sends is no read; {usual:.0%} is usual."


def _rate(facts: Mapping[str, float]) -> str:
    reads, usual = facts.get("reads", 0), facts.get("usual_reads", 0)
    word = "fell" if reads < usual else "rose"
    return f"Its reads {word}: {reads:,.0f} in the last six hours, {usual:,.0f} are usual in these hours."


def _errors(facts: Mapping[str, float]) -> str:
    wrong, decided = facts.get("wrong_reads", 0), facts.get("decided", 0)
    return f"{wrong:.0f} of its {decided:.0f} hits that people decided in 30 days were wrong reads."


def _stale(facts: Mapping[str, float]) -> str:
    since = _moment(facts.get("stale_at"))
    return f"Its file has been too old since {since}: its entries match nothing and raise no alert."


def _never(facts: Mapping[str, float]) -> str:
    return f"No file of it came since it was made, {_moment(facts.get('created_at'))}: it matches nothing."


def _ungranted(_: Mapping[str, float]) -> str:
    return "It is another agency's, and no list grant in force covers it: it matches nothing and raises no alert."


def _undelivered(facts: Mapping[str, float]) -> str:
    dead, since = facts.get("dead", 0), facts.get("oldest_waiting_at")
    told = [f"{dead:,.0f} could not be delivered and are given up" if dead else ""]
    told.append("" if since is None else f"the oldest that waits has waited since {_moment(since)}")
    said = "; ".join(filter(None, told))
    return f"Alerts do not get through: {said}. See `lockplate alerts channel list`."


def _retention(facts: Mapping[str, float]) -> str:
    return f"Nothing has been forgotten since {_moment(facts.get('stopped_since'))}."


def _gap(facts: Mapping[str, float]) -> str:
    away, back = facts.get("away_since"), facts.get("back_since")
    return (
        f"Nobody watched from {_moment(away)} to {_moment(back)}: the node was off, or its clock jumped. Readers are "
        "judged again after ten minutes without a gap."
    )


def _moment(seconds: float | None) -> str:
    return "an unknown time" if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"


_SAYS = {
    FaultKind.READER_SILENT: _silent,
    FaultKind.READER_CLOCK: _clock,
    FaultKind.READER_REJECTS: _rejects,
    FaultKind.READER_RATE: _rate,
    FaultKind.READER_ERRORS: _errors,
    FaultKind.LIST_STALE: _stale,
    FaultKind.LIST_NEVER: _never,
    FaultKind.LIST_UNGRANTED: _ungranted,
    FaultKind.ALERTS_UNDELIVERED: _undelivered,
    FaultKind.NODE_CLOCK: _node_clock,
    FaultKind.RETENTION_STOPPED: _retention,
    FaultKind.WATCH_GAP: _gap,
}
