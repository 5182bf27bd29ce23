"""Elements: XML and JSON brought to one shape, since one vendor's event comes under three namespaces and two syntaxes.

What flows in: an element or a JSON value that payload has opened. What flows out: mappings with lower-case local names.
What it must never see: bytes; parsing, and what makes it safe, is payload's.
"""

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

MAX_DEPTH = 12
"""Deeper than any reader's event; what lies below is not looked at."""


def local_name(element: Element) -> str:
    """Return an element's name without its namespace, lower case: one vendor writes `aNPR` and `ANPR`."""
    return str(element.tag).rsplit("}", 1)[-1].lower()


def every(element: Element, name: str) -> Iterator[Element]:
    """Yield every element of that local name, the given one included."""
    return (item for item in element.iter() if local_name(item) == name)


def mapping_of(element: Element) -> dict[str, Any]:
    """Return an element's children by local name: text, a mapping, or a list where a name comes again."""
    found = _element_value(element, MAX_DEPTH)
    return found if isinstance(found, dict) else {}


def _element_value(element: Element, depth: int) -> Any:
    if len(element) == 0 or depth == 0:
        return element.text or ""
    children: dict[str, Any] = {}
    for item in element:
        name, value = local_name(item), _element_value(item, depth - 1)
        if name not in children:
            children[name] = value
        elif isinstance(children[name], list):
            children[name].append(value)
        else:
            children[name] = [children[name], value]
    return children


def lowered(value: Any, depth: int = MAX_DEPTH) -> Any:
    """Return a JSON value with every key in lower case; when two keys meet, the first stays."""
    if depth == 0:
        return None
    if isinstance(value, dict):
        children: dict[str, Any] = {}
        for name, item in value.items():
            children.setdefault(str(name).lower(), lowered(item, depth - 1))
        return children
    if isinstance(value, list):
        return [lowered(item, depth - 1) for item in value]
    return value
