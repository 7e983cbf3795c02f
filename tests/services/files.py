"""Files as people, and enemies, send them."""

import io
import zipfile
from collections.abc import Callable, Iterable

from openpyxl import Workbook

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"


def xlsx(rows: Iterable[Iterable[object]]) -> io.BytesIO:
    """A workbook with one sheet, saved by openpyxl."""
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    return saved(book)


def saved(book: Workbook) -> io.BytesIO:
    """`book` as a file."""
    file = io.BytesIO()
    book.save(file)
    return file


def edited(file: io.BytesIO, part: str, edit: Callable[[bytes], bytes]) -> io.BytesIO:
    """The same zip with one part changed, or added when it is not there."""
    result = io.BytesIO()
    with (
        zipfile.ZipFile(file) as old,
        zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        parts = {name: old.read(name) for name in old.namelist()}
        parts[part] = edit(parts.get(part, b""))
        for name, data in parts.items():
            new.writestr(name, data)
    return result
