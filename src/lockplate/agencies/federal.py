"""The federal agencies that a sharing list may name, by public name and initials; which enforce immigration law.

What flows in: nothing. What flows out: a table.
What it must never see: a name to be read. Initials that are also a word, a surname or another body's are said so.
"""

from typing import NamedTuple


class Federal(NamedTuple):
    """One federal agency."""

    id: str
    title: str
    names: tuple[str, ...]
    """Spelled out, in folded words, without “U.S.” before them."""
    initials: tuple[str, ...] = ()
    parent: str = ""
    immigration: bool = False
    """Enforces immigration law or decides about immigration."""
    doubtful: bool = False
    """Its initials alone may be somebody else's: then both readings are named."""


FEDERAL: dict[str, Federal] = {
    one.id: one
    for one in (
        Federal("dhs", "Department of Homeland Security", ("department of homeland security",), ("dhs",),
                doubtful=True),
        Federal(
            "ice", "Immigration and Customs Enforcement", ("immigration customs enforcement",), ("ice",), "dhs",
            immigration=True,
        ),
        Federal(
            "ice-ero", "ICE Enforcement and Removal Operations", ("enforcement removal operations",), ("ero",), "ice",
            immigration=True,
        ),
        Federal(
            "ice-hsi", "ICE Homeland Security Investigations", ("homeland security investigations",), ("hsi",), "ice",
            immigration=True, doubtful=True,
        ),
        Federal(
            "cbp", "Customs and Border Protection",
            ("customs border protection", "us customs", "customs border patrol", "office of field operations"),
            ("cbp",), "dhs", immigration=True,
        ),
        Federal("cbp-usbp", "Border Patrol", ("border patrol",), ("usbp",), "cbp", immigration=True),
        Federal(
            "uscis", "Citizenship and Immigration Services",
            ("citizenship immigration services",), ("uscis",), "dhs", immigration=True,
        ),
        Federal("usss", "Secret Service", ("secret service",), ("usss",), "dhs"),
        Federal("tsa", "Transportation Security Administration", ("transportation security administration",),
                ("tsa",), "dhs"),
        Federal("fps", "Federal Protective Service", ("federal protective service",), ("fps",), "dhs", doubtful=True),
        Federal("uscg", "Coast Guard", ("coast guard", "coast guard investigative service"), ("uscg", "cgis"), "dhs"),
        Federal("doj", "Department of Justice", ("department of justice",), ("usdoj", "doj"), doubtful=True),
        Federal("fbi", "Federal Bureau of Investigation", ("federal bureau of investigation",), ("fbi",), "doj"),
        Federal("dea", "Drug Enforcement Administration", ("drug enforcement administration",), ("dea",), "doj"),
        Federal(
            "atf", "Bureau of Alcohol, Tobacco, Firearms and Explosives",
            ("bureau of alcohol tobacco firearms explosives", "bureau of alcohol tobacco firearms",
            "alcohol tobacco firearms"),
            ("atf", "batfe"), "doj",
        ),
        Federal("usms", "Marshals Service", ("marshals service", "us marshals", "us marshal"), ("usms",), "doj"),
        Federal("bop", "Federal Bureau of Prisons", ("federal bureau of prisons", "bureau of prisons"), ("bop",),
                "doj"),
        Federal("usao", "Attorney’s Office", ("us attorneys office", "us attorney"), ("usao",), "doj"),
        Federal("uspis", "Postal Inspection Service", ("postal inspection service", "postal inspectors"), ("uspis",)),
        Federal("usps", "Postal Service", ("us postal service",), ("usps",)),
        Federal("irs-ci", "IRS Criminal Investigation", ("irs criminal investigation", "internal revenue service"),
                ("irs",)),
        Federal("dss", "Diplomatic Security Service", ("diplomatic security service", "diplomatic security")),
        Federal("us-state", "Department of State", ("us department of state",)),
        Federal("nps", "National Park Service", ("national park service", "us park police"), ("nps",), doubtful=True),
        Federal("blm", "Bureau of Land Management", ("bureau of land management",), ("blm",), doubtful=True),
        Federal("usfs", "Forest Service", ("us forest service", "national forest service"), ("usfs",)),
        Federal("usfws", "Fish and Wildlife Service", ("us fish wildlife service", "us fish wildlife"), ("usfws",)),
        Federal("bia", "Bureau of Indian Affairs", ("bureau of indian affairs",), ("bia",), doubtful=True),
        Federal(
            "va-police", "Veterans Affairs Police",
            ("veterans affairs", "department of veterans affairs", "va medical center", "va hospital"), ("vamc",),
        ),
        Federal("uscp", "Capitol Police", ("us capitol police",), ("uscp",)),
        Federal("us-courts", "Probation and Pretrial Services", ("us probation", "us pretrial services",
                "us supreme court")),
        Federal("ncis", "Naval Criminal Investigative Service", ("naval criminal investigative service",), ("ncis",),
                "dod"),
        Federal(
            "afosi", "Air Force Office of Special Investigations",
            ("air force office of special investigations", "air force osi"), ("afosi",), "dod",
        ),
        Federal("army-cid", "Army Criminal Investigation Division", ("army criminal investigation division",
                "army cid"), (), "dod"),
        Federal("dod", "Department of Defense", ("us department of defense", "department of defense"), ("dod",)),
        Federal("pfpa", "Pentagon Force Protection Agency", ("pentagon force protection agency",), ("pfpa",), "dod"),
    )
}  # fmt: skip
"""By id; the parent's powers are not the child's, but its name may stand beside the child's."""

MILITARY: tuple[str, ...] = (
    "military police", "provost marshal", "provost marshals office", "air force base", "afb", "joint base",
    "naval base",
    "naval air station", "naval station", "naval weapons station", "marine corps base", "marine corps air station",
    "army garrison", "army base", "us army", "us navy", "us air force", "us marine corps", "us space force",
    "space force base", "army depot", "security forces squadron", "air force", "usaf", "marine corps", "usmc",
    "national guard", "air reserve base", "air national guard base",
)  # fmt: skip
"""Words of the armed forces; the place beside them stays part of the name."""


SPELLED_DOUBTFUL = frozenset({"marshals service"})
"""Spelled out, and yet also a tribe's or town's own."""
DEPARTMENT = "department of "
"""What begins a name that a state may have a department of, too."""
OFFICES = frozenset({"field", "office", "sector", "region", "district", "division", "headquarters", "station"})
"""Words of a federal agency's offices."""


def line_of(agency: str) -> tuple[str, ...]:
    """Return an agency's id and those of what it is part of, upwards."""
    line = [agency]
    while parent := FEDERAL[line[-1]].parent:
        line.append(parent)
    return tuple(line)
