"""Ids of questions from other nodes that were seen already.

What flows in: the tables of revision 0008. What flows out: those of 0009.
What it must never see: registry.tables itself, which will move on while this file stands still.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "shared_questions",
        sa.Column("request", sa.Text, primary_key=True),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("shared_questions")
