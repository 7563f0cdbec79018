"""several documents of one file"""

import sqlalchemy as sa
from alembic import op

revision = "f2b8c5d7a914"
down_revision = "a7e2c85d1f34"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("document") as batch_op:
        batch_op.add_column(sa.Column("part_of", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("first_page", sa.Integer(), nullable=False, server_default="1")
        )
        batch_op.add_column(sa.Column("last_page", sa.Integer(), nullable=True))
        batch_op.drop_constraint("uq_document_once", type_="unique")
        batch_op.create_unique_constraint(
            "uq_document_once", ["shipment_id", "sha256", "first_page"]
        )
        batch_op.create_foreign_key("fk_document_part_of", "document", ["part_of"], ["id"])
        batch_op.create_index("ix_document_part_of", ["part_of"])


def downgrade() -> None:
    with op.batch_alter_table("document") as batch_op:
        batch_op.drop_index("ix_document_part_of")
        batch_op.drop_constraint("fk_document_part_of", type_="foreignkey")
        batch_op.drop_constraint("uq_document_once", type_="unique")
        batch_op.create_unique_constraint("uq_document_once", ["shipment_id", "sha256"])
        batch_op.drop_column("last_page")
        batch_op.drop_column("first_page")
        batch_op.drop_column("part_of")
