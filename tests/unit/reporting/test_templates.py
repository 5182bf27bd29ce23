"""Report templates: data that answers every field a law profile lists, and refuses what says nothing or two things."""

from pathlib import Path

import pytest

from lockplate.errors import NotFound, SettingRefused
from lockplate.law.text import stated
from lockplate.reporting.templates import Template, Templates, load_templates
from lockplate.terms import ProfileId
from lockplate.wiring.policies import policy_folder, shipped_profiles

SIX = ("us-ar", "us-mn", "us-nc", "us-ne", "us-nh", "us-va")


@pytest.fixture(scope="module")
def templates() -> Templates:
    return load_templates(policy_folder() / "reports")


@pytest.mark.parametrize("profile", SIX)
def test_every_field_that_the_law_lists_has_a_line(templates: Templates, profile: str) -> None:
    """What a profile wants reported, or in its public log, stands in its report, and no line answers another law."""
    text = shipped_profiles().versions(ProfileId(profile))[-1].text
    wanted = {*stated(text.report.fields), *stated(text.publish.public_log_fields)}
    covered = {field for line in templates.get(ProfileId(profile)).lines for field in line.covers}
    assert wanted == covered
    assert wanted


def test_the_six_are_there(templates: Templates) -> None:
    """Minnesota, New Hampshire, Arkansas, Nebraska, Virginia, North Carolina; another law says which there are."""
    assert SIX == templates.ids()
    with pytest.raises(NotFound) as refused:
        templates.get(ProfileId("us-ca"))
    assert "us-mn" in refused.value.next_step


def write(folder: Path, name: str, line: str) -> None:
    (folder / name).write_text(
        f"profile: us-zz\ntitle: T\ncite: C\nevery: year\nlines:\n  - {line}\n", encoding="utf-8"
    )


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("us-zz.yaml", "{id: a, says: Nothing}"),
        ("us-zz.yaml", "{id: a, says: Two, person: x, register: readers}"),
        ("us-zz.yaml", "{id: a, says: Odd, query: {action: nothing}}"),
        ("us-zz.yaml", "{id: a, says: Odd, query: {action: hold, where: x}}"),
        ("us-yy.yaml", "{id: a, says: Fine, person: x}"),
    ],
)
def test_what_is_no_report_is_refused_by_name(tmp_path: Path, name: str, line: str) -> None:
    """A line of nothing or of two things, an unknown word, a file named otherwise inside."""
    write(tmp_path, name, line)
    with pytest.raises(SettingRefused, match=name):
        load_templates(tmp_path)


def test_a_good_one_is_read(tmp_path: Path) -> None:
    """The same file in order is a template: so the refusals above are about what they name."""
    write(tmp_path, "us-zz.yaml", "{id: a, says: Fine, person: x}")
    assert isinstance(load_templates(tmp_path).get(ProfileId("us-zz")), Template)
