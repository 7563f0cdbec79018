"""archive search and legal holds"""

import re

import sqlalchemy as sa
from alembic import op

revision = "5d2c9b7e0a41"
down_revision = "4c48f2ad1cd7"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shipment_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("placed_by", sa.String(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by", sa.String(), nullable=True),
        sa.Column("lifted_reason", sa.String(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("legal_hold", schema=None) as batch_op:
        batch_op.create_index("ix_legal_hold_shipment_id", ["shipment_id"], unique=False)
    with op.batch_alter_table("shipment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("disposed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index("ix_shipment_keep_until", ["keep_until"], unique=False)

    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.execute("CREATE TABLE archive_fts (rowid BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)")
        op.execute("CREATE INDEX ix_archive_fts_words ON archive_fts USING GIN (words)")
    else:
        # Words come taken apart: the tokenizer only splits at blanks.
        op.execute(
            "CREATE VIRTUAL TABLE archive_fts USING fts5("
            "words, tokenize = \"unicode61 remove_diacritics 0 tokenchars '_'\", prefix = '2 3 4')"
        )
    # What was found before stays found; `tidewaiter archive reindex` adds the fields.
    put = "INSERT INTO archive_fts (rowid, words) VALUES (:key, :words)"
    for key, said in connection.execute(sa.text("SELECT id, search_text FROM shipment")).all():
        words = sorted(set(re.findall(r"[^\W_]+", said)))
        if connection.dialect.name == "postgresql":
            connection.execute(
                sa.text(put.replace(":words", "array_to_tsvector(:words)")),
                {"key": key, "words": words},
            )
        else:
            connection.execute(sa.text(put), {"key": key, "words": " ".join(words)})
