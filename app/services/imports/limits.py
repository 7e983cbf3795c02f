"""What a foreign table may cost us, and the one way in which a table is refused."""

from dataclasses import dataclass

_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one uploaded table, sizes in bytes; the last three are about unpacking an xlsx."""

    max_bytes: int = 50 * _MEGABYTE
    max_rows: int = 1_000_000
    max_columns: int = 200
    max_cell_chars: int = 32_767
    max_unpacked_bytes: int = 400 * _MEGABYTE
    max_ratio: int = 100
    max_parts: int = 1_000


DEFAULT_LIMITS = Limits()


class TableError(Exception):
    """A table that cannot be read, told to the person who sent it.

    `code` is stable and in Indonesian kebab case; `message` is a sentence; `row` counts as the
    spreadsheet does (the header is row 1); `column` is the header as written in the file.
    """

    def __init__(
        self, code: str, message: str, row: int | None = None, column: str | None = None
    ) -> None:
        place = ", ".join(
            part
            for part in (
                f"baris {row}" if row is not None else "",
                f"kolom {column}" if column is not None else "",
            )
            if part
        )
        super().__init__(f"{place}: {message}" if place else message)
        self.code = code
        self.message = message
        self.row = row
        self.column = column


def grouped(number: int) -> str:
    """1000000 -> "1.000.000"."""
    return f"{number:,}".replace(",", ".")


def megabytes(size: int) -> str:
    """Bytes -> "14,2 MB"."""
    return f"{size / _MEGABYTE:.1f} MB".replace(".", ",")
