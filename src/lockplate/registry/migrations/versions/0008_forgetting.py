"""What forgetting needs of the control data.

What flows in: the tables of revision 0007. What flows out: those of 0008.
What it must never see: registry.tables itself, which will move on while this file stands still.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the case behind an entry made by hand, and ways to what is over."""
    op.add_column("hot_list_entries", sa.Column("case_sealed", sa.LargeBinary))
    op.create_index("ix_hits_operator_captured_at", "hits", ["operator", "captured_at"])
    op.create_index("ix_waiting_requests_operator_expires_at", "waiting_requests", ["operator", "expires_at"])


def downgrade() -> None:
    """Take them away again."""
    op.drop_index("ix_waiting_requests_operator_expires_at", "waiting_requests")
    op.drop_index("ix_hits_operator_captured_at", "hits")
    op.drop_column("hot_list_entries", "case_sealed")
