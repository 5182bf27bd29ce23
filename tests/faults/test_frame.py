"""The frame itself: it counts, it fails for a bad outcome, and it fails for a planted bug that nobody caught."""

from pathlib import Path

import pytest
from harness import Harness, Job, Tally, show
from run import HARNESSES

from lockplate.store.embedded import EmbeddedStore
from lockplate.wiring import node as wiring_node
from lockplate.wiring.policies import shipped_gate, shipped_profiles

REPO = Path(__file__).resolve().parents[2]


def harness(*, blind: bool = False, bad: bool = False, cases: int = 3) -> Harness:
    """Return a harness over nothing: it sees its planted bug unless it is blind."""

    def run(job: Job) -> Tally:
        tally = Tally()
        for number in range(cases):
            (job.folder / str(number)).touch()
            tally.case(died=number == 0)
            if bad or (job.planted and not blind):
                tally.wrong(f"case {number}: something is lost")
            if job.seen_enough(tally):
                break
        return tally

    return Harness(name="nothing", run=run, planted={"bug": "loses something"})


def test_a_good_run_and_a_caught_bug_are_no_failure(tmp_path: Path) -> None:
    """Cases and deaths are counted; the run with the bug ends at the first bad outcome; nothing is left behind."""
    outcome = show(harness(), tmp_path)

    assert (3, 1, 0) == (outcome.cases, outcome.died, outcome.bad)
    assert [(1, 1, "case 0: something is lost")] == [(one.cases, one.bad, one.first) for one in outcome.controls]
    assert [] == outcome.faults
    assert [] == list(tmp_path.iterdir())


def test_the_long_form_counts_every_case_of_a_bug(tmp_path: Path) -> None:
    """How often a bug shows is worth knowing when there is time."""
    assert [3] == [one.bad for one in show(harness(), tmp_path, long=True).controls]


def test_a_bad_outcome_is_a_failure(tmp_path: Path) -> None:
    """Each is told in its own words."""
    assert ["nothing: case 0: something is lost"] == show(harness(bad=True), tmp_path).faults[:1]


def test_a_bug_that_is_not_caught_is_a_failure(tmp_path: Path) -> None:
    """A harness that sees nothing proves nothing."""
    assert ["nothing: planted bug not caught: bug (loses something)"] == show(harness(blind=True), tmp_path).faults


def test_a_harness_in_which_nothing_happens_is_a_failure(tmp_path: Path) -> None:
    """No fault struck: that is no result."""
    assert "nothing: no fault struck: the harness does not work here" in show(harness(cases=0), tmp_path).faults


def test_a_harness_without_a_planted_bug_does_not_load() -> None:
    """Whoever writes one plants a bug."""
    with pytest.raises(ValueError, match="shows nothing"):
        Harness(name="unproven", run=lambda _: Tally(), planted={})


def test_no_harness_changes_the_process_of_the_tests() -> None:
    """What is patched or kept warm is so in processes of their own; the other tests have the real parts."""
    assert EmbeddedStore is wiring_node.EmbeddedStore
    assert (shipped_gate, shipped_profiles) == (wiring_node.shipped_gate, wiring_node.shipped_profiles)


def test_every_harness_is_on_the_page_and_has_its_test() -> None:
    """docs/faults.md names each harness and each planted bug, and `make test` runs each."""
    page = (REPO / "docs" / "faults.md").read_text(encoding="utf-8")
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))

    assert [] == [one.name for one in HARNESSES if f"### {one.name}\n" not in page]
    assert [] == [bug for one in HARNESSES for bug in one.planted if f"`{bug}`" not in page]
    modules = {one.run.__module__ for one in HARNESSES}
    assert set() == {name for name in modules if f"from {name} import" not in tests}
