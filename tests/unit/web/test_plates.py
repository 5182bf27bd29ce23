"""Plates side by side."""

from hypothesis import given
from hypothesis import strategies as some

from lockplate.web.pages.plates import Comparison, Difference, Run, compare

PLATES = some.text(some.sampled_from("ABCOQ0158IZ -.\u00df\u0416"), max_size=12)


def test_a_look_alike_is_marked() -> None:
    """The character that differs stands in a run of its own, and in words with its place."""
    expected = Comparison((Run("7L", False), Run("0", True), Run("C842", False)), (Difference(3, "O", "0"),))

    assert expected == compare("7LOC842", "7L0C842")


def test_spaces_and_case_are_no_difference() -> None:
    """Separators and case are shown as read and never marked; places count letters and digits."""
    assert Comparison((Run("7loc-842", False),), ()) == compare("7 LOC 842", "7loc-842")
    assert (Difference(5, "8", "B"),) == compare("7LOC842", "7LOC-B42").differences


def test_a_character_nobody_saw_is_marked() -> None:
    """Of a pattern, what stands where a question mark was asked is marked."""
    assert (Run("7L", False), Run("XC", True), Run("842", False)) == compare("7L??842", "7LXC842").runs


def test_other_lengths_are_not_marked() -> None:
    """Texts that cannot be laid side by side are shown without marks."""
    assert Comparison((Run("7LOC84", False),), ()) == compare("7LOC842", "7LOC84")


@given(PLATES, PLATES)
def test_nothing_is_lost(asked: str, as_read: str) -> None:
    """The runs, put together, are the text as read; as many characters are marked as there are differences."""
    found = compare(asked, as_read)

    assert as_read == "".join(run.text for run in found.runs)
    assert len(found.differences) == sum(len(run.text) for run in found.runs if run.differs)


@given(PLATES)
def test_a_text_beside_itself_has_no_difference(text: str) -> None:
    """Nothing is marked where nothing differs."""
    assert () == compare(text, text).differences
