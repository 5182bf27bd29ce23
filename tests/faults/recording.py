"""Recording: what a process did to a disk, from what strace noted of it, played on a model of the disk.

What flows in: a folder as it was; strace's lines with all data in hex. What flows out: the disk, step by step, and the
lines that the process said in between. What it must never see: what a file means.

Memory maps are not seen. SQLite maps its `-shm` files only, and makes them anew when it opens a file alone.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from disk import File, Folder

_LINE = re.compile(r"(\d+) +(\w+)\((.*)\) += (-?\d+)")
_UNFINISHED = re.compile(r"(\d+) +(\w+)\((.*) <unfinished \.\.\.>$")
_RESUMED = re.compile(r"(\d+) +<\.\.\. (\w+) resumed>(.*)$")
_HELD = re.compile(r"(?:\d+|AT_FDCWD)<((?:\\x[0-9a-f]{2})*)>")
_TEXT = re.compile(r"\"((?:\\x[0-9a-f]{2})*)\"")


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call that came back well."""

    name: str
    held: str
    """Path of the file that its descriptor held; empty without one."""
    texts: tuple[bytes, ...]
    rest: str
    """The arguments after the last text, or after the descriptor."""


def calls(noted: str) -> Iterator[Call]:
    """Yield the calls of a recording that came back well, in the order in which they did."""
    begun: dict[str, str] = {}
    for line in noted.splitlines():
        if match := _UNFINISHED.match(line):
            begun[match[1]] = f"{match[1]} {match[2]}({match[3]}"
            continue
        resumed = _RESUMED.match(line)
        match = _LINE.match(begun.pop(resumed[1], "") + resumed[3] if resumed else line)
        if match is None or int(match[4]) < 0:
            continue
        arguments = match[3]
        held = _HELD.match(arguments)
        texts = list(_TEXT.finditer(arguments))
        end = texts[-1].end() if texts else held.end() if held else 0
        yield Call(
            name=match[2],
            held=os.fsdecode(_bytes(held[1])) if held else "",
            texts=tuple(_bytes(text[1]) for text in texts),
            rest=arguments[end:],
        )


def _bytes(hexed: str) -> bytes:
    return bytes.fromhex(hexed.replace("\\x", ""))


class Player:
    """Plays calls on a disk that began as a folder of this machine."""

    def __init__(self, root: Path, disk: Folder) -> None:
        self.root, self.disk = root, disk
        self.said: list[dict[str, Any]] = []
        self._nameless: dict[str, File | Folder] = {}
        """What lost its name, by the last one it had: it may still be held open."""

    def play(self, call: Call) -> bool:
        """Do one call; say whether it touched the disk or told something."""
        if call.name == "sendto":
            self.said += [msgspec.json.decode(line) for line in call.texts[0].splitlines()]
            return True
        if call.name in {"write", "pwrite64", "ftruncate", "fsync", "fdatasync"}:
            return self._on_held(call)
        parts = [self._parts(os.fsdecode(text)) for text in call.texts]
        if not parts or not all(parts):  # outside, or the root itself, which has no name here
            return False
        return self._on_names(call, [one for one in parts if one])

    def _on_held(self, call: Call) -> bool:
        node = self._held(call.held)
        if node is None:
            return False
        if call.name in {"fsync", "fdatasync"}:
            node.sync()
            return True
        assert isinstance(node, File), call.held
        if call.name == "ftruncate":
            node.cut(int(call.rest.strip(", ")))
        else:
            # whoever uses plain `write` here writes a fresh file from its start to its end
            place = int(call.rest.split(",")[2]) if call.name == "pwrite64" else node.size
            node.write(place, call.texts[0])
        return True

    def _on_names(self, call: Call, paths: list[tuple[str, ...]]) -> bool:
        *above, name = paths[0]
        folder, node = self._folder(tuple(above)), self.disk.find(paths[0])
        match call.name:
            case "openat":
                return self._opened(call, folder, name, node)
            case "mkdir":
                folder.change({name: Folder()})
            case "unlink" | "rmdir" | "unlinkat":
                assert node is not None, call.texts
                self._nameless["/".join(paths[0])] = node
                folder.change({name: None})
            case "rename" | "renameat2" | "link":
                if "RENAME_EXCHANGE" in call.rest:
                    self._exchanged(paths, folder, name)
                else:
                    self._moved(paths, folder, name, keeps=call.name == "link")
            case _:
                raise NotImplementedError(call.name)
        return True

    def _opened(self, call: Call, folder: Folder, name: str, node: File | Folder | None) -> bool:
        if node is None and "O_CREAT" in call.rest:
            folder.change({name: File()})
            return True
        if isinstance(node, File) and "O_TRUNC" in call.rest and node.size:
            node.cut(0)
            return True
        return False

    def _moved(self, paths: list[tuple[str, ...]], folder: Folder, name: str, *, keeps: bool) -> None:
        *above, new_name = paths[1]
        new_folder, node = self._folder(tuple(above)), folder.now[name]
        gone = {} if keeps else {name: None}
        if new_folder is folder:
            folder.change(gone | {new_name: node})
            return
        new_folder.change({new_name: node})
        if gone:
            folder.change(gone)

    def _exchanged(self, paths: list[tuple[str, ...]], folder: Folder, name: str) -> None:
        *above, other = paths[1]
        assert self._folder(tuple(above)) is folder, paths
        folder.change({name: folder.now[other], other: folder.now[name]})

    def _held(self, path: str) -> File | Folder | None:
        parts = self._parts(path.removesuffix(" (deleted)"))
        if parts is None:
            return None
        if path.endswith(" (deleted)"):
            return self._nameless.get("/".join(parts))
        return self.disk.find(parts)

    def _folder(self, parts: tuple[str, ...]) -> Folder:
        node = self.disk.find(parts)
        assert isinstance(node, Folder), parts
        return node

    def _parts(self, path: str) -> tuple[str, ...] | None:
        """Return a path within the root as its parts; None for one outside."""
        place = Path(path)
        return place.relative_to(self.root).parts if place.is_relative_to(self.root) else None
