"""Floor 4: grants and social aid from the regional budget."""
