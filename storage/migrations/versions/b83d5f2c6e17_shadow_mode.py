"""shadow mode"""

import sqlalchemy as sa
from alembic import op

revision = "b83d5f2c6e17"
down_revision = "4133c529e3f8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shadow_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("importer_id", sa.Integer(), nullable=True),
        sa.Column("lane", sa.String(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["importer_id"], ["importer.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_shadow_rule_importer_id", "shadow_rule", ["importer_id"])
    op.create_table(
        "shadow_case",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shipment_id", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("packet", sa.JSON(), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("prepared_by", sa.String(), nullable=False),
        sa.Column("entry_number", sa.String(), nullable=True),
        sa.Column("theirs", sa.JSON(), nullable=False),
        sa.Column("compared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_by", sa.String(), nullable=True),
        sa.Column("differences", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["rule_id"], ["shadow_rule.id"]),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("shipment_id"),
    )
    op.create_index("ix_shadow_case_rule_id", "shadow_case", ["rule_id"])
