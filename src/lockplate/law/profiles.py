"""Profiles: every version of every law profile that was loaded, found by id and day.

What flows in: loaded versions. What flows out: the one version in force on a day, or NotFound with the next step.
What it must never see: I/O, a clock; the caller says which day.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType

from lockplate.errors import NotFound
from lockplate.law.profile import LawProfile
from lockplate.terms import ProfileId


class Profiles:
    """All law profiles of a folder; cannot change once loaded."""

    def __init__(self, versions: Iterable[LawProfile]) -> None:
        found: dict[ProfileId, list[LawProfile]] = {}
        for version in versions:
            found.setdefault(version.id, []).append(version)
        self._versions: Mapping[ProfileId, tuple[LawProfile, ...]] = MappingProxyType(
            {name: tuple(sorted(dated, key=lambda one: one.effective_from)) for name, dated in sorted(found.items())}
        )

    def ids(self) -> tuple[ProfileId, ...]:
        """Return every profile id, in order."""
        return tuple(self._versions)

    def versions(self, profile_id: ProfileId) -> tuple[LawProfile, ...]:
        """Return every version of a profile, oldest first, or raise NotFound."""
        if profile_id not in self._versions:
            raise NotFound(
                f"no law profile {profile_id}",
                code="no_law_profile",
                next_step=f"Choose one of: {', '.join(self._versions)}.",
            )
        return self._versions[profile_id]

    def on(self, profile_id: ProfileId, day: date) -> LawProfile:
        """Return the version in force on a day, both ends included, or raise NotFound."""
        versions = self.versions(profile_id)
        for version in versions:
            if version.effective_from <= day and (version.effective_to is None or day <= version.effective_to):
                return version
        raise NotFound(
            f"law profile {profile_id} has no version in force on {day.isoformat()}",
            code="no_law_version",
            next_step=_next_step(versions, day),
        )


def _next_step(versions: tuple[LawProfile, ...], day: date) -> str:
    first = versions[0].effective_from
    if day < first:
        return (
            f"The first version starts on {first.isoformat()}: ask for a later day, or add the earlier law "
            "with its cite. Until then nothing may be kept: use match-only."
        )
    return "Add the version that followed, with its cite. Until then nothing may be kept: use match-only."
