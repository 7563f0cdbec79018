"""recalled releases"""

import sqlalchemy as sa
from alembic import op

revision = "c4d9a1e73b60"
down_revision = "b83d5f2c6e17"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pickup", sa.Column("recalled_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("pickup", "recalled_at")
