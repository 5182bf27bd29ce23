"""Payload: one body, bounded, opened once and safely, before any format looks at it.

What flows in: bytes and what the sender said of them. What flows out: a JSON value, an XML element, form parts, text.
What it must never see: the store, keys, a log. Hostile input ends here: entity bombs, external entities, absurd
nesting, huge bodies.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

import msgspec
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from lockplate.errors import BadInput
from lockplate.read import RejectReason
from lockplate.readers.comments import strip_comments
from lockplate.readers.form import Part, find_boundary, split_form

__all__ = ["MAX_BODY_BYTES", "Part", "Payload", "PayloadRefused", "open_payload"]

MAX_BODY_BYTES = 16 * 1024 * 1024
"""A Rekor message with inline pictures is under 100 kB, a Hikvision body with three pictures under 4 MB."""
MAX_XML_BYTES = 4 * 1024 * 1024
MAX_URLENCODED_BYTES = 2 * 1024 * 1024
"""Pictures do not come urlencoded; undoing 16 MB of percent signs would take ten seconds."""
MAX_XML_DEPTH = 64
MAX_XML_ELEMENTS = 50_000
MAX_PARTS = 64


class PayloadRefused(BadInput):
    """A body that no format may look at; `reason` says why in the words of RejectReason."""

    default_code = "payload_refused"

    def __init__(self, reason: RejectReason, detail: str) -> None:
        super().__init__(f"{reason.value}: {detail}", code=reason.value)
        self.reason = reason
        self.detail = detail


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """A body, opened: exactly one of `json`, `xml` or `text` is what the formats look at."""

    json: Any = None
    """The JSON value: the whole body, or the first form part that is JSON."""
    xml: Element | None = None
    """The root element: the whole body, or the first form part that is XML."""
    text: str | None = None
    """The body when it is neither JSON nor XML."""
    parts: tuple[Part, ...] = ()
    """Every form part, pictures included."""
    others: tuple["Payload", ...] = ()
    """Further form parts that are JSON or XML, opened: a stream saved to a file holds many events."""
    filename: str | None = None
    """The name of the file, when the body came from one; a hint for detection only."""

    def object(self) -> Mapping[str, Any]:
        """Return the JSON value when it is an object, else an empty one."""
        return self.json if isinstance(self.json, dict) else {}


def open_payload(body: bytes, *, content_type: str = "", filename: str | None = None) -> Payload:
    """Return the body opened, or raise PayloadRefused; never any other error, whatever the bytes.

    `content_type` is the HTTP header when there was one; readers lie about it, so shape decides and the header
    only gives the form boundary.
    """
    if len(body) > MAX_BODY_BYTES:
        raise PayloadRefused(RejectReason.TOO_LARGE, f"over {MAX_BODY_BYTES} bytes")
    stripped = _plain_start(body).strip(_PADDING)
    if not stripped:
        raise PayloadRefused(RejectReason.EMPTY, "no bytes but white space")
    boundary = find_boundary(stripped, content_type)
    if boundary is not None:
        return _open_form(stripped, boundary, filename)
    structured = stripped.startswith((b"<", b"{", b"["))
    if not structured and ("urlencoded" in content_type.lower() or stripped.startswith((b"json=", b"event="))):
        return _open_urlencoded(stripped, filename)
    return _open_single(stripped, filename)


_PADDING = b"\0 \t\r\n"
"""Old firmware sends its whole buffer: the text, then zeros."""
_UTF_8_MARK = b"\xef\xbb\xbf"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def _plain_start(body: bytes) -> bytes:
    """Return the body as UTF-8 without a byte order mark."""
    if body.startswith(_UTF_16_MARKS):
        return body.decode("utf-16", "replace").encode()
    return body.lstrip(_PADDING).removeprefix(_UTF_8_MARK)


def _open_single(stripped: bytes, filename: str | None) -> Payload:
    if stripped.startswith(b"<"):
        return Payload(xml=_open_xml(stripped), filename=filename)
    if stripped.startswith((b"{", b"[", b"//", b"/*")):
        return Payload(json=_open_json(stripped), filename=filename)
    return Payload(text=_open_text(stripped), filename=filename)


def _open_json(data: bytes) -> Any:
    """Decode JSON; on failure once more without comments (documentation) and NaN (what Python's json writes)."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as first:
        if isinstance(first, RecursionError):
            raise PayloadRefused(RejectReason.HOSTILE, "nested too deeply") from None
    lines = _open_lines(data)
    if lines:
        return lines
    try:
        return msgspec.json.decode(_without_nan(strip_comments(_open_text(data))))
    except RecursionError:
        raise PayloadRefused(RejectReason.HOSTILE, "nested too deeply") from None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise PayloadRefused(RejectReason.MALFORMED, "not valid JSON") from None


def _open_lines(data: bytes) -> list[Any]:
    """Return the values of a body that holds one object a line, as brokers and vendors write to files, else none."""
    if b"\n{" not in data:
        return []
    try:
        return msgspec.json.Decoder().decode_lines(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return []


# A string cut off by the end of the text matches too, and nothing is given back: one walk through hostile text.
_NAN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|-?\b(?:NaN|Infinity)\b', re.DOTALL)


def _without_nan(text: str) -> str:
    return _NAN.sub(lambda match: match[0] if match[0].startswith('"') else "null", text)


class _BoundedTree(TreeBuilder):
    """Builds the tree, and stops at a depth or size that no reader sends."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0
        self._elements = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_XML_DEPTH or self._elements > MAX_XML_ELEMENTS:
            raise PayloadRefused(RejectReason.HOSTILE, "nested too deeply or too many elements")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


_DECLARED = re.compile(rb"^<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_.-]{1,30})[\"']", re.ASCII)
_WIDE_ENCODINGS = frozenset({"gb2312", "gbk", "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr", "utf-16"})
"""Encodings that cameras declare and the XML parser does not know; no others are tried."""


def _open_xml(data: bytes) -> Element:
    if len(data) > MAX_XML_BYTES:
        raise PayloadRefused(RejectReason.TOO_LARGE, f"XML over {MAX_XML_BYTES} bytes")
    data, encoding = _xml_encoding(data)
    try:
        return _parse_xml(data, encoding)
    except ParseError as error:
        if error.code != _UNBOUND_PREFIX:
            raise PayloadRefused(RejectReason.MALFORMED, "not valid XML") from None
    try:
        # An event cut out of a longer document has lost the declaration of its prefix.
        return _parse_xml(_PREFIX.sub(rb"<\1", data), encoding)
    except ParseError:
        raise PayloadRefused(RejectReason.MALFORMED, "not valid XML") from None


_UNBOUND_PREFIX = 27
"""expat's XML_ERROR_UNBOUND_PREFIX."""
_PREFIX = re.compile(rb"<(/?)[A-Za-z_][A-Za-z0-9_.-]{0,40}:")


def _parse_xml(data: bytes, encoding: str | None) -> Element:
    parser = DefusedXMLParser(
        target=_BoundedTree(), encoding=encoding, forbid_dtd=True, forbid_entities=True, forbid_external=True
    )
    try:
        parser.feed(data)
        root = parser.close()
    except DefusedXmlException:
        raise PayloadRefused(RejectReason.HOSTILE, "declares a document type or entities") from None
    except ParseError:
        raise
    except (LookupError, ValueError):
        raise PayloadRefused(RejectReason.MALFORMED, "not valid XML") from None
    if not isinstance(root, Element):
        raise PayloadRefused(RejectReason.MALFORMED, "no XML element")
    return root


def _xml_encoding(data: bytes) -> tuple[bytes, str | None]:
    """Return the bytes and the encoding to read them in; None leaves it to the XML declaration.

    Wide encodings are turned into UTF-8 here, and so is a body that says UTF-8 and is not: that is latin-1.
    """
    declared = _DECLARED.match(data)
    name = declared[1].decode("ascii").lower() if declared else "utf-8"
    if name in _WIDE_ENCODINGS:
        # A body that came as UTF-16 has been decoded before; its declaration still says so.
        return data.decode("utf-8" if name == "utf-16" else name, "replace").encode(), "utf-8"
    if name in ("utf-8", "utf8"):
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            return data.decode("latin-1").encode(), "utf-8"
    return data, None


def _open_text(data: bytes) -> str:
    """Decode text: UTF-8, else latin-1, which some recorders send."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _open_form(body: bytes, boundary: bytes, filename: str | None) -> Payload:
    parts = tuple(split_form(body, boundary, most=MAX_PARTS + 1))
    if len(parts) > MAX_PARTS:
        raise PayloadRefused(RejectReason.HOSTILE, f"over {MAX_PARTS} form parts")
    if not parts:
        raise PayloadRefused(RejectReason.MALFORMED, "a form without a part")
    return _payload_of_parts(parts, filename)


def _payload_of_parts(parts: tuple[Part, ...], filename: str | None) -> Payload:
    """Open every part that is JSON or XML; the first is the payload, the rest are pictures and plain fields."""
    refused: PayloadRefused | None = None
    opened: list[Payload] = []
    for part in parts:
        try:
            document = _open_document(part, filename)
        except PayloadRefused as error:
            if error.reason is not RejectReason.MALFORMED:
                raise
            refused = refused or error
            continue
        if document is not None:
            opened.append(document)
    if opened:
        return msgspec.structs.replace(opened[0], parts=parts, others=tuple(opened[1:]))
    if refused is not None:
        raise refused
    text = "\n".join(_open_text(part.data) for part in parts if _is_text(part))
    return Payload(text=text, parts=parts, filename=filename)


def _open_document(part: Part, filename: str | None) -> Payload | None:
    head = _plain_start(part.data).strip(_PADDING)
    if head.startswith(b"<"):
        return Payload(xml=_open_xml(head), filename=filename)
    if head.startswith((b"{", b"[")):
        return Payload(json=_open_json(head), filename=filename)
    return None


def _is_text(part: Part) -> bool:
    return part.media_type.startswith("text/") or (not part.media_type and b"\0" not in part.data)


def _open_urlencoded(stripped: bytes, filename: str | None) -> Payload:
    if len(stripped) > MAX_URLENCODED_BYTES:
        raise PayloadRefused(RejectReason.TOO_LARGE, f"urlencoded over {MAX_URLENCODED_BYTES} bytes")
    try:
        fields = parse_qsl(_open_text(stripped), keep_blank_values=True, max_num_fields=MAX_PARTS)
    except ValueError:
        raise PayloadRefused(RejectReason.HOSTILE, f"over {MAX_PARTS} form fields") from None
    parts = tuple(
        Part(name=name, filename=None, media_type="text/plain", data=value.encode("utf-8", "surrogatepass"))
        for name, value in fields
    )
    return _payload_of_parts(parts, filename)
