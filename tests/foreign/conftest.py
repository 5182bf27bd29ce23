"""Gives the tests here other people's programs, from an environment of their own; Lockplate itself imports none of them."""

from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def foreign_python() -> Path:
    """The Python of .venv-foreign, where aics-tlog and aics-witness are; its commands lie beside it."""
    python = REPO / ".venv-foreign" / "bin" / "python"
    if not python.exists():
        pytest.skip("aics-tlog and aics-witness are not to be had here")
    return python
