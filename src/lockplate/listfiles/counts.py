"""Counts: whether a file is whole, by what its header and footer say, what the last file did, and a person's word.

What flows in: a parsed file, counts. What flows out: nothing; BadInput for a file that may have been cut short.
What it must never see: an entry. A truncated transfer must not delete half a list, so the whole file is refused.
"""

from lockplate.errors import BadInput
from lockplate.listfiles.outcome import ParsedList

SHRINK_FROM = 100
"""A list with fewer entries may lose any share of them."""


def require_whole(parsed: ParsedList, *, accepted: int | None, was_counted: bool) -> None:
    """Raise BadInput when a file's own count differs from its lines, or is missing where one is expected.

    `accepted` is a person's word on how many entries the file has, in place of the file's; it must be right itself.
    """
    entries = parsed.entries
    if accepted is not None:
        if accepted != entries:
            raise BadInput(
                f"the file has {entries} entries, not {accepted}",
                code="count_differs",
                next_step="Look at the file: --accept-count must name what it has.",
            )
        return
    wrong = next((claim for claim in parsed.claims if claim != entries), None)
    if wrong is not None:
        raise BadInput(
            f"the file says that it has {wrong} entries and has {entries}",
            code="count_differs",
            next_step=f"Fetch it again. If it is whole after all: --accept-count {entries}, which is put on record.",
        )
    if parsed.footer_missing or (was_counted and not parsed.claims):
        raise BadInput(
            "the file lacks the count that it should have, and may be cut short",
            code="count_missing",
            next_step=f"Fetch it again. If it is whole after all: --accept-count {entries}, which is put on record.",
        )


def require_no_collapse(parsed: ParsedList, *, known: int, gone: int, accepted: int | None) -> None:
    """Raise BadInput when a file that nobody counted would take more than half of a list away."""
    if parsed.claims or accepted is not None or known < SHRINK_FROM or gone * 2 <= known:
        return
    raise BadInput(
        f"the file would take {gone} of {known} entries off the list, and nothing says that it is whole",
        code="list_shrunk",
        next_step=f"Fetch it again. If it is whole: --accept-count {parsed.entries}, which is put on record.",
    )
