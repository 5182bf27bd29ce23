"""What becomes of a read: stored, merged, corrected, refused, or matched and not kept."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from asking import live_rows
from lockplate.clock import period_of
from lockplate.intake.delivery import Acknowledgement
from lockplate.read import ClockRule, Ignored, Image, Parsed, Read, Reject, RejectReason
from lockplate.terms import OperatorId, ReaderId
from lockplate.wiring.node import Node

PICTURE = b"\xff\xd8\xff\xe0 not a real picture \xff\xd9"


def test_the_same_body_twice_is_one_row(
    deliver: Callable[..., Acknowledgement],
    make_read: Callable[..., Read],
    node: Node,
    ask: Callable[..., list[object]],
) -> None:
    """A read sent again is told "merged" and changes nothing."""
    reads = [make_read("TWICE01", node.clock.now())]

    first, second = deliver(reads), deliver(reads)

    assert (1, 0) == (first.stored, first.merged)
    assert (0, 1) == (second.stored, second.merged)
    assert 1 == len(ask("TWICE01"))


def test_fifty_results_of_one_car_are_one_row(
    deliver: Callable[..., Acknowledgement],
    make_read: Callable[..., Read],
    node: Node,
    ask: Callable[..., list[object]],
) -> None:
    """As a camera at 17 frames a second sends them."""
    now = node.clock.now()
    for place in range(50):
        deliver([make_read("FIFTY50", now + timedelta(milliseconds=60 * place), f"uuid-{place}")])

    assert 1 == len(ask("FIFTY50"))


def test_a_correction_answers_for_the_right_plate_only(
    deliver: Callable[..., Acknowledgement],
    make_read: Callable[..., Read],
    node: Node,
    ask: Callable[..., list[object]],
) -> None:
    """After an update of the vendor's, the misread plate was never there."""
    now = node.clock.now()

    told = [deliver([make_read(plate, now, "id-9")]) for plate in ("CORG111", "CORC111")]

    assert (1, 1) == (told[0].stored, told[1].corrected)
    assert ([], 1) == (ask("CORG111"), len(ask("CORC111")))


def test_times_that_cannot_be_used_give_way_to_ours(
    deliver: Callable[..., Acknowledgement],
    make_read: Callable[..., Read],
    node: Node,
    ask: Callable[..., list[object]],
) -> None:
    """No time: ours, without a fault; a time ahead of ours, or before 1990: ours, with one. The record says so."""
    now = node.clock.now()

    none = deliver([make_read("NOTIME1", None)])
    ahead = deliver([make_read("FUTURE1", now + timedelta(hours=1))])
    unset = deliver([make_read("UNSET70", datetime(1970, 1, 2, tzinfo=UTC))])
    near = deliver([make_read("NEAR001", now + timedelta(minutes=4))])

    assert [0, 1, 1, 0] == [one.clock_faults for one in (none, ahead, unset, near)]
    for plate in ("NOTIME1", "FUTURE1", "UNSET70"):
        (found,) = ask(plate)
        assert (now, ClockRule.RECEIVE_TIME.value) == (found.captured_at, found.clock_rule)
    assert (now + timedelta(hours=1)).isoformat() == ask("FUTURE1")[0].device_time
    assert now + timedelta(minutes=4) == ask("NEAR001")[0].captured_at


def test_a_read_past_retention_is_refused_where_the_limit_counts_from_capture(
    deliver: Callable[..., Acknowledgement],
    make_read: Callable[..., Read],
    node: Node,
    ask: Callable[..., list[object]],
) -> None:
    """Washington counts 21 days from capture; California's limit counts from storage, so an old read is kept."""
    old = node.clock.now() - timedelta(days=22)
    reads = [make_read("OLDREAD", old), make_read("OLDREAD", old + timedelta(seconds=5))]

    refused, kept = deliver(reads, "wash"), deliver(reads, "county")

    assert ({"past_retention": 2}, 0) == (refused.refused, refused.stored)
    assert {"past_retention": 2} == deliver(reads, "wash").refused
    assert (1, 1, {}) == (kept.stored, kept.merged, kept.refused)
    assert 1 == len(ask("OLDREAD", "county", start=old - timedelta(hours=1)))


def test_what_was_forgotten_is_not_kept_again(
    deliver: Callable[..., Acknowledgement], make_read: Callable[..., Read], node: Node
) -> None:
    """A read of an hour whose key was destroyed is refused, each time it comes, and makes no new key."""
    at = node.clock.now() - timedelta(days=3, hours=5)
    period = period_of(at)
    desk = node.desk(OperatorId("county"))
    deliver([make_read("FORGET1", at)])
    desk.ring.destroy_periods([period], node.clock.now())

    told = [deliver([make_read("FORGET2", at), make_read("FORGET2", at)]) for _ in range(2)]

    assert [{"forgotten": 2}] * 2 == [one.refused for one in told]
    assert [0, 0] == [one.stored + one.merged for one in told]
    assert desk.ring.period_key(period) is None


@pytest.mark.parametrize("operator", ["quiet", "lawless"])
def test_match_only_stores_nothing_and_matches_hot_lists(
    operator: str,
    deliver: Callable[..., Acknowledgement],
    make_read: Callable[..., Read],
    node: Node,
    list_plate: Callable[[str, str], object],
) -> None:
    """Under match-only, and without any profile, the only trace of a read is the hit of a listed plate."""
    plate = f"HOT{operator[:3]}".upper()
    list_plate(operator, plate)
    now = node.clock.now()
    picture = Image(kind="vehicle", media_type="image/jpeg", size=len(PICTURE), data=PICTURE)

    told = deliver([make_read(plate, now, images=(picture,)), make_read("NOBODY1", now)], operator)

    assert (0, 2, 1) == (told.stored, told.unkept, told.hits)
    assert 0 == live_rows(node, operator)
    assert [] == node.desk(OperatorId(operator)).ring.stored_periods()
    (hit,) = node.registries.hits.list_recent(OperatorId(operator))
    assert plate == hit.details.plate_text
    assert PICTURE == node.registries.hits.picture(hit.hit_id)


def test_rejects_and_ignored_parts_are_counted(
    node: Node, reader: ReaderId, make_read: Callable[..., Read], make_delivery: Callable[..., object]
) -> None:
    """The acknowledgement accounts for what was no read."""
    delivery = make_delivery(node, [make_read("REJECT1", node.clock.now())], "county", reader)
    parsed = Parsed(
        format="test",
        reads=delivery.parsed.reads,
        rejects=(Reject(reason=RejectReason.NO_PLATE), Reject(reason=RejectReason.NO_PLATE)),
        ignored=(Ignored(kind="heartbeat"),),
    )

    told = node.live.submit(type(delivery)(**{**_fields(delivery), "parsed": parsed})).result(10)

    assert ({"no_plate": 2}, {"heartbeat": 1}, 1) == (told.rejected, told.ignored, told.stored)


def _fields(delivery: object) -> dict[str, object]:
    return {name: getattr(delivery, name) for name in ("operator", "reader", "received_at")}


def test_operators_and_readers_do_not_share_passages(
    node: Node,
    make_read: Callable[..., Read],
    deliver: Callable[..., Acknowledgement],
    ask: Callable[..., list[object]],
) -> None:
    """The same plate and id at another reader, or of another operator, is another passage, with keys of its own."""
    reads = [make_read("SHARED1", node.clock.now(), "s-1")]

    told = [deliver(reads), deliver(reads, "index"), deliver(reads, reader=ReaderId("the-other-one"))]

    assert [1, 1, 1] == [one.stored for one in told]
    assert (2, 1) == (len(ask("SHARED1")), len(ask("SHARED1", "index")))
    keys = {
        operator: node.desk(OperatorId(operator)).ring.period_key(period_of(node.clock.now()))
        for operator in ("county", "index")
    }
    assert keys["county"] != keys["index"]
