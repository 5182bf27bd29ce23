"""Rendering: a template and values become a page.

What flows in: values. What flows out: HTML, escaped, with headers that keep it out of caches.
What it must never see: a template from outside the package.
"""

import hashlib
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Response
from litestar.response import Response as LitestarResponse

from lockplate.clock import format_time
from lockplate.errors import NotFound
from lockplate.operations.fault_words import lasting
from lockplate.web import phrases
from lockplate.web.application import SECURITY_HEADERS
from lockplate.web.pages import wording

STYLE_SHEET = "lockplate.css"
ICON = "lockplate.svg"
CHECK_SCRIPT = "verify.js"
ALERTS_SCRIPT = "alerts.js"
STATIC_TYPES = {
    STYLE_SHEET: "text/css",
    ICON: "image/svg+xml",
    CHECK_SCRIPT: "text/javascript",
    ALERTS_SCRIPT: "text/javascript",
}
BUILT = frozenset({CHECK_SCRIPT, ALERTS_SCRIPT})
"""Made from `islands/` by `make islands`, not part of the source: a page must do without a file that was not built."""
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
            "came_of_it": wording.came_of_it,
            "moment": phrases.moment,
            "day": phrases.day,
            "span": phrases.span,
            "lasting": lasting,
            "sentence": phrases.sentence,
            "counted": phrases.counted,
            "ago": phrases.ago,
            "inert": phrases.inert,
            "who": wording.who,
            "rfc3339": format_time,
        }
        self._environment.globals["asset"] = {
            name: f"/static/{name}?v={_stamp(name)}" for name in STATIC_TYPES if _place(name).is_file()
        }

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
    """Return one of the files that pages use, as installed; raises NotFound for another, or one that was not built."""
    if name not in STATIC_TYPES or not _place(name).is_file():
        raise NotFound("there is no such file", code="no_file")
    return _place(name).read_bytes()


def _place(name: str) -> Traversable:
    folder = files("lockplate.web").joinpath("static")
    return folder.joinpath("built", name) if name in BUILT else folder.joinpath(name)


def _stamp(name: str) -> str:
    return hashlib.sha256(static_file(name)).hexdigest()[:12]
