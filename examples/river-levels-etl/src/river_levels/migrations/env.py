"""Alembic's entry: run the migrations on the connection we are given."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table_schema="ops",
)
with context.begin_transaction():
    context.run_migrations()
