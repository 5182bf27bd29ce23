"""The control data's first shape.

What flows in: an empty database. What flows out: the tables of registry.tables as they stood at this revision.
What it must never see: registry.tables itself, which will move on while this file stands still.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _text(
    name: str, *rest: sa.ForeignKey, null: bool = False, primary: bool = False, index: bool = False
) -> sa.Column[str]:
    return sa.Column(name, sa.Text, *rest, nullable=null, primary_key=primary, index=index)


def _time(name: str, *, null: bool = False, index: bool = False) -> sa.Column[int]:
    """Microseconds since 1970, UTC."""
    return sa.Column(name, sa.BigInteger, nullable=null, index=index)


def _bytes(name: str, *, null: bool = False, primary: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=null, primary_key=primary)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _agency() -> sa.ForeignKey:
    return sa.ForeignKey("agencies.agency")


def _operator() -> sa.ForeignKey:
    return sa.ForeignKey("operators.operator")


def _person() -> sa.ForeignKey:
    return sa.ForeignKey("people.person")


def _reader() -> sa.ForeignKey:
    return sa.ForeignKey("readers.reader")


def upgrade() -> None:
    """Make everything."""
    _make_places()
    _make_people()
    _make_grants()
    _make_hot_lists()
    _make_hits_and_requests()


def downgrade() -> None:
    """Drop everything, children first."""
    for table in (
        "waiting_requests",
        "hits",
        "hot_list_entries",
        "hot_lists",
        "grants",
        "sessions",
        "sign_in_failures",
        "people",
        "reject_counts",
        "readers",
        "operators",
        "agencies",
    ):
        op.drop_table(table)


def _make_places() -> None:
    op.create_table(
        "agencies",
        _text("agency", primary=True),
        _text("name"),
        _text("kind"),
        _text("state"),
        _flag("active"),
        _time("created_at"),
    )
    op.create_table(
        "operators",
        _text("operator", primary=True),
        _text("agency", _agency()),
        _text("name"),
        _text("profile", null=True),
        _text("record_mode"),
        _text("zone"),
        _time("created_at"),
    )
    op.create_table(
        "readers",
        _text("reader", primary=True),
        _text("operator", _operator(), index=True),
        _text("name"),
        _text("place"),
        sa.Column("latitude", sa.Float),
        sa.Column("longitude", sa.Float),
        _text("zone"),
        sa.Column("key_hash", sa.LargeBinary, nullable=False, unique=True),
        _flag("active"),
        _text("format", null=True),
        _flag("mobile"),
        _time("last_seen", null=True),
        sa.Column("clock_drift_seconds", sa.Float),
        _time("created_at"),
    )
    op.create_table(
        "reject_counts",
        _text("reader", _reader(), primary=True),
        sa.Column("day", sa.Date, primary_key=True),
        _text("reason", primary=True),
        sa.Column("rejected", sa.BigInteger, nullable=False),
    )


def _make_people() -> None:
    op.create_table(
        "people",
        _text("person", primary=True),
        _text("agency", _agency(), index=True),
        _bytes("display_name_sealed"),
        _text("roles"),
        _flag("active"),
        _text("password_hash", null=True),
        _bytes("totp_sealed", null=True),
        _time("locked_at", null=True),
        _time("created_at"),
    )
    op.create_table(
        "sign_in_failures",
        sa.Column("failure", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("name_hash", sa.LargeBinary, nullable=False, index=True),
        _time("at", index=True),
    )
    op.create_table(
        "sessions",
        _bytes("session_hash", primary=True),
        _text("person", _person(), index=True),
        _time("opened_at"),
        _time("last_used_at"),
    )


def _make_grants() -> None:
    op.create_table(
        "grants",
        _text("grant_id", primary=True),
        _text("operator", _operator()),
        _text("grantee", _agency()),
        _text("purposes"),
        _text("readers", null=True),
        _time("valid_from"),
        _time("valid_to"),
        _text("instrument"),
        _text("instrument_hash", null=True),
        _text("proposed_by", _person()),
        _time("proposed_at"),
        _text("approved_by", _person(), null=True),
        _time("approved_at", null=True),
        _text("revoked_by", _person(), null=True),
        _time("revoked_at", null=True),
        sa.Index(None, "operator", "grantee"),
    )


def _make_hot_lists() -> None:
    op.create_table(
        "hot_lists",
        _text("list_id", primary=True),
        _text("operator", _operator()),
        _text("name"),
        _text("owner_agency", _agency()),
        _text("categories"),
        _text("source"),
        _text("legal_basis"),
        sa.Column("max_age_seconds", sa.BigInteger, nullable=False),
        _flag("active"),
        _time("created_at"),
        _time("refreshed_at", null=True),
        sa.UniqueConstraint("operator", "name"),
    )
    op.create_table(
        "hot_list_entries",
        _text("entry_id", primary=True),
        _text("list_id", sa.ForeignKey("hot_lists.list_id"), index=True),
        _bytes("plate_sealed"),
        _text("region", null=True),
        _text("category"),
        _bytes("reason_sealed"),
        _time("expires_at", index=True),
        _time("entered_at"),
        _text("entered_by", _person(), null=True),
        _flag("manual"),
    )


def _make_hits_and_requests() -> None:
    op.create_table(
        "hits",
        _text("hit_id", primary=True),
        _text("operator", _operator()),
        _text("list_id"),
        _text("entry_id"),
        _text("category"),
        _text("reader"),
        _time("captured_at"),
        _time("recorded_at"),
        _bytes("details_sealed"),
        _bytes("picture_sealed", null=True),
        _text("state"),
        _text("decided_by", _person(), null=True),
        _time("decided_at", null=True),
        sa.UniqueConstraint("operator", "entry_id", "reader", "captured_at"),
        sa.Index(None, "operator", "recorded_at"),
    )
    op.create_table(
        "waiting_requests",
        _text("request", primary=True),
        _text("operator", _operator(), primary=True),
        _text("agency", _agency(), index=True),
        _text("author", _person()),
        _time("asked_at"),
        _time("expires_at"),
        _text("state"),
        _bytes("request_sealed"),
        _text("policy_ids"),
        _text("decided_by", _person(), null=True),
        _time("decided_at", null=True),
    )
