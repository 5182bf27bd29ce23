"""Gives the tests here the table of parsers, the mutator and the served node: tests are no package."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest


def _loaded(name: str) -> ModuleType:
    """Return a module that lies beside this one, loaded once."""
    if name not in sys.modules:
        place = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        assert place is not None
        assert place.loader is not None
        module = importlib.util.module_from_spec(place)
        sys.modules[name] = module
        place.loader.exec_module(module)
    return sys.modules[name]


fuzz_seeds = _loaded("fuzz_seeds")
fuzz_mutating = _loaded("fuzz_mutating")
fuzz_scratch = _loaded("fuzz_scratch")
fuzz_released = _loaded("fuzz_released")
fuzz_parsers = _loaded("fuzz_parsers")
fuzz_callers = _loaded("fuzz_callers")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """A served node and everybody who calls it."""
    with fuzz_callers.served(tmp_path_factory.mktemp("town")) as one:
        yield one
