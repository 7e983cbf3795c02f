"""Bringing regions up: official list, templates, provisioning."""
