"""Readers' health: what each hour brought, which hours were watched, faults.

What flows in: the tables of revision 0014. What flows out: those of 0015.
What it must never see: registry.tables itself, which will move on while this file stands still.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "reader_hours",
        sa.Column("operator", sa.Text, sa.ForeignKey("operators.operator"), primary_key=True),
        sa.Column("reader", sa.Text, primary_key=True),
        sa.Column("hour", sa.BigInteger, autoincrement=False, primary_key=True),
        sa.Column("reads", sa.BigInteger, nullable=False),
        sa.Column("rejected", sa.BigInteger, nullable=False),
        sa.Column("refused", sa.BigInteger, nullable=False),
        sa.Column("corrected", sa.BigInteger, nullable=False),
        sa.Column("clock_faults", sa.BigInteger, nullable=False),
        sa.Column("timed", sa.BigInteger, nullable=False),
        sa.Column("least_drift", sa.Float),
        sa.Column("last_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_reader_hours_hour", "reader_hours", ["hour"])
    op.create_table(
        "watched_hours",
        sa.Column("hour", sa.BigInteger, autoincrement=False, primary_key=True),
        sa.Column("seconds", sa.Integer, nullable=False),
    )
    op.create_table(
        "watching",
        sa.Column("watch", sa.Text, primary_key=True),
        sa.Column("steady_since", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.Column("away_since", sa.BigInteger),
    )
    op.create_table(
        "hand_kept_lists",
        sa.Column("list_id", sa.Text, sa.ForeignKey("hot_lists.list_id"), primary_key=True),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "faults",
        sa.Column("fault_id", sa.Text, primary_key=True),
        sa.Column("operator", sa.Text, sa.ForeignKey("operators.operator"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("last_seen_at", sa.BigInteger, nullable=False),
        sa.Column("closed_at", sa.BigInteger),
        sa.Column("acknowledged_by", sa.Text, sa.ForeignKey("people.person")),
        sa.Column("acknowledged_at", sa.BigInteger),
        sa.Column("facts", sa.Text, nullable=False),
    )
    op.create_index("ix_faults_operator_closed_at", "faults", ["operator", "closed_at"])


def downgrade() -> None:
    """Take them away again."""
    for name in ("faults", "hand_kept_lists", "watching", "watched_hours", "reader_hours"):
        op.drop_table(name)
