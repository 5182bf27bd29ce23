"""What two nodes share of one question: salts that need both sides' part, ids that no caller can aim."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.access import PrivateDetails, commit, commitments
from lockplate.clock import new_request_id
from lockplate.errors import BadInput
from lockplate.shared_question import (
    FRESH,
    SHARED_DETAILS,
    is_shared_id,
    new_salt,
    new_shared_id,
    require_fresh_id,
    require_origin,
    salts_of,
    shared_salt,
)

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
parts = st.binary(min_size=32, max_size=32)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def committed(asker: bytes, owner: bytes, values: dict[str, str]) -> dict[str, str]:
    return commitments(PrivateDetails(values=values, salts=salts_of(shared_salt(asker, owner), values)))


@given(asker=parts, owner=parts, plate=texts, case=texts)
def test_both_sides_commit_alike(asker: bytes, owner: bytes, plate: str, case: str) -> None:
    """The same two parts and the same text give the same commitment; another text gives another."""
    values = {"plate": plate, "case_number": case}
    once = committed(asker, owner, values)
    assert once == committed(asker, owner, dict(reversed(values.items())))
    other = committed(asker, owner, values | {"plate": plate + "1"})
    assert (True, True) == (other["plate"] != once["plate"], other["case_number"] == once["case_number"])


@given(asker=parts, owner=parts, others=st.tuples(parts, parts), plate=texts)
def test_one_random_part_is_enough(asker: bytes, owner: bytes, others: tuple[bytes, bytes], plate: str) -> None:
    """Whoever knows or chose one part and not the other cannot tell which plate a commitment is of.

    With another value of either part the commitments are others: a table made beforehand for a chosen part fits none.
    """
    made = committed(asker, owner, {"plate": plate})["plate"]
    for changed in ((others[0], owner), (asker, others[1]), (owner, asker)):
        assert (changed == (asker, owner)) == (committed(*changed, {"plate": plate})["plate"] == made)


@pytest.mark.parametrize("chosen", [bytes(32), b"\xff" * 32, b"lockplate" * 3 + b"\0" * 5])
def test_a_part_that_was_chosen_leaves_the_salt_unknown(chosen: bytes) -> None:
    """An asker who always sends the same part gets another salt each time, and so does an owner who does."""
    assert 200 == len(
        {shared_salt(chosen, new_salt()) for _ in range(100)} | {shared_salt(new_salt(), chosen) for _ in range(100)}
    )


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64, 65])
def test_a_part_has_32_bytes(length: int) -> None:
    """No shorter one, and no longer one: HMAC would fold two of those into one."""
    for pair in ((bytes(length), bytes(32)), (bytes(32), bytes(length))):
        with pytest.raises(BadInput):
            shared_salt(*pair)


def test_showing_one_detail_opens_no_other() -> None:
    """Each detail has a salt of its own; only what both sides hold has one at all."""
    salts = salts_of(shared_salt(new_salt(), new_salt()), [*SHARED_DETAILS, "receipt"])
    assert (set(SHARED_DETAILS), 3) == (set(salts), len(set(salts.values())))
    assert commit(salts["plate"], "case_number", "26-1") != commit(salts["case_number"], "case_number", "26-1")


def test_the_derivation_is_fixed() -> None:
    """The other node may run another version: these bytes (computed with openssl) change only with a new label."""
    salt = shared_salt(bytes(range(32)), bytes(range(32, 64)))
    assert "a602048246849c301d7eea8e8645a8c3d62942677f35d9f63f5e00e77417691f" == salt.hex()
    assert (
        "7e03fb76004485ca00a9e8ad96e6b6bf6afa291971599d8abcae35bc99364778" == salts_of(salt, ["plate"])["plate"].hex()
    )


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_a_new_id_is_fresh_and_no_other(now: datetime) -> None:
    """Each is new, of the shared form, and taken at its own time; the ids that a node gives itself never are."""
    made = new_shared_id(now)
    assert made == require_fresh_id(made, now)
    assert (True, False) == (is_shared_id(made), is_shared_id(new_request_id()))
    assert made != new_shared_id(now)


@pytest.mark.parametrize("apart", [FRESH + timedelta(seconds=1), -FRESH - timedelta(seconds=1), timedelta(days=400)])
def test_an_id_of_another_time_is_refused(apart: timedelta) -> None:
    """Too old to be remembered, or from a time to come: refused; within ten minutes it is taken."""
    with pytest.raises(BadInput):
        require_fresh_id(new_shared_id(NOW + apart), NOW)
    assert require_fresh_id(new_shared_id(NOW + FRESH), NOW)


@pytest.mark.parametrize(
    "text", ["", "7ONE111", "x" + "g" * 31, "x" + "0" * 30, "X" + "0" * 31, "x" + "0" * 31 + "\n", "x" + "٠" * 31]
)
def test_what_is_no_id(text: str) -> None:
    """Nothing else than the one form, in ASCII."""
    assert not is_shared_id(text)
    with pytest.raises(BadInput):
        require_fresh_id(text, NOW)
    assert not is_shared_id(None)


def test_an_origin_is_a_logs_name() -> None:
    """A caller's words get into no record by this door."""
    assert "lockplate/pine-city" == require_origin("lockplate/pine-city")
    for text in (
        "",
        "pine",
        "lockplate/",
        "lockplate/Pine",
        "lockplate/pine\n",
        "lockplate/a b",
        "other/pine",
        "lockplate/" + "a" * 41,
    ):
        with pytest.raises(BadInput):
            require_origin(text)
