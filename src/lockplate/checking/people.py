"""People, agencies, operators, readers, places: who and what the registry knows, held against the logs.

What flows in: registries, histories. What flows out: findings.
What it must never see: a name that lies sealed, a password. A password's hash is in no record, so another one in its
place is not seen here; signing in with it is on record.
"""

from collections.abc import Iterable, Mapping

from lockplate.checking.findings import Found
from lockplate.checking.history import History, Placed, merged
from lockplate.errors import SealBroken
from lockplate.terms import Action, OperatorId, PersonId, Role
from lockplate.wiring.beginnings import FOUNDED
from lockplate.wiring.founding import KNOWN_AGENCIES
from lockplate.wiring.registries import Registries

States = dict[str, dict[str, str]]
_ACTIVE = {"activated": "yes", "deactivated": "no", "agency_activated": "yes", "agency_deactivated": "no"}
_NONE = "none"


def check_people(registries: Registries, histories: Iterable[History], found: Found) -> None:
    """Compare each person's agency, roles and whether the account is open."""
    recorded: States = {}
    for one in merged(histories, Action.PEOPLE_CHANGED):
        facts = one.record.facts
        person, change = facts.get("person", ""), facts.get("change")
        if change == "added":
            recorded[person] = {"agency": facts["agency"], "roles": facts["roles"], "active": "yes"}
        elif change == "roles":
            recorded.setdefault(person, {})["roles"] = facts["roles"]
        elif change in _ACTIVE:
            recorded.setdefault(person, {})["active"] = _ACTIVE[change]
    people = registries.people.list_facts()
    for known in people:
        here = {"agency": known.agency, "roles": _words(known.roles), "active": _yes(is_so=known.active)}
        found.compare(f"person {known.person}", recorded.get(known.person), here)
        found.count("people")
        if not _opens(registries, known.person):
            found.find("bad_seal", f"person {known.person}", "the name does not open: this node did not write it here")
    found.gone("person", recorded, (known.person for known in people))


def check_agencies(registries: Registries, histories: Iterable[History], found: Found) -> None:
    """Compare each agency's kind in law, its state, and whether it is active."""
    logs = tuple(histories)
    recorded: States = {name: {"kind": kind.value, "active": "yes"} for name, _, kind in KNOWN_AGENCIES}
    for one in merged(logs, Action.SETTING_CHANGED):
        facts = one.record.facts
        agency, change = facts.get("agency", ""), facts.get("change")
        if change in {FOUNDED, "agency_added"}:
            recorded.setdefault(agency, {"active": "yes"})["kind"] = facts["kind"]
        elif change in _ACTIVE:
            recorded.setdefault(agency, {})["active"] = _ACTIVE[change]
    founded = {history.operator for history in logs if founding(history) is not None}
    # of an operator from before foundings were recorded nobody can say what its agency was
    older = {one.agency for one in registries.operators.list_all() if one.operator not in founded}
    agencies = registries.agencies.list_all()
    for one_agency in agencies:
        here = {"kind": one_agency.kind.value, "active": _yes(is_so=one_agency.active)}
        if one_agency.agency in older and one_agency.agency not in recorded:
            found.count("founded_before_records")
            continue
        found.compare(f"agency {one_agency.agency}", recorded.get(one_agency.agency), here)
        found.count("agencies")
    known = {name for name, _, _ in KNOWN_AGENCIES}
    found.gone("agency", set(recorded) - known, (one_agency.agency for one_agency in agencies))


def check_operators(registries: Registries, histories: Mapping[OperatorId, History], found: Found) -> None:
    """Compare each operator's agency, law profile, and what it keeps."""
    for operator in registries.operators.list_all():
        history = histories.get(operator.operator)
        begun = None if history is None else founding(history)
        recorded: dict[str, str] = {}
        if begun is not None:
            facts = begun.record.facts
            recorded = {"agency": facts["agency"], "keeps": facts["keeps"], "profile": begun.record.profile or _NONE}
        for one in () if history is None else history.of(Action.PROFILE_CHANGED):
            if one.record.facts.get("change") == "operator":
                recorded |= {"profile": one.record.facts["to"], "keeps": one.record.facts["keeps_to"]}
        here = {
            "agency": operator.agency,
            "profile": operator.profile or _NONE,
            "keeps": operator.record_mode.value,
        }
        found.compare(f"operator {operator.operator}", recorded, here)
        found.count("operators")


def check_readers(registries: Registries, histories: Iterable[History], found: Found) -> None:
    """Compare each reader's operator, the law it stands under, and whether it is active."""
    recorded: States = {}
    for one in merged(histories, Action.READERS_CHANGED):
        facts = one.record.facts
        reader, change = facts.get("reader", ""), facts.get("change")
        if change == "added":
            recorded[reader] = {"operator": one.operator, "origin": facts.get("origin", _NONE), "active": "yes"}
        elif change in _ACTIVE:
            recorded.setdefault(reader, {})["active"] = _ACTIVE[change]
    readers = registries.readers.list_all()
    for reader_here in readers:
        here = {
            "operator": reader_here.operator,
            "origin": reader_here.origin or _NONE,
            "active": _yes(is_so=reader_here.active),
        }
        found.compare(f"reader {reader_here.reader}", recorded.get(reader_here.reader), here)
        found.count("readers")
    found.gone("reader", recorded, (reader_here.reader for reader_here in readers))


def check_places(registries: Registries, histories: Mapping[OperatorId, History], found: Found) -> None:
    """Compare how many places there are where nobody may collect: their names and positions are in no leaf."""
    for operator, history in histories.items():
        expected = 0
        for one in history.of(Action.READERS_CHANGED):
            if one.record.facts.get("change") == "places added":
                expected += one.record.counts.get("places", 0)
            elif one.record.facts.get("change") == "place removed":
                expected -= 1
        here = len(registries.places.list_all(operator))
        found.compare(f"places of {operator}", {"number": str(expected)}, {"number": str(here)})


def founding(history: History) -> Placed | None:
    """Return the record of an operator's founding, which is its log's first leaf; None in logs of before."""
    first = next(iter(history.changes), None)
    if first is None or first.place != 0 or first.record.facts.get("change") != FOUNDED:
        return None
    return first


def _opens(registries: Registries, person: PersonId) -> bool:
    try:
        registries.people.get(person)
    except SealBroken:
        return False
    return True


def _words(roles: Iterable[Role]) -> str:
    return ",".join(sorted(role.value for role in roles))


def _yes(*, is_so: bool) -> str:
    return "yes" if is_so else "no"
