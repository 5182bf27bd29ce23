"""Invented lines of every layout of hot lists: no plate, number, place or person in them is real."""

from typing import NamedTuple


def fixed(*parts: tuple[int, str]) -> str:
    """Return a line with each part at its column."""
    line = ""
    for column, text in parts:
        line = line.ljust(column) + text
    return line


class Sample(NamedTuple):
    """A layout's file in small."""

    layout: str
    header: str
    lines: tuple[str, ...]
    footer: str = ""

    def text(self) -> str:
        """Return the whole file."""
        return "".join(f"{line}\n" for line in (self.header, *self.lines, self.footer) if line)


def ncic(
    plate: str = "7KTN041",
    *,
    kind: str = "V",
    number: int = 301,
    state: str = "CA",
    year: str = "2027",
    plate_type: str = "PC",
    vehicle: str = "2011HONDACC4DBLK",
    date: str = "20261002",
    ori: str = "CA0990100",
) -> str:
    """Return one line of NCIC's columns."""
    return fixed(
        (0, f"{kind}{number:09d}"),
        (10, ori),
        (19, date),
        (27, plate),
        (37, state),
        (39, year),
        (43, plate_type),
        (45, vehicle),
    )


SAMPLES = (
    Sample(
        "ncic",
        "VEHEXTRT 20261124 RECORDS 3",
        (
            ncic(),
            ncic("ZZQ0185", kind="P", number=302, vehicle=""),
            ncic("5JKD812", kind="M", number=303, state="0R", vehicle="20020LDS   SDGRY"),
        ),
    ),
    Sample(
        "washington",
        "VEHEXTRT",
        (
            fixed((0, "26V0000301WA0990100"), (19, "20261002BKW4410   WA2027PC")),
            fixed((0, "26M0000302WA0990100"), (19, "20261003BKW4411   0R2027PC")),
        ),
    ),
    Sample(
        "michigan",
        "",
        (
            fixed((0, ncic("9MIC118", kind="M", state="MI")), (65, "MISSING PERSON MI")),
            fixed((0, ncic("9MIC119", kind="R", state="ON", number=302)), (65, "CPIC DATA RECORD NCIC")),
        ),
    ),
    Sample(
        "new-jersey",
        "",
        (
            fixed((0, "S"), (27, "NJX44Q"), (37, "NJ"), (45, "1999FOR ESC04BLUE")),
            fixed((0, "E"), (27, "NJX45Q"), (37, "NJ"), (45, "2009KIA RIO04RED")),
        ),
    ),
    Sample(
        "new-york",
        "LIST 20261124",
        (
            fixed((0, "NYQ7714"), (10, "NYPASVBUICBLK/WHI")),
            fixed((0, "NYQ7715"), (10, "NYPASXFORDRED")),
            fixed((0, "NYQ7716"), (10, "NYPASM")),
        ),
    ),
    Sample(
        "kansas",
        "MERGED\nFILE\nPLATE STATE LIST",
        (
            "KNS441 KS#3 STOLEN PLATE! PC 2016CHEVMALSILKS0990100 20261002",
            "KNS442 KS#4 Suspended AUTO 2004 Lg 3 NOWHERE",
            "KNS443MBCANADIAN ENTRY - CHECK PC MB0990100 20261003",
        ),
    ),
    Sample(
        "illinois",
        "",
        (
            "771QRM  ILPCSTOLEN VYR/05 VMA/DODG VMO/MAG VST/4D VCO/RED     DOT/100226 LDS/V26X0301",
            fixed((0, "772QRM  ILPCMISSING"), (19, "NOBODY, INVENTED M W 010170"), (77, "LDS/M26X0302")),
        ),
    ),
    Sample(
        "california-clew",
        "DATE11/24/2026 09:00",
        ("7KTN042 CA1920261002", "7KTN043 NV0120260930"),
        "TOTAL RECORD 0000002",
    ),
    Sample(
        "texas",
        "",
        (
            "V990000301,TX0990100,20261002,TXQ4417,0H,2027,2009,D0DG,CHA,4D,GRY",
            "M990000302,TX0990100,20261003,TXQ4418,TX,2027,2012,FORD,F15,PK,WHI",
        ),
    ),
    Sample(
        "minnesota",
        "NUMBER,AGENCY,DAY,TAG,ST,YR,TY,VYR,MAKE,MODEL,STYLE,COLOR",
        (
            "V990000301,MN0990100,20261002,MNQ4417,MN,2027,PC,2013,CHEV,AVA,PK,CRM",
            "N990000302,MN0990100,20261003,MNQ4418,MN,2027,PC,2013,CHEV,AVA,PK,CRM",
        ),
    ),
    Sample(
        "alabama",
        "",
        (
            "ALQ4417,,X000000000,CHEV,,RED,1995,Stolen Vehicle or Vehicle Part,AL",
            "ALQ4418,,,FORD,F15,BLU,2004,Missing Person,GA",
        ),
    ),
    Sample("georgia", "", ("GAQ4417 GA#9EXPIRED,FORD,2006,FOCUS,RED", "GAQ4418 GA#9SUSPENDED,KIA,2011,RIO,BLU")),
    Sample(
        "washington-vehicles",
        "KEY,AGENCY,TAG",
        (
            "EVS,WA0990100,BKW4412,WA,2027,PC,00000000000000000,2003,HOND,ELE,4D,SIL,10/02/2026,26-00301,ASK FOR NOBODY 555 0100, BOTH PLATES",
            "EVS,WA0990100,BKW4413,0R,2027,PC,,2013,T0YT,CAM,4D,BLK,10/03/2026,26-00302",
        ),
    ),
    Sample(
        "florida",
        "TYPE;ORI;NAME",
        (
            "STOLEN VEHICLE;FL0990100;NOWHERE COUNTY SHERIFF;26-00301;;;V990000301;;;;FLQ4417;;FL;;",
            "STOLEN LICENSE PLATE;FL0990100;NOWHERE COUNTY SHERIFF;26-00302;;;;;;;FLQ4418;;0K;;",
        ),
    ),
    Sample(
        "indiana",
        "",
        (
            "1,IVY,Q,INVENTED,01/01/1970,555-0100,1 NOWHERE ST,,NOWHERE,IN,00000,NOWHERE,CARD,HABITUAL VIOLATOR,N,01/01/2027,IN,CENTURY -CCC,2021,PC,INQ4417",
            "2,IGNATZ,,INVENTED,02/02/1970,555-0100,2 NOWHERE ST,,NOWHERE,IN,00000,NOWHERE,CARD,HABITUAL VIOLATOR,N,01/01/2027,IN,CENTURY -CCC,2020,PC,INQ4418",
        ),
    ),
    Sample(
        "lockplate",
        "plate,region,category,reason,expires",
        ("7KTN044,US-CA,stolen_vehicle,taken,2030-01-01", "7KTN045,,amber,,2030-01-01"),
    ),
)
PERSONS = ("NOBODY", "INVENTED", "555", "IVY", "IGNATZ", "NOWHERE", "1970", "010170", "HABITUAL")
"""What stands in these files of persons, and may stand nowhere else."""
