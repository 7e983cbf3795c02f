"""Open data as CSV, XLSX and JSON, written while it is read: memory does not grow with the rows."""

import csv
import io
import json
import math
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO

from app.kernel.canonical import plain

_CHUNK = 65_536
_IN_MEMORY = 4 * 1024 * 1024
_SHEET_ROWS = 1_048_576  # Excel's own
_SHEET_NAME = 31
_BAD_IN_SHEET_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
# Control characters that XML, and so openpyxl, refuses.
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
# What a spreadsheet takes for a formula or a command. Source: OWASP, CSV Injection.
_FORMULA_START = ("=", "+", "-", "@", "\t", "\r")

_Number = int | float | Decimal


def _shielded(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_START) else text


def _text(value: object) -> str:
    """Anything that is not a number, as text that no spreadsheet will run."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return _shielded(value if isinstance(value, str) else _plain_text(value))


def _plain_text(value: object) -> str:
    try:
        return str(plain(value))
    except TypeError:
        return str(value)


def _is_number(value: object) -> bool:
    if isinstance(value, int):
        return not isinstance(value, bool)
    return isinstance(value, float | Decimal) and math.isfinite(value)


def _csv_cell(value: object) -> str:
    if _is_number(value):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    return _text(value)


def _xlsx_cell(value: object) -> int | float | Decimal | date | str | None:
    if value is None or value == "":
        return None
    if isinstance(value, _Number) and _is_number(value):
        return value
    # A time with a zone has no form in Excel, so only plain dates are dates.
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    # A formula may hide behind a control character.
    return _shielded(_NOT_IN_XML.sub("", _text(value)))


def csv_lines(columns: list[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """CSV in chunks of some 64 KB: UTF-8 with a BOM (for Excel), CRLF, comma, header first.

    Numbers stay numbers; text that a spreadsheet would run begins with an apostrophe.
    """
    buffer = io.StringIO(newline="")
    buffer.write("\ufeff")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([_text(name) for name in columns])
    for row in rows:
        writer.writerow([_csv_cell(value) for value in row])
        if buffer.tell() >= _CHUNK:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def xlsx_file(columns: list[str], rows: Iterable[Sequence[object]], sheet: str) -> Iterator[bytes]:
    """An XLSX in chunks, built in a temporary file that is gone when the last chunk is taken.

    Numbers and dates stay so, text is never a formula; rows beyond Excel's last go to further
    sheets. Nothing is read from `rows` before the first chunk is asked for.
    """
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        _write_workbook(file, columns, rows, sheet)
        file.seek(0)
        while chunk := file.read(_CHUNK):
            yield chunk


def _write_workbook(
    file: IO[bytes], columns: list[str], rows: Iterable[Sequence[object]], sheet: str
) -> None:
    # 12 MB that a page does not need.
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    name = _BAD_IN_SHEET_NAME.sub(" ", sheet).strip(" '") or "Data"
    page = book.create_sheet(name[:_SHEET_NAME])
    header = [_xlsx_cell(column) for column in columns]
    try:
        page.append(header)
        for count, row in enumerate(rows):
            number, place = divmod(count, _SHEET_ROWS - 1)
            if number and not place:
                suffix = f" {number + 1}"
                page = book.create_sheet(name[: _SHEET_NAME - len(suffix)] + suffix)
                page.append(header)
            page.append([_xlsx_cell(value) for value in row])
    finally:
        # Also when `rows` fails: openpyxl drops its scratch files only when the book is saved.
        book.save(file)


def json_array(prefix: bytes, items: Iterable[dict[str, object]], suffix: bytes) -> Iterator[bytes]:
    """prefix + "[" + the items with commas + "]" + suffix, a chunk of some 64 KB at a time.

    json_array(b'{"data":', items, b"}") is one object. Dates are ISO text, whole Decimals numbers.

    Raises:
        TypeError: a value without a JSON form. ValueError: NaN or infinity.
    """
    pending = bytearray(prefix + b"[")
    separator = b""
    for item in items:
        pending += separator
        pending += json.dumps(item, ensure_ascii=False, allow_nan=False, default=plain).encode()
        separator = b","
        if len(pending) >= _CHUNK:
            yield bytes(pending)
            pending.clear()
    yield bytes(pending + b"]" + suffix)
