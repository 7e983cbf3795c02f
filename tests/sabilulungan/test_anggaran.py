"""A real, dirty budget: reconciled, accepted with a reason, shown with what does not add up."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.sabilulungan.anggaran import queries
from app.sabilulungan.anggaran.imports import import_anggaran
from app.sabilulungan.anggaran.queries import Filter
from app.services.imports.datasets import ImportOrder, ImportReport
from app.services.imports.limits import TableError
from app.services.imports.mapping import load_mapping
from app.services.imports.rows import ImportRefused
from app.tenancy.context import Context, acting_for
from app.tenancy.database import region_sql
from tenants.provision import Order, provision

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT.parent / "shared" / "data" / "apba_aceh_2025.csv"
MAPPING = load_mapping((ROOT / "tenants" / "templates" / "baku" / "anggaran-apba.toml").read_text())
REGION, HOST = 3272, {"base_url": "http://sukabumi.localhost"}
HEAD = "tahun,skpd_kode,skpd_nama,kode_rekening,uraian,level,jumlah\n"


@pytest.fixture(scope="module")
def region(worker_app: Flask) -> Iterator[None]:
    with worker_app.app_context():
        list(provision(Order(REGION, "sukabumi", "KOTA")))
        with acting_for(Context(REGION, "sistem:uji", "worker")):
            yield


@pytest.fixture(scope="module")
def imported(region: None) -> ImportReport:
    return import_anggaran(ImportOrder(SOURCE, mapping=MAPPING, drop_doubles=True, accept_reason="lampiran cetak"))


def stored() -> int:
    return region_sql("SELECT count(*) FROM anggaran WHERE region_id = :region_id").scalar_one()


def write(folder: Path, *lines: str) -> Path:
    file = folder / "anggaran.csv"
    file.write_text(HEAD + "\n".join(lines) + "\n")
    return file


@pytest.mark.usefixtures("region")
def test_a_dry_run_reads_everything_and_writes_nothing() -> None:
    before = stored()
    report = import_anggaran(ImportOrder(SOURCE, mapping=MAPPING, dry_run=True))
    assert report.rows == 10_619
    # 364 total lines are 293 totals: some stand twice. The 227 doubles differ in nothing but the page of the source.
    assert report.details[0].startswith("293 jumlah terbit, ")
    assert report.findings["baris ganda dibiarkan"] == 227
    assert stored() == before


@pytest.mark.usefixtures("region")
def test_without_a_reason_nothing_comes_in() -> None:
    before = stored()
    with pytest.raises(ImportRefused) as refused:
        import_anggaran(ImportOrder(SOURCE, mapping=MAPPING))
    assert {error.code for error in refused.value.errors} == {"E06", "E07"}
    assert stored() == before


def test_with_a_reason_it_comes_in_once(imported: ImportReport) -> None:
    again = import_anggaran(ImportOrder(SOURCE, mapping=MAPPING, drop_doubles=True, accept_reason="lampiran cetak"))
    assert stored() == 10_619 - 227
    assert again.totals == imported.totals
    with SOURCE.open(encoding="utf-8-sig") as file:
        seen = {
            (row["kode_skpd"], row["kode_rekening"], row["uraian"], row["indikator"], row["jumlah_rp"])
            for row in csv.DictReader(file)
            if row["level"] == "6" and row["kode_rekening"].startswith("5")
        }
    exact = sum(float(amount) for *_rest, amount in seen)
    assert abs(imported.totals["belanja (jumlah rincian)"] - exact) < 300
    assert queries.count_and_sum(Filter(2025, "5"))[1] == imported.totals["belanja (jumlah rincian)"]


@pytest.mark.usefixtures("imported")
def test_differences_are_kept_beside_the_totals_as_published() -> None:
    rows = queries.unequal(2025)
    assert rows
    assert all(published != parts for *_names, published, parts in rows)
    source = queries.source(2025)
    assert source is not None
    assert (source.totals_read, source.unequal, source.alasan) == (293, len(rows), "lampiran cetak")


@pytest.mark.usefixtures("imported")
def test_the_page_drills_down_and_says_what_does_not_add_up(client: FlaskClient) -> None:
    page = client.get("/anggaran", **HOST).get_data(as_text=True)
    assert "Sumber ini tidak seluruhnya cocok" in page
    assert "lampiran cetak" in page
    assert "Belanja Daerah" in page
    below = client.get("/anggaran?kode=5.1.05&q=hibah", **HOST)
    assert below.status_code == 200
    assert client.get("/anggaran/selisih?tahun=2025", **HOST).status_code == 200
    assert "belum dimuat" in client.get("/anggaran").get_data(as_text=True)


@pytest.mark.usefixtures("imported")
def test_the_levels_sum_to_each_other() -> None:
    for code in ("5", "5.1", "5.1.05"):
        whole = queries.count_and_sum(Filter(2025, code))[1]
        assert sum(group.jumlah for group in queries.by_account(Filter(2025, code))) == whole
        assert sum(group.jumlah for group in queries.by_skpd(Filter(2025, code))) == whole


@pytest.mark.usefixtures("imported")
@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
def test_files_hold_what_the_filter_shows_and_only_of_the_own_region(client: FlaskClient, kind: str) -> None:
    answer = client.get(f"/anggaran.{kind}?kode=5.1.06", **HOST)
    assert answer.status_code == 200
    if kind == "json":
        assert len(answer.get_json()) == queries.count_and_sum(Filter(2025, "5.1.06"))[0]
    assert b"5.1.06" in answer.get_data() or kind == "xlsx"
    assert b"5.1.06" not in client.get(f"/anggaran.{kind}").get_data()


@pytest.mark.usefixtures("region")
@pytest.mark.parametrize("query", ["tahun=abc", "tahun=9999", "kode=5'--", "skpd=%25", "halaman=0", "q=" + "x" * 201])
def test_a_bad_filter_is_answered_with_help(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/anggaran?{query}", **HOST)
    assert answer.status_code == 422
    assert "Traceback" not in answer.get_data(as_text=True)


@pytest.mark.usefixtures("region")
@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        ("2026,1.01,Dinas,5.1.05.01.01.0001,Hibah,6,12x", "jumlah", "E03"),
        ("2026,1.01,Dinas,9.1,Salah,2,12", "kode_rekening", "E09"),
        ("1999,1.01,Dinas,5.1,Salah,2,12", "tahun", "E03"),
        ("2026,,Dinas,5.1,Salah,2,12", "skpd_kode", "E05"),
    ],
)
def test_a_bad_cell_is_named_with_row_column_and_code(tmp_path: Path, line: str, column: str, code: str) -> None:
    file = write(tmp_path, "2026,1.01,Dinas,5.1.05.01.01.0001,Hibah,6,100", line)
    with pytest.raises(ImportRefused) as refused:
        import_anggaran(ImportOrder(file))
    assert [(error.row, error.column, error.code) for error in refused.value.errors] == [(3, column, code)]


@pytest.mark.usefixtures("region")
def test_a_clean_budget_needs_no_reason_and_a_missing_column_is_named(tmp_path: Path) -> None:
    file = write(tmp_path, "2027,1.01,Dinas,5.1,Operasi,2,300", "2027,1.01,Dinas,5.1.05.01.01.0001,Hibah,6,300")
    report = import_anggaran(ImportOrder(file))
    assert report.details == ["1 jumlah terbit, 1 sama dengan rinciannya"]
    assert queries.shares(2027) == (300, 300, 0)
    file.write_text("tahun,uraian\n2027,x\n")
    with pytest.raises(TableError, match="skpd_kode"):
        import_anggaran(ImportOrder(file))
