"""A log that can be made to lie, for tests of witnesses: its leaves in a list, signed with a key of its own."""

from dataclasses import dataclass, field, replace

from lockplate.checkpoint import Checkpoint, Signer
from lockplate.merkle import consistency_path, leaf_hash, root_at, root_of
from lockplate.witnessing.submission import Submission


@dataclass(frozen=True)
class PlainLog:
    """A log of numbered leaves; `story` tells one history from another under the same key."""

    origin: str = "lockplate.example/oakmont"
    story: str = "true"
    before: str = "true"
    """The story of the leaves before `from_leaf`."""
    from_leaf: int = 0
    seed: bytes = field(default=bytes(range(32)), repr=False)

    @property
    def signer(self) -> Signer:
        return Signer(self.origin, self.seed)

    @property
    def vkey(self) -> str:
        return self.signer.vkey

    def told(self, story: str, *, from_leaf: int = 0) -> "PlainLog":
        """Return the same log with another history from a leaf on."""
        return replace(self, story=story, before=self.story, from_leaf=from_leaf)

    def root(self, size: int) -> bytes:
        return root_at(size, self._subtree)

    def proof(self, old: int, new: int) -> list[bytes]:
        return consistency_path(old, new, self._subtree)

    def checkpoint(self, size: int) -> Checkpoint:
        return Checkpoint(origin=self.origin, size=size, root=self.root(size))

    def note(self, size: int) -> str:
        return self.signer.sign(self.checkpoint(size))

    def submission(self, old: int, new: int) -> Submission:
        """Return the request to cosign `new` from `old`, with the proof that this log has for it."""
        return Submission(old=old, proof=tuple(self.proof(old, new)) if old <= new else (), note=self.note(new))

    def body(self, old: int, new: int) -> bytes:
        return self.submission(old, new).body()

    def _subtree(self, start: int, height: int) -> bytes:
        return root_of([self._leaf(number) for number in range(start, start + (1 << height))])

    def _leaf(self, number: int) -> bytes:
        return leaf_hash(f"{self.story if number >= self.from_leaf else self.before} {number}".encode())
