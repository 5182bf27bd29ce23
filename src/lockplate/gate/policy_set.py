"""The policies in force: schema, floor, permits and an agency's own forbids, read once and parsed once.

What flows in: paths of the schema and of folders with *.cedar files. What flows out: parsed handles, and for each
policy its cite and plain words. What it must never see: a question, a person, a key.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import cedarpy
import msgspec

from lockplate.errors import Reason, SettingRefused
from lockplate.gate.floor import FLOOR
from lockplate.law.text import ProfileText
from lockplate.terms import PolicyId

APPROVER = "supervisor"
"""The only role that `@approval` may name."""

_NEEDS = re.compile(r"needs_(\d{1,3})")


class PolicyRefused(SettingRefused):
    """A policy set that cannot be run: invalid, without id, cite or words, twice the same id, or without the floor."""

    default_code = "policy_refused"


class PolicyNote(msgspec.Struct, frozen=True, kw_only=True):
    """What a person may know about a policy without reading Cedar."""

    policy_id: PolicyId
    effect: str
    """`permit` or `forbid`."""
    cite: str
    says: str
    field: str | None
    """The field of the law profile that the policy applies, such as `purpose.deny`; `share` for either agency's."""
    approval: str | None
    """`supervisor` when the forbid lifts with a second person's yes; else None."""
    needs: tuple[str, ...]
    """A permit's conditions in words, in the order of its `when` clauses."""

    def reason(self, more: str = "", cite: str = "") -> Reason:
        """Return the policy as a reason, with more words after its own; an exact cite goes before its general one."""
        return Reason(policy_id=self.policy_id, cite=cite or self.cite, says=f"{self.says} {more}".strip())


class PolicySet:
    """Policies that passed every check at load, as handles that Cedar need not parse again."""

    def __init__(self, schema_text: str, policy_texts: Iterable[str]) -> None:
        """Parse and check; raises PolicyRefused. Use `load_policy_set`, which also wants the floor."""
        texts = list(policy_texts)
        whole = "\n".join(texts)
        try:
            self.schema = cedarpy.Schema.from_str(schema_text)
            self.handle = cedarpy.PolicySet.from_str(whole)
            self.source: Mapping[str, Any] = json.loads(cedarpy.policies_to_json_str(whole))
        except ValueError as error:
            raise _refused(f"the schema or a policy cannot be read: {error}") from error
        checked = cedarpy.validate_policies(whole, self.schema)
        if not checked.validation_passed:
            raise _refused("; ".join(_named(self.source, problem) for problem in checked.errors))
        if self.source["templates"] or not self.source["staticPolicies"]:
            raise _refused("a policy set has plain policies, at least one, and no templates")
        self.notes = _notes(self.source["staticPolicies"].values())
        self.digests = tuple(sorted(digest(text.encode()) for text in (schema_text, *texts)))
        """SHA-256, hex, of each file, sorted: neither names nor order of files matter."""

    def require_floor(self) -> "PolicySet":
        """Return the set itself, or raise PolicyRefused when a policy of the floor is missing or is not a forbid."""
        missing = sorted(name for name in FLOOR if name not in self.notes or self.notes[name].effect != "forbid")
        if missing:
            raise _refused("the floor is not complete; missing: " + ", ".join(missing))
        return self


def load_policy_set(
    schema: Path, floor: Path, permits: Path, law: Path, agency_folders: Iterable[Path] = ()
) -> PolicySet:
    """Return the policies of the floor, the permits, single jurisdictions and an agency's own folders, in that order.

    A jurisdiction's policies say what the fields of its law profile cannot; like an agency's own they only forbid.
    An agency's folders can only forbid: the strictest rule wins, and nobody widens what the program permits.
    Raises PolicyRefused for a set that `PolicySet` refuses, without the whole floor, with a permit in the floor or in
    an agency's folder, or with an empty floor or permits folder.
    """
    floor_texts, permit_texts = _texts(floor), _texts(permits)
    if not floor_texts or not permit_texts:
        raise _refused("the floor or the permits folder holds no policy")
    law_texts = _texts(law)
    agency_texts = [text for folder in agency_folders for text in _texts(folder)]
    _require_effect(floor_texts, "forbid", "the floor")
    _require_effect(permit_texts, "permit", "the permits folder")
    _require_effect(law_texts, "forbid", "a jurisdiction's file")
    _require_effect(agency_texts, "forbid", "an agency's own folder")
    texts = [*floor_texts, *permit_texts, *law_texts, *agency_texts]
    return PolicySet(_read(schema), texts).require_floor()


def digest(content: bytes) -> str:
    """Return SHA-256, hex, as `sha256sum` prints it."""
    return hashlib.sha256(content).hexdigest()


def hash_of(digests: Iterable[str]) -> str:
    """Return one hash for many files: SHA-256 over their hex digests, sorted, one a line.

    Anyone can repeat it: `sha256sum FILE… | cut -c1-64 | sort | sha256sum`.
    """
    return digest("".join(f"{each}\n" for each in sorted(digests)).encode())


def _texts(folder: Path) -> list[str]:
    """Return the text of every *.cedar file in a folder."""
    return [_read(path) for path in sorted(folder.glob("*.cedar"))]


def _read(path: Path) -> str:
    """Return a file's text, or raise PolicyRefused that names the file without its folder."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _refused(f"{path.name} cannot be read") from error


def _require_effect(texts: Iterable[str], effect: str, where: str) -> None:
    """Raise PolicyRefused unless every policy of these texts has the effect."""
    for text in texts:
        try:
            policies = json.loads(cedarpy.policies_to_json_str(text))["staticPolicies"].values()
        except ValueError as error:
            raise _refused(f"a policy cannot be read: {error}") from error
        if any(policy["effect"] != effect for policy in policies):
            raise _refused(f"{where} holds a policy that is not a {effect}")


def _notes(policies: Iterable[Mapping[str, Any]]) -> Mapping[PolicyId, PolicyNote]:
    """Return id → note, or raise PolicyRefused for a policy that could not be explained or told from another."""
    notes: dict[PolicyId, PolicyNote] = {}
    for policy in policies:
        note = _note(policy)
        if note.policy_id in notes:
            raise _refused(f"two policies have the id {note.policy_id}")
        notes[note.policy_id] = note
    return notes


def _note(policy: Mapping[str, Any]) -> PolicyNote:
    """Return one policy's note."""
    told: Mapping[str, str | None] = policy.get("annotations", {})
    name = told.get("id") or ""
    if not name:
        raise _refused("a policy has no @id")
    for wanted in ("cite", "says"):
        if not (told.get(wanted) or "").strip():
            raise _refused(f"the policy {name} has no @{wanted}")
    effect, conditions = policy["effect"], policy["conditions"]
    approval = told.get("approval")
    if "approval" in told and (
        effect != "forbid" or approval != APPROVER or '"attr": "approved"' not in json.dumps(conditions)
    ):
        raise _refused(f"{name}: @approval is for a forbid that looks at context.approved, and names a {APPROVER}")
    numbered = {int(found[1]): str(words) for key, words in told.items() if (found := _NEEDS.fullmatch(key))}
    if effect == "permit" and sorted(numbered) != list(range(1, len(conditions) + 1)):
        raise _refused(f"the permit {name} says in @needs_1, @needs_2, … what each of its conditions needs")
    return PolicyNote(
        policy_id=PolicyId(name),
        effect=effect,
        cite=str(told["cite"]),
        says=str(told["says"]),
        field=_field(name, told.get("field")),
        approval=approval,
        needs=tuple(numbered[number] for number in sorted(numbered)),
    )


def _field(name: str, field: str | None) -> str | None:
    """Return the profile's field that a policy names, or raise PolicyRefused for one that no profile has."""
    if field is None or field == "share":
        return field
    section, _, part = field.partition(".")
    fields: tuple[str, ...] = getattr(ProfileText.__annotations__.get(section), "__struct_fields__", ())
    if part not in fields:
        raise _refused(f"{name}: no law profile has the field {field}")
    return field


def _named(source: Mapping[str, Any], problem: Any) -> str:
    """Return a validation error under the policy's own id instead of its number."""
    annotations = source["staticPolicies"].get(problem.policy_id, {}).get("annotations", {})
    return f"{annotations.get('id', problem.policy_id)}: {problem.error}"


def _refused(problem: str) -> PolicyRefused:
    """Return the error with the next step for a person."""
    return PolicyRefused(problem, next_step="Mend the policy file; the program does not start without it.")
