"""Form: a multipart body cut into its parts, as cameras really write them.

What flows in: a body and the header's word for its boundary. What flows out: parts, pictures included.
What it must never see: what the parts mean. Cameras end lines with a bare line feed, leave out the closing boundary,
name no field, or put the boundary's dashes into the header: all of that is read. Time is linear in the body.
"""

import re
from typing import NamedTuple

import msgspec
import multipart

MAX_BOUNDARY = 200
MAX_PART_HEAD = 8 * 1024
_HEAD_END = re.compile(rb"\r?\n\r?\n")


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a form: its name, file name, declared type, and bytes."""

    name: str
    filename: str | None
    media_type: str
    data: bytes


class _Head(NamedTuple):
    name: str
    filename: str | None
    media_type: str


def find_boundary(body: bytes, content_type: str) -> bytes | None:
    """Return the boundary that really cuts this body: the header's, else that of the body's own first line."""
    main, options = multipart.parse_options_header(content_type[:1000]) if content_type else ("", {})
    if main.lower().startswith("multipart/"):
        said = str(options.get("boundary") or "").encode("utf-8", "replace")[:MAX_BOUNDARY]
        for boundary in (said, said.removeprefix(b"--")):
            if boundary and b"--" + boundary in body:
                return boundary
    first = body[: MAX_BOUNDARY + 2].split(b"\n", 1)[0].strip()
    if first.startswith(b"--") and len(first) > 2 and b"content-" in body[:2000].lower():
        return first[2:]
    return None


def split_form(body: bytes, boundary: bytes, *, most: int) -> list[Part]:
    """Return the parts in order, at most `most`; a part without an end of its headers is not one."""
    cut = re.compile(rb"(?:\A|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    parts: list[Part] = []
    start: int | None = None
    for match in cut.finditer(body):
        if start is not None and (part := _part(body[start : match.start()])) is not None:
            parts.append(part)
        start = match.end()
        if match[1] or len(parts) == most:
            return parts
    if start is not None and (part := _part(body[start:])) is not None:
        parts.append(part)
    return parts


def _part(chunk: bytes) -> Part | None:
    """Return one part, or None when there is nothing between two boundaries."""
    end = _HEAD_END.search(chunk, 0, MAX_PART_HEAD)
    if end is None:
        return None
    head = _head(chunk[: end.start()])
    return Part(name=head.name, filename=head.filename, media_type=head.media_type, data=chunk[end.end() :])


def _head(raw: bytes) -> _Head:
    name, filename, media_type = "", None, ""
    for line in raw.decode("utf-8", "replace").splitlines():
        key, _, value = line.partition(":")
        if key.strip().lower() == "content-disposition":
            _, options = multipart.parse_options_header(value.strip())
            name, filename = str(options.get("name") or ""), options.get("filename")
        elif key.strip().lower() == "content-type":
            media_type = value.split(";", 1)[0].strip().lower()
    return _Head(name, None if filename is None else str(filename), media_type)
