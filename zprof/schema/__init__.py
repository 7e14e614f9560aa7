"""All that imports SQLAlchemy and Alembic: models, statements, their generator, migrating."""
