"""Gives the tests here other people's verifiers, and logs that our own program made, to check with them.

`go` is tools/verify-go over Go's packages for its checksum database, `aics` is check_with_aics.py over aics-tlog.
Where one cannot be had, its tests are skipped by name; CI skips none.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

HERE = Path(__file__).parent
REPO = HERE.parents[1]
GO_PACKAGES = Path("/usr/share/gocode")


def _logs() -> ModuleType:
    """Return foreign_logs.py, loaded once: tests are no package."""
    if "foreign_logs" not in sys.modules:
        place = importlib.util.spec_from_file_location("foreign_logs", HERE / "foreign_logs.py")
        assert place is not None
        assert place.loader is not None
        module = importlib.util.module_from_spec(place)
        sys.modules["foreign_logs"] = module
        place.loader.exec_module(module)
    return sys.modules["foreign_logs"]


logs = _logs()


# The verifiers


def go(*words: str | Path) -> None:
    """Run Go on Debian's packages, without modules and without a network."""
    environment = os.environ | {"GO111MODULE": "off", "GOPATH": str(GO_PACKAGES), "GOFLAGS": "", "GOPROXY": "off"}
    done = subprocess.run(
        ["go", *map(str, words)],
        cwd=REPO,
        env=environment,
        capture_output=True,
        text=True,
        timeout=logs.PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def need_go() -> None:
    if shutil.which("go") is None or not (GO_PACKAGES / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        pytest.skip("verifying with Go needs the Debian packages golang-go and golang-golang-x-mod-dev")


@pytest.fixture(scope="session")
def go_verifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of tools/verify-go, built as its first lines say."""
    need_go()
    program = tmp_path_factory.mktemp("go") / "verify"
    go("build", "-o", program, "./tools/verify-go")
    return program


@pytest.fixture(scope="session")
def go_vectors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that tries proof vectors in Go."""
    need_go()
    program = tmp_path_factory.mktemp("go") / "vectors"
    go("build", "-o", program, HERE / "vectors.go")
    return program


@pytest.fixture(scope="session")
def foreign_python() -> Path:
    """The Python of .venv-foreign, where aics-tlog and aics-witness are; its commands lie beside it."""
    made = subprocess.run(
        [REPO / "tools" / "foreign-environment"], capture_output=True, text=True, timeout=logs.PATIENCE, check=False
    )
    if made.returncode:
        pytest.skip(f"aics-tlog and aics-witness are not to be had here: {made.stderr.strip()}")
    return REPO / ".venv-foreign" / "bin" / "python"


@pytest.fixture(params=["go", "aics"])
def verifier(request: pytest.FixtureRequest) -> str:
    """The name of a verifier; a test that takes this, or `verify`, runs once for each."""
    return str(request.param)


@pytest.fixture
def verify(verifier: str, request: pytest.FixtureRequest) -> "Callable[..., logs.Verdict]":
    """Check a `log` or a `proof` with a foreign verifier and the log's key, which may be given as `key=`."""
    if verifier == "go":
        program = [request.getfixturevalue("go_verifier")]
    else:
        program = [request.getfixturevalue("foreign_python"), HERE / "check_with_aics.py"]
    dashes, more = ("-", ["-json"]) if verifier == "go" else ("--", [])

    def check(what: str, place: str | Path, *, key: str | Path = logs.SIGNER.vkey, **options: Any) -> "logs.Verdict":
        words: list[str | Path] = [*program, what, *more, f"{dashes}key", key]
        for name, value in options.items():
            for one in value if isinstance(value, list) else [value]:
                words += [f"{dashes}{name}", str(one)]
        return logs.run(*words, place)

    return check


# Logs


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """The exported log of so many entries, made once; whoever alters it takes a copy."""
    made: dict[int, Path] = {}

    def of(size: int) -> Path:
        if size not in made:
            folder = tmp_path_factory.mktemp(f"log-{size}")
            logs.make_log(folder, [logs.entry_of(number) for number in range(size)])
            made[size] = logs.export(folder, folder / "out")
        return made[size]

    return of


@pytest.fixture
def copied(exported: Callable[[int], Path], tmp_path: Path) -> Callable[[int], Path]:
    """A copy of an exported log, to be altered."""

    def of(size: int) -> Path:
        return Path(shutil.copytree(exported(size), tmp_path / f"copy-{size}"))

    return of
