"""Comments in JSON: taken out, for documentation samples and hand-written files.

What flows in: text that is JSON but for `//` and `/* */` comments. What flows out: the same text without them.
What it must never see: anything but that text.
"""

import re

MAX_COMMENTED_CHARACTERS = 1024 * 1024
"""No reader comments its JSON; people do, in small files."""

# Every alternative also matches when it is cut off by the end of the text, and gives nothing back once matched: a
# hostile text of openings without endings is walked through once.
_TOKEN = re.compile(
    r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/|\Z)',
    re.DOTALL,
)


def strip_comments(text: str) -> str:
    """Return the text without comments, a longer text than MAX_COMMENTED_CHARACTERS as it is.

    Whatever stands inside a string stays.
    """
    if len(text) > MAX_COMMENTED_CHARACTERS:
        return text
    return _TOKEN.sub(lambda match: match[0] if match[0].startswith('"') else " ", text)
