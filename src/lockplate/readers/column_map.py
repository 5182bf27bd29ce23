"""ColumnMap: how somebody else's table says plate, time, reader and place, written down in a small YAML file.

What flows in: the text of a map. What flows out: a checked ColumnMap. What it must never see: a table's rows, the
store, keys. An unknown key is refused: a typing error must not load wrongly.

    format: csv                      # csv or parquet
    delimiter: "|"                   # csv only; default ","
    missing: ["NA", ""]              # cells that mean "no value"
    plate: {column: plate_hash}      # kind: text (default) or hash; take: first N characters
    captured_at: {column: dt, format: "%m/%d/%Y - %H:%M:%S", zone: America/Los_Angeles}
    reader: {column: device}         # or {constant: bridge-1}
    position: {latitude: lat, longitude: lon}          # two columns, or
    #          {column: Location, pattern: "(lat, lon)", missing: ["(0, 0)"]}   # one cell
    region: {constant: US-WA}        # place, region, direction, lane, event_id: a column or a constant
"""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import yaml

from lockplate.errors import BadInput
from lockplate.law.yaml_text import plain_yaml


class Cell(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a value comes from: a column, or the same constant for every row."""

    column: str | None = None
    constant: str | None = None


class PlateCell(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the plate comes from; a `hash` column holds a publisher's pseudonym, which stands for the plate."""

    column: str
    kind: Literal["text", "hash"] = "text"
    take: int | None = None
    """Use only the first N characters of a hash."""


class TimeCell(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the time comes from, how it is written, and the zone of its clock."""

    column: str
    format: str = "rfc3339"
    """`rfc3339`, `epoch_s`, `epoch_ms`, `epoch_us`, or a strptime pattern such as `%m/%d/%Y %I:%M:%S %p`."""
    zone: str | None = None
    """IANA zone of a naive time; without it naive times are refused."""


class PositionCell(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the position comes from: two columns, or one cell of text with both numbers."""

    latitude: str | None = None
    longitude: str | None = None
    column: str | None = None
    order: Literal["lat lon", "lon lat"] = "lat lon"
    """Which number comes first in one cell."""
    missing: tuple[str, ...] = ()


class ColumnMap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole map."""

    plate: PlateCell
    captured_at: TimeCell
    format: Literal["csv", "parquet"] = "csv"
    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    missing: tuple[str, ...] = ("",)
    reader: Cell = Cell(constant="file")
    position: PositionCell | None = None
    region: Cell | None = None
    place: Cell | None = None
    direction: Cell | None = None
    lane: Cell | None = None
    event_id: Cell | None = None
    confidence: Cell | None = None
    confidence_scale: Literal["0-1", "0-100"] = "0-1"

    def columns(self) -> tuple[str, ...]:
        """Return the names of every column that the map uses, each once, in order."""
        position = self.position or PositionCell()
        cells = (self.reader, self.region, self.place, self.direction, self.lane, self.event_id, self.confidence)
        names = [self.plate.column, self.captured_at.column]
        names += [cell.column for cell in cells if cell is not None and cell.column is not None]
        names += [name for name in (position.latitude, position.longitude, position.column) if name is not None]
        return tuple(dict.fromkeys(names))

    def zone(self) -> tzinfo | None:
        """Return the zone of naive times."""
        return None if self.captured_at.zone is None else ZoneInfo(self.captured_at.zone)


def load_column_map(text: str) -> ColumnMap:
    """Return a checked map, or raise BadInput with the field that is wrong."""
    try:
        plain: Any = plain_yaml(text)
        loaded = msgspec.convert(plain, ColumnMap)
    except yaml.YAMLError as error:
        raise BadInput("the map is not valid YAML", code="bad_map", next_step="See docs/mapped-files.md.") from error
    except msgspec.ValidationError as error:
        raise BadInput(
            f"the map cannot be used: {error}", code="bad_map", next_step="See docs/mapped-files.md."
        ) from None
    return _checked(loaded, plain)


def _checked(loaded: ColumnMap, plain: Mapping[str, Any]) -> ColumnMap:
    """Refuse what the types alone let through."""
    for name, cell in plain.items():
        given = msgspec.to_builtins(cell)
        if name in ("reader", "region", "place", "direction", "lane", "event_id", "confidence") and (
            not isinstance(given, dict) or ("column" in given) == ("constant" in given)
        ):
            raise BadInput(f"`{name}` wants either a column or a constant", code="bad_map")
    position = loaded.position
    if position is not None and (position.column is None) == (position.latitude is None or position.longitude is None):
        raise BadInput("`position` wants latitude and longitude, or one column", code="bad_map")
    if len(loaded.delimiter) != 1 or len(loaded.quote) != 1:
        raise BadInput("`delimiter` and `quote` are one character", code="bad_map")
    try:
        loaded.zone()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput(
            "`captured_at.zone` is no IANA zone", code="bad_map", next_step="Example: Europe/Berlin"
        ) from None
    return loaded
