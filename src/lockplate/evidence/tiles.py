"""Tiles: where the parts of a log lie, as C2SP tlog-tiles names them.

What flows in: levels, numbers, widths, tree sizes. What flows out: relative paths, and which tiles a size needs.
What it must never see: I/O; the web and the export both serve these paths.
"""

from collections.abc import Iterator
from typing import NamedTuple

from lockplate.errors import BadInput

TILE_WIDTH = 256
"""Hashes in a full tile, entries in a full bundle."""
TILE_HEIGHT = 8
MAX_LEVEL = 63


class TileName(NamedTuple):
    """One tile of hashes: its level, its number in the level, and how many hashes it holds (1 to 256)."""

    level: int
    number: int
    width: int


class BundleName(NamedTuple):
    """One bundle of entries: its number, and how many entries it holds (1 to 256)."""

    number: int
    width: int


def tile_path(tile: TileName) -> str:
    """Return `tile/<L>/<N>[.p/<W>]`."""
    if not 0 <= tile.level <= MAX_LEVEL:
        raise BadInput("a tile's level is between 0 and 63", code="bad_tile")
    return f"tile/{tile.level}/{_number_and_width(tile.number, tile.width)}"


def bundle_path(bundle: BundleName) -> str:
    """Return `tile/entries/<N>[.p/<W>]`."""
    return f"tile/entries/{_number_and_width(bundle.number, bundle.width)}"


def parse_path(path: str) -> TileName | BundleName:
    """Return what a path names, or raise BadInput for a path that tlog-tiles would not write so."""
    parts = path.split("/")
    try:
        if len(parts) < 3 or parts[0] != "tile":
            raise ValueError  # noqa: TRY301 - every spelling fault ends in one message
        number, width = _parse_number_and_width(parts[2:])
        name = BundleName(number, width) if parts[1] == "entries" else TileName(int(parts[1]), number, width)
    except ValueError:
        raise BadInput("not a tile's path", code="bad_tile") from None
    if (bundle_path(name) if isinstance(name, BundleName) else tile_path(name)) != path:
        raise BadInput("a tile's path in another spelling than the standard's", code="bad_tile")
    return name


def tiles_of(size: int) -> Iterator[TileName]:
    """Yield every tile of hashes that a tree of `size` leaves consists of; partial ones come last in each level."""
    level, hashes = 0, size
    while hashes:
        for bundle in _split(hashes):
            yield TileName(level, bundle.number, bundle.width)
        level, hashes = level + 1, hashes // TILE_WIDTH


def bundles_of(size: int) -> Iterator[BundleName]:
    """Yield every bundle of entries that a tree of `size` leaves consists of."""
    return _split(size)


def _split(count: int) -> Iterator[BundleName]:
    full, rest = divmod(count, TILE_WIDTH)
    for number in range(full):
        yield BundleName(number, TILE_WIDTH)
    if rest:
        yield BundleName(full, rest)


def _number_and_width(number: int, width: int) -> str:
    if number < 0 or not 1 <= width <= TILE_WIDTH:
        raise BadInput("a tile's number is not negative and its width is 1 to 256", code="bad_tile")
    groups = [f"{number % 1000:03d}"]
    while number := number // 1000:
        groups.append(f"x{number % 1000:03d}")
    return "/".join(reversed(groups)) + ("" if width == TILE_WIDTH else f".p/{width}")


def _parse_number_and_width(parts: list[str]) -> tuple[int, int]:
    width = TILE_WIDTH
    if len(parts) >= 2 and parts[-2].endswith(".p"):
        width = int(parts[-1])
        parts = [*parts[:-2], parts[-2].removesuffix(".p")]
    return int("".join(part.removeprefix("x") for part in parts)), width
