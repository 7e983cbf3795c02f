"""Settings, server configuration and the supervisor behind `make run`."""
