"""Real releases, where the folder of samples lies beside the repository: rows counted, states of columns as they are."""

from pathlib import Path

import pytest

from lockplate.imports.folder import open_folder
from lockplate.imports.importing import Outcome
from released_files import imported

DATA = Path(__file__).parents[3] / ".." / "shared" / "data"
EUGENE = DATA / "eugene-audit-2025" / "EPDSearchAuditLogs.csv"
PORTALS = DATA / "portal-audits-2026"


@pytest.mark.skipif(not EUGENE.exists(), reason="the release is not here")
def test_a_portal_of_2025(tmp_path: Path) -> None:
    """4,294 searches, users as UUIDs, times in UTC to the millisecond; reasons given, withheld by the collector, blank."""
    (report,) = imported(tmp_path / "out", EUGENE)
    manifest = report.manifest
    states = manifest.states["search"]

    assert (4294, 4294, ("E",)) == (manifest.counts.rows, manifest.counts.imported, manifest.layouts)
    assert (0, 0, 0) == (manifest.counts.duplicate, manifest.counts.refused, manifest.counts.id_repeats)
    assert [{"given": 4294}] * 3 == [states[name] for name in ("id", "user", "searched_at")]
    assert {"given": 4171, "masked": 118, "blank": 5} == states["reason"]
    assert ("2025-06-18T00:02:04.789Z", "2025-12-02T23:01:50.984Z") == (manifest.period_from, manifest.period_to)
    assert {"naive_as_utc": 4294} == manifest.time_rules
    users = {user for batch in open_folder(tmp_path / "out").batches(["user"]) for user in batch["user"].to_pylist()}
    assert all(len(user) == 36 for user in users)


@pytest.mark.skipif(not PORTALS.exists(), reason="the releases are not here")
def test_the_portals_of_2026(tmp_path: Path) -> None:
    """Nine weekly captures side by side, every row imported, the users masked in all of them; again, nothing changes."""
    files = sorted(PORTALS.rglob("*.csv"))
    reports = imported(tmp_path / "out", *files)
    rows = [report.manifest.counts.rows for report in reports]

    assert [98, 103, 131, 120, 143, 158, 122, 124, 132] == rows
    assert rows == [report.manifest.counts.imported for report in reports]
    assert {("F6",), ("F7",)} == {report.manifest.layouts for report in reports}
    assert [{"masked": count} for count in rows] == [report.manifest.states["search"]["user"] for report in reports]
    assert {Outcome.ALREADY} == {report.outcome for report in imported(tmp_path / "out", *files)}
    assert 9 == len(open_folder(tmp_path / "out").require_whole().releases)
