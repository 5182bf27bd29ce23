"""Witnesses: `log policy|witnesses|cosign`: whom a log asks to cosign, how each answered, and asking them now.

What flows in: a policy as tlog-policy has it. What flows out: the policy in force, standings, cosigned checkpoints.
What it must never see: a read, private details. A change of policy is on record; the record names the policy's hash.
"""

import hashlib
from datetime import datetime

import httpx
import msgspec

from lockplate.cosigning.policy import WitnessPolicy, parse_policy
from lockplate.errors import BadInput
from lockplate.evidence.witnesses import WitnessState
from lockplate.gate.act import Act
from lockplate.note import SignatureType, parse_vkey
from lockplate.operations.authority import Change, carry_out
from lockplate.operations.evidence import LogName
from lockplate.operations.operation import Actor, Operation
from lockplate.operations.taking_in import only_operator
from lockplate.terms import Action, OperatorId
from lockplate.wiring.desk import Desk
from lockplate.wiring.node import Node

_KINDS = {SignatureType.ED25519_COSIGNATURE: "Ed25519", SignatureType.MLDSA44_COSIGNATURE: "ML-DSA-44"}


class NewPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The witnesses that a log shall ask from now on."""

    text: str
    """Lines `witness`, `group` and `quorum` of tlog-policy; the line of the log itself may be left out."""
    operator: str = ""


class WitnessLine(msgspec.Struct, frozen=True, kw_only=True):
    """One witness of the policy, and how it last answered."""

    name: str
    key: str
    """Its vkey."""
    key_name: str
    """The name that the witness gave itself."""
    kind: str
    """What it signs with, in words."""
    url: str
    state: WitnessState
    contradicts: bool
    """Its word and this log cannot both be true."""
    size: int
    cosigned_at: datetime | None
    tried_at: datetime | None


class WitnessesTold(msgspec.Struct, frozen=True, kw_only=True):
    """Who watches one log."""

    operator: OperatorId
    policy: str
    """As a file; empty when the log asks nobody."""
    quorum: str
    witnesses: tuple[WitnessLine, ...]
    newest_size: int
    """Of the newest checkpoint that any of them cosigned; 0 for none."""
    agreed_size: int
    """Of the newest that a quorum cosigned."""
    agreed_at: datetime | None
    """When the newest cosignature on that was made."""


def show_witnesses(node: Node, _: Actor, name: LogName) -> WitnessesTold:
    """Show a log's witness policy and how each witness last answered; public."""
    return witnesses_of(node.desk(only_operator(node, name.operator)))


def set_policy(node: Node, actor: Actor, new: NewPolicy) -> WitnessesTold:
    """Set whom a log asks, and how many of them must cosign; on record before it counts."""
    actor.require_system_user()
    operator = only_operator(node, new.operator)
    desk = node.desk(operator)
    policy = _checked(new.text, desk)
    change = Change(
        action=Action.POLICY_CHANGED,
        facts={
            "change": "witness policy",
            "policy_sha256": hashlib.sha256(policy.text().encode()).hexdigest(),
            "quorum": policy.quorum,
        },
        counts={"witnesses": len(policy.witnesses)},
        private={"policy": policy.text()},
    )
    carry_out(node, actor, Act.MANAGE_OPERATOR, [operator], change, lambda: desk.evidence.witnesses.set_policy(policy))
    return witnesses_of(desk)


def cosign(node: Node, actor: Actor, name: LogName) -> WitnessesTold:
    """Sign the newest checkpoint and show it to every witness now."""
    actor.require_system_user()
    desk = node.desk(only_operator(node, name.operator))
    desk.evidence.publisher.publish()
    desk.collector.collect(again=True)
    return witnesses_of(desk)


def witnesses_of(desk: Desk) -> WitnessesTold:
    """Return what anyone may know of one log's witnesses."""
    store = desk.evidence.witnesses
    policy, newest, agreed = store.policy(), store.newest(), desk.evidence.agreed()
    cosigned = policy.require(agreed) if policy and agreed else None
    standings = {standing.witness: standing for standing in store.standings()}
    return WitnessesTold(
        operator=desk.name,
        policy="" if policy is None else policy.text(),
        quorum="" if policy is None else policy.quorum,
        witnesses=tuple(
            WitnessLine(
                name=one.name,
                key=one.key.text(),
                key_name=one.key.name,
                kind=_KINDS[one.key.kind],
                url=one.url,
                state=standings[one.name].state,
                contradicts=standings[one.name].state.contradicts,
                size=standings[one.name].size,
                cosigned_at=standings[one.name].cosigned_at,
                tried_at=standings[one.name].tried_at,
            )
            for one in (policy.witnesses if policy else ())
        ),
        newest_size=newest.size if newest else 0,
        agreed_size=cosigned.checkpoint.size if cosigned else 0,
        agreed_at=cosigned.agreed_at if cosigned else None,
    )


def _checked(text: str, desk: Desk) -> WitnessPolicy:
    """Return the policy with this log as its only log, or raise BadInput."""
    policy = parse_policy(text)
    own = parse_vkey(desk.evidence.publisher.vkey)
    if any(log != own for log in policy.logs):
        raise BadInput(
            "the policy names another log", code="bad_policy", next_step="Leave the `log` line out, or give this one's."
        )
    if not policy.witnesses:
        raise BadInput("the policy names no witness", code="bad_policy", next_step="Add `witness NAME KEY URL`.")
    for witness in policy.witnesses:
        _require_address(witness.name, witness.url)
    return msgspec.structs.replace(policy, logs=(own,))


def _require_address(name: str, url: str) -> None:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL("")
    if parsed.scheme not in {"http", "https"} or not parsed.host or parsed.userinfo or parsed.query:
        raise BadInput(
            f"the address of witness {name} is missing, or none that can be asked",
            code="bad_policy",
            next_step="Give its submission prefix after the key: `witness NAME KEY https://…`.",
        )


WITNESSES = (
    Operation(name="log.witnesses", request=LogName, handler=show_witnesses, says="Show who cosigns a log; public."),
    Operation(
        name="log.policy",
        request=NewPolicy,
        handler=set_policy,
        says="Set whom a log asks to cosign.",
        is_for_system_user=True,
    ),
    Operation(
        name="log.cosign", request=LogName, handler=cosign, says="Ask the witnesses now.", is_for_system_user=True
    ),
)
