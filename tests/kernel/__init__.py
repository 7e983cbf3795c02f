"""Tests of app.kernel."""
