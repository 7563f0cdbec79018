"""statuses and holds"""

import sqlalchemy as sa
from alembic import op


revision = "4133c529e3f8"
down_revision = "e1f4a7c90b52"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "status_receipt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("raw_code", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entry.id"],
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["message.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("status_receipt", schema=None) as batch_op:
        batch_op.create_index("ix_status_receipt_entry_id", ["entry_id"], unique=False)
        batch_op.create_index("ix_status_receipt_message_id", ["message_id"], unique=False)

    op.create_table(
        "hold_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hold_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("amount", sa.String(length=40), nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["hold_id"],
            ["hold.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("hold_note", schema=None) as batch_op:
        batch_op.create_index("ix_hold_note_hold_id", ["hold_id"], unique=False)

    with op.batch_alter_table("entry", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("polls_missed", sa.Integer(), nullable=False, server_default="0")
        )

    with op.batch_alter_table("hold", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("kind", sa.String(), nullable=False, server_default="unknown")
        )
        batch_op.add_column(
            sa.Column("known_by", sa.String(), nullable=False, server_default="nothing")
        )
        batch_op.add_column(sa.Column("source", sa.String(), nullable=False, server_default="poll"))
        batch_op.add_column(
            sa.Column("confirmed", sa.Boolean(), nullable=False, server_default=sa.true())
        )
        batch_op.add_column(sa.Column("exam", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("respond_by", sa.Date(), nullable=True))
        batch_op.add_column(
            sa.Column("respond_because", sa.String(), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("inner_by", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("alarms", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("next_alarm_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("package_sha256", sa.String(), nullable=True))
        batch_op.add_column(
            sa.Column("package_version", sa.Integer(), nullable=False, server_default="0")
        )
        batch_op.add_column(sa.Column("present", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("missing", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("draft", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("answers", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("answered_by", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("presented_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("case_number", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("case_rate", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("case_source", sa.String(), nullable=True))
        batch_op.add_column(
            sa.Column("frozen", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(sa.Column("cleared_by", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("cleared_name", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("closed_by", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("closed_name", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("closed_reason", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index("ix_hold_next_alarm_at", ["next_alarm_at"], unique=False)

    with op.batch_alter_table("status_report", schema=None) as batch_op:
        batch_op.add_column(sa.Column("source", sa.String(), nullable=False, server_default="poll"))
        batch_op.add_column(sa.Column("record", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(
            sa.Column("by_mail", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(
            sa.Column("late", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.drop_constraint("uq_status_once", type_="unique")
        batch_op.create_unique_constraint(
            "uq_status_once", ["entry_id", "raw_code", "at", "by_mail"]
        )
