"""Names folded to words: what makes no difference, and what does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.agencies.names import folded


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sheriff's Office", "sheriffs-office"),
        ("Sheriff’s Office", "sheriff-s-office"),
        ("U.S. Marshals Service", "United States Marshals Service"),
        ("u-s-marshals-service", "US Marshals Service"),
        ("O'Fallon", "ofallon"),
        ("Cañon City", "canon-city"),
        ("Fish & Wildlife", "Fish and the Wildlife"),
        ("Saint Paul", "St. Paul"),
        ("Ft. Worth", "Fort Worth"),
        ("N. Las Vegas", "North Las Vegas"),
        ("P.D.", "PD"),
        ("Ｐｉｎｅ ＰＤ", "pine pd"),
        ("Louisville Metro", "louisville_metropolitan"),
        ("Police Dept.", "POLICE DEPARTMENT"),
    ],
)
def test_writings_of_one_name_fold_to_the_same_words(one: str, other: str) -> None:
    """Apostrophes, points, accents, wide letters, abbreviations and slugs make no difference."""
    assert folded(one) == folded(other) != ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Marshall", "Marshal"),
        ("Ice", "Price"),
        ("S Pasadena", "Pasadena"),
        ("Pine 4", "Pine 5"),
        ("Nation", "National"),
    ],
)
def test_different_words_stay_different(one: str, other: str) -> None:
    """Nothing is stemmed or cut short."""
    assert folded(one) != folded(other)


@given(st.text(max_size=40))
def test_folding_is_done_once_and_case_makes_no_difference(text: str) -> None:
    """Folded words stay as they are, whatever the letters; so do they in capitals."""
    words = folded(text)

    assert words == folded(" ".join(words)) == folded("-".join(words)) == folded(text.upper())
    assert all(word.isalnum() for word in words)
