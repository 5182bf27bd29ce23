"""List files: what their layouts say of lists and entries.

What flows in: the tables of revision 0010. What flows out: those of 0011.
What it must never see: registry.tables itself, which will move on while this file stands still.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


_LIST_COLUMNS = ("counted", "layout", "oldest_seconds", "entry_life_seconds", "repeat_after_seconds", "priority")


def upgrade() -> None:
    """Add the columns; lists that are here already have the plain terms, five minutes between alerts."""
    op.add_column("hot_lists", sa.Column("alert_on", sa.Text))
    op.add_column("hot_lists", sa.Column("priority", sa.Text, nullable=False, server_default="normal"))
    op.add_column("hot_lists", sa.Column("repeat_after_seconds", sa.BigInteger, nullable=False, server_default="300"))
    op.add_column("hot_lists", sa.Column("entry_life_seconds", sa.BigInteger))
    op.add_column("hot_lists", sa.Column("oldest_seconds", sa.BigInteger))
    op.add_column("hot_lists", sa.Column("layout", sa.Text))
    op.add_column("hot_lists", sa.Column("counted", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("hot_list_entries", sa.Column("source_sealed", sa.LargeBinary))
    op.add_column(
        "hot_list_entries", sa.Column("zero_for_letter", sa.Boolean, nullable=False, server_default=sa.false())
    )


def downgrade() -> None:
    """Take them away again."""
    op.drop_column("hot_list_entries", "zero_for_letter")
    op.drop_column("hot_list_entries", "source_sealed")
    for name in (*_LIST_COLUMNS, "alert_on"):
        op.drop_column("hot_lists", name)
