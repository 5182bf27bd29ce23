"""Judging: nothing but a person's comparison and the source's fresh yes makes a hit compared and still listed."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.alerting.judging import AGAINST_SAYS, SOURCE_ANSWER_LASTS, Against, needs, require_sound, standing
from lockplate.errors import BadInput
from lockplate.hotlist import Category, EntryId, ListId, MatchKind, Priority
from lockplate.read import Vehicle
from lockplate.registry.confirmations import Compared, SourceCheck
from lockplate.registry.hits import Hit, HitDetails, HitId, HitState
from lockplate.terms import OperatorId, PersonId, PlateText, ReaderId

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
BODIES = st.sampled_from([None, "sedan", "pickup", "motorcycle", "van", "unknown"])
EVERYTHING = frozenset(Compared)

details_of = st.builds(
    HitDetails,
    plate_text=st.just(PlateText("7LOC842")),
    listed_text=st.just(PlateText("7LOC842")),
    region=st.sampled_from([None, "US", "US-CA"]),
    vehicle=st.builds(Vehicle, body=BODIES),
    listed_vehicle=st.builds(Vehicle, body=BODIES),
    kind=st.sampled_from(MatchKind),
    region_agrees=st.sampled_from([True, False, None]),
    listed_region=st.sampled_from([None, "US-CA"]),
    reason=st.just(""),
)
hits = st.builds(
    Hit,
    hit_id=st.just(HitId("h1")),
    operator=st.just(OperatorId("pine")),
    list_id=st.just(ListId("l1")),
    entry_id=st.just(EntryId("e1")),
    category=st.sampled_from(Category),
    reader=st.just(ReaderId("r1")),
    captured_at=st.just(NOW - timedelta(hours=1)),
    recorded_at=st.just(NOW - timedelta(hours=1)),
    details=details_of,
    has_picture=st.booleans(),
    alerts=st.booleans(),
    repeat_of=st.none(),
    priority=st.sampled_from(Priority),
    entered_at=st.none(),
    manual=st.booleans(),
    state=st.sampled_from(HitState),
    decided_by=st.just(PersonId("ann")),
    decided_at=st.just(NOW),
    source=st.sampled_from(SourceCheck),
    checked_at=st.one_of(st.none(), st.timedeltas(-timedelta(hours=2), timedelta(hours=2)).map(lambda by: NOW + by)),
    compared=st.frozensets(st.sampled_from(Compared)),
)


def good() -> Hit:
    """Return a hit against which nothing speaks."""
    return Hit(
        hit_id=HitId("h1"), operator=OperatorId("pine"), list_id=ListId("l1"), entry_id=EntryId("e1"),
        category=Category.STOLEN_VEHICLE, reader=ReaderId("r1"), captured_at=NOW, recorded_at=NOW,
        details=HitDetails(
            plate_text=PlateText("7LOC842"), listed_text=PlateText("7LOC842"), region="US-CA", listed_region="US-CA",
            vehicle=Vehicle(body="sedan"), listed_vehicle=Vehicle(body="4D"), kind=MatchKind.EXACT_TEXT,
            region_agrees=True, reason="taken overnight",
        ),
        has_picture=True, alerts=True, repeat_of=None, priority=Priority.NORMAL, entered_at=None, manual=False,
        state=HitState.CORRECT, decided_by=PersonId("ann"), decided_at=NOW,
        source=SourceCheck.STILL_LISTED, checked_at=NOW,
    )  # fmt: skip


def with_details(hit: Hit, **changes: object) -> Hit:
    return msgspec.structs.replace(hit, details=msgspec.structs.replace(hit.details, **changes))


def test_the_one_way_to_stand() -> None:
    """Compared, found correct, still listed a moment ago: it stands so, says when, and never says what to do."""
    told = standing(good(), NOW + timedelta(minutes=5))

    assert (True, NOW + SOURCE_ANSWER_LASTS, ()) == (told.compared_and_listed, told.until, told.against)
    assert "Compared and still listed at 12:00 UTC. Your policy decides what you may do; a match alone is no suspicion." == told.says  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "against"),
    [
        ({"state": HitState.UNCONFIRMED}, Against.UNCONFIRMED),
        ({"state": HitState.WRONG_READ}, Against.FOUND_WRONG),
        ({"state": HitState.DUPLICATE}, Against.FOUND_WRONG),
        ({"source": SourceCheck.NOT_CHECKED}, Against.SOURCE_NOT_CHECKED),
        ({"source": SourceCheck.NOT_REACHED}, Against.SOURCE_NOT_REACHED),
        ({"source": SourceCheck.NOT_LISTED}, Against.NOT_LISTED),
        ({"checked_at": None}, Against.SOURCE_NOT_CHECKED),
        ({"checked_at": NOW - SOURCE_ANSWER_LASTS}, Against.ANSWER_TOO_OLD),
        ({"checked_at": NOW + timedelta(seconds=1)}, Against.ANSWER_TOO_OLD),
        ({"has_picture": False}, Against.NO_PICTURE),
    ],
)
def test_each_thing_alone_speaks_against_it(changes: dict[str, object], against: Against) -> None:
    """One thing missing is enough, and it is named."""
    told = standing(msgspec.structs.replace(good(), **changes), NOW)

    assert (False, None, (against,)) == (told.compared_and_listed, told.until, told.against)
    assert AGAINST_SAYS[against] in told.says or against is Against.FOUND_WRONG
    assert told.says.startswith(("This is a match and nothing more: ", "It was found wrong."))


def test_regions_and_vehicles_speak_against_it() -> None:
    """A region that differs and a vehicle that contradicts stay so, whatever a person ticks; an unread region asks."""
    differs = with_details(good(), region_agrees=False)
    motorcycle = with_details(good(), vehicle=Vehicle(body="motorcycle"))
    unread = with_details(good(), region=None, region_agrees=None)
    only_country = with_details(good(), region="US", region_agrees=True)

    for compared in (frozenset[Compared](), EVERYTHING):
        for hit, against in ((differs, Against.REGION_DIFFERS), (motorcycle, Against.VEHICLE_CONTRADICTS)):
            assert (against,) == standing(msgspec.structs.replace(hit, compared=compared), NOW).against
    for hit in (unread, only_country):
        assert (Against.REGION_NOT_COMPARED,) == standing(hit, NOW).against
        assert standing(msgspec.structs.replace(hit, compared=frozenset({Compared.REGION})), NOW).compared_and_listed
    assert standing(with_details(only_country, listed_region="US"), NOW).compared_and_listed
    assert standing(msgspec.structs.replace(unread, compared=frozenset({Compared.REGION})), NOW).compared_and_listed
    assert standing(with_details(unread, listed_region=None), NOW).compared_and_listed
    blind = msgspec.structs.replace(good(), has_picture=False, compared=frozenset({Compared.BY_EYE}))
    assert standing(blind, NOW).compared_and_listed


@given(hits)
def test_nothing_else_stands_so(hit: Hit) -> None:
    """Whatever is in a hit: it stands only when each of promise 8's conditions holds, and says something always."""
    told = standing(hit, NOW)

    assert told.compared_and_listed == (not told.against) == (told.until is not None)
    assert told.says.endswith(".")
    if told.compared_and_listed:
        assert (HitState.CORRECT, SourceCheck.STILL_LISTED) == (hit.state, hit.source)
        assert hit.checked_at is not None
        assert timedelta() <= NOW - hit.checked_at < SOURCE_ANSWER_LASTS
        assert hit.details.region_agrees is not False
        assert {hit.details.vehicle.body, hit.details.listed_vehicle.body} != {"motorcycle", "pickup"}  # type: ignore[union-attr]
        assert hit.has_picture or Compared.BY_EYE in hit.compared
        assert hit.details.region == "US-CA" or hit.details.listed_region is None or Compared.REGION in hit.compared


@given(hits)
def test_time_only_takes_away(hit: Hit) -> None:
    """What does not stand now does not stand later, unless the clock goes back before the answer."""
    later = NOW + SOURCE_ANSWER_LASTS
    if hit.checked_at is None or hit.checked_at <= NOW:
        assert not standing(hit, later).compared_and_listed


@given(hits, st.sampled_from(HitState), st.sampled_from(SourceCheck), st.frozensets(st.sampled_from(Compared)))
def test_what_may_be_found(hit: Hit, found: HitState, source: SourceCheck, compared: frozenset[Compared]) -> None:
    """Wrong is always accepted, `unconfirmed` never; `correct` only after the source was asked and did not say no."""
    try:
        require_sound(hit.details, found, source, compared)
        refused = ""
    except BadInput as error:
        refused = error.code

    if found is HitState.UNCONFIRMED:
        assert "bad_state" == refused
    elif found is not HitState.CORRECT:
        assert "" == refused
    elif source is SourceCheck.NOT_CHECKED:
        assert "source_not_checked" == refused
    elif source is SourceCheck.NOT_LISTED:
        assert "source_not_listed" == refused
    elif hit.details.region_agrees is False and Compared.REGION not in compared:
        assert "region_not_compared" == refused
    elif not refused:
        decided = msgspec.structs.replace(hit, state=found, source=source, compared=compared, checked_at=NOW)
        left = set(needs(hit.details, has_picture=hit.has_picture)) - compared
        assert standing(decided, NOW).compared_and_listed == (
            source is SourceCheck.STILL_LISTED
            and not left
            and hit.details.region_agrees is not False
            and Compared.VEHICLE not in needs(hit.details, has_picture=True)
        )
    else:
        assert "vehicle_not_compared" == refused


def test_not_listed_sends_to_stale_entry() -> None:
    """The dispatcher says no match: the words lead to the finding that closes the alert."""
    with pytest.raises(BadInput) as caught:
        require_sound(good().details, HitState.CORRECT, SourceCheck.NOT_LISTED)

    assert "stale entry" in caught.value.next_step
    assert HitState.STALE_ENTRY is require_sound(good().details, HitState.STALE_ENTRY, SourceCheck.NOT_LISTED)


def test_every_reason_against_has_words() -> None:
    """None is shown as an identifier."""
    assert set(Against) == set(AGAINST_SAYS)
    assert not any("_" in words for words in AGAINST_SAYS.values())
