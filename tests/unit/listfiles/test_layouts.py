"""Layouts: each is told by its shape, reads what it should, and keeps nothing of a person."""

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from list_lines import PERSONS, SAMPLES, Sample, fixed, ncic
from lockplate.errors import BadInput
from lockplate.hotlist import LOW_LEVEL, Category
from lockplate.listfiles.layouts import LAYOUTS, layout_names, parse_list
from lockplate.listfiles.outcome import ListRow, ParsedList, Refusal
from lockplate.read import Vehicle

HONDA = Vehicle(make="HOND", model="ACC", color="BLK", body="4D", year="2011")
BY_NAME = {sample.layout: sample for sample in SAMPLES}


def parsed(*lines: str, layout: str = "ncic") -> ParsedList:
    return parse_list("".join(line + "\n" for line in lines).encode("latin-1"), layout)


def only_row(line: str, layout: str = "ncic") -> ListRow:
    (row,) = parsed(line, layout=layout).rows
    return row


def refusal_of(line: str, layout: str = "ncic") -> Refusal:
    (refused,) = parsed(ncic("9ZZZ999") if layout == "ncic" else "", line, layout=layout).refused
    return refused.refusal


def parse_or_code(data: bytes, layout: str) -> ParsedList | str:
    """Return the list, or the code of why the file is refused whole."""
    try:
        return parse_list(data, layout)
    except BadInput as error:
        return error.code


def test_every_layout_has_a_sample() -> None:
    """What is not shown here is not tested."""
    assert set(layout_names()) == set(BY_NAME)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.layout)
def test_a_file_is_told_by_its_shape(sample: Sample) -> None:
    """Nobody has to name a layout whose lines are its own, whatever its line ends."""
    for text in (sample.text(), sample.text().replace("\n", "\r\n"), sample.text().rstrip("\n")):
        assert sample.layout == parse_list(text.encode()).layout


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.layout)
def test_nothing_of_a_person_is_kept(sample: Sample) -> None:
    """What stands of persons in a file stands in no row, no refusal and no count."""
    told = msgspec.json.encode(parse_list(sample.text().encode())).decode().upper()

    assert [] == [word for word in PERSONS if word in told]


@pytest.mark.parametrize(
    ("layout", "plates", "regions", "categories"),
    [
        ("ncic", "7KTN041 ZZQ0185 5JKD812", "US-CA US-CA US-OR", "stolen_vehicle stolen_plate missing"),
        ("washington", "BKW4410 BKW4411", "US-WA US-OR", "stolen_vehicle missing"),
        ("michigan", "9MIC118 9MIC119", "US-MI CA-ON", "missing stolen_plate"),
        ("new-jersey", "NJX44Q NJX45Q", "US-NJ US-NJ", "suspended_license registration"),
        ("new-york", "NYQ7714 NYQ7715 NYQ7716", "US-NY US-NY US-NY", "stolen_vehicle registration missing"),
        ("kansas", "KNS441 KNS442 KNS443", "US-KS US-KS CA-MB", "stolen_plate suspended_license stolen_plate"),
        ("illinois", "771QRM 772QRM", "US-IL US-IL", "stolen_vehicle missing"),
        ("california-clew", "7KTN042 7KTN043", "US-CA US-NV", "None None"),
        ("texas", "TXQ4417 TXQ4418", "US-OH US-TX", "stolen_vehicle missing"),
        ("minnesota", "MNQ4417", "US-MN", "stolen_vehicle"),
        ("alabama", "ALQ4417 ALQ4418", "US-AL US-GA", "stolen_vehicle missing"),
        ("georgia", "GAQ4417 GAQ4418", "US-GA US-GA", "registration suspended_license"),
        ("washington-vehicles", "BKW4412 BKW4413", "US-WA US-OR", "stolen_vehicle stolen_vehicle"),
        ("florida", "FLQ4417 FLQ4418", "US-FL US-OK", "stolen_vehicle stolen_plate"),
        ("indiana", "INQ4417 INQ4418", "US-IN US-IN", "None None"),
    ],
)
def test_what_each_layout_lists(layout: str, plates: str, regions: str, categories: str) -> None:
    """Plate, state and type of every line, each from its own place."""
    rows = parse_list(BY_NAME[layout].text().encode(), layout).rows

    assert plates.split() == [row.plate_text for row in rows]
    assert regions.split() == [row.region for row in rows]
    assert categories.split() == [str(row.category) for row in rows]
    assert {None} == {row.expires_at for row in rows}


def test_a_line_of_ncic() -> None:
    """Every column that is read, as it is kept."""
    line = ncic()

    assert ListRow(
        line=1,
        plate_text=only_row(line).plate_text,
        region="US-CA",
        category=Category.STOLEN_VEHICLE,
        reason="ORI CA0990100, dated 2026-10-02, plate PC 2027",
        expires_at=None,
        dated=date(2026, 10, 2),
        vehicle=HONDA,
        reference="V000000301",
    ) == only_row(line)


@pytest.mark.parametrize(
    ("layout", "place", "vehicle", "reference"),
    [
        ("texas", 0, Vehicle(make="DODG", model="CHA", color="GRY", body="4D", year="2009"), "V990000301"),
        ("minnesota", 0, Vehicle(make="CHEV", model="AVA", color="CRM", body="PK", year="2013"), "V990000301"),
        ("illinois", 0, Vehicle(make="DODG", model="MAG", color="RED", body="4D", year="05"), "V26X0301"),
        ("illinois", 1, None, "M26X0302"),
        ("new-york", 0, Vehicle(make="BUIC", color="BLK/WHI"), ""),
        ("new-jersey", 0, Vehicle(make="FOR", model="ESC", color="BLUE", body="04", year="1999"), ""),
        ("washington-vehicles", 1, Vehicle(make="TOYT", model="CAM", color="BLK", body="4D", year="2013"), "26-00302"),
        ("georgia", 0, Vehicle(make="FORD", model="FOCUS", color="RED", year="2006"), ""),
        ("alabama", 1, Vehicle(make="FORD", model="F15", color="BLU", year="2004"), ""),
        ("florida", 0, None, "V990000301"),
        ("florida", 1, None, "26-00302"),
        ("indiana", 0, Vehicle(year="2021"), ""),
        ("kansas", 0, None, ""),
    ],
)
def test_what_each_layout_says_of_the_vehicle(layout: str, place: int, vehicle: Vehicle | None, reference: str) -> None:
    """Make, model, style, colour and year from their places, codes repaired; and the source's own number."""
    row = parse_list(BY_NAME[layout].text().encode(), layout).rows[place]

    assert (vehicle, reference) == (row.vehicle, row.reference)


@pytest.mark.parametrize(
    ("kind", "category"),
    [
        ("A", Category.AMBER),
        ("C", Category.SUPERVISED_RELEASE),
        ("F", Category.FELONY),
        ("H", Category.PROTECTION_ORDER),
        ("K", Category.PROTECTIVE_INTEREST),
        ("L", Category.VIOLENT_PERSON),
        ("M", Category.MISSING),
        ("P", Category.STOLEN_PLATE),
        ("R", Category.STOLEN_PLATE),
        ("T", Category.GANG_OR_TERRORIST),
        ("V", Category.STOLEN_VEHICLE),
        ("W", Category.WANTED),
        ("X", Category.SEX_OFFENDER),
    ],
)
def test_types_of_ncic(kind: str, category: Category) -> None:
    """The thirteen types that the facts give, in the first column, in Washington's third, in Texas' first cell."""
    texas = f"{kind}990000301,TX0990100,20261002,TXQ4417,TX,2027,2009,DODG,CHA,4D,GRY"
    washington = fixed((0, f"26{kind}0000301WA0990100"), (19, "20261002BKW4410   WA"))

    assert category == only_row(ncic(kind=kind)).category
    assert category == only_row(texas, "texas").category
    assert category == only_row(washington, "washington").category


@pytest.mark.parametrize(
    ("line", "layout"),
    [
        (ncic(kind="N"), "ncic"),
        (fixed((0, ncic()), (65, "ICE DETAINER")), "ncic"),
        (fixed((0, ncic()), (65, "IMMIGRATION VIOLATOR NCIC")), "michigan"),
        ("N990000301,TX0990100,20261002,TXQ4417,TX,2027,2009,DODG,CHA,4D,GRY", "texas"),
        (fixed((0, "26N0000301WA0990100"), (19, "20261002BKW4410   WA")), "washington"),
        ("ALQ4417,,,FORD,F15,BLU,2004,Deported Felon,AL", "alabama"),
        ("IMMIGRATION DETAINER;FL0990100;X;;;;;;;;FLQ4417;;FL;;", "florida"),
        ("KNS441 KS#3 DEPORTED FELON! PC KS0990100 20261002", "kansas"),
        ("GAQ4417 GA#9ICE HOLD,FORD,2006,FOCUS,RED", "georgia"),
    ],
)
def test_immigration_is_refused_in_any_wording(line: str, layout: str) -> None:
    """By type code, list's name or words, in every layout that has a place for it."""
    header = BY_NAME[layout].text().splitlines()[0] if layout in {"kansas", "florida"} else ""
    found = parse_list(f"{header}\n{BY_NAME[layout].lines[0]}\n{line}\n".encode(), layout)

    assert [Refusal.IMMIGRATION] == [one.refusal for one in found.refused]


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        (ncic("7K 041"), Refusal.PLATE_SYMBOLS),
        (ncic("7K-041"), Refusal.PLATE_SYMBOLS),
        (ncic("7K?041"), Refusal.PARTIAL_PLATE),
        (ncic("7K*"), Refusal.PARTIAL_PLATE),
        (ncic("UNK"), Refusal.NO_PLATE),
        (ncic("unknown"), Refusal.NO_PLATE),
        (ncic(""), Refusal.NO_PLATE),
        (ncic("0"), Refusal.JUNK_PLATE),
        (ncic("000"), Refusal.JUNK_PLATE),
        (ncic(state="NB"), Refusal.BAD_REGION),
        (ncic(state="QQ"), Refusal.BAD_REGION),
        (ncic(kind="B"), Refusal.TYPE_UNKNOWN),
        (ncic()[:30], Refusal.MALFORMED),
        (ncic()[1:], Refusal.MALFORMED),
        (" " + ncic(), Refusal.MALFORMED),
        (ncic(date="2026O1O2"), Refusal.MALFORMED),
        (ncic().ljust(1000) + "X", Refusal.LINE_TOO_LONG),
        (ncic("7K\xe9041"), Refusal.BAD_BYTES),
        (ncic("7K\0041"), Refusal.BAD_BYTES),
        (ncic("7K\t041"), Refusal.BAD_BYTES),
        (ncic("7K\r041"), Refusal.BAD_BYTES),
    ],
)
def test_refused_lines_of_ncic(line: str, refusal: Refusal) -> None:
    """Each fault has its own word, and the line before is not touched."""
    assert refusal == refusal_of(line)


def test_a_line_of_a_person_with_another_number_of_cells_is_refused() -> None:
    """A comma in an address shifts every column: no name may land in the plate's place."""
    line = BY_NAME["indiana"].lines[0].replace("1 NOWHERE ST", "1 NOWHERE ST, UPSTAIRS")
    longer = BY_NAME["indiana"].lines[0] + ",QUILLA"
    found = parse_list(f"{BY_NAME['indiana'].lines[1]}\n{line}\n{longer}\n".encode(), "indiana")

    assert [Refusal.MALFORMED] * 2 == [one.refusal for one in found.refused]


def test_what_follows_a_colour_and_labels_in_a_persons_text_are_not_read() -> None:
    """A name that reaches into the last column is cut; a wanted person's line gives no vehicle."""
    black = only_row(fixed((0, ncic()), (62, "QUILLA INVENTED")))
    wanted = only_row(fixed((0, "773QRM  ILPCWANTED QUILLA VMA/INVENTED VCO/RED"), (77, "LDS/W26X0303")), "illinois")

    assert HONDA == black.vehicle
    assert (None, "W26X0303") == (wanted.vehicle, wanted.reference)


def test_unknown_types_are_told_by_code_only() -> None:
    """A code of up to three signs is no person; what stands as words in the type's place may be one."""
    lines = [ncic(kind=kind, number=number) for number, kind in enumerate("BBZ")]
    told = parsed(*lines, ncic())
    michigan = parsed(fixed((0, ncic()), (65, "INVENTED QUILLA")), BY_NAME["michigan"].lines[0], layout="michigan")

    assert {"B": 2, "Z": 1} == told.unknown_types
    assert {"(words)": 1} == michigan.unknown_types


def test_at_most_twenty_unknown_types_are_told() -> None:
    """A file of nothing but unknown types does not fill the report."""
    lines = [BY_NAME["washington-vehicles"].lines[0].replace("EVS", f"Q{a}{b}") for a in "ABCDEF" for b in "ABCDEF"]

    found = parsed("KEY", *lines, layout="washington-vehicles")

    assert (20, 36) == (len(found.unknown_types), len(found.refused))


@pytest.mark.parametrize(
    ("states", "makes", "expected"),
    [
        (("0H", "C0"), ("D0DG", "F0RD"), True),
        (("OH", "CO"), ("DODG", "FORD"), False),
        (("0H", "OH"), ("D0DG", "FORD"), False),
        (("CA", "NV"), ("KIA", "BUIC"), False),
        (("0H", "CA"), ("KIA", "FORD"), False),
        (("0H", "CA"), ("KIA", "BUIC"), True),
    ],
)
def test_zero_for_o_is_a_trait_of_the_file(states: tuple[str, ...], makes: tuple[str, ...], expected: bool) -> None:
    """More codes with a zero than with the letter; the plate itself is shown as it was sent."""
    lines = [
        ncic(f"70T{number}", number=number, state=state, vehicle=f"2009{make.ljust(4)}CHA4DGRY")
        for number, (state, make) in enumerate(zip(states, makes, strict=True))
    ]

    found = parsed(*lines)

    assert expected == found.zero_for_letter
    assert ["70T0", "70T1"] == [row.plate_text for row in found.rows]
    assert {"US-OH", "US-CO", "US-CA", "US-NV"} >= {row.region for row in found.rows}
    assert [] == [row for row in found.rows if row.vehicle and "0" in str(row.vehicle.make)]


def test_two_files_in_one_are_refused() -> None:
    """Where two layouts fit, nobody guesses: the message names both and asks for one."""
    text = "".join(line + "\n" for name in ("texas", "ncic") for line in (*BY_NAME[name].lines * 3,))

    with pytest.raises(BadInput) as caught:
        parse_list(text.encode())

    assert ("ambiguous_layout", True, True) == (
        caught.value.code,
        "texas" in caught.value.message and "ncic" in caught.value.message,
        "--layout" in caught.value.next_step,
    )
    assert 3 == len(BY_NAME["ncic"].lines) == len(parse_list(text.encode(), "ncic").rows) // 3


@pytest.mark.parametrize(
    ("data", "layout", "code"),
    [
        (b"hello\nworld\n", "", "unknown_layout"),
        (b"", "", "unknown_layout"),
        (b"\0" * 2000, "", "unknown_layout"),
        (BY_NAME["ncic"].text().encode("utf-16"), "", "unknown_layout"),
        (b"x", "elsewhere", "unknown_layout"),
        (b"plate,reason\n7KTN041,x\n", "", "bad_header"),
        (b"VEHEXTRT\n", "ncic", "empty_list"),
    ],
)
def test_files_of_no_layout(data: bytes, layout: str, code: str) -> None:
    """Refused whole, with what to do, and with nothing of the file in the words."""
    with pytest.raises(BadInput) as caught:
        parse_list(data, layout)

    assert code == caught.value.code
    assert "7KTN041" not in str(caught.value.public())


def test_only_listed_layouts_of_paperwork_give_debts() -> None:
    """New Jersey, Georgia, New York and Kansas list paperwork; NCIC's own types never do."""
    of_ncic = [row.category for row in parse_list(BY_NAME["ncic"].text().encode()).rows]

    assert [] == [category for category in of_ncic if category in LOW_LEVEL]
    assert LOW_LEVEL > {row.category for row in parse_list(BY_NAME["georgia"].text().encode()).rows}


@given(
    st.sampled_from(sorted(LAYOUTS)),
    st.lists(
        st.one_of(
            st.sampled_from([line for sample in SAMPLES for line in (*sample.lines, sample.header, sample.footer)]),
            st.text(alphabet="V0123456789ABO ,;#/\r\0\xe9", max_size=70),
        ),
        max_size=12,
    ),
)
def test_every_line_is_accounted_for(layout: str, lines: list[str]) -> None:
    """Whatever bytes stand in a file: lines = rows + refused + blank, each once, and a frame around them."""
    data = "\n".join(lines).encode("latin-1")
    found = parse_or_code(data, layout)
    if isinstance(found, str):
        assert "empty_list" == found
        return
    numbers = sorted([row.line for row in found.rows] + [one.line for one in found.refused])
    assert found.lines == len(numbers) + found.blank
    assert len(numbers) == len(set(numbers)) == found.entries
    assert len(data.removesuffix(b"\n").split(b"\n")) == found.lines + found.frame


@given(st.binary(max_size=300))
def test_bytes_without_form(data: bytes) -> None:
    """Any bytes are a list or refused whole, never anything else."""
    found = parse_or_code(data, "")
    if isinstance(found, str):
        assert found in {
            "unknown_layout",
            "ambiguous_layout",
            "bad_header",
            "bad_encoding",
            "empty_list",
            "person_column",
        }
        return
    assert found.lines == len(found.rows) + len(found.refused) + found.blank
