"""Checks: what a person should know before relying on loaded profiles, for `law check`.

What flows in: Profiles that loaded, and so have no fault of form. What flows out: problems, each with its next step.
What it must never see: I/O, a clock. A problem here does not stop the program; what would, stops it at loading.
"""

from datetime import timedelta
from enum import StrEnum

import msgspec

from lockplate.law.profile import LawProfile
from lockplate.law.profiles import Profiles
from lockplate.law.row import cited_values
from lockplate.law.words import Mark
from lockplate.terms import ProfileId

_WEAK = (Mark.PART, Mark.MEMORY)


class ProblemKind(StrEnum):
    """What is wrong with a profile that could be loaded."""

    UNVERIFIED = "unverified"
    """No person has read the official text."""
    WEAK_DATES = "weak_dates"
    """The day it took effect was not found, or only in part or from memory."""
    WEAK_VALUE = "weak_value"
    """A value known in part or from memory."""
    NOT_STATED = "not_stated"
    """A value that nobody found, or that the source hints at without saying."""
    OUR_LENGTH = "our_length"
    """The law states no length, and ours is used."""
    KEEPS_NOTHING = "keeps_nothing"
    """No length at all, or one too short to keep: match-only."""
    GAP = "gap"
    """Days between two versions on which none is in force."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to mend or to know."""

    profile: ProfileId
    version: str
    """The version's first day."""
    kind: ProblemKind
    field: str
    """Empty when it concerns the version as a whole."""
    says: str
    next_step: str


def check_profiles(profiles: Profiles) -> list[Problem]:
    """Return every problem of every version, in the order of ids and days."""
    problems: list[Problem] = []
    for profile_id in profiles.ids():
        versions = profiles.versions(profile_id)
        for number, version in enumerate(versions):
            problems += _of_version(version)
            if number:
                problems += _gap(versions[number - 1], version)
    return problems


def _of_version(version: LawProfile) -> list[Problem]:
    problems: list[Problem] = []
    header = version.text.profile
    if version.jurisdiction != "none":
        if version.verified_on is None:
            says, step = (
                "no person has read the official text",
                "Read it, then set verified_on, verified_by, source_url.",
            )
            problems.append(_problem(version, ProblemKind.UNVERIFIED, "", says, step))
        if header.dates_mark is Mark.UNKNOWN or header.dates_mark in _WEAK:
            says = header.dates_note or f"effective_from is marked {header.dates_mark.value}"
            step = "Find the day it took effect and set effective_from and dates_mark."
            problems.append(_problem(version, ProblemKind.WEAK_DATES, "profile.effective_from", says, step))
        problems += _of_values(version)
        problems += _of_retention(version)
    return problems


def _of_values(version: LawProfile) -> list[Problem]:
    problems: list[Problem] = []
    for path, cited in cited_values(version.text):
        if cited.value is not None and cited.mark in _WEAK:
            says = f"known only {'in part' if cited.mark is Mark.PART else 'from memory'}: {cited.cite}"
            problems.append(
                _problem(version, ProblemKind.WEAK_VALUE, path, says, "Read the cited text and set the mark.")
            )
        if cited.value is None and cited.mark is not Mark.FOUND:
            step = "Find the rule, or leave it: the strict reading stands."
            problems.append(_problem(version, ProblemKind.NOT_STATED, path, cited.note, step))
    return problems


def _of_retention(version: LawProfile) -> list[Problem]:
    path, stated = "retention.unmatched", version.text.retention.unmatched.value
    if not version.keeps_reads:
        says = "no length that reads could be kept for: match-only"
        return [_problem(version, ProblemKind.KEEPS_NOTHING, path, says, "Nothing, if that is the law.")]
    if stated is None:
        says = "the law states no length; Lockplate's own is used"
        step = "The agency's policy must state a length; a longer one than ours needs its own profile version."
        return [_problem(version, ProblemKind.OUR_LENGTH, path, says, step)]
    return []


def _gap(earlier: LawProfile, later: LawProfile) -> list[Problem]:
    if earlier.effective_to is None or earlier.effective_to + timedelta(days=1) == later.effective_from:
        return []
    says = f"no version from {earlier.effective_to.isoformat()} to {later.effective_from.isoformat()}"
    step = "Add the version between, with its cite; without it nothing may be kept on those days."
    return [_problem(later, ProblemKind.GAP, "profile.effective_from", says, step)]


def _problem(version: LawProfile, kind: ProblemKind, field: str, says: str, next_step: str) -> Problem:
    return Problem(
        profile=version.id,
        version=version.effective_from.isoformat(),
        kind=kind,
        field=field,
        says=says,
        next_step=next_step,
    )
