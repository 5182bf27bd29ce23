"""What forgetting needs of the control data.

What flows in: the tables of revision 0007. What flows out: those of 0008.
What it must never see: registry.tables itself, which will move on while this file stands still.
"""

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of this revision."""


def downgrade() -> None:
    """Take them away again."""
