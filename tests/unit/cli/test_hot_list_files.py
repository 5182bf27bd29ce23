"""Hot lists at the terminal: a state's file, its refusals in a file, the list's terms."""

from pathlib import Path
from typing import Any

import pytest

from list_lines import ncic

TEXT = "\n".join(
    ("VEHEXTRT RECORDS 4", ncic("8CLF001"), ncic("8CLF002", kind="B"), ncic("8C-F03"), ncic("8CLF004", state="0R"))
)


@pytest.fixture(scope="module")
def list_id(line: Any) -> str:
    words = ("--category", "stolen_vehicle", "--source", "state bureau", "--basis", "Veh. Code 10851")
    terms = ("--alert-on", "region_unread, candidate", "--priority", "high", "--entry-life-days", "2")
    told = line.run("hotlist", "add", "State", *words, *terms).stdout
    assert "beside it on candidate, region_unread; priority high; again after 5 minutes" in told
    return str(line.json("hotlist", "list")[0]["hot_list"]["list_id"])


def test_a_file_and_its_refusals(line: Any, list_id: str, tmp_path: Path) -> None:
    """Counts on the screen, every refused line's number and reason in a file, and no plate in either."""
    file, refusals = tmp_path / "list.txt", tmp_path / "refused.csv"
    file.write_text(TEXT, encoding="ascii")

    done = line.run("hotlist", "import", str(file), "--list", list_id, "--report", str(refusals))

    assert 0 == done.exit_code
    assert "4 rows (ncic) = 2 added + 0 changed + 0 unchanged + 2 refused" in done.stdout
    assert "unknown type: B 1" in done.stdout
    assert "line,reason\n3,type_unknown\n4,plate_symbols\n" == refusals.read_text(encoding="utf-8")
    assert [] == [word for word in ("8CLF", "8C-F") if word in done.stdout + refusals.read_text(encoding="utf-8")]


def test_a_wrong_count_and_a_word_on_it(line: Any, list_id: str, tmp_path: Path) -> None:
    """Exit 2 with what to do; with the right number it is taken; a report that cannot be written is said."""
    file = tmp_path / "list.txt"
    file.write_text(TEXT.replace("RECORDS 4", "RECORDS 5"), encoding="ascii")
    words = ("hotlist", "import", str(file), "--list", list_id)

    refused = line.run(*words)
    taken = line.run(*words, "--accept-count", "4", "--layout", "ncic")
    unwritten = line.run(*words, "--accept-count", "4", "--report", str(tmp_path / "none" / "x.csv"))
    unknown = line.run(*words, "--layout", "elsewhere")

    assert (2, True) == (refused.exit_code, "--accept-count 4" in refused.output)
    assert (0, True) == (taken.exit_code, "2 unchanged" in taken.stdout)
    assert (2, True) == (unwritten.exit_code, "the list is imported" in unwritten.output)
    assert (2, True) == (unknown.exit_code, "california-clew" in unknown.output)


def test_terms_are_changed(line: Any, list_id: str) -> None:
    """What is named changes; a word that is none, or nothing named, is refused with the words there are."""
    told = line.run("hotlist", "change", list_id, "--alert-on", "none", "--repeat-after-minutes", "0.5").stdout
    wrong = line.run("hotlist", "change", list_id, "--alert-on", "always")
    nothing = line.run("hotlist", "change", list_id)

    assert "beside it on nothing; priority high; again after 0.5 minutes" in told
    assert (2, True) == (wrong.exit_code, "exact_key" in wrong.output)
    assert 2 == nothing.exit_code
