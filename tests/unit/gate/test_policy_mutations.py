"""The cases pin every part of every policy: change one comparison, one list or one number, and a case fails."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cedarpy

from lockplate.clock import SetClock
from lockplate.gate.cases import Case, run_case
from lockplate.gate.decision import Gate
from lockplate.gate.policy_set import PolicySet
from lockplate.gate.question import Question
from lockplate.gate.suggestive import SuggestiveWords

TRUTHS = {"==", "!=", "contains", "containsAny", ">", "<", "||", "&&", "!", "has", "isEmpty"}

GUARDED_TWICE = {
    # floor-auditor-only-audits forbids an auditor all but audits, floor-audit-own-agency-only all audits from outside:
    # what these two permits leave out is left out by a forbid as well.
    ("ask-audit", "== by True"),
    ("ask-granted-agency", 'list without Purpose "internal_audit"'),
}
BETWEEN_POWERS = {
    # A pattern stands for 30, 900 or 27,000 plates, so these limits could each be a little more or less.
    ("floor-too-many-candidates", "1296 by 1297"),
    ("floor-too-many-candidates", "1296 by 1295"),
    ("wide-pattern", "36 by 37"),
    ("wide-pattern", "36 by 35"),
    ("share-case-specific", "1 by 2"),
}


def mutants(policy: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what was changed and the changed policy: truths by constants, lists by shorter ones, numbers by neighbours."""
    for path, node in nodes(policy["conditions"], ()):
        if isinstance(node, dict) and len(node) == 1 and (operator := next(iter(node))) in TRUTHS:
            for truth in (True, False):
                yield f"{operator} by {truth}", changed(policy, path, {"Value": truth})
        if isinstance(node, dict) and isinstance(items := node.get("Set"), list) and len(items) > 1:
            for number in range(len(items)):
                yield (
                    f"list without {named(items[number])}",
                    changed(policy, path, {"Set": items[:number] + items[number + 1 :]}),
                )
        if isinstance(node, dict) and type(number := node.get("Value")) is int:
            for step in (1, -1):
                yield f"{number} by {number + step}", changed(policy, path, {"Value": number + step})


def named(item: dict[str, Any]) -> str:
    """Return a list's item in words."""
    entity = item.get("Value", {}).get("__entity")
    return f'{entity["type"]} "{entity["id"]}"' if entity else json.dumps(item)


def nodes(node: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield every node under a policy's conditions with its path."""
    yield path, node
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from nodes(value, (*path, key))


def changed(policy: dict[str, Any], path: tuple[Any, ...], new: object) -> dict[str, Any]:
    """Return a copy of a policy with one node replaced."""
    result = copy.deepcopy(policy)
    place = result["conditions"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = new
    return result


def test_every_part_of_every_policy_is_pinned(
    policies: PolicySet,
    words: SuggestiveWords,
    policy_folder: Path,
    cases: dict[str, Case],
    question: Question,
):
    """No changed policy passes all cases, but for the few that another policy guards as well."""
    schema, source = (policy_folder / "schema.cedarschema").read_text(), policies.source
    survivors, tried = set(), 0
    for number, policy in source["staticPolicies"].items():
        name = policy["annotations"]["id"]
        ordered = sorted(cases.items(), key=lambda item: name not in (*item[1].decided_by, *item[1].near))
        for change, mutant in mutants(policy):
            document = source | {"staticPolicies": source["staticPolicies"] | {number: mutant}}
            try:
                mutated = PolicySet(schema, [cedarpy.policies_from_json_str(json.dumps(document))])
            except Exception:  # noqa: BLE001 - a change that the schema refuses cannot be run, so it is no danger
                continue
            tried += 1
            gate = Gate(mutated, words, SetClock(question.now))
            if all(run_case(gate, key, case).passed for key, case in ordered):
                survivors.add((name, change))
    assert survivors == GUARDED_TWICE | BETWEEN_POWERS
    assert tried > 300
