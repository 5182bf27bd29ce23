"""Rendering: a template and values become a page.

What flows in: values. What flows out: HTML, escaped, with headers that keep it out of caches.
What it must never see: a template from outside the package.
"""

import hashlib
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Response
from litestar.response import Response as LitestarResponse

from lockplate.clock import format_time
from lockplate.web import phrases
from lockplate.web.application import SECURITY_HEADERS
from lockplate.web.pages import wording

STYLE_SHEET = "lockplate.css"
ICON = "lockplate.svg"
STATIC_TYPES = {STYLE_SHEET: "text/css; charset=utf-8", ICON: "image/svg+xml"}
PRIVATE = {"cache-control": "no-store", **SECURITY_HEADERS}


class Rendering:
    """The templates of one server."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader("lockplate.web", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {
            "words": wording.words,
            "moment": phrases.moment,
            "day": phrases.day,
            "span": phrases.span,
            "sentence": phrases.sentence,
            "counted": phrases.counted,
            "inert": phrases.inert,
            "who": wording.who,
            "rfc3339": format_time,
        }
        self._environment.globals["asset"] = {name: f"/static/{name}?v={_stamp(name)}" for name in STATIC_TYPES}

    def text(self, template: str, **values: Any) -> str:
        """Return a rendered template."""
        return self._environment.get_template(template).render(**values)

    def page(
        self, template: str, *, status: int = 200, headers: dict[str, str] | None = None, **values: Any
    ) -> Response[str]:
        """Return a rendered template as an answer that no cache keeps, unless `headers` say otherwise."""
        return LitestarResponse(
            self.text(template, **values),
            status_code=status,
            media_type="text/html; charset=utf-8",
            headers=PRIVATE | (headers or {}),
        )


def static_file(name: str) -> bytes:
    """Return one of the files that pages use, as installed."""
    return files("lockplate.web").joinpath("static", name).read_bytes()


def _stamp(name: str) -> str:
    return hashlib.sha256(static_file(name)).hexdigest()[:12]
