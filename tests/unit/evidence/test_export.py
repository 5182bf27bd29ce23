"""Export: plain files that a stranger can check, brought up to date, never back."""

import errno
import os

import pytest

from lockplate.errors import BadInput, Conflict, ProofInvalid, StoreFailed
from lockplate.evidence.export import export_log
from lockplate.evidence.files import EvidenceFolder
from lockplate.evidence.fsck import check_export


def leaf(number):
    return b'{"action":"sign_in","at":"2026-11-24T08:30:00.000Z","n":%d}' % number


def append(evidence, start, end):
    evidence.log.append([leaf(number) for number in range(start, end)])
    return evidence.publisher.publish()


@pytest.mark.parametrize("size", [0, 1, 256, 700])
def test_an_export_is_complete_and_clean(evidence, signer, tmp_path, size):
    """The folder holds exactly what its checkpoint promises, and the checker finds nothing."""
    note = append(evidence, 0, size) if size else evidence.publisher.last()
    out = tmp_path / "out"
    result = export_log(evidence.log, note, signer.vkey, out)
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert (size, len(files), 0) == (result.size, result.written, result.unchanged)
    assert {"vkey", "checkpoint"} <= files
    assert note == (out / "checkpoint").read_text()
    if size == 700:
        assert {
            "tile/0/000",
            "tile/0/002.p/188",
            "tile/1/000.p/2",
            "tile/entries/001",
            "tile/entries/002.p/188",
        } <= files
    report = check_export(out, signer.vkey)
    assert ((), size) == (report.findings, report.counts.get("entries", 0))


def test_an_export_is_brought_up_to_date(evidence, signer, tmp_path):
    """A second export writes what is new, leaves old parts, and is clean; the same again writes nothing."""
    out = tmp_path / "out"
    export_log(evidence.log, append(evidence, 0, 300), signer.vkey, out)
    note = append(evidence, 300, 600)
    assert 4 < export_log(evidence.log, note, signer.vkey, out).written
    assert (out / "tile/entries/001.p/44").exists()
    report = check_export(out, signer.vkey)
    assert ((), 600, 3) == (report.findings, report.counts["entries"], report.counts["older_parts"])
    assert 0 == export_log(evidence.log, note, signer.vkey, out).written


def test_an_export_only_grows(evidence, signer, tmp_path):
    """An older checkpoint, another log's folder, and an altered tile are refused; entries past the note stay out."""
    old = append(evidence, 0, 10)
    new = append(evidence, 10, 300)
    out = tmp_path / "out"
    assert 10 == export_log(evidence.log, old, signer.vkey, tmp_path / "old").size
    assert not (tmp_path / "old" / "tile/entries/000").exists()
    export_log(evidence.log, new, signer.vkey, out)
    with pytest.raises(Conflict):
        export_log(evidence.log, old, signer.vkey, out)
    (out / "tile/0/000").write_bytes(bytes(8192))
    with pytest.raises(Conflict):
        export_log(evidence.log, append(evidence, 300, 301), signer.vkey, out)


def test_a_note_of_another_tree_or_key_is_not_exported(evidence, signer, tmp_path):
    """The note must be signed by the key and be a head of this very log."""
    note = append(evidence, 0, 10)
    with pytest.raises(ProofInvalid):
        export_log(evidence.log, note.replace("10\n", "11\n"), signer.vkey, tmp_path / "out")
    with EvidenceFolder(tmp_path / "other").create(signer) as other:
        append(other, 5, 20)
        with pytest.raises(Conflict):
            export_log(other.log, note, signer.vkey, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["file", "file/below", "x" * 300, "nul\0byte"])
def test_a_folder_that_cannot_be_is_the_callers_mistake(evidence, signer, tmp_path, name):
    """A name that no folder can have says so; the node and its disk are well."""
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput) as refused:
        export_log(evidence.log, append(evidence, 0, 3), signer.vkey, tmp_path / name)
    assert "bad_folder" == refused.value.code
    assert name not in refused.value.message


def test_a_disk_that_refuses_is_the_nodes(evidence, signer, tmp_path, monkeypatch):
    """A full disk is no mistake of the caller's."""

    def full(*_):
        raise OSError(errno.ENOSPC, "full")

    note = append(evidence, 0, 3)
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(StoreFailed):
        export_log(evidence.log, note, signer.vkey, tmp_path / "out")
