"""Nedap: the tags that an operator puts into the camera's message, when they are sent with their names.

What flows in: an opened payload. What flows out: one Read a message.
What it must never see: anything that is not in the list of tags. A message of bare values has no shape to know it by.
"""

import re
from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

from lockplate.read import Parsed
from lockplate.readers.elements import lowered
from lockplate.readers.fields import objects
from lockplate.readers.format_type import Format
from lockplate.readers.outcome import missing, parsed_of
from lockplate.readers.payload import Payload
from lockplate.readers.tattile import tags_outcome

NAME = "nedap"
HEAD_CHARACTERS = 64 * 1024
"""How far detection looks; reading goes to the end."""
_TAG = re.compile(r"%?\b([A-Z][A-Z_]{1,30})[ \t]*[=:][ \t]*([^;,|&\r\n%]*)", re.ASCII)


def claims(payload: Payload) -> bool:
    """Say whether a body names the tag PLATE_STRING with a value."""
    if payload.text is not None:
        return any("plate_string" in tags for tags in _messages(payload.text[:HEAD_CHARACTERS]))
    return any("plate_string" in item for item in lowered(objects(payload.json)[:1]))


def parse(payload: Payload, zone: tzinfo | None) -> Parsed:
    """Return the outcome of every message in the body."""
    text = payload.text
    messages = lowered(objects(payload.json)) if text is None else _messages(text)
    outcomes = [tags_outcome(NAME, tags, zone) for tags in messages]
    return parsed_of(NAME, outcomes or [missing("PLATE_STRING")])


def _messages(text: str) -> list[Mapping[str, Any]]:
    """Return the sets of tags in a text: a tag that comes again begins the next set."""
    messages: list[dict[str, Any]] = [{}]
    for name, value in _TAG.findall(text):
        if name.lower() in messages[-1]:
            messages.append({})
        messages[-1][name.lower()] = value.strip()
    return [tags for tags in messages if tags]


NEDAP = Format(name=NAME, claims=claims, parse=parse, says="Nedap cameras: messages of named tags")
