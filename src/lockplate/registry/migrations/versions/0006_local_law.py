"""Ordinances and agency policies; readers whose reads come from elsewhere.

What flows in: the tables of revision 0005. What flows out: those of 0006.
What it must never see: registry.tables itself, which will move on while this file stands still.
"""

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of this revision."""


def downgrade() -> None:
    """Take them away again."""
