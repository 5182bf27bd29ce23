"""The control database's tables, as SQLAlchemy Core sees them; migrations/versions makes them.

What flows in: nothing. What flows out: the MetaData and its tables.
What it must never see: a column that holds a plate, a case number, a reason or a request in plain. Columns whose name
ends in `_sealed` hold what a ColumnSealer made.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from lockplate.registry.columns import UtcTime, WordSet

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

agencies = Table(
    "agencies",
    metadata,
    Column("agency", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)

operators = Table(
    "operators",
    metadata,
    Column("operator", Text, primary_key=True),
    Column("agency", Text, ForeignKey("agencies.agency"), nullable=False),
    Column("name", Text, nullable=False),
    Column("profile", Text),
    Column("record_mode", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)

readers = Table(
    "readers",
    metadata,
    Column("reader", Text, primary_key=True),
    Column("operator", Text, ForeignKey("operators.operator"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("zone", Text, nullable=False),
    Column("key_hash", LargeBinary, nullable=False, unique=True),
    Column("active", Boolean, nullable=False),
    Column("format", Text),
    Column("mobile", Boolean, nullable=False),
    Column("last_seen", UtcTime),
    Column("clock_drift_seconds", Float),
    # the law profile under which its reads were made, where they come from another agency
    Column("origin", Text),
    Column("created_at", UtcTime, nullable=False),
    # names under which filters of alerts know several readers at once
    Column("groups", WordSet),
)

local_laws = Table(
    "local_laws",
    metadata,
    Column("local_law", Text, primary_key=True),
    Column("operator", Text, ForeignKey("operators.operator"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("adopted_by", Text, nullable=False),
    Column("adopted_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
)

places = Table(
    "places",
    metadata,
    Column("place", Text, primary_key=True),
    Column("operator", Text, ForeignKey("operators.operator"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("latitude", Float, nullable=False),
    Column("longitude", Float, nullable=False),
    Column("radius_metres", Float, nullable=False),
    Column("added_at", UtcTime, nullable=False),
)

local_words = Table(
    "local_words",
    metadata,
    Column("word", Text, primary_key=True),
    Column("words", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("cite", Text, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("added_at", UtcTime, nullable=False),
)

findings_seen = Table(
    "findings_seen",
    metadata,
    Column("person", Text, ForeignKey("people.person"), primary_key=True),
    Column("operator", Text, ForeignKey("operators.operator"), primary_key=True),
    Column("records", BigInteger, nullable=False),
    Column("looked_at", UtcTime, nullable=False),
)

day_counts = Table(
    "day_counts",
    metadata,
    Column("operator", Text, ForeignKey("operators.operator"), primary_key=True),
    # no reference: a file names readers that were never registered here
    Column("reader", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("what", Text, primary_key=True),
    Column("counted", BigInteger, nullable=False),
)

counted_days = Table(
    "counted_days",
    metadata,
    Column("operator", Text, ForeignKey("operators.operator"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("leaf", BigInteger, nullable=False),
)

statements = Table(
    "statements",
    metadata,
    Column("operator", Text, ForeignKey("operators.operator"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("stated_at", UtcTime, nullable=False),
)

reject_counts = Table(
    "reject_counts",
    metadata,
    Column("reader", Text, ForeignKey("readers.reader"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("rejected", BigInteger, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("person", Text, primary_key=True),
    Column("agency", Text, ForeignKey("agencies.agency"), nullable=False, index=True),
    Column("display_name_sealed", LargeBinary, nullable=False),
    Column("roles", WordSet, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("password_hash", Text),
    Column("totp_sealed", LargeBinary),
    Column("locked_at", UtcTime),
    Column("created_at", UtcTime, nullable=False),
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("failure", Integer, primary_key=True, autoincrement=True),
    # SHA-256 of what was typed: it may be a password put into the wrong field
    Column("name_hash", LargeBinary, nullable=False, index=True),
    Column("at", UtcTime, nullable=False, index=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("session_hash", LargeBinary, primary_key=True),
    Column("person", Text, ForeignKey("people.person"), nullable=False, index=True),
    Column("opened_at", UtcTime, nullable=False),
    Column("last_used_at", UtcTime, nullable=False),
)

grants = Table(
    "grants",
    metadata,
    Column("grant_id", Text, primary_key=True),
    Column("operator", Text, ForeignKey("operators.operator"), nullable=False),
    Column("grantee", Text, ForeignKey("agencies.agency"), nullable=False),
    Column("purposes", WordSet, nullable=False),
    Column("readers", WordSet),
    Column("valid_from", UtcTime, nullable=False),
    Column("valid_to", UtcTime, nullable=False),
    Column("instrument", Text, nullable=False),
    Column("instrument_hash", Text),
    Column("case_sealed", LargeBinary),
    Column("paper_sealed", LargeBinary),
    Column("paper_withdrawn_by", Text),
    Column("paper_withdrawn_at", UtcTime),
    Column("proposed_by", Text, ForeignKey("people.person"), nullable=False),
    Column("proposed_at", UtcTime, nullable=False),
    Column("approved_by", Text, ForeignKey("people.person")),
    Column("approved_at", UtcTime),
    Column("revoked_by", Text, ForeignKey("people.person")),
    Column("revoked_at", UtcTime),
    Index(None, "operator", "grantee"),
)

list_grants = Table(
    "list_grants",
    metadata,
    Column("list_grant", Text, primary_key=True),
    Column("operator", Text, ForeignKey("operators.operator"), nullable=False),
    Column("owner_agency", Text, ForeignKey("agencies.agency"), nullable=False),
    Column("categories", WordSet, nullable=False),
    Column("valid_from", UtcTime, nullable=False),
    Column("valid_to", UtcTime, nullable=False),
    Column("instrument", Text, nullable=False),
    Column("note_sealed", LargeBinary),
    Column("proposed_by", Text, ForeignKey("people.person"), nullable=False),
    Column("proposed_at", UtcTime, nullable=False),
    Column("accepted_by", Text, ForeignKey("people.person")),
    Column("accepted_at", UtcTime),
    Column("ended_by", Text, ForeignKey("people.person")),
    Column("ended_at", UtcTime),
    Index(None, "operator", "owner_agency"),
)

hot_lists = Table(
    "hot_lists",
    metadata,
    Column("list_id", Text, primary_key=True),
    Column("operator", Text, ForeignKey("operators.operator"), nullable=False),
    Column("name", Text, nullable=False),
    Column("owner_agency", Text, ForeignKey("agencies.agency"), nullable=False),
    Column("categories", WordSet, nullable=False),
    Column("source", Text, nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("max_age_seconds", BigInteger, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("refreshed_at", UtcTime),
    Column("alert_on", WordSet),
    Column("priority", Text, nullable=False),
    Column("repeat_after_seconds", BigInteger, nullable=False),
    Column("entry_life_seconds", BigInteger),
    Column("oldest_seconds", BigInteger),
    # of its last file
    Column("layout", Text),
    Column("counted", Boolean, nullable=False),
    UniqueConstraint("operator", "name"),
)

hot_list_entries = Table(
    "hot_list_entries",
    metadata,
    Column("entry_id", Text, primary_key=True),
    Column("list_id", Text, ForeignKey("hot_lists.list_id"), nullable=False, index=True),
    Column("plate_sealed", LargeBinary, nullable=False),
    Column("region", Text),
    Column("category", Text, nullable=False),
    Column("reason_sealed", LargeBinary, nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
    Column("entered_at", UtcTime, nullable=False),
    Column("entered_by", Text, ForeignKey("people.person")),
    Column("manual", Boolean, nullable=False),
    # of an entry made by hand
    Column("case_sealed", LargeBinary),
    # of an entry of another agency's list: until a person here accepts it, it matches nothing
    Column("accepted_by", Text),
    Column("accepted_at", UtcTime),
    # what its source says beside the reason: the vehicle, and the source's own number
    Column("source_sealed", LargeBinary),
    Column("zero_for_letter", Boolean, nullable=False),
)

hits = Table(
    "hits",
    metadata,
    Column("hit_id", Text, primary_key=True),
    Column("operator", Text, ForeignKey("operators.operator"), nullable=False),
    # no reference: a hit outlives its entry and its list
    Column("list_id", Text, nullable=False),
    Column("entry_id", Text, nullable=False),
    Column("category", Text, nullable=False),
    # no reference either: a file names readers that were never registered here
    Column("reader", Text, nullable=False),
    Column("captured_at", UtcTime, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    Column("details_sealed", LargeBinary, nullable=False),
    Column("picture_sealed", LargeBinary),
    Column("state", Text, nullable=False),
    Column("decided_by", Text, ForeignKey("people.person")),
    Column("decided_at", UtcTime),
    Column("alerts", Boolean, nullable=False),
    Column("repeat_of", Text),
    Column("priority", Text, nullable=False),
    Column("entered_at", UtcTime),
    Column("manual", Boolean, nullable=False),
    Column("source_check", Text, nullable=False),
    Column("checked_at", UtcTime),
    Column("compared", WordSet, nullable=False),
    UniqueConstraint("operator", "entry_id", "reader", "captured_at"),
    Index(None, "operator", "recorded_at"),
    Index(None, "operator", "captured_at"),
)

hit_outcomes = Table(
    "hit_outcomes",
    metadata,
    Column("hit_id", Text, ForeignKey("hits.hit_id"), primary_key=True),
    Column("outcome", Text, primary_key=True),
    Column("said_by", Text, ForeignKey("people.person"), nullable=False),
    Column("said_at", UtcTime, nullable=False),
)

waiting_requests = Table(
    "waiting_requests",
    metadata,
    Column("request", Text, primary_key=True),
    Column("operator", Text, ForeignKey("operators.operator"), primary_key=True),
    Column("agency", Text, ForeignKey("agencies.agency"), nullable=False, index=True),
    Column("author", Text, ForeignKey("people.person"), nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("state", Text, nullable=False),
    Column("request_sealed", LargeBinary, nullable=False),
    Column("policy_ids", WordSet, nullable=False),
    Column("decided_by", Text, ForeignKey("people.person")),
    Column("decided_at", UtcTime),
    Index(None, "operator", "expires_at"),
)

shared_questions = Table(
    "shared_questions",
    metadata,
    Column("request", Text, primary_key=True),
    Column("seen_at", UtcTime, nullable=False),
)

holds = Table(
    "holds",
    metadata,
    Column("hold_id", Text, primary_key=True),
    Column("operator", Text, ForeignKey("operators.operator"), nullable=False),
    Column("agency", Text, ForeignKey("agencies.agency"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("opened_by", Text, ForeignKey("people.person"), nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("window_from", UtcTime, nullable=False),
    Column("window_to", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("renewals", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("end_reason", Text),
    # no reference: the node itself ends what is over
    Column("ended_by", Text),
    Column("ended_at", UtcTime),
    Column("paper_sealed", LargeBinary),
    Index(None, "operator", "state"),
)

held_reads = Table(
    "held_reads",
    metadata,
    Column("hold_id", Text, ForeignKey("holds.hold_id"), primary_key=True),
    # a keyed hash under the hold's own key
    Column("mark", LargeBinary, primary_key=True),
    Column("read_sealed", LargeBinary, nullable=False),
)

alert_channels = Table(
    "alert_channels",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("operator", Text, ForeignKey("operators.operator"), nullable=False, index=True),
    Column("person", Text, ForeignKey("people.person"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("content", Text, nullable=False),
    # address and secrets; gone once the channel has ended
    Column("target_sealed", LargeBinary),
    # JSON: ids and words from closed lists
    Column("filter", Text, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
)

alert_deliveries = Table(
    "alert_deliveries",
    metadata,
    # the order in which things are told
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("delivery", Text, nullable=False, unique=True),
    Column("operator", Text, nullable=False),
    Column("channel", Text, ForeignKey("alert_channels.channel"), nullable=False),
    Column("subject", Text, nullable=False),
    # no reference: a hit or a fault may be forgotten first
    Column("subject_id", Text, nullable=False, index=True),
    Column("fault_kind", Text),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_try_at", UtcTime, nullable=False),
    Column("last_code", Text),
    Column("created_at", UtcTime, nullable=False),
    Column("asked_again_at", UtcTime),
    Column("settled_at", UtcTime),
    Column("leaf", BigInteger),
    Index(None, "state", "next_try_at"),
    Index(None, "state", "channel"),
    Index(None, "operator", "number"),
)

reader_hours = Table(
    "reader_hours",
    metadata,
    Column("operator", Text, ForeignKey("operators.operator"), primary_key=True),
    # no reference: a collector's lines may name what was never registered here
    Column("reader", Text, primary_key=True),
    # UTC hours since 1970
    Column("hour", BigInteger, primary_key=True, autoincrement=False, index=True),
    Column("reads", BigInteger, nullable=False),
    Column("rejected", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    Column("corrected", BigInteger, nullable=False),
    Column("clock_faults", BigInteger, nullable=False),
    Column("timed", BigInteger, nullable=False),
    Column("least_drift", Float),
    Column("last_at", UtcTime, nullable=False),
)

watched_hours = Table(
    "watched_hours",
    metadata,
    Column("hour", BigInteger, primary_key=True, autoincrement=False),
    Column("seconds", Integer, nullable=False),
)

watching = Table(
    "watching",
    metadata,
    Column("watch", Text, primary_key=True),
    Column("steady_since", UtcTime, nullable=False),
    Column("last_at", UtcTime, nullable=False),
    Column("away_since", UtcTime),
)

hand_kept_lists = Table(
    "hand_kept_lists",
    metadata,
    Column("list_id", Text, ForeignKey("hot_lists.list_id"), primary_key=True),
    Column("seen_at", UtcTime, nullable=False),
)

faults = Table(
    "faults",
    metadata,
    Column("fault_id", Text, primary_key=True),
    Column("operator", Text, ForeignKey("operators.operator"), nullable=False),
    Column("kind", Text, nullable=False),
    # a reader's or a list's id; no reference: it may be gone
    Column("subject", Text, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("last_seen_at", UtcTime, nullable=False),
    Column("closed_at", UtcTime),
    Column("acknowledged_by", Text, ForeignKey("people.person")),
    Column("acknowledged_at", UtcTime),
    # numbers as JSON
    Column("facts", Text, nullable=False),
    Index(None, "operator", "closed_at"),
)
