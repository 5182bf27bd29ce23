"""Submissions: what travels to a witness comes back from its bytes, and nothing nearly right is taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.errors import BadInput
from lockplate.note import encode_base64
from lockplate.witnessing.submission import MAX_PROOF, MAX_SUBMISSION_BYTES, Submission, parse_submission
from witnessed import PlainLog

LOG = PlainLog()
NOTE = LOG.note(9)
NODE = encode_base64(bytes(range(32)))
LARGEST = "9223372036854775807"


@given(
    old=st.integers(0, 2**63 - 1),
    proof=st.lists(st.binary(min_size=32, max_size=32), max_size=MAX_PROOF),
    note=st.text(st.characters(codec="utf-8")),
)
def test_a_submission_comes_back_from_its_body(old, proof, note):
    """Size, proof and note are read as they were written, whatever the note says."""
    submission = Submission(old=old, proof=tuple(proof), note=note)
    assert submission == parse_submission(submission.body())


def test_a_body_is_what_the_specification_says():
    """Size line, proof lines, empty line, note; without a proof the empty line follows the size at once."""
    submission = LOG.submission(5, 9)
    proof = "".join(encode_base64(node) + "\n" for node in submission.proof)
    assert f"old 5\n{proof}\n{NOTE}".encode() == submission.body()
    assert f"old 0\n\n{NOTE}".encode() == LOG.submission(0, 9).body()


@pytest.mark.parametrize(
    "head",
    [
        "", "old", "old ", "Old 1", "old  1", "old 1 ", " old 1", "old 01", "old 00", "old -1", "old +1", "old 1.0",
        "old \u0661", "old 9223372036854775808", "old " + "9" * 400, "size 1", f"{NODE}\nold 1", "old 1\r", "old 1\n ",
        "old 1\nAAAA", f"old 1\n{NODE} ", f"old 1\n{NODE[:-1]}", f"old 1\n{NODE[:-2]}9=", f"old 1\n{NODE}{NODE}",
        f"old 1\n{encode_base64(bytes(31))}", f"old 1\n{encode_base64(bytes(33))}", "old 1\näöü=",
        "old 1\n" + "\n".join([NODE] * (MAX_PROOF + 1)),
    ],
)  # fmt: skip
def test_a_malformed_head_is_refused(head):
    """Another word, another spelling of a number, a proof line that is no hash, or one line too many."""
    with pytest.raises(BadInput):
        parse_submission(f"{head}\n\n{NOTE}".encode())


@pytest.mark.parametrize(
    "body", [b"", b"garbage", b"old 1", b"old 1\n", f"old 1\n{NODE}\n".encode(), b"old 1\n\n\xff\n"]
)
def test_a_body_without_its_parts_is_refused(body):
    """No empty line, or what is no text."""
    with pytest.raises(BadInput):
        parse_submission(body)


def test_a_long_body_is_refused_unread():
    """The limit is on bytes."""
    head = f"old {LARGEST}\n\n".encode()
    assert LARGEST == str(parse_submission(head + b"x" * (MAX_SUBMISSION_BYTES - len(head))).old)
    with pytest.raises(BadInput, match="too long"):
        parse_submission(head + b"x" * (MAX_SUBMISSION_BYTES - len(head) + 1))


def test_the_longest_proof_is_taken():
    """Sixty-three lines, as many as the specification lets a log send."""
    assert MAX_PROOF == len(parse_submission(f"old 1\n{(NODE + chr(10)) * MAX_PROOF}\n{NOTE}".encode()).proof)
