"""Confirmation: the source asked again, outcomes.

What flows in: the tables of revision 0013. What flows out: those of 0014.
What it must never see: registry.tables itself, which will move on while this file stands still.
"""

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
