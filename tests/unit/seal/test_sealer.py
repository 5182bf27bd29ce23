"""Sealer: tokens one by one and in columns, probes for a permit, and rows that open for nobody else."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from lockplate.clock import SetClock, period_of
from lockplate.errors import BadInput, KeyUnavailable, SealBroken
from lockplate.gate.permit import PERMIT_LIFE, Permit, PermitInvalid, issue
from lockplate.keys.ring import KeyRing
from lockplate.plate import fold
from lockplate.read import Read
from lockplate.seal.sealer import NamedProbe, Sealer, require_second
from lockplate.seal.token import token_of
from lockplate.sealed import EARLIEST, LATEST, Probe, SealedRead
from lockplate.terms import OperatorId, Period, PlateKey, PlateText, PolicyId, ProfileId, ReaderId, RequestId, Token

CITY = OperatorId("city")
POLE, BRIDGE = ReaderId("pole-7"), ReaderId("bridge-1")
NOW = datetime(2026, 3, 1, 12, 40, tzinfo=UTC)
PLATE, OTHER = PlateKey("7A8C123"), PlateKey("7XY2999")


def read(text: str = "7abc-123") -> Read:
    return Read(format="invented", plate_text=PlateText(text), plate_key=fold(text), region="US-CA")


def permit(**changes: Any) -> Permit:
    values: dict[str, Any] = {
        "request_id": RequestId("q1"),
        "operator": CITY,
        "plate_keys": frozenset({PLATE}),
        "window_from": NOW - timedelta(hours=6),
        "window_to": NOW,
        "issued_at": NOW,
        "policy_ids": (PolicyId("stolen-vehicle"),),
        "policy_set_hash": "00" * 32,
        "profile": ProfileId("us-ca"),
    }
    return issue(**(values | changes))


@pytest.fixture
def ring(open_ring: Callable[[str], KeyRing]) -> KeyRing:
    return open_ring("city")


@pytest.fixture
def sealer(ring: KeyRing, clock: SetClock) -> Sealer:
    return Sealer(CITY, ring, clock)


def seal(sealer: Sealer, text: str = "7abc-123", *, at: datetime = NOW, record: bool = True) -> SealedRead:
    return sealer.seal(read(text), reader=POLE, captured_at=at, received_at=at, keep_record=record)


# Sealing


def test_a_read_becomes_a_row_without_its_plate(sealer: Sealer, ring: KeyRing) -> None:
    """Operator, second, reader and the documented token; the plate is in none of the row's bytes."""
    row = seal(sealer, at=NOW + timedelta(milliseconds=999))

    key = ring.period_key(period_of(NOW))
    assert key is not None
    assert (CITY, int(NOW.timestamp()), POLE, token_of(key, PLATE)) == (
        row.operator, row.captured_at, row.reader, row.token,
    )  # fmt: skip
    plain = msgspec.msgpack.encode(row)
    assert not [word for word in (b"7abc", b"7ABC", b"7A8C", b"US-CA") if word in plain]


def test_index_only_keeps_no_record(sealer: Sealer) -> None:
    """An operator may keep that a plate can be found, and nothing about it."""
    assert b"" == seal(sealer, record=False).record
    assert seal(sealer).token == seal(sealer, record=False).token


def test_the_same_plate_has_another_token_in_another_hour(sealer: Sealer) -> None:
    """Nobody can follow a car through the rows from one hour to the next."""
    tokens = {seal(sealer, at=NOW + timedelta(hours=hour)).token for hour in range(20)}

    assert 20 == len(tokens)
    assert seal(sealer).token == seal(sealer, at=NOW + timedelta(minutes=19)).token


def test_columns_have_the_tokens_that_single_reads_have(sealer: Sealer) -> None:
    """Bulk and single path agree, over several hours in any order, and in one hour."""
    chance = random.Random(2)
    plates = [fold(f"{chance.choice('ABCDEF')}{chance.randrange(999)}") for _ in range(400)]
    for hours in (7, 1):
        start = int(NOW.timestamp()) // 3600 * 3600
        seconds = [start + chance.randrange(3600 * hours) for _ in plates]

        columns = sealer.seal_columns(
            plates,
            np.array(seconds, dtype=np.uint32),
            np.array([place % 2 for place in range(400)], dtype=np.int32),
            (POLE, BRIDGE),
        )

        singles = [
            seal(sealer, plate, at=datetime.fromtimestamp(second, UTC), record=False).token
            for plate, second in zip(plates, seconds, strict=True)
        ]
        assert b"".join(singles) == columns.tokens
        assert seconds == columns.captured_at.tolist()
        assert (CITY, (POLE, BRIDGE), 400) == (columns.operator, columns.readers, len(columns))


def test_no_rows_are_no_columns_and_no_key(sealer: Sealer, ring: KeyRing) -> None:
    """An empty batch makes nothing."""
    empty = np.array([], dtype=np.uint32)

    assert 0 == len(sealer.seal_columns([], empty, empty.astype(np.int32), ()))
    assert [] == ring.stored_periods()


@pytest.mark.parametrize("hours", [1, 2])
@pytest.mark.parametrize("plates", [1, 3])
def test_columns_of_different_lengths_are_refused(sealer: Sealer, hours: int, plates: int) -> None:
    """A plate too many or too few would put every token after it beside another reader and time."""
    seconds = np.array([EARLIEST, EARLIEST + 3600 * (hours - 1)], dtype=np.uint32)

    with pytest.raises(BadInput) as refused:
        sealer.seal_columns([PLATE] * plates, seconds, np.zeros(2, dtype=np.int32), (POLE,))
    assert "ragged_columns" == refused.value.code


@pytest.mark.parametrize("second", [0, EARLIEST - 1, LATEST, 2**32 - 1])
def test_an_absurd_time_is_refused_on_both_paths(sealer: Sealer, ring: KeyRing, second: int) -> None:
    """An unset clock of 1970 or a far future makes neither a row nor a key."""
    with pytest.raises(BadInput) as refused:
        seal(sealer, at=datetime.fromtimestamp(second, UTC))
    assert "bad_time" == refused.value.code
    with pytest.raises(BadInput):
        sealer.seal_columns(
            [PLATE, PLATE], np.array([second, EARLIEST], dtype=np.uint32), np.zeros(2, dtype=np.int32), (POLE,)
        )
    assert [] == ring.stored_periods()


def test_the_edges_of_this_age_are_seconds() -> None:
    """The first and last second that a row can hold; a naive time is refused, not taken for local time."""
    assert EARLIEST == require_second(datetime.fromtimestamp(EARLIEST, UTC))
    assert LATEST - 1 == require_second(datetime.fromtimestamp(LATEST - 1, UTC))
    with pytest.raises(BadInput):
        require_second(datetime(2026, 3, 1, 12))


def test_a_forgotten_hour_is_not_sealed_again(sealer: Sealer, ring: KeyRing, clock: SetClock) -> None:
    """A late read of an hour whose key was destroyed is refused on both paths."""
    seal(sealer)
    ring.destroy_periods([period_of(NOW)], clock.now())

    with pytest.raises(KeyUnavailable) as refused:
        seal(sealer)
    assert "key_destroyed" == refused.value.code
    with pytest.raises(KeyUnavailable):
        sealer.seal_columns([PLATE], np.array([NOW.timestamp()], dtype=np.uint32), np.zeros(1, dtype=np.int32), (POLE,))


def test_a_passage_has_one_name_within_reader_and_hour(sealer: Sealer) -> None:
    """Sixteen bytes; another reader, hour or id gives others, and an hour without a key none."""
    hour, next_hour = period_of(NOW), Period(period_of(NOW) + 1)
    sealer.ready(NOW)
    sealer.ready(NOW + timedelta(hours=1))
    made = sealer.passage_hash(POLE, "epoch-17", hour)

    assert made is not None
    assert 16 == len(made)
    assert made == sealer.passage_hash(POLE, "epoch-17", hour)
    others = [(BRIDGE, "epoch-17", hour), (POLE, "epoch-18", hour), (POLE, "epoch-17", next_hour)]
    assert made not in {sealer.passage_hash(*other) for other in others}
    assert sealer.passage_hash(POLE, "epoch-17", Period(hour + 2)) is None


def test_a_read_knows_its_own_token_again(sealer: Sealer) -> None:
    """A re-send is told from a correction by the plate at hand; in an hour without a key nothing is the same."""
    row = seal(sealer)

    assert sealer.same_plate(row.captured_at, row.token, read("7ABC 123"))
    assert not sealer.same_plate(row.captured_at, row.token, read("7ABC124"))
    assert not sealer.same_plate(row.captured_at + 3600, row.token, read())


def test_the_known_passage(known_ring: KeyRing, clock: SetClock, vectors: dict[str, Any]) -> None:
    """The pinned answer for the vectors' hour."""
    vector, hour = vectors["passage"], Period(int(vectors["keys"]["wrapped"][0]["name"]))

    made = Sealer(CITY, known_ring, clock).passage_hash(ReaderId(vector["reader"]), vector["vendor_id"], hour)

    assert made is not None
    assert vector["hash"] == made.hex()


def test_the_known_row_opens(known_ring: KeyRing, clock: SetClock, vectors: dict[str, Any]) -> None:
    """The pinned record opens for a permit that names its plate, through the whole way."""
    vector = vectors["record"]
    row = SealedRead(
        operator=CITY,
        token=Token(bytes.fromhex(vector["token"])),
        captured_at=vector["captured_at"],
        reader=ReaderId(vector["reader"]),
        record=bytes.fromhex(vector["record"]),
    )

    opened = Sealer(CITY, known_ring, clock).open(permit(), row, PlateKey(vector["plate_key"]))

    assert opened.contents is not None
    assert [*vector["contents"], 0] == msgspec.json.decode(msgspec.json.encode(opened.contents))


# Probing


def expected_probes(ring: KeyRing, hours: list[datetime], plates: list[PlateKey]) -> list[NamedProbe]:
    made = []
    for hour in hours:
        key = ring.period_key(period_of(hour))
        assert key is not None
        made += [
            NamedProbe(probe=Probe(period=period_of(hour), token=token_of(key, plate)), plate_key=plate)
            for plate in plates
        ]
    return made


def test_probes_are_for_the_named_plates_and_window(sealer: Sealer, ring: KeyRing) -> None:
    """Every named plate in every hour of the window that has a key: not an hour more, not a plate more."""
    hours = [NOW - timedelta(hours=back) for back in (9, 7, 6, 3, 1, 0, -1)]
    for hour in hours:
        seal(sealer, "OTHER", at=hour)

    probes = list(sealer.probes(permit(plate_keys=frozenset({OTHER, PLATE}))))

    assert expected_probes(ring, hours[2:6], [PLATE, OTHER]) == probes


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        (NOW.replace(minute=0), NOW.replace(minute=0) + timedelta(hours=1), [0]),
        (NOW.replace(minute=0), NOW.replace(minute=0) + timedelta(hours=1, microseconds=1), [0, 1]),
        (NOW.replace(minute=0) - timedelta(microseconds=1), NOW, [-1, 0]),
        (NOW, NOW, []),
        (NOW, NOW - timedelta(minutes=1), []),
        (NOW.replace(minute=0), NOW.replace(minute=0), []),
        (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC), [-2, -1, 0, 1, 2]),
    ],
)
def test_the_windows_edges(sealer: Sealer, start: datetime, end: datetime, hours: list[int]) -> None:
    """[from, to) to the microsecond; an empty window asks nothing, and the longest one only for hours with keys."""
    for hour in (-2, -1, 0, 1, 2):
        seal(sealer, at=NOW + timedelta(hours=hour))

    probes = list(sealer.probes(permit(window_from=start, window_to=end)))

    assert [period_of(NOW) + hour for hour in hours] == [one.probe.period for one in probes]


def test_probing_makes_no_key(sealer: Sealer, ring: KeyRing, clock: SetClock) -> None:
    """A question about hours without reads, or forgotten ones, leaves nothing behind and finds nothing."""
    seal(sealer)
    ring.destroy_periods([period_of(NOW)], clock.now())

    assert [] == list(sealer.probes(permit()))
    assert [] == ring.stored_periods()


# Opening


def test_a_row_opens_for_a_permit_that_names_its_plate(sealer: Sealer) -> None:
    """The record comes back whole; an index-only row says only that it answers."""
    row, bare = seal(sealer, at=NOW - timedelta(hours=1)), seal(sealer, at=NOW - timedelta(hours=1), record=False)

    opened = sealer.open(permit(), row, PLATE)

    assert (row, PLATE) == (opened.row, opened.plate_key)
    assert opened.contents is not None
    assert ("7abc-123", "US-CA") == (opened.contents.plate_text, opened.contents.region)
    assert sealer.open(permit(), bare, PLATE).contents is None


@pytest.mark.parametrize(
    "changes",
    [
        {"operator": OperatorId("county")},
        {"issued_at": NOW - PERMIT_LIFE},
        {"issued_at": NOW - timedelta(days=1)},
        {"issued_at": NOW + timedelta(microseconds=1)},
    ],
)
def test_a_permit_that_does_not_hold_gives_nothing(sealer: Sealer, changes: dict[str, Any]) -> None:
    """Another operator's permit, an old one and one from the future neither probe nor open."""
    row = seal(sealer, at=NOW - timedelta(hours=1))
    refused = permit(**changes)

    with pytest.raises(PermitInvalid):
        list(sealer.probes(refused))
    with pytest.raises(PermitInvalid):
        sealer.open(refused, row, PLATE)


def test_a_permit_ends_while_it_is_used(sealer: Sealer, clock: SetClock) -> None:
    """Two minutes to the microsecond, and then no row more."""
    row = seal(sealer, at=NOW - timedelta(hours=1))
    held = permit()
    clock.advance(PERMIT_LIFE - timedelta(microseconds=1))
    assert sealer.open(held, row, PLATE)

    clock.advance(timedelta(microseconds=1))

    with pytest.raises(PermitInvalid):
        sealer.open(held, row, PLATE)


def test_a_plate_that_was_not_named_does_not_open(sealer: Sealer) -> None:
    """The permit names plates; the row's own plate is no argument."""
    row = seal(sealer, "7XYZ999", at=NOW - timedelta(hours=1))

    with pytest.raises(PermitInvalid):
        sealer.open(permit(), row, OTHER)


@pytest.mark.parametrize("record", [True, False])
def test_a_row_of_another_plate_does_not_open(sealer: Sealer, record: bool) -> None:
    """Naming a permitted plate does not open other plates' rows, with or without a record."""
    row = seal(sealer, "7XYZ999", at=NOW - timedelta(hours=1), record=record)

    with pytest.raises(SealBroken):
        sealer.open(permit(), row, PLATE)


@pytest.mark.parametrize("at", [NOW, NOW - timedelta(hours=6, seconds=1), NOW + timedelta(hours=1)])
def test_a_row_outside_the_window_does_not_open(sealer: Sealer, at: datetime) -> None:
    """The window is half open: its end is outside, also inside an hour that the window touches."""
    row = seal(sealer, at=at)

    with pytest.raises(PermitInvalid):
        sealer.open(permit(), row, PLATE)
    assert sealer.open(permit(window_from=at, window_to=at + timedelta(seconds=1)), row, PLATE)


def test_another_operators_row_does_not_open(
    sealer: Sealer, open_ring: Callable[[str], KeyRing], clock: SetClock
) -> None:
    """A county row, even with the city's name written over it, stays closed to the city's permit."""
    row = seal(Sealer(OperatorId("county"), open_ring("county"), clock), at=NOW - timedelta(hours=1))
    seal(sealer, at=NOW - timedelta(hours=1))

    with pytest.raises(PermitInvalid):
        sealer.open(permit(), row, PLATE)
    with pytest.raises(SealBroken):
        sealer.open(permit(), msgspec.structs.replace(row, operator=CITY), PLATE)


@pytest.mark.parametrize("changes", [
    {"reader": BRIDGE}, {"token": Token(b"t" * 8)}, {"captured_at": int(NOW.timestamp()) - 3601}, {"record": b"\x01"},
])  # fmt: skip
def test_a_changed_row_does_not_open(sealer: Sealer, changes: dict[str, Any]) -> None:
    """What the store hands back is not trusted."""
    row = seal(sealer, at=NOW - timedelta(hours=1))

    with pytest.raises(SealBroken):
        sealer.open(permit(), msgspec.structs.replace(row, **changes), PLATE)


def test_a_forgotten_row_does_not_open(sealer: Sealer, ring: KeyRing, clock: SetClock) -> None:
    """Promise 5: the row is still there, the permit is in force, and nothing answers."""
    row = seal(sealer, at=NOW - timedelta(hours=1))
    ring.destroy_periods([row.period], clock.now())

    with pytest.raises(SealBroken) as broken:
        sealer.open(permit(), row, PLATE)
    assert "key_gone" == broken.value.code


def test_only_a_permit_is_a_permit(sealer: Sealer) -> None:
    """Something that answers like a permit, and even claims its class, opens nothing."""
    row, true = seal(sealer, at=NOW - timedelta(hours=1)), permit()

    class Lookalike:
        __class__ = Permit  # type: ignore[assignment]

        def __getattr__(self, name: str) -> Any:
            return getattr(true, name)

    assert isinstance(Lookalike(), Permit)
    for fake in (Lookalike(), None):
        with pytest.raises(PermitInvalid):
            list(sealer.probes(fake))  # type: ignore[arg-type]
        with pytest.raises(PermitInvalid):
            sealer.open(fake, row, PLATE)  # type: ignore[arg-type]


def test_a_permit_cannot_be_emptied_or_widened() -> None:
    """Taking a part away, or answering its checks in a class of one's own, is refused by the permit itself."""
    for name in Permit.__slots__:
        with pytest.raises(AttributeError):
            delattr(permit(), name)
    with pytest.raises(TypeError):
        type("Wide", (Permit,), {"require_live": lambda self, now: self})


def test_the_sealer_has_no_other_question(sealer: Sealer) -> None:
    """Promise 1: no method opens or lists without a permit; a new public method must first change this list."""
    public = {name for name in dir(sealer) if not name.startswith("_")}

    assert {"seal", "seal_columns", "passage_hash", "ready", "note_origin", "same_plate", "probes", "open"} == public


def test_nothing_on_disk_is_a_plate(sealer: Sealer, tmp_path: Path) -> None:
    """After sealing and opening, the keys' folder holds no plate text and no plate key."""
    sealer.open(permit(), seal(sealer, at=NOW - timedelta(hours=1)), PLATE)

    raw = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert raw
    assert not [word for word in (b"7abc", b"7ABC", b"7A8C") if word in raw]
