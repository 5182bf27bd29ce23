"""Rules: the policies in force, the local laws, words, grants, holds and approvals, held against the logs.

What flows in: registries, histories, the gate's policy-set hash. What flows out: findings.
What it must never see: a plate, a case number, a hold's paper.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime

from lockplate.checking.findings import NOT_AS_RECORDED, Found
from lockplate.checking.history import History, Placed, last_by, merged
from lockplate.checking.people import founding
from lockplate.clock import format_time
from lockplate.registry.grants import Grant
from lockplate.registry.holds import HoldState
from lockplate.registry.requests import WaitingState
from lockplate.sharing import grant_facts
from lockplate.terms import Action, OperatorId
from lockplate.wiring.registries import Registries

_NONE = "none"
_APPROVED = (WaitingState.APPROVED, WaitingState.ANSWERED)
_HOLD_OVER = frozenset({"closed", "expired"})
UNANNOUNCED = "unannounced_policies"


def check_policies(in_force: str, histories: Iterable[History], found: Found) -> None:
    """Find each set of policies under which something was recorded, or is judged now, that no record announced.

    Announced are: the set of the founding (in logs of before: that of the first record), and what a change of policy
    says comes after it.
    """
    for history in histories:
        announced = _announced(history)
        for name, use in history.policies.items():
            if name not in announced:
                says = f"{use.records} records stand under policies {name[:16]}…, which no record announced"
                found.find(UNANNOUNCED, f"{history.operator} entry {use.first}", says)
            found.count("policy_sets")
        if announced and announced[-1] != in_force:
            says = (
                f"the gate judges under {in_force[:16]}…, and the last that the log announced is {announced[-1][:16]}…"
            )
            found.find(UNANNOUNCED, f"{history.operator} gate", says)


def last_announced(history: History) -> str | None:
    """Return the policy-set hash that a log announced last; None when it never named one."""
    return next(reversed(_announced(history)), None)


def check_local_laws(registries: Registries, histories: Mapping[OperatorId, History], found: Found) -> None:
    """Compare the ordinances and agency policies in force: which text stands, by its hash."""
    for operator, history in histories.items():
        recorded: dict[str, str] = {}
        for one in history.of(Action.PROFILE_CHANGED):
            facts = one.record.facts
            if facts.get("change") == "adopted":
                recorded[facts["kind"]] = facts["sha256"]
            elif facts.get("change") == "repealed":
                recorded.pop(facts["kind"], None)
        here = {
            one.kind.value: hashlib.sha256(one.content.encode()).hexdigest()
            for one in registries.local_laws.history(operator)
            if one.ended_at is None
        }
        for kind, digest in here.items():
            known = {"text": recorded[kind]} if kind in recorded else None
            found.compare(f"{kind} of {operator}", known, {"text": digest})
            found.count("local_laws")
        found.gone(f"{operator}", recorded, here)


def check_words(registries: Registries, histories: Iterable[History], found: Found) -> None:
    """Compare the suggestive words that were added, by their names; what they are is in the policy-set hash."""
    recorded = last_by(merged(histories, Action.POLICY_CHANGED), "entry")
    here = {one.word for one in registries.words.list_all()}
    for name in sorted(here):
        found.compare(f"words {name}", {} if name in recorded else None, {})
    found.gone("words", recorded, here)


def check_grants(registries: Registries, histories: Mapping[OperatorId, History], found: Found) -> None:
    """Compare each grant: to whom, for what, until when, on whose two words, and whether it was ended."""
    for operator, history in histories.items():
        approved = last_by(history.of(Action.GRANT_APPROVED), "grant")
        proposed = last_by(history.of(Action.GRANT_PROPOSED), "grant")
        revoked = last_by(history.of(Action.GRANT_REVOKED), "grant")
        withdrawn = last_by(history.of(Action.GRANT_PAPER_WITHDRAWN), "grant")
        grants = registries.grants.list_all(operator)
        for grant in grants:
            where, source = f"grant {grant.grant}", approved if grant.approved_at else proposed
            told = source.get(grant.grant)
            words = {
                "approved_by": _by(approved.get(grant.grant)),
                "revoked_by": _by(revoked.get(grant.grant)),
                "paper_withdrawn_by": _by(withdrawn.get(grant.grant)),
            }
            proposer = proposed.get(grant.grant)
            if proposer is not None:
                words["proposed_by"] = proposer.record.person
            found.compare(where, None if told is None else _granted(told.record.facts) | words, _grant_words(grant))
            found.count("grants")
        found.gone("grant", {*proposed, *approved}, (grant.grant for grant in grants))


def check_holds(registries: Registries, histories: Mapping[OperatorId, History], now: datetime, found: Found) -> None:
    """Compare each hold: of which kind, over which window, until when, and whether it was ended."""
    for operator, history in histories.items():
        recorded: dict[str, dict[str, str]] = {}
        over: set[str] = set()
        for one in history.of(Action.HOLD):
            facts, step = one.record.facts, one.record.facts.get("step")
            hold = facts.get("hold", "")
            if step in {"opened", "renewed"}:
                recorded.setdefault(hold, {}).update({name: facts[name] for name in ("kind", "until") if name in facts})
            if step == "opened" and one.record.window_from is not None and one.record.window_to is not None:
                recorded[hold]["window"] = _window(one.record.window_from, one.record.window_to)
            if step in _HOLD_OVER:
                over.add(hold)
        holds = registries.holds.list_all(operator)
        for known in holds:
            here = {
                "kind": known.kind.value,
                "until": format_time(known.expires_at),
                "window": _window(known.window_from, known.window_to),
                "over": "yes" if known.state is not HoldState.OPEN else "no",
            }
            told = recorded.get(known.hold_id)
            is_over = "yes" if known.hold_id in over or known.expires_at <= now else "no"
            found.compare(f"hold {known.hold_id}", None if told is None else told | {"over": is_over}, here)
            found.count("holds")
        found.gone("hold", set(recorded) - over, (known.hold_id for known in holds))


def check_hot_lists(registries: Registries, histories: Mapping[OperatorId, History], found: Found) -> None:
    """Compare each hot list's owner and kinds; its entries lie sealed, and nobody makes one without the keys."""
    for operator, history in histories.items():
        added = (one for one in history.of(Action.HOTLIST_CHANGED) if one.record.facts.get("change") == "added")
        recorded = last_by(added, "list")
        lists = registries.hot_lists.list_all(operator)
        for known in lists:
            told = recorded.get(known.list_id)
            here = {
                "owner": known.owner_agency,
                "categories": ",".join(sorted(each.value for each in known.categories)),
            }
            found.compare(f"hot list {known.list_id}", None if told is None else told.record.facts, here)
            found.count("hot_lists")
        found.gone("hot list", recorded, (known.list_id for known in lists))


def check_approvals(registries: Registries, histories: Mapping[OperatorId, History], found: Found) -> None:
    """Find waiting questions that the registry calls approved by somebody who never said so on record."""
    said = {
        (history.operator, one.record.request_id, one.record.person)
        for history in histories.values()
        for one in history.of(Action.QUESTION_APPROVAL)
    }
    for line in registries.waiting.list_all():
        found.count("waiting")
        if line.decided_by is None or line.state not in _APPROVED:
            continue
        if (line.operator, line.request_id, line.decided_by) not in said:
            says = f"the registry says that {line.decided_by} approved it, and no record does"
            found.find(NOT_AS_RECORDED, f"request {line.request_id} at {line.operator}", says)


def _announced(history: History) -> list[str]:
    begun = founding(history)
    first = None if begun is None else begun.record.policy_set_hash
    first = first or next(iter(history.policies), None)
    changes = (one.record.facts for one in history.of(Action.POLICY_CHANGED))
    return [*(() if first is None else (first,)), *(facts["hash_after"] for facts in changes if "hash_after" in facts)]


def _grant_words(grant: Grant) -> dict[str, str]:
    return _granted(grant_facts(grant)) | {
        "proposed_by": grant.proposed_by,
        "approved_by": grant.approved_by or _NONE,
        "revoked_by": grant.revoked_by or _NONE,
        "paper_withdrawn_by": grant.paper_withdrawn_by or _NONE,
    }


def _granted(facts: Mapping[str, str]) -> dict[str, str]:
    """Return what a grant gives, with a word for what its facts leave out."""
    return {"for_case": "no", "instrument_hash": _NONE} | dict(facts)


def _by(one: Placed | None) -> str:
    return _NONE if one is None else one.record.person


def _window(start: datetime, end: datetime) -> str:
    return f"{format_time(start)}/{format_time(end)}"
