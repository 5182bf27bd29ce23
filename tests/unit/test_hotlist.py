"""Hot lists: an expired entry never matches, a listed one always does."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.clock import SetClock
from lockplate.errors import BadInput
from lockplate.hotlist import (
    LOW_LEVEL,
    PLAIN_TERMS,
    AlertOn,
    Category,
    Entry,
    EntryId,
    HotListIndex,
    ListId,
    ListTerms,
    Match,
    MatchKind,
)
from lockplate.law.words import LowLevelList
from lockplate.plate import fold
from lockplate.read import Candidate, Confidence, Read
from lockplate.terms import PlateKey, PlateText

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
PLATES = st.text(alphabet="O0I1B8X-", min_size=1, max_size=3).filter(fold)


GUESSES = ListTerms(alert_on=frozenset({AlertOn.CANDIDATE, AlertOn.WEAK_CHARACTER}))


def entry(
    text: str, number: int = 0, minutes: int = 60, region: str | None = None, terms: ListTerms = GUESSES
) -> Entry:
    return Entry(
        list_id=ListId("l1"),
        entry_id=EntryId(f"e{number}"),
        plate_key=fold(text),
        plate_text=PlateText(text),
        region=region,
        category=Category.STOLEN_VEHICLE,
        expires_at=NOW + timedelta(minutes=minutes),
        terms=terms,
    )


def sure_of(text: str, *figures: float, scale: str = "0-1") -> Read:
    """Return a read with a figure for each character."""
    whole = Confidence(value=min(figures), scale=scale)
    return msgspec.structs.replace(read(text), confidence=whole, character_confidence=figures)


def read(text: str, *candidates: str, region: str | None = None) -> Read:
    return Read(
        format="test",
        plate_text=PlateText(text),
        plate_key=fold(text),
        region=region,
        candidates=tuple(Candidate(plate_text=PlateText(candidate)) for candidate in candidates),
    )


@given(
    st.lists(st.tuples(PLATES, st.integers(-2, 4)), max_size=8),
    PLATES,
    st.lists(st.text(alphabet="O0I1B8X-", max_size=3), max_size=3),
    st.integers(0, 4),
)
def test_matching_is_what_a_slow_search_finds(
    listed: list[tuple[str, int]], text: str, candidates: list[str], wait: int
) -> None:
    """The index finds exactly the live entries whose key is the plate's or a candidate's, each once, best kind first."""
    clock = SetClock(NOW)
    entries = [entry(plate, number, minutes) for number, (plate, minutes) in enumerate(listed)]
    index = HotListIndex(entries, clock)
    clock.advance(timedelta(minutes=wait))
    live = {one.entry_id: one for one in entries if one.expires_at > clock.now()}
    keys = {fold(text), *map(fold, candidates)}
    matches = index.match(read(text, *candidates))
    assert sorted(one.entry_id for one in live.values() if one.plate_key in keys) == sorted(
        match.entry.entry_id for match in matches
    )
    strengths = [list(MatchKind).index(match.kind) for match in matches]
    assert sorted(strengths) == strengths
    for match in matches:
        same_text = match.entry.plate_text.replace("-", "") == text.replace("-", "")
        same_key = match.entry.plate_key == fold(text)
        expected = MatchKind.EXACT_TEXT if same_text else MatchKind.EXACT_KEY if same_key else MatchKind.CANDIDATE
        assert expected == match.kind


@given(st.lists(st.tuples(PLATES, st.integers(-2, 4)), max_size=8), st.lists(PLATES, max_size=8), st.integers(0, 4))
def test_the_fast_path_agrees_with_the_slow_one(listed: list[tuple[str, int]], texts: list[str], wait: int) -> None:
    """Positions of listed keys are those of the reads that match."""
    clock = SetClock(NOW)
    index = HotListIndex([entry(plate, number, minutes) for number, (plate, minutes) in enumerate(listed)], clock)
    clock.advance(timedelta(minutes=wait))
    expected = [position for position, text in enumerate(texts) if index.match(read(text))]
    assert expected == index.match_keys([fold(text) for text in texts])


LISTED = st.lists(st.tuples(PLATES, st.integers(-2, 4), st.sampled_from([GUESSES, PLAIN_TERMS])), max_size=6)


@given(LISTED, LISTED, st.integers(0, 8), PLATES, st.lists(PLATES, max_size=2))
def test_an_index_that_was_changed_is_one_made_anew(
    first: list[tuple[str, int, ListTerms]],
    second: list[tuple[str, int, ListTerms]],
    gone: int,
    text: str,
    candidates: list[str],
) -> None:
    """Entries added to an index, and one taken out, match as if the index had been made of what is left; none is lost."""
    clock = SetClock(NOW)
    entries = [entry(plate, n, minutes, terms=terms) for n, (plate, minutes, terms) in enumerate([*first, *second])]
    before = HotListIndex(entries[: len(first)], clock)
    changed = before.with_entries(entries[len(first) :]).without(EntryId(f"e{gone}"))
    anew = HotListIndex([one for one in entries if one.entry_id != f"e{gone}"], clock)
    seen = read(text, *candidates)
    assert len(anew) == len(changed)
    assert sorted(match.entry.entry_id for match in anew.match(seen)) == sorted(
        match.entry.entry_id for match in changed.match(seen)
    )
    assert len(before) == len(HotListIndex(entries[: len(first)], clock)), "the index itself never changes"


def test_an_entry_ends_at_its_last_moment() -> None:
    """A microsecond before its end an entry matches; at its end it does not."""
    clock = SetClock(NOW)
    index = HotListIndex([entry("7ZOO814")], clock)
    clock.advance(timedelta(minutes=60) - timedelta(microseconds=1))
    assert 1 == len(index.match(read("7ZOO814")))
    assert [0] == index.match_keys([fold("7ZOO814")])
    clock.advance(timedelta(microseconds=1))
    assert () == index.match(read("7ZOO814"))
    assert [] == index.match_keys([fold("7ZOO814")])


def test_size() -> None:
    """Plates listed more than once count more than once; expired ones do not count."""
    assert 3 == len(HotListIndex([entry("A1"), entry("AI", 1), entry("B2", 2), entry("C3", 3, -1)], SetClock(NOW)))


def test_case_and_separators_are_not_a_difference() -> None:
    """A list's `abc 128` and a reader's `ABC-128` are the same text; `A8C128` is the same key only."""
    index = HotListIndex([entry("abc 128")], SetClock(NOW))
    assert [MatchKind.EXACT_TEXT] == [match.kind for match in index.match(read("ABC-128"))]
    assert [MatchKind.EXACT_KEY] == [match.kind for match in index.match(read("A8C128"))]


def test_a_candidate_is_a_weaker_match() -> None:
    """A read's other reading matches as a candidate, after what its first reading matches."""
    index = HotListIndex([entry("XYZ987", 1), entry("XYZ937", 2)], SetClock(NOW))
    matches = index.match(read("XYZ937", "XYZ987", "XYZ937", "---", "XYZ 987"))
    assert [("e2", MatchKind.EXACT_TEXT), ("e1", MatchKind.CANDIDATE)] == [
        (match.entry.entry_id, match.kind) for match in matches
    ]


def test_a_list_that_takes_no_guesses_gets_none() -> None:
    """Another reading, or a doubtful character, matches nothing of a list that did not ask for such matches."""
    index = HotListIndex([entry("XYZ987", 1, terms=PLAIN_TERMS), entry("ABC123", 2)], SetClock(NOW))
    assert () == index.match(read("XYZ937", "XYZ987"))
    assert () == index.match(sure_of("XYZ937", 0.9, 0.9, 0.9, 0.9, 0.3, 0.9))
    assert ["e2"] == [match.entry.entry_id for match in index.match(read("ABC128", "ABC123"))]


def test_one_doubtful_character_matches_as_such() -> None:
    """5SOW350 read as 5SOW750 with a doubtful 7 matches the entry of 5SOW350 as a weak character, and says where."""
    index = HotListIndex([entry("5SOW350", 1)], SetClock(NOW))
    (match,) = index.match(sure_of("5SOW750", 0.99, 0.98, 0.97, 0.99, 0.41, 0.99, 0.99))
    assert (MatchKind.WEAK_CHARACTER, (4,), (4,)) == (match.kind, match.differs, match.unsure)
    assert () == index.match(sure_of("5SOW750", 0.99, 0.98, 0.97, 0.99, 0.91, 0.99, 0.99)), "sure of it: another plate"
    assert () == index.match(sure_of("5SOW750", 0.99, 0.38, 0.97, 0.99, 0.91, 0.99, 0.99)), "the doubt is elsewhere"
    assert () == index.match(sure_of("5SOW750", 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1)), "a reading of doubts alone"


@given(st.text(alphabet="ACX3714", min_size=2, max_size=4), st.integers(0, 3), st.sampled_from("ACX3714O5"))
def test_a_doubtful_character_stands_for_every_other(text: str, place: int, other: str) -> None:
    """Whatever stands in the place of one doubtful character is found; nothing else is."""
    place %= len(text)
    listed = text[:place] + other + text[place + 1 :]
    figures = tuple(0.2 if here == place else 0.95 for here in range(len(text)))
    found = HotListIndex([entry(listed)], SetClock(NOW)).match(sure_of(text, *figures))
    kind = MatchKind.EXACT_TEXT if other == text[place] else MatchKind.WEAK_CHARACTER
    assert [kind] == [match.kind for match in found]
    assert (() if kind is MatchKind.EXACT_TEXT else (place,)) == found[0].differs


def test_figures_are_on_the_readers_own_scale() -> None:
    """65 of 100 is a doubt, 65 of 1 would be none; figures that do not fit the text say nothing."""
    index = HotListIndex([entry("AC3714")], SetClock(NOW))
    (match,) = index.match(sure_of("AC3714", 99, 99, 65, 99, 99, 99, scale="0-100"))
    assert (2,) == match.unsure
    (match,) = index.match(sure_of("AC3714", 0.1, 0.1))
    assert () == match.unsure


def test_a_zero_that_may_be_a_letter_is_the_same_text() -> None:
    """In a file that writes O as zero `0NG123` is ONG123 as much as 0NG123; another letter is still another text."""
    listed = msgspec.structs.replace(entry("0NG123"), zero_for_letter=True)
    index = HotListIndex([listed], SetClock(NOW))
    for text, kind in (("ONG123", "exact_text"), ("0NG123", "exact_text"), ("QNG123", "exact_key")):
        assert [kind] == [match.kind.value for match in index.match(read(text))]
    assert () == index.match(read("ONG123"))[0].differs
    plain = HotListIndex([entry("0NG123")], SetClock(NOW))
    assert [MatchKind.EXACT_KEY] == [match.kind for match in plain.match(read("ONG123"))]


@pytest.mark.parametrize(
    ("kind", "listed", "seen", "asked", "expected"),
    [
        (MatchKind.EXACT_TEXT, "US-CA", True, set(), True),
        (MatchKind.EXACT_TEXT, "US-CA", False, set(), False),
        (MatchKind.EXACT_TEXT, "US-CA", None, set(), False),
        (MatchKind.EXACT_TEXT, None, None, set(), True),
        (MatchKind.EXACT_TEXT, "US-CA", None, {AlertOn.REGION_UNREAD}, True),
        (MatchKind.EXACT_TEXT, "US-CA", False, {AlertOn.REGION_UNREAD}, False),
        (MatchKind.EXACT_TEXT, "US-CA", False, {AlertOn.REGION_DIFFERS}, True),
        (MatchKind.EXACT_KEY, "US-CA", True, set(), False),
        (MatchKind.EXACT_KEY, "US-CA", True, {AlertOn.EXACT_KEY}, True),
        (MatchKind.EXACT_KEY, "US-CA", None, {AlertOn.EXACT_KEY}, False),
        (MatchKind.CANDIDATE, "US-CA", True, {AlertOn.CANDIDATE}, True),
        (MatchKind.WEAK_CHARACTER, "US-CA", True, {AlertOn.CANDIDATE}, False),
    ],
)
def test_what_raises_an_alert(
    kind: MatchKind, listed: str | None, seen: bool | None, asked: set[AlertOn], expected: bool
) -> None:
    """The exact text with a region that agrees, or that the list does not name; anything weaker only as the list says."""
    terms = ListTerms(alert_on=frozenset(asked))
    match = Match(entry=entry("AC3714", region=listed, terms=terms), kind=kind, region_agrees=seen)
    assert expected is match.alerts


@pytest.mark.parametrize(
    ("seen", "listed", "expected"),
    [
        (None, "US-CA", None),
        ("US-CA", None, None),
        ("US-CA", "US-CA", True),
        ("US", "US-CA", True),
        ("US-CA", "US", True),
        ("US-NV", "US-CA", False),
        ("CA", "US-CA", False),
    ],
)
def test_regions(seen: str | None, listed: str | None, expected: bool | None) -> None:
    """Whether the regions agree is said, and decides nothing: a person compares."""
    index = HotListIndex([entry("7ZOO814", region=listed)], SetClock(NOW))
    assert [expected] == [match.region_agrees for match in index.match(read("7ZOO814", region=seen))]


def test_an_entry_without_plate_is_refused() -> None:
    """An empty key would match every candidate that folds to nothing."""
    broken = Entry(
        list_id=ListId("l1"),
        entry_id=EntryId("e0"),
        plate_key=PlateKey(""),
        plate_text=PlateText("--"),
        region=None,
        category=Category.AMBER,
        expires_at=NOW + timedelta(days=1),
    )
    with pytest.raises(BadInput):
        HotListIndex([broken], SetClock(NOW))


def test_the_law_and_the_lists_mean_the_same_debts() -> None:
    """A word of the law that no category has, or the other way round, would open or shut something unseen."""
    assert {category.value for category in LOW_LEVEL} == {word.value for word in LowLevelList}
