"""Forward-only schema changes (alembic). Never edit one that has landed; add another."""
