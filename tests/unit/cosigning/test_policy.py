"""Witness policies: who counts, how many are enough, and every line that is not one refused by its number."""

import hashlib
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.checkpoint import Checkpoint, Signer
from lockplate.cosigning.cosignature import Cosigner
from lockplate.cosigning.policy import parse_policy
from lockplate.errors import BadInput, ProofInvalid
from lockplate.note import SignatureLine, VerifierKey, parse_note

AT = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
LOG = Signer("lockplate.example/oakmont", bytes(range(32)))
OTHER_LOG = Signer("lockplate.example/farfield", bytes(range(1, 33)))
CHECKPOINT = Checkpoint(origin=LOG.origin, size=1204, root=hashlib.sha256(b"root").digest())
NOTE = parse_note(LOG.sign(CHECKPOINT))
WITNESSES = [Cosigner(f"w{number}.example", bytes([number]) * 64) for number in range(6)]
ED = [one.keys[0].text() for one in WITNESSES]
ML = [one.keys[1].text() for one in WITNESSES]
HEAD = f"log {LOG.vkey} https://log.invalid/oakmont\n"
NAMED = HEAD + "".join(f"witness W{number} {vkey}\n" for number, vkey in enumerate(ED))


def cosigned(*numbers: int, kind: int = 0) -> str:
    """Return the checkpoint with the lines of some witnesses, a minute apart."""
    lines = [WITNESSES[number].cosign(CHECKPOINT, AT + timedelta(minutes=number))[kind] for number in numbers]
    return NOTE.with_lines(lines).written()


def test_a_quorum_is_counted():
    """Two of three are enough, whichever they are; one is not, and the refusal says how many there were."""
    policy = parse_policy(NAMED + "group town 2 W0 W1 W2\nquorum town\n")
    for pair in ((0, 1), (1, 2), (2, 0), (0, 1, 2)):
        told = policy.require(cosigned(*pair))
        assert (CHECKPOINT, sorted(f"W{number}" for number in pair)) == (told.checkpoint, sorted(told.witnesses))
        assert AT + timedelta(minutes=max(pair)) == told.agreed_at
    for few in ((), (0,), (0, 3, 4, 5)):
        with pytest.raises(ProofInvalid) as refused:
            policy.require(cosigned(*few))
        assert "no_quorum" == refused.value.code
    assert policy.read(cosigned()).agreed_at is None
    assert () == policy.read(cosigned()).witnesses


@pytest.mark.parametrize(("words", "wanted"), [("all", 3), ("any", 1), ("1", 1), ("2", 2), ("3", 3)])
def test_thresholds_in_words_and_numbers(words, wanted):
    """All, any, and a number."""
    policy = parse_policy(NAMED + f"group g {words} W0 W1 W2\nquorum g\n")
    assert wanted == policy.groups[0].threshold
    for count in range(4):
        assert (count >= wanted) == policy.reached_by([f"W{number}" for number in range(count)])


def test_groups_of_groups():
    """Two of the first three and any of the others, as one rule."""
    policy = parse_policy(NAMED + "group a 2 W0 W1 W2\ngroup b any W3 W4 W5\ngroup both all a b\nquorum both\n")
    assert policy.reached_by(["W0", "W2", "W5"])
    assert not policy.reached_by(["W0", "W1", "W2"])
    assert not policy.reached_by(["W0", "W3", "W4", "W5"])
    policy.require(cosigned(1, 2, 3))


def test_a_single_witness_or_none_can_be_the_quorum():
    """A name alone asks for that witness; `none` asks for nobody, and still for the log's own signature."""
    one = parse_policy(NAMED + "quorum W1\n")
    one.require(cosigned(1))
    with pytest.raises(ProofInvalid):
        one.require(cosigned(0, 2))
    nobody = parse_policy(HEAD + "quorum none\n")
    assert CHECKPOINT == nobody.require(cosigned()).checkpoint
    with pytest.raises(ProofInvalid):
        nobody.require(OTHER_LOG.sign(msgspec.structs.replace(CHECKPOINT, origin=OTHER_LOG.origin)))


def test_both_kinds_of_key_count_by_their_own_line():
    """A policy names a key, not a person: the ML-DSA key's line is not the Ed25519 key's."""
    policy = parse_policy(HEAD + f"witness new {ML[0]}\nwitness old {ED[1]}\ngroup g all new old\nquorum g\n")
    lines = [WITNESSES[0].cosign(CHECKPOINT, AT)[1], WITNESSES[1].cosign(CHECKPOINT, AT)[0]]
    assert ("new", "old") == policy.require(NOTE.with_lines(lines).written()).witnesses
    with pytest.raises(ProofInvalid):
        policy.require(cosigned(0, 1))


def test_a_spoiled_line_of_a_known_witness_spoils_the_note():
    """Also when enough others hold; a spoiled line of a stranger does not."""
    policy = parse_policy(NAMED.replace(f"witness W5 {ED[5]}\n", "") + "group g any W0 W1\nquorum g\n")
    key = WITNESSES[1].keys[0]
    spoiled = SignatureLine(name=key.name, key_id=key.key_id, signature=bytes(72))
    with pytest.raises(ProofInvalid):
        policy.read(parse_note(cosigned(0)).with_lines([spoiled]).written())
    stranger = WITNESSES[5].keys[0]
    foreign = SignatureLine(name=stranger.name, key_id=stranger.key_id, signature=bytes(72))
    policy.require(parse_note(cosigned(0)).with_lines([foreign]).written())


def test_the_log_is_the_one_that_the_checkpoint_names():
    """A line by another known log is beside the point, and no log's key speaks for another log."""
    policy = parse_policy(f"log {OTHER_LOG.vkey}\n{HEAD}quorum none\n")
    other = OTHER_LOG.verifier
    beside = SignatureLine(name=other.name, key_id=other.key_id, signature=bytes(64))
    assert CHECKPOINT == policy.require(NOTE.with_lines([beside]).written()).checkpoint
    text = CHECKPOINT.text().replace(LOG.origin, "lockplate.example/nobody")
    with pytest.raises(ProofInvalid):
        policy.read(msgspec.structs.replace(NOTE, text=text).written())


def test_every_known_key_of_the_log_must_hold():
    """After a change of key a note may carry both lines; one that fails spoils it."""
    second = Signer(LOG.origin, bytes(range(2, 34)))
    policy = parse_policy(f"{HEAD}log {second.vkey}\nquorum none\n")
    line = parse_note(second.sign(CHECKPOINT)).signatures[0]
    both = NOTE.with_lines([line])
    assert CHECKPOINT == policy.read(both.written()).checkpoint
    assert CHECKPOINT == policy.read(second.sign(CHECKPOINT)).checkpoint
    spoiled = msgspec.structs.replace(line, signature=bytes(64))
    with pytest.raises(ProofInvalid):
        policy.read(NOTE.with_lines([spoiled]).written())


BAD_LINES = {
    "another word": "logs x",
    "a log without a key": "log",
    "a log with a witness's key": f"log {ED[5]}",
    "the same log twice": f"log {LOG.vkey}",
    "the same log key under another name": "log "
    + VerifierKey(name="lockplate.example/b", public=LOG.verifier.public).text(),
    "a witness without a key": "witness W9",
    "a witness with a log's key": f"witness W9 {OTHER_LOG.vkey}",
    "a witness with too many words": f"witness W9 {ML[0]} https://w.invalid more",
    "a witness's key twice": f"witness W9 {ED[0]}",
    "a witness's key under another name": "witness W9 "
    + VerifierKey(name="x.example", public=WITNESSES[0].keys[0].public, kind=WITNESSES[0].keys[0].kind).text(),
    "a name twice": f"witness W0 {ML[0]}",
    "the name none": f"witness none {ML[0]}",
    "a group called none": "group none any W0",
    "a group that has a witness's name": "group W0 any W1",
    "a group without members": "group g any",
    "a group of somebody unknown": "group g any W0 W9",
    "a group of none": "group g any none",
    "a group of itself": "group g any g",
    "a member twice": "group g 2 W0 W0",
    "more than there are": "group g 3 W0 W1",
    "none of them": "group g 0 W0 W1",
    "a threshold with a zero before it": "group g 01 W0 W1",
    "a negative threshold": "group g -1 W0 W1",
    "a threshold in other digits": "group g \u0661 W0 W1",
    "a quorum of somebody unknown": "quorum W9",
    "a quorum of two": "quorum W0 W1",
    "a quorum of nobody": "quorum",
}


@pytest.mark.parametrize("line", BAD_LINES.values(), ids=BAD_LINES.keys())
def test_a_line_that_is_none_is_refused_by_its_number(line):
    """The line before it and the lines after it are well."""
    with pytest.raises(BadInput, match="line 8: "):
        parse_policy(f"{NAMED}{line}\nquorum W0\n")


def test_a_witness_counts_in_one_way_only():
    """Nobody is a member twice, neither of two groups nor through a group."""
    for groups in ("group a any W0 W1\ngroup b any W0 W2\n", "group a any W0 W1\ngroup b any a W1\n"):
        with pytest.raises(BadInput, match="line 9: "):
            parse_policy(NAMED + groups + "quorum b\n")


def test_there_is_one_quorum():
    """Not none, not two, and its name stands before it."""
    for text in ("", "quorum W0\nquorum W1\n", "quorum g\ngroup g any W0\n"):
        with pytest.raises(BadInput):
            parse_policy(NAMED + text)


@pytest.mark.parametrize("sign", ["\r", "\0", "\x0b", "\x1f", "\x7f"])
def test_control_characters_are_refused(sign):
    """Tab and newline are the only ones that a policy has."""
    with pytest.raises(BadInput):
        parse_policy(f"{NAMED}# {sign}\nquorum none\n")


def test_comments_blanks_and_other_scripts():
    """Blank lines and comments are nothing; names are taken as they are spelled."""
    text = f"\n \t\n# a comment\n  \t# another\n\tlog\t{LOG.vkey}\nwitness К {ED[0]}\nwitness K {ED[1]} \nquorum К"
    policy = parse_policy(text)
    assert ["К", "K"] == [one.name for one in policy.witnesses]
    policy.require(cosigned(0))
    with pytest.raises(ProofInvalid):
        policy.require(cosigned(1))


@given(
    thresholds=st.lists(st.integers(1, 3), min_size=1, max_size=3),
    urls=st.lists(st.booleans(), min_size=6, max_size=6),
    seen=st.sets(st.integers(0, 5)),
)
def test_a_policy_comes_back_from_its_text(thresholds, urls, seen):
    """Written and read again it is the same policy, and judges the same way."""
    text = HEAD
    for number, vkey in enumerate(ED):
        text += f"witness W{number} {vkey}{' https://w.invalid/' + str(number) if urls[number] else ''}\n"
    free = [f"W{number}" for number in range(6)]
    for number, threshold in enumerate(thresholds):
        members, free = free[:3], [*free[3:], f"g{number}"]
        text += f"group g{number} {min(threshold, len(members))} {' '.join(members)}\n"
    policy = parse_policy(f"{text}quorum {free[-1]}\n")
    again = parse_policy(policy.text())
    assert (policy.text(), policy.witnesses, policy.groups) == (again.text(), again.witnesses, again.groups)
    names = [f"W{number}" for number in sorted(seen)]
    assert policy.reached_by(names) == again.reached_by(names)


def test_room_for_what_the_specification_recommends():
    """Thirty-two witnesses with the larger keys, and thirty-two groups."""
    many = [Cosigner(f"w{number}.example", number.to_bytes(1) * 64) for number in range(32)]
    text = HEAD + "".join(f"witness N{number} {one.keys[1].text()}\n" for number, one in enumerate(many))
    text += "".join(f"group G{number} any N{number}\n" for number in range(31))
    text += "group all 31 " + " ".join(f"G{number}" for number in range(31)) + "\nquorum all\n"
    assert (32, 32) == (len(parse_policy(text).witnesses), len(parse_policy(text).groups))


@pytest.mark.parametrize("url", ["http://w.example/\u2028", "http://w.example/\u00a0", "http://w.example/\u3000"])
def test_a_policy_is_written_as_it_was_read(url):
    """A white space that is none to the format is part of what it stands in, at the end of a line, too."""
    policy = parse_policy(f"{HEAD}witness W0 {ED[0]} {url}\nquorum W0\n")
    assert url == policy.witnesses[0].url
    assert policy == parse_policy(policy.text())
