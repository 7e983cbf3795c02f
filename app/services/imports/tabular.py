"""Reading hostile CSV and XLSX: one row at a time, every refusal with its place and a way out."""

import io
import os
import warnings
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Protocol, Self, TypeAlias

from app.services.imports.delimited import Cells, Rows, open_csv
from app.services.imports.limits import DEFAULT_LIMITS, Limits, TableError, grouped, megabytes
from app.services.imports.workbook_guard import BROKEN_ZIP, guard_workbook

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

__all__ = ["DEFAULT_LIMITS", "Limits", "Row", "Table", "TableError", "open_table"]

Row: TypeAlias = tuple[int, dict[str, str]]

_TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
# A crafted workbook draws one warning per cell; they say nothing that a row's own check does not.
warnings.filterwarnings("ignore", module=r"openpyxl\.")


class _Source(Protocol):
    """A file opened as numbered rows of cells; `rows` may be asked again, and starts over."""

    @property
    def encoding(self) -> str: ...
    def rows(self) -> Rows: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _XlsxSource:
    workbook: "Workbook"
    encoding: str = "xlsx"

    def rows(self) -> Rows:
        """The first visible sheet. Formulas give the value that Excel stored, never their text."""
        sheets = self.workbook.worksheets
        if not sheets:
            raise TableError("kosong", "Berkas Excel tidak memiliki lembar kerja.")
        sheet = next((s for s in sheets if s.sheet_state == "visible"), sheets[0])
        # The size that a file declares may be a lie of 17 billion cells.
        sheet.reset_dimensions()
        number = 0
        try:
            for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
                yield number, [_cell_text(value) for value in values]
        except _broken_workbook() as error:
            raise TableError(
                "xlsx-rusak",
                "Lembar Excel tidak terbaca; simpan ulang sebagai .xlsx.",
                number + 1,
            ) from error

    def close(self) -> None:
        self.workbook.close()


class Table:
    """An opened table: iterate for (row number, {header: text}); blank rows are passed over.

    Row numbers count as the spreadsheet does, the header being row 1. Iterating again starts over;
    two iterations at the same time share one file and are not allowed. Memory does not grow with
    the rows of a CSV; for an XLSX it grows with the shared strings and by some 60 bytes a row.
    """

    def __init__(self, source: _Source, limits: Limits, owned: BinaryIO | None) -> None:
        self._source = source
        self._limits = limits
        self._owned = owned
        with closing(source.rows()) as rows:
            _, cells = next(rows, (1, []))
        self.header: list[str] = _header(cells, limits)

    @property
    def encoding(self) -> str:
        """utf-8, utf-8-sig, utf-16, utf-32, xlsx, or cp1252: a guess, so tell the sender."""
        return self._source.encoding

    def __iter__(self) -> Iterator[Row]:
        with closing(self._source.rows()) as rows:
            next(rows, None)
            yield from _records(rows, self.header, self._limits)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the workbook, and the file if it was opened here; a file handed in stays open."""
        self._source.close()
        if self._owned is not None:
            self._owned.close()


def open_table(
    source: str | os.PathLike[str] | BinaryIO, name: str, limits: Limits = DEFAULT_LIMITS
) -> Table:
    """Open a CSV, TSV, TXT or XLSX for reading, judged by its content and by the name it came with.

    Args:
        source: a path, or a seekable binary file, which is not closed.
        name: the file name as uploaded; only its suffix matters.
        limits: what the table may cost.

    Raises:
        TableError: any file that is not, wholly, a readable table within the limits.
    """
    if not isinstance(source, str | os.PathLike):
        return _open(source, name, limits, owned=None)
    file = Path(source).open("rb")  # noqa: SIM115 - the Table closes it
    try:
        return _open(file, name, limits, owned=file)
    except BaseException:
        file.close()
        raise


def _open(file: BinaryIO, name: str, limits: Limits, *, owned: BinaryIO | None) -> Table:
    size = file.seek(0, io.SEEK_END)
    if size > limits.max_bytes:
        raise TableError(
            "berkas-terlalu-besar",
            f"Berkas berukuran {megabytes(size)}; batasnya {megabytes(limits.max_bytes)}. "
            "Bagi menjadi beberapa berkas.",
        )
    if _is_workbook(file, name):
        guard_workbook(file, size, limits)
        return Table(_load(file), limits, owned)
    return Table(open_csv(file, limits), limits, owned)


def _is_workbook(file: BinaryIO, name: str) -> bool:
    """Whether content and suffix agree on XLSX or on text; raises TableError if they do not."""
    suffix = Path(name).suffix.lower()
    file.seek(0)
    start = file.read(512)
    if not start:
        raise TableError("kosong", "Berkas kosong.")
    if suffix != ".xlsx" and suffix not in _TEXT_SUFFIXES:
        raise TableError(
            "jenis-tidak-didukung",
            f'Jenis berkas "{suffix}" tidak didukung; kirim .xlsx atau .csv.',
        )
    if start.startswith(_OLE):
        raise TableError(
            "terkunci",
            "Berkas terkunci kata sandi atau berformat Excel lama (.xls); "
            "simpan sebagai .xlsx tanpa kata sandi.",
        )
    if start.startswith(b"%PDF") or start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise TableError("bukan-tabel", "Isi berkas adalah PDF, HTML atau XML, bukan tabel.")
    is_zip = start.startswith(_ZIP)
    if is_zip and suffix != ".xlsx":
        raise TableError(
            "isi-tidak-sesuai",
            f"Berkas bernama {suffix} tetapi isinya Excel (.xlsx); "
            "ganti namanya atau simpan sebagai CSV.",
        )
    if not is_zip and suffix == ".xlsx":
        raise TableError(
            "bukan-xlsx",
            "Berkas bernama .xlsx tetapi isinya bukan Excel; simpan ulang sebagai .xlsx.",
        )
    return is_zip


def _broken_workbook() -> tuple[type[Exception], ...]:
    """openpyxl has no error of its own for a workbook that is not what it says."""
    from openpyxl.utils.exceptions import InvalidFileException

    return (
        *BROKEN_ZIP, InvalidFileException, LookupError, TypeError, AttributeError, ArithmeticError, SyntaxError,
    )  # fmt: skip


def _load(file: BinaryIO) -> _XlsxSource:
    # 12 MB that only a process which reads workbooks needs.
    from openpyxl import load_workbook

    file.seek(0)
    try:
        return _XlsxSource(load_workbook(file, read_only=True, data_only=True, keep_links=False))
    except _broken_workbook() as error:
        raise TableError(
            "xlsx-rusak", "Berkas Excel tidak terbaca; buka lalu simpan ulang sebagai .xlsx."
        ) from error


def _cell_text(value: object) -> str:
    """An Excel value as a CSV would hold it: 5.0 -> "5", midnight -> the date alone, None -> ""."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return (value.date() if value.time() == time.min else value).isoformat()
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _trimmed(cells: list[str]) -> list[str]:
    """`cells` without the blank ones at the end, which spreadsheets leave behind freely."""
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


def _header(cells: list[str], limits: Limits) -> list[str]:
    header = [cell.strip() for cell in _trimmed(cells)]
    if not header:
        raise TableError("judul-kosong", "Baris pertama harus berisi judul kolom.", 1)
    if len(header) > limits.max_columns:
        raise TableError(
            "terlalu-banyak-kolom",
            f"Berkas berisi {grouped(len(header))} kolom; batasnya {grouped(limits.max_columns)}.",
            1,
        )
    seen: set[str] = set()
    for position, name in enumerate(header, start=1):
        if not name:
            raise TableError("judul-kosong", f"Kolom ke-{position} tidak berjudul.", 1)
        if name in seen:
            raise TableError("judul-ganda", "Judul kolom muncul lebih dari sekali.", 1, name[:80])
        if len(name) > limits.max_cell_chars:
            raise TableError(
                "sel-terlalu-panjang", f"Judul kolom ke-{position} terlalu panjang.", 1
            )
        seen.add(name)
    return header


def _records(rows: Iterator[Cells], header: list[str], limits: Limits) -> Iterator[Row]:
    width = len(header)
    count = 0
    for number, raw in rows:
        cells = _trimmed(raw)
        if not cells:
            continue
        count += 1
        if count > limits.max_rows:
            raise TableError(
                "terlalu-banyak-baris",
                f"Berkas berisi lebih dari {grouped(limits.max_rows)} baris; "
                "bagi menjadi beberapa berkas.",
                number,
            )
        if len(cells) > width:
            raise TableError(
                "terlalu-banyak-sel",
                f"{len(cells)} sel, padahal judul kolom hanya {width}.",
                number,
            )
        record = dict(zip(header, cells + [""] * (width - len(cells)), strict=True))
        if max(map(len, cells)) > limits.max_cell_chars:
            raise _long_cell(record, number, limits)
        yield number, record


def _long_cell(record: dict[str, str], row: int, limits: Limits) -> TableError:
    column = max(record, key=lambda name: len(record[name]))
    return TableError(
        "sel-terlalu-panjang",
        f"{grouped(len(record[column]))} karakter; batasnya {grouped(limits.max_cell_chars)}.",
        row,
        column,
    )
