"""Suggestive words that an operator added; how far each auditor has looked at findings.

What flows in: the tables of revision 0004. What flows out: those of 0005.
What it must never see: registry.tables itself, which will move on while this file stands still.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of this revision."""
    op.create_table(
        "local_words",
        sa.Column("word", sa.Text, primary_key=True),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("cite", sa.Text, nullable=False),
        sa.Column("added_by", sa.Text, nullable=False),
        sa.Column("added_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "findings_seen",
        sa.Column("person", sa.Text, sa.ForeignKey("people.person"), primary_key=True),
        sa.Column("operator", sa.Text, sa.ForeignKey("operators.operator"), primary_key=True),
        sa.Column("records", sa.BigInteger, nullable=False),
        sa.Column("looked_at", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("findings_seen")
    op.drop_table("local_words")
