"""The browser's history of a log, from the pieces that a real log exports; pieces that lie, and logs that forked."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from lockplate.checkpoint import Checkpoint, Signer, verify_checkpoint
from lockplate.evidence.export import export_log
from lockplate.evidence.files import EvidenceFolder
from lockplate.evidence.tiles import TileName, tile_path
from lockplate.terms import OperatorId

pytestmark = pytest.mark.browser

Verifier = Any
SIGNER = Signer("lockplate/oakmont", bytes(range(32)))
SIZE = 66_000
"""Three levels of tiles: 256 × 256 is 65,536."""
FORK_AT = 40_000
SIZES = (1, 2, 255, 256, 257, 511, 512, 513, 39_999, 40_000, 40_001, 65_535, 65_536, 65_537, 65_999, 66_000)
HISTORY = """
const fetchTile = async (path) => {
  const answer = await fetch(`/log/${path}`, { cache: "no-store" });
  if (!answer.ok) throw new Error(`no ${path}`);
  return new Uint8Array(await answer.arrayBuffer());
};
const told = [];
for (const [was, wasRoot, is, isRoot] of given) {
  told.push(await outcome(() => v.verifyHistory(head(was, wasRoot), head(is, isRoot), fetchTile)));
}
return told;
"""


@dataclass
class Exported:
    """A log as plain files, and its root at any size."""

    folder: Path
    roots: dict[int, bytes]

    def step(self, was: int, now: int, other: "Exported | None" = None) -> list[Any]:
        """Return two heads to compare: the older one of the other log, when one is given."""
        return [was, (other or self).roots[was].hex(), now, self.roots[now].hex()]


def entry(number: int, line: str) -> bytes:
    return f"{line if number >= FORK_AT else 'common'} {number}".encode()


def made(folder: Path, line: str) -> Exported:
    """Make a log, exported at every size that the tests look at."""
    with EvidenceFolder.of(folder / "home", OperatorId("oakmont")).create(SIGNER) as evidence:
        roots = {0: evidence.log.root(0)}
        for size in SIZES:
            evidence.log.append([entry(number, line) for number in range(evidence.log.size, size)])
            note = evidence.publisher.publish()
            export_log(evidence.log, note, SIGNER.vkey, folder / "out")
            roots[size] = verify_checkpoint(note, SIGNER.vkey).root
    return Exported(folder / "out", roots)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return made(tmp_path_factory.mktemp("log"), "first")


@pytest.fixture(scope="module")
def fork(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return made(tmp_path_factory.mktemp("fork"), "second")


@pytest.fixture
def at_log(verifier: Verifier, log: Exported) -> Verifier:
    verifier.folder = log.folder
    return verifier


def test_tiles_are_named_as_the_standard_names_them(verifier: Verifier) -> None:
    """Paths of tiles are those that the program serves, up to numbers of five groups."""
    names = [(level, number, width) for level in (0, 3) for width in (1, 255, 256)
             for number in (0, 7, 999, 1_000, 1_234_067, 10**12 + 1)]  # fmt: skip

    told = verifier.run("return given.map((name) => v.tilePath(...name));", names)

    assert [tile_path(TileName(*name)) for name in names] == told
    assert "tile/3/x001/x000/x000/x000/001.p/255" in told


def test_a_log_that_only_grew_holds(at_log: Verifier, log: Exported) -> None:
    """Between every two sizes, over the edges of tiles and of levels."""
    steps = [log.step(was, now) for now in SIZES for was in (0, *SIZES) if was <= now]

    assert {"holds"} == set(at_log.run(HISTORY, steps))
    assert any(path.startswith("tile/2/") for path in at_log.fetched)


def test_few_pieces_are_enough(at_log: Verifier, log: Exported) -> None:
    """A visitor who saw 40,000 of 66,000 records fetches a handful of pieces, each once, and no records."""
    at_log.run(HISTORY, [log.step(39_999, 66_000)])

    assert len(at_log.fetched) == len(set(at_log.fetched)) <= 8
    assert not any("entries" in path for path in at_log.fetched)


def test_a_fork_is_a_fork(verifier: Verifier, log: Exported, fork: Exported) -> None:
    """A log that went another way from 40,000 on has rewritten whatever was seen after that, and nothing before."""
    verifier.folder = fork.folder
    after = [size for size in SIZES if size > FORK_AT]
    before = [size for size in SIZES if size <= FORK_AT]

    assert {"rewritten"} == set(verifier.run(HISTORY, [fork.step(was, now, log) for now in after for was in after if was <= now]))  # fmt: skip
    assert {"holds"} == set(verifier.run(HISTORY, [fork.step(was, 66_000, log) for was in before]))


def test_a_log_that_shrank_is_seen(at_log: Verifier, log: Exported) -> None:
    """Fewer records than before is never a history, though they are the same ones; no piece is asked for."""
    assert {"smaller"} == set(at_log.run(HISTORY, [log.step(now, was) for was, now in pairwise(SIZES)]))
    assert [] == at_log.fetched


def test_a_piece_that_lies_is_seen(at_log: Verifier, log: Exported) -> None:
    """One bit turned in each hash that is used, in each piece: never a history that holds."""
    step = log.step(257, 511)
    at_log.run(HISTORY, [step])
    pieces = {path: (log.folder / path).read_bytes() for path in at_log.fetched}
    outcomes: dict[str, set[str]] = {}
    for path, content in pieces.items():
        for at in range(0, len(content), 32):
            altered = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
            at_log.tamper = lambda asked, given, path=path, altered=altered: altered if asked == path else given
            outcomes.setdefault(path, set()).update(at_log.run(HISTORY, [step]))

    assert {"tile/0/001.p/255": {"proof"}, "tile/1/000.p/1": {"proof"}} == outcomes


@pytest.mark.parametrize(
    "change", [lambda tile: tile[:-32], lambda tile: tile + bytes(32), lambda tile: b"", lambda tile: tile[:-1]]
)
def test_a_piece_of_another_length_is_refused(at_log: Verifier, log: Exported, change: Any) -> None:
    """A piece holds as many hashes as its name says."""
    at_log.tamper = lambda _, content: change(content)

    assert ["proof"] == at_log.run(HISTORY, [log.step(257, 511)])


def test_pieces_of_the_other_log_do_not_help(verifier: Verifier, log: Exported, fork: Exported) -> None:
    """Heads of one log over the pieces of its fork: the pieces do not lead to the signed root."""
    verifier.folder = fork.folder

    assert {"proof"} == set(verifier.run(HISTORY, [log.step(257, 66_000), log.step(40_001, 65_999)]))


def test_a_checkpoint_signed_over_nothing_is_seen(at_log: Verifier, log: Exported) -> None:
    """A signed root that no tree has, over true pieces, holds for no older head."""
    invented = Checkpoint(origin=SIGNER.origin, size=66_000, root=bytes(32))
    step = [257, log.roots[257].hex(), invented.size, invented.root.hex()]

    assert ["proof"] == at_log.run(HISTORY, [step])
