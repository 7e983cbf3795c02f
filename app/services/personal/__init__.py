"""Personal data: sealed at rest with a key of the region, matched by keyed hashes, masked on every screen."""
