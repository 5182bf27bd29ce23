"""Suggestive words: whole words in whatever disguise, never letters inside another word."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockplate.errors import SettingRefused
from lockplate.gate.suggestive import SuggestiveWord, SuggestiveWords, load_suggestive_words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ICE", ["ice"]),
        ("assist ice w/ subject", ["ice"]),
        ("I.C.E.", ["ice"]),
        ("I C E hold", ["ice"]),
        ("i-c-e", ["ice"]),
        ("ICE_2026_11", ["ice"]),
        ("\u0406\u0421\u0415", ["ice"]),
        ("\uff29\uff23\uff25", ["ice"]),
        ("I\u200bCE", ["ice"]),
        ("ic\u0301e", ["ice"]),
        ("black ice on road", ["ice"]),
        ("ERO detail", ["ice-divisions"]),
        ("Immigration violation", ["immigration"]),
        ("undocumented immigrants", ["immigration"]),
        ("DEPORTED felon", ["removal"]),
        ("detainer lodged", ["removal"]),
        ("287(g)", ["cooperation"]),
        ("287 (G) unit", ["cooperation"]),
        ("had an abortion, search for female", ["abortion"]),
        ("protesters downtown", ["protest"]),
        ("ICE detainer at protest", ["ice", "removal", "protest"]),
        ("CBP", ["border"]),
    ],
)
def test_a_word_is_found(words: SuggestiveWords, text: str, expected: list[str]):
    """Case, dots, spaces, hidden characters and look-alike letters hide nothing."""
    assert expected == [word.id for word in words.find(text)]


@pytest.mark.parametrize(
    "text",
    [
        "", "police service", "vice squad", "notice of theft", "hero", "zero tolerance", "office supplies stolen",
        "rice truck", "Officer Icewood", "price", "prehsing", "support", "reported stolen", "pick et al",
        "burglary 26-01542", "juvenile detained", "ballistic evidence",
    ],
)  # fmt: skip
def test_letters_inside_a_word_are_not_a_word(words: SuggestiveWords, text: str):
    """Everyday police words that hold the same letters go through."""
    assert words.find(text) == ()


def test_any_of_the_texts_is_looked_at(words: SuggestiveWords):
    """Reason and case number are both read, and never read together as one text."""
    assert [word.id for word in words.find("burglary", "ICE-26-1")] == ["ice"]
    assert words.find("unit i c", "e squad") == ()


def test_every_listed_word_is_found_by_itself(words: SuggestiveWords, policy_folder: Path):
    """No entry of the shipped list is dead: each of its words is found, alone and within a sentence."""
    checked = 0
    for word, _ in words._patterns:
        for each in word.words:
            plain = each.rstrip("*")
            assert word in words.find(plain)
            assert word in words.find(f"per {plain.upper()}, see note")
            checked += 1
    assert checked > 60
    assert all(word.why and word.cite for word, _ in words._patterns)


@settings(deadline=None)
@given(before=st.text(max_size=20), after=st.text(max_size=20))
def test_a_word_between_spaces_is_always_found(words: SuggestiveWords, before: str, after: str):
    """Whatever stands around it: a word that stands alone is found."""
    assert "ice-divisions" in {word.id for word in words.find(f"{before} // ERO // {after}")}


@pytest.mark.parametrize(
    "content",
    [
        "", "suggestive: []", "suggestive: [{id: a, words: [], why: b, cite: c}]",
        "suggestive: [{id: a, words: ['**'], why: b, cite: c}]", "suggestive: [{id: a, words: [b], cite: c}]",
        "suggestive: [{id: a, words: [b], why: c, cite: d}, {id: a, words: [e], why: f, cite: g}]",
        "suggestive: [{id: a, words: [b], why: c, cite: d, more: e}]", "{", "\xff",
        "a: " + "[" * 5000, "suggestive: !!timestamp x", "suggestive: [&a {id: a, words: [b], why: c, cite: d}]\nvague: [*a]",
    ],
)  # fmt: skip
def test_a_list_that_would_find_nothing_is_refused(tmp_path: Path, content: str):
    """An empty, broken or doubtful list stops the program instead of letting everything through."""
    path = tmp_path / "words.yaml"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(SettingRefused):
        load_suggestive_words(path)


def test_a_missing_list_is_refused(tmp_path: Path):
    """No file, no start."""
    with pytest.raises(SettingRefused):
        load_suggestive_words(tmp_path / "none.yaml")


def test_a_star_stands_for_any_ending():
    """`deport*` finds deportation; without the star only the word itself is found."""
    stars = SuggestiveWords((SuggestiveWord(id="a", words=("deport*",), why="w", cite="c"),))
    plain = SuggestiveWords((SuggestiveWord(id="a", words=("deport",), why="w", cite="c"),))
    assert (len(stars.find("deportation")), len(plain.find("deportation"))) == (1, 0)
