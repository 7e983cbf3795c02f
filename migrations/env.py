"""Alembic's entry: migrations run as the schema's owner, over the administrator's connection, a transaction each."""

from alembic import context
from sqlalchemy import create_engine, pool, text

from app.tenancy.database import db
from config import settings as configuration

settings = configuration.load()
engine = create_engine(settings.database_url, poolclass=pool.NullPool)
with engine.connect() as connection:
    connection.execute(text("SET ROLE smartcity_owner"))
    connection.execute(text("SET lock_timeout = '5s'"))
    connection.commit()
    context.configure(connection=connection, target_metadata=db.metadata, version_table_schema="tenancy",
                      transaction_per_migration=True)  # fmt: skip
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
engine.dispose()
