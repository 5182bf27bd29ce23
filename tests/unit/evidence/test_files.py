"""Evidence folders: one for each operator, and no operator's name leads out of its place."""

import pytest

from lockplate.checkpoint import Signer
from lockplate.errors import BadInput, LogRefused, StoreFailed
from lockplate.evidence.files import EvidenceFolder
from lockplate.terms import OperatorId


def test_operators_have_logs_of_their_own(tmp_path):
    """Two operators in one home have two folders, two keys and two trees."""
    signers = {name: Signer(f"lockplate/{name}", bytes([number]) * 32) for number, name in enumerate(("east", "west"))}
    folders = {name: EvidenceFolder.of(tmp_path, OperatorId(name)) for name in signers}
    for name, folder in folders.items():
        assert not folder.exists()
        with folder.create(signers[name]) as evidence:
            evidence.log.append([name.encode()])
            evidence.publisher.publish()
        assert folder.exists()
    assert tmp_path / "evidence" / "east" / "log.db" == folders["east"].log
    for name, folder in folders.items():
        with folder.open(signers[name]) as evidence:
            assert name.encode() == evidence.log.entry(0)
    with pytest.raises(LogRefused):
        folders["east"].open(signers["west"])


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../east", "a/b", "a\\b", ".hidden", "a b", "é", "a\n", "x" * 101, "a\0"]
)
def test_an_operator_id_is_a_plain_file_name(tmp_path, name):
    """An id that could name another place is refused."""
    with pytest.raises(BadInput):
        EvidenceFolder.of(tmp_path, OperatorId(name))


def test_a_folder_that_is_not_there_is_not_opened(tmp_path, signer):
    """Opening never founds."""
    folder = EvidenceFolder.of(tmp_path, OperatorId("nobody"))
    with pytest.raises(LogRefused):
        folder.open(signer)
    assert not folder.folder.exists()


def test_a_founding_that_was_cut_short_is_begun_again(tmp_path, signer):
    """What it left lies aside, under no operator's name; a whole log takes its place."""
    folder = EvidenceFolder.of(tmp_path, OperatorId("east"))
    aside = folder.folder.with_name(".east")
    aside.mkdir(parents=True)
    (aside / "details.db").write_bytes(b"half a file")

    with folder.create(signer) as evidence:
        evidence.log.append([b"first"])
    assert [folder.folder] == list(folder.folder.parent.iterdir())
    assert {"log.db", "heads.db", "details.db"} <= {path.name for path in folder.folder.iterdir()}


def test_a_log_that_cannot_be_founded_is_an_error_of_the_tree(tmp_path, signer):
    """A file where the folder should be."""
    folder = EvidenceFolder.of(tmp_path, OperatorId("east"))
    folder.folder.parent.touch()

    with pytest.raises(StoreFailed):
        folder.create(signer)
    assert not folder.exists()
