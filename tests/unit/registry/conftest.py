"""A registry on a real SQLite file, with a real AES-GCM sealer and a clock that stands still."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Engine

from lockplate.clock import SetClock
from lockplate.errors import SealBroken
from lockplate.registry.agencies import Agencies
from lockplate.registry.database import close_database, migrate, open_database
from lockplate.registry.operators import Operators
from lockplate.registry.passwords import Passwords
from lockplate.registry.people import People
from lockplate.registry.readers import NewReader, RegisteredReaders
from lockplate.terms import AgencyId, AgencyKind, OperatorId, PersonId, ProfileId, ReaderId, RecordMode, Role

PASSWORD = "a long enough password"


class AesSealer:
    """AES-256-GCM under one key, bound to table, column and row."""

    def __init__(self) -> None:
        self._cipher = AESGCM(secrets.token_bytes(32))

    def seal_column(self, table: str, column: str, row_id: str, plain: bytes) -> bytes:
        nonce = secrets.token_bytes(12)
        return nonce + self._cipher.encrypt(nonce, plain, f"{table}\0{column}\0{row_id}".encode())

    def open_column(self, table: str, column: str, row_id: str, sealed: bytes) -> bytes:
        try:
            return self._cipher.decrypt(sealed[:12], sealed[12:], f"{table}\0{column}\0{row_id}".encode())
        except InvalidTag as error:
            raise SealBroken("a cell does not open") from error


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime(2026, 3, 2, 8, 30, tzinfo=UTC))


@pytest.fixture
def database_file(tmp_path: Path) -> Path:
    return tmp_path / "registry.db"


@pytest.fixture
def engine(database_file: Path) -> Iterator[Engine]:
    opened = open_database(database_file)
    migrate(opened)
    yield opened
    close_database(opened)


@pytest.fixture
def sealers() -> dict[str, AesSealer]:
    return {"pine-county": AesSealer(), "quarry-city": AesSealer()}


@pytest.fixture
def passwords() -> Passwords:
    """Cheap hashes: the count that production uses is tested in test_passwords."""
    return Passwords(iterations=1000)


@pytest.fixture
def people(engine: Engine, clock: SetClock, passwords: Passwords) -> People:
    return People(engine, AesSealer(), clock, passwords)


@pytest.fixture
def county(engine: Engine, clock: SetClock, people: People) -> None:
    """Pine County with a reader and four people; Quarry City with two; an immigration agency."""
    agencies = Agencies(engine, clock)
    agencies.add(AgencyId("pine-sheriff"), name="Pine County Sheriff", kind=AgencyKind.COUNTY, state="CA")
    agencies.add(AgencyId("quarry-police"), name="Quarry City Police", kind=AgencyKind.MUNICIPAL, state="CA")
    agencies.add(AgencyId("removal-office"), name="Removal Office", kind=AgencyKind.IMMIGRATION_ENFORCEMENT)
    operators = Operators(engine, clock)
    for operator, agency in (("pine-county", "pine-sheriff"), ("quarry-city", "quarry-police")):
        operators.add(
            OperatorId(operator),
            agency=AgencyId(agency),
            name=operator,
            profile=ProfileId("us-ca"),
            record_mode=RecordMode.RECORD,
            zone="America/Los_Angeles",
        )
    RegisteredReaders(engine, clock).add(
        NewReader(reader=ReaderId("bridge-1"), operator=OperatorId("pine-county"), name="Bridge, eastbound")
    )
    for person, agency, role in (
        ("ann", "pine-sheriff", Role.OFFICER),
        ("ben", "pine-sheriff", Role.SUPERVISOR),
        ("cleo", "pine-sheriff", Role.ADMINISTRATOR),
        ("dora", "pine-sheriff", Role.ADMINISTRATOR),
        ("emil", "quarry-police", Role.OFFICER),
        ("fay", "quarry-police", Role.SUPERVISOR),
    ):
        people.add(
            PersonId(person),
            agency=AgencyId(agency),
            display_name=f"{person.title()} Example",
            roles=frozenset({role}),
            password=PASSWORD,
        )
