"""Open data leaves as a stream; numbers are numbers and no text is ever run."""

import csv
import io
import json
import tempfile
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from openpyxl import load_workbook

from app.services.imports.tabular import open_table
from app.services.opendata import tables
from app.services.opendata.tables import csv_lines, json_array, xlsx_file

HOSTILE = ["=1+1", "+1", "-5", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0"]
VALUES = [5, -5, 2.5, Decimal("1.50"), None, True, date(2017, 11, 1), "teks"]


def cells(data: bytes) -> list[list[object]]:
    book = load_workbook(io.BytesIO(data))
    return [[cell.value for cell in row] for row in book.active.iter_rows()]


def test_csv_is_what_excel_expects() -> None:
    data = b"".join(csv_lines(["nama", "jumlah"], [['Café; "x", y', 5]]))
    assert data == '\ufeffnama,jumlah\r\n"Café; ""x"", y",5\r\n'.encode()


def test_csv_values() -> None:
    data = b"".join(csv_lines(["a"], [[value] for value in VALUES])).decode("utf-8-sig")
    assert data.splitlines()[1:] == ["5", "-5", "2.5", "1.50", '""', "true", "2017-11-01", "teks"]


def test_csv_text_that_would_run_is_shielded_and_the_header_too() -> None:
    data = b"".join(csv_lines(["=a"], [[text] for text in HOSTILE])).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(data, newline="")))
    assert [row[0] for row in rows] == ["'=a", *(f"'{text}" for text in HOSTILE)]


def test_what_is_written_can_be_imported() -> None:
    data = b"".join(csv_lines(["a", "b"], [["x\ny", 1], ["z", 2]]))
    assert list(open_table(io.BytesIO(data), "x.csv")) == [
        (2, {"a": "x\ny", "b": "1"}),
        (3, {"a": "z", "b": "2"}),
    ]


def test_a_large_csv_is_written_in_little_memory() -> None:
    rows = ([f"Yayasan {n}", n] for n in range(200_000))
    tracemalloc.start()
    try:
        sizes = [len(chunk) for chunk in csv_lines(["nama", "jumlah"], rows)]
        assert tracemalloc.get_traced_memory()[1] < 2 * 1024 * 1024
    finally:
        tracemalloc.stop()
    assert max(sizes) < 70_000
    assert sum(sizes) > 4_000_000


def test_xlsx_values_keep_their_kind() -> None:
    moment = datetime(2017, 11, 1, 14, 30, tzinfo=UTC)
    data = b"".join(xlsx_file(["nama", "n"], [[value, 1] for value in [*VALUES, moment]], "Data"))
    found = [row[0] for row in cells(data)][1:]
    assert found[:4] == [5, -5, 2.5, 1.5]
    assert found[4:6] == [None, "true"]
    assert found[6] == datetime(2017, 11, 1)  # noqa: DTZ001 - Excel has no zones
    assert found[7:] == ["teks", "2017-11-01T14:30:00+00:00"]


def test_xlsx_text_is_never_a_formula() -> None:
    hostile = [*HOSTILE, "\x01=1+1", "\x0b@x"]
    data = b"".join(xlsx_file(["=a"], [[text] for text in hostile], "Data"))
    book = load_workbook(io.BytesIO(data))
    for (cell,) in book.active.iter_rows():
        assert cell.data_type == "s"
        assert cell.value.startswith("'")


@pytest.mark.parametrize(
    ("sheet", "title"),
    [
        ("Hibah [2025]: a/b?", "Hibah  2025   a b"),
        ("x" * 50, "x" * 31),
        ("''", "Data"),
        ("", "Data"),
    ],
)
def test_any_sheet_name_will_do(sheet: str, title: str) -> None:
    data = b"".join(xlsx_file(["a"], [], sheet))
    assert load_workbook(io.BytesIO(data)).sheetnames == [title]


def test_rows_beyond_excels_last_go_to_further_sheets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_SHEET_ROWS", 3)
    data = b"".join(xlsx_file(["a"], [[n] for n in range(5)], "Data"))
    book = load_workbook(io.BytesIO(data))
    assert [[cell.value for cell in sheet["A"]] for sheet in book] == [
        ["a", 0, 1],
        ["a", 2, 3],
        ["a", 4],
    ]
    assert book.sheetnames == ["Data", "Data 2", "Data 3"]


def test_xlsx_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(tables, "_IN_MEMORY", 10)

    def failing() -> Iterator[list[object]]:
        yield ["x"]
        raise ConnectionError("the database went away")

    assert b"".join(xlsx_file(["a"], [["x"]], "Data")).startswith(b"PK")
    left_early = xlsx_file(["a"], [["x"]], "Data")
    next(left_early)
    left_early.close()
    with pytest.raises(ConnectionError):
        list(xlsx_file(["a"], failing(), "Data"))
    assert list(tmp_path.iterdir()) == []


def test_json_is_one_document() -> None:
    items = [{"id": UUID(int=1), "sum": Decimal(5), "day": date(2017, 11, 1)}, {"nama": "Café"}]
    data = b"".join(json_array(b'{"data":', items, b',"total":2}'))
    assert json.loads(data) == {
        "data": [
            {"id": "00000000-0000-0000-0000-000000000001", "sum": 5, "day": "2017-11-01"},
            {"nama": "Café"},
        ],
        "total": 2,
    }
    assert "Café".encode() in data


def test_json_without_items_and_with_many() -> None:
    assert b"".join(json_array(b"", [], b"")) == b"[]"
    chunks = list(json_array(b"", ({"n": n} for n in range(50_000)), b""))
    assert len(chunks) > 5
    assert len(json.loads(b"".join(chunks))) == 50_000
