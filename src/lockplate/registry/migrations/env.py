"""Alembic's entry: runs the migrations on the connection that registry.database hands over.

What flows in: a connection inside a transaction. What flows out: a schema.
What it must never see: an ini file or a database URL.
"""

from alembic import context

from lockplate.registry.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
