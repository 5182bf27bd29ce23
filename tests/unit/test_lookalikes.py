"""Look-alikes: every difference is marked, no sameness is, and the words say it without a colour."""

from hypothesis import given
from hypothesis import strategies as st

from lockplate.lookalikes import LOOK_ALIKE_GROUPS, Sameness, are_alike, compare_texts, looks_like

PLATES = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", max_size=9)


def kinds(read: str, listed: str, **more: object) -> list[Sameness]:
    return [one.sameness for one in compare_texts(read, listed, **more)]  # type: ignore[arg-type]


@given(PLATES)
def test_a_text_beside_itself_has_no_mark(text: str) -> None:
    """The same text is the same in every place, in order, and says nothing."""
    told = compare_texts(text, text)

    assert [(number, sign, sign) for number, sign in enumerate(text, 1)] == [
        (one.place, one.read, one.listed) for one in told
    ]
    assert not any(one.is_marked or one.says for one in told)


@given(PLATES, PLATES, st.sets(st.integers(0, 8)))
def test_nothing_is_lost_and_every_difference_is_marked(read: str, listed: str, unsure: set[int]) -> None:
    """Both texts can be read back from the lines; a line without a mark has the same character twice and no doubt."""
    told = compare_texts(read, listed, unsure=unsure)

    assert read == "".join(one.read for one in told)
    assert listed == "".join(one.listed for one in told)
    assert len(told) <= len(read) + len(listed)
    for one in told:
        assert one.is_marked == bool(one.says)
        assert one.is_marked or (one.read == one.listed and not one.unsure)
    assert {place for place in unsure if place < len(read)} == {
        len("".join(each.read for each in told[: one.place - 1])) for one in told if one.unsure
    }


@given(PLATES, PLATES)
def test_both_ways_round(read: str, listed: str) -> None:
    """What differs one way differs the other way, and as much: being alike has no direction."""
    one, other = kinds(read, listed), kinds(listed, read)

    assert len(one) == len(other)
    assert [kind is Sameness.SAME for kind in one].count(True) == [kind is Sameness.SAME for kind in other].count(True)


def test_the_table_is_even() -> None:
    """Each character of a group looks like each other of it, both ways, and none like itself."""
    for group in LOOK_ALIKE_GROUPS:
        for one in group:
            assert set(group) - {one} <= set(looks_like(one))
            assert one not in looks_like(one)
            assert all(are_alike(one, other) and are_alike(other, one) for other in group if other != one)
    assert "" == looks_like("A")


def test_what_a_person_reads() -> None:
    """A look-alike, another character and a doubt are told apart in words."""
    told = compare_texts("7L0C842", "7LOC342", unsure=(6,))

    assert [3, 5, 7] == [one.place for one in told if one.is_marked]
    assert "read 0, listed O: these look alike" == told[2].says
    assert "read 8, listed 3: these look alike" == told[4].says
    assert "the reader was not sure of 2; it can look like 1, 7, Z" == told[6].says
    assert "read 3, listed 7: another character" == compare_texts("3", "7")[0].says


def test_a_list_that_writes_zero_for_the_letter() -> None:
    """There O and 0 are the same, both ways; nowhere else are they."""
    assert [Sameness.SAME] == kinds("O", "0", zero_for_letter=True) == kinds("0", "O", zero_for_letter=True)
    assert [Sameness.ALIKE] == kinds("O", "0")
    assert [Sameness.ALIKE] == kinds("Q", "0", zero_for_letter=True)


def test_texts_of_other_lengths_are_laid_over_each_other() -> None:
    """A character that was not read leaves a gap in its place instead of shifting every mark behind it."""
    told = compare_texts("7LOC42", "7LOC842")

    assert [Sameness.SAME] * 4 + [Sameness.ONLY_LISTED] + [Sameness.SAME] * 2 == [one.sameness for one in told]
    assert "read nothing, listed 8" == told[4].says
    assert [Sameness.ONLY_READ] * 2 == kinds("AB", "")
