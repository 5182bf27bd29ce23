"""Comments in JSON: taken out, for documentation samples and hand-written files.

What flows in: text that is JSON but for `//` and `/* */` comments. What flows out: the same text without them.
What it must never see: anything but that text.
"""

import re

_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)


def strip_comments(text: str) -> str:
    """Return the text without comments; whatever stands inside a string stays."""
    return _TOKEN.sub(lambda match: match[0] if match[0].startswith('"') else " ", text)
