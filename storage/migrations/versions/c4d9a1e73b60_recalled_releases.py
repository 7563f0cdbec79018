"""recalled releases"""

import sqlalchemy as sa
from alembic import op

revision = "c4d9a1e73b60"
down_revision = "d41c7a90e5b8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pickup", sa.Column("recalled_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("pickup", "recalled_at")
