"""Payload: one body, bounded, opened once and safely, before any format looks at it.

What flows in: bytes and what the sender said of them. What flows out: a JSON value, an XML element, form parts, text.
What it must never see: the store, keys, a log. Hostile input ends here: entity bombs, external entities, absurd
nesting, huge bodies.
"""

import io
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

import msgspec
import multipart
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from lockplate.errors import BadInput
from lockplate.read import RejectReason
from lockplate.readers.comments import strip_comments

MAX_BODY_BYTES = 16 * 1024 * 1024
"""A Rekor message with inline pictures is under 100 kB, a Hikvision body with three pictures under 4 MB."""
MAX_XML_BYTES = 4 * 1024 * 1024
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


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a form: its name, file name, declared type, and bytes."""

    name: str
    filename: str | None
    media_type: str
    data: bytes


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
    stripped = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not stripped:
        raise PayloadRefused(RejectReason.EMPTY, "no bytes but white space")
    boundary = _boundary(stripped, content_type)
    if boundary is not None:
        return _open_form(body, boundary, filename)
    if "urlencoded" in content_type or stripped.startswith((b"json=", b"event=")):
        return _open_urlencoded(stripped, filename)
    return _open_single(stripped, filename)


def _open_single(stripped: bytes, filename: str | None) -> Payload:
    if stripped.startswith(b"<"):
        return Payload(xml=_open_xml(stripped), filename=filename)
    if stripped.startswith((b"{", b"[", b"//", b"/*")):
        return Payload(json=_open_json(stripped), filename=filename)
    return Payload(text=_open_text(stripped), filename=filename)


def _open_json(data: bytes) -> Any:
    """Decode JSON; on failure once more without the comments that documentation samples carry."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as first:
        if isinstance(first, RecursionError):
            raise PayloadRefused(RejectReason.HOSTILE, "nested too deeply") from None
    try:
        return msgspec.json.decode(strip_comments(_open_text(data)))
    except RecursionError:
        raise PayloadRefused(RejectReason.HOSTILE, "nested too deeply") from None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise PayloadRefused(RejectReason.MALFORMED, "not valid JSON") from None


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


def _open_xml(data: bytes) -> Element:
    if len(data) > MAX_XML_BYTES:
        raise PayloadRefused(RejectReason.TOO_LARGE, f"XML over {MAX_XML_BYTES} bytes")
    parser = DefusedXMLParser(target=_BoundedTree(), forbid_dtd=True, forbid_entities=True, forbid_external=True)
    try:
        parser.feed(data)
        root = parser.close()
    except DefusedXmlException:
        raise PayloadRefused(RejectReason.HOSTILE, "declares a document type or entities") from None
    except (ParseError, LookupError, ValueError):
        raise PayloadRefused(RejectReason.MALFORMED, "not valid XML") from None
    if not isinstance(root, Element):
        raise PayloadRefused(RejectReason.MALFORMED, "no XML element")
    return root


def _open_text(data: bytes) -> str:
    """Decode text: UTF-8, else latin-1, which some recorders send."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _boundary(stripped: bytes, content_type: str) -> str | None:
    """Return the form boundary from the header, or from the body's own first line when a file lost its header."""
    main, options = multipart.parse_options_header(content_type) if content_type else ("", {})
    if main.lower().startswith("multipart/") and options.get("boundary"):
        return str(options["boundary"])
    first = stripped.split(b"\n", 1)[0].strip()
    if first.startswith(b"--") and 2 < len(first) <= 80 and b"content-" in stripped[:2000].lower():
        return first[2:].decode("latin-1")
    return None


def _open_form(body: bytes, boundary: str, filename: str | None) -> Payload:
    try:
        parts = tuple(_form_parts(body[body.index(b"--" + boundary.encode("latin-1")) :], boundary))
    except (multipart.MultipartError, ValueError):
        raise PayloadRefused(RejectReason.MALFORMED, "not a valid form") from None
    return _payload_of_parts(parts, filename)


def _form_parts(body: bytes, boundary: str) -> list[Part]:
    parser = multipart.MultipartParser(
        io.BytesIO(body), boundary, memory_limit=MAX_BODY_BYTES, disk_limit=0, mem_limit=MAX_BODY_BYTES
    )
    parts: list[Part] = []
    for part in parser:
        if len(parts) == MAX_PARTS:
            raise PayloadRefused(RejectReason.HOSTILE, f"over {MAX_PARTS} form parts")
        parts.append(
            Part(name=part.name or "", filename=part.filename, media_type=part.content_type or "", data=part.raw)
        )
    return parts


def _payload_of_parts(parts: tuple[Part, ...], filename: str | None) -> Payload:
    """Open the first part that is JSON or XML; the rest are pictures and plain fields."""
    refused: PayloadRefused | None = None
    for part in parts:
        head = part.data.lstrip(b"\xef\xbb\xbf \t\r\n")
        try:
            if head.startswith(b"<"):
                return Payload(xml=_open_xml(head), parts=parts, filename=filename)
            if head.startswith((b"{", b"[")):
                return Payload(json=_open_json(head), parts=parts, filename=filename)
        except PayloadRefused as error:
            refused = refused or error
    if refused is not None:
        raise refused
    text = "\n".join(_open_text(part.data) for part in parts if _is_text(part))
    return Payload(text=text, parts=parts, filename=filename)


def _is_text(part: Part) -> bool:
    return part.media_type.startswith("text/") or (not part.media_type and b"\0" not in part.data)


def _open_urlencoded(stripped: bytes, filename: str | None) -> Payload:
    try:
        fields = parse_qsl(_open_text(stripped), keep_blank_values=True, max_num_fields=MAX_PARTS)
    except ValueError:
        raise PayloadRefused(RejectReason.HOSTILE, f"over {MAX_PARTS} form fields") from None
    parts = tuple(
        Part(name=name, filename=None, media_type="text/plain", data=value.encode("utf-8", "surrogatepass"))
        for name, value in fields
    )
    return _payload_of_parts(parts, filename)
