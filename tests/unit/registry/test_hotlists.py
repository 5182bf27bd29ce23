"""HotLists: an owner, a source, a legal basis and an age for each."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from lockplate.clock import SetClock
from lockplate.errors import BadInput, Conflict, NotFound
from lockplate.hotlist import Category, ListId
from lockplate.registry.hotlists import HotLists, NewHotList
from lockplate.terms import AgencyId, OperatorId

pytestmark = pytest.mark.usefixtures("county")


def new_list(**changes: object) -> NewHotList:
    values = {
        "operator": OperatorId("pine-county"),
        "name": "State bulletin",
        "owner_agency": AgencyId("pine-sheriff"),
        "categories": frozenset({Category.STOLEN_VEHICLE, Category.AMBER}),
        "source": "state bulletin, by file",
        "legal_basis": "Civ. Code 1798.90.51",
        "max_age": timedelta(hours=24),
    }
    return NewHotList(**(values | changes))


@pytest.fixture
def hot_lists(engine: Engine, clock: SetClock) -> HotLists:
    return HotLists(engine, clock)


def test_a_list_comes_back(hot_lists: HotLists, clock: SetClock) -> None:
    """What was added is what is read; without a file it is stale."""
    made = hot_lists.add(new_list())
    assert made == hot_lists.get(made.list_id)
    assert (made,) == hot_lists.list_all(OperatorId("pine-county"))
    assert () == hot_lists.list_all(OperatorId("quarry-city"))
    assert (clock.now(), None, True) == (made.created_at, made.refreshed_at, made.is_stale(clock.now()))


def test_off_and_on(hot_lists: HotLists) -> None:
    """A list can be set aside and taken up again."""
    made = hot_lists.add(new_list())
    assert not hot_lists.deactivate(made.list_id).active
    assert made == hot_lists.activate(made.list_id)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": " "},
        {"source": ""},
        {"legal_basis": ""},
        {"categories": frozenset()},
        {"max_age": timedelta()},
        {"owner_agency": AgencyId("removal-office")},
    ],
)
def test_what_is_no_list(hot_lists: HotLists, changes: dict[str, object]) -> None:
    """Words missing, nothing to list, no age, or an owner that enforces immigration law: refused."""
    with pytest.raises(BadInput):
        hot_lists.add(new_list(**changes))
    assert () == hot_lists.list_all()


def test_names(hot_lists: HotLists) -> None:
    """One name once per operator; unknown names are said so."""
    hot_lists.add(new_list())
    hot_lists.add(new_list(operator=OperatorId("quarry-city")))
    with pytest.raises(Conflict):
        hot_lists.add(new_list())
    for changes in ({"operator": OperatorId("nobody")}, {"owner_agency": AgencyId("nobody")}):
        with pytest.raises(NotFound):
            hot_lists.add(new_list(name="Other", **changes))
    for act in (hot_lists.get, hot_lists.deactivate):
        with pytest.raises(NotFound):
            act(ListId("l0"))
