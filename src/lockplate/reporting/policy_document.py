"""PolicyDocument: an operator's usage and privacy policy, written from what is in force.

What flows in: law, roles, grants, readers, a person's statements; the paragraphs of policy/documents. What flows out:
sections, each with what is missing. What it must never see: a plate, a person's name. What only a person can say is
missing until a person says it.

California wants seven elements (Civ. Code 1798.90.51(b)(2)(A) to (G)); the same seven serve every law here.
"""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import msgspec
import yaml

from lockplate.errors import SettingRefused
from lockplate.law.composition import LawInForce
from lockplate.law.row import in_words
from lockplate.law.text import Audit, stated
from lockplate.law.words import Share, Source
from lockplate.law.yaml_text import plain_yaml
from lockplate.registry.grants import GrantState, PublicGrant
from lockplate.registry.statements import StatementName
from lockplate.reporting.query import LogPlace
from lockplate.terms import Purpose, RecordMode, Role

NEVER = (
    Purpose.IMMIGRATION,
    Purpose.REPRODUCTIVE_CARE,
    Purpose.GENDER_AFFIRMING_CARE,
    Purpose.PROTECTED_SPEECH,
    Purpose.PROTECTED_CLASS,
)


class Element(StrEnum):
    """What a policy must contain, by the words of the law profiles."""

    PURPOSES = "purposes"
    TITLES_AND_TRAINING = "titles_and_training"
    MONITORING = "monitoring"
    SALE_AND_SHARE_RULES = "sale_and_share_rules"
    CUSTODIAN_TITLE = "custodian_title"
    ACCURACY_AND_CORRECTION = "accuracy_and_correction"
    RETENTION = "retention"


TITLES = {
    Element.PURPOSES: "Authorized purposes",
    Element.TITLES_AND_TRAINING: "Who has access, and their training",
    Element.MONITORING: "How the system is monitored",
    Element.SALE_AND_SHARE_RULES: "Sale, sharing and transfer",
    Element.CUSTODIAN_TITLE: "Official custodian",
    Element.ACCURACY_AND_CORRECTION: "Accuracy and correction of errors",
    Element.RETENTION: "How long, and how it is destroyed",
}
NEEDS = {
    Element.TITLES_AND_TRAINING: (StatementName.TRAINING,),
    Element.CUSTODIAN_TITLE: (StatementName.CUSTODIAN_TITLE,),
    Element.ACCURACY_AND_CORRECTION: (StatementName.CONTACT,),
}
"""What a person must state, by element."""
OPENING = "opening"
SHARES = {
    Share.DENY: "not allowed",
    Share.ALLOW: "allowed",
    Share.DECLARATION: "only with a written declaration on file",
    Share.CERTIFICATION: "only with a written certification on file",
    Share.CASE_SPECIFIC: "only on a written request about one case",
    Share.WARRANT: "only with a warrant or other judicial process",
    Share.LISTED_STATES: "only to agencies of listed states with an attestation on file; else with a warrant",
}


class Paragraph(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One paragraph, and when it stands."""

    says: str
    when: str = ""


Wording = Mapping[str, tuple[Paragraph, ...]]
"""Opening and elements → paragraphs."""


class HitCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What people found when they compared hits, counted from the log."""

    correct: int
    wrong: int
    log: LogPlace


class PolicyFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy is written from."""

    name: str
    """The operator's."""
    agency_name: str
    law: LawInForce | None
    keeps: RecordMode
    roles: Mapping[Role, int]
    """How many people of the agency have each role."""
    grants: tuple[PublicGrant, ...]
    fixed_readers: int
    mobile_readers: int
    places: int
    statements: Mapping[StatementName, str]
    policy_set_hash: str
    hits: HitCounts


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """One element."""

    element: Element
    title: str
    required: bool
    """By the law in force."""
    cite: str
    paragraphs: tuple[str, ...]
    missing: tuple[StatementName, ...]
    """What a person has yet to say."""


class PolicyDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A whole policy."""

    title: str
    opening: tuple[str, ...]
    sections: tuple[Section, ...]
    missing: tuple[StatementName, ...]
    """Of required sections, and of the opening where any is required."""
    beyond: tuple[str, ...]
    """Elements that a law in force asks for and this program has no section for: a person must add them."""

    @property
    def is_complete(self) -> bool:
        """Say whether everything that the law asks for is here."""
        return not self.missing and not self.beyond


def load_wording(path: Path) -> Wording:
    """Return the paragraphs of a YAML file, or raise SettingRefused when an element is missing or unknown."""
    try:
        plain = plain_yaml(path.read_text(encoding="utf-8"))
        wording = msgspec.convert(plain, dict[str, tuple[Paragraph, ...]])
    except (OSError, yaml.YAMLError, msgspec.ValidationError, ValueError) as error:
        raise SettingRefused("the wording of the policy document cannot be read", code="bad_wording") from error
    if set(wording) != {OPENING, *Element}:
        raise SettingRefused("the wording of the policy document lacks an element", code="bad_wording")
    return wording


def write_policy(facts: PolicyFacts, wording: Wording) -> PolicyDocument:
    """Return the policy in all seven elements; what a person must state and has not is listed as missing."""
    values = _values(facts)
    required = required_elements(facts.law)
    groups = () if facts.law is None else facts.law.law.text.publish.policy_elements
    cite = "; ".join(dict.fromkeys(group.cite for group in groups))
    sections = tuple(
        Section(
            element=element,
            title=TITLES[element],
            required=element in required,
            cite=cite if element in required else "",
            paragraphs=_filled(wording[element], values),
            missing=tuple(name for name in NEEDS.get(element, ()) if name not in facts.statements),
        )
        for element in Element
    )
    missing = [name for section in sections if section.required for name in section.missing]
    opening = (StatementName.ADOPTED_ON, StatementName.PUBLIC_MEETING)
    missing += [name for name in opening if required and name not in facts.statements]
    return PolicyDocument(
        title=f"Usage and privacy policy for license plate readers: {facts.name}",
        opening=_filled(wording[OPENING], values),
        sections=sections,
        missing=tuple(dict.fromkeys(missing)),
        beyond=tuple(word for word in stated_elements(facts.law) if word not in {one.value for one in Element}),
    )


def required_elements(law: LawInForce | None) -> frozenset[Element]:
    """Return the sections that the law in force asks for."""
    words = stated_elements(law)
    return frozenset(element for element in Element if element.value in words)


def stated_elements(law: LawInForce | None) -> tuple[str, ...]:
    """Return what the texts in force want in a policy, in their own words."""
    return () if law is None else tuple(dict.fromkeys(stated(law.law.text.publish.policy_elements)))


def _filled(paragraphs: tuple[Paragraph, ...], values: Mapping[str, str]) -> tuple[str, ...]:
    """Return the paragraphs whose condition has a value, filled in; values are never read as patterns."""
    return tuple(
        paragraph.says.format_map(values)
        for paragraph in paragraphs
        if not paragraph.when or values.get(paragraph.when)
    )


def _values(facts: PolicyFacts) -> dict[str, str]:
    """Return what paragraphs may name; an empty value means that it is not so."""
    roles = ", ".join(f"{role.value} ({count})" for role, count in sorted(facts.roles.items()) if count)
    running = [
        f"{grant.grantee_name}, for {', '.join(map(_words, sorted(grant.purposes)))}, until {grant.valid_to.date()}"
        for grant in facts.grants
        if grant.state is GrantState.IN_FORCE
    ]
    values = {
        "agency": facts.agency_name,
        "name": facts.name,
        "fixed": str(facts.fixed_readers),
        "mobile": str(facts.mobile_readers),
        "roles": roles or "nobody yet",
        "policy_set_hash": facts.policy_set_hash,
        "never": ", ".join(map(_words, NEVER)),
        "grants": "; ".join(running),
        "no_grants": "" if running else "yes",
        "places": str(facts.places) if facts.places else "",
        "sources": "no law profile",
        "nothing_kept": "yes",
        "decided_hits": str(facts.hits.correct + facts.hits.wrong) if facts.hits.correct + facts.hits.wrong else "",
        "no_decided_hits": "" if facts.hits.correct + facts.hits.wrong else "yes",
        "correct_hits": str(facts.hits.correct),
        "wrong_hits": str(facts.hits.wrong),
        "log_size": str(facts.hits.log.size),
        "log_root": facts.hits.log.root,
    }
    values |= {name.value: facts.statements.get(name, "") for name in StatementName}
    return values if facts.law is None else values | _law_values(facts.law, facts.keeps)


def _law_values(found: LawInForce, keeps: RecordMode) -> dict[str, str]:
    law, rule = found.law, found.law.retention_rule
    kept = rule is not None and keeps is not RecordMode.NONE
    decided = next((one for one in found.trace if one.field.endswith("retention.unmatched")), None)
    by_default = kept and law.retention_source is Source.LOCKPLATE_DEFAULT
    audit = law.text.retention.audit_log
    open_to = [_words(one) for one in Purpose if one not in law.purposes_denied and one not in NEVER]
    return {
        "law": "yes",
        "unverified": "" if all(one.verified_on for one in found.statutes) else "yes",
        "sources": " and ".join(found.sources),
        "kept": "yes" if kept else "",
        "nothing_kept": "" if kept else "yes",
        "purposes": ", ".join(open_to),
        "in_state": SHARES[law.share_in_state],
        "out_of_state": SHARES[law.share_out_of_state],
        "federal": SHARES[law.share_federal],
        "private": SHARES[law.share_private],
        "limit": "" if rule is None else "1 day" if rule.limit.days == 1 else f"{rule.limit.days} days",
        "since": "it was captured" if rule is not None and rule.from_capture else "it came into our keeping",
        "by_default": "yes" if by_default else "",
        "decided": "" if decided is None or by_default else decided.value,
        "decided_by": "" if decided is None else ", ".join(decided.decided_by),
        "decided_cite": "" if decided is None else decided.cite,
        "audit": _audit(law.text.audit),
        "audit_log": "" if audit is None or audit.value is None else f"{in_words(audit.value)} ({audit.cite})",
    }


def _audit(audit: Audit) -> str:
    """Return the audit that a law wants, in words with their cites."""
    months, reviewer = audit.cadence_months, audit.reviewer
    parts = []
    if months is not None and months.value is not None:
        how = "independent, " if audit.independent is not None and audit.independent.value else ""
        parts.append(f"{how}at least every {months.value} months ({months.cite})")
    if reviewer is not None and reviewer.value is not None:
        parts.append(f"by {reviewer.value}")
    return ", ".join(parts)


def _words(word: str) -> str:
    return word.replace("_", " ")
