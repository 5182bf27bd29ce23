"""docs/witnesses.md by hand: what a keeper reads is typed as it stands, and prints what it says."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from witnessed import PATIENCE, PlainLog, RunningWitness, free_port

DOCUMENT = Path(__file__).parents[2] / "docs" / "witnesses.md"
BLOCK = re.compile(r"^<!-- by hand -->\n```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ANY = "…"
LOG = PlainLog()
ADDRESS = "127.0.0.1:7380"
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("LOCKPLATE_")}


def steps() -> Iterator[tuple[str, list[str]]]:
    """Yield each command and the lines that the document prints below it."""
    for block in BLOCK.findall(DOCUMENT.read_text(encoding="utf-8")):
        for step in block.removeprefix("$ ").split("\n$ "):
            command, *printed = step.rstrip("\n").split("\n")
            yield command, printed


def agrees(printed: list[str], came: list[str]) -> bool:
    """Say whether what came is what is printed, where `…` stands for anything, and alone on a line for some lines."""
    pattern = "\n".join(".*" if line == ANY else re.escape(line).replace(ANY, "[^\n]*") for line in printed)
    return re.fullmatch(pattern, "\n".join(came), re.DOTALL) is not None


def serve(line: list[str], folder: Path, url: str) -> RunningWitness:
    """Start the server as the document does, let the log ask it, and wait for what it prints."""
    output = folder / "serve.log"
    with output.open("wb") as file:
        process = subprocess.Popen(line, cwd=folder, env=ENVIRONMENT, stdout=file, stderr=file)
    server = RunningWitness(process, url, output)
    server.wait_until_ready()
    assert 200 == server.ask(LOG.body(0, 7)).status_code
    deadline = time.monotonic() + PATIENCE
    while not output.read_text() and time.monotonic() < deadline:
        time.sleep(0.05)
    return server


def run(line: list[str], folder: Path) -> list[str]:
    """Run a command that ends well, and return the lines that it prints."""
    done = subprocess.run(
        line, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert 0 == done.returncode, (line, done.stdout, done.stderr)
    return done.stdout.splitlines()


def test_a_keeper_can_do_what_the_page_says(tmp_path):
    """From `init` to the keys, in the document's order, with a log that asks in between."""
    assert ["init", "add-log", "serve", "status", "evidence", "keys"] == [words.split()[2] for words, _ in steps()]
    here, server = f"127.0.0.1:{free_port()}", None
    try:
        for command, printed in steps():
            program, *words = shlex.split(command.replace("LOG-KEY", LOG.vkey).replace(ADDRESS, here))
            assert "lockplate" == program
            line = [sys.executable, "-m", "lockplate.cli.main", *words]
            if "serve" in words:
                server = serve(line, tmp_path, f"http://{here}")
                came = server.output.read_text().splitlines()
            else:
                came = run(line, tmp_path)
            assert agrees([one.replace(ADDRESS, here) for one in printed], came), (command, printed, came)
    finally:
        if server is not None:
            server.process.send_signal(signal.SIGINT)
            assert 0 == server.process.wait(PATIENCE)


def test_the_comparison_would_see():
    """What is not printed does not pass for it."""
    assert agrees(["a …", "b"], ["a 1", "b"])
    assert agrees(["…"], ["x", "y"])
    assert not agrees(["a …", "b"], ["a 1", "c"])
    assert not agrees(["a"], [])
    assert not agrees([], ["a"])
    assert 6 == len(list(steps()))
