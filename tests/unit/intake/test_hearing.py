"""What intake says of a reader's health: each delivery that was sent, and none that came from a file."""

from datetime import timedelta

from asking import COUNTY, delivery_of, read_of
from lockplate.clock import period_of
from lockplate.health import Brought
from lockplate.intake.counting import brought_by, brought_in_bulk
from lockplate.intake.delivery import Acknowledgement
from lockplate.registry.day_counts import KEPT, READS, Counted
from lockplate.terms import ReaderId
from lockplate.wiring.node import Node

CAMERA = ReaderId("mill-7")


def test_a_delivery_counts_for_its_reader_and_its_hour(node: Node) -> None:
    """Reads, the best clock and the moment; a heartbeat without a read is a sign of life; a file says nothing."""
    now = node.clock.now()
    reads = [read_of("KTN0001", now - timedelta(seconds=40)), read_of("KTN0002", now - timedelta(seconds=2))]
    node.live.submit(delivery_of(node, reads, COUNTY, CAMERA)).result(60)
    node.live.submit(delivery_of(node, [], COUNTY, ReaderId("mill-8"))).result(60)
    from_file = delivery_of(node, reads, COUNTY, ReaderId("mill-9"))
    node.live.submit(type(from_file)(operator=COUNTY, reader=from_file.reader, parsed=from_file.parsed,
                                     received_at=now, sent=False)).result(60)  # fmt: skip
    node.live.close()

    told = node.registries.reader_hours.of(COUNTY, now)

    assert {CAMERA, ReaderId("mill-8")} == set(told)
    one = told[CAMERA][period_of(now)]
    assert (2, 2, -2.0, now) == (one.reads, one.timed, one.least_drift, one.last_at)
    assert Brought(last_at=now) == told[ReaderId("mill-8")][period_of(now)]


def test_what_was_not_taken_is_counted_apart(node: Node) -> None:
    """Rejects, refusals, corrections and clocks that could not be used."""
    told = Acknowledgement(
        stored=1, corrected=2, refused={"forgotten": 3}, rejected={"malformed": 4, "empty": 1}, clock_faults=5
    )
    one = brought_by(delivery_of(node, [read_of("KTN0001", None)], COUNTY, CAMERA), told)
    assert (1, 5, 3, 2, 5, 0, None) == (
        one.reads, one.rejected, one.refused, one.corrected, one.clock_faults, one.timed, one.least_drift,
    )  # fmt: skip
    counts = {READS: 9, KEPT: 7, Counted("refused:forgotten"): 2}
    assert Brought(reads=9, refused=2) == brought_in_bulk(counts)
