"""Places where no reader may collect.

What flows in: the tables of revision 0002. What flows out: those of 0003.
What it must never see: registry.tables itself, which will move on while this file stands still.
"""

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of this revision."""


def downgrade() -> None:
    """Take them away again."""
