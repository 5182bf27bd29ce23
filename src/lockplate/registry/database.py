"""The control database's engine: opened, migrated, read from, written to, closed.

What flows in: a file path or a database URL. What flows out: a SQLAlchemy Engine, and transactions on it.
What it must never see: plain plates; and no statement's values in an error message (`hide_parameters`).
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, IntegrityError, NoSuchModuleError

from lockplate.errors import Conflict, SettingRefused, StoreFailed

_WRITES = "lockplate_writes"
_BUSY_MILLISECONDS = 10_000
_WRITERS_LOCK = 0x6C6F636B
"""PostgreSQL: the advisory lock that writers of this schema take in turn."""
_PRAGMAS = (
    f"busy_timeout = {_BUSY_MILLISECONDS}",
    "secure_delete = ON",
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "temp_store = MEMORY",
)
_MIGRATIONS = Path(__file__).parent / "migrations"


def open_database(target: str | Path) -> Engine:
    """Return an engine on a SQLite file (made with mode 0600 when absent) or on a database URL.

    SQLite: WAL, synchronous FULL, foreign keys, secure delete. Raises SettingRefused for a URL nobody can open.
    """
    try:
        url = make_url(target) if isinstance(target, str) and "://" in target else _file_url(Path(target))
        engine = create_engine(url, hide_parameters=True)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise SettingRefused(
            "no driver for this database URL", next_step="Use sqlite or postgresql+psycopg."
        ) from error
    except OSError as error:
        raise StoreFailed("the control database cannot be made", next_step="Look at the folder's rights.") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def close_database(engine: Engine) -> None:
    """Close every connection; SQLite's write-ahead log is emptied first, so that deleted rows do not live on in it.

    Raises StoreFailed when the disk refuses that; the connections are closed all the same, and nothing is lost.
    """
    if engine.dialect.name == "sqlite":
        try:
            with closing(engine.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        except (DBAPIError, sqlite3.Error) as error:
            raise StoreFailed("the control database could not be emptied of its write-ahead log") from error
        finally:
            engine.dispose()
    else:
        engine.dispose()


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the schema forward to a revision, in one transaction; two processes that try at once take turns."""
    with writing(engine) as connection:
        command.upgrade(_alembic_config(connection), revision)


def migrate_back(engine: Engine, revision: str = "base") -> None:
    """Take the schema back to a revision, in one transaction; what newer tables held is lost."""
    with writing(engine) as connection:
        command.downgrade(_alembic_config(connection), revision)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give a connection on one consistent view; raises StoreFailed when the database refuses."""
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        raise StoreFailed("the control database refused to read") from error


@contextmanager
def writing(
    engine: Engine, conflict: str = "it exists already, or names something that does not"
) -> Iterator[Connection]:
    """Give a connection in a write transaction: committed at the end, rolled back on any error.

    Raises Conflict, with the sentence given, when a uniqueness or reference rule is broken; StoreFailed otherwise.
    """
    try:
        with engine.connect().execution_options(**{_WRITES: True}) as connection, connection.begin():
            if engine.dialect.name == "postgresql":
                # writers take turns, as they do on SQLite: what one of them has checked still holds when it writes
                connection.execute(select(func.pg_advisory_xact_lock(_WRITERS_LOCK)))
            yield connection
    except IntegrityError:
        # no cause: PostgreSQL's own message repeats the whole row
        raise Conflict(conflict) from None
    except DBAPIError as error:
        raise StoreFailed("the control database refused to write; nothing was changed") from error


def _file_url(path: Path) -> URL:
    """Return the URL of a SQLite file that exists, readable by its owner only."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    return URL.create("sqlite", database=str(path))


def _alembic_config(connection: Connection) -> Config:
    """Return a configuration without an ini file; env.py takes the connection from it."""
    config = Config()
    # `%` would be read as interpolation
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _prepare_sqlite(dbapi_connection: Any, _record: object) -> None:
    """Set a new SQLite connection up, and take transactions away from the driver, which opens them too late."""
    dbapi_connection.isolation_level = None
    try:
        for pragma in _PRAGMAS:
            dbapi_connection.execute(f"PRAGMA {pragma}").close()
    except sqlite3.Error as error:
        dbapi_connection.close()
        raise StoreFailed("the control database cannot be opened", next_step="Look at the disk.") from error


def _begin_sqlite(connection: Connection) -> None:
    """Begin for real: a writer takes the write lock at once, since a reader that turns writer cannot wait for it."""
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
