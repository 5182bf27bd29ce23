"""Plain values: a typed result as JSON writes it, the same for both faces.

What flows in: structs, enums, times. What flows out: dictionaries, lists, text, numbers.
What it must never see: a terminal, an HTTP request.
"""

from datetime import datetime
from typing import Any

import msgspec

from lockplate.clock import format_time


def plain(value: object) -> Any:
    """Return a result as JSON writes it; times are RFC 3339 in UTC with milliseconds."""
    return _timed(msgspec.to_builtins(value, builtin_types=(datetime,), str_keys=True))


def _timed(value: Any) -> Any:
    if isinstance(value, datetime):
        return format_time(value)
    if isinstance(value, dict):
        return {name: _timed(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_timed(each) for each in value]
    return value
