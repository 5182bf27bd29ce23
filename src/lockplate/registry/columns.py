"""Column types that read the same on SQLite and PostgreSQL.

What flows in: aware times and sets of words. What flows out: integers and JSON text, and back.
What it must never see: a naive time.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from lockplate.clock import require_utc

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class UtcTime(TypeDecorator[datetime]):
    """An instant, stored as whole microseconds since 1970, so that both engines compare it alike."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Return the integer, or raise BadInput for a time without a zone."""
        return None if value is None else (require_utc(value) - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - as above
        """Return the instant, aware, in UTC."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


class WordSet(TypeDecorator[frozenset[str]]):
    """A set of ids or enum values, stored as a sorted JSON list."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Iterable[str] | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - as above
        """Return the JSON text."""
        return None if value is None else msgspec.json.encode(sorted(map(str, value))).decode()

    def process_result_value(self, value: Any | None, dialect: Dialect) -> frozenset[str] | None:  # noqa: ARG002 - as above
        """Return the set."""
        return None if value is None else msgspec.json.decode(value, type=frozenset[str])
