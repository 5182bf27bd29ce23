"""Shortfall: why no permit covered a request, in the permits' own words.

What flows in: the policy set; a request that no policy decided. What flows out: the nearest permit and what it lacked.
What it must never see: anything that Cedar does not see. It explains a denial and can never make a yes.
"""

import json
from collections.abc import Mapping

import cedarpy

from lockplate.gate.facts import CedarRequest
from lockplate.gate.policy_set import PolicySet
from lockplate.terms import PolicyId


class Shortfall:
    """Each `when` clause of each permit as a probe of its own, so that Cedar itself says which of them hold."""

    def __init__(self, policies: PolicySet) -> None:
        self._policies = policies
        probes: dict[str, object] = {}
        self._permits: dict[tuple[str, ...], list[PolicyId]] = {}
        for policy in policies.source["staticPolicies"].values():
            if policy["effect"] != "permit":
                continue
            name = PolicyId(policy["annotations"]["id"])
            for number, condition in enumerate(policy["conditions"]):
                probe = _probe(name, number)
                probes[probe] = policy | {"conditions": [condition], "annotations": {"id": probe}}
            for action in _actions(policy["action"]):
                self._permits.setdefault(action, []).append(name)
        document = {"staticPolicies": probes, "templates": {}, "templateLinks": []}
        self._probes = cedarpy.PolicySet.from_json_str(json.dumps(document))

    def explain(self, request: CedarRequest) -> str:
        """Return one sentence: which permit came nearest, and what it needs that is not so."""
        result = cedarpy.is_authorized(request.call(), self._probes, request.entities, self._policies.schema)
        held = set(result.diagnostics.reasons)
        action = (request.action["type"], request.action["id"])
        lacking = {name: self._lacking(name, held) for name in self._permits.get(action, [])}
        if not lacking:
            return "No rule allows this act to anyone."
        nearest = min(lacking, key=lambda name: (len(lacking[name]), name))
        return f"Nearest is {nearest}, which needs that {' and that '.join(lacking[nearest]) or 'no rule forbids it'}."

    def _lacking(self, name: PolicyId, held: "set[str]") -> list[str]:
        """Return the words of a permit's conditions that do not hold."""
        needs = self._policies.notes[name].needs
        return [words for number, words in enumerate(needs) if _probe(name, number) not in held]


def _probe(name: PolicyId, number: int) -> str:
    """Return a probe's id."""
    return f"{name}#{number}"


def _actions(scope: Mapping[str, object]) -> "list[tuple[str, str]]":
    """Return the actions that a permit's scope names."""
    found = scope.get("entities") or ([scope["entity"]] if "entity" in scope else [])
    return [(entity["type"], entity["id"]) for entity in found] if isinstance(found, list) else []
