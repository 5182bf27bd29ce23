"""What is asked, and what stays readable about it: requests, leaves, commitments."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lockplate.access import (
    LEAF_VERSION,
    MAX_FREE_TEXT,
    MAX_LEAF_BYTES,
    SALT_BYTES,
    AccessRecord,
    AccessRequest,
    PrivateDetails,
    canonical_leaf,
    commit,
    commitments,
    parse_leaf,
)
from lockplate.errors import BadInput
from lockplate.terms import (
    Action,
    AgencyId,
    Basis,
    CaseNumber,
    LeafIndex,
    Offense,
    OperatorId,
    PersonId,
    PlateText,
    PolicyId,
    ProfileId,
    Purpose,
    RequestId,
    Verdict,
)

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "seal.json").read_text(encoding="utf-8"))
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CITY = OperatorId("city")


def request(**changes: object) -> AccessRequest:
    values: dict[str, object] = {
        "request_id": RequestId("q1"),
        "asked_at": NOON,
        "person": PersonId("ada"),
        "agency": AgencyId("city-pd"),
        "on_behalf_of": AgencyId("city-pd"),
        "operators": (CITY,),
        "plate": PlateText("7ABC123"),
        "window_from": NOON - timedelta(days=2),
        "window_to": NOON,
        "purpose": Purpose.STOLEN_VEHICLE,
        "offense": Offense.FELONY,
        "basis": Basis.REASONABLE_SUSPICION,
    }
    return AccessRequest(**(values | changes))


def record(**changes: object) -> AccessRecord:
    values: dict[str, object] = {
        "action": Action.QUESTION_INTENT,
        "at": NOON,
        "operator": CITY,
        "person": PersonId("ada"),
    }
    return AccessRecord(**(values | changes))


# What is asked


def test_a_request_asks_for_its_plates_key() -> None:
    """A plate is one key; a pattern is all it may stand for; neither is a search."""
    assert ("7A8C123",) == request(plate=PlateText("7abc-123")).plate_keys()
    assert 30 == len(request(plate=PlateText("7ABC12?")).plate_keys())
    assert (asked := request()) is asked.check()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"plate": ""}, "no_plate"),
        ({"plate": "--"}, "no_plate"),
        ({"plate": "?"}, "no_plate"),
        ({"plate": "A??????"}, "pattern_too_wide"),
        ({"plate": "A" * 41}, "plate_too_long"),
        ({"window_to": NOON - timedelta(days=2)}, "bad_window"),
        ({"window_to": NOON - timedelta(days=3)}, "bad_window"),
        ({"window_to": datetime(2026, 3, 2)}, "naive_time"),
        ({"window_from": datetime(2026, 3, 1)}, "naive_time"),
        ({"asked_at": datetime(2026, 3, 1)}, "naive_time"),
        ({"operators": ()}, "no_operator"),
        ({"reason": "x" * (MAX_FREE_TEXT + 1)}, "text_too_long"),
        ({"case_number": "x" * 101}, "text_too_long"),
        ({"reason": "half \udc80"}, "bad_text"),
        ({"case_number": "\ud800"}, "bad_text"),
        ({"plate": "7ABC123\udcff"}, "bad_text"),
    ],
)
def test_a_request_that_cannot_be_judged_is_refused(changes: dict[str, object], code: str) -> None:
    """Each fault has its code, and no message repeats the plate."""
    with pytest.raises(BadInput) as refused:
        request(**changes).check()
    assert code == refused.value.code
    assert "7ABC" not in refused.value.message


def test_who_receives_the_answer_must_be_said() -> None:
    """`on_behalf_of` has no default: the side door of 2018 to 2025 was an unsaid recipient."""
    values = {name: getattr(request(), name) for name in AccessRequest.__struct_fields__ if name != "on_behalf_of"}

    with pytest.raises(TypeError):
        AccessRequest(**values)


# The leaf

SLUGS = st.text(min_size=1, max_size=12)
TIMES = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)).map(
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
)
TEXTS = st.dictionaries(SLUGS, st.text(max_size=30), max_size=4)
RECORDS = st.builds(
    AccessRecord,
    action=st.sampled_from(Action),
    at=TIMES,
    operator=SLUGS,
    person=SLUGS,
    agency=st.none() | SLUGS,
    on_behalf_of=st.none() | SLUGS,
    purpose=st.none() | st.sampled_from(Purpose),
    offense=st.none() | st.sampled_from(Offense),
    basis=st.none() | st.sampled_from(Basis),
    verdict=st.sampled_from(Verdict),
    policy_ids=st.lists(SLUGS, max_size=3).map(tuple),
    policy_set_hash=st.none() | st.binary(min_size=32, max_size=32).map(bytes.hex),
    profile=st.none() | SLUGS,
    request_id=st.none() | SLUGS,
    refers_to=st.none() | st.integers(min_value=0, max_value=2**63 - 1),
    window_from=st.none() | TIMES,
    window_to=st.none() | TIMES,
    counts=st.dictionaries(SLUGS, st.integers(min_value=0, max_value=2**63 - 1), max_size=4),
    facts=TEXTS,
    commitments=TEXTS,
)


@given(RECORDS)
def test_a_leaf_says_what_the_record_said(made: AccessRecord) -> None:
    """Bytes and record are each other, both ways."""
    leaf = canonical_leaf(made)

    assert made == parse_leaf(leaf)
    assert leaf == canonical_leaf(parse_leaf(leaf))


@given(RECORDS)
def test_a_leaf_is_json_that_anyone_can_make_again(made: AccessRecord) -> None:
    """Another JSON writer, told to sort keys, add no white space and write UTF-8, gives the same bytes."""
    leaf = canonical_leaf(made)
    again = json.dumps(json.loads(leaf), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    assert json.loads(again) == json.loads(leaf)
    assert _plain_controls(again) == _plain_controls(leaf)


def _plain_controls(text: bytes) -> bytes:
    """JSON allows two spellings of some control characters; which one is used is the writer's choice."""
    for short, code in ((b"\\b", b"\\u0008"), (b"\\f", b"\\u000c")):
        text = text.replace(short, code)
    return text


def test_the_bytes_of_a_leaf() -> None:
    """One leaf in full, so that a change of form cannot pass unseen."""
    made = record(
        at=datetime(2026, 3, 1, 4, 0, 0, 7_999, tzinfo=timezone(timedelta(hours=-8))),
        purpose=Purpose.STOLEN_VEHICLE,
        verdict=Verdict.PERMITTED,
        policy_ids=(PolicyId("b"), PolicyId("a")),
        refers_to=LeafIndex(7),
        counts={"plates": 1, "hours": 48},
        window_to=NOON,
    )

    expected = (
        '{"action":"question:intent","at":"2026-03-01T12:00:00.007Z","counts":{"hours":48,"plates":1},'
        '"operator":"city","person":"ada","policy_ids":["b","a"],"purpose":"stolen_vehicle","refers_to":7,'
        '"verdict":"permitted","version":1,"window_to":"2026-03-01T12:00:00.000Z"}'
    )
    assert expected == canonical_leaf(made).decode()


def test_a_leaf_always_carries_its_version() -> None:
    """The version is written although it is the default, so that a reader of the log never guesses."""
    assert LEAF_VERSION == json.loads(canonical_leaf(record()))["version"]


def test_a_leaf_has_at_most_65535_bytes() -> None:
    """tlog-tiles gives a leaf's length 16 bits: one byte more is refused, one less is kept."""
    room = MAX_LEAF_BYTES - len(canonical_leaf(record(facts={"note": ""})))

    longest = canonical_leaf(record(facts={"note": "x" * room}))
    assert 65_535 == len(longest)
    assert room == len(parse_leaf(longest).facts["note"])
    with pytest.raises(BadInput) as refused:
        canonical_leaf(record(facts={"note": "x" * (room + 1)}))
    assert "leaf_too_long" == refused.value.code
    with pytest.raises(BadInput):
        canonical_leaf(record(facts={"note": "é" * (room // 2 + 1)}))


LEAF = canonical_leaf(record(counts={"a": 1, "b": 2}, facts={"list": "é"}))


@pytest.mark.parametrize(
    "leaf",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff",
        LEAF + b"\n",
        b" " + LEAF,
        LEAF.replace(b'"a":1,"b":2', b'"b":2,"a":1'),
        LEAF.replace(b'"a":1', b'"a": 1'),
        LEAF.replace(b'"a":1', b'"a":1.0'),
        LEAF.replace(b'"a":1', b'"a":1,"a":1'),
        LEAF.replace("é".encode(), b"\\u00e9"),
        LEAF.replace(b'"version":1', b'"version":1,"zebra":1'),
        LEAF.replace(b',"version":1', b""),
        LEAF.replace(b'"version"', b'"verdict":"not_asked","version"'),
        LEAF.replace(b"12:00:00.000Z", b"12:00:00Z"),
        LEAF.replace(b"12:00:00.000Z", b"12:00:00.000+00:00"),
        LEAF.replace(b"12:00:00.000Z", b"13:00:00.000+01:00"),
        LEAF.replace(b"12:00:00.000Z", b"12:00:00.0001Z"),
        LEAF.replace(b"12:00:00.000Z", b"12:00:00.000"),
        LEAF.replace(b"2026-03-01T12:00:00.000Z", b"0001-01-01T00:00:00.000+01:00"),
        LEAF.replace(b"question:intent", b"question:other"),
    ],
)
def test_another_spelling_is_not_a_leaf(leaf: bytes) -> None:
    """A record has one form: what says the same in other bytes, or something else, is refused."""
    assert leaf != LEAF
    with pytest.raises(BadInput):
        parse_leaf(leaf)


@given(st.binary(max_size=60) | st.integers().map(lambda number: LEAF.replace(b'"a":1', b'"a":%d' % number)))
@example(LEAF)
@example(LEAF.replace(b'"a":1', b'"a":' + b"9" * 400))
@example(LEAF.replace(b'"a":1', b'"a":1e400'))
@example(b"[" * 5000)
@example(LEAF.replace(b'"a":1', b'"\xff":1'))
@example(LEAF.replace(b'"a":1', b'"a":"\xff"'))
@example(LEAF[:-1] + b',"z":' + b"[" * 5000)
def test_any_bytes_are_a_leaf_or_refused(leaf: bytes) -> None:
    """Hostile bytes fail in one way only."""
    try:
        parsed = parse_leaf(leaf)
    except BadInput:
        return
    assert leaf == canonical_leaf(parsed)


def test_half_a_surrogate_pair_is_bad_input() -> None:
    """A terminal can send what UTF-8 cannot hold; the log refuses it as the caller's fault."""
    with pytest.raises(BadInput):
        canonical_leaf(record(facts={"list": "\udc80"}))
    with pytest.raises(BadInput):
        commit(b"s" * SALT_BYTES, "plate", "\udc80")


# Commitments

PLATE, CASE, REASON = "7ABC123", "2026-00417", "White van seen at the north gate"


def details() -> PrivateDetails:
    values = {"plate": PLATE, "case_number": CASE, "reason": REASON}
    return PrivateDetails(values=values, salts={name: hashlib.sha256(name.encode()).digest() for name in values})


def test_a_commitment_is_the_documented_hmac() -> None:
    """HMAC-SHA-256 over the tag, the name and the value, as computed without this program and as pinned."""
    vector = VECTORS["commitment"]
    salt = bytes.fromhex(vector["salt"])
    message = b"lockplate/commit/v1\0" + vector["name"].encode() + b"\0" + vector["value"].encode()

    assert vector["commitment"] == hmac.new(salt, message, hashlib.sha256).hexdigest()
    assert vector["commitment"] == commit(salt, vector["name"], vector["value"])


def test_a_leaf_with_private_details_holds_none_of_them() -> None:
    """No plate, plate key, case number, free text or salt stands in the bytes that live for ever."""
    private = details()
    asked = request(plate=PlateText(PLATE), case_number=CaseNumber(CASE), reason=REASON)
    made = record(
        person=asked.person,
        agency=asked.agency,
        on_behalf_of=asked.on_behalf_of,
        purpose=asked.purpose,
        offense=asked.offense,
        basis=asked.basis,
        profile=ProfileId("us-ca"),
        request_id=asked.request_id,
        window_from=asked.window_from,
        window_to=asked.window_to,
        counts={"plates": len(asked.plate_keys())},
        commitments=commitments(private),
    )

    leaf = canonical_leaf(made).decode().casefold()

    secrets = [*private.values.values(), *asked.plate_keys(), *REASON.split(), *map(bytes.hex, private.salts.values())]
    assert [] == [secret for secret in secrets if len(secret) > 2 and secret.casefold() in leaf]
    assert set(private.values) == set(json.loads(leaf)["commitments"])


def test_a_record_has_no_field_for_what_must_be_forgotten() -> None:
    """The leaf's type has no plate, case or reason, so nobody can fill one in by mistake."""
    assert not {"plate", "plates", "plate_keys", "case", "case_number", "reason", "text"} & set(
        AccessRecord.__struct_fields__
    )


def test_whoever_holds_the_details_can_show_that_they_are_the_ones() -> None:
    """Each detail proves itself alone, and another value, name or salt does not."""
    private = details()
    made = commitments(private)

    assert {name: commit(private.salts[name], name, value) for name, value in private.values.items()} == made
    assert made["plate"] != commit(private.salts["plate"], "plate", "7ABC124")
    assert made["plate"] != commit(private.salts["plate"], "case_number", PLATE)
    assert made["plate"] != commit(private.salts["reason"], "plate", PLATE)


@pytest.mark.parametrize("length", [0, 1, 8, 31])
def test_a_short_salt_is_refused(length: int) -> None:
    """With a guessable salt the commitment to a plate could be searched."""
    with pytest.raises(BadInput) as refused:
        commit(b"s" * length, "plate", PLATE)
    assert "short_salt" == refused.value.code
    assert PLATE not in refused.value.message
    assert 64 == len(commit(b"s" * 32, "plate", PLATE))


def test_a_detail_without_a_salt_is_refused() -> None:
    """A forgotten salt is a refusal, not a commitment without one."""
    with pytest.raises(BadInput):
        commitments(PrivateDetails(values={"plate": PLATE}, salts={}))


def test_private_details_travel_as_bytes_and_come_back() -> None:
    """What lies sealed beside the tree is the same after storage."""
    stored = msgspec.msgpack.encode(details())

    assert details() == msgspec.msgpack.decode(stored, type=PrivateDetails)
