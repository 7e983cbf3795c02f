"""What the red flags cost: every rule of the grants over 200,000 grants of one region; copied budgets among 50,000.

    python -m bench.integrity        (some minutes, most of them spent on making the rows; a database of its own)

One region with the whole of what imports bring: organisations with sealed numbers' hashes, proposals of ten years, five
budget lines each, payments, accounts, and a purpose in some hundred letters. Three in a hundred break some rule. The
first scan writes every finding with its file in the due process; the second finds them known.
"""

import os
import resource
import sys
import time

from flask import Flask
from sqlalchemy import create_engine, text

from app import create_app
from app.services.integrity import scanning
from app.services.integrity.hits import run as run_rule
from app.services.integrity.rules import flag_of
from app.services.integrity.tuning import defaults
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from bench.figures import Figure, at_most, rounded, tell
from bench.ground import own_database
from config.settings import Settings
from tenants.provision import Order, provision

LARGE, SMALLER = 3201, 3204
GRANTS, BUDGETS = 200_000, 50_000
SCAN_GOAL, COPIES_GOAL = 60.0, 60.0
#: n is a proposal; ten share an organisation's number over ten years, so an organisation asks every other year.
UUID = "(lpad(to_hex(1700000000000 + {0}), 12, '0') || '70008000' || lpad(to_hex({0}), 12, '0'))::uuid"
#: As many words as a region's applicants use; made, so that copies are those that were meant.
WORD = "('kata' || abs(hashtext(n || '-' || k)) % 700)"
CALLED = "ARRAY['Harapan', 'Sinar', 'Mekar', 'Tunas', 'Karya', 'Bina', 'Surya', 'Puspa', 'Giri', 'Sumber', 'Insan']"
ORGANISASI = f"""
INSERT INTO organisasi (region_id, id, legacy_id, nama, nama_norm, legal_class, tgl_terdaftar, alamat, kecamatan_kode,
    kelurahan_kode, lat, lon, ketua, ketua_nik_hash, bendahara, npwp_hash, telepon_hash, email_hash, bank_kode,
    rekening_hash, atas_nama)
SELECT :region, {UUID.format("n")}, 'ORG-' || n, x.nama, upper(x.nama), 'B', date '2004-01-05' + n % 3000,
    'Jl. Desa ' || n || ' No. ' || n % 90, left(x.kel, 8), x.kel, -6.9 - n % 9000 * 0.000171,
    107.6 + n / 9000 * 0.00173,
    'Ketua ' || n, sha256(('k' || n - CASE WHEN n % 400 = 1 THEN 1 ELSE 0 END)::bytea), 'Bendahara ' || n,
    sha256(('w' || n)::bytea), sha256(('t' || n - CASE WHEN n % 500 = 1 THEN 1 ELSE 0 END)::bytea),
    sha256(('e' || n)::bytea), '110', sha256(('r' || n - CASE WHEN n % 300 = 1 THEN 1 ELSE 0 END)::bytea),
    upper(x.nama)
FROM generate_series(0, :grants / 5) n, LATERAL (SELECT
    'Yayasan ' || ({CALLED})[1 + n % 11] || ' ' || ({CALLED})[1 + n / 11 % 11] || ' ' || ({CALLED})[1 + n / 121 % 11]
        || ' ' || n AS nama,
    (:region / 100) || '.' || lpad((:region % 100)::text, 2, '0') || '.' || lpad((1 + n % 40)::text, 2, '0') || '.'
        || (1001 + n / 40 % 8) AS kel) x
"""
HIBAH = f"""
INSERT INTO hibah (region_id, id, nomor, legacy_id, organisasi_id, jenis, rincian_jenis, tahun, siklus, tanggal_masuk,
    judul, tujuan, bidang, kecamatan_kode, kelurahan_kode, amount_requested, amount_recommended, amount_tapd,
    amount_approved, amount_disbursed, amount_accounted, stage, status, sk_no, sk_tgl, nphd_no, nphd_tgl, has_nphd,
    mulai, selesai)
SELECT :region, {UUID.format("n")}, 'B-' || n, 'b-' || n, o.id, 'hibah', 'hibah_uang', x.tahun, 'murni',
    make_date(x.tahun - 1, 2, 1) + n % 130, 'Bantuan ' || n,
    (SELECT string_agg({WORD}, ' ' ORDER BY k) FROM generate_series(1, 22) k),
    (ARRAY['Pendidikan', 'Kesehatan', 'Pertanian', 'Kesejahteraan Sosial'])[1 + n % 4], o.kecamatan_kode,
    o.kelurahan_kode, x.asked, x.given + CASE WHEN n % 200 = 3 THEN x.asked ELSE 0 END, x.given, x.given, x.given,
    x.given,
    11, 'SELESAI', '978/' || n, make_date(x.tahun, 1, 20), '900/' || n, make_date(x.tahun, 2, 1), true,
    make_date(x.tahun, 3, 20), make_date(x.tahun, 10, 1)
FROM generate_series(0, :grants - 1) n CROSS JOIN LATERAL (SELECT (2015 + n % 10)::int AS tahun,
    (7 + n * 7919 % 290) * 250000::bigint + 10000000 AS asked, (7 + n * 7919 % 290) * 200000::bigint AS given) x
JOIN organisasi o ON o.region_id = :region AND o.id = {UUID.format("(n / 10 * 2 + n % 2)")}
"""
RAB = f"""
INSERT INTO hibah_rab (region_id, id, hibah_id, nomor, uraian, satuan, harga_satuan, volume_permil, jumlah)
SELECT :region, gen_random_uuid(), {UUID.format("n")}, k, 'Belanja ' || x.dice % 400, 'paket',
    (1 + x.dice % 700) * 1250, 1000 * (1 + x.dice / 700 % 90), (1 + x.dice % 700) * 1250 * (1 + x.dice / 700 % 90)
FROM generate_series(0, :grants - 1) n, generate_series(1, 5) k, LATERAL (
    -- One in three hundred is a copy of the one seven before it.
    SELECT abs(hashtext((CASE WHEN n % 300 = 8 THEN n - 7 ELSE n END) || '|' || k))::bigint AS dice) x
"""
PENCAIRAN = """
INSERT INTO pencairan (region_id, id, hibah_id, tahap, sp2d_no, sp2d_tgl, jumlah, bank_kode, rekening_hash, atas_nama)
SELECT :region, gen_random_uuid(), h.id, 1, 'SP2D-' || h.nomor, h.nphd_tgl + 9, h.amount_approved, '110',
    o.rekening_hash, o.atas_nama
FROM hibah h JOIN organisasi o ON o.region_id = :region AND o.id = h.organisasi_id WHERE h.region_id = :region
"""
LPJ = """
INSERT INTO lpj (region_id, id, hibah_id, tgl_lpj, keadaan, jumlah_dipakai, pengembalian, sts_no)
SELECT :region, gen_random_uuid(), h.id, make_date(h.tahun::int, 12, 15), 'diterima',
    h.amount_approved - CASE WHEN h.amount_requested % 3000000 = 0 THEN 100000 ELSE 0 END, 100000, 'STS-' || h.nomor
FROM hibah h WHERE h.region_id = :region AND h.nomor NOT LIKE '%77'
"""
STEPS = f"""
INSERT INTO hibah_steps (region_id, id, hibah_id, stage, happened_on, recorded_at)
SELECT :region, gen_random_uuid(), {UUID.format("n")}, k, date '2024-03-01' + (n % 400 * k)::int,
    timestamptz '2024-03-01 03:00Z' + make_interval(days => (n % 400 * k)::int)
FROM generate_series(0, :grants - 1, 20) n, generate_series(1, 7) k
"""


def run() -> list[Figure]:
    """The figures of this room."""
    scale = float(os.environ.get("BENCH_SCALE") or 1)
    with own_database() as settings:
        app = create_app(settings, role="worker")
        for region, label, grants in ((LARGE, "bogor", GRANTS), (SMALLER, "kab-bandung", BUDGETS)):
            with app.app_context():
                list(provision(Order(region, label, "KABUPATEN")))
            _fill(settings, region, round(grants * scale))
        first, second, found = _scans(app)
        copies = _copies(app)
        with app.app_context():
            db.engine.dispose()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        at_most(f"integrity-first-scan-of-{GRANTS}-grants", first, "s", SCAN_GOAL),
        at_most(f"integrity-next-scan-of-{GRANTS}-grants", second, "s", SCAN_GOAL),
        Figure("integrity-findings-of-that-scan", found, "findings"),
        at_most(f"integrity-copies-among-{BUDGETS}-budgets", copies, "s", COPIES_GOAL),
        Figure("integrity-most-memory-of-the-scan", rounded(peak), "MB"),
    ]


def _scans(app: Flask) -> tuple[float, float, int]:
    """Seconds of the first and of the second scan, and how many findings the first wrote."""
    seconds, fresh = [], 0
    for turn in range(2):
        with app.app_context(), acting_for(Context(LARGE, "sistem:bench", "worker")):
            started = time.perf_counter()
            report = scanning.scan("perintah")
            db.session.commit()
            seconds.append(time.perf_counter() - started)
            assert not report.failed, report.failed
            fresh = fresh or report.kept.fresh
            for one in sorted(report.runs, key=lambda run: -run.seconds)[: 8 if turn == 0 else 0]:
                sys.stdout.write(f"  {one.rule} {one.outcome} {one.cases} cases {one.seconds:.1f} s\n")
    return seconds[0], seconds[1], fresh


def _copies(app: Flask) -> float:
    flag = flag_of("R15")
    assert flag is not None
    with app.app_context(), acting_for(Context(SMALLER, "sistem:bench", "worker")):
        scanning.make_room()
        started = time.perf_counter()
        assert run_rule(flag, defaults(flag))
        seconds = time.perf_counter() - started
        db.session.rollback()
    return seconds


def _fill(settings: Settings, region: int, grants: int) -> None:
    """Write the rows as the administrator; the planner is told of them, as autovacuum tells it in a deployment."""
    engine = create_engine(settings.database_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in (ORGANISASI, HIBAH, RAB, PENCAIRAN, LPJ, STEPS):
            # The rows are right by construction; checking each foreign key would double the time.
            connection.execute(text("SET session_replication_role = replica"))
            connection.execute(text(statement), {"region": region, "grants": grants})
        for table in ("organisasi", "hibah", "hibah_rab", "pencairan", "lpj", "hibah_steps"):
            connection.execute(text(f"VACUUM ANALYZE {table}"))
    engine.dispose()


if __name__ == "__main__":
    tell(run())
