"""Passages: the book's rules, and that no read is ever lost to them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockplate.intake.passages import (
    GAP_SECONDS,
    KEPT_SECONDS,
    PARKED_AFTER_SECONDS,
    PARKED_GAP_SECONDS,
    VENDOR_ID_SECONDS,
    Decision,
    PassageBook,
    StoredPlace,
    Verdict,
    distance,
)
from lockplate.plate import fold
from lockplate.read import Read
from lockplate.terms import SECONDS_PER_PERIOD, OperatorId, PlateText, ReaderId, Token

PLACE = (OperatorId("county"), ReaderId("bridge"))
NOON = int(datetime(2026, 11, 24, 12, tzinfo=UTC).timestamp())


def read_of(plate: str, *ids: str) -> Read:
    return Read(format="test", plate_text=PlateText(plate), plate_key=fold(plate), passage_ids=ids)


class Shelf:
    """What a store would hold: live rows and withdrawn ones, where a withdrawn row never comes back."""

    def __init__(self) -> None:
        self.book = PassageBook()
        self.rows: dict[tuple[str, int], bool] = {}

    def take(self, *reads: tuple[int, Read], now: int = NOON) -> list[str]:
        """Decide a body as intake does, and write what it says."""
        decisions = self.book.decide(PLACE, [read for _, read in reads], [second for second, _ in reads], now)
        for (second, read), decision in zip(reads, decisions, strict=True):
            self._write(second, read, decision)
        return [decision.verdict.value for decision in decisions]

    def _write(self, second: int, read: Read, decision: Decision) -> None:
        if decision.verdict is Verdict.MERGED:
            return
        for old in decision.withdraw:
            self.rows[old.token.decode(), old.captured_at] = False
        place = (read.plate_key, second)
        self.rows.setdefault(place, True)
        row = StoredPlace(token=Token(read.plate_key.encode()), captured_at=second, reader=PLACE[1])
        decision.passage.rows.append(row)

    def live(self) -> list[tuple[str, int]]:
        return sorted(place for place, is_live in self.rows.items() if is_live)


def test_many_results_of_one_car_are_one_row() -> None:
    """Fifty results in three seconds, each with an id of its own, are one passage."""
    shelf = Shelf()

    told = [shelf.take((NOON + place // 17, read_of("7ABC123", f"u{place}")))[0] for place in range(50)]

    assert ["stored"] + ["merged"] * 49 == told
    assert [(fold("7ABC123"), NOON)] == shelf.live()


def test_two_plates_of_one_body_stay_two() -> None:
    """A frame with two cars under one vendor id is two passages, and stays so when it is sent again."""
    shelf = Shelf()
    body = ((NOON, read_of("4LKJ901", "frame")), (NOON, read_of("9XYW442", "frame")))

    assert ["stored", "stored"] == shelf.take(*body)
    assert ["merged", "merged"] == shelf.take(*body)
    assert 2 == len(shelf.live())


def test_a_correction_takes_the_misread_back() -> None:
    """The same vendor id with another plate withdraws the earlier row and leaves one live row."""
    shelf = Shelf()

    assert ["stored"] == shelf.take((NOON, read_of("7ABG123", "v")))
    assert ["corrected"] == shelf.take((NOON, read_of("7ABC123", "v")))
    assert [(fold("7ABC123"), NOON)] == shelf.live()


def test_a_second_car_in_the_next_frame_does_not_take_the_first_away() -> None:
    """A later body that shows the first car still, beside a second one under the same id, corrects nothing."""
    shelf = Shelf()
    shelf.take((NOON, read_of("4LKJ901", "frame")))

    assert ["stored", "merged"] == shelf.take((NOON, read_of("9XYW442", "frame")), (NOON, read_of("4LKJ901", "frame")))
    assert sorted([(fold("4LKJ901"), NOON), (fold("9XYW442"), NOON)]) == shelf.live()


def test_an_old_message_sent_again_does_not_undo_a_correction() -> None:
    """A misread that was corrected and is sent again changes nothing: its row is gone for good, the correction stays."""
    shelf = Shelf()
    misread, correct = (NOON, read_of("7ABG123", "v")), (NOON, read_of("7ABC123", "v"))
    shelf.take(misread)
    shelf.take(correct)

    assert ["merged"] == shelf.take(misread)
    assert ["merged"] == shelf.take(correct)
    assert [(fold("7ABC123"), NOON)] == shelf.live()


def test_a_vendor_may_change_its_mind_back() -> None:
    """A later message that returns to the first plate is a correction like any other."""
    shelf = Shelf()
    for second, plate in ((NOON, "7ABG123"), (NOON + 1, "7ABC123"), (NOON + 2, "7ABG123")):
        shelf.take((second, read_of(plate, "v")))

    assert [(fold("7ABG123"), NOON + 2)] == shelf.live()


def test_a_plate_that_others_vouch_for_is_not_corrected() -> None:
    """A parked car seen under many ids does not vanish because one of them turns out to be another plate."""
    shelf = Shelf()
    for place in range(10):
        shelf.take((NOON + place * 20, read_of("4LKJ901", f"v{place}")))

    assert ["stored"] == shelf.take((NOON + 185, read_of("9XYW442", "v9")))
    assert sorted([(fold("4LKJ901"), NOON), (fold("9XYW442"), NOON + 185)]) == shelf.live()


def test_a_correction_leaves_a_parked_cars_earlier_hours() -> None:
    """One tracking id over hours: a late correction is of its own hour."""
    shelf = Shelf()
    for minute in range(0, 181, 4):
        shelf.take((NOON + minute * 60, read_of("4LKJ901", "track")), now=NOON + minute * 60)

    shelf.take((NOON + 181 * 60, read_of("9XYW442", "track")), now=NOON + 181 * 60)

    key = fold("4LKJ901")
    expected = sorted([*((key, NOON + hour * 3600) for hour in range(3)), (fold("9XYW442"), NOON + 181 * 60)])
    assert expected == shelf.live()


def test_a_parked_car_is_one_row_an_hour() -> None:
    """Five hours of reads each 30 seconds are five rows."""
    shelf = Shelf()

    told = [
        shelf.take((NOON + step * 30, read_of("4LKJ901", f"v{step}")), now=NOON + step * 30)[0] for step in range(600)
    ]

    assert 5 == told.count("stored")
    assert [(fold("4LKJ901"), NOON + hour * 3600) for hour in range(5)] == shelf.live()


@pytest.mark.parametrize(
    ("seen_for", "gap", "verdict"),
    [
        (0, GAP_SECONDS, "merged"),
        (0, GAP_SECONDS + 1, "stored"),
        (PARKED_AFTER_SECONDS, PARKED_GAP_SECONDS, "merged"),
        (PARKED_AFTER_SECONDS, PARKED_GAP_SECONDS + 1, "stored"),
    ],
)
def test_how_long_a_car_may_be_out_of_sight(seen_for: int, gap: int, verdict: str) -> None:
    """A minute while passing, ten minutes once it stood for two; a second more is another passage."""
    shelf = Shelf()
    for second in range(0, seen_for + 1, 20):
        shelf.take((NOON + second, read_of("4LKJ901")))

    assert [verdict] == shelf.take((NOON + seen_for + gap, read_of("4LKJ901")))


def test_a_vendor_id_used_again_much_later_is_another_car() -> None:
    """A counter that starts anew when a camera restarts does not take an earlier car's row away."""
    shelf = Shelf()
    shelf.take((NOON, read_of("4LKJ901", "1")))

    assert ["stored"] == shelf.take((NOON + VENDOR_ID_SECONDS + 1, read_of("9XYW442", "1")))
    assert 2 == len(shelf.live())


def test_reads_that_come_in_disorder_are_one_passage() -> None:
    """The order of arrival does not matter within the gap."""
    shelf = Shelf()

    told = [shelf.take((NOON + step, read_of("4LKJ901")))[0] for step in (30, 0, 59, 12, 30)]

    assert ["stored", "merged", "merged", "merged", "merged"] == told


def test_old_reads_that_come_late_are_still_grouped() -> None:
    """What a reader kept through an outage is grouped like anything else: memory goes by our clock, not by its."""
    shelf = Shelf()
    told = []
    for step in range(5):
        told += shelf.take((NOON - 9 * 3600 + step, read_of("4LKJ901")))
        shelf.book.expire(NOON - KEPT_SECONDS)

    assert ["stored", "merged", "merged", "merged", "merged"] == told


def test_every_passage_is_forgotten_in_time() -> None:
    """A car that passes again and again leaves nothing behind in memory, under none of its ids."""
    book = PassageBook()
    for step in range(200):
        second = NOON + step * (GAP_SECONDS + 1)
        book.decide(PLACE, [read_of("4LKJ901", f"v{step}")], [second], NOON)
    assert 200 == len(book)

    book.expire(NOON + 1)

    assert 0 == len(book)
    assert [] == [step for step in range(200) if book.knows(PLACE, f"v{step}")]


def test_what_failed_is_stored_when_it_comes_again() -> None:
    """A decision whose row could not be stored is undone."""
    book = PassageBook()
    decisions = book.decide(PLACE, [read_of("4LKJ901", "v")], [NOON], NOON)

    book.forget(decisions)

    assert [Verdict.STORED] == [one.verdict for one in book.decide(PLACE, [read_of("4LKJ901", "v")], [NOON], NOON)]


PLATES = st.sampled_from(["A", "B", "C", "AB", "ABC1234", "ABD1234"])
IDS = st.lists(st.sampled_from(["u", "v", "w", "x"]), max_size=2, unique=True)
SECONDS = st.integers(0, 4 * SECONDS_PER_PERIOD).map(lambda step: NOON + step)
BODIES = st.lists(
    st.lists(st.tuples(SECONDS, PLATES, IDS), min_size=1, max_size=4).map(
        lambda body: [(second, read_of(plate, *ids)) for second, plate, ids in body]
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=400, deadline=None)
@given(BODIES)
def test_no_read_is_lost(bodies: list[list[tuple[int, Read]]]) -> None:
    """After each body, each of its reads that was stored, and each passage, has a live row that answers for it.

    The property is stated over rows alone: a merged read leaves its passage with a live row in the read's hour, unless
    the read repeats what was corrected; no passage ever loses its last row.
    """
    shelf = Shelf()
    for body in bodies:
        decisions = shelf.book.decide(PLACE, [read for _, read in body], [second for second, _ in body], NOON)
        for (second, read), decision in zip(body, decisions, strict=True):
            shelf._write(second, read, decision)
        live = set(shelf.live())
        for (second, read), decision in zip(body, decisions, strict=True):
            passage = decision.passage
            of_hour = [
                row for row in passage.rows if row.captured_at // SECONDS_PER_PERIOD == second // SECONDS_PER_PERIOD
            ]
            if read.plate_key in passage.superseded and read.plate_key != passage.plate_key:
                continue
            assert read.plate_key == passage.plate_key
            assert 1 == len(of_hour)
        for (plate, second), is_live in shelf.rows.items():
            assert is_live == ((plate, second) in live)
    assert shelf.live()


@settings(max_examples=300, deadline=None)
@given(BODIES)
def test_sent_again_at_once_nothing_new_is_stored(bodies: list[list[tuple[int, Read]]]) -> None:
    """Each body sent twice in a row leaves the rows that it left the first time."""
    shelf = Shelf()
    for body in bodies:
        shelf.take(*body)
        once = shelf.live()
        shelf.take(*body)
        assert once == shelf.live()


TEXTS = st.text("0123456789AB", max_size=8)


@given(TEXTS, TEXTS, TEXTS)
def test_distance_is_a_metric(one: str, other: str, third: str) -> None:
    """Zero only for the same, the same both ways, and never longer than by a detour."""
    assert (distance(one, other) == 0) == (one == other)
    assert distance(one, other) == distance(other, one)
    assert distance(one, third) <= distance(one, other) + distance(other, third)
    assert abs(len(one) - len(other)) <= distance(one, other) <= max(len(one), len(other))
