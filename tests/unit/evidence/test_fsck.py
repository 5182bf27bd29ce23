"""Fsck: clean evidence is clean, each planted tampering is found, nothing is repaired, and no writer's code is used."""

import ast
import hashlib
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lockplate.evidence.fsck
import lockplate.evidence.rebuild
from lockplate.access import AccessRecord, canonical_leaf
from lockplate.checkpoint import Checkpoint, Signer, verify_checkpoint
from lockplate.cosigning.cosignature import Cosigner
from lockplate.errors import EvidenceError
from lockplate.evidence.export import export_log
from lockplate.evidence.fsck import check_export, check_log
from lockplate.evidence.rebuild import Damaged, Levels, read_leaf, read_note, split_bundle
from lockplate.evidence.witnesses import CosignedNote
from lockplate.merkle import leaf_hash, root_of
from lockplate.note import parse_note
from lockplate.terms import Action, OperatorId, PersonId


@pytest.fixture
def filled(recorder, evidence, folder, make_record):
    """700 records, every second one with details, published at 650, all files closed."""
    batch = [(make_record(), {"plate": f"TST{number:04d}"} if number % 2 else {}) for number in range(700)]
    recorder.record_many(batch[:650])
    evidence.publisher.publish()
    recorder.record_many(batch[650:])
    evidence.close()
    return folder


@pytest.fixture
def exported(filled, signer, tmp_path):
    with filled.open(signer) as evidence:
        export_log(evidence.log, evidence.publisher.last(), signer.vkey, tmp_path / "out")
    return tmp_path / "out"


def check(folder, signer):
    return check_log(folder.log, folder.heads, folder.details, signer.vkey)


def alter(path, *statements):
    with closing(sqlite3.connect(path)) as database, database:
        for statement in statements:
            assert database.execute(statement).rowcount != 0


def fingerprint(folder: Path):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_clean_evidence_has_no_findings_and_is_left_alone(filled, signer):
    """Everything is counted, nothing is found, and no file changes."""
    before = fingerprint(filled.folder)
    report = check(filled, signer)
    assert () == report.findings
    counts = {"findings": 0, "entries": 700, "tiles": 3, "signed_size": 650, "details": 350}
    assert counts == report.counts
    assert report is report.require_clean()
    assert before == {name: value for name, value in fingerprint(filled.folder).items() if name in before}


TAMPERINGS = {
    "an edited entry": ("log", ["UPDATE entry SET body = CAST(replace(body, 'officer-7', 'officer-8') AS BLOB) WHERE leaf_index = 300"], "bad_tile"),
    "an edited last entry": ("log", ["UPDATE entry SET body = CAST(replace(body, 'officer-7', 'officer-8') AS BLOB) WHERE leaf_index = 699"], "bad_root"),
    "an entry that is no record": ("log", ["UPDATE entry SET body = x'7b7d' WHERE leaf_index = 5"], "bad_leaf"),
    "a removed entry": ("log", ["DELETE FROM entry WHERE leaf_index = 300"], "gap"),
    "a truncated log": ("log", ["DELETE FROM entry WHERE leaf_index >= 640", "UPDATE state SET size = 640"], "truncated"),
    "a lost unsigned tail": ("log", ["DELETE FROM entry WHERE leaf_index >= 680"], "bad_counter"),
    "an added entry": ("log", ["INSERT INTO entry SELECT 700, body FROM entry WHERE leaf_index = 1"], "bad_counter"),
    "swapped entries": ("log", ["UPDATE entry SET leaf_index = -1 WHERE leaf_index = 3", "UPDATE entry SET leaf_index = 3 WHERE leaf_index = 4", "UPDATE entry SET leaf_index = 4 WHERE leaf_index = -1"], "bad_tile"),
    "swapped tiles": ("log", ["UPDATE tile SET number = 9 WHERE level = 0 AND number = 0", "UPDATE tile SET number = 0 WHERE level = 0 AND number = 1", "UPDATE tile SET number = 1 WHERE level = 0 AND number = 9"], "bad_tile"),
    "a changed upper tile": ("log", ["UPDATE tile SET hashes = zeroblob(64) WHERE level = 1"], "bad_tile"),
    "a removed tile": ("log", ["DELETE FROM tile WHERE level = 0 AND number = 1"], "missing"),
    "a tile too many": ("log", ["INSERT INTO tile VALUES (0, 7, zeroblob(8192))"], "tile_beyond"),
    "a changed counter": ("log", ["UPDATE state SET size = 699"], "bad_counter"),
    "a changed root": ("log", ["UPDATE state SET root = zeroblob(32)"], "bad_root"),
    "a removed state": ("log", ["DELETE FROM state"], "bad_counter"),
    "a removed table": ("log", ["DROP TABLE tile"], "unreadable"),
    "a removed head": ("heads", ["DELETE FROM head"], "missing"),
    "a changed note": ("heads", ["UPDATE head SET note = replace(note, '650', '651')"], "bad_signature"),
    "a changed head size": ("heads", ["UPDATE head SET size = 651"], "bad_head"),
    "a deleted detail": ("details", ["DELETE FROM detail WHERE leaf_index = 301"], "missing_detail"),
    "an emptied detail": ("details", ["UPDATE detail SET sealed = x'' WHERE leaf_index = 301"], "bad_detail"),
    "a detail under another hour": ("details", ["UPDATE detail SET period = period - 1 WHERE leaf_index = 301"], "bad_detail"),
    "a detail where none belongs": ("details", ["UPDATE detail SET leaf_index = 302 WHERE leaf_index = 301"], "stray_detail"),
    "a detail kept too long": ("details", ["UPDATE forgotten SET through = 99999999"], "not_forgotten"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "statements", "code"), TAMPERINGS.values(), ids=TAMPERINGS.keys())
def test_each_planted_tampering_of_the_files_is_found(filled, signer, name, statements, code):
    """Whatever is changed in one of the three files is named, with its own code, and not repaired."""
    alter(filled.folder / f"{name}.db", *statements)
    before = fingerprint(filled.folder)
    report = check(filled, signer)
    assert code in {finding.code for finding in report.findings}
    assert report.counts["findings"] == len(report.findings)
    assert before == {file: value for file, value in fingerprint(filled.folder).items() if file in before}
    with pytest.raises(EvidenceError):
        report.require_clean()


@pytest.mark.parametrize("name", ["log", "heads", "details"])
@pytest.mark.parametrize("content", [None, b"", b"not a database" * 1000])
def test_a_missing_or_ruined_file_is_a_finding(filled, signer, name, content):
    """A file that is gone, empty or no database is a finding, and the rest is still checked."""
    path = filled.folder / f"{name}.db"
    path.unlink() if content is None else path.write_bytes(content)
    report = check(filled, signer)
    assert report.findings
    if name != "log":
        assert 700 == report.counts["entries"]


def test_a_replayed_old_checkpoint_is_found(filled, signer, tmp_path):
    """An older head put back, validly signed and a true root of this log, is still found."""
    shutil.copy(filled.heads, tmp_path / "old.db")
    with filled.open(signer) as evidence:
        evidence.publisher.publish()
    assert () == check(filled, signer).findings
    shutil.copy(tmp_path / "old.db", filled.heads)
    assert ["old_head"] == [finding.code for finding in check(filled, signer).findings]


def test_a_log_put_back_contradicts_what_witnesses_cosigned(filled, signer, make_record, tmp_path):
    """Log and head of before fit each other; the checkpoint that a witness cosigned since is in a file of its own."""
    for path in (filled.log, filled.heads):
        shutil.copy(path, tmp_path / path.name)
    witness = Cosigner("clerk.example", bytes(64))
    with filled.open(signer) as evidence:
        evidence.log.append([canonical_leaf(make_record())])
        note = evidence.publisher.publish()
        lines = witness.cosign(verify_checkpoint(note, signer.vkey), datetime(2026, 11, 24, tzinfo=UTC))
        cosigned = CosignedNote(size=701, note=parse_note(note).with_lines(lines).written())
        evidence.witnesses.keep(cosigned, reached=False)
    whole = check_log(filled.log, filled.heads, filled.details, signer.vkey, witnesses_path=filled.witnesses)
    assert (1, ()) == (whole.counts["checkpoints_kept"], whole.findings)

    for path in (filled.log, filled.heads):
        shutil.copy(tmp_path / path.name, path)
    assert () == check(filled, signer).findings
    cut = check_log(filled.log, filled.heads, filled.details, signer.vkey, witnesses_path=filled.witnesses)
    assert [("truncated", "cosigned 1")] == [(finding.code, finding.where) for finding in cut.findings]


def test_a_whole_rewrite_without_the_key_is_found(filled, signer):
    """Who rebuilds log, tiles, root and counters consistently, but cannot sign, is caught by the head."""
    with closing(sqlite3.connect(filled.log)) as database, database:
        database.execute(
            "UPDATE entry SET body = CAST(replace(body, 'officer-7', 'officer-8') AS BLOB) WHERE leaf_index = 300"
        )
        entries = [row[0] for row in database.execute("SELECT body FROM entry ORDER BY leaf_index")]
        leaves = [leaf_hash(entry) for entry in entries]
        for number in range(2):
            database.execute("UPDATE tile SET hashes = ? WHERE level = 0 AND number = ?",
                             (b"".join(leaves[256 * number : 256 * number + 256]), number))  # fmt: skip
        upper = b"".join(root_of(leaves[256 * number : 256 * number + 256]) for number in range(2))
        database.execute("UPDATE tile SET hashes = ? WHERE level = 1", (upper,))
        database.execute("UPDATE state SET root = ?", (root_of(leaves),))
    assert [("bad_root", "head")] == [(finding.code, finding.where) for finding in check(filled, signer).findings]


def test_another_key_finds_the_head_unsigned(filled, signer):
    """With another key the head is not signed; with a broken one the key is named."""
    other = Signer(signer.origin, bytes(32)).vkey
    report = check_log(filled.log, filled.heads, filled.details, other)
    assert {"bad_signature"} == {finding.code for finding in report.findings}
    report = check_log(filled.log, filled.heads, filled.details, "nonsense")
    assert report.findings


EXPORT_TAMPERINGS = {
    "an edited entry": (lambda out: edit(out / "tile/entries/001", b"officer-7", b"officer-8"), "bad_tile"),
    "an edited entry at the edge": (lambda out: edit(out / "tile/entries/002.p/138", b"officer-7", b"officer-8"), "bad_root"),
    "a truncated bundle": (lambda out: shorten(out / "tile/entries/001"), "bad_bundle"),
    "a missing bundle": (lambda out: (out / "tile/entries/000").unlink(), "unreadable"),
    "swapped tiles": (lambda out: swap(out / "tile/0/000", out / "tile/0/001"), "bad_tile"),
    "a missing tile": (lambda out: (out / "tile/1/000.p/2").unlink(), "unreadable"),
    "a tile beyond": (lambda out: (out / "tile/0/003.p").mkdir() or (out / "tile/0/003.p/9").write_bytes(bytes(288)), "beyond"),
    "a wider part": (lambda out: (out / "tile/0/002.p/139").write_bytes(bytes(139 * 32)), "beyond"),
    "a false older part": (lambda out: (out / "tile/0/002.p/2").write_bytes(bytes(64)), "bad_tile"),
    "an edited checkpoint": (lambda out: edit(out / "checkpoint", b"\n650\n", b"\n649\n"), "bad_signature"),
    "another key's name": (lambda out: (out / "vkey").write_text("other"), "other_key"),
    "a missing checkpoint": (lambda out: (out / "checkpoint").unlink(), "unreadable"),
}  # fmt: skip


def edit(path, old, new):
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))


def shorten(path):
    path.write_bytes(path.read_bytes()[:-1])


def swap(one, other):
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)


@pytest.mark.parametrize(("tamper", "code"), EXPORT_TAMPERINGS.values(), ids=EXPORT_TAMPERINGS.keys())
def test_each_planted_tampering_of_an_export_is_found(exported, signer, tamper, code):
    """Whatever is changed in an exported folder is named, with its own code."""
    assert () == check_export(exported, signer.vkey).findings
    tamper(exported)
    assert code in {finding.code for finding in check_export(exported, signer.vkey).findings}


def test_an_old_checkpoint_put_back_into_an_export_is_found(filled, exported, signer):
    """A folder whose tiles go beyond its checkpoint was set back, and says so."""
    old = (exported / "checkpoint").read_bytes()
    with filled.open(signer) as evidence:
        export_log(evidence.log, evidence.publisher.publish(), signer.vkey, exported)
    assert () == check_export(exported, signer.vkey).findings
    (exported / "checkpoint").write_bytes(old)
    assert {"beyond"} == {finding.code for finding in check_export(exported, signer.vkey).findings}


def imports_of(module):
    tree = ast.parse(Path(module.__file__).read_text())
    return {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)} | {
        name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names
    }


def test_the_checker_shares_no_code_with_the_writer():
    """The two checking modules import nothing of lockplate but errors and each other."""
    own = {name for module in (lockplate.evidence.fsck, lockplate.evidence.rebuild) for name in imports_of(module)
           if name.startswith("lockplate")}  # fmt: skip
    assert {"lockplate.errors", "lockplate.evidence.rebuild"} == own


@given(st.integers(0, 3000))
def test_the_checkers_tree_is_the_writers_tree(size):
    """Two ways to compute a root, written apart, agree at every size."""
    levels = Levels()
    for number in range(size):
        for _ in levels.add(b"%d" % number):
            pass
    assert root_of([leaf_hash(b"%d" % number) for number in range(size)]) == levels.root()


texts = st.text(max_size=20)
records = st.builds(
    AccessRecord,
    action=st.sampled_from(Action),
    at=st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)),
    operator=texts.map(OperatorId),
    person=texts.map(PersonId),
    counts=st.dictionaries(texts, st.integers(-(2**63), 2**63 - 1), max_size=3),
    facts=st.dictionaries(texts, texts, max_size=3),
    commitments=st.dictionaries(texts, texts, max_size=2),
)


@given(record=records)
def test_every_leaf_that_is_written_is_canonical_to_the_checker(record):
    """Whatever text a record holds, the checker agrees with the writer on its canonical form, hour and commitments."""
    leaf = canonical_leaf(record)
    expected = (int(record.at.timestamp()) // 3600, bool(record.commitments))
    assert expected == read_leaf(leaf)


@pytest.mark.parametrize("entry", [
    b"", b"[]", b"1", b"null", b"{}", b"\xff", b'{"at":"2026-11-24T08:30:00.000Z","a":1}', b'{"at":"now"}',
    b' {"at":"2026-11-24T08:30:00.000Z"}', b'{"at":"2026-11-24T08:30:00.000Z","at":"2026-11-24T08:30:00.000Z"}',
    b'{"a":1.5,"at":"2026-11-24T08:30:00.000Z"}', b'{"a":NaN,"at":"2026-11-24T08:30:00.000Z"}', b"[" * 60_000,
    b'{"at":1}',
])  # fmt: skip
def test_an_entry_in_another_form_is_damaged(entry):
    """Not an object, no time, keys out of order or twice, white space, fractions: not a leaf."""
    with pytest.raises(Damaged):
        read_leaf(entry)


@pytest.mark.parametrize("bundle", [b"\0", b"\0\1", b"\0\0\0", b"\0\2ab\0"])
def test_a_bundle_ends_with_an_entry(bundle):
    """Lengths that do not add up are damage."""
    with pytest.raises(Damaged):
        split_bundle(bundle)


@given(note=st.text(), position=st.integers(min_value=0), bit=st.integers(0, 7))
def test_the_checkers_note_reader_refuses_what_is_not_signed(note, position, bit):
    """No text and no one-bit change of a signed note passes."""
    signer = Signer("lockplate/springfield-pd", bytes(range(32)))
    signed = signer.sign(Checkpoint(origin=signer.origin, size=7, root=bytes(32)))
    assert (7, bytes(32)) == read_note(signed, signer.vkey)
    raw = bytearray(signed.encode())
    raw[position % len(raw)] ^= 1 << bit
    for text in (note, raw.decode(errors="replace")):
        with pytest.raises(Damaged):
            read_note(text, signer.vkey)


@pytest.mark.parametrize("key", ["", "a", "a+b", "a+b+c", "a+b+!", "lockplate/pine+00000000+AQ==", "é+é+é"])
def test_the_checkers_key_reader_refuses_what_is_no_key(key):
    """A key that cannot be one is damage that is reported, never a crash of the checker."""
    signer = Signer("lockplate/pine", bytes(range(32)))
    signed = signer.sign(Checkpoint(origin=signer.origin, size=7, root=bytes(32)))
    with pytest.raises(Damaged):
        read_note(signed, key)


@pytest.mark.parametrize("line", ["x", "AAA", "é", "=" * 8])
def test_the_checkers_note_reader_refuses_a_line_that_is_not_base64(line):
    """Neither a signature nor a root that is no base64 gets out as an error of another kind."""
    signer = Signer("lockplate/pine", bytes(range(32)))
    signed = signer.sign(Checkpoint(origin=signer.origin, size=7, root=bytes(32)))
    head, _, _ = signed.rpartition(" ")
    for text in (f"{head} {line}\n", signed.replace("A" * 43, line, 1)):
        with pytest.raises(Damaged):
            read_note(text, signer.vkey)
