"""The README's commands by hand: run as they are printed, on a node of their own, and compared with what is printed."""

from pathlib import Path

import pytest

from printed import agrees, run, steps_of

README = Path(__file__).resolve().parents[2] / "README.md"
STEPS = tuple(steps_of(README.read_text(encoding="utf-8")))


def test_a_newcomer_can_follow_the_readme(tmp_path: Path) -> None:
    """Each command runs, and prints what stands below it but for times, ids, hashes and signatures."""
    for step in STEPS:
        came = run(step.command, tmp_path)

        assert agrees(step.printed, came), "\n".join([step.command, "printed:", *step.printed, "came:", *came])


def test_the_readme_shows_a_whole_path() -> None:
    """From a new node to a checked proof: every command that the first hour needs is among the steps."""
    first_words = {" ".join(step.command.split()[1:3]) for step in STEPS}
    wanted = {"init --operator", "user add", "parse traffic/payloads/0000021-sim-03-platerecognizer.multipart"}

    assert wanted <= first_words
    for name in ("simulate", "ingest", "lookup", "log checkpoint", "log prove", "log verify", "fsck"):
        assert any(step.command.startswith(f"lockplate {name}") for step in STEPS), name


@pytest.mark.parametrize(
    ("printed", "came", "expected"),
    [
        (["a"], ["a"], True),
        (["a"], ["b"], False),
        (["a"], [], False),
        ([], ["a"], False),
        (["a", "…", "d"], ["a", "b", "c", "d"], True),
        (["a", "…", "d"], ["a", "b", "c"], False),
        (["node: …/home"], ["node: /x/y/home"], True),
        (["at 2026-11-24, 0.1 s"], ["at 2031-01-01, 12 s"], True),
        (["64 imported"], ["65 imported"], False),
        (["key: a+d705ebea+AfZRJJwjDxw0LJZSrAmduxPZoJxNIBPMxa2zZtEihp"],
         ["key: a+0123abcd+BBBBJJwjDxw0LJZSrAmduxPZoJxNIBPMxa2zZtEihp"], True),
    ],
)  # fmt: skip
def test_the_comparison_would_see(printed: list[str], came: list[str], *, expected: bool) -> None:
    """What varies may vary; anything else may not."""
    assert expected == agrees(printed, came)
