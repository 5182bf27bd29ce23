"""Picture: a small JPEG of a plate, drawn from the true plate, so that a person has something to compare.

What flows in: the text that is really on the plate. What flows out: a JPEG file of about a kilobyte.
What it must never see: the misread; a picture that agreed with every misread would make confirming a hit pointless.

Every 8x8 block of the picture is one flat square, so only the DC coefficients of the JPEG carry anything and a
picture takes microseconds to make. ITU-T T.81 gives the syntax: markers in annex B, coding in annex F.
"""

import struct
import unicodedata
from itertools import pairwise

from lockplate.plate import LOOK_ALIKES

# Five squares wide, seven high: one hex pair a row, the lowest five bits count, the leftmost square is 0x10.
_GLYPHS = {
    "0": "0E11131519110E", "1": "040C040404040E", "2": "0E11010204081F", "3": "1F02040201110E", "4": "02060A121F0202",
    "5": "1F101E0101110E", "6": "0608101E11110E", "7": "1F010204080808", "8": "0E11110E11110E", "9": "0E11110F01020C",
    "A": "040A11111F1111", "B": "1E11111E11111E", "C": "0E11101010110E", "D": "1E11111111111E", "E": "1F10101E10101F",
    "F": "1F10101E101010", "G": "0E11101711110F", "H": "1111111F111111", "I": "1F04040404041F", "J": "0702020202120C",
    "K": "11121418141211", "L": "1010101010101F", "M": "111B1515111111", "N": "11191513111111", "O": "1F11111111111F",
    "P": "1E11111E101010", "Q": "0E11111115120D", "R": "1E11111E141211", "S": "0F10100E01011E", "T": "1F040404040404",
    "U": "1111111111110E", "V": "111111110A0A04", "W": "1111111515150A", "X": "11110A040A1111",
    "Y": "11110A04040404", "Z": "1F01020408101F", "-": "0000001F000000", " ": "00000000000000",
}  # fmt: skip
_UNKNOWN = "1F1F1F1F1F1F1F"

# With a quantiser of 8, the DC value of a flat block is its grey less 128. Ground 228, ink 28.
_GROUND, _STEP = 100, 200
# DC codes: category 0 is `0`, 7 is `10`, 8 is `110`. AC: end of block is `0`.
_DC_TABLE = bytes([0x00, 1, 1, 1, *[0] * 13, 0, 7, 8])
_AC_TABLE = bytes([0x10, 1, *[0] * 15, 0])
_FIRST, _SAME = f"10{_GROUND:07b}0", "00"
_TO_GROUND, _TO_INK = f"110{_STEP:08b}0", f"110{255 - _STEP:08b}0"


def draw(text: str) -> bytes:
    """Return a JPEG of the text, dark on light; letters of other scripts are drawn as the Latin ones they look like."""
    rows = _squares(text)
    squares = [ink for row in rows for ink in row]
    bits = [_FIRST]
    for before, ink in pairwise(squares):
        bits.append(_SAME if ink == before else _TO_INK if ink == "1" else _TO_GROUND)
    return _file(len(rows[0]) * 8, len(rows) * 8, "".join(bits))


def _squares(text: str) -> list[str]:
    """Return rows of `0` and `1`, one character a square, with a margin of ground all around."""
    glyphs = [bytes.fromhex(_GLYPHS.get(_latin(character), _UNKNOWN)) for character in text]
    margin = "0" * (len(glyphs) * 6 + 3)
    return [margin, *("00" + "".join(f"{glyph[row]:05b}0" for glyph in glyphs) + "0" for row in range(7)), margin]


def _latin(character: str) -> str:
    upper = character.upper()
    return unicodedata.normalize("NFD", LOOK_ALIKES.get(upper, upper))[0]


def _file(width: int, height: int, bits: str) -> bytes:
    """Return a baseline, one-component JPEG around coded bits."""
    padded = bits + "1" * (-len(bits) % 8)
    coded = int(padded, 2).to_bytes(len(padded) // 8, "big").replace(b"\xff", b"\xff\x00")
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xE0, b"JFIF\0" + struct.pack(">HBHHBB", 0x0101, 0, 1, 1, 0, 0)),
            _segment(0xDB, bytes([0]) + bytes([8]) * 64),
            _segment(0xC0, struct.pack(">BHHB", 8, height, width, 1) + bytes([1, 0x11, 0])),
            _segment(0xC4, _DC_TABLE),
            _segment(0xC4, _AC_TABLE),
            _segment(0xDA, bytes([1, 1, 0x00, 0, 63, 0])),
            coded,
            b"\xff\xd9",
        )
    )


def _segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content
