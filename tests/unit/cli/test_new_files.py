"""New files: whole and durable, never over another, and nothing left of one that could not be written."""

import os
from pathlib import Path

import pytest

from lockplate.cli.new_files import FOR_OWNER, require_new, write_new
from lockplate.errors import BadInput


def test_a_new_file_is_written(tmp_path: Path) -> None:
    """Byte for byte, line ends as they are; for everyone to read unless it is for its owner."""
    path = write_new(tmp_path / "a.tlog-proof", "one\n\n— two\n")
    private = write_new(tmp_path / "b.json", "{}", FOR_OWNER)

    assert "one\n\n— two\n".encode() == path.read_bytes()
    assert 0o600 == private.stat().st_mode & 0o777
    assert 0o400 & path.stat().st_mode


def test_it_is_on_the_disk_before_this_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is synced, and then the folder that names it."""
    synced: list[str] = []

    def sync(descriptor: int) -> None:
        synced.append("folder" if os.path.isdir(f"/proc/self/fd/{descriptor}") else "file")  # noqa: PTH112

    monkeypatch.setattr(os, "fsync", sync)
    write_new(tmp_path / "a", "x")

    assert ["file", "folder"] == synced


@pytest.mark.parametrize("kind", ["file", "folder", "link", "dangling"])
def test_what_is_there_stays(tmp_path: Path, kind: str) -> None:
    """A file, a folder, a link, also one that leads nowhere: refused before and while writing, and nothing changed."""
    path, other = tmp_path / "taken", tmp_path / "other"
    if kind == "file":
        path.write_text("mine")
    elif kind == "folder":
        path.mkdir()
    else:
        if kind == "link":
            other.write_text("mine")
        path.symlink_to(other)
    before = sorted((one.name, one.is_symlink()) for one in tmp_path.iterdir())

    for refuse in (require_new, lambda taken: write_new(taken, "theirs")):
        with pytest.raises(BadInput) as refused:
            refuse(path)
        assert "file_exists" == refused.value.code
    assert before == sorted((one.name, one.is_symlink()) for one in tmp_path.iterdir())
    assert kind not in {"file", "link"} or "mine" == path.read_text()


def test_a_folder_that_is_not_there_is_told_before(tmp_path: Path) -> None:
    """So that nothing is done whose receipt could not be written."""
    with pytest.raises(BadInput) as refused:
        require_new(tmp_path / "nowhere" / "a.tlog-proof")
    assert "no_folder" == refused.value.code
    assert require_new(tmp_path / "a") == tmp_path / "a"


def test_nothing_is_left_of_a_file_that_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk: refused in words, without half a file; the path can be tried again."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BadInput) as refused:
        write_new(tmp_path / "a", "x")

    assert "unwritable_file" == refused.value.code
    assert [] == list(tmp_path.iterdir())
