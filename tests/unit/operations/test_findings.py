"""T9 on a node under Washington's law, and what the auditor sees of it: denied, on record, found, and new until seen."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lockplate.access import UNDER_WAY, AccessRecord, parse_leaf
from lockplate.clock import SetClock
from lockplate.errors import Denied, StoreFailed
from lockplate.operations.agencies import NewAgency
from lockplate.operations.asking import Ask
from lockplate.operations.findings import FindingsOf, FindingsReport, list_findings, mark_seen, new_findings
from lockplate.operations.operation import Actor
from lockplate.operations.people import NewPerson
from lockplate.operations.table import operation
from lockplate.settings import load_settings
from lockplate.terms import (
    Action,
    AgencyId,
    AgencyKind,
    Basis,
    Offense,
    OperatorId,
    PersonId,
    ProfileId,
    Purpose,
    Role,
    Verdict,
)
from lockplate.wiring.founding import NewOperator, found_operator
from lockplate.wiring.node import Node, open_node

NOW = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
FIR = OperatorId("fir-county")
PEOPLE = {
    "olga": ("fir-county", Role.OFFICER), "sam": ("fir-county", Role.SUPERVISOR), "uma": ("fir-county", Role.AUDITOR),
    "ada": ("fir-county", Role.ADMINISTRATOR), "quinn": ("cedar-police", Role.OFFICER),
    "fed": ("border-office", Role.OFFICER),
}  # fmt: skip
UMA = Actor(person=PersonId("uma"))


def run(node: Node, name: str, request: object, person: str = "") -> Any:
    actor = Actor(person=PersonId(person) if person else None, is_system_user=not person)
    return operation(name).handler(node, actor, request)


class Broken:
    """A store that fails, so that a question stays open."""

    def find(self, *_: object, **__: object) -> None:
        raise StoreFailed("the store refused (as told)")


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOW)


@pytest.fixture
def node(tmp_path: Path, clock: SetClock) -> Iterator[Node]:
    """A county under us-wa, a police next door without a grant, and an immigration enforcement agency."""
    settings = load_settings(tmp_path / "home", {})
    county = NewOperator(
        operator=FIR, profile=ProfileId("us-wa"), agency_kind=AgencyKind.COUNTY, state="WA", name="Fir County",
        zone="America/Los_Angeles",
    )  # fmt: skip
    found_operator(settings, clock, county)
    with open_node(settings, clock) as opened:
        for agency, kind, state in (
            ("cedar-police", AgencyKind.MUNICIPAL, "WA"),
            ("border-office", AgencyKind.IMMIGRATION_ENFORCEMENT, ""),
        ):
            run(opened, "agency.add", NewAgency(agency=agency, name=agency, kind=kind, state=state))
        for person, (agency, role) in PEOPLE.items():
            run(opened, "user.add", NewPerson(person=person, agency=agency, display_name=person, roles=(role,)))
        yield opened


def ask(node: Node, person: str, **more: Any) -> Any:
    values: dict[str, Any] = {
        "plate": "FIR0417", "operators": (FIR,), "window_from": (NOW - timedelta(hours=1)).isoformat(),
        "window_to": NOW.isoformat(), "purpose": Purpose.FELONY_INVESTIGATION, "offense": Offense.FELONY,
        "basis": Basis.WARRANT, "on_behalf_of": "own", "case_number": "26-0815",
        "reason": "",
    }  # fmt: skip
    return run(node, "lookup", Ask(**(values | more)), person)


def forbidden(node: Node) -> dict[str, tuple[int, ...]]:
    report: FindingsReport = list_findings(node, UMA, FindingsOf(operator=FIR, rule="forbidden-purpose"))
    return {one.subject: one.rows for one in report.rules[0].findings}


def leaves(node: Node) -> list[AccessRecord]:
    log = node.desk(FIR).evidence.log
    return [parse_leaf(leaf) for leaf in log.entries(0, log.size)]


def is_denied(record: AccessRecord) -> bool:
    return record.action is Action.QUESTION_DENIED and record.verdict is Verdict.DENIED


@pytest.mark.parametrize("purpose", [Purpose.IMMIGRATION, Purpose.REPRODUCTIVE_CARE])
def test_t9_whoever_asks_and_on_whose_behalf(node: Node, purpose: Purpose) -> None:
    """T9: with a warrant, in every role, for another agency too: denied, a leaf, and a finding that names the leaf."""
    for person in PEOPLE:
        assert "denied" == ask(node, person, purpose=purpose).decision
    assert "denied" == ask(node, "olga", purpose=purpose, on_behalf_of="cedar-police").decision

    denied = {
        record.person: [
            place for place, one in enumerate(leaves(node)) if one.person == record.person and is_denied(one)
        ]
        for record in leaves(node)
        if is_denied(record)
    }
    assert set(PEOPLE) == set(denied)
    assert {person: tuple(places) for person, places in denied.items()} == forbidden(node)
    for record in leaves(node):
        assert not is_denied(record) or f"floor-purpose-{purpose.value.replace('_', '-')}" in record.policy_ids


def test_t9_the_side_door(node: Node) -> None:
    """A lawful purpose on behalf of an immigration enforcement agency: denied, and found under who asked."""
    for person in ("olga", "quinn", "fed"):
        assert "denied" == ask(node, person, on_behalf_of="border-office").decision
    assert {"olga", "quinn", "fed"} == set(forbidden(node))
    assert {AgencyId("border-office")} == {record.on_behalf_of for record in leaves(node) if is_denied(record)}


def test_findings_are_new_until_they_were_shown(node: Node) -> None:
    """Counted for auditors only; looking marks them, each auditor's own look; a further row makes one new again."""
    uma, sam = (node.registries.people.facts(PersonId(name)) for name in ("uma", "sam"))
    assert (0, 0) == (new_findings(node, uma), new_findings(node, sam))
    ask(node, "olga", purpose=Purpose.IMMIGRATION)
    assert (1, 0) == (new_findings(node, uma), new_findings(node, sam))

    report = list_findings(node, UMA, FindingsOf(operator=FIR))
    assert 0 == mark_seen(node, UMA, report)
    assert 0 == new_findings(node, uma)
    assert report.records == mark_seen(node, UMA, report)

    ask(node, "quinn", purpose=Purpose.IMMIGRATION)
    ask(node, "olga", purpose=Purpose.IMMIGRATION)
    assert 2 == new_findings(node, uma)
    run(node, "user.add", NewPerson(person="una", agency=FIR, display_name="una", roles=(Role.AUDITOR,)))
    assert 2 == new_findings(node, node.registries.people.facts(PersonId("una")))


def test_an_intent_that_stays_open_is_new_when_it_becomes_a_finding(node: Node, clock: SetClock) -> None:
    """An auditor who looked while it was under way had not been shown it; after a crash the log alone says so."""
    uma = node.registries.people.facts(PersonId("uma"))
    store = node.lookup._store
    node.lookup._store = Broken()  # type: ignore[assignment]
    with pytest.raises(StoreFailed):
        ask(node, "olga")
    node.lookup._store = store
    assert "permitted" == ask(node, "olga").decision
    report = list_findings(node, UMA, FindingsOf(operator=FIR))
    mark_seen(node, UMA, report)
    assert (0, 0) == (report.count(), new_findings(node, uma))

    clock.advance(UNDER_WAY + timedelta(seconds=1))
    node.watches._watches.clear()  # as after a start
    (found,) = list_findings(node, UMA, FindingsOf(operator=FIR, rule="intent-without-outcome")).rules[0].findings
    assert ("olga", 1) == (found.subject, new_findings(node, uma))
    mark_seen(node, UMA, list_findings(node, UMA, FindingsOf(operator=FIR)))
    assert 0 == new_findings(node, uma)


def test_an_auditor_of_another_agency_sees_none(node: Node) -> None:
    """The role is not enough: the gate lets them read no records here, so they are told of no findings."""
    run(node, "user.add", NewPerson(person="ivy", agency="cedar-police", display_name="ivy", roles=(Role.AUDITOR,)))
    ask(node, "olga", purpose=Purpose.IMMIGRATION)
    assert 0 == new_findings(node, node.registries.people.facts(PersonId("ivy")))
    with pytest.raises(Denied):
        list_findings(node, Actor(person=PersonId("ivy")), FindingsOf(operator=FIR))


def test_a_log_is_read_once(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another look takes in only what came since."""
    ask(node, "olga", purpose=Purpose.IMMIGRATION)
    list_findings(node, UMA, FindingsOf(operator=FIR))
    log = node.desk(FIR).evidence.log
    size, read = log.size, log.entries
    spans: list[tuple[int, int]] = []
    monkeypatch.setattr(log, "entries", lambda start, end: spans.append((start, end)) or read(start, end))
    ask(node, "olga", purpose=Purpose.IMMIGRATION)
    list_findings(node, UMA, FindingsOf(operator=FIR))
    assert [(size, log.size)] == spans
