"""Floor 5: which rooms a host shows."""
