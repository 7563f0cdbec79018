"""reading lessons"""

import sqlalchemy as sa
from alembic import op

revision = "d41c7a90e5b8"
down_revision = "c7a1d90e42b5"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reading_lesson",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("importer_id", sa.Integer(), nullable=True),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("layout", sa.JSON(), nullable=False),
        sa.Column("taught_by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["importer_id"], ["importer.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_reading_lesson_sender", "reading_lesson", ["sender"])
    op.create_index("ix_reading_lesson_importer_id", "reading_lesson", ["importer_id"])
