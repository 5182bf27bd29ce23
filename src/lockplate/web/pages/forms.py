"""Form: what a browser posted, as text.

What flows in: a url-encoded body. What flows out: fields by name.
What it must never see: a field from the URL; a form is read from the body only.
"""

from urllib.parse import parse_qsl

import msgspec

from lockplate.errors import BadInput
from lockplate.web.doorway import HttpRequest

MAX_FORM_BYTES = 64 * 1024
MAX_FIELDS = 200
FORM_TYPE = "application/x-www-form-urlencoded"


class Form(msgspec.Struct, frozen=True):
    """The fields of one form, in order."""

    fields: tuple[tuple[str, str], ...]

    def text(self, name: str) -> str:
        """Return a field's value, empty when it was not sent."""
        return next((value for field, value in self.fields if field == name), "")

    def texts(self, name: str) -> tuple[str, ...]:
        """Return every value of a field that may be sent more than once."""
        return tuple(value for field, value in self.fields if field == name)

    def step(self, *known: str) -> str:
        """Return which button was pressed, or raise BadInput when it is none of those known."""
        pressed = self.text("step")
        if pressed not in known:
            raise BadInput("no step was chosen", code="bad_step", next_step="Use one of the buttons.")
        return pressed

    def once(self) -> str:
        """Return the form's one-time token, or raise BadInput when it has none."""
        token = self.text("once")
        if not 16 <= len(token) <= 64:
            raise BadInput("the form has no token of its own", code="bad_form", next_step="Open the page again.")
        return token


async def read_form(request: HttpRequest) -> Form:
    """Return the form in a request's body, or raise BadInput for a body that is none."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
        raise BadInput("not a form", code="bad_form")
    try:
        text = (await request.body()).decode("utf-8")
        return Form(tuple(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")))
    except ValueError:
        raise BadInput("not a form", code="bad_form") from None
