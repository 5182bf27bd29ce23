"""The ask form's fields, and what they ask."""

import pytest

from lockplate.errors import BadInput
from lockplate.terms import Basis, Offense, Purpose
from lockplate.web.pages.drafts import FIELD_OF_ERROR, Draft, draft_of
from lockplate.web.pages.forms import Form

FILLED = Draft(
    plate="7LOC842",
    operators=("oakmont",),
    window_from="2026-11-23T00:00",
    window_to="2026-11-24T12:00",
    zone="UTC",
    purpose="felony_investigation",
    offense="felony",
    basis="warrant",
)


def changed(**changes: str) -> Draft:
    return Draft(**({name: getattr(FILLED, name) for name in Draft.__struct_fields__} | changes))  # type: ignore[arg-type]


def test_a_filled_form_is_a_question() -> None:
    """Words become the closed lists' values, local times instants."""
    asked = FILLED.ask()

    assert (Purpose.FELONY_INVESTIGATION, Offense.FELONY, Basis.WARRANT) == (
        asked.purpose,
        asked.offense,
        asked.basis,
    )
    assert ("2026-11-23T00:00:00.000Z", "2026-11-24T12:00:00.000Z") == (asked.window_from, asked.window_to)


def test_local_times_are_placed_by_the_zone() -> None:
    """A form in local time asks for the same instants that its clock showed."""
    asked = changed(zone="America/Los_Angeles").ask()

    assert ("2026-11-23T08:00:00.000Z", "2026-11-24T20:00:00.000Z") == (asked.window_from, asked.window_to)


def test_a_repeated_hour_makes_the_window_wider() -> None:
    """When clocks go back, half past one is twice: a window begins at the first and ends at the second."""
    asked = changed(window_from="2026-11-01T01:30", window_to="2026-11-01T01:30", zone="America/Los_Angeles").ask()

    assert ("2026-11-01T08:30:00.000Z", "2026-11-01T09:30:00.000Z") == (asked.window_from, asked.window_to)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"purpose": ""}, "bad_purpose"),
        ({"purpose": "curiosity"}, "bad_purpose"),
        ({"offense": ""}, "bad_offense"),
        ({"basis": "hunch"}, "bad_basis"),
        ({"zone": "Mars/Olympus"}, "bad_zone"),
        ({"zone": "../../etc/passwd"}, "bad_zone"),
        ({"window_from": "yesterday"}, "bad_time"),
        ({"window_from": "2026-11-23T00:00+01:00"}, "bad_time"),
        ({"window_to": "9999-12-31T23:59", "zone": "America/Los_Angeles"}, "bad_time"),
    ],
)
def test_what_was_not_chosen_is_told(change: dict[str, str], code: str) -> None:
    """Each field that cannot be used has its own code, and the form knows which field that is."""
    with pytest.raises(BadInput) as raised:
        changed(**change).ask()

    assert code == raised.value.code
    assert code in FIELD_OF_ERROR


def test_operators_may_be_several() -> None:
    """Every checked box counts, in the form's order; other fields are taken once."""
    form = Form((("operators", "b"), ("plate", " 7LOC842 "), ("operators", "a"), ("plate", "other")))

    assert (("b", "a"), "7LOC842") == (draft_of(form).operators, draft_of(form).plate)
