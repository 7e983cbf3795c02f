"""A budget beside the proposals of region A, so that every resource has rows."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from tests.conftest import A

YEAR = """
INSERT INTO anggaran_years (region_id, id, tahun, sumber, actor, totals_read, doubles_dropped, doubles_kept)
SELECT :region, gen_random_uuid(), tahun, 'uji.csv', 'sistem:uji', 0, 0, 0 FROM generate_series(2025, 2026) tahun
"""
LINES = """
INSERT INTO anggaran (region_id, id, tahun, nomor_baris, skpd_kode, skpd_nama, kode_rekening, uraian, keterangan, level,
                      is_total, jumlah)
SELECT :region, gen_random_uuid(), tahun, baris, '1.02.01', 'Dinas Kesehatan', '5.1.05.0' || baris, 'Belanja hibah', '',
       4, false, baris * 1000000
FROM generate_series(2025, 2026) tahun, generate_series(1, 4) baris
"""


@pytest.fixture(scope="module")
def budget(admin: Engine) -> Iterator[None]:
    """Two years of four lines each."""
    with admin.begin() as connection:
        for statement in (YEAR, LINES):
            connection.execute(text(statement), {"region": A})
    yield
    with admin.begin() as connection:
        for table in ("anggaran", "anggaran_years"):
            connection.execute(text(f"DELETE FROM {table} WHERE region_id = {A}"))
