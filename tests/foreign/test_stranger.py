"""docs/verify-the-log.md by hand: each command as it is printed, by a stranger, against a node as it is served."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import pytest
from foreign_logs import PATIENCE, put_on_record

from lockplate.evidence.tiles import bundle_path, bundles_of, tile_path, tiles_of
from lockplate.terms import OperatorId
from printed import agrees, steps_of
from running import Home

REPO = Path(__file__).resolve().parents[2]
PAGE = (REPO / "docs" / "verify-the-log.md").read_text(encoding="utf-8")
STEPS = tuple(steps_of(PAGE, "stranger"))
ADDRESS = re.compile(r"^LOG=(\S+)$", re.MULTILINE)
CITY = OperatorId("pine-city")
END = "what a step printed ends here"


class Shell:
    """A stranger's shell: it keeps its variables and functions from one step to the next, and stops at a command that fails."""

    def __init__(self, folder: Path) -> None:
        self._complaints = folder.with_name("complaints")
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LOCKPLATE_")}
        with self._complaints.open("w") as complaints:
            self._process = subprocess.Popen(
                ["/bin/bash", "-e"],
                cwd=folder,
                env=kept | {"LC_ALL": "C.UTF-8"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                text=True,
            )
        self._patience = Timer(PATIENCE, self._process.kill)
        self._patience.start()

    def run(self, command: str) -> list[str]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{command.rstrip()}\necho '{END}'\n")
        self._process.stdin.flush()
        came: list[str] = []
        for line in self._process.stdout:
            if line == f"{END}\n":
                return came
            came.append(line.rstrip("\n"))
        raise AssertionError("\n".join(["the shell stopped at:", command, *came, self._complaints.read_text()]))

    def close(self) -> None:
        self._patience.cancel()
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    if shutil.which("curl") is None:
        pytest.skip("a stranger's check of the log needs the Debian package curl")
    folder = tmp_path / "stranger"
    shutil.copytree(REPO / "tools" / "verify-go", folder / "tools" / "verify-go")
    opened = Shell(folder)
    yield opened
    opened.close()


@pytest.mark.parametrize("size", [40, 600])
def test_a_stranger_can_follow_the_page(
    home: Home, go_verifier: Path, foreign_python: Path, shell: Shell, tmp_path: Path, size: int
) -> None:
    """Both programs find the log sound, object to the altered byte, and find the grown log to be the same one.

    The address of the log is put in, as a stranger would; nothing else is changed. The larger log comes second.
    """
    if not home.path.exists():
        home.json("init", "--operator", CITY, "--profile", "us-ca")
        home.json("log", "checkpoint")
    put_on_record(home.path, CITY, size)
    with home.serve() as server:
        home.json("log", "checkpoint")
        for step in STEPS:
            command = ADDRESS.sub(f"LOG={server.url}/log/{CITY}", step.command)
            if step.word == "later":
                assert [] == shell.run(command), "a day on which nothing was recorded"
                put_on_record(home.path, CITY, home.json("log", "checkpoint")["size"] + 300)
                home.json("log", "checkpoint")
            elif step.word == "proof":
                proof = home.json("log", "prove", "0")["proof"]
                (tmp_path / "stranger" / "record.tlog-proof").write_text(proof)
            came = shell.run(command)
            assert agrees(step.printed, came), "\n".join([step.command, "printed:", *step.printed, "came:", *came])


def test_the_page_shows_the_whole_path() -> None:
    """Download with curl, two programs, an altered byte, a later day, a proof; and one address to put in."""
    commands = "\n".join(step.command for step in STEPS)

    assert ["http://127.0.0.1:8420/log/pine-city"] == ADDRESS.findall(commands)
    for needed in (
        "curl -fsS",
        "go build",
        "./verify log",
        "./verify proof",
        "pip install",
        "audit.py",
        "dd of=",
        "-old seen",
    ):
        assert needed in commands, needed
    assert 2 == sum("NOT SOUND" in step.printed or "TileVerificationError" in "".join(step.printed) for step in STEPS)
    assert "lockplate " not in commands.replace("lockplate/", "")


def fetcher() -> str:
    """Return the page's list of parts, as an awk program."""
    (program,) = re.findall(r"^cat > parts\.awk <<'END'\n(.*?)^END$", PAGE, re.DOTALL | re.MULTILINE)
    return program


@pytest.mark.parametrize(
    "size", [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, 255_999, 256_000, 256_001, 256_300, 1_234_567, 16_777_216, 20_000_001]
)  # fmt: skip
def test_the_page_knows_every_part(tmp_path: Path, size: int) -> None:
    """The list of files that the page computes is that of the program, past a thousand tiles and up to four levels."""
    (tmp_path / "parts.awk").write_text(fetcher())
    (tmp_path / "checkpoint").write_text(
        f"lockplate/pine-city\n{size}\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— x y\n"
    )
    listed = subprocess.run(
        ["awk", "-f", "parts.awk", "checkpoint"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    ).stdout.splitlines()

    assert sorted([*map(bundle_path, bundles_of(size)), *map(tile_path, tiles_of(size))]) == sorted(listed)
