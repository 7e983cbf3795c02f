"""Thin routes of the grants."""
