"""Explain the rules behind a decision: policy ids in words, with cites.

What flows in: policy ids of a record or a waiting question; the gate; law profiles. What flows out: reasons.
What it must never see: a node's home: a record from another node is explained by this program's own policies.
"""

from collections.abc import Mapping

import msgspec

from lockplate.access import AccessRecord
from lockplate.errors import NotFound, Reason
from lockplate.gate.decision import DEFAULT_DENY, GATE_ERROR, NO_CITES, Gate
from lockplate.law.cites import cites_of_law
from lockplate.law.profiles import Profiles
from lockplate.terms import PolicyId

NOT_POLICIES = {
    DEFAULT_DENY: "No rule allowed it.",
    GATE_ERROR: "It could not be judged, so it was denied.",
}


class RecordRules(msgspec.Struct, frozen=True, kw_only=True):
    """The rules that a record names, in this program's words."""

    reasons: tuple[Reason, ...]
    are_the_very_ones: bool
    """The record's hash of policies and word lists is that of this program: the words are those in force then."""


def reasons_of(gate: Gate, policy_ids: tuple[PolicyId, ...], cites: Mapping[str, str] = NO_CITES) -> tuple[Reason, ...]:
    """Return policies by id in words; one that is no longer in force, or is no file, keeps its id.

    `cites` maps fields of a law profile to exact cites, which go before a policy's general one.
    """
    return tuple(_reason(gate, policy_id, cites) for policy_id in policy_ids)


def rules_of_record(gate: Gate, profiles: Profiles, record: AccessRecord) -> RecordRules:
    """Return the rules that decided, cited from this program's own copy of the record's law profile, if it has one."""
    return RecordRules(
        reasons=reasons_of(gate, record.policy_ids, _cites(profiles, record)),
        are_the_very_ones=record.policy_set_hash == gate.policy_set_hash,
    )


def _reason(gate: Gate, policy_id: PolicyId, cites: Mapping[str, str]) -> Reason:
    try:
        return gate.reasons((policy_id,), cites)[0]
    except KeyError:
        says = NOT_POLICIES.get(policy_id, "A rule that is not in force now.")
        return Reason(policy_id=policy_id, cite="Lockplate", says=says)


def _cites(profiles: Profiles, record: AccessRecord) -> Mapping[str, str]:
    """Return field → cite under the profile that the record names, on its day; empty for one that is not known here."""
    if record.profile is None:
        return NO_CITES
    try:
        law = profiles.on(record.profile, record.at.date())
    except NotFound:
        return NO_CITES
    cites = {field: f"{law.id}: {cite}" for field, cite in cites_of_law(law).items()}
    denied = cites.get(f"purpose.deny.{record.purpose}")
    return cites if denied is None else cites | {"purpose.deny": denied}
