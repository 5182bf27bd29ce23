"""Edge: the right-hand side of a growing tree, which is all that an append needs to know of it.

What flows in: leaf hashes. What flows out: the root, and the tiles that these leaves finished or lengthened.
What it must never see: I/O. The log stores what an edge reports and rebuilds an edge from what it stored.
"""

from collections.abc import Sequence

from lockplate.evidence.tiles import TILE_HEIGHT, TILE_WIDTH
from lockplate.merkle import HASH_BYTES, fold_right, leaf_hash, node_hash, root_of

FULL_TILE_BYTES = TILE_WIDTH * HASH_BYTES


class Edge:
    """A tree's size, its unfinished tile at each level, and the perfect subtrees that its root is made of."""

    __slots__ = ("_stack", "finished", "open_tiles", "size")

    def __init__(self, size: int, open_tiles: Sequence[bytes]) -> None:
        """Take up a tree of `size` leaves at its unfinished tiles, level 0 first (b"" where a level has none)."""
        self.size = size
        self.open_tiles = [bytearray(tile) for tile in open_tiles]
        self.finished: list[tuple[int, int, bytes]] = []
        """(level, number, hashes) of every tile that became full, in order."""
        self._stack: list[bytes] = []
        for tile in reversed(self.open_tiles):
            self._stack += _perfect_parts(tile)

    def copy(self) -> "Edge":
        """Return an edge that can grow while this one stays as it is."""
        twin = Edge(self.size, ())
        twin.open_tiles = [tile[:] for tile in self.open_tiles]
        twin._stack = self._stack[:]
        return twin

    def root(self) -> bytes:
        """Return the root of the tree as it stands."""
        return fold_right(self._stack)

    def add(self, entry: bytes) -> None:
        """Take one more entry into the tree."""
        node = leaf_hash(entry)
        self._place(0, node)
        stack, carry, height = self._stack, self.size, 0
        while carry & 1:
            node = node_hash(stack.pop(), node)
            carry >>= 1
            height += 1
            if height % TILE_HEIGHT == 0:
                self._place(height // TILE_HEIGHT, node)
        stack.append(node)
        self.size += 1

    def _place(self, level: int, node: bytes) -> None:
        """Put a hash into its level's unfinished tile, and take the tile out when that filled it."""
        if level == len(self.open_tiles):
            self.open_tiles.append(bytearray())
        tile = self.open_tiles[level]
        tile += node
        if len(tile) == FULL_TILE_BYTES:
            self.finished.append((level, self.size >> (TILE_HEIGHT * (level + 1)), bytes(tile)))
            tile.clear()


def open_width(size: int, level: int) -> int:
    """Return how many hashes the unfinished tile of a level holds (0 to 255): floor(size / 256**level) mod 256."""
    return (size >> (TILE_HEIGHT * level)) % TILE_WIDTH


def levels_of(size: int) -> int:
    """Return how many levels of tiles a tree has."""
    return 0 if size == 0 else (size.bit_length() - 1) // TILE_HEIGHT + 1


def _perfect_parts(tile: bytearray) -> list[bytes]:
    """Return the roots of the perfect subtrees that a tile's hashes make up, the largest first."""
    hashes = [bytes(tile[at : at + HASH_BYTES]) for at in range(0, len(tile), HASH_BYTES)]
    parts, start = [], 0
    while start < len(hashes):
        width = 1 << ((len(hashes) - start).bit_length() - 1)
        parts.append(root_of(hashes[start : start + width]))
        start += width
    return parts
