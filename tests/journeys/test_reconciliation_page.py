"""docs/reconciliation.md as somebody follows it: every command of the page, in its order, at two nodes and at neither."""

import re
import shlex
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from running import Home
from two_nodes import END, NOW, PLATE, START, WORDS, see_the_plate

PAGE = Path(__file__).parents[2] / "docs" / "reconciliation.md"
FENCE = re.compile(r"^```\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PINE, QUARRY, AUDITOR = "the pine police", "the quarry police", "the auditor's"
HANDED_OVER = {
    (PINE, "log export exported"): (PINE, "exported/vkey", QUARRY, "pine.vkey"),
    (PINE, "log export pine-exported"): (PINE, "pine-exported", AUDITOR, "pine-exported"),
    (QUARRY, "log export quarry-exported"): (QUARRY, "quarry-exported", AUDITOR, "quarry-exported"),
}
"""After which command somebody hands what to whom, and under which name it is kept there."""
SAYS = {
    "lookup": ("pine: answered", PLATE, "On record here, quarry: ", "On record there, lockplate/pine: "),
    "request resume": ("pine: answered", PLATE, "On record there, lockplate/pine: "),
    "log reconcile": ("2 questions between them; they agree.",),
}


def steps() -> Iterator[tuple[str, str]]:
    """Yield where and what, for each command of the page."""
    for block in FENCE.findall(PAGE.read_text(encoding="utf-8")):
        where = ""
        for line in block.splitlines():
            if line.startswith("# at "):
                where = line.removeprefix("# at ")
            elif line:
                assert line.startswith("lockplate "), line
                yield where, line.removeprefix("lockplate ")


@pytest.fixture
def places(tmp_path: Path) -> dict[str, Home]:
    """Two new nodes with their own people, and a folder of somebody who has none."""
    places = {where: Home(tmp_path / str(number)) for number, where in enumerate((PINE, QUARRY, AUDITOR))}
    for home in places.values():
        home.folder.mkdir()
        for name in ("quinn.txt", "quill.txt"):
            (home.folder / name).write_text(WORDS + "\n")
    for where, operator, people in (
        (PINE, "pine", ("ada/administrator", "sam/supervisor")),
        (QUARRY, "quarry", ("quinn/officer",)),
    ):
        places[where].json("init", "--operator", operator, "--profile", "us-ca")
        for person, role in (one.split("/") for one in people):
            places[where].json("user", "add", person, "--agency", operator, "--role", role, "--no-password")
    return places


def test_the_page_can_be_followed(places: dict[str, Home]) -> None:
    """From an agency that is not known to two logs that agree; nothing of the page is left out."""
    ran = list[str]()
    with places[PINE].serve() as pine, places[QUARRY].serve():
        see_the_plate(pine)
        words = {
            "https://pine.example": pine.url,
            "2026-11-24T00:00:00Z": START,
            "2026-11-25T00:00:00Z": END,
            "2027-02-20T00:00:00Z": (NOW + timedelta(days=60)).isoformat(),
        }
        for where, command in steps():
            written = command
            for word, meant in words.items():
                written = re.sub(rf"{re.escape(word)}(?![\w.])", meant, written)
            told = places[where].run(*shlex.split(written))
            waits = "ICE raid" in command
            assert (4 if waits else 0, "") == (told.returncode, told.stderr), command
            words |= {
                name: found[1]
                for name, form in (("GRANT", r"\b(g[0-9a-f]{20})\b"), ("REQUEST", r"\b(x[0-9a-f]{31})\b"))
                if (found := re.search(form, told.stdout)) and (waits or name == "GRANT")
            }
            ran.append(" ".join(command.split()[: 1 if command.startswith("lookup") else 2]))
            for says in () if waits else SAYS.get(ran[-1], ()):
                assert says in told.stdout, command
            if (where, command) in HANDED_OVER:
                hand_over(places, *HANDED_OVER[where, command])

    assert {*SAYS, "agency add", "user add", "grant propose", "grant approve", "request approve"} <= {*ran}


def hand_over(places: dict[str, Home], here: str, name: str, there: str, kept: str) -> None:
    """Copy a file or folder from one place to another, and the key that the auditor is told with it."""
    source, target = places[here].folder / name, places[there].folder / kept
    (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    if there == AUDITOR and not (places[there].folder / "pine.vkey").exists():
        shutil.copy(places[PINE].folder / "exported" / "vkey", places[there].folder / "pine.vkey")
