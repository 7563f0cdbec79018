"""several workspaces"""

import sqlalchemy as sa
from alembic import op

revision = "e93b5c0d7a16"
down_revision = "d81b6e20f4c7"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("importer") as batch:
        batch.add_column(sa.Column("office", sa.String(), nullable=True))
        batch.create_index("ix_importer_office", ["office"])
    with op.batch_alter_table("slack_installation") as batch:
        batch.drop_constraint("one_workspace", type_="check")
        batch.add_column(sa.Column("house", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch.add_column(sa.Column("review_channel", sa.String(), nullable=True))
        batch.add_column(sa.Column("sealed_refresh", sa.String(), nullable=True))
        batch.add_column(sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("renewing_until", sa.DateTime(timezone=True), nullable=True))
        batch.create_index("ix_slack_installation_team_id", ["team_id"], unique=True)
    if op.get_bind().dialect.name == "postgresql":
        # The one row had the number 1, given by us and not by the sequence.
        op.execute("SELECT setval(pg_get_serial_sequence('slack_installation', 'id'), 1)")
