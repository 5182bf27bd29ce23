"""Grants: the case they are for, the paper behind them.

What flows in: the tables of revision 0003. What flows out: those of 0004.
What it must never see: registry.tables itself, which will move on while this file stands still.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the sealed case, the sealed paper, and who took the paper back."""
    op.add_column("grants", sa.Column("case_sealed", sa.LargeBinary))
    op.add_column("grants", sa.Column("paper_sealed", sa.LargeBinary))
    op.add_column("grants", sa.Column("paper_withdrawn_by", sa.Text))
    op.add_column("grants", sa.Column("paper_withdrawn_at", sa.BigInteger))


def downgrade() -> None:
    """Take them away again."""
    for column in ("paper_withdrawn_at", "paper_withdrawn_by", "paper_sealed", "case_sealed"):
        op.drop_column("grants", column)
