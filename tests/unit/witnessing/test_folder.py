"""A witness's files: founded once, opened together, never made anew over what was lost, and no key inside."""

import stat
from pathlib import Path

import pytest

from lockplate.clock import SetClock
from lockplate.errors import BadInput, Conflict, LogRefused, SettingRefused, StoreFailed
from lockplate.witnessing import folder as folders
from lockplate.witnessing.folder import WitnessFolder
from lockplate.witnessing.key_file import load_seed, make_key_file
from lockplate.witnessing.state import SeenStore


def test_the_key_lies_beside_the_state_for_its_owner_only(folder: WitnessFolder) -> None:
    """A copy of the folder is not a second witness."""
    assert folder.folder.parent / "witness.key" == folder.key_file
    assert 0o600 == stat.S_IMODE(folder.key_file.stat().st_mode)
    assert ["witness.db"] == [path.name for path in folder.folder.iterdir()]
    assert load_seed(folder.key_file).hex() not in folder.state.read_bytes().decode("latin-1")


@pytest.mark.parametrize("name", ["witness.key", "deeper/witness.key", "../witness/witness.key"])
def test_a_key_inside_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    """Also by a way around, and by a link."""
    with pytest.raises(SettingRefused) as refused:
        WitnessFolder.at(tmp_path / "witness", tmp_path / "witness" / name)
    assert "witness_key_inside" == refused.value.code


def test_a_key_inside_by_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "witness").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "witness")
    with pytest.raises(SettingRefused):
        WitnessFolder.at(tmp_path / "witness", tmp_path / "link" / "witness.key")


def test_a_witness_is_founded_once(folder: WitnessFolder, clock: SetClock) -> None:
    """A second founding touches neither key nor state."""
    before = folder.key_file.read_bytes(), folder.state.read_bytes()
    with pytest.raises(Conflict) as refused:
        folder.create("clerk.example/w2", clock.now())
    assert "witness_exists" == refused.value.code
    assert before == (folder.key_file.read_bytes(), folder.state.read_bytes())


def test_a_lost_state_is_never_made_anew(folder: WitnessFolder, clock: SetClock) -> None:
    """Neither by serving nor by founding again, as long as the key is there: that key has signed something."""
    folder.state.unlink()
    for attempt in (
        lambda: folder.open(clock),
        folder.open_state,
        lambda: folder.create("clerk.example/w1", clock.now()),
    ):
        with pytest.raises(LogRefused) as refused:
            attempt()
        assert "witness_state_lost" == refused.value.code
        assert "retire" in refused.value.next_step
    assert not folder.state.exists()


def test_an_emptied_or_foreign_state_is_refused(folder: WitnessFolder, clock: SetClock) -> None:
    """A file of no bytes is no state."""
    folder.state.write_bytes(b"")
    with pytest.raises(LogRefused):
        folder.open(clock)
    folder.state.write_bytes(b"something else entirely" * 100)
    with pytest.raises(StoreFailed):
        folder.open(clock)


def test_a_name_is_judged_before_anything_is_written(tmp_path: Path, clock: SetClock) -> None:
    made = WitnessFolder.at(tmp_path / "witness")
    with pytest.raises(BadInput):
        made.create("two words", clock.now())
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("after", ["state", "key"])
def test_a_founding_that_was_cut_short_can_be_repeated(
    tmp_path: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    """Wherever a crash fell: such a state serves nobody, and a second founding ends it with the key that is there."""

    class CutError(Exception):
        pass

    def cut(*_: object) -> None:
        raise CutError

    made = WitnessFolder.at(tmp_path / "witness")
    with monkeypatch.context() as patched:
        patched.setattr(*((folders, "make_key_file", cut) if after == "state" else (SeenStore, "found", cut)))
        with pytest.raises(CutError):
            made.create("clerk.example/w1", clock.now())
    assert (after == "key") == made.key_file.exists()
    with pytest.raises(LogRefused) as refused:
        made.open(clock)
    assert "witness_not_founded" == refused.value.code
    vkeys = made.create("clerk.example/w1", clock.now())
    with made.open(clock) as witness:
        assert vkeys == witness.vkeys


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o620])
def test_a_key_that_others_may_touch_is_refused(folder: WitnessFolder, clock: SetClock, mode: int) -> None:
    folder.key_file.chmod(mode)
    with pytest.raises(SettingRefused) as refused:
        folder.open(clock)
    assert "witness_key_exposed" == refused.value.code


@pytest.mark.parametrize("content", [b"", b"00" * 63, b"00" * 65, b"zz" * 64, b"\xff" * 64])
def test_a_key_file_that_holds_no_key_is_refused(folder: WitnessFolder, clock: SetClock, content: bytes) -> None:
    """And its content is not repeated."""
    folder.key_file.write_bytes(content)
    with pytest.raises(SettingRefused) as refused:
        folder.open(clock)
    assert content.decode("latin-1") not in (refused.value.message or "x") or not content


def test_a_missing_key_is_refused_and_none_is_made(folder: WitnessFolder, clock: SetClock) -> None:
    folder.key_file.unlink()
    with pytest.raises(SettingRefused) as refused:
        folder.open(clock)
    assert "no_witness_key" == refused.value.code
    assert not folder.key_file.exists()


def test_a_key_file_is_never_written_over(tmp_path: Path) -> None:
    make_key_file(tmp_path / "a.key")
    before = load_seed(tmp_path / "a.key")
    with pytest.raises(Conflict):
        make_key_file(tmp_path / "a.key")
    assert before == load_seed(tmp_path / "a.key")
    make_key_file(tmp_path / "deeper" / "b.key")
    assert before != load_seed(tmp_path / "deeper" / "b.key")


def test_another_key_is_not_taken_up(folder: WitnessFolder, clock: SetClock) -> None:
    """A swapped key file is noticed before anything is signed."""
    folder.key_file.unlink()
    make_key_file(folder.key_file)
    with pytest.raises(LogRefused) as refused:
        folder.open(clock)
    assert "witness_key_differs" == refused.value.code


def test_the_state_opens_without_the_key(folder: WitnessFolder) -> None:
    """Looking at what was seen needs no secret."""
    folder.key_file.unlink()
    with folder.open_state() as state:
        assert 1 == len(state.logs())
