"""days of each container, and of its chassis"""

import sqlalchemy as sa
from alembic import op


revision = "a7e2c85d1f34"
down_revision = "c4d9a1e73b60"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("pickup", schema=None) as batch_op:
        batch_op.add_column(sa.Column("chassis_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("boxes", sa.JSON(), nullable=False, server_default="{}"))
        batch_op.add_column(sa.Column("warned", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    with op.batch_alter_table("pickup", schema=None) as batch_op:
        batch_op.drop_column("warned")
        batch_op.drop_column("boxes")
        batch_op.drop_column("chassis_on")
