"""divided lines, and the page of a table in a thread"""

import sqlalchemy as sa
from alembic import op


revision = "d81b6e20f4c7"
down_revision = "d7b2f4a81c35"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "line_division",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shipment_id", sa.Integer(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_line_division_shipment_id", "line_division", ["shipment_id"])
    with op.batch_alter_table("thread_message") as batch_op:
        batch_op.add_column(sa.Column("first", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("form", sa.Integer(), nullable=False, server_default="0"))
