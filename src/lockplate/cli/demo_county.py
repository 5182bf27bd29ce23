"""The demo county: three operators under three profiles, their people, readers, lists, grants, and two days of history.

What flows in: an empty home folder, a seed. What flows out: a node that looks lived in, keys for its simulated readers.
What it must never see: anything real; every name, place and plate is invented.
"""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from lockplate.cli.demo_lists import add_own_list
from lockplate.clock import Clock
from lockplate.gate.question import PersonFacts
from lockplate.operations.agencies import NewAgency, add_agency
from lockplate.operations.asking import Ask, ask
from lockplate.operations.operation import Actor
from lockplate.operations.people import NewPerson, add_person
from lockplate.operations.readers import AddReader, add_reader
from lockplate.readers.lockplate import columns_of_lines, reads_of_lines
from lockplate.registry.grants import GrantProposal, Instrument
from lockplate.settings import Settings
from lockplate.sharing import Sharing, Standing
from lockplate.simulate.fleet import Fleet
from lockplate.store.surface import DayCount
from lockplate.terms import (
    AgencyId,
    AgencyKind,
    Basis,
    Offense,
    OperatorId,
    PersonId,
    ProfileId,
    Purpose,
    ReaderId,
    RecordMode,
    Role,
)
from lockplate.wiring.founding import NewOperator, found_operator
from lockplate.wiring.node import Node

CITY, COUNTY, TOWN = OperatorId("pine-city"), OperatorId("lake-county"), OperatorId("summit-town")
CITY_READERS, COUNTY_READERS = 20, 32
"""The first 20 readers are the city's, the next 12 the county's, the rest the town's."""
BLOCK_LINES = 50_000
ZONE = "America/Los_Angeles"

OPERATORS = (
    NewOperator(
        operator=CITY, profile=ProfileId("us-ca"), name="Pine City Police", state="CA", zone=ZONE,
        agency_kind=AgencyKind.MUNICIPAL, record_mode=RecordMode.RECORD,
    ),
    NewOperator(
        operator=COUNTY, profile=ProfileId("model-strict"), name="Lake County Sheriff", state="CA", zone=ZONE,
        agency_kind=AgencyKind.COUNTY,
    ),
    NewOperator(
        operator=TOWN, profile=ProfileId("match-only"), name="Summit Town Police", state="CA", zone=ZONE,
        agency_kind=AgencyKind.MUNICIPAL,
    ),
)  # fmt: skip

OTHER_AGENCIES = (
    ("harbor-police", "Harbor Police", AgencyKind.MUNICIPAL, "CA"),
    ("far-state-patrol", "Far State Patrol", AgencyKind.STATE, "NV"),
    ("county-defender", "Lake County Public Defender", AgencyKind.DEFENSE, "CA"),
)

PEOPLE = (
    ("ana.officer", CITY, "Ana Ortega", {Role.OFFICER}),
    ("sam.supervisor", CITY, "Sam Suzuki", {Role.SUPERVISOR}),
    ("lee.second", CITY, "Lee Larsen", {Role.SUPERVISOR}),
    ("uma.auditor", CITY, "Uma Underhill", {Role.AUDITOR}),
    ("adi.admin", CITY, "Adi Adeyemi", {Role.ADMINISTRATOR}),
    ("cora.officer", COUNTY, "Cora Chen", {Role.OFFICER}),
    ("cal.supervisor", COUNTY, "Cal Castillo", {Role.SUPERVISOR}),
    ("cy.auditor", COUNTY, "Cy Carver", {Role.AUDITOR}),
    ("tess.officer", TOWN, "Tess Tran", {Role.OFFICER}),
    ("ted.supervisor", TOWN, "Ted Tanaka", {Role.SUPERVISOR}),
    ("hal.officer", "harbor-police", "Hal Hughes", {Role.OFFICER}),
)


MACHINE = Actor(person=None, is_system_user=True)
DESKS = {CITY: PersonId("sam.supervisor"), COUNTY: PersonId("cal.supervisor"), TOWN: PersonId("ted.supervisor")}
"""Who enters plates by hand."""


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """How one of the demo's people signs in."""

    person: str
    password: str
    agency: str
    roles: str


class DemoCounty(msgspec.Struct, frozen=True, kw_only=True):
    """What was made."""

    logins: tuple[Login, ...]
    reader_keys: dict[ReaderId, str]
    known_plate: str
    """A plate of the invented county that was read in its history, to ask about."""


def found_county(settings: Settings, clock: Clock) -> None:
    """Make the node and its three operators."""
    for new in OPERATORS:
        found_operator(settings, clock, new)


def settle_county(node: Node, fleet: Fleet, history_end: datetime, told: Callable[[str], None]) -> DemoCounty:
    """Fill a founded node: agencies, people, readers, lists, grants, history, and some first questions."""
    told("agencies and people")
    for agency, name, kind, state in OTHER_AGENCIES:
        add_agency(node, MACHINE, NewAgency(agency=agency, name=name, kind=kind, state=state))
    logins = _add_people(node)
    told(f"{len(fleet.readers())} readers")
    reader_keys = _add_readers(node, fleet)
    told("hot lists")
    for operator in (CITY, COUNTY, TOWN):
        own = {one.reader_id for place, one in enumerate(fleet.readers()) if operator_of(place) == operator}
        add_own_list(node, operator, DESKS[operator], fleet, own, history_end)
    told("grants")
    _add_grants(node)
    told("two days of history")
    _add_history(node, fleet, history_end - timedelta(days=2), history_end, told)
    told("first questions")
    known = str(fleet.plates()[40])
    _ask_first_questions(node, known)
    return DemoCounty(logins=logins, reader_keys=reader_keys, known_plate=known)


def operator_of(place: int) -> OperatorId:
    """Return whose reader the n-th of the fleet is."""
    if place < CITY_READERS:
        return CITY
    return COUNTY if place < COUNTY_READERS else TOWN


def _add_people(node: Node) -> tuple[Login, ...]:
    logins = []
    for person, agency, name, roles in PEOPLE:
        password = "-".join(secrets.token_hex(2) for _ in range(4))
        new = NewPerson(person=person, agency=agency, display_name=name, roles=tuple(sorted(roles)), password=password)
        add_person(node, MACHINE, new)
        logins.append(Login(person=person, password=password, agency=agency, roles=", ".join(sorted(roles))))
    return tuple(logins)


def _add_readers(node: Node, fleet: Fleet) -> dict[ReaderId, str]:
    keys: dict[ReaderId, str] = {}
    for place, reader in enumerate(fleet.readers()):
        new = AddReader(
            reader=reader.reader_id,
            operator=operator_of(place),
            name=reader.name,
            place=reader.place,
            latitude=reader.latitude,
            longitude=reader.longitude,
            zone=reader.zone,
            mobile=reader.mobile,
        )
        keys[reader.reader_id] = add_reader(node, MACHINE, new).key
    return keys


def _add_grants(node: Node) -> None:
    """One grant in force, one that only waits for its second person, one revoked."""
    now = node.clock.now()
    text = hashlib.sha256(b"Invented declaration of the demo county.").hexdigest()
    investigation = frozenset({Purpose.FELONY_INVESTIGATION, Purpose.STOLEN_VEHICLE, Purpose.MISSING_PERSON})
    for grantee, purposes, steps in (
        ("harbor-police", investigation, ("propose", "approve")),
        ("lake-county", frozenset({Purpose.MISSING_PERSON}), ("propose",)),
        ("county-defender", frozenset({Purpose.DEFENSE_REQUEST}), ("propose", "approve", "revoke")),
    ):
        sharing = Sharing(
            grants=node.registries.grants, gate=node.gate, recorder=node.desk(CITY).recorder, clock=node.clock
        )
        facts = node.facts.agency(AgencyId(grantee))
        grant = sharing.propose(
            _standing(node, "sam.supervisor"),
            facts,
            GrantProposal(
                operator=CITY,
                grantee=AgencyId(grantee),
                purposes=purposes,
                valid_from=now,
                valid_to=now + timedelta(days=180),
                instrument=Instrument.DECLARATION,
                instrument_hash=text,
            ),
        )
        if "approve" in steps:
            grant = sharing.approve(_standing(node, "lee.second"), facts, grant)
        if "revoke" in steps:
            sharing.revoke(_standing(node, "lee.second"), grant)


def _standing(node: Node, person: str) -> Standing:
    facts: PersonFacts = node.registries.people.facts(PersonId(person))
    return Standing(
        person=facts,
        agency=node.facts.agency(facts.agency),
        operator=node.facts.operator(CITY),
    )


def _add_history(node: Node, fleet: Fleet, start: datetime, end: datetime, told: Callable[[str], None]) -> None:
    """Take two days of reads in, through the same intake that files take."""
    owner = {reader.reader_id: operator_of(place) for place, reader in enumerate(fleet.readers())}
    names = {
        operator: frozenset(reader for reader, its in owner.items() if its == operator)
        for operator in (CITY, COUNTY, TOWN)
    }
    block: list[bytes] = []
    for line in fleet.history_ndjson(start, end):
        block.append(line.rstrip(b"\n"))
        if len(block) == BLOCK_LINES:
            _take(node, block, names)
            block = []
    _take(node, block, names)
    kept = sum(count.reads for operator in (CITY, COUNTY) for count in _counts(node, operator, start, end))
    told(f"{kept} sealed reads")


def _take(node: Node, block: list[bytes], names: dict[OperatorId, frozenset[ReaderId]]) -> None:
    chunk = b"\n".join(block)
    for operator, readers in names.items():
        if node.bulk.keeps_records(operator):
            made, _ = reads_of_lines(chunk, allowed=readers)
            node.bulk.store(node.bulk.seal_reads(operator, made))
        else:
            columns = columns_of_lines(chunk, default_reader=ReaderId("file"), allowed=readers)
            node.bulk.store(node.bulk.seal_columns(operator, columns))


def _counts(node: Node, operator: OperatorId, start: datetime, end: datetime) -> list[DayCount]:
    return node.store.counts(operator, start.date(), end.date())


def _ask_first_questions(node: Node, plate: str) -> None:
    """Leave some answers, denials and one question that waits, so that every page has something to show."""
    now = node.clock.now()

    def question(person: str, **changes: object) -> None:
        values: dict[str, object] = {
            "plate": plate,
            "operators": (CITY,),
            "window_from": (now - timedelta(days=2)).isoformat(),
            "window_to": now.isoformat(),
            "purpose": Purpose.FELONY_INVESTIGATION,
            "offense": Offense.FELONY,
            "basis": Basis.REASONABLE_SUSPICION,
            "on_behalf_of": "own",
            "case_number": "PC-26-0117",
            "reason": "vehicle of a burglary suspect",
        }
        ask(node, Actor(person=PersonId(person)), msgspec.convert(values | changes, Ask))

    question("ana.officer")
    question("ana.officer", plate=plate[:-1] + "?", case_number="PC-26-0121")
    question("hal.officer", case_number="HP-26-88")
    question("ana.officer", purpose=Purpose.IMMIGRATION)
    question("ana.officer", case_number="")
    question("ana.officer", on_behalf_of="ice")
    question("cora.officer", case_number="LC-26-9")
    question("ana.officer", reason="detainer request", case_number="PC-26-0130")
