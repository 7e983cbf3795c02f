"""Alembic migrations; `ops.py` makes tenant tables."""
