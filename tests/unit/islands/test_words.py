"""The check's words: counts, times, and texts in which nothing hides."""

from typing import Any

import pytest

pytestmark = pytest.mark.browser

Verifier = Any


def test_nothing_of_a_record_is_invisible(verifier: Verifier) -> None:
    """Signs that turn the direction of reading, take no room or break a line unseen are written out; letters stay."""
    told = verifier.run(
        "return given.map(v.visible);",
        ["a\u202eb", "a\u200bb\u2066c", "a\x07\tb", "a\u2028b", "Zoë Łód\u017a 東京 🚗\nnext", "\ufeff", ""],
    )

    assert [
        "a\\u{202e}b", "a\\u{200b}b\\u{2066}c", "a\\u{7}\\u{9}b", "a\\u{2028}b", "Zoë Łódź 東京 🚗\nnext", "\\u{feff}", "",
    ] == told  # fmt: skip


def test_counts_and_times(verifier: Verifier) -> None:
    """One record is one; times are UTC in the words that the other pages use, and a time that is none is not shown."""
    assert ["0 records", "1 record", "1,204 records"] == verifier.run("return [0, 1, 1204].map(v.records);")
    assert ["24 Nov 2026, 08:15 UTC", "1 Jan 2027, 00:00 UTC", "an unknown time"] == verifier.run(
        "return given.map(v.moment);", ["2026-11-24T08:15:59.999Z", "2027-01-01T00:00:00Z", "soon"]
    )
