"""A small invented profile that loads, for tests that break one thing in it."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from lockplate.law.loading import parse_profiles
from lockplate.law.profile import LawProfile

VERSION: dict[str, Any] = {
    "profile": {
        "id": "us-zz",
        "cite": "Zz. Code 1",
        "effective_from": "2020-01-01",
        "effective_to": None,
        "dates_mark": "found",
        "verified_on": None,
        "verified_by": None,
        "source_url": None,
    },
    "retention": {"unmatched": {"value": {"n": 21, "unit": "days"}, "cite": "Zz. Code 1", "mark": "found"}},
}


def file_of(*versions: dict[str, Any], jurisdiction: str = "US-ZZ") -> bytes:
    """Return a file's bytes: JSON, which is YAML too."""
    return json.dumps({"jurisdiction": jurisdiction, "title": "Zedland", "versions": list(versions)}).encode()


@pytest.fixture
def version() -> dict[str, Any]:
    """Return a version that loads, to be changed freely."""
    return deepcopy(VERSION)


@pytest.fixture
def load() -> Callable[..., tuple[LawProfile, ...]]:
    """Return a function that loads versions given as plain values."""

    def _load(*versions: dict[str, Any], jurisdiction: str = "US-ZZ", name: str = "us-zz") -> tuple[LawProfile, ...]:
        return parse_profiles(file_of(*versions, jurisdiction=jurisdiction), f"{name}.yaml")

    return _load
