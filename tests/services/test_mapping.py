"""A foreign table comes out under our names, or the mapping says what is wrong with it."""

import io

import pytest

from app.kernel.money import BadAmount, parse_rupiah
from app.services.imports.mapping import Leaf, MappingError, NumberFormat, load_mapping
from app.services.imports.tabular import Table, TableError, open_table

MAPPING = """
dataset = "anggaran"
[columns]
kode_skpd = "Kode SKPD"
nilai = "Nilai"
[numbers]
decimal = ","
thousands = "."
columns = ["nilai"]
[constants]
tahun = 2025
[filters]
lampiran = ["II"]
[leaf]
column = "level"
value = "6"
"""
CSV = (
    "Kode SKPD;Nilai;lampiran;level\n"
    "1.01;Rp 1.250.000,00;II;6\n"
    "1.01;1.250.000;II;5\n"
    "1.02;2.000;I;6\n"
    "1.03;125,125; II ;6\n"
    "1.04;;II;6\n"
)


def table(text: str) -> Table:
    return open_table(io.BytesIO(text.encode()), "data.csv")


def test_a_whole_mapping_is_read() -> None:
    mapping = load_mapping(MAPPING)
    assert mapping.dataset == "anggaran"
    assert mapping.columns == {"kode_skpd": "Kode SKPD", "nilai": "Nilai"}
    assert mapping.constants == {"tahun": "2025"}
    assert mapping.filters == {"lampiran": ("II",)}
    assert mapping.numbers == NumberFormat(",", ".", ("nilai",))
    assert mapping.leaf == Leaf("level", "6")


def test_rows_are_filtered_renamed_and_keep_their_number() -> None:
    assert list(load_mapping(MAPPING).apply(table(CSV))) == [
        (2, {"kode_skpd": "1.01", "nilai": "1250000", "tahun": "2025"}),
        (5, {"kode_skpd": "1.03", "nilai": "125.1250", "tahun": "2025"}),
        (6, {"kode_skpd": "1.04", "nilai": "", "tahun": "2025"}),
    ]


def test_a_fraction_of_three_digits_is_not_taken_for_thousands() -> None:
    fraction = NumberFormat(",", ".").plain("125,125")
    with pytest.raises(BadAmount):
        parse_rupiah(fraction)


@pytest.mark.parametrize(
    ("decimal", "thousands", "text", "plain"),
    [
        (".", ",", "1,250,000.00", "1250000"),
        (".", ",", "125.000", "125"),
        (",", ".", "125.000", "125000"),
        (",", ".", "-1.000,5", "-1000.5000"),
        (",", " ", "1 250 000", "1250000"),
        (".", "", "1250000.0", "1250000"),
        (",", ".", "Rp. 1.000", "1000"),
        (",", ".", " ", ""),
    ],
)
def test_numbers_are_read_as_the_mapping_says(
    decimal: str, thousands: str, text: str, plain: str
) -> None:
    assert NumberFormat(decimal, thousands).plain(text) == plain


def test_a_number_written_otherwise_stops_with_its_place() -> None:
    text = CSV.replace("2.000;I;", "2,000.00;II;")
    with pytest.raises(TableError) as error:
        list(load_mapping(MAPPING).apply(table(text)))
    assert (error.value.code, error.value.row) == ("angka-tidak-sesuai", 4)
    assert error.value.column == "Nilai"


@pytest.mark.parametrize(
    ("theirs", "renamed", "hint"),
    [("Kode SKPD", "kode_skpd", "kode_skpd"), ("lampiran", "Lampiran", "Lampiran")],
)
def test_a_missing_header_is_named_with_the_closest(theirs: str, renamed: str, hint: str) -> None:
    with pytest.raises(TableError) as error:
        load_mapping(MAPPING).apply(table(CSV.replace(theirs, renamed, 1)))
    assert error.value.code == "kolom-tidak-ada"
    assert error.value.column == theirs
    assert f'Mungkin maksudnya "{hint}"' in error.value.message


def test_a_missing_leaf_column_without_anything_close_is_named() -> None:
    with pytest.raises(TableError) as error:
        load_mapping(MAPPING).apply(table(CSV.replace("level", "zzz", 1)))
    assert error.value.message == 'Kolom "level" tidak ada dalam berkas.'


def test_plain_rows_can_be_mapped_too() -> None:
    mapping = load_mapping('dataset = "x"\n[columns]\na = "A"')
    assert list(mapping.apply([(2, {"A": "1"}), (3, {"A": "2"})])) == [
        (2, {"a": "1"}),
        (3, {"a": "2"}),
    ]
    assert list(mapping.apply([])) == []
    with pytest.raises(TableError):
        mapping.apply([(2, {"B": "1"})])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("dataset = ", "bukan TOML"),
        ('dataset = "x"\nkolom = 1', '"kolom" tidak dikenal; yang boleh: dataset, columns'),
        ('[columns]\na = "A"', '"dataset"'),
        ('dataset = ""\n[columns]\na = "A"', '"dataset"'),
        ('dataset = "x"', r"\[columns\]"),
        ('dataset = "x"\ncolumns = 1', '"columns" harus berupa bagian'),
        ('dataset = "x"\n[columns]\na = 1.5', '"columns.a" harus berisi teks'),
        ('dataset = "x"\n[columns]\na = "A"\n[constants]\na = "1"', "pilih satu"),
        ('dataset = "x"\n[columns]\na = "A"\n[constants]\nb = true', '"constants.b"'),
        ('dataset = "x"\n[columns]\na = "A"\n[numbers]\npoint = "."', '"numbers.point"'),
        ('dataset = "x"\n[columns]\na = "A"\n[numbers]\ndecimal = ";"', "numbers.decimal"),
        ('dataset = "x"\n[columns]\na = "A"\n[numbers]\nthousands = "."', "numbers.thousands"),
        ('dataset = "x"\n[columns]\na = "A"\n[numbers]\ncolumns = ["b"]', 'menyebut "b"'),
        ('dataset = "x"\n[columns]\na = "A"\n[filters]\nb = "II"', "daftar teks"),
        ('dataset = "x"\n[columns]\na = "A"\n[filters]\nb = []', "daftar teks"),
        ('dataset = "x"\n[columns]\na = "A"\n[leaf]\ncolumn = "b"', '"leaf.value"'),
        ('dataset = "x"\n[columns]\na = "A"\n[leaf]\nlevel = "b"', '"leaf.level"'),
    ],
)
def test_a_wrong_mapping_is_told_what_is_wrong(text: str, told: str) -> None:
    with pytest.raises(MappingError, match=told):
        load_mapping(text)
