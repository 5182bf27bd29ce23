"""Papers of a grant: the number of the one case it is for, and the text that the grantee signed.

What flows in: a case number, a text. What flows out: the same, checked; the text's SHA-256, which is public.
What it must never see: a plate. Neither the number nor the text is public: both lie in sealed columns.
"""

import hashlib

import msgspec

from lockplate.errors import BadInput

MAX_PAPER_BYTES = 256 * 1024
"""Of the text as UTF-8: a signed statement of some pages, not a scan."""
MAX_CASE_NUMBER = 100
"""As a question's."""


class GrantPapers(msgspec.Struct, frozen=True, kw_only=True):
    """What lies sealed beside a grant."""

    case_number: str = ""
    """Empty: the grant is for any case."""
    text: str | None = None
    """None: there is no paper, or only its hash is known."""

    def check(self) -> "GrantPapers":
        """Return the papers themselves, or raise BadInput for what is too long, empty or not Unicode."""
        if len(self.case_number) > MAX_CASE_NUMBER:
            raise BadInput("the case number is too long", code="text_too_long")
        try:
            self.case_number.encode()
            size = len((self.text or "").encode())
        except UnicodeEncodeError:
            raise BadInput("a text that is not Unicode", code="bad_text") from None
        if self.text is not None and not self.text.strip():
            raise BadInput("the paper is empty", code="bad_paper")
        if size > MAX_PAPER_BYTES:
            raise BadInput("the paper is over 256 KiB", code="paper_too_long", next_step="Give its hash alone.")
        return self

    def digest(self) -> str | None:
        """Return the SHA-256 of the text as UTF-8, lower-case hex; None without a text."""
        return None if self.text is None else hashlib.sha256(self.text.encode()).hexdigest()


NO_PAPERS = GrantPapers()


def same_case(one: str, other: str) -> bool:
    """Say whether two case numbers are one: blanks around them and the case of letters do not matter; empty is none."""
    return bool(one.strip()) and one.strip().casefold() == other.strip().casefold()
