"""Ordinances and agency policies; readers whose reads come from elsewhere.

What flows in: the tables of revision 0005. What flows out: those of 0006.
What it must never see: registry.tables itself, which will move on while this file stands still.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of this revision."""
    op.create_table(
        "local_laws",
        sa.Column("local_law", sa.Text, primary_key=True),
        sa.Column("operator", sa.Text, sa.ForeignKey("operators.operator"), nullable=False, index=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("adopted_by", sa.Text, nullable=False),
        sa.Column("adopted_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
    )
    op.add_column("readers", sa.Column("origin", sa.Text))


def downgrade() -> None:
    """Take them away again."""
    op.drop_column("readers", "origin")
    op.drop_table("local_laws")
