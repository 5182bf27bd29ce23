"""Settings: defaults, the environment, and what is refused."""

from pathlib import Path

import msgspec
import pytest

from lockplate.errors import SettingRefused
from lockplate.settings import PREFIX, Settings, load_settings

SECRET = "5eC2e7" * 10 + "beef"


def test_the_defaults_put_the_key_beside_the_folder(tmp_path: Path) -> None:
    """With an empty environment, the node listens on this machine only and its key lies outside its folder."""
    settings = load_settings(tmp_path / "node", {})

    assert (tmp_path / "node", tmp_path / "node.kek") == (settings.home, settings.kek_file)
    assert (None, "127.0.0.1", 8420) == (settings.kek, settings.host, settings.port)


def test_every_setting_but_home_can_come_from_the_environment(tmp_path: Path) -> None:
    """Each field is read from LOCKPLATE_<NAME>, in its own type."""
    given: dict[str, object] = {"kek_file": tmp_path / "elsewhere", "kek": SECRET, "host": "0.0.0.0"}
    given |= {
        "port": 9,
        "batch_wait_ms": 1,
        "max_waiting_reads": 2,
        "publish_seconds": 3,
        "witness_seconds": 6,
        "clickhouse_memory_mb": 4,
        "public_url": "https://plates.example",
    }

    settings = load_settings(tmp_path / "node", {PREFIX + name.upper(): str(value) for name, value in given.items()})

    assert {"home": tmp_path / "node"} | given == msgspec.structs.asdict(settings)
    assert {"home", *given} == {field.name for field in msgspec.structs.fields(Settings)}


def test_the_folder_is_said_by_the_caller_alone(tmp_path: Path) -> None:
    """LOCKPLATE_HOME is the command line's business; other programs' variables are nobody's here."""
    settings = load_settings(tmp_path / "node", {"LOCKPLATE_HOME": "/elsewhere", "PORT": "1", "lockplate_port": "2"})

    assert (tmp_path / "node", 8420) == (settings.home, settings.port)


def test_a_relative_folder_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A later change of directory moves nothing."""
    monkeypatch.chdir(tmp_path)

    assert (tmp_path / "node", tmp_path / "node.kek") == (
        (settings := load_settings(Path("node"), {})).home, settings.kek_file,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["port", "batch_wait_ms", "max_waiting_reads", "publish_seconds", "witness_seconds"])
@pytest.mark.parametrize("value", ["", "many", "1.5", "0x10"])
def test_a_value_of_the_wrong_type_is_refused(tmp_path: Path, name: str, value: str) -> None:
    """The refusal names the setting, and no secret that stands in the same environment."""
    with pytest.raises(SettingRefused) as refused:
        load_settings(tmp_path / "node", {PREFIX + name.upper(): value, "LOCKPLATE_KEK": SECRET})

    assert "bad_setting" == refused.value.code
    assert name in refused.value.message
    assert SECRET not in refused.value.message


@pytest.mark.parametrize("inside", ["keys/kek", "kek", ".", "../node/kek", "../other/../node/kek"])
def test_a_key_file_inside_the_folder_is_refused(tmp_path: Path, inside: str) -> None:
    """A copy of the folder must not open itself, however the path is written."""
    home = tmp_path / "node"

    with pytest.raises(SettingRefused) as refused:
        load_settings(home, {"LOCKPLATE_KEK_FILE": str(home / inside)})

    assert "kek_beside_database" == refused.value.code
    assert str(tmp_path) not in refused.value.message


def test_a_key_file_behind_a_link_into_the_folder_is_refused(tmp_path: Path) -> None:
    """What counts is where the file lies, not what the path is called."""
    (tmp_path / "node").mkdir()
    (tmp_path / "outside").symlink_to(tmp_path / "node")

    with pytest.raises(SettingRefused):
        load_settings(tmp_path / "node", {"LOCKPLATE_KEK_FILE": str(tmp_path / "outside" / "kek")})


def test_the_root_folder_cannot_be_a_node() -> None:
    """With `/` as home there is no outside."""
    with pytest.raises(SettingRefused):
        load_settings(Path("/"), {})


def test_a_neighbour_with_a_longer_name_is_outside(tmp_path: Path) -> None:
    """`node2` is not inside `node`."""
    settings = load_settings(tmp_path / "node", {"LOCKPLATE_KEK_FILE": str(tmp_path / "node2" / "kek")})

    assert tmp_path / "node2" / "kek" == settings.kek_file


def test_settings_never_show_the_key(tmp_path: Path) -> None:
    """A traceback or a log line that prints the settings prints no secret."""
    settings = load_settings(tmp_path / "node", {"LOCKPLATE_KEK": SECRET})

    assert SECRET == settings.kek
    assert SECRET not in repr(settings) + str(settings) + f"{settings!r:>10}"


def test_settings_do_not_change(tmp_path: Path) -> None:
    """Read once, then frozen."""
    settings = load_settings(tmp_path / "node", {})

    with pytest.raises(AttributeError):
        settings.port = 1  # type: ignore[misc]
