"""Read the law: `law list|show|check|compare|table`; pure, and needs no node.

What flows in: loaded profiles, a profile's id, a day. What flows out: cited values, problems, decision cases.
What it must never see: a read, a person.
"""

from datetime import date
from pathlib import Path

import msgspec

from lockplate.clock import parse_time
from lockplate.gate.cases import CaseResult, run_cases
from lockplate.gate.decision import Gate
from lockplate.law.checks import Problem, check_profiles
from lockplate.law.comparing import ComparedRow, compare
from lockplate.law.profile import LawProfile
from lockplate.law.profiles import Profiles
from lockplate.law.row import Row
from lockplate.law.table import TableLine, table_line
from lockplate.operations.operation import Actor, Operation
from lockplate.terms import ProfileId
from lockplate.wiring.node import Node
from lockplate.wiring.policies import policy_folder


class AllLaw(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every profile, as of a day; empty: today."""

    on: str = ""


class LawName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One profile, as of a day; empty: today."""

    profile: str
    on: str = ""


class LawPair(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Two profiles, as of a day; empty: today."""

    left: str
    right: str
    on: str = ""


class LawLine(msgspec.Struct, frozen=True, kw_only=True):
    """A profile as a list shows it."""

    profile: ProfileId
    title: str
    jurisdiction: str
    versions: int
    in_force: bool
    """On the day asked about; when not, nothing may be kept under it, and the next values are None."""
    effective_from: date | None
    verified_on: date | None
    """None: nobody has checked it against the official text."""
    retention_days: float | None
    """None: no unmatched read is kept."""
    retention_source: str | None
    cite: str | None


class LawPage(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a profile, whole."""

    profile: ProfileId
    title: str
    jurisdiction: str
    cite: str
    effective_from: date
    effective_to: date | None
    verified_on: date | None
    hash: str
    retention_days: float | None
    record_modes: tuple[str, ...]
    rows: tuple[Row, ...]


class LawCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What one should know before relying on the profiles, and how the decision cases came out."""

    profiles: int
    problems: tuple[Problem, ...]
    """None of them stops the program; each has its next step."""
    cases: int
    failed: tuple[CaseResult, ...]
    policy_set_hash: str
    passed: bool
    """Every case came out as it must."""


def laws_on(profiles: Profiles, day: date) -> tuple[LawLine, ...]:
    """Return every profile with its version of a day."""
    return tuple(_line(profiles.versions(name), day) for name in profiles.ids())


def law_page(profiles: Profiles, profile: str, day: date) -> LawPage:
    """Return one profile's version of a day, every value with its cite. Raises NotFound."""
    version = profiles.on(ProfileId(profile), day)
    return LawPage(
        profile=version.id,
        title=version.title,
        jurisdiction=version.jurisdiction,
        cite=version.cite,
        effective_from=version.effective_from,
        effective_to=version.effective_to,
        verified_on=version.verified_on,
        hash=version.hash(),
        retention_days=_days(version),
        record_modes=tuple(sorted(mode.value for mode in version.record_modes)),
        rows=version.rows(),
    )


def law_table(profiles: Profiles, day: date) -> tuple[TableLine, ...]:
    """Return one line for each profile that is in force on a day, as the program obeys it."""
    found = ((line.profile, line.in_force) for line in laws_on(profiles, day))
    return tuple(table_line(profiles.on(name, day)) for name, in_force in found if in_force)


def compared_laws(profiles: Profiles, left: str, right: str, day: date) -> tuple[ComparedRow, ...]:
    """Return two profiles side by side, as of a day. Raises NotFound."""
    return compare(profiles.on(ProfileId(left), day), profiles.on(ProfileId(right), day))


def checked_law(profiles: Profiles, gate: Gate, cases: Path) -> LawCheck:
    """Return the problems of the profiles, and how every decision case comes out. Raises PolicyRefused."""
    results = run_cases(gate, cases)
    failed = tuple(result for result in results if not result.passed)
    return LawCheck(
        profiles=len(profiles.ids()),
        problems=tuple(check_profiles(profiles)),
        cases=len(results),
        failed=failed,
        policy_set_hash=gate.policy_set_hash,
        passed=not failed,
    )


def day_of(text: str, today: date) -> date:
    """Return the day that a text names, or today; raises BadInput."""
    return parse_time(text).date() if text else today


def list_law(node: Node, _: Actor, which: AllLaw) -> tuple[LawLine, ...]:
    """List every law profile."""
    return laws_on(node.profiles, day_of(which.on, node.clock.now().date()))


def show_law(node: Node, _: Actor, name: LawName) -> LawPage:
    """Show a law profile: every value with its cite."""
    return law_page(node.profiles, name.profile, day_of(name.on, node.clock.now().date()))


def compare_law(node: Node, _: Actor, pair: LawPair) -> tuple[ComparedRow, ...]:
    """Show two law profiles side by side."""
    return compared_laws(node.profiles, pair.left, pair.right, day_of(pair.on, node.clock.now().date()))


def table_law(node: Node, _: Actor, which: AllLaw) -> tuple[TableLine, ...]:
    """Show every law in force, one line each."""
    return law_table(node.profiles, day_of(which.on, node.clock.now().date()))


def check_law(node: Node, _: Actor, __: AllLaw) -> LawCheck:
    """Check the law profiles, and run every decision case through the gate in force."""
    return checked_law(node.profiles, node.gate, policy_folder() / "cases")


def _line(versions: tuple[LawProfile, ...], day: date) -> LawLine:
    found = [
        one for one in versions if one.effective_from <= day and (one.effective_to is None or day <= one.effective_to)
    ]
    version = found[0] if found else None
    return LawLine(
        profile=versions[0].id,
        title=versions[0].title,
        jurisdiction=versions[0].jurisdiction,
        versions=len(versions),
        in_force=version is not None,
        effective_from=None if version is None else version.effective_from,
        verified_on=None if version is None else version.verified_on,
        retention_days=None if version is None else _days(version),
        retention_source=None if version is None or not version.keeps_reads else version.retention_source.value,
        cite=None if version is None else version.cite,
    )


def _days(version: LawProfile) -> float | None:
    limit = version.retention_unmatched
    return None if limit is None else limit.total_seconds() / 86_400


LAW = (
    Operation(name="law.list", request=AllLaw, handler=list_law, says="List every law profile."),
    Operation(name="law.show", request=LawName, handler=show_law, says="Show a law profile, each value with its cite."),
    Operation(name="law.check", request=AllLaw, handler=check_law, says="Check profiles; run the decision cases."),
    Operation(name="law.table", request=AllLaw, handler=table_law, says="Show every law in force, one line each."),
    Operation(name="law.compare", request=LawPair, handler=compare_law, says="Show two law profiles side by side."),
)
