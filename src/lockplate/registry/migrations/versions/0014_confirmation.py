"""Confirmation: what the source said when it was asked again, what was compared by hand, what became of a hit.

What flows in: the tables of revision 0013. What flows out: those of 0014.
What it must never see: registry.tables itself, which will move on while this file stands still.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them; of a hit that was decided before, nobody knows whether the source was asked."""
    op.add_column("hits", sa.Column("source_check", sa.Text, nullable=False, server_default="not_checked"))
    op.add_column("hits", sa.Column("checked_at", sa.BigInteger))
    op.add_column("hits", sa.Column("compared", sa.Text, nullable=False, server_default="[]"))
    op.create_table(
        "hit_outcomes",
        sa.Column("hit_id", sa.Text, sa.ForeignKey("hits.hit_id", name="fk_hit_outcomes_hit_id"), nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("said_by", sa.Text, sa.ForeignKey("people.person", name="fk_hit_outcomes_said_by"), nullable=False),
        sa.Column("said_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("hit_id", "outcome", name="pk_hit_outcomes"),
    )


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("hit_outcomes")
    for name in ("compared", "checked_at", "source_check"):
        op.drop_column("hits", name)
