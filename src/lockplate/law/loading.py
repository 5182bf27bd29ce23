"""Loading: from a folder of YAML to Profiles, or a refusal that names file, field and next step.

What flows in: the path of a folder. What flows out: Profiles, or ProfileRefused.
What it must never see: the network, a second folder, a clock. One bad file refuses the whole folder: a law profile
that is half read would be a law half obeyed.
"""

from datetime import timedelta
from pathlib import Path

import msgspec
import yaml

from lockplate.errors import SettingRefused
from lockplate.law.profile import LawProfile
from lockplate.law.profiles import Profiles
from lockplate.law.row import cited_values
from lockplate.law.text import ProfileFile, ProfileText
from lockplate.law.words import Mark
from lockplate.law.yaml_text import plain_yaml, yaml_fault

MAX_FILE_BYTES = 262_144
_HOW_TO = "docs/law-profiles.md lists every field and word."


class ProfileRefused(SettingRefused):
    """A law profile's file cannot be used; the message names the file and the field."""

    default_code = "law_profile_refused"


def load_profiles(folder: Path) -> Profiles:
    """Return every profile of a folder, one `<id>.yaml` each, or raise ProfileRefused."""
    if not folder.is_dir():
        raise ProfileRefused("the folder of law profiles is missing", next_step="Point to the folder policy/law.")
    found = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    # a jurisdiction's Cedar policies lie beside its profile; the gate reads those
    files = [path for path in found if path.suffix != ".cedar"]
    for path in files:
        if path.suffix != ".yaml":
            raise _refused(path.name, "", "not a .yaml file", "Keep only <profile>.yaml files in this folder.")
    if not files:
        raise ProfileRefused("the folder of law profiles is empty", next_step="Point to the folder policy/law.")
    return Profiles(version for path in files for version in load_file(path))


def load_file(path: Path) -> tuple[LawProfile, ...]:
    """Return the versions that one file holds, oldest first, or raise ProfileRefused."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise _refused(path.name, "", "cannot be read", "Check that it is a file the program may read.") from error
    return parse_profiles(content, path.name)


def parse_profiles(content: bytes, file_name: str) -> tuple[LawProfile, ...]:
    """Return the versions that a file's bytes hold; `file_name` is `<id>.yaml`. Raises ProfileRefused."""
    if len(content) > MAX_FILE_BYTES:
        raise _refused(file_name, "", f"longer than {MAX_FILE_BYTES} bytes", "One file holds one jurisdiction.")
    try:
        plain = plain_yaml(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _refused(file_name, "", "not UTF-8 text", "Save the file as UTF-8.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _refused(file_name, "", yaml_fault(error), "Mend the YAML at that line.") from error
    try:
        file = msgspec.convert(plain, ProfileFile)
    except msgspec.ValidationError as error:
        says, _, path = str(error).partition(" - at ")
        raise _refused(file_name, path.strip("`").removeprefix("$").removeprefix("."), says, _HOW_TO) from error
    _check_names(file, file_name)
    _check_dates(file, file_name)
    for number, text in enumerate(file.versions):
        _check_whose(file, text, file_name, f"versions[{number}]")
    return tuple(LawProfile(jurisdiction=file.jurisdiction, title=file.title, text=text) for text in file.versions)


def _check_names(file: ProfileFile, file_name: str) -> None:
    """Refuse a profile whose id is not its file's name, or whose jurisdiction is not in its id."""
    expected = file_name.removesuffix(".yaml")
    for number, text in enumerate(file.versions):
        if text.profile.id != expected:
            where = f"versions[{number}].profile.id"
            raise _refused(file_name, where, f"is {text.profile.id}", f"Write {expected}, the name of the file.")
    if file.jurisdiction != "none" and file.jurisdiction.lower() != expected:
        raise _refused(
            file_name,
            "jurisdiction",
            f"is {file.jurisdiction}",
            f"A profile of it is named {file.jurisdiction.lower()}.",
        )


def _check_dates(file: ProfileFile, file_name: str) -> None:
    """Refuse versions that overlap or stand in the wrong order."""
    for number, (earlier, later) in enumerate(zip(file.versions, file.versions[1:], strict=False), start=1):
        ended, starts = earlier.profile.effective_to, later.profile.effective_from
        if ended is None or starts <= ended:
            last_day = starts - timedelta(days=1)
            raise _refused(
                file_name,
                f"versions[{number}].profile.effective_from",
                f"{starts.isoformat()} overlaps the version before it",
                f"Write versions oldest first, and end the one before with effective_to: {last_day.isoformat()}.",
            )


def _check_whose(file: ProfileFile, text: ProfileText, file_name: str, where: str) -> None:
    """Refuse a value of ours that stands as law, and law that stands as ours."""
    ours = file.jurisdiction == "none"
    for path, cited in cited_values(text):
        if (cited.mark is Mark.OURS) != (ours or path.startswith("default_policy.")):
            says = f"is marked {cited.mark.value}"
            raise _refused(
                file_name,
                f"{where}.{path}",
                says,
                "Only values of ours are marked `ours`: under default_policy, or in a profile with no jurisdiction.",
            )
    if text.retention.unmatched.value is not None and text.default_policy.retention is not None:
        field = f"{where}.default_policy.retention"
        raise _refused(file_name, field, "the law states a length", "Remove ours: the law's stands.")


def _refused(file_name: str, field: str, says: str, next_step: str) -> ProfileRefused:
    place = f"{file_name}: {field}" if field else file_name
    return ProfileRefused(f"{place}: {says}", next_step=next_step)
