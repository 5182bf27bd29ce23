"""Folding a plate text into its key, and a pattern into the keys it may stand for (design part 6)."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lockplate.errors import BadInput
from lockplate.plate import (
    MAX_PLATE_CHARACTERS,
    PLATE_ALPHABET,
    UNKNOWN_CHARACTERS,
    count_candidates,
    expand,
    fold,
    is_pattern,
    require_plate,
)

CYRILLIC = {
    "A": "A", "VE": "B", "IE": "E", "KA": "K", "EM": "M", "EN": "H", "O": "O", "ER": "P", "ES": "C", "TE": "T", "U": "Y",
    "HA": "X", "BYELORUSSIAN-UKRAINIAN I": "I", "DZE": "S", "JE": "J", "STRAIGHT U": "Y", "QA": "Q", "WE": "W",
    "SHHA": "H",
}  # fmt: skip
GREEK = {
    "ALPHA": "A", "BETA": "B", "EPSILON": "E", "ZETA": "Z", "ETA": "H", "IOTA": "I", "KAPPA": "K", "MU": "M", "NU": "N",
    "OMICRON": "O", "RHO": "P", "TAU": "T", "UPSILON": "Y", "CHI": "X",
}  # fmt: skip
LATIN_OF_NAME = {f"CYRILLIC CAPITAL LETTER {name}": latin for name, latin in CYRILLIC.items()} | {
    f"GREEK CAPITAL LETTER {name}": latin for name, latin in GREEK.items()
}
SEPARATORS = [
    chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) in {"Zs", "Zl", "Zp", "Pd", "Cc"}
]
MIXED = st.sampled_from(
    [
        *"ABCIOQSZ0125 -.abciosz?*_",
        *map(unicodedata.lookup, LATIN_OF_NAME),
        *(unicodedata.lookup(name).lower() for name in LATIN_OF_NAME),
        *"ОоOoΟο０ＯＺ①²ß\u0131İſŉǰﬁﬃΐᾳЁё\u0301\u0308\u0307\u0345\u200d\u00ad\u3000ـ",
        *"\u1100\u1161\u11a8가각",
        *"🚗🇺🇸👮\U0001f3fd\ufe0f",
    ]
)
PLATES = st.one_of(st.text(), st.text(alphabet=MIXED, max_size=40), st.text(alphabet=st.characters(codec="utf-8")))


def reference_key(text: str) -> str:
    """Fold a plate by Unicode names and categories, one rule after another, until nothing moves."""
    before = None
    while before != text:
        before = text
        for _ in range(8):
            text = unicodedata.normalize("NFKC", text).upper()
        text = unicodedata.normalize("NFKC", text)
        text = "".join(letter for letter in text if unicodedata.category(letter)[0] in "LN")
        text = "".join(LATIN_OF_NAME.get(unicodedata.name(letter, ""), letter) for letter in text)
        text = re.sub("[OQ]", "0", text)
        for confused, digit in (("I", "1"), ("Z", "2"), ("S", "5"), ("B", "8")):
            text = text.replace(confused, digit)
    return text


@given(PLATES)
@example("\u1100-\u1161")
@example("e\u0301-1")
def test_the_key_is_what_the_design_says(text: str) -> None:
    """An independent reading of design part 6 gives the same key for any text."""
    assert reference_key(text) == fold(text)


@given(PLATES)
@example("\u1100-\u1161")
@example("\u1100\u200d\u1161\u200d\u11a8")
def test_folding_again_changes_nothing(text: str) -> None:
    """A key is its own key: what is stored and what is asked meet."""
    key = fold(text)

    assert key == fold(key)


def test_folding_every_single_character_again_changes_nothing() -> None:
    """No code point at all folds to something that folds further."""
    moving = [code for code in range(0x110000) if fold(fold(chr(code))) != fold(chr(code))]

    assert [] == moving


@given(st.text(alphabet=st.characters(codec="ascii")))
def test_the_fast_path_equals_the_general_path(text: str) -> None:
    """An ASCII text takes a short way; a combining mark that is stripped forces the long one, to the same key."""
    ascii_key = fold(text)

    assert ascii_key == fold("\u200d" + text)
    assert not ("\u200d" + text).isascii()


@given(PLATES)
def test_a_key_has_letters_and_digits_only(text: str) -> None:
    """No separator, mark, symbol or confusable Latin letter is left in a key, and no look-alike."""
    key = fold(text)

    assert all(letter.isalnum() for letter in key)
    assert not set(key) & {*"OQIZSB", *map(unicodedata.lookup, LATIN_OF_NAME)}


@given(PLATES, st.lists(st.tuples(st.integers(min_value=0), st.sampled_from(SEPARATORS)), max_size=6))
@example("7ABC123", [(1, "\u00a0"), (4, "–"), (4, "\u2028"), (9, "\t")])
def test_separators_of_every_kind_say_nothing(text: str, inserted: list[tuple[int, str]]) -> None:
    """Spaces, dashes and control characters of any script may stand between whole characters of a plate."""
    plain = fold(text)
    spaced = plain
    for place, separator in inserted:
        spaced = spaced[: place % (len(spaced) + 1)] + separator + spaced[place % (len(spaced) + 1) :]

    assert plain == fold(spaced)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("7abc123", "7A8C123"),
        ("7ABC-123", "7A8C123"),
        ("OQIZSB", "001258"),
        ("oqizsb", "001258"),
        # one step feeds the next: look-alike to Latin, then Latin to digit
        ("\u041e\u043e\u039f\u03bf", "0000"),
        ("\u0405\u0392\u0412\u0406\u0399\u0396\u051a", "5881120"),
        ("\u0430\u0432\u0435\u043a\u043c\u043d\u0440\u0441\u0442\u0443\u0445", "A8EKMHPCTYX"),
        ("A\u0415\u0397", "AEH"),
        # NFKC before upper case before stripping
        ("\uff37\uff4f\uff22 \uff11\uff12", "W0812"),
        ("\ufb01\u2460\u00b2", "F112"),
        ("\u00df", "55"),
        ("\u0131", "1"),
        ("i", "1"),
        ("e\u0301", "\u00c9"),
        ("\u00d6", "\u00d6"),
        ("Q\u0301", "0"),
        ("\u212a\u017f", "K5"),
        # emoji, marks and flags carry no plate character
        ("🚗A1🚓", "A1"),
        ("🇺🇸", ""),
        ("👮\U0001f3fd\u200d♀\ufe0f", ""),
        ("", ""),
        (" \u3000-·. \t", ""),
        # other scripts stay as they are
        ("京A12345", "京A12345"),
        ("Б777", "Б777"),
    ],
)
def test_known_keys(text: str, key: str) -> None:
    """Worked examples of each step and of the order of steps."""
    assert key == fold(text)


def test_two_true_plates_may_share_a_key() -> None:
    """The key is for matching: 0 and O, 8 and B are one, and other letters stay apart."""
    assert fold("8B0OIS1") == fold("BB00151")
    assert fold("ACDEFGH") != fold("ACDEFGJ")


def test_forty_characters_are_a_plate_and_forty_one_are_not() -> None:
    """The limit counts characters as written, and the text comes back as written."""
    assert "a" * 40 == require_plate("a" * MAX_PLATE_CHARACTERS)
    assert "京" * 40 == require_plate("京" * 40)
    with pytest.raises(BadInput) as refused:
        require_plate("A" * 41)
    assert "plate_too_long" == refused.value.code
    with pytest.raises(BadInput):
        require_plate("A" + " " * 40)


@pytest.mark.parametrize("text", ["", "   ", "---", "🚗", "\u0301", "?", "\u200d"])
def test_a_text_without_a_plate_character_is_no_plate(text: str) -> None:
    """Nothing is not a plate, whatever it looks like."""
    with pytest.raises(BadInput) as refused:
        require_plate(text)
    assert "no_plate" == refused.value.code


def test_the_alphabet_is_every_letter_and_digit_that_a_key_can_hold() -> None:
    """Thirty characters: 26 letters and 10 digits less the six letters that fold into digits."""
    expected = {reference_key(letter) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"}

    assert expected == set(PLATE_ALPHABET)
    assert len(expected) == len(PLATE_ALPHABET) == 30


@pytest.mark.parametrize("unknown", sorted(UNKNOWN_CHARACTERS))
def test_each_way_of_writing_an_unknown_character(unknown: str) -> None:
    """A witness's `?`, also as an East Asian keyboard writes it, is never silently dropped."""
    pattern = f"AB{unknown}C"

    assert is_pattern(pattern)
    assert {f"A8{letter}C" for letter in PLATE_ALPHABET} == set(expand(pattern))


PATTERNS = st.lists(st.one_of(st.sampled_from("?*_"), MIXED, st.characters(codec="utf-8")), max_size=12).map("".join)


@given(PATTERNS)
@example("e\u0301?")
@example("\u1100-\u1161?")
@example("?")
def test_a_pattern_is_all_it_may_stand_for(pattern: str) -> None:
    """Candidates are as many as counted, distinct, bounded, keys themselves, and each way to fill the places in."""
    known = "".join(letter for letter in pattern if letter not in UNKNOWN_CHARACTERS)
    refusal = (
        "no_plate" if not reference_key(known) else "pattern_too_wide" if count_candidates(pattern) > 900 else None
    )
    if refusal is not None:
        with pytest.raises(BadInput) as refused:
            expand(pattern, limit=900)
        assert refusal == refused.value.code
        return

    candidates = expand(pattern, limit=900)
    places = re.split("[" + re.escape("".join(UNKNOWN_CHARACTERS)) + "]", pattern)
    shape = re.compile(f"[{PLATE_ALPHABET}]".join(re.escape(reference_key(run)) for run in places))
    assert count_candidates(pattern) == len(candidates) == len(set(candidates))
    assert all(candidate == fold(candidate) for candidate in candidates)
    assert all(shape.fullmatch(candidate) for candidate in candidates)


@given(
    st.text(alphabet="ABCKMX-\u0416É\u00c9\u4eac", max_size=8),
    st.text(alphabet=st.sampled_from(PLATE_ALPHABET), min_size=1, max_size=2),
)
def test_the_true_plate_is_among_the_candidates(start: str, unseen: str) -> None:
    """If the unseen characters are filled in by hand, the filled plate's key is one of those asked for."""
    candidates = expand("K" + start + "?" * len(unseen))

    assert fold("K" + start + unseen) in candidates


def test_a_pattern_is_bounded() -> None:
    """Two unknown characters are within the default limit, three are not, and the refusal names the count only."""
    assert 900 == len(expand("7ABC1??"))
    with pytest.raises(BadInput) as refused:
        expand("7ABC???")
    assert "pattern_too_wide" == refused.value.code
    assert "27000" in refused.value.message
    assert "7ABC" not in refused.value.message
    with pytest.raises(BadInput):
        expand("7ABC1??", limit=899)


@pytest.mark.parametrize("pattern", ["A" + "?" * 40, "A" + "?" * 5000])
def test_an_absurd_pattern_is_refused_before_it_is_counted(pattern: str) -> None:
    """A pattern longer than any plate is bad input, however many numbers it stands for."""
    with pytest.raises(BadInput) as refused:
        expand(pattern)
    assert "plate_too_long" == refused.value.code


@pytest.mark.parametrize("pattern", ["?", "??", "-?-", "*_", "🚗?"])
def test_a_pattern_without_a_known_character_asks_for_everybody(pattern: str) -> None:
    """Promise 1: "any plate" cannot be asked."""
    with pytest.raises(BadInput) as refused:
        expand(pattern, limit=10**9)
    assert "no_plate" == refused.value.code


def test_a_text_without_unknown_characters_stands_for_itself() -> None:
    """Not every text is a pattern, and expanding such a text gives its key alone."""
    assert not is_pattern("7ABC123")
    assert ("7A8C123",) == expand("7ABC123")
