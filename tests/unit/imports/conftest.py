"""A file imported into a folder of its own."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from imported import Imported
from lockplate.imports.folder import open_folder
from released_files import imported


@pytest.fixture
def take(tmp_path: Path) -> Callable[..., Imported]:
    """Import bytes as a file, and return what they came to."""
    number = itertools.count()

    def run(data: bytes, name: str = "released.csv") -> Imported:
        place = tmp_path / str(next(number))
        place.mkdir()
        (place / name).write_bytes(data)
        (report,) = imported(place / "folder", place / name)
        return Imported(open_folder(place / "folder").require_whole(), report.manifest)

    return run
