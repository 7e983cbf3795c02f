"""Delimited text: its encoding, its delimiter, and its records one at a time."""

import codecs
import csv
import io
from collections.abc import Generator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, Self, TypeAlias

from app.services.imports.limits import Limits, TableError

Cells: TypeAlias = tuple[int, list[str]]
Rows: TypeAlias = Generator[Cells, None, None]

_DELIMITERS = ",;\t|"
_CHUNK = 65_536
_SAMPLE_ROWS = 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins like UTF-16's, so it is asked first
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class _Lines:
    """Physical lines of a text, refusing a record too long to be a table's."""

    def __init__(self, stream: io.TextIOWrapper, longest: int) -> None:
        self._stream = stream
        self._longest = longest
        self.in_record = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._stream.readline(self._longest + 1)
        self.in_record += len(line)
        if self.in_record > self._longest:
            raise csv.Error("record too long")
        if not line:
            raise StopIteration
        return line


@dataclass(frozen=True, slots=True)
class CsvSource:
    """A delimited text as numbered rows of cells; the file stays the caller's."""

    file: BinaryIO
    encoding: str
    delimiter: str
    limits: Limits

    def rows(self) -> Rows:
        self.file.seek(0)
        stream = io.TextIOWrapper(self.file, encoding=self.encoding, newline="")
        lines = _Lines(stream, self.limits.max_columns * self.limits.max_cell_chars)
        number = 0
        try:
            # Not lenient: a stray quote would swallow the rows after it without a word.
            for number, cells in enumerate(
                csv.reader(lines, delimiter=self.delimiter, strict=True), start=1
            ):
                lines.in_record = 0
                yield number, cells
        except csv.Error as error:
            raise _csv_error(error, number + 1) from error
        finally:
            # The file is the caller's: a TextIOWrapper would close it, and cannot let go of one
            # that was closed while the iteration was still open.
            if not self.file.closed:
                stream.detach()

    def close(self) -> None:
        """Nothing is held beside the file."""


def open_csv(file: BinaryIO, limits: Limits) -> CsvSource:
    """Find the encoding and the delimiter of a seekable file.

    Raises:
        TableError: `pengodean` or `byte-nul`.
    """
    encoding = _encoding(file)
    return CsvSource(file, encoding, _delimiter(file, encoding), limits)


def _encoding(file: BinaryIO) -> str:
    """The encoding in which the whole file decodes; cp1252 only where UTF-8 does not."""
    file.seek(0)
    start = file.read(4)
    marked = next((name for bom, name in _BOMS if start.startswith(bom)), None)
    for candidate in (marked,) if marked else ("utf-8", "cp1252"):
        if _decodes(file, candidate):
            return candidate
    raise TableError(
        "pengodean", "Pengodean huruf berkas tidak dikenali; simpan ulang sebagai CSV UTF-8."
    )


def _decodes(file: BinaryIO, encoding: str) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 0
    at_end = False
    while not at_end:
        chunk = file.read(_CHUNK)
        at_end = not chunk
        try:
            text = decoder.decode(chunk, at_end)
        except UnicodeError:
            return False
        if "\0" in text:
            raise TableError(
                "byte-nul",
                "Berkas berisi karakter NUL; simpan ulang sebagai CSV UTF-8.",
                lines + text[: text.index("\0")].count("\n") + 1,
            )
        lines += text.count("\n")
    return True


def _delimiter(file: BinaryIO, encoding: str) -> str:
    """The sign that cuts the first rows most evenly, and then most finely; "," for one column."""
    file.seek(0)
    stream = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        sample = stream.read(_CHUNK)
    finally:
        stream.detach()
    return max(_DELIMITERS, key=lambda sign: _evenness(sample, sign))


def _evenness(sample: str, sign: str) -> tuple[float, int]:
    """(share of rows as wide as the first, that width); (0, 0) where the sign cuts nothing."""
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=sign)
    try:
        widths = [len(cells) for cells in islice(reader, _SAMPLE_ROWS) if cells]
    except csv.Error:
        return 0.0, 0
    # The sample may end inside its last row.
    if len(sample) == _CHUNK and 1 < len(widths) < _SAMPLE_ROWS:
        widths.pop()
    if not widths or widths[0] == 1:
        return 0.0, 0
    return widths.count(widths[0]) / len(widths), widths[0]


def _csv_error(error: csv.Error, row: int) -> TableError:
    """What Python's csv module says in English, for the person who sent the file."""
    if "field larger" in str(error) or "too long" in str(error):
        return TableError(
            "sel-terlalu-panjang", "Sel terlalu panjang; mungkin tanda kutip tidak ditutup.", row
        )
    return TableError(
        "kutip-rusak",
        'Tanda kutip tidak berpasangan; di dalam sel berkutip tulis tanda kutip dua kali ("").',
        row,
    )
