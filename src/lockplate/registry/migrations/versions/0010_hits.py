"""Hits that alert and hits that do not: repeats, priority, the entry's age and origin.

What flows in: the tables of revision 0009. What flows out: those of 0010.
What it must never see: registry.tables itself, which will move on while this file stands still.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; hits that are here already were alerts of normal priority."""
    op.add_column("hits", sa.Column("alerts", sa.Boolean, nullable=False, server_default=sa.true()))
    op.add_column("hits", sa.Column("repeat_of", sa.Text))
    op.add_column("hits", sa.Column("priority", sa.Text, nullable=False, server_default="normal"))
    op.add_column("hits", sa.Column("entered_at", sa.BigInteger))
    op.add_column("hits", sa.Column("manual", sa.Boolean, nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Take them away again."""
    for name in ("manual", "entered_at", "priority", "repeat_of", "alerts"):
        op.drop_column("hits", name)
