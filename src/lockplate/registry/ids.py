"""Ids: what an id may look like, and new random ones.

What flows in: a word that a person chose. What flows out: the word, or BadInput; or a random id.
What it must never see: a plate or a name made into an id.
"""

import re
import secrets
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lockplate.errors import BadInput

_SLUG = re.compile(r"[a-z0-9-]{1,40}")
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
_ID_BYTES = 10


def require_slug(text: str) -> str:
    """Return the text when it can be an operator's, agency's or reader's id, else raise BadInput.

    Lower-case letters, digits and hyphens, 1 to 40: it stands in addresses, file names and log origins.
    """
    if not _SLUG.fullmatch(text):
        raise BadInput(
            "an id has 1 to 40 lower-case letters, digits and hyphens", code="bad_id", next_step="Example: pine-county"
        )
    return text


def require_login(text: str) -> str:
    """Return the text when it can be a person's id, else raise BadInput."""
    if not _LOGIN.fullmatch(text):
        raise BadInput(
            "a person's id has 1 to 64 lower-case letters, digits and . _ @ -",
            code="bad_id",
            next_step="Example: r.okafor",
        )
    return text


def require_zone(text: str) -> str:
    """Return the text when it names an IANA time zone, else raise BadInput."""
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadInput("not a time zone", code="bad_zone", next_step="Example: America/Los_Angeles") from error


def new_id(letter: str) -> str:
    """Return a random id: the letter says of what, 80 random bits make it unique."""
    return letter + secrets.token_hex(_ID_BYTES)
