"""List files: what their layouts say of lists and entries.

What flows in: the tables of revision 0010. What flows out: those of 0011.
What it must never see: registry.tables itself, which will move on while this file stands still.
"""

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
