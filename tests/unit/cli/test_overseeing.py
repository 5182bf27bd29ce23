"""`lockplate oversight`: files in, one object that accounts for every row; a plan that can be saved and given back."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lockplate.cli.main import app
from released_files import A, Audit, csv_bytes, labels

ROWS = Audit().rows(A, 30)


@pytest.fixture
def run(tmp_path: Path) -> Any:
    """Run a command and return its code and what it printed."""

    def call(*words: str) -> tuple[int, str, str]:
        done = CliRunner().invoke(app, ["oversight", *words])
        return done.exit_code, done.stdout, done.stderr

    (tmp_path / "june.csv").write_bytes(csv_bytes([labels(A), *ROWS, ROWS[0], ["Total"]]))
    (tmp_path / "july.csv").write_bytes(csv_bytes([labels(A), *Audit(2).rows(A, 20)]))
    return call


def test_every_row_is_accounted_for(run: Any, tmp_path: Path) -> None:
    """For each file and in total; again, nothing changes and the object says so."""
    words = [
        "import",
        str(tmp_path / "june.csv"),
        str(tmp_path / "july.csv"),
        "--out",
        str(tmp_path / "out"),
        "--as-of",
        "2025-08-01",
        "--agency",
        "Pinewood",
        "--json",
    ]
    code, out, _ = run(*words)
    told = json.loads(out)

    assert (0, 52, 50, 1, 1) == (code, told["rows"], told["imported"], told["duplicate"], told["refused"])
    assert {"not_a_record": 1} == told["refused_by_reason"]
    for report in (told, *told["files"]):
        assert report["rows"] == report["imported"] + report["duplicate"] + report["refused"]
    assert [("june.csv", "imported", ["A"], "Pinewood")] == [
        (report["file"], report["outcome"], report["layouts"], report["agency"]) for report in told["files"][:1]
    ]
    again = json.loads(run(*words)[1])
    assert {"imported": 0, "already": 2, "noted": 0, "replaced": 0} == again["outcomes"]


def test_a_file_that_cannot_be_imported_does_not_stop_the_others(run: Any, tmp_path: Path) -> None:
    """It is told with its next step, and the command ends with 2."""
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7")
    code, out, error = run(
        "import",
        str(tmp_path / "a.pdf"),
        str(tmp_path / "none.csv"),
        str(tmp_path / "july.csv"),
        "--out",
        str(tmp_path / "out"),
    )

    assert 2 == code
    assert "pdftotext" in error
    assert "july.csv: 20 rows = 20 imported + 0 duplicate + 0 refused" in out
    assert 1 == len(list((tmp_path / "out" / "releases").iterdir()))


def test_a_plan_is_shown_saved_and_given_back(run: Any, tmp_path: Path) -> None:
    """What is printed is a plan; with one word changed, the records change with it."""
    code, out, _ = run("plan", str(tmp_path / "june.csv"))
    assert 0 == code
    assert "32 rows" in out
    (tmp_path / "plan.yaml").write_text(out.replace("is: filters", "is: extra"))
    code, out, _ = run(
        "import",
        str(tmp_path / "june.csv"),
        "--out",
        str(tmp_path / "out"),
        "--plan",
        str(tmp_path / "plan.yaml"),
        "--json",
    )
    (release,) = (tmp_path / "out" / "releases").iterdir()
    manifest = json.loads((release / "manifest.json").read_bytes())

    assert (0, 30) == (code, json.loads(out)["imported"])
    assert {"not_exported": 30} == manifest["states"]["search"]["filters"]
    tried = json.loads(run("plan", str(tmp_path / "june.csv"), "--plan", str(tmp_path / "plan.yaml"), "--json")[1])
    assert "extra" == tried["plan"]["sections"][0]["columns"][8]["is"]


def test_nothing_foreign_commands_a_terminal(run: Any, tmp_path: Path) -> None:
    """Escapes in names, labels and cells come out as harmless signs, as text and as JSON."""
    name = tmp_path / "\x1b[31m.csv"
    rows = [[*row[:10], "\x9b31m", "\x1b]0;x\x07"] for row in ROWS]
    name.write_bytes(csv_bytes([[*labels(A), ""], *rows]))
    for words in (["plan", str(name)], ["plan", str(name), "--json"], ["import", str(name), "--out", str(tmp_path / "out")],
                  ["import", str(name), "--out", str(tmp_path / "out"), "--json"]):  # fmt: skip
        _, out, error = run(*words)
        assert [] == [
            letter for letter in out + error if (ord(letter) < 32 and letter != "\n") or 127 <= ord(letter) < 160
        ]


@pytest.mark.parametrize(
    "words",
    [
        ["import", "june.csv"],
        ["import", "june.csv", "--out", "out", "--as-of", "last summer"],
        ["import", "june.csv", "--out", "out", "--plan", "june.csv"],
        ["import", "june.csv", "--out", "out", "--plan", "none.yaml"],
        ["import", "june.csv", "--out", "."],
        ["plan", "none.csv"],
    ],
)  # fmt: skip
def test_a_mistake_is_told(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    """Exit 2, one line, nothing written."""
    monkeypatch.chdir(tmp_path)
    code, out, error = run(*words)

    assert (2, "") == (code, out)
    assert error
    assert not (tmp_path / "out" / "releases").exists() or [] == list((tmp_path / "out" / "releases").iterdir())
