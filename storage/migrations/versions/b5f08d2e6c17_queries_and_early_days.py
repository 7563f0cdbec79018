"""queries that stop no goods; days before the release"""

import sqlalchemy as sa
from alembic import op


revision = "b5f08d2e6c17"
down_revision = "f2b8c5d7a914"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("hold", schema=None) as batch_op:
        batch_op.add_column(sa.Column("stops", sa.Boolean(), nullable=False, server_default="1"))
        batch_op.add_column(
            sa.Column("ask_first", sa.Boolean(), nullable=False, server_default="0")
        )
    with op.batch_alter_table("pickup", schema=None) as batch_op:
        batch_op.add_column(sa.Column("early", sa.Boolean(), nullable=False, server_default="0"))


def downgrade() -> None:
    with op.batch_alter_table("pickup", schema=None) as batch_op:
        batch_op.drop_column("early")
    with op.batch_alter_table("hold", schema=None) as batch_op:
        batch_op.drop_column("ask_first")
        batch_op.drop_column("stops")
