"""The table of laws: equal to its document, and to what the facts say of the promised sixteen."""

from datetime import date
from pathlib import Path

import pytest

from lockplate.cli.law import TABLE_HEADS, markdown_table
from lockplate.law.table import TableLine, table_line
from lockplate.terms import ProfileId
from lockplate.wiring.policies import shipped_profiles

PROFILES = shipped_profiles()
DAY = date(2026, 11, 24)
DOCUMENT = Path(__file__).parents[3] / "docs" / "law-table.md"
CARE = {"immigration", "reproductive_care", "gender_affirming_care"}
FLOOR = {*CARE, "protected_speech", "protected_class"}

# profile: kept, in state, out of state, federal, private, denied by the law's own words, record fields, reports;
# written by hand from the facts, and where they are silent from the differences in docs/law-table.md
FACTS = {
    "us-ca": (
        "30 days from storage", "allow", "deny", "deny", "deny", {"immigration", "reproductive_care"},
        {"date_time", "plate_or_elements", "username", "organization", "purpose"}, "",
    ),
    "us-nh": (
        "nothing", "deny", "deny", "deny", "deny", {"traffic_infraction", *FLOOR}, {"username", "purpose"}, "each year",
    ),
    "us-il": ("30 days from storage", "allow", "declaration", "deny", "deny", CARE, set(), ""),
    "us-wa": (
        "21 days from capture", "warrant", "deny", "deny", "deny", CARE,
        {"camera_location", "date_time", "plate_or_elements", "purpose", "offense_type", "case_number", "username"},
        "each year",
    ),
    "us-va": (
        "21 days from capture", "allow", "deny", "deny", "deny", FLOOR,
        {"date_time", "plate_or_elements", "purpose", "offense_type", "case_number", "username"}, "1 April",
    ),
    "us-mn": (
        "60 days from capture", "case_specific", "case_specific", "case_specific", "deny", set(),
        {"query", "response", "change", "sharing", "purpose", "factual_basis", "case_number"}, "legislature",
    ),
    "us-me": ("21 days from capture", "allow", "deny", "deny", "deny", FLOOR, set(), ""),
    "us-nj": (
        "1095 days from capture", "allow", "certification", "warrant", "deny", {"immigration"},
        {"username", "date_time", "purpose", "case_number"}, "each year",
    ),
    "us-vt": (
        "546 days from capture", "case_specific", "case_specific", "deny", "deny", FLOOR,
        {"username", "organization", "purpose"}, "legislature",
    ),
    "us-nc": (
        "90 days from capture", "case_specific", "case_specific", "case_specific", "deny", {"traffic_infraction"},
        set(), "1 March",
    ),
    "us-ut": ("273 days from capture", "allow", "warrant", "warrant", "deny", FLOOR, set(), ""),
    "us-ar": ("150 days from capture", "allow", "deny", "deny", "deny", set(), set(), "every 6 months"),
    "us-or": (
        "30 days from capture", "allow", "case_specific", "case_specific", "deny", {"immigration"},
        {"username", "purpose", "case_number"}, "",
    ),
    "us-ct": ("21 days from capture", "allow", "listed_states", "warrant", "deny", FLOOR, set(), ""),
    "model-strict": (
        "7 days from capture", "case_specific", "deny", "deny", "deny", {"traffic_infraction", *FLOOR},
        {"username", "purpose", "case_number", "response"}, "each year",
    ),
    "match-only": ("nothing", "deny", "deny", "deny", "deny", set(), set(), ""),
}  # fmt: skip


def line(name: str) -> TableLine:
    return table_line(PROFILES.on(ProfileId(name), DAY))


@pytest.mark.parametrize("name", FACTS)
def test_the_promised_sixteen_say_what_the_facts_say(name: str) -> None:
    """Retention, sharing, what is denied, what the record must hold and what is reported, against hand-written facts."""
    kept, in_state, out_of_state, federal, private, denied, fields, reports = FACTS[name]
    found = line(name)
    assert (kept, in_state, out_of_state, federal, private) == (
        found.retention, found.in_state, found.out_of_state, found.federal, found.private,
    )  # fmt: skip
    assert denied <= set(found.purposes_denied)
    assert (fields <= set(found.record_fields)) if name == "model-strict" else (fields == set(found.record_fields))
    assert reports in found.reports
    assert bool(reports) == bool(found.reports)


def test_sixteen_were_promised() -> None:
    """The hand-written facts cover each of them."""
    assert 16 == len(FACTS)


def test_the_document_is_what_the_program_prints() -> None:
    """docs/law-table.md holds the table of this very program."""
    rows = [
        [
            one.profile, one.retention,
            *(word.replace("_", " ") for word in (one.in_state, one.out_of_state, one.federal, one.private)),
            ", ".join(one.purposes_denied).replace("_", " "), ", ".join(one.record_fields).replace("_", " "),
            one.reports,
        ]
        for one in map(line, PROFILES.ids())
    ]  # fmt: skip
    printed = "\n".join(text.rstrip() for text in markdown_table(TABLE_HEADS, rows))
    written = "\n".join(text.rstrip() for text in DOCUMENT.read_text(encoding="utf-8").splitlines())
    assert printed in written


def section(start: str, end: str) -> list[dict[str, str]]:
    """Return the table between two words of the document, one dict a row."""
    text = DOCUMENT.read_text(encoding="utf-8").partition(start)[2].partition(end)[0]
    lines = [[cell.strip() for cell in one.strip("|").split("|")] for one in text.splitlines() if one.startswith("|")]
    return [dict(zip(lines[0], row, strict=True)) for row in lines[2:]]


def differing() -> set[tuple[str, str]]:
    """Return profile and column wherever the program does not say what our sources say."""
    shares = dict(zip(TABLE_HEADS[2:6], ("in_state", "out_of_state", "federal", "private"), strict=True))
    words = {TABLE_HEADS[6]: "purposes_denied", TABLE_HEADS[7]: "record_fields"}
    found = set()
    for said in section("## What our sources say", "## Where the program"):
        one = line(said["profile"])
        program: dict[str, object] = {
            TABLE_HEADS[1]: one.retention.removesuffix(" from capture"),
            TABLE_HEADS[8]: one.reports,
            **{head: getattr(one, name).replace("_", " ") for head, name in shares.items()},
            **{head: {word.replace("_", " ") for word in getattr(one, name)} for head, name in words.items()},
        }
        for head, cell in said.items():
            if head == "profile":
                continue
            empty: object = set() if head in words else "" if head == TABLE_HEADS[8] else "-"
            expected = empty if cell == "-" else set(cell.split(", ")) if head in words else cell
            found |= set() if expected == program[head] else {(said["profile"], head)}
    return found


def test_every_difference_from_the_sources_is_explained_and_no_other() -> None:
    """The hand-written table against the program, cell by cell: what differs is in the list, what does not is not."""
    explained = {
        (name.strip("` "), column)
        for row in section("## Where the program says something else", "\0")
        for name in row["profile"].split(",")
        for column in row["column"].split(", ")
    }
    assert differing() == explained


def test_the_sources_table_is_of_the_promised_states() -> None:
    """All fourteen, once."""
    states = [row["profile"] for row in section("## What our sources say", "## Where the program")]
    assert sorted(set(FACTS) - {"match-only", "model-strict"}) == states
