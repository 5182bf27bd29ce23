"""The floor: the ids of every forbid that ships with the program and may never be missing.

What flows in: nothing. What flows out: one frozen set of policy ids.
What it must never see: a setting. The list stands in code so that a policy file taken away is a refusal to start.
"""

from lockplate.terms import PolicyId

FLOOR: frozenset[PolicyId] = frozenset(
    map(
        PolicyId,
        (
            # purposes.cedar
            "floor-purpose-immigration",
            "floor-purpose-reproductive-care",
            "floor-purpose-gender-affirming-care",
            "floor-purpose-protected-speech",
            "floor-purpose-protected-class",
            # agencies.cedar
            "floor-asking-immigration-enforcement",
            "floor-behalf-immigration-enforcement",
            "floor-asking-private",
            "floor-behalf-private",
            "floor-asking-foreign-or-unknown",
            "floor-behalf-foreign-or-unknown",
            "floor-person-inactive",
            "floor-agency-inactive",
            "floor-behalf-inactive",
            "floor-operator-inactive",
            # question.cedar
            "floor-case-number-missing",
            "floor-basis-none",
            "floor-basis-does-not-fit",
            "floor-offense-does-not-fit",
            "floor-defense-needs-court-order",
            "floor-audit-own-agency-only",
            "floor-auditor-only-audits",
            "floor-too-many-candidates",
            "floor-too-many-operators",
            # profile.cedar
            "profile-purpose-denied",
            "profile-case-required",
            "profile-offense-floor",
            "profile-suspicion-floor",
            "match-only-nothing-kept",
            "older-than-kept",
            "profile-warrant-after",
            # sharing.cedar
            "grant-required",
            "grant-purpose",
            "grant-case",
            "share-denied",
            "share-declaration",
            "share-certification",
            "share-case-specific",
            "share-warrant",
            "share-listed-states",
            # second-person.cedar
            "suggestive-words",
            "wide-pattern",
            "many-operators",
            "older-reads",
            # acts.cedar
            "floor-administrator-reads-no-records",
            "floor-auditor-manages-nothing",
            "floor-alert-plates",
            "floor-own-access",
            "floor-own-question",
            "floor-own-grant",
            "floor-grant-to-immigration-enforcement",
            "floor-grant-to-private-or-unknown",
            "floor-grant-purpose",
            "floor-grant-without-end",
            "profile-grant-denied",
            "profile-grant-case-specific",
            # lists.cedar
            "floor-own-list-grant",
            "floor-list-of-immigration-enforcement",
            "floor-list-of-private-or-unknown",
            "floor-list-grant-without-end",
            "floor-foreign-list-without-grant",
            # law/*.cedar: what the fields of single profiles cannot say
            "us-mn-tracking",
            "us-mn-tracking-exigency",
            "us-vt-active-data",
            "us-ct-probable-cause-warrant",
            "us-or-violation",
            "us-ca-public-agency",
            "us-id-own-personnel",
            "us-me-police",
            "us-nc-police",
            "us-va-offense-type",
            "us-va-suspicion",
            # holds.cedar
            "hold-kind-not-in-profile",
            "floor-hold-needs",
            "hold-needs-missing",
            "hold-bulk",
            "hold-window-to-come",
            "hold-without-end",
            "hold-too-long",
            "hold-paper-missing",
            "hold-prosecutor-elsewhere",
            "hold-renewal-none",
            "hold-renewal-needs-order",
            "hold-close-defense",
            "hold-close-defense-clerk",
        ),
    )
)
