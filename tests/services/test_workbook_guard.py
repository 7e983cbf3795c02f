"""A workbook made to harm is refused before openpyxl sees it."""

import io
import tracemalloc
import warnings
import zipfile

import openpyxl
import pytest

from app.services.imports.limits import Limits, TableError
from app.services.imports.tabular import open_table
from tests.services.files import SHEET, STRINGS, edited, xlsx

SHEET_HEAD = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
)
SHEET_TAIL = b"</sheetData></worksheet>"
STRING_HEAD = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
STRINGS_TYPE = (
    b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/'
    b'vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
)
ENTITIES = (
    b'<!DOCTYPE sst [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(10))
    + b"]>"
)


def refusal(file: io.BytesIO, limits: Limits | None = None) -> TableError:
    with pytest.raises(TableError) as error:
        list(open_table(file, "x.xlsx", limits or Limits()))
    return error.value


def plain() -> io.BytesIO:
    return xlsx([["a"], ["x"]])


@pytest.mark.parametrize("part", [STRINGS, SHEET, "xl/anything.bin", "docProps/core.xml"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_an_entity_bomb_is_refused_in_every_part_and_encoding(part: str, encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>' + (
        ENTITIES + STRING_HEAD + b"<si><t>&k;</t></si></sst>"
    ).decode("ascii")
    bomb = edited(plain(), part, lambda _: text.encode(encoding))
    tracemalloc.start()
    try:
        assert refusal(bomb).code == "xlsx-berbahaya"
        assert tracemalloc.get_traced_memory()[1] < 5 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_an_external_entity_is_refused() -> None:
    text = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + STRING_HEAD + b"&e;</sst>"
    assert refusal(edited(plain(), STRINGS, lambda _: text)).code == "xlsx-berbahaya"


def test_a_doctype_behind_a_long_comment_is_refused() -> None:
    text = b"<!--" + b" " * 300_000 + b"-->" + ENTITIES + STRING_HEAD + b"</sst>"
    assert refusal(edited(plain(), STRINGS, lambda _: text)).code == "xlsx-berbahaya"


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = edited(plain(), "xl/media/image1.png", lambda _: bytes(50 * 1024 * 1024))
    assert len(bomb.getvalue()) < 100_000
    tracemalloc.start()
    try:
        assert refusal(bomb).code == "bom-zip"
        assert tracemalloc.get_traced_memory()[1] < 5 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_too_much_and_too_many_are_refused() -> None:
    assert refusal(plain(), Limits(max_unpacked_bytes=1000)).code == "xlsx-terlalu-besar"
    assert refusal(plain(), Limits(max_parts=3)).code == "xlsx-terlalu-banyak-bagian"


def test_a_part_that_lies_about_its_size_is_refused() -> None:
    file = edited(plain(), STRINGS, lambda _: STRING_HEAD + b"<si/>" * 10_000 + b"</sst>")
    with zipfile.ZipFile(file) as archive:
        true = archive.getinfo(STRINGS).file_size.to_bytes(4, "little")
    lying = file.getvalue().replace(true, (100).to_bytes(4, "little"))
    assert refusal(io.BytesIO(lying)).code == "xlsx-rusak"


def test_an_encrypted_part_is_refused() -> None:
    data = bytearray(plain().getvalue())
    start = data.index(b"PK\x01\x02")
    data[start + 8] |= 1
    assert refusal(io.BytesIO(bytes(data))).code == "terkunci"


def test_two_parts_of_one_name_are_refused() -> None:
    file = plain()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr(SHEET, SHEET_HEAD + SHEET_TAIL)
    assert refusal(file).code == "xlsx-rusak"


def test_a_zip_that_is_no_workbook_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("surat.docx", b"x")
    assert refusal(file).code == "bukan-xlsx"


@pytest.mark.parametrize("keep", [0.3, 0.7, 0.95])
def test_a_workbook_cut_short_is_refused(keep: float) -> None:
    data = plain().getvalue()
    assert refusal(io.BytesIO(data[: int(len(data) * keep)])).code == "xlsx-rusak"


def test_a_missing_or_malformed_part_is_refused() -> None:
    assert refusal(edited(plain(), SHEET, lambda xml: xml[:-20])).code == "xlsx-rusak"
    assert refusal(edited(plain(), "xl/workbook.xml", lambda _: b"<x/>")).code == "kosong"


def test_shared_strings_are_read_and_a_missing_one_is_refused() -> None:
    body = b'<row><c t="s"><v>0</v></c></row><row><c t="s"><v>1</v></c></row>'
    sheet = edited(plain(), SHEET, lambda _: SHEET_HEAD + body + SHEET_TAIL)
    strings = STRING_HEAD + b"<si><t>nama</t></si><si><t>Caf&#233; &amp; Toko</t></si></sst>"
    declared = edited(
        sheet,
        "[Content_Types].xml",
        lambda xml: xml.replace(b"</Types>", STRINGS_TYPE + b"</Types>"),
    )
    whole = edited(declared, STRINGS, lambda _: strings)
    assert list(open_table(whole, "x.xlsx")) == [(2, {"nama": "Café & Toko"})]
    error = refusal(edited(whole, STRINGS, lambda xml: xml.replace(b"<si><t>nama</t></si>", b"")))
    assert (error.code, error.row) == ("xlsx-rusak", 2)


@pytest.mark.parametrize(
    "rows",
    [
        b'<row r="1"/><row r="99999999999"/>',
        b'<row r="1"/><row r="1048577"/>',
        b'<row r="5"/><row r="5"/>',
        b'<row r="0"/>',
        b'<row r="-1"/>',
        b'<row r="1e3"/>',
    ],
)
def test_row_numbers_must_ascend_within_excels_own(rows: bytes) -> None:
    bad = edited(plain(), SHEET, lambda _: SHEET_HEAD + rows + SHEET_TAIL)
    assert refusal(bad).code == "xlsx-rusak"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'<row r="1">' + b"<c/>" * 100_001 + b"</row>", "xlsx-terlalu-besar"),
        (b"<a>" * 70 + b"</a>" * 70, "xlsx-terlalu-besar"),
        (b'<row r="1"><c><v>' + b"1" * 1_100_000 + b"</v></c></row>", "sel-terlalu-panjang"),
    ],
)
def test_a_tree_too_large_for_memory_is_refused(body: bytes, code: str) -> None:
    bad = edited(plain(), SHEET, lambda _: SHEET_HEAD + body + SHEET_TAIL)
    assert refusal(bad).code == code


def test_a_picture_is_no_reason_to_refuse() -> None:
    with_picture = edited(plain(), "xl/media/image1.png", lambda _: b"\x89PNG\r\n" + bytes(999))
    assert list(open_table(with_picture, "x.xlsx")) == [(2, {"a": "x"})]


def test_workbooks_are_parsed_by_the_parser_that_the_guard_knows() -> None:
    """lxml is installed (pyHanko needs it); openpyxl must not use it."""
    assert openpyxl.LXML is False
    assert openpyxl.DEFUSEDXML is True
