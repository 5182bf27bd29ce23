"""Loading policies: what cannot be explained, told apart or validated is refused, and so is a set without the floor."""

import re
import shutil
from enum import StrEnum
from pathlib import Path

import pytest

from lockplate.errors import SettingRefused
from lockplate.gate.act import Act
from lockplate.gate.floor import FLOOR
from lockplate.gate.policy_set import PolicySet, digest, hash_of, load_policy_set
from lockplate.terms import AgencyKind, Basis, Offense, Purpose, Role

GOOD = '@id("mine") @cite("Oakmont Ord. 12") @says("Not here.") forbid(principal, action == Action::"ask", resource) when { context.has_case };'


@pytest.fixture
def own(policy_folder: Path, tmp_path: Path) -> Path:
    """A copy of the shipped policies, with an empty folder for an agency's own."""
    shutil.copytree(policy_folder, tmp_path / "policy")
    (tmp_path / "policy" / "agency").mkdir()
    return tmp_path / "policy"


def load(folder: Path) -> PolicySet:
    return load_policy_set(
        folder / "schema.cedarschema",
        folder / "floor",
        folder / "permits",
        folder / "law",
        agency_folders=[folder / "agency"],
    )


def test_the_floor_in_code_is_the_floor_in_files(policies: PolicySet):
    """Every shipped forbid stands in FLOOR, and nothing else does."""
    assert {name for name, note in policies.notes.items() if note.effect == "forbid"} == FLOOR


def test_an_agency_may_add_a_forbid(own: Path, policies: PolicySet):
    """A sound forbid of an agency's own is loaded after the floor and takes nothing away."""
    (own / "agency" / "mine.cedar").write_text(GOOD)
    assert set(policies.notes) | {"mine"} == set(load(own).notes)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (GOOD.replace('@id("mine")', ""), "no @id"),
        (GOOD.replace('@id("mine")', '@id("")'), "no @id"),
        (GOOD.replace('@cite("Oakmont Ord. 12")', ""), "no @cite"),
        (GOOD.replace("Oakmont Ord. 12", " "), "no @cite"),
        (GOOD.replace('@says("Not here.")', ""), "no @says"),
        (GOOD + "\n" + GOOD, "two policies have the id mine"),
        (GOOD.replace("mine", "share-denied"), "two policies have the id share-denied"),
        (GOOD.replace("has_case", "has_kase"), "has_kase"),
        (GOOD.replace("context.has_case", 'context.purpose == Purpose::"imigration"'), "imigration"),
        (GOOD.replace("context.has_case", "context.profile.retention > 5"), "retention"),
        (GOOD.replace("forbid", "permit"), "not a forbid"),
        (GOOD.replace("@id", '@approval("supervisor") @id'), "@approval"),
        (GOOD.replace("@id", '@approval("chief") @id').replace("has_case", "approved"), "@approval"),
        (GOOD.replace("forbid(principal", "forbid(principal == ?principal"), "templates"),
        ("forbid(principal, action", "cannot be read"),
    ],
)  # fmt: skip
def test_an_unsound_policy_is_refused(own: Path, text: str, word: str):
    """The error is SettingRefused and names what is wrong; the program does not start with such a set."""
    (own / "agency" / "mine.cedar").write_text(text)
    with pytest.raises(SettingRefused, match=re.escape(word)):
        load(own)


@pytest.mark.parametrize("missing", sorted(FLOOR))
def test_a_set_without_a_floor_policy_is_refused(policies: PolicySet, policy_folder: Path, missing: str):
    """Each of the floor's policies is needed, by id and as a forbid."""
    texts = [path.read_text() for path in policy_folder.glob("*/*.cedar")]
    renamed = [text.replace(f'@id("{missing}")', '@id("other")') for text in texts]
    changed = PolicySet((policy_folder / "schema.cedarschema").read_text(), renamed)
    with pytest.raises(SettingRefused, match=missing):
        changed.require_floor()


@pytest.mark.parametrize("name", ["purposes", "agencies", "question", "profile", "sharing", "second-person", "acts"])
def test_a_floor_file_taken_away_is_refused(own: Path, name: str):
    """No file of the floor can be deleted."""
    (own / "floor" / f"{name}.cedar").unlink()
    with pytest.raises(SettingRefused, match="the floor is not complete"):
        load(own)


def test_an_empty_or_missing_folder_is_refused(own: Path):
    """Without floor or permits there is no set."""
    for folder in ("permits", "floor"):
        shutil.move(own / folder, own / "away")
        with pytest.raises(SettingRefused, match="holds no policy"):
            load(own)
        shutil.move(own / "away", own / folder)


def test_a_permit_says_what_each_condition_needs(policies: PolicySet, policy_folder: Path):
    """A permit with a condition that no @needs_N puts in words is refused."""
    texts = [path.read_text() for path in policy_folder.glob("*/*.cedar")]
    with pytest.raises(SettingRefused, match="@needs_1"):
        PolicySet(
            (policy_folder / "schema.cedarschema").read_text(), [text.replace("@needs_2", "@also") for text in texts]
        )
    assert all(note.needs for note in policies.notes.values() if note.effect == "permit")


def test_an_annotation_with_an_endless_number_is_refused(policy_folder: Path):
    """`@needs_` and five thousand digits is no number of ours, and no crash."""
    schema = (policy_folder / "schema.cedarschema").read_text()
    text = f'@id("p")\n@cite("c")\n@says("s")\n@needs_{"9" * 5000}("n")\npermit(principal, action, resource) when {{ true }};'
    with pytest.raises(SettingRefused):
        PolicySet(schema, [text])


def test_the_hash_does_not_depend_on_names_or_order(own: Path, policies: PolicySet):
    """Renaming files changes nothing; changing one letter of one policy, or of the schema, does."""
    for path in sorted(own.glob("*/*.cedar")):
        path.rename(path.with_name(f"{digest(path.name.encode())}.cedar"))
    assert policies.digests == load(own).digests
    for path in (next((own / "floor").glob("*.cedar")), own / "schema.cedarschema"):
        path.write_text(path.read_text() + "// x\n")
        assert hash_of(policies.digests) != hash_of(load(own).digests)


def test_the_hash_can_be_repeated_by_hand():
    """It is what `sha256sum | sort | sha256sum` gives: the digests in order, one a line."""
    first, second = digest(b"a"), digest(b"b")
    assert first == "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
    assert digest(f"{second}\n{first}\n".encode()) == hash_of([first, second]) == hash_of([second, first])


@pytest.mark.parametrize("kind", [AgencyKind, Role, Purpose, Offense, Basis])
def test_the_schema_has_the_same_lists_as_the_terms(policy_folder: Path, kind: type[StrEnum]):
    """A list in the schema is the enum in terms.py, value by value."""
    text = (policy_folder / "schema.cedarschema").read_text()
    found = re.search(rf"entity {kind.__name__} enum \[(.*?)\]", text, re.DOTALL)
    assert found is not None
    assert [member.value for member in kind] == re.findall(r'"(\w+)"', found[1])


def test_the_schema_has_an_action_for_each_act(policy_folder: Path):
    """The schema's actions are `ask` and the acts, no more and no fewer."""
    text = re.sub("//.*", "", (policy_folder / "schema.cedarschema").read_text())
    named = {
        name for part in re.findall(r"action (.*?) appliesTo", text, re.DOTALL) for name in re.findall(r'"(\w+)"', part)
    }
    assert {"ask", *Act} == named


def test_a_policy_that_names_no_field_of_a_profile_is_refused(own: Path):
    """A cite is looked up by field: a misspelt one would quietly fall back to the policy's general words."""
    (own / "agency" / "mine.cedar").write_text(GOOD.replace("@cite", '@field("purpose.denied") @cite'))
    with pytest.raises(SettingRefused, match="no law profile has the field"):
        load(own)


def test_a_jurisdictions_file_only_forbids(own: Path):
    """A permit among the policies of a jurisdiction is refused as it is in an agency's own folder."""
    (own / "law" / "us-zz.cedar").write_text(GOOD.replace("forbid", "permit"))
    with pytest.raises(SettingRefused, match="jurisdiction"):
        load(own)
