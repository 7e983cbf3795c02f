"""Bandung's own records: in whole, totals equal to the source, broken things as they are and said."""

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.sabilulungan import queries
from app.sabilulungan.imports.original import FILES, import_sabilulungan
from app.sabilulungan.queries import Filter
from app.services.imports.datasets import ImportOrder
from app.services.imports.rows import ImportRefused
from app.tenancy.context import Context, acting_for
from app.tenancy.database import region_sql
from tenants.provision import Order, provision

SOURCE = Path(__file__).resolve().parents[3] / "shared" / "data"
# A third region, so that the counts of the others stay; its code is put in the place of Bandung's.
REGION = 3277


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("sumber")
    for name in FILES:
        (target / name).write_text((SOURCE / name).read_text(encoding="utf-8").replace("32.73.", "32.77."))
    return target


@pytest.fixture
def region(worker_app: Flask) -> Iterator[None]:
    with worker_app.app_context():
        list(provision(Order(REGION, "cimahi", "KOTA")))
        with acting_for(Context(REGION, "sistem:uji", "worker")):
            yield


def source_sum(column: str) -> int:
    with (SOURCE / FILES[0]).open(encoding="utf-8") as file:
        return sum(int(row[column] or 0) for row in csv.DictReader(file))


@pytest.mark.usefixtures("region")
def test_a_dry_run_counts_and_writes_nothing(folder: Path) -> None:
    report = import_sabilulungan(ImportOrder(folder, dry_run=True))
    assert report.details == ["721 usulan, 7450 rincian, 4686 tahap"]
    assert region_sql("SELECT count(*) FROM hibah WHERE region_id = :region_id").scalar_one() in {0, 721}


@pytest.mark.usefixtures("region")
def test_the_whole_source_comes_in_once(folder: Path) -> None:
    import_sabilulungan(ImportOrder(folder))
    again = import_sabilulungan(ImportOrder(folder))
    assert again.new == 0
    sums = queries.totals(Filter())
    assert (sums.count, sums.requested, sums.tapd) == (721, source_sum("diajukan"), source_sum("pertimbangan_tapd"))
    lines = "SELECT count(*), sum(jumlah) FROM hibah_rab WHERE region_id = :region_id AND tahap = "
    with (SOURCE / FILES[1]).open(encoding="utf-8") as file:
        source = list(csv.DictReader(file))
    for tahap, column in (("diajukan", "diajukan"), ("ditimbang", "koreksi")):
        known = [int(row[column]) for row in source if row[column]]
        assert tuple(region_sql(lines + f"'{tahap}'").one()) == (len(known), sum(known))
    assert len(source) == 7_450
    assert region_sql("SELECT count(*) FROM hibah_steps WHERE region_id = :region_id").scalar_one() == 4_686
    assert again.findings["rekomendasi di atas permintaan"] == 18
    assert again.findings["pertimbangan TAPD di atas permintaan"] == 12
    assert again.findings["tanpa tahap"] == 40
    assert len([row for row in queries.stream(Filter()) if row.oddities]) >= 40


@pytest.mark.usefixtures("region")
def test_one_bad_cell_refuses_the_whole_file_and_says_where(folder: Path, tmp_path: Path) -> None:
    for name in FILES:
        shutil.copy(folder / name, tmp_path / name)
    lines = (tmp_path / FILES[0]).read_text().splitlines()
    lines[5] = lines[5].replace("2014-03-30", "30 Febuari 2014")
    lines[6] = lines[6].replace("32.77.", "32.04.")
    (tmp_path / FILES[0]).write_text("\n".join(lines))
    before = region_sql("SELECT count(*) FROM hibah WHERE region_id = :region_id").scalar_one()
    with pytest.raises(ImportRefused) as refused:
        import_sabilulungan(ImportOrder(tmp_path))
    told = {(error.row, error.column, error.code) for error in refused.value.errors}
    assert (6, "tgl_masuk", "E04") in told
    assert any(row == 7 and code == "E01" for row, _column, code in told)
    assert region_sql("SELECT count(*) FROM hibah WHERE region_id = :region_id").scalar_one() == before
