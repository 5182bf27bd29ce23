"""Metrics: counters for whoever runs the node.

What flows in: counts by format, outcome and reason. What flows out: Prometheus text.
What it must never see: a plate, a person, a request's text; no label holds one.
"""

from collections.abc import Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from lockplate.intake.delivery import Acknowledgement
from lockplate.registry.channels import ChannelId
from lockplate.registry.deliveries import DeliveryState, Standing
from lockplate.registry.faults import FaultKind
from lockplate.retention.sureness import RetentionState, Stop


class Metrics:
    """The counters of one server; each server has its own registry."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._reads = Counter("lockplate_reads", "Reads by what became of them.", ["outcome"], registry=self._registry)
        self._rejects = Counter(
            "lockplate_rejects", "Bodies or parts that were no reads.", ["reader", "reason"], registry=self._registry
        )
        self._ignored = Counter("lockplate_ignored", "Heartbeats and the like.", ["kind"], registry=self._registry)
        self._overloads = Counter("lockplate_overloads", "Deliveries answered 503.", registry=self._registry)
        self.waiting = Gauge("lockplate_waiting_reads", "Reads that wait for a durable write.", registry=self._registry)
        self._retention_ran = Gauge(
            "lockplate_retention_last_run_seconds",
            "When forgetting was last sure of the time, seconds since 1970; 0 before the first run.",
            ["operator"],
            registry=self._registry,
        )
        self._retention_stopped = Gauge(
            "lockplate_retention_stopped", "1 while nothing is forgotten.", ["operator", "why"], registry=self._registry
        )
        self.watching = Gauge("lockplate_alert_streams", "People who watch alerts.", registry=self._registry)
        self._deliveries = Gauge(
            "lockplate_alert_deliveries",
            "Alerts and faults to deliver, by what became of them.",
            ["channel", "state"],
            registry=self._registry,
        )
        self._oldest = Gauge(
            "lockplate_alert_oldest_waiting_seconds",
            "Age of the oldest delivery that waits; 0 when none does.",
            ["channel"],
            registry=self._registry,
        )
        self._faults = Gauge("lockplate_faults", "What is amiss and open, by kind.", ["kind"], registry=self._registry)
        self.questions = Histogram(
            "lockplate_question_seconds", "From request to answer.", ["verdict"], registry=self._registry
        )

    def count_delivery(self, reader: str, told: Acknowledgement) -> None:
        """Count what became of a delivery."""
        for outcome in ("stored", "merged", "corrected", "unkept"):
            if amount := getattr(told, outcome):
                self._reads.labels(outcome).inc(amount)
        for reason, amount in told.refused.items():
            self._reads.labels(f"refused_{reason}").inc(amount)
        for reason, amount in told.rejected.items():
            self._rejects.labels(reader, reason).inc(amount)
        for kind, amount in told.ignored.items():
            self._ignored.labels(kind).inc(amount)

    def count_bulk(self, stored: int, refused: dict[str, int]) -> None:
        """Count what became of a bulk body."""
        self._reads.labels("stored").inc(stored)
        for reason, amount in refused.items():
            self._reads.labels(f"refused_{reason}").inc(amount)

    def show_retention(self, state: RetentionState) -> None:
        """Show whether an operator's forgetting goes on."""
        ran = 0.0 if state.last_run is None else state.last_run.timestamp()
        self._retention_ran.labels(state.operator).set(ran)
        for why in Stop:
            self._retention_stopped.labels(state.operator, why.value).set(int(state.why is why))

    def clear_deliveries(self) -> None:
        """Show no channel any more, before those that there are now are shown."""
        self._deliveries.clear()
        self._oldest.clear()

    def show_deliveries(self, standings: Mapping[ChannelId, Standing], now: datetime) -> None:
        """Show how the deliveries of each channel stand."""
        for channel, standing in standings.items():
            for state in DeliveryState:
                self._deliveries.labels(channel, state.value).set(getattr(standing, state.value))
            age = 0.0 if standing.oldest_waiting is None else (now - standing.oldest_waiting).total_seconds()
            self._oldest.labels(channel).set(max(age, 0.0))

    def show_faults(self, counts: dict[FaultKind, int]) -> None:
        """Show how many faults of each kind are open."""
        for kind, count in counts.items():
            self._faults.labels(kind.value).set(count)

    def count_overload(self) -> None:
        """Count a delivery that was sent away."""
        self._overloads.inc()

    def text(self) -> bytes:
        """Return everything in Prometheus' text form."""
        return generate_latest(self._registry)
