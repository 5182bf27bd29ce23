"""Layouts of released audits, with and without their header: every field of every row comes in."""

import csv
from datetime import UTC, datetime
from typing import Any

import pytest

from imported import MANY, same, told
from lockplate.imports.reading import shares
from lockplate.released import RecordKind
from released_files import (
    D_LABELS,
    LABELS,
    PORTAL,
    START,
    A,
    Audit,
    B,
    D,
    csv_bytes,
    labels,
    table_text,
    vendor_time,
)

HEAD = labels(A)
WITHOUT_ORGANISATION = tuple(field for field in A if field != "organisation")


PORTAL_LAYOUTS = {
    "E": ("id", "user", "searched_at", "devices", "reason"),
    "F1": ("id", "user", "searched_at", "networks", "reason"),
    "F2": ("id", "user", "searched_at", "networks", "case_number"),
    "F3": ("id", "user", "searched_at", "networks", "offense"),
    "F4": ("id", "user", "searched_at", "networks", "reason", "case_number"),
    "F5": ("id", "user", "searched_at", "networks", "reason", "offense"),
    "F6": ("id", "user", "searched_at", "networks", "case_number", "offense"),
    "F7": ("id", "user", "searched_at", "networks", "reason", "case_number", "offense"),
    "G1": ("id", "searched_at", "networks", "offense"),
    "G2": ("id", "searched_at", "networks", "case_number", "offense"),
}
VENDOR_LAYOUTS = {
    "A": A,
    "B": B,
    "B without moderation": B[:-1],
    "B without prompt": B[:-2],
    "B without devices": tuple(field for field in B[:-2] if field != "devices"),
    "C": WITHOUT_ORGANISATION,
    "C without time frame": tuple(field for field in A if field != "frame"),
}


@pytest.mark.parametrize("name", VENDOR_LAYOUTS)
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_a_vendor_layout(take: Any, name: str, quoting: int) -> None:
    """A to C: named, and each field read; times in UTC, the window as two times."""
    fields = VENDOR_LAYOUTS[name]
    rows = Audit().rows(fields, MANY)
    taken = take(csv_bytes([labels(fields), *rows], quoting=quoting))

    assert ((name,), ()) == (taken.manifest.layouts, taken.manifest.unsure)
    same(taken, rows, fields)
    assert {"utc_in_text": MANY} == taken.manifest.time_rules
    assert {"not_exported"} == taken.states("offense")


@pytest.mark.parametrize("name", VENDOR_LAYOUTS)
def test_a_vendor_layout_without_a_header(take: Any, name: str) -> None:
    """Told by what its cells look like; what nothing tells is kept under its number, and a person is asked to look."""
    fields = VENDOR_LAYOUTS[name]
    rows = Audit().rows(fields, MANY)
    taken = take(csv_bytes(rows))
    unsure = {one.split(":")[0] for one in taken.manifest.unsure}

    assert (MANY, 0) == (taken.counts.imported, taken.counts.headers)
    for place, column in enumerate(taken.manifest.plan.sections[0].columns):
        assert column.role.value in {fields[place], "extra"}
        assert (column.role.value == "extra") == (f"column {place + 1}" in unsure)
    assert told(rows, fields, "searched_at") == [vendor_time(at) for at in taken.column("searched_at")]


@pytest.mark.parametrize("name", PORTAL_LAYOUTS)
def test_a_portal_layout(take: Any, name: str) -> None:
    """E to G: users as UUIDs, then as a mask, then not at all, are three states."""
    fields = PORTAL_LAYOUTS[name]
    rows = Audit().rows(["portal_time" if field == "searched_at" else field for field in fields], MANY)
    user = fields.index("user") if "user" in fields else None
    for row in rows if user is not None and name != "E" else ():
        row[user] = "***"
    taken = take(csv_bytes([labels(fields, PORTAL), *rows], quoting=csv.QUOTE_ALL, end="\n"))

    assert ((name,), MANY) == (taken.manifest.layouts, taken.counts.imported)
    assert {"given"} if name == "E" else {"masked"} if user is not None else {"not_exported"} == taken.states("user")
    assert told(rows, fields, "id") == taken.column("id")


@pytest.mark.parametrize("name", PORTAL_LAYOUTS)
def test_a_portal_layout_without_a_header(take: Any, name: str) -> None:
    """Where networks and cameras, reasons and cases look alike, they stay unnamed, and a person is asked to look."""
    fields = PORTAL_LAYOUTS[name]
    rows = Audit().rows(["portal_time" if field == "searched_at" else field for field in fields], MANY)
    taken = take(csv_bytes(rows))
    roles = [column.role.value for column in taken.manifest.plan.sections[0].columns]

    assert MANY == taken.counts.imported
    assert all(role in {field, "extra"} for role, field in zip(roles, fields, strict=True)), roles
    assert roles.count("extra") == len(taken.manifest.unsure)


def test_a_naive_time_of_a_portal_is_utc(take: Any) -> None:
    """Layout E writes no zone; the rule says so."""
    rows = Audit().rows(("id", "user", "naive_time", "devices", "reason"), MANY)
    taken = take(csv_bytes([labels(PORTAL_LAYOUTS["E"], PORTAL), *rows]))

    assert {"naive_as_utc": MANY} == taken.manifest.time_rules
    wanted = [datetime.strptime(row[2], "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC) for row in rows]
    assert wanted == taken.column("searched_at")


def test_layout_d_as_csv_and_as_text(take: Any) -> None:
    """The same table out of a PDF, as columns and as text: the same records."""
    rows = Audit().rows(D, 50)
    taken = take(csv_bytes([labels(D, D_LABELS), *rows]))
    same(taken, rows, D)
    as_text = take(table_text(labels(D, D_LABELS), rows), "released.txt")

    assert (("D",), "text table") == (as_text.manifest.layouts, as_text.manifest.form)
    same(as_text, rows, D)
    assert 6 == as_text.counts.headers  # three pages, each with its header and its number


def test_layout_h_is_events(take: Any) -> None:
    """An admin log is records of another kind, with details on several lines."""
    details = "Hotlist Name: BOLO\nLicense: 1AAA111\nState: CA\nReason: test\nCase: 25-1\nExpiry: 2025-07-01"
    rows = [
        [
            f"00000000-0000-4000-8000-{number:012d}",
            vendor_time(START),
            "A. Larch",
            "create",
            "Custom Hotlist Entry",
            details,
        ]
        for number in range(9)
    ]
    taken = take(csv_bytes([["event_id", "timestamp", "user", "event_type", "entity_type", "entity_details"], *rows]))

    assert (("H",), 9, 0) == (taken.manifest.layouts, len(taken.events), len(taken.records))
    assert ("1AAA111", START) == (taken.events[0].details()["License"], taken.events[0].at)


def test_a_sharing_list(take: Any) -> None:
    """Who shares with whom, line by line, in the list's own words; a mask and a blank stay what they are."""
    rows = [
        ["Elm County CA SO", "Elm", ""],
        ["Ridge UT PD", "", "Pinewood North, Pinewood South"],
        ["Fern TX PD", "***", "all"],
    ]
    head = ["Organization Name", "Networks Shared With Me", "Networks I'm Sharing"]
    taken = take(csv_bytes([head, *rows, ["", "", ""], *rows[:1]], delimiter=";"))
    lines = [one for batch in taken.folder.batches(kind=RecordKind.SHARE) for one in shares(batch)]

    assert (("sharing list",), 3, 1) == (taken.manifest.layouts, taken.counts.shares, taken.counts.duplicate)
    assert {5: "empty_row"} == taken.refusals
    assert [tuple(cell or None for cell in row) for row in rows] == [
        (one.organisation, one.shared_with_owner, one.shared_by_owner) for one in lines
    ]
    assert [2, 3, 4] == [one.provenance.row for one in lines]
    assert {"given": 1, "masked": 1, "blank": 1} == taken.manifest.states["share"]["shared_with_owner"]


def test_layout_i_has_date_and_time_apart(take: Any) -> None:
    """`Search Date` and `Search Time` are one instant, and each may be masked."""
    fields = [*A[:9], "date", "clock", "search_type"]
    rows = Audit().rows(fields, MANY)
    rows[3][10] = "***"
    names = [{"date": "Search Date", "clock": "Search Time"}.get(field, LABELS.get(field, "")) for field in fields]
    taken = take(csv_bytes([names, *rows]))

    assert ("I",) == taken.manifest.layouts
    assert {"given": MANY - 1, "masked": 1} == taken.manifest.states["search"]["searched_at"]
    wanted = datetime.strptime(" ".join(rows[0][9:11]), "%m/%d/%Y %I:%M:%S %p").replace(tzinfo=UTC)
    assert wanted == taken.records[0].searched_at
