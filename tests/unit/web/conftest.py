"""Gives the tests here a node behind the real application; see browsing.py. One node at a time: the engine has one folder."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from litestar.testing import TestClient

from lockplate.clock import SetClock
from lockplate.settings import Settings
from lockplate.web.doorway import Doorway
from lockplate.web.metrics import Metrics
from lockplate.wiring.founding import found_operator
from lockplate.wiring.node import open_node


def _browsing() -> ModuleType:
    """Return browsing.py, loaded once: tests are no package."""
    if "browsing" not in sys.modules:
        place = importlib.util.spec_from_file_location("browsing", Path(__file__).with_name("browsing.py"))
        assert place is not None
        assert place.loader is not None
        module = importlib.util.module_from_spec(place)
        sys.modules["browsing"] = module
        place.loader.exec_module(module)
    return sys.modules["browsing"]


browsing = _browsing()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    clock = SetClock(browsing.NOW)
    home = tmp_path_factory.mktemp("node") / "home"
    settings = Settings(home=home, kek_file=home.parent / "node.kek")
    found_operator(settings, clock, browsing.city())
    with open_node(settings, clock) as node:
        key = browsing.furnish(node)
        doorway = Doorway(node=node, run_token="run-token", metrics=Metrics())
        with TestClient(browsing.application(doorway), base_url="http://127.0.0.1:8420") as client:
            yield browsing.Site(node, clock, client, key)
