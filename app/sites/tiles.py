"""Where each province stands in the tile map of Indonesia: (row, column), from 1, west to east, north to south."""

POSITIONS = {
    11: (1, 1), 12: (2, 2), 13: (3, 1), 14: (3, 3), 15: (4, 3), 16: (5, 3), 17: (4, 2), 18: (6, 3),
    19: (4, 4), 21: (2, 4), 31: (7, 5), 32: (8, 5), 33: (8, 6), 34: (9, 6), 35: (8, 7), 36: (7, 4),
    51: (9, 8), 52: (9, 9), 53: (9, 10), 61: (3, 6), 62: (4, 7), 63: (5, 8), 64: (3, 8), 65: (2, 8),
    71: (2, 11), 72: (4, 10), 73: (6, 10), 74: (6, 11), 75: (3, 10), 76: (5, 10), 81: (6, 13), 82: (3, 13),
    91: (4, 16), 92: (3, 15), 93: (6, 17), 94: (5, 16), 95: (5, 17), 96: (3, 14),
}  # fmt: skip


def tile_position(province_id: int) -> tuple[int, int]:
    """Row and column; a province that the table does not know yet stands below the map."""
    return POSITIONS.get(province_id, (10, province_id % 18 + 1))
