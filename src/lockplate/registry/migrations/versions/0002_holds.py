"""Holds and the reads they keep.

What flows in: the tables of revision 0001. What flows out: those of 0002.
What it must never see: registry.tables itself, which will move on while this file stands still.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of this revision."""
    op.create_table(
        "holds",
        sa.Column("hold_id", sa.Text, primary_key=True),
        sa.Column("operator", sa.Text, sa.ForeignKey("operators.operator"), nullable=False),
        sa.Column("agency", sa.Text, sa.ForeignKey("agencies.agency"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("opened_by", sa.Text, sa.ForeignKey("people.person"), nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("window_from", sa.BigInteger, nullable=False),
        sa.Column("window_to", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("renewals", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("end_reason", sa.Text),
        sa.Column("ended_by", sa.Text),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("paper_sealed", sa.LargeBinary),
    )
    op.create_index("ix_holds_operator_state", "holds", ["operator", "state"])
    op.create_table(
        "held_reads",
        sa.Column("hold_id", sa.Text, sa.ForeignKey("holds.hold_id"), primary_key=True),
        sa.Column("mark", sa.LargeBinary, primary_key=True),
        sa.Column("read_sealed", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("held_reads")
    op.drop_table("holds")
