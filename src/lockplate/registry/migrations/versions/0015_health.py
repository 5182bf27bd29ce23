"""Readers' health: what each hour brought, faults.

What flows in: the tables of revision 0014. What flows out: those of 0015.
What it must never see: registry.tables itself, which will move on while this file stands still.
"""

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
