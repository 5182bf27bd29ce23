"""Record tables: the columns in which released records are kept and handed on.

What flows in: nothing. What flows out: Arrow schemas.
What it must never see: a file.

Each field has its value and a column `…_state`; times and counts also `…_raw`, the text where it became no value.
"""

from collections.abc import Sequence
from types import MappingProxyType

import numpy as np
import pyarrow as pa

from lockplate.imports.states import Codes
from lockplate.released import RULES, STATES, EventField, Field, RecordKind, ShareField

INSTANT = pa.timestamp("ms", tz="UTC")
COUNTS = (Field.NETWORKS, Field.DEVICES)
TIMES = (Field.FRAME_FROM, Field.FRAME_TO, Field.SEARCHED_AT)
WORD = pa.dictionary(pa.int8(), pa.string())
EXTRA = pa.map_(pa.string(), pa.string())
_STATE_WORDS = pa.array([state.value for state in STATES])
_RULE_WORDS = pa.array([rule.value for rule in RULES])
FIELDS: MappingProxyType[RecordKind, Sequence[Field | EventField | ShareField]] = MappingProxyType(
    {
        RecordKind.SEARCH: tuple(Field),
        RecordKind.EVENT: tuple(EventField),
        RecordKind.SHARE: tuple(ShareField),
    }
)
MOMENT: MappingProxyType[RecordKind, str] = MappingProxyType(
    {RecordKind.SEARCH: Field.SEARCHED_AT.value, RecordKind.EVENT: EventField.AT.value}
)
"""The column that says when; a line of a sharing list does not."""


def typed(kind: RecordKind) -> tuple[str, ...]:
    """Return the names of fields that are times or counts."""
    if kind is RecordKind.SEARCH:
        return tuple(field.value for field in (*COUNTS, *TIMES))
    return (MOMENT[kind],) if kind in MOMENT else ()


def _type_of(name: str) -> pa.DataType:
    if name in {field.value for field in COUNTS}:
        return pa.int64()
    return INSTANT if name in {*(field.value for field in TIMES), EventField.AT.value} else pa.string()


def _schema(kind: RecordKind) -> pa.Schema:
    names = [field.value for field in FIELDS[kind]]
    return pa.schema(
        [
            pa.field("row", pa.int64(), nullable=False),
            pa.field("line", pa.int64()),
            pa.field("sheet", pa.string()),
            pa.field("section", pa.int16(), nullable=False),
            *(pa.field(name, _type_of(name)) for name in names),
            *(pa.field(f"{name}_state", WORD, nullable=False) for name in names),
            *(pa.field(f"{name}_raw", pa.string()) for name in typed(kind)),
            pa.field("time_rule", WORD, nullable=False),
            pa.field("id_repeats", pa.bool_(), nullable=False),
            pa.field("extra", EXTRA),
        ]
    )


SCHEMAS = MappingProxyType({kind: _schema(kind) for kind in RecordKind})
"""Of each kind of record, without the column `release` that a reader adds."""


def state_words(codes: Codes) -> pa.DictionaryArray:
    """Return codes of states as words."""
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int8()), _STATE_WORDS)


def rule_words(codes: Codes) -> pa.DictionaryArray:
    """Return codes of time rules as words."""
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int8()), _RULE_WORDS)


def extras(names: Sequence[str], columns: Sequence[pa.StringArray], rows: int) -> pa.MapArray:
    """Return columns that have no field as one map for each row; a cell that a row does not have is not in its map."""
    if not columns:
        return pa.MapArray.from_arrays(
            np.zeros(rows + 1, np.int32), pa.array([], pa.string()), pa.array([], pa.string())
        )
    wide = len(columns)
    order = (np.arange(wide)[None, :] * rows + np.arange(rows)[:, None]).ravel()
    values = pa.concat_arrays(list(columns)).take(pa.array(order))
    there = np.asarray(values.is_valid())
    offsets = np.concatenate(([0], np.cumsum(there.reshape(rows, wide).sum(axis=1)))).astype(np.int32)
    indices = np.tile(np.arange(wide, dtype=np.int32), rows)[there]
    keys = pa.array(list(names), pa.string()).take(pa.array(indices))
    return pa.MapArray.from_arrays(pa.array(offsets), keys, values.filter(pa.array(there)))
