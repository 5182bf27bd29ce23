"""Cites: where each value of the law in force is written, so that a reason can name the very section.

What flows in: a LawProfile, of one text or composed of several. What flows out: field → cite; each purpose denied
apart. What it must never see: I/O, a clock, a question.
"""

from lockplate.law.profile import LawProfile
from lockplate.law.row import cited_values
from lockplate.law.text import stated
from lockplate.law.words import Mark, Source

SILENT = "Lockplate: the law does not state it, so it is read strictly; not law"
"""The cite of a strict reading of silence."""
_LEFT_OUT = "a closed list that leaves this out"


def cites_of_law(law: LawProfile) -> dict[str, str]:
    """Return field → cite of every value that the program obeys, and `purpose.deny.<purpose>` for each one denied.

    A value in the law's own words is cited by those words alone, and one of ours by ours. A purpose that a closed list
    leaves out is cited by that list.
    """
    found: dict[str, list[str]] = {}
    ours: dict[str, list[str]] = {}
    for row in law.rows():
        (found if row.source is Source.LAW else ours).setdefault(row.field, []).append(row.cite)
    cites = {field: _joined(words) for field, words in (ours | found).items()}
    if law.jurisdiction != "none":
        # a relation that the law's words do not settle is denied by us, whatever text was looked at
        settled = {
            path for path, cited in cited_values(law.text) if cited.value is not None or cited.mark is Mark.FOUND
        }
        cites |= {field: SILENT for field in ours if field.startswith("share.") and field not in settled}
    return cites | _purposes(law)


def _purposes(law: LawProfile) -> dict[str, str]:
    """Return `purpose.deny.<purpose>` → cite."""
    named: dict[str, list[str]] = {}
    for group in law.text.purpose.deny:
        for purpose in group.value or ():
            named.setdefault(purpose.value, []).append(group.cite)
    lists = [group.cite for group in law.text.purpose.allow if stated((group,))]
    left_out = f"{_joined(lists)} ({_LEFT_OUT})"
    return {
        f"purpose.deny.{purpose.value}": _joined(named[purpose.value]) if purpose.value in named else left_out
        for purpose in law.purposes_denied
    }


def _joined(cites: list[str]) -> str:
    return "; ".join(dict.fromkeys(part for cite in cites for part in cite.split("; ")))
