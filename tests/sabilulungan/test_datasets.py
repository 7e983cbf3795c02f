"""The published datasets of the grants: dry run, row and column of every error, all or nothing, never twice."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.sabilulungan import detail, queries
from app.sabilulungan.imports import DATASETS
from app.sabilulungan.queries import Filter
from app.services.imports.datasets import ImportOrder, ImportReport
from app.services.imports.rows import ImportRefused
from app.services.personal.sealing import unseal
from app.tenancy.context import Context, acting_for
from app.tenancy.database import region_sql
from tenants.provision import Order, provision

REGION, HOST = 3271, {"base_url": "http://bogor.localhost"}
NIK = "3271014107900001"
DATA = {dataset.name: dataset for dataset in DATASETS}
ORG = (
    "ORG-{n},Yayasan Contoh {n},B,AHU-1,,2016-03-14,,Jl. Contoh {n},32.71.01.1001,-6.59,106.79,Budi C.,{nik},Siti D.,"
    "0812 3456 789,a@contoh.go.id,110,000001234567{n},YAYASAN {n}"
)
HIBAH = (
    "P-{n},{org},{nik},hibah_uang,2024,murni,Renovasi {n},Perbaikan,1.01,langsung,,2023-02-10,75000000,50000000,"
    "50000000,{approved},SELESAI,978/Kep.1,2024-02-01,900/12,2024-02-20,32.71.01.1001,-6.59,106.79,2024-03-01,2024-10-31"
)
Write = Callable[..., Path]


@pytest.fixture
def region(worker_app: Flask) -> Iterator[None]:
    with worker_app.app_context():
        list(provision(Order(REGION, "bogor", "KOTA")))
        with acting_for(Context(REGION, "sistem:uji", "worker")):
            yield


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(dataset: str, *lines: str, header: str = "") -> Path:
        file = tmp_path / f"{dataset}.csv"
        head = header or ",".join(column.name for column in DATA[dataset].columns)
        file.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
        return file

    return written


def run(dataset: str, path: Path, **order: object) -> ImportReport:
    return DATA[dataset].run(ImportOrder(path, **order))  # type: ignore[arg-type]


def count(table: str) -> int:
    return int(region_sql(f"SELECT count(*) FROM {table} WHERE region_id = :region_id").scalar_one())


def organisation(number: int, nik: str = "") -> str:
    return ORG.format(n=number, nik=nik)


def proposal(number: int, approved: int = 50_000_000, org: str = "ORG-1", nik: str = "") -> str:
    return HIBAH.format(n=number, approved=approved, org=org, nik=nik)


@pytest.mark.usefixtures("region")
def test_a_grant_comes_in_whole_and_any_citizen_reads_it(write: Write, client: FlaskClient) -> None:
    run("organisasi", write("organisasi", organisation(1, NIK)))
    run("hibah", write("hibah", proposal(1)))
    lines = ("P-1,diajukan,1,Semen,barang,40,sak,65000,2600000", "P-1,disetujui,1,Semen,barang,30.5,sak,65000,1982500")
    run("rab", write("rab", *lines))
    run("pencairan", write("pencairan", "P-1,1,SPM-5,SP2D-8,2024-03-05,50000000,110,0000012345678,YAYASAN"))
    run("lpj", write("lpj", "P-1,2025-01-08,diterima,49500000,500000,STS-91"))
    found = detail.one("P-1")
    assert found is not None
    assert found.penerima == "Yayasan Contoh 1"
    assert (found.amount_granted, found.amount_disbursed) == (50_000_000, 50_000_000)
    assert (found.amount_accounted, found.amount_returned, found.state) == (49_500_000, 500_000, "SELESAI")
    page = client.get("/hibah/P-1", **HOST).get_data(as_text=True)
    for said in ("SP2D-8", "STS-91", "30,5 sak", "110 ••• 678", "Yayasan Contoh 1"):
        assert said in page
    for secret in (NIK, "0000012345678", "08123456789", "a@contoh.go.id", "Siti D."):
        assert secret not in page
    recipient = client.get(f"/hibah/penerima/{found.organisasi_id}", **HOST).get_data(as_text=True)
    assert "Budi C." in recipient
    assert "Siti D." not in recipient
    assert [row.nomor for row in queries.stream(Filter(q="yayasan"))] == ["P-1"]


@pytest.mark.usefixtures("region")
def test_identifiers_are_sealed_and_found_again_by_hash(write: Write) -> None:
    run("organisasi", write("organisasi", organisation(1, NIK), organisation(2, NIK)))
    rows = region_sql(
        "SELECT ketua_nik_sealed, ketua_nik_hash FROM organisasi WHERE region_id = :region_id"
        " AND legacy_id IN ('ORG-1', 'ORG-2')"
    ).all()
    assert {unseal(bytes(row[0]), "ketua_nik") for row in rows} == {NIK}
    assert len({bytes(row[0]) for row in rows}) == 2
    assert len({bytes(row[1]) for row in rows}) == 1


@pytest.mark.usefixtures("region")
def test_coming_again_changes_what_changed_and_doubles_nothing(write: Write) -> None:
    lines = [organisation(number) for number in range(1, 6)]
    run("organisasi", write("organisasi", *lines))
    before = count("organisasi")
    again = run("organisasi", write("organisasi", *lines))
    assert (again.new, again.changed, count("organisasi")) == (0, 0, before)
    moved = run("organisasi", write("organisasi", *lines[:4], lines[4].replace("Jl. Contoh 5", "Jl. Baru 9")))
    assert (moved.new, moved.changed) == (0, 1)


@pytest.mark.usefixtures("region")
@pytest.mark.parametrize(
    ("dataset", "line", "column", "code"),
    [
        ("organisasi", organisation(9).replace("32.71.01.1001", "32.73.01.1001"), "kelurahan_kode", "E01"),
        ("organisasi", organisation(9).replace("32.71.01.1001", "32.71.99.1001"), "kelurahan_kode", "E01"),
        ("organisasi", organisation(9, "327101410790"), "ketua_nik", "E02"),
        ("hibah", proposal(9).replace("75000000", "75 juta"), "diajukan", "E03"),
        ("hibah", proposal(9).replace("75000000", "-5"), "diajukan", "E03"),
        ("hibah", proposal(9).replace("2023-02-10", "2023-02-30"), "tgl_ajukan", "E04"),
        ("hibah", proposal(9).replace("2023-02-10", "2093-02-10"), "tgl_ajukan", "E04"),
        ("hibah", proposal(9, org="ORG-TIDAK-ADA"), "org_legacy_id", "E05"),
        ("pencairan", "P-TIDAK-ADA,1,,S,2024-03-05,1,,,", "proposal_legacy_id", "E05"),
        ("hibah", proposal(9).replace("hibah_uang", "hibah_emas"), "jenis", "E09"),
        ("hibah", proposal(9).replace("SELESAI", "BERES"), "status", "E09"),
        ("organisasi", organisation(9).replace("0000012345679", "12AB"), "no_rekening", "E10"),
        ("organisasi", organisation(9).replace(",-6.59", ",96.59"), "lat", "E03"),
    ],
)  # fmt: skip
def test_a_bad_cell_is_told_with_row_column_and_code_and_nothing_is_written(
    write: Write, dataset: str, line: str, column: str, code: str
) -> None:
    run("organisasi", write("organisasi", organisation(1)))
    before = {table: count(table) for table in ("organisasi", "hibah", "pencairan")}
    good = organisation(8) if dataset == "organisasi" else proposal(8)
    path = write(dataset, good, line) if dataset != "pencairan" else write(dataset, line)
    with pytest.raises(ImportRefused) as refused:
        run(dataset, path)
    told = [(error.row, error.column, error.code) for error in refused.value.errors]
    assert (3 if dataset != "pencairan" else 2, column, code) in told
    assert {table: count(table) for table in before} == before


@pytest.mark.usefixtures("region")
def test_the_same_number_with_other_content_is_refused_and_the_same_row_twice_is_one(write: Write) -> None:
    with pytest.raises(ImportRefused) as refused:
        run("organisasi", write("organisasi", organisation(7), organisation(7).replace("Yayasan", "Koperasi")))
    assert [(error.row, error.code) for error in refused.value.errors] == [(3, "E06")]
    report = run("organisasi", write("organisasi", organisation(7), organisation(7)))
    assert report.findings == {"baris yang sama persis dilewati": 1}


@pytest.mark.usefixtures("region")
def test_partial_keeps_the_good_rows_and_returns_the_refused_ones(write: Write) -> None:
    path = write("organisasi", organisation(21), organisation(22, "1"), organisation(23))
    report = run("organisasi", path, partial=True)
    assert report.new == 2
    assert [cells["legacy_id"] for cells, _errors in report.rejects] == ["ORG-22"]
    assert "E02" in report.refused[0]


@pytest.mark.usefixtures("region")
def test_a_dry_run_finds_everything_and_writes_nothing(write: Write) -> None:
    before = count("organisasi")
    report = run("organisasi", write("organisasi", organisation(31), organisation(32)), dry_run=True)
    assert (report.new, count("organisasi")) == (2, before)


@pytest.mark.usefixtures("region")
def test_what_the_source_does_not_add_up_comes_in_and_is_said(write: Write, client: FlaskClient) -> None:
    run("organisasi", write("organisasi", organisation(1)))
    report = run("hibah", write("hibah", proposal(41, approved=90_000_000)))
    assert report.findings["disetujui di atas permintaan (R10)"] == 1
    paid = run("pencairan", write("pencairan", "P-41,1,,S-1,2024-03-05,95000000,,,"))
    assert paid.findings["E08 dicairkan di atas yang disetujui (R10)"] == 1
    lines = run("rab", write("rab", "P-41,diajukan,1,Semen,barang,1,sak,5000,5000"))
    assert lines.findings["E07 jumlah rincian diajukan tidak sama dengan jenjangnya"] >= 1
    page = client.get("/hibah/P-41", **HOST).get_data(as_text=True)
    assert "melebihi jumlah yang diajukan" in page
    assert "melebihi jumlah yang disetujui" in page


@pytest.mark.usefixtures("region")
def test_the_published_list_needs_four_columns_and_comes_in_once(write: Write, client: FlaskClient) -> None:
    lines = ("Siti Rahmawati,Jl. Mawar 5 RT 01,2000000,2023,bansos", "PKK Melati,Jl. Melati,9000000,2023,hibah") * 2
    path = write("hibah-terbit", *lines, header="nama,alamat,jumlah,tahun,jenis")
    assert run("hibah-terbit", path).new == 4
    assert run("hibah-terbit", path).new == 0
    page = client.get("/hibah?tahun=2023", **HOST).get_data(as_text=True)
    assert "S*** R***" in page
    assert "PKK Melati" in page
    for secret in ("Siti", "Rahmawati", "Jl. Mawar"):
        assert secret not in page
        assert secret not in client.get("/hibah.csv?tahun=2023", **HOST).get_data(as_text=True)
    assert list(queries.stream(Filter(q="rahmawati"))) == []


@pytest.mark.usefixtures("region")
def test_a_file_without_a_column_names_it(write: Write) -> None:
    with pytest.raises(Exception, match='Kolom "jenis" tidak ada'):
        run("hibah", write("hibah", "x", header="legacy_id"))


@pytest.mark.usefixtures("region")
def test_numbers_with_signs_stand_in_addresses(write: Write, client: FlaskClient) -> None:
    run("organisasi", write("organisasi", organisation(1)))
    run("hibah", write("hibah", proposal(51).replace("P-51", "978/Kep 51?/2024")))
    row = next(row for row in queries.stream(Filter()) if row.nomor.startswith("978-Kep-51"))
    assert client.get(f"/hibah/{row.nomor}", **HOST).status_code == 200
