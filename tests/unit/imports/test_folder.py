"""The folder: whole releases side by side, each imported once, whatever kills the import; read again in batches."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lockplate.errors import BadInput, Conflict, NotFound
from lockplate.imports.folder import MARK, open_folder, writing_folder
from lockplate.imports.importing import Outcome
from lockplate.imports.manifest import read_manifest
from lockplate.imports.plan import load_plan, plan_yaml
from lockplate.imports.record_tables import SCHEMAS
from lockplate.released import RecordKind, ReleaseId
from released_files import A, Audit, B, csv_bytes, imported, labels

ROWS = Audit().rows(A, 40)
DATA = csv_bytes([labels(A), *ROWS, ROWS[3], ["Total"]])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "june.csv"
    path.write_bytes(DATA)
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_release_is_described(file: Path, tmp_path: Path) -> None:
    """The manifest says what the file was, how it was read, what it holds, and what became of every row."""
    (report,) = imported(tmp_path / "out", file, as_of="2025-07-02T00:00:00.000Z")
    manifest = report.manifest

    assert ("june.csv", len(DATA), "csv", ",") == (
        manifest.file_name,
        manifest.bytes,
        manifest.form,
        manifest.delimiter,
    )
    assert ("2025-07-02T00:00:00.000Z", True, None) == (manifest.as_of, manifest.original_kept, manifest.plan_hash)
    counts = manifest.counts
    assert (42, 40, 1, {"not_a_record": 1}) == (
        counts.rows,
        counts.imported,
        counts.duplicate,
        counts.refused_by_reason,
    )
    assert {"searches.parquet", "duplicates.parquet", "refusals.ndjson"} == {one.name for one in manifest.files}
    assert manifest == open_folder(tmp_path / "out").release(manifest.release)
    assert DATA == (open_folder(tmp_path / "out").original(manifest.release) or Path()).read_bytes()
    places = pq.read_table(tmp_path / "out" / "releases" / manifest.release / "duplicates.parquet").to_pylist()
    assert [42] == [place["row"] for place in places]


def test_importing_again_changes_nothing(file: Path, tmp_path: Path) -> None:
    """Not a byte, and the report says so, under another name too."""
    imported(tmp_path / "out", file)
    before = contents(tmp_path / "out")
    other = tmp_path / "copy.csv"
    other.write_bytes(DATA)
    reports = imported(tmp_path / "out", file, other)

    assert [Outcome.ALREADY] * 2 == [report.outcome for report in reports]
    assert before == contents(tmp_path / "out")


def test_a_date_that_is_learned_later_is_noted(file: Path, tmp_path: Path) -> None:
    """The records stay; the manifest says when the file was released."""
    imported(tmp_path / "out", file)
    (report,) = imported(tmp_path / "out", file, as_of="2025-07-02T00:00:00.000Z")

    assert (Outcome.NOTED, "2025-07-02T00:00:00.000Z") == (report.outcome, report.manifest.as_of)
    assert 1 == len(open_folder(tmp_path / "out").require_whole().releases)


def test_two_releases_of_one_period_stand_side_by_side(tmp_path: Path) -> None:
    """The same searches with other masks are another release; the newer one comes second."""
    for name, mask in (("first.csv", None), ("second.csv", "***")):
        rows = [[mask or row[0], *row[1:]] for row in ROWS]
        (tmp_path / name).write_bytes(csv_bytes([labels(A), *rows]))
    imported(tmp_path / "out", tmp_path / "second.csv", as_of="2025-09-01T00:00:00.000Z")
    imported(tmp_path / "out", tmp_path / "first.csv", as_of="2025-07-01T00:00:00.000Z")
    folder = open_folder(tmp_path / "out")

    assert ["first.csv", "second.csv"] == [one.file_name for one in folder.releases]
    assert [{"given": 40}, {"masked": 40}] == [one.states["search"]["user"] for one in folder.releases]


def test_another_plan_takes_the_place(file: Path, tmp_path: Path) -> None:
    """The same file by a corrected plan replaces what was guessed, once."""
    (first,) = imported(tmp_path / "out", file)
    text = plan_yaml(first.manifest.plan).replace("is: reason", "is: extra")
    (second,) = imported(tmp_path / "out", file, plan=load_plan(text))
    (third,) = imported(tmp_path / "out", file, plan=load_plan(text))
    folder = open_folder(tmp_path / "out").require_whole()

    assert [Outcome.IMPORTED, Outcome.REPLACED, Outcome.ALREADY] == [first.outcome, second.outcome, third.outcome]
    (manifest,) = folder.releases
    assert {"not_exported": 40} == manifest.states["search"]["reason"]
    (batch,) = folder.batches(["extra"])
    assert dict(batch.to_pylist()[0]["extra"]) == {"Reason": ROWS[0][6]}


def test_only_hashes_are_kept_when_asked(file: Path, tmp_path: Path) -> None:
    """Without copies there is no original; asked for later, it is kept then."""
    (report,) = imported(tmp_path / "out", file, keep=False)
    assert not (tmp_path / "out" / "originals").exists()
    assert open_folder(tmp_path / "out").original(report.manifest.release) is None
    (again,) = imported(tmp_path / "out", file)

    assert Outcome.NOTED is again.outcome
    assert open_folder(tmp_path / "out").require_whole().original(report.manifest.release) is not None


def test_records_come_in_batches_with_their_place(tmp_path: Path) -> None:
    """Whatever columns are asked for, release and row are there; batches are of bounded size."""
    (tmp_path / "a.csv").write_bytes(DATA)
    (tmp_path / "b.csv").write_bytes(csv_bytes([labels(B), *Audit(2).rows(B, 30)]))
    imported(tmp_path / "out", tmp_path / "a.csv", tmp_path / "b.csv")
    folder = open_folder(tmp_path / "out")
    batches = list(folder.batches(["plate", "plate_state"], batch_rows=16))

    assert {("release", "row", "plate", "plate_state")} == {tuple(batch.schema.names) for batch in batches}
    assert (70, True) == (sum(map(len, batches)), all(len(batch) <= 16 for batch in batches))
    assert ["given"] * 70 == [word for batch in batches for word in batch["plate_state"].to_pylist()]
    assert ["release", *SCHEMAS[RecordKind.SEARCH].names] == next(iter(folder.batches())).schema.names
    chosen = folder.releases[0].release
    assert {chosen} == {
        name for batch in folder.batches(["id"], releases=[chosen]) for name in batch["release"].to_pylist()
    }
    assert [] == list(folder.batches(kind=RecordKind.EVENT))
    with pytest.raises(BadInput):
        next(folder.batches(["owner"]))
    with pytest.raises(NotFound):
        folder.release(ReleaseId("0" * 16))


def test_a_changed_file_is_told(file: Path, tmp_path: Path) -> None:
    """A record changed after the import, or an original, is seen; nothing is believed that cannot be read."""
    (report,) = imported(tmp_path / "out", file)
    place = tmp_path / "out" / "releases" / report.manifest.release
    kept = (place / "searches.parquet").read_bytes()
    (place / "searches.parquet").write_bytes(kept[:-1] + b"x")
    with pytest.raises(BadInput):
        open_folder(tmp_path / "out").require_whole()
    with pytest.raises(BadInput):
        list(open_folder(tmp_path / "out").batches())
    (place / "searches.parquet").write_bytes(kept)
    original = open_folder(tmp_path / "out").require_whole().original(report.manifest.release)
    assert original is not None
    original.write_bytes(DATA + b"x")
    with pytest.raises(BadInput):
        open_folder(tmp_path / "out").require_whole()


def test_a_damaged_release_is_made_again(file: Path, tmp_path: Path) -> None:
    """A file of a release that is gone or cut is not taken for whole when the same file is imported again."""
    (report,) = imported(tmp_path / "out", file)
    place = tmp_path / "out" / "releases" / report.manifest.release
    (place / "searches.parquet").unlink()
    (again,) = imported(tmp_path / "out", file)

    assert Outcome.IMPORTED is again.outcome
    assert 40 == sum(map(len, open_folder(tmp_path / "out").require_whole().batches()))


def test_a_file_that_is_no_table_leaves_nothing(file: Path, tmp_path: Path) -> None:
    """A refused file is in no release and leaves no unfinished folder; those before it stay."""
    imported(tmp_path / "out", file)
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.7")
    with pytest.raises(BadInput) as told:
        imported(tmp_path / "out", tmp_path / "x.pdf", keep=False)

    assert "pdftotext" in told.value.next_step
    assert 1 == len(list((tmp_path / "out" / "releases").iterdir()))
    with pytest.raises(BadInput):
        imported(tmp_path / "out", tmp_path / "no such file.csv")


def test_other_folders_are_left_alone(tmp_path: Path) -> None:
    """Neither written into nor read as releases."""
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.txt").write_text("mine")
    with pytest.raises(BadInput), writing_folder(tmp_path / "letters"):
        pass
    with pytest.raises(BadInput):
        open_folder(tmp_path / "letters")

    assert ["a.txt"] == [path.name for path in (tmp_path / "letters").iterdir()]


def test_one_import_at_a_time(tmp_path: Path) -> None:
    """A second one is told to wait."""
    with writing_folder(tmp_path / "out"), pytest.raises(Conflict), writing_folder(tmp_path / "out"):
        pass


def test_a_manifest_of_another_version_is_refused(file: Path, tmp_path: Path) -> None:
    """What a later program wrote is not read as ours; nor are bytes that are no manifest."""
    (report,) = imported(tmp_path / "out", file)
    path = tmp_path / "out" / "releases" / report.manifest.release / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"format": 1', b'"format": 2'))
    with pytest.raises(BadInput):
        open_folder(tmp_path / "out")
    with pytest.raises(BadInput):
        read_manifest(b"[" * 100_000)


# Killed


SLOW = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from lockplate.imports import importing, writing
real = writing.ReleaseWriter.finish
def slow(self):
    print("made", flush=True)
    time.sleep(float(sys.argv[4]))
    return real(self)
writing.ReleaseWriter.finish = slow
from released_files import imported
imported(Path(sys.argv[2]), *[Path(name) for name in sys.argv[3].split(":")])
print("done", flush=True)
"""


def killed(tests: Path, folder: Path, files: list[Path], after: int) -> None:
    """Kill an import when it has made, but not finished, so many releases."""
    command = [sys.executable, "-c", SLOW, str(tests), str(folder), ":".join(map(str, files)), "0.3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(after):
            assert process.stdout.readline() == "made\n"
        os.kill(process.pid, signal.SIGKILL)


def plain(folder: Path) -> Iterator[object]:
    for manifest in open_folder(folder).require_whole().releases:
        yield msgspec.structs.replace(manifest, imported_at="")


def test_a_killed_import_goes_on(tmp_path: Path) -> None:
    """Whatever was finished stays, what was not is repeated, and the folder is as if nobody had been killed."""
    files = []
    for number in range(3):
        files.append(tmp_path / f"{number}.csv")
        files[-1].write_bytes(csv_bytes([labels(A), *Audit(number).rows(A, 20)]))
    tests = Path(__file__).parents[2]
    imported(tmp_path / "whole", *files)
    for after in (1, 2):
        killed(tests, tmp_path / "out", files, after)
    left = open_folder(tmp_path / "out").require_whole()
    assert 1 <= len(left.releases) < 3
    reports = imported(tmp_path / "out", *files)

    assert Outcome.ALREADY in {report.outcome for report in reports}
    assert list(plain(tmp_path / "whole")) == list(plain(tmp_path / "out"))
    assert [] == list((tmp_path / "out").rglob(".part-*"))


def test_a_kill_between_two_names_is_mended(file: Path, tmp_path: Path) -> None:
    """A release that was just moved away for its successor comes back; one that has a successor goes."""
    (report,) = imported(tmp_path / "out", file)
    releases = tmp_path / "out" / "releases"
    place, old = releases / report.manifest.release, releases / f".old-{report.manifest.release}"
    place.rename(old)
    (releases / ".part-0123").mkdir()
    with writing_folder(tmp_path / "out"):
        assert [place] == list(releases.iterdir())
    old.mkdir()
    with writing_folder(tmp_path / "out"):
        assert [place] == list(releases.iterdir())
    assert (tmp_path / "out" / MARK).read_bytes().startswith(b'{"format": 1')


def test_a_disk_that_fails_between_two_names_costs_no_release(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stops the exchange of a release for its successor, the next import finds one of the two, whole."""
    (first,) = imported(tmp_path / "out", file)
    text = plan_yaml(first.manifest.plan).replace("is: reason", "is: extra")
    real = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self.name.startswith(".part-") and self.parent.name == "releases":
            raise OSError(28, "no room")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="no room"):
        imported(tmp_path / "out", file, plan=load_plan(text))
    monkeypatch.undo()
    with writing_folder(tmp_path / "out"):
        (manifest,) = open_folder(tmp_path / "out").require_whole().releases

    assert first.manifest == manifest


# Any bytes


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=400),
        st.lists(
            st.sampled_from([*[",".join(row).replace("\n", " to ") for row in ROWS[:3]], ",".join(labels(A)), '"', "\n", ",", "a,b", "{}", '{"id":1}', "***", "\0", "Total"]),
            max_size=25,
        ).map(lambda parts: "\n".join(parts).encode()),
    )
)  # fmt: skip
def test_any_bytes_are_accounted_for(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Whatever a file holds: refused as a whole, or each row imported, a duplicate or refused by its own number."""
    place = tmp_path_factory.mktemp("any")
    (place / "file").write_bytes(data)
    try:
        (report,) = imported(place / "out", place / "file", keep=False)
    except BadInput:
        return
    counts = report.manifest.counts
    folder = open_folder(place / "out").require_whole()
    rows = [
        row for kind in RecordKind for batch in folder.batches(["row"], kind=kind) for row in batch["row"].to_pylist()
    ]
    refused = [row.row for row in folder.refusals(report.manifest.release)]

    assert counts.rows == counts.imported + counts.duplicate + counts.refused
    assert (counts.imported, counts.refused) == (len(rows), len(refused))
    assert len({*rows, *refused}) == len(rows) + len(refused)
    json.dumps(report.public())
