"""The control database: opened safely, migrated both ways, honest about what went wrong."""

import stat
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from lockplate.errors import Conflict, SettingRefused, StoreFailed
from lockplate.registry.database import close_database, migrate, migrate_back, open_database, reading, writing
from lockplate.registry.tables import metadata


def table_names(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names())


def test_migrations_go_up_down_and_up_again(database_file: Path) -> None:
    """The schema comes, goes without a trace but Alembic's own table, and comes again."""
    engine = open_database(database_file)
    migrate(engine)
    assert set(metadata.tables) | {"alembic_version"} == table_names(engine)
    migrate_back(engine)
    assert {"alembic_version"} == table_names(engine)
    migrate(engine)
    migrate(engine)
    assert set(metadata.tables) | {"alembic_version"} == table_names(engine)
    close_database(engine)


def test_migrated_schema_is_the_declared_one(engine: Engine) -> None:
    """What the migrations make and what the code believes differ in nothing Alembic can see."""
    with reading(engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": metadata})
        assert [] == compare_metadata(context, metadata)


def test_a_failed_migration_changes_nothing(database_file: Path) -> None:
    """A migration is one transaction: a table in the way leaves the schema as it was."""
    engine = open_database(database_file)
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE hits (x INTEGER)"))
    with pytest.raises(StoreFailed):
        migrate(engine)
    assert {"hits"} == table_names(engine)
    close_database(engine)


@pytest.mark.parametrize(
    ("pragma", "expected"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("secure_delete", 1),
        ("busy_timeout", 10_000),
    ],
)
def test_sqlite_is_set_up_for_durability(engine: Engine, pragma: str, expected: object) -> None:
    """Every connection has the settings that the design asks for."""
    with reading(engine) as connection:
        assert expected == connection.exec_driver_sql(f"PRAGMA {pragma}").scalar()


def test_the_file_is_its_owners_alone(engine: Engine, database_file: Path) -> None:
    """Nobody else on the machine can read the file or its write-ahead log."""
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE t (x INTEGER)"))
    files = list(database_file.parent.glob("registry.db*"))
    assert len(files) > 1
    assert {0o600} == {stat.S_IMODE(file.stat().st_mode) for file in files}


def test_an_error_rolls_back(engine: Engine) -> None:
    """A transaction that raises leaves nothing behind."""

    def fail_halfway() -> None:
        with writing(engine) as connection:
            connection.execute(text("CREATE TABLE half (x INTEGER)"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert "half" not in table_names(engine)


def test_errors_carry_no_values(engine: Engine) -> None:
    """A broken uniqueness rule is a Conflict, and neither it nor its cause repeats what was written."""
    line = {"agency": "SECRETWORD", "name": "n", "kind": "county", "state": "", "active": True, "created_at": None}
    with pytest.raises(Conflict) as caught, writing(engine, "it is there") as connection:
        connection.execute(metadata.tables["agencies"].insert().values(line))
    assert "it is there" == caught.value.message
    assert "SECRETWORD" not in f"{caught.value} {caught.value.__cause__}"


def test_two_writers_take_turns(engine: Engine) -> None:
    """Read-then-write transactions in many threads lose no update: a writer locks before it reads."""
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE n (x INTEGER)"))
        connection.execute(text("INSERT INTO n VALUES (0)"))

    def add_ten() -> None:
        for _ in range(10):
            with writing(engine) as connection:
                value = connection.execute(text("SELECT x FROM n")).scalar_one()
                connection.execute(text("UPDATE n SET x = :x"), {"x": value + 1})

    threads = [threading.Thread(target=add_ten) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(engine) as connection:
        assert 40 == connection.execute(text("SELECT x FROM n")).scalar_one()


def test_closing_empties_the_write_ahead_log(database_file: Path) -> None:
    """After closing, what was deleted is not in the file, nor in a log beside it, even while another process has it open."""
    engine, elsewhere = open_database(database_file), open_database(database_file)
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE t (x TEXT)"))
        connection.execute(text("INSERT INTO t VALUES ('forget this sentence')"))
    with writing(engine) as connection:
        connection.execute(text("DELETE FROM t"))
    with reading(elsewhere) as connection:
        connection.execute(text("SELECT x FROM t"))
    close_database(engine)
    left = b"".join(file.read_bytes() for file in database_file.parent.glob("registry.db*"))
    close_database(elsewhere)
    assert b"CREATE TABLE t" in left
    assert b"forget this sentence" not in left


def test_a_file_that_is_none_of_sqlite_is_refused(database_file: Path) -> None:
    """At opening and at closing, as an error of the tree; no connection stays open."""
    database_file.write_bytes(b"not a database, but long enough to be taken for one" * 40)
    engine = open_database(database_file)

    with pytest.raises(StoreFailed), reading(engine):
        pass
    with pytest.raises(StoreFailed):
        close_database(engine)


def test_a_url_without_driver_is_refused() -> None:
    """A database nobody here can speak to is a setting's fault."""
    with pytest.raises(SettingRefused):
        open_database("nosuchengine://somewhere/x")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """A file that cannot be made is said so, without its path."""
    with pytest.raises(StoreFailed) as caught:
        open_database(tmp_path / "absent" / "registry.db")
    assert str(tmp_path) not in caught.value.message
