"""The shared door: whatever the bytes, they are opened within bounds or refused with a reason."""

import contextlib
import json
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.read import RejectReason
from lockplate.readers.formats import parse_body
from lockplate.readers.payload import MAX_BODY_BYTES, MAX_PARTS, MAX_XML_BYTES, PayloadRefused, open_payload

FORM = "multipart/form-data; boundary=cut"


def refused(body: bytes, content_type: str = "") -> RejectReason:
    with pytest.raises(PayloadRefused) as caught:
        open_payload(body, content_type=content_type)
    return caught.value.reason


def form(*parts: bytes, end: bytes = b"--cut--\r\n", newline: bytes = b"\r\n") -> bytes:
    return (b"".join(b"--cut\r\n" + part + b"\r\n" for part in parts) + end).replace(b"\r\n", newline)


def part(name: str, data: bytes, *, filename: str | None = None, media_type: str | None = None) -> bytes:
    head = f'Content-Disposition: form-data; name="{name}"' + (f'; filename="{filename}"' if filename else "")
    if media_type:
        head += f"\r\nContent-Type: {media_type}"
    return head.encode() + b"\r\n\r\n" + data


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;&x;">]><a>&y;</a>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1/x"> %x;]><a/>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><a/>',
        "<!DOCTYPE a><a/>",
    ],
)
def test_document_types_and_entities_are_hostile(document: str) -> None:
    """No entity is expanded and no document type read, inside or outside the file."""
    assert RejectReason.HOSTILE == refused(document.encode())


def test_a_hostile_part_is_not_hidden_by_a_good_one() -> None:
    """A form with a bomb in it is refused as a whole."""
    body = form(part("a", b'{"plate":"X"}'), part("b", b"<!DOCTYPE a><a/>"))
    assert RejectReason.HOSTILE == refused(body, FORM)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"[" * 10_000_000, RejectReason.HOSTILE),
        (b'{"a":' * 2_000_000, RejectReason.HOSTILE),
        (b"<a>" * 1_300_000, RejectReason.HOSTILE),
        (b"<a>" + b"<b/>" * 60_000 + b"</a>", RejectReason.HOSTILE),
        (b"<a>" * 65 + b"</a>" * 65, RejectReason.HOSTILE),
        (b"<a>" * 3_500_000, RejectReason.TOO_LARGE),
        (b"x" * (MAX_BODY_BYTES + 1), RejectReason.TOO_LARGE),
        (b"<a>" + b"x" * MAX_XML_BYTES + b"</a>", RejectReason.TOO_LARGE),
        (b"json=" + b"%" * 3_000_000, RejectReason.TOO_LARGE),
        (b"json=1" + b"&a=1" * MAX_PARTS, RejectReason.HOSTILE),
        (b"", RejectReason.EMPTY),
        (b" \r\n\t\0\0", RejectReason.EMPTY),
        (b"\xef\xbb\xbf \n", RejectReason.EMPTY),
        (b"{", RejectReason.MALFORMED),
        (b"<a><b></a>", RejectReason.MALFORMED),
        (b"<a/><b/>", RejectReason.MALFORMED),
        (b"<x:a><y:b></x:a>", RejectReason.MALFORMED),
        (b"<x:a>" * 65 + b"</x:a>" * 65, RejectReason.HOSTILE),
    ],
)
def test_what_cannot_be_opened_is_refused_with_its_reason(body: bytes, reason: RejectReason) -> None:
    """Nesting, size, emptiness and broken syntax are told apart."""
    assert reason == refused(body)


@pytest.mark.parametrize(
    "body",
    [
        b"/*" * 8_000_000,
        b"[" + b"/*" * 500_000,
        b'{"' + b'\\"' * 500_000,
        b'{"' + b'\\"' * 500_000 + b"\\",
        b"[/*" + b"*" * 1_000_000,
        b"[" + b"//" * 500_000,
        b"<a>" + b"<!---->" * 580_000 + b"</a>",
        b"<a>" + b"<![CDATA[" * 400_000,
        b"--cut\r\nContent-Type: a\r\n\r\n" + b"\r\n--cut" * 2_000_000,
        b"--cut\r\nContent-Type: a\r\n\r\n" * 500_000,
        b"--" + b"-" * 8_000_000,
    ],
)
def test_opening_ends_soon_on_text_made_to_be_walked_again_and_again(body: bytes) -> None:
    """Openings without endings cost one walk: a quadratic walk through these would last hours.

    The wait is no budget; it only lets the test end.
    """

    def open_it() -> None:
        with contextlib.suppress(PayloadRefused):
            open_payload(body)

    walker = threading.Thread(target=open_it, daemon=True)
    walker.start()
    walker.join(60)
    assert not walker.is_alive()


def test_a_byte_order_mark_and_trailing_zeros_are_no_content() -> None:
    """Old firmware sends a mark in front and its empty buffer behind."""
    assert {"a": 1} == open_payload(b'\xef\xbb\xbf{"a":1}\0\0\0').json
    assert {"a": 1} == open_payload('{"a":1}'.encode("utf-16")).json
    assert "r" == open_payload(b"\xef\xbb\xbf<r/>\0").xml.tag


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ('<?xml version="1.0" encoding="UTF-8"?><r>Ö</r>'.encode("latin-1"), "Ö"),
        ('<?xml version="1.0" encoding="ISO-8859-1"?><r>Ö</r>'.encode("latin-1"), "Ö"),
        ('<?xml version="1.0" encoding="GB2312"?><r>京</r>'.encode("gb2312"), "京"),
        ('<?xml version="1.0" encoding="utf-16"?><r>Ö</r>'.encode("utf-16"), "Ö"),
        ("<r>Ö</r>".encode(), "Ö"),
    ],
)
def test_xml_is_read_in_the_encoding_it_is_really_in(document: bytes, text: str) -> None:
    """What the declaration says counts, unless the bytes say otherwise."""
    assert text == open_payload(document).xml.text


def test_an_encoding_nobody_knows_is_malformed() -> None:
    """A made-up encoding is no error of ours."""
    assert RejectReason.MALFORMED == refused(b'<?xml version="1.0" encoding="x-nonsense"?><r/>')


def test_json_in_latin_1_is_read() -> None:
    """Some recorders send latin-1 and call it JSON."""
    assert {"p": "TÖL"} == open_payload('{"p":"TÖL"}'.encode("latin-1")).json


def test_comments_are_taken_out_of_json_and_left_in_strings() -> None:
    """Documentation samples carry comments; an address in a string is none."""
    body = b'// a sample\n{"u": "http://x/*y*/", /* two\nlines */ "n": 1} // end'
    assert {"u": "http://x/*y*/", "n": 1} == open_payload(body).json


def test_a_form_gives_its_document_and_its_pictures() -> None:
    """The first JSON or XML part is the payload; a picture larger than a buffer comes whole, bytes and all."""
    picture = b"\xff\xd8\xff" + bytes(range(256)) * 2000
    body = form(
        part("pic", picture, filename="a.jpg", media_type="image/jpeg"),
        part("anpr.xml", b"<r>1</r>", filename="anpr.xml", media_type="application/xml"),
    )
    payload = open_payload(body, content_type=FORM)
    assert "1" == payload.xml.text
    assert [("pic", "a.jpg", "image/jpeg", picture)] == [
        (each.name, each.filename, each.media_type, each.data) for each in payload.parts[:1]
    ]


def test_further_documents_of_a_form_are_kept() -> None:
    """A stream that was saved to a file holds many events."""
    payload = open_payload(
        form(part("a", b"<r>1</r>"), part("b", b"<r>2</r>"), part("c", b"<r>3</r>")), content_type=FORM
    )
    assert ["1", "2", "3"] == [each.xml.text for each in (payload, *payload.others)]


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "multipart/form-data",
        "multipart/form-data; boundary=other",
        "multipart/form-data; boundary=--cut",
        'multipart/mixed; boundary="cut"',
        "text/plain",
        "application/json",
    ],
)
def test_the_boundary_is_found_whatever_the_header_says(content_type: str) -> None:
    """A file has lost its header, and cameras write it wrongly: the body's own first line decides then."""
    assert {"a": 1} == open_payload(form(part("json", b'{"a":1}')), content_type=content_type).json


def test_bare_line_feeds_and_a_missing_end_are_read() -> None:
    """Cameras end lines as they like, and streams never end."""
    assert {"a": 1} == open_payload(form(part("j", b'{"a":1}'), end=b"", newline=b"\n"), content_type=FORM).json


def test_several_parts_are_cut_at_bare_line_feeds() -> None:
    """The line feed before a boundary is not the part's own."""
    body = form(part("a", b"1"), part("b", b"2"), newline=b"\n")
    assert [("a", b"1"), ("b", b"2")] == [
        (each.name, each.data) for each in open_payload(body, content_type=FORM).parts
    ]


@pytest.mark.parametrize("said", ["cut", "--cut"])
def test_what_stands_before_the_first_boundary_is_no_part(said: str) -> None:
    """A preamble hides the first line; the header's boundary, with dashes or without, still cuts."""
    body = b"a preamble\r\n" + form(part("json", b'{"a":1}'))
    assert {"a": 1} == open_payload(body, content_type=f"multipart/form-data; boundary={said}").json


def test_a_part_needs_no_disposition() -> None:
    """A stream's parts have a type and a length, no name."""
    body = form(b"Content-Type: text/plain\r\nContent-Length: 3\r\n\r\nabc")
    assert "abc" == open_payload(body, content_type="multipart/x-mixed-replace; boundary=cut").text


def test_a_header_that_promises_a_form_does_not_hide_plain_json() -> None:
    """Readers lie about the type; the shape decides."""
    assert {"a": 1} == open_payload(b'{"a":1}', content_type=FORM).json
    assert {"a": 1} == open_payload(b'{"a":1}', content_type="application/x-www-form-urlencoded").json


def test_urlencoded_fields_are_opened() -> None:
    """One integration sends its JSON as a field of an urlencoded form."""
    body = b"json=%7B%22plate%22%3A%22AB+12%22%7D&x=1"
    for content_type in ("", "application/x-www-form-urlencoded; charset=utf-8"):
        payload = open_payload(body, content_type=content_type)
        assert {"plate": "AB 12"} == payload.json
        assert ["json", "x"] == [each.name for each in payload.parts]


def test_too_many_parts_are_hostile_and_none_is_malformed() -> None:
    """A form has some parts: not none, not thousands."""
    assert RejectReason.HOSTILE == refused(form(*[part("a", b"1")] * (MAX_PARTS + 1)), FORM)
    assert MAX_PARTS == len(open_payload(form(*[part("a", b"1")] * MAX_PARTS), content_type=FORM).parts)
    assert RejectReason.MALFORMED == refused(b"--cut\r\nContent-Type: text/plain", FORM)
    assert RejectReason.MALFORMED == refused(form(part("a", b"{broken")), FORM)


def test_a_broken_part_does_not_hide_a_good_one() -> None:
    """Only when no part can be opened is the body malformed."""
    assert {"a": 1} == open_payload(form(part("x", b"[oops"), part("y", b'{"a":1}')), content_type=FORM).json


PIECES = st.sampled_from(
    [b"<", b"</a>", b"<a>", b"{", b"}", b"[", b'"', b"\\", b":", b"//", b"/*", b"*/", b"--cut", b"\r\n", b"\n", b"--", b"=",
     b"&", b"%", b"json=", b"Content-Type: text/plain", b"\xff\xfe", b"\xef\xbb\xbf", b"\0", b"NaN", b"<!DOCTYPE", b"<?xml "]
)  # fmt: skip


@given(
    body=st.one_of(
        st.binary(max_size=300), st.lists(st.one_of(PIECES, st.binary(max_size=4)), max_size=40).map(b"".join)
    ),
    content_type=st.one_of(
        st.sampled_from(["", FORM, "multipart/x", "application/x-www-form-urlencoded"]), st.text(max_size=60)
    ),
)
def test_no_body_raises(body: bytes, content_type: str) -> None:
    """For any bytes and any header, the outcome is a Parsed with something in it."""
    parsed = parse_body(body, content_type=content_type)
    assert parsed.reads or parsed.rejects or parsed.ignored


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=20,
    )
)
def test_json_objects_come_out_as_they_went_in(value: object) -> None:
    """Taking out comments never changes JSON that has none."""
    assert [value] == open_payload(json.dumps([value]).encode()).json
    assert [value] == open_payload(b"/* note */ " + json.dumps([value]).encode()).json


@pytest.mark.parametrize(("name", "value"), [("NaN", None), ("-Infinity", None), ('"NaN"', "NaN")])
def test_numbers_that_are_none_become_null(name: str, value: object) -> None:
    """Python's own encoder writes NaN; a string of that name stays."""
    assert {"a": value} == open_payload(f'{{"a": {name}}}'.encode()).json
