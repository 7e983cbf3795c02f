"""Reading the rows of an import: cells as the domain means them, every error with its place and its code."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date

from app.kernel import clock
from app.kernel.dates import BadDate, parse_date
from app.kernel.identifiers import BadIdentifier
from app.kernel.money import BadAmount, parse_rupiah

Progress = Callable[[int], None]


@dataclass(frozen=True)
class RowError:
    """One refused cell, as the process page's section 8 numbers it."""

    file: str
    row: int
    column: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: baris {self.row}, kolom {self.column}: {self.code} {self.message}"


#: A refused row as it stood in the file, with what is wrong in it.
Reject = tuple[dict[str, str], list[RowError]]


class ImportRefused(ValueError):
    """Nothing was written: the errors say where to look."""

    def __init__(self, errors: list[RowError], rejects: list[Reject] | None = None) -> None:
        super().__init__(f"{len(errors)} galat; tidak satu baris pun disimpan.")
        self.errors = errors
        self.rejects = rejects or []


class Cells:
    """Reads the cells of one row, collecting errors instead of stopping at the first."""

    def __init__(self, file: str, row: int, cells: dict[str, str], errors: list[RowError]) -> None:
        self._file, self._row, self._cells, self._errors = file, row, cells, errors

    def text(self, column: str) -> str:
        """The cell without outer blanks."""
        return self._cells.get(column, "").strip()

    def raw_text(self) -> str:
        """The whole row as it stood in the file."""
        return "\x1f".join(self._cells.values())

    def fail(self, column: str, code: str, message: str) -> None:
        """Note an error at this row."""
        self._errors.append(RowError(self._file, self._row, column, code, message))

    @property
    def failed(self) -> bool:
        """Whether anything was noted."""
        return bool(self._errors)

    def money(self, column: str) -> int | None:
        """Rupiah, None when empty; E03 when it is no whole, positive amount."""
        if not (value := self.text(column)):
            return None
        try:
            amount = parse_rupiah(value)
        except BadAmount as error:
            self.fail(column, "E03", str(error))
            return None
        if amount < 0:
            self.fail(column, "E03", "nilai tidak boleh kurang dari nol")
            return None
        return amount

    def number(self, column: str) -> int | None:
        """A whole number, None when empty."""
        value = self.text(column)
        if value and not value.isdigit():
            self.fail(column, "E03", f"{value!r} bukan bilangan bulat")
            return None
        return int(value) if value else None

    def day(self, column: str, *, may_come: bool = False) -> date | None:
        """A date, None when empty; E04 when impossible, or in the future unless it `may_come` (a plan)."""
        if not (value := self.text(column)):
            return None
        try:
            day = parse_date(value)
        except BadDate as error:
            self.fail(column, "E04", str(error))
            return None
        if day > clock.today() and not may_come:
            self.fail(column, "E04", "tanggal belum tiba")
        return day

    def word(self, column: str, allowed: Collection[str]) -> str:
        """One of the allowed words, '' when empty; E09 otherwise."""
        value = self.text(column)
        if value and value not in allowed:
            self.fail(column, "E09", f"{value[:40]!r} bukan {' | '.join(allowed)}")
            return ""
        return value

    def identifier(self, column: str, check: Callable[[str], str], code: str) -> str:
        """An identifier in its one form, '' when empty; `code` when it is none (the text is never repeated)."""
        if not (value := self.text(column)):
            return ""
        try:
            return check(value)
        except BadIdentifier as error:
            self.fail(column, code, str(error))
            return ""

    def degrees(self, column: str, least: float, most: float) -> float | None:
        """A coordinate in decimal degrees within Indonesia, None when empty; E03 otherwise."""
        if not (value := self.text(column)):
            return None
        try:
            degrees = float(value.replace(",", "."))
        except ValueError:
            degrees = float("nan")
        if not least <= degrees <= most:
            self.fail(column, "E03", f"{value[:20]!r} bukan derajat antara {least:g} dan {most:g}")
            return None
        return degrees
