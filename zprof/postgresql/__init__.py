"""Stores on a PostgreSQL server: what imports, or needs, the driver psycopg."""
