"""Acts other than questions that the gate decides, and its yes to one of them.

What flows in: who would do what, and the few facts of the act. What flows out: frozen values.
What it must never see: a plate, a token, a key. An Allowance opens no read: only a Permit does.
"""

from enum import StrEnum

import msgspec

from lockplate.gate.elsewhere import ElsewhereFacts
from lockplate.gate.hold import HoldFacts
from lockplate.gate.list_grant import ListGrantFacts
from lockplate.gate.question import AgencyFacts
from lockplate.terms import AgencyId, PersonId, PolicyId, Purpose


class Act(StrEnum):
    """What a person may do here other than ask; each is an action of the schema."""

    SHOW_HIT = "show_hit"
    CONFIRM_HIT = "confirm_hit"
    READ_RECORDS = "read_records"
    EXPORT_RECORDS = "export_records"
    APPROVE_QUESTION = "approve_question"
    PROPOSE_GRANT = "propose_grant"
    APPROVE_GRANT = "approve_grant"
    REVOKE_GRANT = "revoke_grant"
    WITHDRAW_PAPER = "withdraw_paper"
    PROPOSE_LIST_GRANT = "propose_list_grant"
    ACCEPT_LIST_GRANT = "accept_list_grant"
    END_LIST_GRANT = "end_list_grant"
    MANAGE_PEOPLE = "manage_people"
    MANAGE_READERS = "manage_readers"
    MANAGE_HOTLISTS = "manage_hotlists"
    MANAGE_OPERATOR = "manage_operator"
    RUN_RETENTION = "run_retention"
    OPEN_HOLD = "open_hold"
    RENEW_HOLD = "renew_hold"
    CLOSE_HOLD = "close_hold"
    LIST_HOLDS = "list_holds"
    ASK_ELSEWHERE = "ask_elsewhere"
    """Send a question to another node, which judges it again."""
    MANAGE_ALERTS = "manage_alerts"
    """Make, try and end the channels by which people hear of alerts, and ask for a delivery again."""
    KEEP_HOLD = "keep_hold"
    """Re-seal what an open hold covers; nobody is there, see `gate.hold.KEEPER`."""


class ActContext(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate must know about an act beside the person; an act whose facts are missing is denied."""

    asker: PersonId | None = None
    """approve_question: who asked."""
    asking_agency: AgencyId | None = None
    """approve_question: the asker's agency."""
    subject: PersonId | None = None
    """manage_people: whose access would change."""
    proposer: PersonId | None = None
    """approve_grant: who proposed it."""
    grantee: AgencyFacts | None = None
    """propose_grant, approve_grant and withdraw_paper: to whom; so too, for the first two, the next three."""
    grant_purposes: frozenset[Purpose] = frozenset()
    grant_ends: bool = False
    """The grant has an end date."""
    grant_for_case: bool = False
    """The grant names one case."""
    hold: HoldFacts | msgspec.UnsetType = msgspec.UNSET
    """All acts on holds; unset, so that a case about another act says nothing of holds."""
    elsewhere: ElsewhereFacts | msgspec.UnsetType = msgspec.UNSET
    """ask_elsewhere; unset, as above."""
    list_grant: ListGrantFacts | msgspec.UnsetType = msgspec.UNSET
    """All acts on list grants; unset, as above."""
    list_granted: bool | msgspec.UnsetType = msgspec.UNSET
    """manage_hotlists with another agency's list: whether a list grant in force covers it; unset for one's own list."""
    alert_plates: bool | msgspec.UnsetType = msgspec.UNSET
    """manage_alerts: whether the channel carries plates; unset, as above."""


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """The gate's yes to one act: the permits that decided, and the hash of the policies in force."""

    policy_ids: tuple[PolicyId, ...]
    policy_set_hash: str
