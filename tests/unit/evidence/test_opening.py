"""Openings: what fits a record's commitments is shown, whatever else is refused."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.access import PrivateDetails, commitments, parse_leaf
from lockplate.errors import ProofInvalid
from lockplate.evidence.opening import (
    FORMAT,
    MAX_OPENING_BYTES,
    OpenedDetail,
    Opening,
    make_opening,
    open_commitments,
    parse_opening,
    write_opening,
)

ORIGIN = "lockplate/springfield-pd"
PRIVATE = {"plate": "7ABC123", "case_number": "26-0815", "reason": "seen at the bridge"}


@pytest.fixture
def recorded(recorder, evidence, make_record):
    """A record with private details: its place, itself, and the details as they lie sealed."""
    place = recorder.record(make_record(), PRIVATE)
    return place, parse_leaf(evidence.log.entry(place)), recorder.details_of(place)


def test_what_was_recorded_opens(recorded):
    """All details or some, through the text of the file and back."""
    place, record, private = recorded
    for names in (["plate"], ["case_number", "plate"], sorted(PRIVATE)):
        opening = parse_opening(write_opening(make_opening(ORIGIN, place, private, names)).encode())
        assert {name: PRIVATE[name] for name in names} == open_commitments(opening, ORIGIN, place, record)


def test_an_opening_says_no_more_than_was_chosen(recorded):
    """The value and the salt of a detail that was not chosen are not in the text: the public record stays closed there."""
    place, _, private = recorded
    text = write_opening(make_opening(ORIGIN, place, private, ["plate"]))

    assert "7ABC123" in text
    for name in ("case_number", "reason"):
        assert PRIVATE[name] not in text
        assert private.salts[name].hex() not in text


def test_what_the_record_does_not_commit_to_is_refused(recorded):
    """Another value, another salt, another name, another record, a salt too short: refused, each with a next step."""
    place, record, private = recorded
    good = make_opening(ORIGIN, place, private, ["plate"])
    plate = good.details["plate"]
    salt = bytes.fromhex(plate.salt)

    def changed(**fields):
        return msgspec.structs.replace(good, **fields)

    def detail(**fields):
        return {"plate": msgspec.structs.replace(plate, **fields)}

    for opening in (
        changed(details=detail(value="7ABC124")),
        changed(details=detail(value="7abc123")),
        changed(details=detail(salt=bytes(32).hex())),
        changed(details=detail(salt=salt[:31].hex())),
        # a longer key that HMAC would treat alike, or pad alike: one spelling only
        changed(details=detail(salt=(salt + b"\0").hex())),
        changed(details=detail(salt="not hex")),
        changed(details=detail(value="7ABC\ud800")),
        changed(details={"name": plate}),
        changed(details={"case_number": plate}),
        changed(details={"plate": plate, "owner": plate}),
        changed(index=place + 1),
        changed(origin="lockplate/elsewhere"),
    ):
        with pytest.raises(ProofInvalid) as refused:
            open_commitments(opening, ORIGIN, place, record)
        assert refused.value.next_step


def test_an_answers_receipt_points_at_the_question(recorded):
    """The record of an answer commits to nothing; the error names the record that does."""
    place, record, private = recorded
    opening = make_opening(ORIGIN, place, private, ["plate"])
    outcome = msgspec.structs.replace(record, refers_to=place, commitments={})

    with pytest.raises(ProofInvalid) as refused:
        open_commitments(opening, ORIGIN, place + 1, outcome)

    assert f"completes record {place}" in refused.value.next_step


@given(text=st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_any_text_is_an_opening_or_refused(text):
    """The reader raises ProofInvalid and nothing else."""
    body = text.encode(errors="surrogatepass")
    for content in (
        body,
        b'{"format": "' + FORMAT.encode() + b'", "origin": "a", "index": 1, "details": ' + body + b"}",
    ):
        try:
            assert parse_opening(content).details
        except ProofInvalid:
            continue


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b"[" * 100_000,
        b" " * (MAX_OPENING_BYTES + 1),
        write_opening(Opening(format="lockplate/opening/v2", origin="a", index=1, details={})).encode(),
        write_opening(Opening(origin="a", index=1, details={})).encode(),
        b'{"format":"lockplate/opening/v1","origin":"a","index":1,"details":{"plate":{"value":"A","salt":"","x":1}}}',
    ],
)
def test_what_is_no_opening_is_refused(content):
    """Another form, nothing opened, a field that nobody knows, too much."""
    with pytest.raises(ProofInvalid):
        parse_opening(content)


details = st.dictionaries(
    st.text(min_size=1, max_size=20),
    st.text(max_size=50).filter(lambda text: text.isprintable()),
    min_size=1,
    max_size=4,
)


@given(values=details, salt=st.binary(min_size=32, max_size=32), data=st.data())
def test_no_other_value_fits(make_record_once, values, salt, data):
    """For any details, the values open and no changed one does."""
    private = PrivateDetails(values=values, salts=dict.fromkeys(values, salt))
    record = msgspec.structs.replace(make_record_once, commitments=commitments(private))
    opening = make_opening(ORIGIN, 7, private, sorted(values))
    assert values == open_commitments(opening, ORIGIN, 7, record)

    name = data.draw(st.sampled_from(sorted(values)))
    other = data.draw(st.text(max_size=50).filter(lambda text: text.isprintable() and text != values[name]))
    changed = opening.details | {name: OpenedDetail(value=other, salt=salt.hex())}
    with pytest.raises(ProofInvalid):
        open_commitments(msgspec.structs.replace(opening, details=changed), ORIGIN, 7, record)


@pytest.fixture(scope="module")
def make_record_once():
    return parse_leaf(
        b'{"action":"sign_in","at":"2026-11-24T08:30:00.000Z","operator":"springfield-pd","person":"ann","version":1}'
    )
