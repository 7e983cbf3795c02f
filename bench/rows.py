"""Made rows for the bench, written by the administrator with INSERT … SELECT generate_series.

The history of a region lies together, as its import wrote it; the running year of all regions lies mixed, as days
pass. Every region has every stage, kind, year, bidang and kecamatan.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from psycopg2.extensions import cursor as psycopg_cursor

from bench.ground import ALL_ROWS, AWARDED, LARGE, LARGE_ROWS, REAL_ROWS, REAL_SIZE, Database, Ground

HISTORY_SHARE = 0.9
NUMBER = "B-000100"
YEAR = 2025
TABLES = ("organisasi", "hibah", "hibah_rab")

#: A uuid7 made of a number: time in front, as the application's are.
UUID7 = "(lpad(to_hex(1700000000000 + {0}), 12, '0') || '70008000' || lpad(to_hex({0}), 12, '0'))::uuid"
ORGANISASI = f"""
INSERT INTO organisasi (region_id, id, nama, nama_norm)
SELECT region_id, {UUID7.format("n")}, 'Yayasan Melati ' || n, 'melati ' || n
FROM bench_sizes, generate_series(0, rows / 10) n
"""
HIBAH = f"""
INSERT INTO hibah (region_id, id, nomor, legacy_id, organisasi_id, penerima, jenis, tahun, tanggal_masuk, judul, bidang,
    kecamatan_kode, amount_requested, amount_recommended, amount_considered, amount_tapd, stage, synthetic)
SELECT region_id, {UUID7.format("n")}, 'B-' || lpad(n::text, 6, '0'), 'b-' || n,
    CASE WHEN n %% 3 > 0 THEN {UUID7.format("n / 10")} END, CASE WHEN n %% 3 = 0 THEN 'Siti Aminah' ELSE '' END,
    CASE WHEN n %% 3 = 0 THEN 'bansos' ELSE 'hibah' END, 2016 + n %% 10,
    make_date((2016 + n %% 10)::int, (1 + n / 10 %% 12)::int, (1 + n / 120 %% 28)::int),
    (ARRAY['DKM Masjid', 'Karang Taruna', 'Posyandu', 'Kelompok Tani', 'Sanggar', 'Yayasan', 'Koperasi'])[1 + n %% 7]
    || ' ' || (ARRAY['Al-Ikhlas', 'Melati', 'Harapan Jaya', 'Sumber Rejeki'])[1 + n / 7 %% 4] || ' ' || n %% 40,
    (ARRAY['Pendidikan', 'Kesehatan', 'Pertanian', 'Kesejahteraan Sosial', 'Koperasi dan UKM'])[1 + n / 3 %% 5],
    (region_id / 100) || '.' || lpad((region_id %% 100)::text, 2, '0') || '.' || lpad((1 + n / 5 %% 12)::text, 2, '0'),
    (10 + n %% 290) * 1000000, (10 + n %% 290) * 500000, (10 + n %% 290) * 500000, (10 + n %% 290) * 500000,
    CASE WHEN region_id = %(awarded)s THEN 7 ELSE (ARRAY[1, 2, 4, 5, 6, 7, 7, 7, 7])[1 + n / 11 %% 9] END, true
FROM bench_sizes, generate_series({{first}}, {{last}}) n ORDER BY {{order}}
"""
HISTORY = HIBAH.format(first="1", last="(rows * %(history)s)::bigint", order="region_id, n")
RUNNING_YEAR = HIBAH.format(first="(rows * %(history)s)::bigint + 1", last="rows", order="n, region_id")
RAB = """
INSERT INTO hibah_rab (region_id, id, hibah_id, nomor, uraian, jumlah, harga_satuan)
SELECT region_id, id, id, 1, 'Peralatan dan bahan kegiatan', amount_requested, amount_requested FROM hibah
"""
INDEXES = """
SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid::regclass::text = ANY (%(tables)s)
AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)
"""


def sizes(ground: Ground) -> dict[int, int]:
    """Rows of each region: two large ones, one of the size that Bandung really has, the others alike."""
    named = {LARGE: ground.scaled(LARGE_ROWS), AWARDED: ground.scaled(LARGE_ROWS), REAL_SIZE: REAL_ROWS}
    others = [region.id for region in ground.portals if region.id not in named]
    each = (ground.scaled(ALL_ROWS) - sum(named.values())) // len(others)
    return {**named, **dict.fromkeys(others, each)}


@contextmanager
def _without_indexes(cursor: psycopg_cursor) -> Iterator[None]:
    """Drop the indexes that no constraint needs and make them again at the end: it halves the time."""
    cursor.execute(INDEXES, {"tables": list(TABLES)})
    indexes = cursor.fetchall()
    for name, _definition in indexes:
        cursor.execute(f"DROP INDEX {name}")
    yield
    cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
    for _name, definition in indexes:
        cursor.execute(definition)


def fill(database: Database, wanted: Mapping[int, int]) -> None:
    """Write `wanted` proposals for each region, a budget line for each, an organisation for ten; tell the planner."""
    connection = database.connect()
    with connection, connection.cursor() as cursor:
        # The rows are right by construction; checking each foreign key would double the time.
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("CREATE TEMPORARY TABLE bench_sizes (region_id bigint, rows bigint) ON COMMIT DROP")
        cursor.executemany("INSERT INTO bench_sizes VALUES (%s, %s)", list(wanted.items()))
        with _without_indexes(cursor):
            cursor.execute(ORGANISASI)
            for statement in (HISTORY, RUNNING_YEAR):
                cursor.execute(statement, {"awarded": AWARDED, "history": HISTORY_SHARE})
            cursor.execute(RAB)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"VACUUM ANALYZE {table}")
        cursor.execute("CHECKPOINT")
    connection.close()
