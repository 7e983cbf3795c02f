"""Tables from outside are read row by row, or refused with the place and a way out."""

import io
import re
import tracemalloc
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from app.services.imports.tabular import Limits, Table, TableError, open_table
from tests.services.files import SHEET, edited, saved, xlsx

Rows = list[tuple[int, dict[str, str]]]


def table(data: bytes, name: str = "data.csv", limits: Limits | None = None) -> Table:
    return open_table(io.BytesIO(data), name, limits or Limits())


def read(data: bytes, name: str = "data.csv", limits: Limits | None = None) -> Rows:
    return list(table(data, name, limits))


def refused(data: bytes, name: str = "data.csv", limits: Limits | None = None) -> TableError:
    with pytest.raises(TableError) as error:
        read(data, name, limits)
    return error.value


# CSV


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(sign: str) -> None:
    text = f"nama{sign}jumlah\nA{sign}1\nB{sign}2\n"
    assert read(text.encode()) == [
        (2, {"nama": "A", "jumlah": "1"}),
        (3, {"nama": "B", "jumlah": "2"}),
    ]


def test_commas_inside_the_cells_of_a_semicolon_file_do_not_mislead() -> None:
    opened = table(b"nama;jumlah\nA, B, C;1,5\nD, E;2,5\nF;3\n")
    assert opened.header == ["nama", "jumlah"]
    assert next(iter(opened))[1] == {"nama": "A, B, C", "jumlah": "1,5"}


def test_one_column_needs_no_delimiter() -> None:
    assert read(b"nama\nA\nB\n") == [(2, {"nama": "A"}), (3, {"nama": "B"})]


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-32", "utf-32"),
        ("cp1252", "cp1252"),
    ],
)
def test_the_encoding_is_found_and_reported(encoding: str, found: str) -> None:
    opened = table("nama,jumlah\nCafé,1\n".encode(encoding))
    assert opened.encoding == found
    assert opened.header == ["nama", "jumlah"]
    assert list(opened) == [(2, {"nama": "Café", "jumlah": "1"})]


def test_utf16_big_endian_with_a_mark() -> None:
    data = b"\xfe\xff" + "nama,x\nÉ,1\n".encode("utf-16-be")
    assert read(data) == [(2, {"nama": "É", "x": "1"})]


def test_a_late_byte_that_is_not_utf8_still_counts() -> None:
    data = b"nama\n" + b"A\n" * 100_000 + b"Caf\xe9\n"
    assert table(data).encoding == "cp1252"


@pytest.mark.parametrize("data", [b"nama\n\x81\x8d\n", b"\xff\xfen\x00a", b"\xef\xbb\xbfn\xe9\n"])
def test_bytes_in_no_encoding_are_refused(data: bytes) -> None:
    # The second is whole UTF-16 with a letter missing its half.
    data = data + b"\x00x" if data.startswith(b"\xff\xfe") else data
    assert refused(data).code == "pengodean"


def test_nul_is_refused_with_its_line() -> None:
    error = refused(b"nama\nA\nB\x00\n")
    assert (error.code, error.row) == ("byte-nul", 3)
    assert refused("nama\nA\n".encode("utf-16-le")).code == "byte-nul"


def test_rows_are_counted_as_the_spreadsheet_counts_them() -> None:
    assert read(b'a,b\r\n"x\r\ny",1\r\n\r\n,,\r\nz,2\r\n') == [
        (2, {"a": "x\r\ny", "b": "1"}),
        (5, {"a": "z", "b": "2"}),
    ]


def test_old_mac_line_ends() -> None:
    assert read(b"a,b\r1,2\r3,4") == [(2, {"a": "1", "b": "2"}), (3, {"a": "3", "b": "4"})]


def test_a_short_row_is_padded_and_a_long_one_refused() -> None:
    assert read(b"a,b,c\n1\n") == [(2, {"a": "1", "b": "", "c": ""})]
    assert read(b"a,b\n1,2,,\n") == [(2, {"a": "1", "b": "2"})]
    error = refused(b"a,b\n1,2\n1,2,3\n")
    assert (error.code, error.row) == ("terlalu-banyak-sel", 3)
    assert str(error) == "baris 3: 3 sel, padahal judul kolom hanya 2."


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "kosong"),
        (b"\n\n", "judul-kosong"),
        (b",,\n1,2,3\n", "judul-kosong"),
        (b"a,,c\n1,2,3\n", "judul-kosong"),
        (b"a,b, a \n1,2,3\n", "judul-ganda"),
        (b"\xef\xbb\xbf", "judul-kosong"),
    ],
)
def test_a_bad_header_is_refused(data: bytes, code: str) -> None:
    assert refused(data).code == code


def test_a_stray_quote_is_refused_where_it_stands() -> None:
    error = refused(b'a,b\n1,2\n"x"y,3\n')
    assert (error.code, error.row) == ("kutip-rusak", 3)
    assert refused(b'a,b\n1,2\n"never closed,3\n4,5\n').row == 3


def test_a_quote_never_closed_over_a_large_file_is_refused() -> None:
    error = refused(b'a,b\n"' + b"x,y\n" * 100_000)
    assert (error.code, error.row) == ("sel-terlalu-panjang", 2)


@pytest.mark.parametrize(
    ("limits", "data", "code"),
    [
        (Limits(max_bytes=10), b"nama\nA\nB\nC\n", "berkas-terlalu-besar"),
        (Limits(max_rows=2), b"nama\nA\nB\nC\n", "terlalu-banyak-baris"),
        (Limits(max_columns=2), b"a,b,c\n1,2,3\n", "terlalu-banyak-kolom"),
        (Limits(max_cell_chars=5), b"a,b\n1,123456\n", "sel-terlalu-panjang"),
        (Limits(max_cell_chars=5, max_columns=2), b"a,b\n" + b"1" * 99, "sel-terlalu-panjang"),
        (Limits(max_cell_chars=5), b"abcdef,b\n1,2\n", "sel-terlalu-panjang"),
    ],
)
def test_every_limit_holds(limits: Limits, data: bytes, code: str) -> None:
    assert refused(data, limits=limits).code == code


def test_a_refusal_names_the_cell_and_the_way_out() -> None:
    error = refused(b"a,b\n1,123456\n", limits=Limits(max_cell_chars=5))
    assert (error.row, error.column) == (2, "b")
    error = refused(b"nama\n" + b"A\n" * 11, limits=Limits(max_rows=10))
    assert error.message == "Berkas berisi lebih dari 10 baris; bagi menjadi beberapa berkas."


def test_as_many_rows_as_allowed_are_read() -> None:
    assert len(read(b"nama\nA\nB\n", limits=Limits(max_rows=2))) == 2


def test_a_record_spread_over_quoted_lines_cannot_grow_without_end() -> None:
    limits = Limits(max_columns=10, max_cell_chars=100)
    assert refused(b"a,b\n" + b'"\n",' * 5_000, limits=limits).code == "sel-terlalu-panjang"


def test_a_table_is_read_twice_and_leaves_the_callers_file_open() -> None:
    file = io.BytesIO(b"a,b\n1,2\n")
    with open_table(file, "x.csv") as opened:
        assert list(opened) == list(opened)
    assert not file.closed


def test_a_path_is_opened_and_closed(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(b"a,b\n1,2\n")
    opened = open_table(path, "data.csv")
    rows = iter(opened)
    assert next(rows) == (2, {"a": "1", "b": "2"})
    opened.close()
    del rows
    with pytest.raises(TableError):
        open_table(path, "data.xlsx")


def test_a_large_csv_is_read_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "besar.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("nama,alamat,jumlah\n")
        file.writelines(f"Yayasan {n},Jalan Asia Afrika Nomor {n},{n}000\n" for n in range(200_000))
    tracemalloc.start()
    try:
        with open_table(path, path.name) as opened:
            count = sum(1 for _ in opened)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 200_000
    assert peak < 20 * 1024 * 1024


# What a file is, and what it is called


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"a,b\n1,2\n", "data.xlsx", "bukan-xlsx"),
        (b"a,b\n1,2\n", "data.exe", "jenis-tidak-didukung"),
        (b"a,b\n1,2\n", "data", "jenis-tidak-didukung"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "data.xlsx", "terkunci"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "data.csv", "terkunci"),
        (b"%PDF-1.7\n", "data.csv", "bukan-tabel"),
        (b"<html><table></table></html>", "data.csv", "bukan-tabel"),
        (b"PK\x03\x04 not a zip after all", "data.xlsx", "xlsx-rusak"),
    ],
)
def test_content_and_name_must_agree(data: bytes, name: str, code: str) -> None:
    assert refused(data, name).code == code


def test_a_workbook_named_csv_gets_a_clear_answer() -> None:
    error = refused(xlsx([["a"], [1]]).getvalue(), "data.csv")
    assert error.code == "isi-tidak-sesuai"
    assert "isinya Excel" in error.message


# XLSX


def test_a_workbook_is_read_as_text() -> None:
    midnight = datetime(2014, 3, 30)  # noqa: DTZ001 - Excel has no zones
    rows = [
        ["nik", "jumlah", "rasio", "tanggal", "saat", "aktif", "kosong"],
        [
            3273011201900001,
            1250000.0,
            0.5,
            date(2014, 3, 30),
            midnight.replace(hour=14, minute=30),
            True,
        ],
        ["0012", 5, -1.25, midnight, None, False, "x"],
    ]
    opened = open_table(xlsx(rows), "data.xlsx")
    assert opened.encoding == "xlsx"
    assert [(n, list(row.values())) for n, row in opened] == [
        (
            2,
            ["3273011201900001", "1250000", "0.5", "2014-03-30", "2014-03-30T14:30:00", "TRUE", ""],
        ),
        (3, ["0012", "5", "-1.25", "2014-03-30", "", "FALSE", "x"]),
    ]


def test_blank_rows_and_cells_of_a_workbook_are_passed_over() -> None:
    book = Workbook()
    book.active["A1"], book.active["B1"] = "a", "b"
    book.active["A5"] = "x"
    book.active["E5"] = "  "
    assert list(open_table(saved(book), "x.xlsx")) == [(5, {"a": "x", "b": ""})]


def test_the_first_visible_sheet_is_read() -> None:
    book = Workbook()
    book.active.append(["rahasia"])
    book.create_sheet("Data").append(["a"])
    book.active.sheet_state = "hidden"
    assert open_table(saved(book), "x.xlsx").header == ["a"]


def test_a_formula_gives_its_stored_value_and_never_its_text() -> None:
    file = xlsx([["a", "b"], ["x", "=1+1"], ["y", '=HYPERLINK("http://x")']])
    assert [row["b"] for _, row in open_table(file, "x.xlsx")] == ["", ""]
    stored = edited(file, SHEET, lambda xml: re.sub(rb"<f>1\+1</f><v( ?/|></v)>", b"<f>1+1</f><v>2</v>", xml))
    assert [row["b"] for _, row in open_table(stored, "x.xlsx")] == ["2", ""]


def test_the_limits_hold_for_workbooks() -> None:
    data = xlsx([["a", "b"], [1, 2], [3, "123456"]]).getvalue()
    assert refused(data, "x.xlsx", Limits(max_rows=1)).row == 3
    assert refused(data, "x.xlsx", Limits(max_columns=1)).code == "terlalu-banyak-kolom"
    assert refused(data, "x.xlsx", Limits(max_cell_chars=5)).column == "b"
    assert refused(data, "x.xlsx", Limits(max_bytes=100)).code == "berkas-terlalu-besar"


def test_a_false_dimension_costs_nothing() -> None:
    lying = edited(
        xlsx([["a"], ["x"]]), SHEET, lambda xml: xml.replace(b'ref="A1:A2"', b'ref="A1:XFD1048576"')
    )
    assert list(open_table(lying, "x.xlsx")) == [(2, {"a": "x"})]


def test_a_cell_that_is_not_what_it_says_is_refused_with_its_row() -> None:
    good = xlsx([["a"], [7]])
    broken = edited(good, SHEET, lambda xml: xml.replace(b"<v>7</v>", b"<v>12x</v>"))
    error = refused(broken.getvalue(), "x.xlsx")
    assert (error.code, error.row) == ("xlsx-rusak", 2)
    endless = edited(good, SHEET, lambda xml: xml.replace(b"<v>7</v>", b"<v>1e999</v>"))
    assert read(endless.getvalue(), "x.xlsx") == [(2, {"a": "inf"})]
