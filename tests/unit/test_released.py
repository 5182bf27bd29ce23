"""Released records: withheld, empty and not exported are three things; a wildcard and a placeholder are none of them."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.imports import states
from lockplate.imports.states import CODE, states_of
from lockplate.released import Provenance, ReleasedEvent, ReleaseId, State, state_of

MASKS = (
    "***", "*****", "* * *", "###", "####", "REDACTED", "[REDACTED]", " REDACTED", "REDACTED, see letter", "redacted",
    "Redacted per policy", "[withheld: free text]", "7923.600 GC", "GC 7923.600", "Gov. Code § 7923.600", "6254(f) GC",
    "Government Code 7923.600, 7922.000", "5 ILCS 140/7(1)(c)", "5 U.S.C. 552(b)(7)(C)", "RCW 42.56.240", "——", "████",
)  # fmt: skip
GIVEN = (
    "Z*0028*", "*", "*7ABC", "none", "n/a", "test", ".", "0", "-", "—", "REDACTEDPLATE", "245(a)(1)P.C", "10851 VC", "459 PC",
    "A.B.", "GC 7924 homicide", "26-7923", "#12", "unredacted", "XXX", "masked man in lobby is not a mask"[7:],
)  # fmt: skip


@pytest.mark.parametrize("text", MASKS)
def test_a_mask_is_masked(text: str) -> None:
    """Whole cells that stand for something withheld are seen as such, whatever stands in them."""
    assert State.MASKED is state_of(text)


@pytest.mark.parametrize("text", GIVEN)
def test_what_was_typed_is_given(text: str) -> None:
    """Wildcards, placeholders, penal codes and initials are what the release says."""
    assert State.GIVEN is state_of(text)


@pytest.mark.parametrize("text", ["——", "—", "-", "--", "–"])
def test_a_dash_for_a_count_is_a_mask(text: str) -> None:
    """A dash in a column of numbers is no number somebody typed."""
    assert State.MASKED is state_of(text, count=True)


def test_three_things() -> None:
    """A cell that is not there, one that is empty, and one that is masked."""
    assert [State.NOT_EXPORTED, State.BLANK, State.BLANK, State.MASKED] == [
        state_of(cell) for cell in (None, "", " \t\xa0", "***")
    ]


@given(st.lists(st.one_of(st.none(), st.sampled_from([*MASKS, *GIVEN, "", " "]), st.text(max_size=40)), max_size=30))
def test_a_column_is_as_its_cells(cells: list[str | None]) -> None:
    """What is told of whole columns at once is what is told of each cell."""
    column = pa.array(
        [None if cell is None else cell.encode("utf-8", "replace").decode() for cell in cells], pa.string()
    )

    for few in (1_000, 0):  # few different texts are looked at one by one, many by Arrow
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(states, "_FEW_WORDS", few)
            for count in (False, True):
                wanted = [CODE[state_of(cell, count=count)] for cell in column.to_pylist()]
                assert wanted == states_of(column, count=count).tolist()


def test_details_of_an_event() -> None:
    """Lines with a label are read by it; a line without one goes on with the last."""
    event = ReleasedEvent(
        provenance=Provenance(release=ReleaseId("0" * 16), row=2),
        states={},
        entity_details="Hotlist Name: BOLO\nLicense: 1AAA111\nState: CA\nReason: two\nlines\nCase: 25-1\nExpiry: ",
    )
    told = {
        "Hotlist Name": "BOLO",
        "License": "1AAA111",
        "State": "CA",
        "Reason": "two\nlines",
        "Case": "25-1",
        "Expiry": "",
    }

    assert told == event.details()
