"""What came in on each day.

What flows in: the tables of revision 0006. What flows out: those of 0007.
What it must never see: registry.tables itself, which will move on while this file stands still.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of this revision."""
    operator = sa.ForeignKey("operators.operator")
    op.create_table(
        "day_counts",
        sa.Column("operator", sa.Text, operator, primary_key=True),
        sa.Column("reader", sa.Text, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("what", sa.Text, primary_key=True),
        sa.Column("counted", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "counted_days",
        sa.Column("operator", sa.Text, sa.ForeignKey("operators.operator"), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("leaf", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "statements",
        sa.Column("operator", sa.Text, sa.ForeignKey("operators.operator"), primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("stated_at", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Take them away again."""
    for table in ("statements", "counted_days", "day_counts"):
        op.drop_table(table)
