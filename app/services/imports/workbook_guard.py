"""What an .xlsx must not be before openpyxl may open it.

openpyxl builds trees in memory and, without defusedxml, expands entities. So every part is
first streamed through expat, which refuses document types and counts what a tree would cost. A
part that expat cannot parse is no danger: openpyxl uses the same expat and stops at the same byte.
"""

import zipfile
import zlib
from typing import BinaryIO
from xml.parsers import expat

from app.services.imports.limits import Limits, TableError, grouped, megabytes

_CHUNK = 65_536
_SMALL = 10 * 1024 * 1024  # below this a high ratio is only a tidy table
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_CONTENT_TYPES = "[Content_Types].xml"

_ROW = "http://schemas.openxmlformats.org/spreadsheetml/2006/main}row"
_ROW_DEPTH = 3  # worksheet / sheetData / row
_LAST_ROW = 1_048_576  # Excel's own
_ROW_DIGITS = 7
_MAX_DEPTH = 64
_MAX_IN_ROW = 100_000  # Excel's 16.384 columns, each with a value and some markup
_MAX_ELSEWHERE = 3_000_000  # shared strings are the largest part that is held in memory
_MAX_GAP = 1024 * 1024  # bytes from one tag to the next: a cell has 32.767 characters at most

BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError)


def _broken(detail: str) -> TableError:
    return TableError(
        "xlsx-rusak", f"Berkas Excel rusak ({detail}); buka lalu simpan ulang sebagai .xlsx."
    )


class _Watch:
    """Counts the elements of one XML part; raises TableError where a tree would cost too much."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator="}")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = self._doctype
        self._depth = self._in_row = self._elsewhere = self._row = self._last_byte = 0

    @staticmethod
    def _doctype(*_: object) -> None:
        raise TableError(
            "xlsx-berbahaya",
            "Berkas Excel memuat deklarasi DOCTYPE/ENTITY, yang tidak pernah dibuat Excel.",
        )

    def _gap(self) -> None:
        position = self.parser.CurrentByteIndex
        if position - self._last_byte > _MAX_GAP:
            raise TableError("sel-terlalu-panjang", "Satu sel berisi lebih dari 1 MB.")
        self._last_byte = position

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._gap()
        self._depth += 1
        if self._depth == _ROW_DEPTH and name == _ROW:
            self._in_row = 0
            self._next_row(attributes.get("r"))
        elif self._depth > _ROW_DEPTH and self._row:
            self._in_row += 1
        else:
            self._elsewhere += 1
        if (
            self._depth > _MAX_DEPTH
            or self._in_row > _MAX_IN_ROW
            or self._elsewhere > _MAX_ELSEWHERE
        ):
            raise TableError("xlsx-terlalu-besar", "Isi berkas Excel terlalu besar untuk dibaca.")

    def _end(self, _name: str) -> None:
        self._gap()
        self._depth -= 1

    def _next_row(self, written: str | None) -> None:
        """Numbers ascend, up to Excel's last: openpyxl fills gaps, and drops a second row 5."""
        number = self._row + 1
        if written is not None:
            if not (written.isascii() and written.isdigit() and len(written) <= _ROW_DIGITS):
                raise _broken("nomor baris tidak dikenali")
            number = int(written)
        if not self._row < number <= _LAST_ROW:
            raise _broken("nomor baris tidak berurutan")
        self._row = number


def _watch_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    watch = _Watch()
    with archive.open(part) as stream:
        try:
            while chunk := stream.read(_CHUNK):
                watch.parser.Parse(chunk, False)
            watch.parser.Parse(b"", True)
        except expat.ExpatError as error:
            # Pictures and printer settings are not XML; see the module's docstring.
            if part.filename.lower().endswith((".xml", ".rels")):
                raise _broken(part.filename[:60]) from error


def _check_parts(parts: list[zipfile.ZipInfo], size: int, limits: Limits) -> None:
    """Judge the table of contents of a zip of `size` bytes, before a byte of it is unpacked."""
    names = [part.filename for part in parts]
    if len(parts) > limits.max_parts:
        raise TableError(
            "xlsx-terlalu-banyak-bagian",
            f"Berkas Excel terdiri dari lebih dari {grouped(limits.max_parts)} bagian.",
        )
    unpacked = sum(part.file_size for part in parts)
    if unpacked > limits.max_unpacked_bytes:
        raise TableError(
            "xlsx-terlalu-besar",
            f"Isi berkas Excel {megabytes(unpacked)} setelah dibuka; "
            f"batasnya {megabytes(limits.max_unpacked_bytes)}. Bagi menjadi beberapa berkas.",
        )
    if unpacked > _SMALL and unpacked > limits.max_ratio * size:
        raise TableError(
            "bom-zip", "Berkas Excel mengembang tidak wajar saat dibuka (bom zip); ditolak."
        )
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        raise TableError("terkunci", "Berkas terkunci kata sandi; simpan tanpa kata sandi.")
    if len(set(names)) != len(names) or any(p.compress_type not in _METHODS for p in parts):
        raise _broken("susunan zip tidak lazim")
    if _CONTENT_TYPES not in names or not any(name.startswith("xl/") for name in names):
        raise TableError(
            "bukan-xlsx", "Berkas ini arsip zip tetapi bukan Excel; simpan sebagai .xlsx atau .csv."
        )


def guard_workbook(file: BinaryIO, size: int, limits: Limits) -> None:
    """Refuse zip bombs, entity bombs, encryption and broken zips; `size` in bytes.

    Raises:
        TableError: bom-zip, xlsx-terlalu-besar, xlsx-terlalu-banyak-bagian, xlsx-berbahaya,
            xlsx-rusak, bukan-xlsx, terkunci or sel-terlalu-panjang.
    """
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            _check_parts(parts, size, limits)
            for part in parts:
                _watch_part(archive, part)
    except BROKEN_ZIP as error:
        raise _broken("zip tidak terbaca") from error
