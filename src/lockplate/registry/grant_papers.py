"""Papers of a grant: the number of the one case it is for, and the text or PDF that the grantee signed.

What flows in: a case number, a paper. What flows out: the same, checked; the paper's SHA-256, which is public.
What it must never see: a plate. Neither the number nor the paper is public: both lie in sealed columns.
"""

import hashlib

import msgspec

from lockplate.errors import BadInput

MAX_PAPER_BYTES = 256 * 1024
"""Of the text as UTF-8, or of the PDF: a signed statement of some pages."""
PDF_MARK = b"%PDF-"
"""How every PDF begins; a text never does, so that what lies sealed is clearly the one or the other."""
MAX_CASE_NUMBER = 100
"""As a question's."""


class GrantPapers(msgspec.Struct, frozen=True, kw_only=True):
    """What lies sealed beside a grant."""

    case_number: str = ""
    """Empty: the grant is for any case."""
    text: str | None = None
    """None: there is no paper, it is a PDF, or only its hash is known."""
    pdf: bytes | None = None
    """The paper as a PDF in the place of a text; nobody here opens it."""

    def check(self) -> "GrantPapers":
        """Return the papers themselves, or raise BadInput for what is too long, empty, not Unicode or not a PDF."""
        if len(self.case_number) > MAX_CASE_NUMBER:
            raise BadInput("the case number is too long", code="text_too_long")
        try:
            self.case_number.encode()
            content = self.content()
        except UnicodeEncodeError:
            raise BadInput("a text that is not Unicode", code="bad_text") from None
        if content is None:
            return self
        if self.text is not None and self.pdf is not None:
            raise BadInput("a paper is a text or a PDF, not both", code="bad_paper")
        if not content.strip():
            raise BadInput("the paper is empty", code="bad_paper")
        if content.startswith(PDF_MARK) == (self.pdf is None):
            raise BadInput("a PDF is handed in as a PDF, and nothing else is", code="bad_paper")
        if len(content) > MAX_PAPER_BYTES:
            raise BadInput("the paper is over 256 KiB", code="paper_too_long", next_step="Give its hash alone.")
        return self

    def content(self) -> bytes | None:
        """Return the paper byte for byte: the PDF, or the text as UTF-8; None without either."""
        return self.pdf if self.text is None else self.text.encode()

    def digest(self) -> str | None:
        """Return the SHA-256 of the paper's bytes, lower-case hex; None without a paper."""
        content = self.content()
        return None if content is None else hashlib.sha256(content).hexdigest()


NO_PAPERS = GrantPapers()


def papers_of(case_number: str, content: bytes | None) -> GrantPapers:
    """Return the papers whose bytes these are, as they were handed in."""
    if content is not None and content.startswith(PDF_MARK):
        return GrantPapers(case_number=case_number, pdf=content)
    return GrantPapers(case_number=case_number, text=None if content is None else content.decode())


def same_case(one: str, other: str) -> bool:
    """Say whether two case numbers are one: blanks around them and the case of letters do not matter; empty is none."""
    return bool(one.strip()) and one.strip().casefold() == other.strip().casefold()
