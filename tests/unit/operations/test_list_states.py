"""States of lists: plain words, right to the instant, and the same as what the index matches."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from lockplate.clock import SetClock, format_time
from lockplate.hotlist import Category, Entry, EntryId, HotListIndex, ListId
from lockplate.operations.hotlists import AddHotList, ImportHotList
from lockplate.operations.list_schedule import ListSchedule
from lockplate.operations.list_states import ListState, list_states, state_of
from lockplate.operations.local_law import AdoptLaw
from lockplate.plate import fold
from lockplate.registry.hotlists import HotList
from lockplate.registry.list_footing import Coverage, Footing
from lockplate.terms import AgencyId, OperatorId, PlateText

START = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
PINE = OperatorId("pine-county")
MOMENT, HOUR = timedelta.resolution, timedelta(hours=1)
OWN = Footing(foreign_owner=None)
PLATE = "7ONE111"

SPANS = st.timedeltas(min_value=MOMENT, max_value=timedelta(days=30))


def hot_list(max_age: timedelta, refreshed_at: datetime | None = START) -> HotList:
    return HotList(
        operator=PINE, name="a list", owner_agency=AgencyId("pine-county"),
        categories=frozenset({Category.STOLEN_VEHICLE}), source="desk", legal_basis="cite", max_age=max_age,
        list_id=ListId("l1"), active=True, created_at=START - HOUR, refreshed_at=refreshed_at,
    )  # fmt: skip


@given(SPANS, st.none() | SPANS, st.none() | SPANS)
def test_a_list_is_fresh_exactly_while_its_entries_match(
    max_age: timedelta, law_age: timedelta | None, granted: timedelta | None
) -> None:
    """One moment before the earliest of its age, the law's and the grant's end it is fresh and matches; then neither."""
    one = hot_list(max_age)
    footing = OWN
    if granted is not None:
        around = Coverage(start=START - HOUR, end=START + granted)
        footing = Footing(foreign_owner=AgencyId("quarry-police"), coverage=around)
    stale_at = START + (max_age if law_age is None else min(max_age, law_age))
    ends = footing.until(stale_at)
    clock = SetClock(START)
    entry = Entry(
        list_id=one.list_id, entry_id=EntryId("e1"), plate_key=fold(PLATE), plate_text=PlateText(PLATE), region=None,
        category=Category.STOLEN_VEHICLE, expires_at=ends,
    )  # fmt: skip
    index = HotListIndex([entry], clock)

    for at in (START, ends - MOMENT, ends, ends + MOMENT):
        clock.advance(at - clock.now())
        now_footing = footing
        if footing.coverage is not None and at >= footing.coverage.end:
            now_footing = Footing(foreign_owner=footing.foreign_owner, over_since=footing.coverage.end)
        state, since = state_of(one, now_footing, law_age, at)
        assert (state is ListState.FRESH) == (index.match_keys([fold(PLATE)]) == [0]) == (at < ends)
        assert since is not None
        assert since <= at
        if state is not ListState.FRESH:
            assert since in {stale_at, ends}


def test_each_state_and_since_when() -> None:
    """Never, fresh, stale, without a grant, set aside: in this order of weight."""
    fresh = hot_list(HOUR)
    without = Footing(foreign_owner=AgencyId("quarry-police"), over_since=START)

    assert (ListState.NEVER, START - HOUR) == state_of(hot_list(HOUR, None), OWN, None, START)
    assert (ListState.FRESH, START) == state_of(fresh, OWN, None, START + HOUR - MOMENT)
    assert (ListState.STALE, START + HOUR) == state_of(fresh, OWN, None, START + HOUR)
    assert (ListState.STALE, START + HOUR / 2) == state_of(fresh, OWN, HOUR / 2, START + HOUR / 2)
    assert (ListState.GRANT_OVER, START) == state_of(fresh, without, None, START)
    aside = msgspec.structs.replace(fresh, active=False)
    assert (ListState.INACTIVE, None) == state_of(aside, without, None, START)


def test_a_law_that_begins_while_the_server_runs_counts(
    make_county: Callable[..., AbstractContextManager[Any]], tmp_path: Path
) -> None:
    """An ordinance says six hours: at the next look the list of seven hours ago is stale and matches nothing."""
    ordinance = """
local: {id: pine-1, kind: ordinance, cite: Invented code 4.5.6, effective_from: 2026-01-01}
hotlist:
  max_age_hours: {value: 6, cite: Invented code 4.5.7, mark: found}
"""
    with make_county(tmp_path / "home", SetClock(START)) as county:
        new = AddHotList(
            name="own", categories=(Category.STOLEN_VEHICLE,), source="desk", legal_basis="cite", max_age_hours=24,
            operator=PINE,
        )  # fmt: skip
        list_id = county.run("hotlist.add", new).hot_list.list_id
        assert [(ListState.NEVER, START, None)] == [
            (one.state, one.since, one.stale_at) for one in list_states(county.node, PINE)
        ]
        text = f"plate,expires\n{PLATE},{format_time(START + timedelta(days=9))}\n"
        county.run("hotlist.import", ImportHotList(list_id=list_id, content=text))
        schedule = ListSchedule(county.node)
        county.clock.advance(7 * HOUR)
        assert () == schedule.step()
        assert [0] == county.node.desk(PINE).lane.index.match_keys([fold(PLATE)])

        county.run("law.adopt", AdoptLaw(content=ordinance, operator=PINE), "ada", there=True)

        assert (PINE,) == schedule.step()
        assert () == schedule.step()
        assert [] == county.node.desk(PINE).lane.index.match_keys([fold(PLATE)])
        (standing,) = list_states(county.node, PINE)
        assert (ListState.STALE, START + 6 * HOUR, START + 6 * HOUR) == (
            standing.state, standing.since, standing.stale_at,
        )  # fmt: skip
