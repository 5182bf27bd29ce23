"""Alerts: channels, deliveries, groups of readers.

What flows in: the tables of revision 0012. What flows out: those of 0013.
What it must never see: registry.tables itself, which will move on while this file stands still.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the two tables, and let readers be in groups."""
    op.add_column("readers", sa.Column("groups", sa.Text))
    op.create_table(
        "alert_channels",
        sa.Column("channel", sa.Text),
        sa.Column("operator", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("target_sealed", sa.LargeBinary),
        sa.Column("filter", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("channel", name="pk_alert_channels"),
        sa.ForeignKeyConstraint(["operator"], ["operators.operator"], name="fk_alert_channels_operator"),
        sa.ForeignKeyConstraint(["person"], ["people.person"], name="fk_alert_channels_person"),
    )
    op.create_index("ix_alert_channels_operator", "alert_channels", ["operator"])
    op.create_table(
        "alert_deliveries",
        sa.Column("number", sa.Integer, autoincrement=True),
        sa.Column("delivery", sa.Text, nullable=False),
        sa.Column("operator", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("subject_id", sa.Text, nullable=False),
        sa.Column("fault_kind", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_try_at", sa.BigInteger, nullable=False),
        sa.Column("last_code", sa.Text),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("asked_again_at", sa.BigInteger),
        sa.Column("settled_at", sa.BigInteger),
        sa.Column("leaf", sa.BigInteger),
        sa.PrimaryKeyConstraint("number", name="pk_alert_deliveries"),
        sa.UniqueConstraint("delivery", name="uq_alert_deliveries_delivery"),
        sa.ForeignKeyConstraint(["channel"], ["alert_channels.channel"], name="fk_alert_deliveries_channel"),
    )
    for columns in (["state", "next_try_at"], ["state", "channel"], ["operator", "number"], ["subject_id"]):
        op.create_index("_".join(["ix_alert_deliveries", *columns]), "alert_deliveries", columns)


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("alert_deliveries")
    op.drop_table("alert_channels")
    op.drop_column("readers", "groups")
