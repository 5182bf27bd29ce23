"""Gives every test here a node of processes; see tests/running.py."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def _running() -> ModuleType:
    """Return tests/running.py, loaded once: tests are no package."""
    if "running" not in sys.modules:
        place = importlib.util.spec_from_file_location("running", Path(__file__).parents[1] / "running.py")
        assert place is not None
        assert place.loader is not None
        module = importlib.util.module_from_spec(place)
        sys.modules["running"] = module
        place.loader.exec_module(module)
    return sys.modules["running"]


running = _running()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> object:
    """A folder of this module's own, without a node in it yet."""
    return running.Home(tmp_path_factory.mktemp("node"))


@pytest.fixture
def fresh_home(tmp_path: Path) -> object:
    """A folder of this test's own, without a node in it yet."""
    return running.Home(tmp_path)
