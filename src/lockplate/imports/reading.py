"""Reading: batches of records as frozen values, for whoever looks at few of them or at one after another.

What flows in: record batches of a folder. What flows out: ReleasedSearch, ReleasedEvent and ReleasedShare.
What it must never see: a file.
"""

from collections.abc import Iterator
from typing import Any, TypeVar

import pyarrow as pa

from lockplate.released import (
    EventField,
    Field,
    Provenance,
    ReleasedEvent,
    ReleasedSearch,
    ReleasedShare,
    ShareField,
    State,
    TimeRule,
)

_Name = TypeVar("_Name", Field, EventField, ShareField)


def searches(batch: pa.RecordBatch) -> Iterator[ReleasedSearch]:
    """Yield the searches of a batch; columns that it lacks are as if they had not been exported."""
    for row in batch.to_pylist():
        values = {field.value: row.get(field.value) for field in Field}
        yield ReleasedSearch(states=_states(row, Field), raw=_raw(row, Field), **_common(row), **values)


def events(batch: pa.RecordBatch) -> Iterator[ReleasedEvent]:
    """Yield the events of a batch."""
    for row in batch.to_pylist():
        values = {field.value: row.get(field.value) for field in EventField}
        yield ReleasedEvent(states=_states(row, EventField), raw=_raw(row, EventField), **_common(row), **values)


def shares(batch: pa.RecordBatch) -> Iterator[ReleasedShare]:
    """Yield the lines of a sharing list."""
    for row in batch.to_pylist():
        values = {field.value: row.get(field.value) for field in ShareField}
        extra = dict(row.get("extra") or ())
        yield ReleasedShare(provenance=_place(row), states=_states(row, ShareField), extra=extra, **values)


def _place(row: dict[str, Any]) -> Provenance:
    return Provenance(release=row["release"], row=row["row"], line=row.get("line"), sheet=row.get("sheet"))


def _common(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "provenance": _place(row),
        "time_rule": TimeRule(row.get("time_rule") or TimeRule.NONE),
        "id_repeats": bool(row.get("id_repeats")),
        "extra": dict(row.get("extra") or ()),
    }


def _states(row: dict[str, Any], names: type[_Name]) -> dict[_Name, State]:
    return {name: State(row.get(f"{name.value}_state") or State.NOT_EXPORTED) for name in names}


def _raw(row: dict[str, Any], names: type[_Name]) -> dict[_Name, str]:
    return {name: text for name in names if (text := row.get(f"{name.value}_raw")) is not None}
