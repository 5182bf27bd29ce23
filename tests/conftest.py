"""What holds for every test: shared modules load once, and in CI a skipped test is a failed run, by name."""

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest


def _shared(name: str) -> ModuleType:
    """Return a module that lies beside this one, loaded once: tests are no package."""
    if name not in sys.modules:
        place = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        assert place is not None
        assert place.loader is not None
        module = importlib.util.module_from_spec(place)
        sys.modules[name] = module
        place.loader.exec_module(module)
    return sys.modules[name]


asking = _shared("asking")
law_node = _shared("law_node")
list_lines = _shared("list_lines")
list_trap = _shared("list_trap")
printed = _shared("printed")
running = _shared("running")
witnessed = _shared("witnessed")
two_nodes = _shared("two_nodes")
between = _shared("between")
receiving = _shared("receiving")
released_files = _shared("released_files")
imported = _shared("imported")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> object:
    """A folder of this module's own, without a node of processes in it yet; see running.py."""
    return running.Home(tmp_path_factory.mktemp("node"))


@pytest.fixture
def fresh_home(tmp_path: Path) -> object:
    """A folder of this test's own, without a node of processes in it yet."""
    return running.Home(tmp_path)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the decision vectors of the law as a list, when they ran (`make vectors`)."""
    came_out: dict[str, list[str]] = {}
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.stats.get(outcome, []):
            _, _, test = getattr(report, "nodeid", "").partition("test_decision_vectors.py::test_")
            if test:
                came_out.setdefault(test[:3].upper().replace("T0", "T"), []).append(outcome)
    if came_out:
        terminalreporter.section("decision vectors (facts of the law, T1 to T22)")
    for number in range(1, 23) if came_out else ():
        outcomes = came_out.get(f"T{number}", ["not run"])
        said = "pass" if set(outcomes) == {"passed"} else ", ".join(sorted(set(outcomes)))
        terminalreporter.write_line(f"T{number:<3} {said}" + (f" ({len(outcomes)} tests)" if len(outcomes) > 1 else ""))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a run that may skip nothing and did."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not os.environ.get("LOCKPLATE_NO_SKIPS") or reporter is None or exitstatus not in (0, 5):
        return
    skipped = reporter.stats.get("skipped", [])
    for report in skipped:
        reporter.write_line(f"NOT RUN: {report.nodeid}", red=True)
    if skipped:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
