"""Our logs before other people's verifiers: sound at every kind of size, and each thing that was tampered with is named."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from foreign_logs import OPERATOR, SIGNER, Verify, entry_of, export, make_log, plain_server, run

from lockplate.checkpoint import Checkpoint, Signer
from lockplate.evidence.export import export_log
from lockplate.evidence.files import EvidenceFolder, OpenEvidence
from lockplate.merkle import leaf_hash, root_of

Logs = Callable[[int], Path]
BIG = 65_836
"""Three levels: level 0 has 257 full tiles and one of 44, level 1 has one full tile and one of 1, level 2 has one of 1."""
STRANGER = Signer(SIGNER.origin, bytes(range(1, 33)))
FORGER = Signer(SIGNER.origin, bytes(range(2, 34)))


# Sound


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 700, 65_536, BIG])
def test_a_log_is_sound(verify: Verify, exported: Logs, size: int) -> None:
    """Signature, every tile, every bundle, the root, and proofs for entries and earlier sizes: as published, and all of it."""
    verdict = verify("log", exported(size))

    assert verdict.sound, verdict
    assert (SIGNER.origin, size, size) == (verdict.told["origin"], verdict.told["size"], verdict.told.get("entries", 0))
    parts = [path.relative_to(exported(size)).parts for path in exported(size).rglob("*") if path.is_file()]
    bundles = sum(part[:2] == ("tile", "entries") for part in parts)
    assert (bundles, len(parts) - bundles - 2) == (verdict.told["bundles"], verdict.told["tiles"])
    assert (size > 0) == (verdict.told.get("inclusion_proofs", 0) > 0)
    assert (size > 1) == (verdict.told.get("consistency_proofs", 0) > 0)


def test_entries_of_every_length_are_sound(verify: Verify, tmp_path: Path) -> None:
    """An entry may be empty, as long as its length in 16 bits can say, or hold anything."""
    make_log(tmp_path, [b"", b"\0", b"a" * 65_535, bytes(range(256)), b"\n\n", b"", b"last"])
    out = export(tmp_path, tmp_path / "out")

    assert verify("log", out).sound


def test_a_log_is_sound_past_a_thousand_tiles(verify: Verify, exported: Logs) -> None:
    """Where paths get a folder more: the bundle after the thousandth is x001/000."""
    folder = exported(256_300)

    assert (folder / "tile/entries/x001/000").is_file()
    assert (folder / "tile/0/x001/001.p/44").is_file()
    verdict = verify("log", folder, entry=[0, 255_999, 256_000, 256_299])
    assert verdict.sound
    assert (256_300, 4) == (verdict.told["entries"], verdict.told["inclusion_proofs"])


def test_any_web_server_will_do(verify: Verify, exported: Logs) -> None:
    """An exported folder behind somebody's plain web server is the log as well as the node is."""
    with plain_server(exported(700).parent) as url:
        assert verify("log", f"{url}/out").sound
        assert verify("log", f"{url}/out/").sound


def test_an_older_checkpoint_is_the_start(verify: Verify, tmp_path: Path) -> None:
    """Whoever kept a checkpoint sees that today's log extends it, from nothing, across tiles, and at the same size."""
    kept = []
    for size in (0, 1, 200, 256, 300, 513):
        with opened_or_founded(tmp_path) as evidence:
            evidence.log.append([entry_of(number) for number in range(evidence.log.size, size)])
            (tmp_path / f"seen-{size}").write_text(evidence.publisher.publish())
        kept.append(tmp_path / f"seen-{size}")
    out = export(tmp_path, tmp_path / "out")

    verdict = verify("log", out, old=kept)
    assert verdict.sound
    assert len(kept) <= verdict.told["consistency_proofs"]


def opened_or_founded(home: Path) -> OpenEvidence:
    folder = EvidenceFolder.of(home, OPERATOR)
    return folder.open(SIGNER) if folder.exists() else folder.create(SIGNER)


# One byte


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


PARTS = (
    "tile/entries/000",
    "tile/entries/200",
    "tile/entries/257.p/44",
    "tile/0/000",
    "tile/0/255",
    "tile/0/256",
    "tile/0/257.p/44",
    "tile/1/000",
    "tile/1/001.p/1",
    "tile/2/000.p/1",
)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("end", ["first", "last"])
def test_a_byte_is_found(verify: Verify, verifier: str, exported: Logs, part: str, end: str) -> None:
    """One bit in any bundle or any tile of any level, at its start or its end, and that very file is named."""
    with kept_as_it_was(exported(BIG) / part):
        flip(exported(BIG) / part, 5 if end == "first" else -1)
        verdict = verify("log", exported(BIG))

    assert not verdict.sound
    if verifier == "go":
        assert [part] == verdict.named
    else:  # of the tiles at the right edge aics-tlog says only that one is wrong
        assert any(part in where for where in verdict.named)
        assert not [where for where in verdict.named if part not in where]


@contextmanager
def kept_as_it_was(path: Path) -> Iterator[None]:
    """Let a file of a log that others use be altered for a while."""
    content = path.read_bytes()
    try:
        yield
    finally:
        path.write_bytes(content)


def test_two_bytes_in_two_places_are_found(verify: Verify, copied: Logs) -> None:
    """A bundle and a tile elsewhere, both: each is named."""
    folder = copied(700)
    flip(folder / "tile/entries/000", 20)
    flip(folder / "tile/0/001", 20)

    verdict = verify("log", folder)
    assert not verdict.sound
    assert ["tile/0/001", "tile/entries/000"] == sorted(verdict.named)


# Parts moved, cut, lost


def test_swapped_bundles_are_found(verify: Verify, copied: Logs) -> None:
    """Two bundles in each other's place."""
    folder = copied(700)
    first, second = (folder / "tile/entries" / name for name in ("000", "001"))
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)

    verdict = verify("log", folder)
    assert not verdict.sound
    assert ["tile/entries/000", "tile/entries/001"] == sorted(verdict.named)


def test_swapped_tiles_are_found(verify: Verify, copied: Logs) -> None:
    """Two tiles in each other's place."""
    folder = copied(700)
    first, second = (folder / "tile/0" / name for name in ("000", "001"))
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)

    verdict = verify("log", folder)
    assert not verdict.sound
    assert ["tile/0/000", "tile/0/001"] == sorted(verdict.named)


@pytest.mark.parametrize("part", ["tile/entries/001", "tile/entries/002.p/188", "tile/0/001", "tile/0/002.p/188"])
@pytest.mark.parametrize("how", ["cut", "longer", "empty", "gone"])
def test_a_part_that_is_not_whole_is_found(verify: Verify, copied: Logs, part: str, how: str) -> None:
    """Cut short, with something after it, empty, or not there at all."""
    folder = copied(700)
    path = folder / part
    content = path.read_bytes()
    path.write_bytes({"cut": content[:-1], "longer": content + b"\0\1x", "empty": b"", "gone": b""}[how])
    if how == "gone":
        path.unlink()

    verdict = verify("log", folder)
    assert not verdict.sound
    assert all(part in where for where in verdict.named), verdict.told
    assert verdict.named


def checkpoint_of(entries: list[bytes], signer: Signer = SIGNER) -> str:
    """Return the checkpoint of a log of these entries."""
    root = root_of([leaf_hash(entry) for entry in entries])
    return signer.sign(Checkpoint(origin=signer.origin, size=len(entries), root=root))


def test_a_full_part_stands_for_a_partial_one(verify: Verify, exported: Logs) -> None:
    """A log may drop partial tiles once the full ones are there (tlog-tiles): an older checkpoint is checked all the same."""
    folder = exported(BIG)
    assert not list(folder.glob("tile/*/255.p"))
    assert not (folder / "tile/1/000.p").exists()
    with kept_as_it_was(folder / "checkpoint"):
        (folder / "checkpoint").write_text(checkpoint_of([entry_of(number) for number in range(65_500)]))
        verdict = verify("log", folder)

    assert verdict.sound, verdict
    assert 65_500 == verdict.told["size"]


# Checkpoints


def test_a_checkpoint_by_another_key_is_refused(verify: Verify, copied: Logs) -> None:
    """The same words, signed by somebody else who uses the log's name."""
    folder = copied(257)
    forged = checkpoint_of([entry_of(number) for number in range(257)], STRANGER)
    assert (folder / "checkpoint").read_text().split("\n\n")[0] == forged.split("\n\n")[0]
    (folder / "checkpoint").write_text(forged)

    verdict = verify("log", folder)
    assert not verdict.sound
    assert ["checkpoint"] == verdict.named
    assert verify("log", folder, key=STRANGER.vkey).sound


@pytest.mark.parametrize(
    ("old", "new"),
    [("\n257\n", "\n256\n"), ("lockplate/", "lockplate-"), ("\n\n— ", "\n— "), ("\n", "\r\n"), ("— ", "- ")],
)
def test_an_altered_checkpoint_is_refused(verify: Verify, copied: Logs, old: str, new: str) -> None:
    """Another size, another name, lines put otherwise: the signature is over every byte."""
    folder = copied(257)
    text = (folder / "checkpoint").read_bytes().decode()
    assert old in text
    (folder / "checkpoint").write_bytes(text.replace(old, new).encode())

    verdict = verify("log", folder)
    assert not verdict.sound
    assert ["checkpoint"] == verdict.named


def test_a_log_without_a_checkpoint_is_refused(verify: Verify, copied: Logs) -> None:
    """Tiles alone prove nothing."""
    folder = copied(257)
    (folder / "checkpoint").unlink()

    assert ["checkpoint"] == verify("log", folder).named


def test_the_key_of_another_log_is_refused(verify: Verify, exported: Logs) -> None:
    """A key is trusted for one name."""
    other = Signer("lockplate/shelbyville-pd", bytes(range(32)))

    assert ["checkpoint"] == verify("log", exported(1), key=other.vkey).named


def test_an_old_checkpoint_put_back_is_seen_by_who_kept_a_newer_one(verify: Verify, tmp_path: Path) -> None:
    """A rollback fits itself: the log alone is sound. Beside a newer checkpoint that somebody kept, it is not."""
    older = make_log(tmp_path, [entry_of(number) for number in range(200)])
    folder = export(tmp_path, tmp_path / "out")
    with EvidenceFolder.of(tmp_path, OPERATOR).open(SIGNER) as evidence:
        evidence.log.append([entry_of(number) for number in range(200, 300)])
    export(tmp_path, folder)
    newer = tmp_path / "seen"
    newer.write_text((folder / "checkpoint").read_text())
    (folder / "checkpoint").write_text(older)

    assert verify("log", folder).sound
    verdict = verify("log", folder, old=newer)
    assert not verdict.sound
    assert ["checkpoint"] == verdict.named


@pytest.mark.parametrize("kept", [1, 150, 256, 299, 300])
def test_another_history_is_seen_by_who_kept_a_checkpoint(verify: Verify, tmp_path: Path, kept: int) -> None:
    """A log made anew with one record left out is sound by itself, and is not what was seen before."""
    entries = [entry_of(number) for number in range(301)]
    make_log(tmp_path, entries[1:])
    folder = export(tmp_path, tmp_path / "out")
    (tmp_path / "seen").write_text(checkpoint_of(entries[:kept]))

    assert verify("log", folder).sound
    verdict = verify("log", folder, old=tmp_path / "seen")
    assert not verdict.sound
    assert set(verdict.named) <= {"checkpoint", str(tmp_path / "seen")}


def test_an_old_checkpoint_by_another_key_is_refused(verify: Verify, exported: Logs, tmp_path: Path) -> None:
    """What somebody kept must be signed as well."""
    (tmp_path / "seen").write_text(checkpoint_of([entry_of(0)], STRANGER))

    assert [str(tmp_path / "seen")] == verify("log", exported(257), old=tmp_path / "seen").named


# History made anew under the old signature


def forged(folder: Path, size: int) -> Path:
    """Return the export of a log like ours but for one entry, by another key."""
    entries = [entry_of(number) for number in range(size)]
    entries[size // 3] = entry_of(size // 3, "hold_opened")
    make_log(folder, entries, FORGER)
    with EvidenceFolder.of(folder, OPERATOR).open(FORGER) as evidence:
        export_log(evidence.log, evidence.publisher.last(), FORGER.vkey, folder / "forged")
    return folder / "forged"


@pytest.mark.parametrize("size", [2, 257, 700])
def test_a_tree_made_anew_does_not_have_the_signed_root(
    verify: Verify, verifier: str, copied: Logs, tmp_path: Path, size: int
) -> None:
    """Entries and all tiles altered together fit each other; the checkpoint they cannot make."""
    folder, other = copied(size), forged(tmp_path, size)
    shutil.rmtree(folder / "tile")
    shutil.copytree(other / "tile", folder / "tile")

    verdict = verify("log", folder)
    assert not verdict.sound
    if verifier == "go":
        assert ["checkpoint"] == verdict.named
    else:
        assert all("tile/0/" in where for where in verdict.named)


def test_tiles_made_anew_are_found(verify: Verify, verifier: str, copied: Logs, tmp_path: Path) -> None:
    """Tiles altered up to the root over entries that are not: each of those tiles is named."""
    folder, other = copied(700), forged(tmp_path, 700)
    for level in ("0", "1"):
        shutil.rmtree(folder / "tile" / level)
        shutil.copytree(other / "tile" / level, folder / "tile" / level)

    verdict = verify("log", folder)
    assert not verdict.sound
    if verifier == "go":
        assert ["tile/0/000", "tile/1/000.p/2"] == verdict.named
    else:
        assert any("tile/1/000.p/2" in where for where in verdict.named)


def test_entries_made_anew_are_found(verify: Verify, copied: Logs, tmp_path: Path) -> None:
    """An altered record under honest tiles: its bundle is named."""
    folder, other = copied(700), forged(tmp_path, 700)
    shutil.copyfile(other / "tile/entries/000", folder / "tile/entries/000")

    verdict = verify("log", folder)
    assert not verdict.sound
    assert ["tile/entries/000"] == verdict.named


# Called wrongly


def test_a_wrong_call_is_neither_sound_nor_not(verify: Verify, exported: Logs, tmp_path: Path) -> None:
    """No key, half a key: exit code 2, and a word about it."""
    for key in ("", "lockplate/springfield-pd", SIGNER.vkey[:-4], SIGNER.vkey.replace("+", "+0", 1)):
        verdict = verify("log", exported(1), key=key)
        assert 2 == verdict.code, key
        assert verdict.complaint


def test_the_key_may_lie_in_a_file(verify: Verify, exported: Logs, tmp_path: Path) -> None:
    """As the log serves it, with a line end."""
    (tmp_path / "key").write_text(f"{SIGNER.vkey}\n")

    assert verify("log", exported(2), key=tmp_path / "key").sound


def test_an_entry_beyond_the_checkpoint_is_not_proved(go_verifier: Path, exported: Logs) -> None:
    """Asked for an entry that the checkpoint does not cover, the Go program says so."""
    verdict = run(go_verifier, "log", "-json", "-key", SIGNER.vkey, "-entry", "257", exported(257))

    assert ["entry 257"] == verdict.named


def test_go_says_in_words_what_it_found(go_verifier: Path, copied: Logs) -> None:
    """Without -json, a person reads what was looked at and what is wrong."""
    folder = copied(257)
    words = [go_verifier, "log", "-key", SIGNER.vkey, folder]
    before = subprocess.run(words, capture_output=True, text=True, check=False)
    flip(folder / "tile/entries/000", 30)
    after = subprocess.run(words, capture_output=True, text=True, check=False)

    assert (0, "SOUND") == (before.returncode, before.stdout.splitlines()[-1])
    assert "257 entries" in before.stdout
    assert (1, "NOT SOUND") == (after.returncode, after.stdout.splitlines()[-1])
    assert "WRONG:   tile/entries/000: " in after.stdout
