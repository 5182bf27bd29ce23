"""Lists of other agencies: grants of lists, entries that wait to be accepted.

What flows in: the tables of revision 0011. What flows out: those of 0012.
What it must never see: registry.tables itself, which will move on while this file stands still.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of list grants, and note on each entry who accepted it.

    Lists of other agencies that are here already have no grant, so they match nothing until there is one.
    """
    op.create_table(
        "list_grants",
        sa.Column("list_grant", sa.Text, primary_key=True),
        sa.Column("operator", sa.Text, sa.ForeignKey("operators.operator"), nullable=False),
        sa.Column("owner_agency", sa.Text, sa.ForeignKey("agencies.agency"), nullable=False),
        sa.Column("categories", sa.Text, nullable=False),
        sa.Column("valid_from", sa.BigInteger, nullable=False),
        sa.Column("valid_to", sa.BigInteger, nullable=False),
        sa.Column("instrument", sa.Text, nullable=False),
        sa.Column("note_sealed", sa.LargeBinary),
        sa.Column("proposed_by", sa.Text, sa.ForeignKey("people.person"), nullable=False),
        sa.Column("proposed_at", sa.BigInteger, nullable=False),
        sa.Column("accepted_by", sa.Text, sa.ForeignKey("people.person")),
        sa.Column("accepted_at", sa.BigInteger),
        sa.Column("ended_by", sa.Text, sa.ForeignKey("people.person")),
        sa.Column("ended_at", sa.BigInteger),
    )
    op.create_index("ix_list_grants_operator_owner_agency", "list_grants", ["operator", "owner_agency"])
    op.add_column("hot_list_entries", sa.Column("accepted_by", sa.Text))
    op.add_column("hot_list_entries", sa.Column("accepted_at", sa.BigInteger))


def downgrade() -> None:
    """Take them away again."""
    for column in ("accepted_at", "accepted_by"):
        op.drop_column("hot_list_entries", column)
    op.drop_table("list_grants")
