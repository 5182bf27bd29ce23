"""Folders: made where they are missing, never touched where they are; what a power loss leaves is in tests/faults."""

import os
import stat
from pathlib import Path

import pytest

from lockplate.folders import make_folder, make_private_file, sync_folder


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Paths of the folders that are synced, in order."""
    found: list[Path] = []
    fsync = os.fsync

    def noting(descriptor: int) -> None:
        found.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    return found


def test_each_new_folder_is_synced_in_the_one_above(tmp_path: Path, synced: list[Path]) -> None:
    """A name is durable only once the folder that holds it is."""
    made = make_folder(tmp_path / "a" / "b" / "c", mode=0o700)

    assert tmp_path / "a" / "b" / "c" == made
    assert made.is_dir()
    assert 0o700 == stat.S_IMODE(made.stat().st_mode)
    assert {tmp_path, tmp_path / "a", tmp_path / "a" / "b"} == set(synced)


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path, synced: list[Path]) -> None:
    """Nothing is written for what was made before."""
    (tmp_path / "file").touch()

    assert tmp_path == make_folder(tmp_path)
    assert [] == synced
    assert [tmp_path / "file"] == list(tmp_path.iterdir())


def test_what_cannot_be_made_or_synced_is_an_error(tmp_path: Path) -> None:
    """A file in the way, and a folder that is gone."""
    (tmp_path / "file").touch()

    with pytest.raises(OSError, match="file"):
        make_folder(tmp_path / "file" / "below")
    with pytest.raises(FileNotFoundError):
        sync_folder(tmp_path / "gone")


def test_a_private_file_is_whole_and_synced_with_its_name(tmp_path: Path, synced: list[Path]) -> None:
    """First what it holds, then the folder that holds its name; what a crash left aside is gone."""
    (tmp_path / "key.new").write_bytes(b"half")
    make_private_file(tmp_path / "key", b"whole")

    assert b"whole" == (tmp_path / "key").read_bytes()
    assert 0o600 == stat.S_IMODE((tmp_path / "key").stat().st_mode)
    assert [tmp_path / "key"] == list(tmp_path.iterdir())
    assert [tmp_path / "key.new", tmp_path] == synced


def test_a_private_file_takes_nobodys_place(tmp_path: Path) -> None:
    """Not even in the moment between looking and writing: the kernel refuses."""
    (tmp_path / "key").write_bytes(b"the only copy")

    with pytest.raises(FileExistsError):
        make_private_file(tmp_path / "key", b"another")
    assert b"the only copy" == (tmp_path / "key").read_bytes()
    assert [tmp_path / "key"] == list(tmp_path.iterdir())
