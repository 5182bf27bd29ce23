"""Holds and the reads they keep.

What flows in: the tables of revision 0001. What flows out: those of 0002.
What it must never see: registry.tables itself, which will move on while this file stands still.
"""

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of this revision."""


def downgrade() -> None:
    """Take them away again."""
