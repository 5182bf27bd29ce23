"""Lists of other agencies: grants of lists, entries that wait to be accepted.

What flows in: the tables of revision 0011. What flows out: those of 0012.
What it must never see: registry.tables itself, which will move on while this file stands still.
"""

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
