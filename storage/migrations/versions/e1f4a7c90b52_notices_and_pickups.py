"""notices and pickups"""

import sqlalchemy as sa
from alembic import op

revision = "e1f4a7c90b52"
down_revision = "9b9e31774e42"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consignee_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shipment_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("route_name", sa.String(), nullable=False),
        sa.Column("route", sa.JSON(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reference", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"]),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("entry_id", "route_name", "number", name="uq_notice_once"),
    )
    op.create_index("ix_consignee_notice_shipment_id", "consignee_notice", ["shipment_id"])
    op.create_table(
        "pickup",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shipment_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("carrier", sa.String(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("appointment_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("appointment_via", sa.String(), nullable=True),
        sa.Column("appointment_by", sa.String(), nullable=True),
        sa.Column("available_on", sa.Date(), nullable=True),
        sa.Column("last_free_day", sa.Date(), nullable=True),
        sa.Column("gate_out_on", sa.Date(), nullable=True),
        sa.Column("empty_on", sa.Date(), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proof_document_id", sa.Integer(), nullable=True),
        sa.Column("missed_told", sa.String(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"]),
        sa.ForeignKeyConstraint(["proof_document_id"], ["document.id"]),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("shipment_id"),
    )
    with op.batch_alter_table("importer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("notices", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("carrier", sa.String(), nullable=True))
