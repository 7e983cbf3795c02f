"""Reading other people's tables: hostile files, foreign headers."""
