"""An invented NCIC file full of traps: the same bytes for the same number, and what was planted in it, counted.

Nothing in it is real: plates, numbers and persons come out of a seeded generator.
"""

import random
from collections import Counter
from dataclasses import dataclass, field

from list_lines import fixed, ncic

SEED = 20_261_124
LISTED = {"V": "stolen_vehicle", "P": "stolen_plate", "M": "missing", "A": "amber", "F": "felony", "W": "wanted"}
OTHERS = "CHKLTX"
UNKNOWN = "BQZ"
PERSON = "INVENTED QUILLA Z 19700101 1 NOWHERE ST"
STATES = ("CA", "NV", "0R", "WA", "C0", "0H", "AZ", "0N", "PQ")
VEHICLES = ("2009D0DGCHA4DGRY", "2012H0NDACC4DBLK/GRY", "2016T0YTCAM4DSIL", "2004F0RDF15PKWHI", "1998VOLVV704DRED", "")
LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


@dataclass
class Trap:
    """The file's lines without ends, and what is planted."""

    lines: list[bytes] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    good: list[int] = field(default_factory=list)
    """Places in `lines` of those that must be taken."""
    blank: int = 0

    @property
    def entries(self) -> int:
        """How many lines are entries."""
        return len(self.lines) - self.blank

    def data(self, *, header_count: int | None = None, footer_count: int | None = None) -> bytes:
        """Return the file's bytes; line ends are mixed, and the last line has none."""
        head = b"VEHEXTRT 20261124" + (b"" if header_count is None else b" RECORDS %07d" % header_count)
        lines = [head, *self.lines]
        ends = [b"\r\n" if number % 7 == 3 else b"\n" for number in range(len(lines))]
        text = b"".join(line + end for line, end in zip(lines, ends, strict=True)).rstrip(b"\r\n")
        return text if footer_count is None else text + b"\nTOTAL RECORD %07d\n" % footer_count


def plate_of(number: int) -> str:
    """Return an invented plate, another for each number, with zeros where a letter O might have been."""
    first, rest = divmod(number, 1000)
    third, first = divmod(first, len(LETTERS))
    fourth, third = divmod(third, len(LETTERS))
    return f"{fourth % 10}{LETTERS[first]}{LETTERS[third]}0{rest:03d}"


def make_trap(lines: int = 200_000) -> Trap:
    """Return a file of that many lines, with every trap in it several times; the last line is cut short."""
    chance = random.Random(SEED)
    trap = Trap()
    planters = (
        _duplicate,
        _expired,
        _immigration,
        _bad_bytes,
        _unknown,
        _blank,
        _too_long,
        _plates,
        _malformed,
        _others,
    )
    for number in range(lines - 1):
        planter = planters[number // 20 % len(planters)] if number % 20 == 19 else None
        if planter is None or not trap.good:
            _good(trap, number, chance)
        else:
            planter(trap, number, chance)
    trap.lines.append(line_of(lines, "V")[:20].encode())
    trap.refused["malformed"] += 1
    return trap


def line_of(
    number: int, kind: str, *, plate: str | None = None, date: str = "20261002", color: str | None = None
) -> str:
    """Return one whole line of NCIC's columns, by its number."""
    vehicle = VEHICLES[number % len(VEHICLES)] if color is None else "2009D0DGCHA4D" + color
    return ncic(
        plate_of(number) if plate is None else plate,
        kind=kind,
        number=number,
        state=STATES[number % len(STATES)],
        vehicle=vehicle,
        date=date,
    )


def _good(trap: Trap, number: int, chance: random.Random) -> None:
    """Most lines: taken; some carry a person behind the columns, which nobody may keep."""
    text = line_of(number, chance.choice(list(LISTED)))
    if number % 50 == 7:
        text = fixed((0, text), (66, PERSON))
    trap.good.append(len(trap.lines))
    trap.lines.append(text.encode())


def _refused(trap: Trap, reason: str, line: bytes) -> None:
    trap.refused[reason] += 1
    trap.lines.append(line)


def _duplicate(trap: Trap, number: int, chance: random.Random) -> None:
    """An earlier line again, under another number of the source."""
    earlier = trap.lines[chance.choice(trap.good[-500:])]
    _refused(trap, "duplicate", earlier[:1] + b"%09d" % (900_000_000 + number) + earlier[10:])


def _expired(trap: Trap, number: int, chance: random.Random) -> None:
    """Dated longer ago than the list takes."""
    year = chance.randint(1981, 2011)
    _refused(trap, "expired", line_of(number, "V", date=f"{year}0301").encode())


def _immigration(trap: Trap, number: int, chance: random.Random) -> None:
    """By type, or by words behind the columns under a lawful type."""
    words = chance.choice(["ICE DETAINER", "DEPORTED FELON", "IMMIGRATION VIOLATOR FILE"])
    text = line_of(number, "N") if number % 400 < 200 else fixed((0, line_of(number, "V")), (65, words))
    _refused(trap, "immigration", text.encode())


def _bad_bytes(trap: Trap, number: int, chance: random.Random) -> None:
    """No ASCII: latin-1, broken UTF-8, NUL, a carriage return within the line."""
    line = line_of(number, "V").encode()
    _refused(
        trap,
        "bad_bytes",
        line[:28] + chance.choice([b"\xe9", b"\xff\xfe", b"\0", b"\xc3\x28", b"\r", b"\t"]) + line[29:],
    )


def _unknown(trap: Trap, number: int, chance: random.Random) -> None:
    """A type that we do not know."""
    kind = chance.choice(UNKNOWN)
    trap.types[kind] += 1
    _refused(trap, "type_unknown", line_of(number, kind).encode())


def _blank(trap: Trap, number: int, chance: random.Random) -> None:
    """Nothing, or nothing but spaces."""
    del number
    trap.blank += 1
    trap.lines.append(b" " * chance.choice([0, 0, 1, 80]))


def _too_long(trap: Trap, number: int, chance: random.Random) -> None:
    """Longer than any line of any layout."""
    _refused(trap, "line_too_long", line_of(number, "V").encode().ljust(1000) + b"X" * chance.randint(1, 3000))


def _plates(trap: Trap, number: int, chance: random.Random) -> None:
    """What is no whole plate."""
    plate, reason = chance.choice(
        [("7K?N041", "partial_plate"), ("7K*", "partial_plate"), ("7K 041", "plate_symbols"), ("7K-041", "plate_symbols"),
         ("UNK", "no_plate"), ("", "no_plate"), ("0", "junk_plate"), ("000", "junk_plate")]
    )  # fmt: skip
    _refused(trap, reason, line_of(number, "V", plate=plate).encode())


def _malformed(trap: Trap, number: int, chance: random.Random) -> None:
    """Cut short, shifted by a column, or from nowhere."""
    line = line_of(number, "V").encode()
    if number % 3 == 0:
        _refused(trap, "bad_region", line[:37] + b"QQ" + line[39:])
    else:
        _refused(trap, "malformed", chance.choice([line[:30], b" " + line, line[1:], b"V-" + line[2:]]))


def _others(trap: Trap, number: int, chance: random.Random) -> None:
    """A type that we know, and that the list was not set up for."""
    _refused(trap, "category_not_of_list", line_of(number, chance.choice(OTHERS)).encode())
