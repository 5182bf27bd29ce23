"""The scripts' sources: what each module owes its readers, what none may do, and that what is built is what they say."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from lockplate.errors import NotFound
from lockplate.web.pages.rendering import BUILT, static_file

REPO = Path(__file__).parents[3]
ISLANDS = REPO / "islands"
SOURCES = sorted((ISLANDS / "src").rglob("*.ts"))
VERIFIER = {"doubt", "note", "tree", "tiles", "receipt"}
"""What decides what to believe; it knows no page and no memory."""
FORBIDDEN = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|\bFunction\(|setTimeout\([\"'`]|https?://|\bas any\b|@ts-"
)
PLACES = {
    "document.": {"verify/page", "verify/verify", "alerts/alerts"},
    "window.": {"verify/verify", "alerts/live"},
    "localStorage.": {"verify/memory", "alerts/keys"},
    "await fetch(path, how)": {"verify/page"},
    "fetch(": {"verify/page", "verify/tiles"},
    "new EventSource(": {"alerts/live"},
    "new AudioContext(": {"alerts/sound"},
    "new Date(": {"verify/page", "verify/words", "alerts/words"},
}
"""Who may touch what: nobody else does."""


def code(text: str) -> list[str]:
    """Return the lines that are neither empty nor a comment."""
    return [line for line in text.splitlines() if line.strip() and not line.strip().startswith(("//", "/*", "*"))]


def offences(text: str) -> list[str]:
    return FORBIDDEN.findall("\n".join(code(text)))


def label(path: Path) -> str:
    return path.relative_to(ISLANDS).as_posix()


@pytest.mark.parametrize("path", SOURCES, ids=label)
def test_a_module_says_what_flows_and_does_nothing_unsafe(path: Path) -> None:
    """Each begins with what flows in, what flows out and what it must never see; none writes HTML or calls elsewhere."""
    text = path.read_text(encoding="utf-8")
    head = " ".join(text.split("\n\n")[0].replace("//", "").split()).lower()

    assert [] == [words for words in ("what flows in", "what flows out", "what it must never see") if words not in head]
    assert [] == offences(text)
    assert len(text.splitlines()) <= 300
    assert all(target.startswith("./") for target in re.findall(r'from "([^"]+)"', text))


def test_the_checks_would_see() -> None:
    """Each forbidden word is found in code, and not in a comment."""
    assert ["innerHTML"] == offences("part.innerHTML = text;\n// no innerHTML\n")
    assert ["https://"] == offences('fetch("https://example");')
    assert len(SOURCES) >= 9


def test_the_verifier_is_small_and_alone() -> None:
    """Notes, trees and receipts are about 150 lines to read, tiles about 80 more; they import nothing but each other."""
    verify = [path for path in SOURCES if path.parent.name == "verify"]
    lines = {path.stem: len(code(path.read_text(encoding="utf-8"))) for path in verify}

    assert lines["note"] + lines["tree"] + lines["receipt"] <= 165
    assert lines["tiles"] + lines["doubt"] <= 98
    for path in verify:
        if path.stem in VERIFIER:
            imported = re.findall(r'from "\./([a-z]+)"', path.read_text(encoding="utf-8"))
            assert set(imported) <= VERIFIER, path.stem


@pytest.mark.parametrize(("what", "who"), PLACES.items(), ids=lambda value: value if isinstance(value, str) else None)
def test_only_one_module_touches_each_thing(what: str, who: set[str]) -> None:
    """The page, the browser's memory, the network and the clock each have their module."""
    users = {
        f"{path.parent.name}/{path.stem}"
        for path in SOURCES
        if what in "\n".join(code(path.read_text(encoding="utf-8")))
    }

    assert who == users


def test_packages_only_build(tmp_path: Path) -> None:
    """Nothing of others is in what is built: two tools, pinned, hashed, and no host named."""
    package = json.loads((ISLANDS / "package.json").read_text())
    lock = json.loads((ISLANDS / "package-lock.json").read_text())["packages"]

    assert (True, "AGPL-3.0-or-later") == (package["private"], package["license"])
    assert "dependencies" not in package
    assert {"typescript", "vite"} == package["devDependencies"].keys()
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in package["devDependencies"].values())
    assert [] == re.findall(r"resolved|://", (ISLANDS / "package-lock.json").read_text())
    assert [] == [name for name, one in lock.items() if name and not one["integrity"].startswith("sha512-")]


def built() -> dict[str, bytes]:
    try:
        return {name: static_file(name) for name in sorted(BUILT)}
    except NotFound:
        pytest.skip("NO SCRIPT: islands/ was not built (make islands), the built script was not tried")


def test_what_is_served_is_what_the_sources_say(tmp_path: Path) -> None:
    """A second build gives the very bytes that are served, so whoever builds it can compare; no map, no other file."""
    served = built()
    vite = ISLANDS / "node_modules" / ".bin" / "vite"
    if not vite.exists() or shutil.which("node") is None:
        pytest.skip("NO NODE: the script was not built a second time")
    environment = {"PATH": os.environ["PATH"], "LOCKPLATE_ISLANDS_OUT": str(tmp_path / "out")}
    done = subprocess.run(
        [vite, "build", "--logLevel", "warn"], cwd=ISLANDS, env=environment, capture_output=True, text=True, timeout=300, check=False
    )  # fmt: skip

    assert 0 == done.returncode, done.stderr
    assert served == {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}


def test_a_wheel_holds_the_script(tmp_path: Path) -> None:
    """Who installs from a wheel has the scripts too, and none of its sources or tools."""
    served = built()
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=REPO, check=True, capture_output=True, timeout=300)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        assert served == {name: archive.read(f"lockplate/web/static/built/{name}") for name in served}

    assert [] == [name for name in names if "node_modules" in name or name.endswith((".ts", ".made"))]
