"""Values every room speaks: money, dates, identifiers, text. No Flask, no database."""
