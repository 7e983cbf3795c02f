"""The application: one floor above another, see docs/decisions.md."""
