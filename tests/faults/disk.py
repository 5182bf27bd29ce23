"""Disk: what a power loss may leave of a folder whose every write was recorded.

What flows in: a folder as it was, synced; then writes, syncs, names made, moved and removed, in order. What flows out:
images: folders as they may be found when the power fails at this moment.
What it must never see: what a file means.

The model is what POSIX promises and no more. Of a file, what was written since its last sync may be there, or not, in any
mixture, each write torn at sectors. Of a folder, names made, moved or removed since *its* last sync may be there up to
any point. Syncing a file does not make its name durable. Folders are independent of each other and of their files.
"""

import random
from pathlib import Path
from typing import Self

SECTOR = 512


class Chance:
    """How much of what was not synced survives: nothing, everything, or what the dice say."""

    def __init__(self, mode: str, seed: int) -> None:
        self.mode = mode
        self.dice = random.Random(seed)

    def keeps(self) -> bool:
        """Say whether one thing that was not synced is there all the same."""
        return self.mode == "all" or (self.mode == "some" and self.dice.random() < 0.5)

    def reach(self, most: int) -> int:
        """Return up to which of so many steps a folder got."""
        return {"all": most, "none": 0}.get(self.mode, self.dice.randint(0, most))


class File:
    """A file: what is durable, and the changes since."""

    def __init__(self, content: bytes = b"") -> None:
        self.durable = bytearray(content)
        self.size = len(content)
        """As the process sees it."""
        self.changes: list[tuple[int, bytes] | int] = []
        """Writes, with their place; or the length it was cut to."""

    def write(self, place: int, data: bytes) -> None:
        """Note a write."""
        self.changes.append((place, data))
        self.size = max(self.size, place + len(data))

    def cut(self, length: int) -> None:
        """Note a new length."""
        self.changes.append(length)
        self.size = length

    def sync(self) -> None:
        """Make everything so far durable."""
        self.durable = self.image(Chance("all", 0))
        self.changes = []

    def image(self, chance: Chance) -> bytearray:
        """Return what may be found."""
        content = bytearray(self.durable)
        for change in self.changes:
            if isinstance(change, int):
                if chance.keeps():
                    del content[change:]
                    content += bytes(change - len(content))
                continue
            place, data = change
            for start, part in _sectors(place, data) if chance.mode == "some" else [(place, data)]:
                if chance.keeps():
                    content += bytes(max(0, start + len(part) - len(content)))
                    content[start : start + len(part)] = part
        return content


def _sectors(place: int, data: bytes) -> list[tuple[int, bytes]]:
    """Return a write in the pieces in which a disk may take it: whole sectors."""
    pieces, at = [], 0
    while at < len(data):
        end = min(len(data), at + SECTOR - (place + at) % SECTOR)
        pieces.append((place + at, data[at:end]))
        at = end
    return pieces


class Folder:
    """A folder: its names, durable and as the process sees them."""

    def __init__(self) -> None:
        self.durable: dict[str, File | Folder | Path] = {}
        self.now: dict[str, File | Folder | Path] = {}
        self.steps: list[dict[str, File | Folder | Path | None]] = []
        """Each: names set together, or removed (None)."""

    def change(self, names: "dict[str, File | Folder | Path | None]") -> None:
        """Note names that are set or removed in one step."""
        self.steps.append(names)
        _apply(self.now, names)

    def sync(self) -> None:
        """Make the names as they are durable; nothing below is touched."""
        self.durable = dict(self.now)
        self.steps = []

    def lay(self, path: Path, chance: Chance) -> None:
        """Write an image of the folder and all below it."""
        path.mkdir()
        names = dict(self.durable)
        for step in self.steps[: chance.reach(len(self.steps))]:
            _apply(names, step)
        for name, node in names.items():
            if isinstance(node, Folder):
                node.lay(path / name, chance)
            elif isinstance(node, File):
                (path / name).write_bytes(node.image(chance))
                (path / name).chmod(0o600)
            else:
                (path / name).symlink_to(node)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return a folder of this machine as a durable one."""
        folder = cls()
        for child in path.iterdir():
            if child.is_symlink():
                folder.now[child.name] = child.readlink()
            elif child.is_dir():
                folder.now[child.name] = Folder.read(child)
            else:
                folder.now[child.name] = File(child.read_bytes())
        folder.sync()
        return folder

    def find(self, parts: tuple[str, ...]) -> "File | Folder | None":
        """Return what lies at a path below, as the process sees it."""
        node: File | Folder | Path | None = self
        for part in parts:
            node = node.now.get(part) if isinstance(node, Folder) else None
        return None if isinstance(node, Path) else node

    def settle(self) -> None:
        """Make everything here and below durable."""
        self.sync()
        for node in self.now.values():
            if isinstance(node, Folder):
                node.settle()
            elif isinstance(node, File):
                node.sync()


def _apply(names: "dict[str, File | Folder | Path]", step: "dict[str, File | Folder | Path | None]") -> None:
    for name, node in step.items():
        if node is None:
            names.pop(name, None)
        else:
            names[name] = node
