"""Picture: a JPEG that a decoder written from the standard reads back to the plate's squares."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.simulate.picture import _GLYPHS, draw


def decoded(picture):
    """Return rows of greys, one for each 8x8 block, of a baseline picture in which every block is flat."""
    assert picture.startswith(b"\xff\xd8")
    assert picture.endswith(b"\xff\xd9")
    place, tables, height, width, quantiser = 2, {}, 0, 0, 0
    while True:
        marker, length = struct.unpack(">HH", picture[place : place + 4])
        content = picture[place + 4 : place + 2 + length]
        place += 2 + length
        if marker == 0xFFDB:
            assert len(content) == 65
            quantiser = content[1]
        elif marker == 0xFFC0:
            _, height, width, components = struct.unpack(">BHHB", content[:6])
            assert components == 1
        elif marker == 0xFFC4:
            tables[content[0]] = codes_of(content)
        elif marker == 0xFFDA:
            break
    coded = picture[place:-2]
    assert coded.count(b"\xff") == coded.count(b"\xff\x00")
    bits = "".join(f"{byte:08b}" for byte in coded.replace(b"\xff\x00", b"\xff"))
    greys, dc, at = [], 0, 0
    for _ in range(width // 8 * (height // 8)):
        category, at = symbol(bits, at, tables[0x00])
        if category:
            value = int(bits[at : at + category], 2)
            dc += value if bits[at] == "1" else value - (1 << category) + 1
            at += category
        end, at = symbol(bits, at, tables[0x10])
        assert end == 0
        greys.append(dc * quantiser // 8 + 128)
    assert set(bits[at:]) <= {"1"}
    assert len(bits) - at < 8
    columns = width // 8
    return [greys[row * columns : (row + 1) * columns] for row in range(height // 8)]


def codes_of(content):
    """Return code text to symbol, by annex C of the standard."""
    counts, symbols = content[1:17], iter(content[17:])
    codes, code = {}, 0
    for length, count in enumerate(counts, start=1):
        for _ in range(count):
            codes[f"{code:0{length}b}"] = next(symbols)
            code += 1
        code <<= 1
    assert list(symbols) == []
    return codes


def symbol(bits, at, codes):
    for length in range(1, 17):
        if bits[at : at + length] in codes:
            return codes[bits[at : at + length]], at + length
    raise AssertionError("no code")


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789- ", max_size=12))
def test_the_picture_shows_the_text(text):
    """Dark squares on light ground, in the shape of the glyphs, with a margin all around."""
    rows = decoded(draw(text))
    margin = 6 * len(text) + 3

    assert {28, 228} >= {grey for row in rows for grey in row}
    assert [228] * margin == rows[0] == rows[-1]
    for number, row in enumerate(rows[1:-1]):
        wanted = "00" + "".join(f"{bytes.fromhex(_GLYPHS[letter])[number]:05b}0" for letter in text) + "0"
        assert wanted == "".join("1" if grey == 28 else "0" for grey in row)


def test_no_two_glyphs_are_alike():
    """A person can tell O from 0, I from 1, B from 8: every glyph is its own."""
    assert len(_GLYPHS) == len({draw(letter) for letter in _GLYPHS})


@pytest.mark.parametrize(("text", "latin"), [("АВ0123СЕ", "AB0123CE"), ("ÜQ XÄ 104", "UQ XA 104"), ("abc", "ABC")])
def test_other_scripts_are_drawn_as_what_they_look_like(text, latin):
    """A Cyrillic plate looks Latin in a picture, which is why misreads happen."""
    assert draw(latin) == draw(text)
