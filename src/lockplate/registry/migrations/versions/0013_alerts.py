"""Alerts: channels, deliveries, groups of readers.

What flows in: the tables of revision 0012. What flows out: those of 0013.
What it must never see: registry.tables itself, which will move on while this file stands still.
"""

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
