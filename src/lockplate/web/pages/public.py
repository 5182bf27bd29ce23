"""The public page and the few files that pages use.

What flows in: anyone's request. What flows out: what is collected, who may ask, what was asked, and how to check it.
What it must never see: a person, a plate, a session.
"""

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response as LitestarResponse

from lockplate.operations.publishing import SMALL
from lockplate.web.application import SECURITY_HEADERS
from lockplate.web.doorway import Doorway
from lockplate.web.pages.frame import PageState
from lockplate.web.pages.rendering import STATIC_TYPES, static_file

ANYONE = {"cache-control": "public, max-age=30"}
FOREVER = {"cache-control": "public, max-age=31536000, immutable"}


@get("/", sync_to_thread=True)
def show_public_page(doorway: NamedDependency[Doorway], pages: NamedDependency[PageState]) -> Response[Any]:
    """Show what anyone may know of this server."""
    page = pages.numbers.page(doorway.node)
    return pages.rendering.page("public.html", headers=ANYONE, visitor=None, page=page, small=SMALL)


@get("/static/{name:str}", sync_to_thread=True)
def show_static(name: FromPath[str]) -> Response[bytes]:
    """Show one of the files that pages use; their addresses change with their content."""
    content = static_file(name)
    return LitestarResponse(content, media_type=STATIC_TYPES[name], headers={**FOREVER, **SECURITY_HEADERS})
