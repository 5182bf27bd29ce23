"""Lists: the grants of other agencies' lists and the entries accepted under them, held against the logs.

What flows in: registries, histories. What flows out: findings.
What it must never see: a plate: entries are compared by their ids, and nothing is opened.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from lockplate.access import AccessRecord
from lockplate.checking.findings import NOT_AS_RECORDED, NOT_ON_RECORD, Found
from lockplate.checking.history import History, last_by
from lockplate.hotlist import ListId
from lockplate.registry.acceptance import Accepted
from lockplate.registry.list_grants import ListGrant, list_grant_facts
from lockplate.terms import Action, OperatorId
from lockplate.wiring.registries import Registries

_NONE = "none"


def check_list_grants(registries: Registries, histories: Mapping[OperatorId, History], found: Found) -> None:
    """Compare each list grant: whose lists, for what, until when, on whose two words, and whether it was ended."""
    for operator, history in histories.items():
        proposed = last_by(history.of(Action.LIST_GRANT_PROPOSED), "list_grant")
        accepted = last_by(history.of(Action.LIST_GRANT_ACCEPTED), "list_grant")
        ended = last_by(history.of(Action.LIST_GRANT_ENDED), "list_grant")
        grants = registries.list_grants.list_all(operator)
        for grant in grants:
            source = accepted if grant.accepted_at else proposed
            told = source.get(grant.list_grant)
            words = {
                name: one.record.person if (one := known.get(grant.list_grant)) is not None else _NONE
                for name, known in (("proposed_by", proposed), ("accepted_by", accepted), ("ended_by", ended))
            }
            recorded = None if told is None else dict(told.record.facts) | words
            found.compare(f"list grant {grant.list_grant}", recorded, _words(grant))
            found.count("list_grants")
        found.gone("list grant", {*proposed, *accepted}, (grant.list_grant for grant in grants))


def check_acceptances(registries: Registries, histories: Mapping[OperatorId, History], found: Found) -> None:
    """Find entries of other agencies' lists that the registry calls accepted and no record does."""
    for operator, history in histories.items():
        records: dict[str, list[AccessRecord]] = {}
        for one in history.of(Action.HOTLIST_CHANGED):
            if one.record.facts.get("change") == "entries_accepted" and "entries" in one.record.counts:
                records.setdefault(one.record.facts["list"], []).append(one.record)
        for hot_list in registries.hot_lists.list_all(operator):
            accepted = registries.acceptances.accepted(hot_list.list_id)
            _check_list(hot_list.list_id, accepted, records.get(hot_list.list_id, []), found)


def _check_list(list_id: ListId, accepted: Sequence[Accepted], records: Sequence[AccessRecord], found: Found) -> None:
    """Compare the accepted entries of one list with the records of it, by who accepted them and when."""
    acts = Counter((one.by, one.at) for one in accepted)
    for (person, at), number in acts.items():
        record = _record_of(records, person, at)
        where = f"entries of hot list {list_id}"
        if record is None:
            says = f"{number} are called accepted by {person}, and no record says so"
            found.find(NOT_ON_RECORD, where, says)
            continue
        named = set(record.facts["entries"].split(",")) if "entries" in record.facts else None
        strange = sum(
            named is not None and one.entry_id not in named for one in accepted if (one.by, one.at) == (person, at)
        )
        if strange or number > record.counts["entries"]:
            says = f"more are called accepted by {person} than the record of it says"
            found.find(NOT_AS_RECORDED, where, says)
    found.count("accepted_entries", len(accepted))


def _record_of(records: Iterable[AccessRecord], person: str, at: datetime) -> AccessRecord | None:
    """Return the last record by a person before a moment: an acceptance is recorded, then made."""
    before = (one for one in records if one.person == person and one.at <= at)
    return max(before, key=lambda one: one.at, default=None)


def _words(grant: ListGrant) -> dict[str, str]:
    return list_grant_facts(grant) | {
        "proposed_by": grant.proposed_by,
        "accepted_by": grant.accepted_by or _NONE,
        "ended_by": grant.ended_by or _NONE,
    }
