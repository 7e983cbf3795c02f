"""Where each province stands in the tile map of Indonesia, west to east, north to south, and its letters.

Letters: ISO 3166-2:ID, which also knows the provinces of 2022.
"""

from typing import NamedTuple


class Place(NamedTuple):
    """Row and column from 1, and the two letters on the tile."""

    row: int
    col: int
    letters: str


PLACES = {
    11: Place(1, 1, "AC"), 12: Place(2, 2, "SU"), 13: Place(3, 1, "SB"), 14: Place(3, 3, "RI"), 15: Place(4, 3, "JA"),
    16: Place(5, 3, "SS"), 17: Place(4, 2, "BE"), 18: Place(6, 3, "LA"), 19: Place(4, 4, "BB"), 21: Place(2, 4, "KR"),
    31: Place(7, 5, "JK"), 32: Place(8, 5, "JB"), 33: Place(8, 6, "JT"), 34: Place(9, 6, "YO"), 35: Place(8, 7, "JI"),
    36: Place(7, 4, "BT"), 51: Place(9, 8, "BA"), 52: Place(9, 9, "NB"), 53: Place(9, 10, "NT"), 61: Place(3, 6, "KB"),
    62: Place(4, 7, "KT"), 63: Place(5, 8, "KS"), 64: Place(3, 8, "KI"), 65: Place(2, 8, "KU"), 71: Place(2, 11, "SA"),
    72: Place(4, 10, "ST"), 73: Place(6, 10, "SN"), 74: Place(6, 11, "SG"), 75: Place(3, 10, "GO"),
    76: Place(5, 10, "SR"), 81: Place(6, 13, "MA"), 82: Place(3, 13, "MU"), 91: Place(4, 16, "PA"),
    92: Place(3, 15, "PB"), 93: Place(6, 17, "PS"), 94: Place(5, 16, "PT"), 95: Place(5, 17, "PE"),
    96: Place(3, 14, "PD"),
}  # fmt: skip


def place_of(province_id: int) -> Place:
    """Its tile; a province that the table does not know yet stands below the map."""
    return PLACES.get(province_id, Place(10, province_id % 18 + 1, str(province_id)))
