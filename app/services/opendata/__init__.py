"""Streamed open-data files."""
