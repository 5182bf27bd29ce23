"""Lets the attacks share insiders.py: tests are no package."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest


def _insiders() -> ModuleType:
    """Return insiders.py, loaded once."""
    if "insiders" not in sys.modules:
        place = importlib.util.spec_from_file_location("insiders", Path(__file__).with_name("insiders.py"))
        assert place is not None
        assert place.loader is not None
        module = importlib.util.module_from_spec(place)
        sys.modules["insiders"] = module
        place.loader.exec_module(module)
    return sys.modules["insiders"]


insiders = _insiders()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """A node behind its application, shared by a module; its clock only goes on."""
    with insiders.stage(tmp_path_factory.mktemp("town")) as opened:
        yield opened
