"""decisions about antidumping and countervailing duty"""

import sqlalchemy as sa
from alembic import op

revision = "d7b2f4a81c35"
down_revision = "b5f08d2e6c17"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "adcvd_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shipment_id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("entry_type", sa.String(), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("cases", sa.JSON(), nullable=False),
        sa.Column("producer", sa.String(), nullable=False),
        sa.Column("exporter", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("licence", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_adcvd_decision_shipment_id", "adcvd_decision", ["shipment_id"])


def downgrade() -> None:
    op.drop_table("adcvd_decision")
