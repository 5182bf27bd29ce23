"""Cells: hostile text made safe for a spreadsheet and for XML.

What flows in: any text, such as a name out of a release. What flows out: text that runs nothing.
What it must never see: markup that it would have to keep.
"""

import re
from xml.sax.saxutils import escape, quoteattr

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula, the wide forms included."""
_BLANK = " \u00a0\u3000"
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
"""Controls, half letters, line ends, turned writing, and what no XML document may hold: no name needs any of them."""


def safe_cell(text: str) -> str:
    """Return a cell that no spreadsheet runs as a formula; controls become the replacement character."""
    cell = _printable(text)
    return f"'{cell}" if text.lstrip(_BLANK).startswith(FORMULA) else cell


def safe_attribute(text: str) -> str:
    """Return a quoted attribute value for XML 1.0."""
    return quoteattr(_printable(text))


def safe_text(text: str) -> str:
    """Return text for an XML element."""
    return escape(_printable(text))


def _printable(text: str) -> str:
    return text if text.isprintable() else _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
