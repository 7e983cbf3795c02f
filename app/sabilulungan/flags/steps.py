"""Rules about the way of a file: steps in the wrong order, written down afterwards, past the window, by tired hands."""

from app.sabilulungan.flags import desks
from app.sabilulungan.flags.sql import ALIVE, JOIN_ORG, NAME, REF
from app.services.integrity.parameters import Param
from app.services.integrity.rules import HIGH, MEDIUM, Column, RedFlag
from app.services.ui.i18n import lazy

PENERIMA = Column("penerima", lazy("Penerima"))
MASUK = Column("masuk", lazy("Usulan masuk"), "tanggal")
# Each pair of days that may not be the other way round, and stages that are missing or inverted.
DISORDER = f"""
WITH paid AS (
    SELECT hibah_id, min(sp2d_tgl) AS first FROM pencairan WHERE region_id = :region_id GROUP BY 1
), gaps AS (
    SELECT hibah_id, max(stage) > count(*) AS missing, bool_or(before > recorded_at) AS inverted FROM (
        SELECT hibah_id, stage, recorded_at, lag(recorded_at) OVER (PARTITION BY hibah_id ORDER BY stage) AS before
        FROM hibah_steps WHERE region_id = :region_id
    ) s GROUP BY 1 HAVING max(stage) > count(*) OR bool_or(before > recorded_at)
), wrong AS (
    SELECT h.id, p.first, l.tgl_lpj, concat_ws('; ',
        CASE WHEN h.tanggal_masuk - h.sk_tgl > :hari THEN 'SK sebelum usulan masuk' END,
        CASE WHEN h.sk_tgl - h.nphd_tgl > :hari THEN 'NPHD sebelum SK' END,
        CASE WHEN h.nphd_tgl - p.first > :hari THEN 'SP2D sebelum NPHD' END,
        CASE WHEN h.sk_tgl - p.first > :hari THEN 'SP2D sebelum SK' END,
        CASE WHEN p.first - l.tgl_lpj > :hari THEN 'LPJ sebelum SP2D' END,
        CASE WHEN g.missing THEN 'tahap dilompati' END,
        CASE WHEN g.inverted THEN 'tahap dicatat terbalik' END) AS kejanggalan
    FROM hibah h LEFT JOIN paid p ON p.hibah_id = h.id LEFT JOIN gaps g ON g.hibah_id = h.id
    LEFT JOIN lpj l ON l.region_id = :region_id AND l.hibah_id = h.id WHERE h.region_id = :region_id AND {ALIVE}
)
SELECT h.id AS subject, {REF} AS ref, h.tahun AS year, h.amount_granted AS amount, {NAME} AS penerima, w.kejanggalan,
    h.tanggal_masuk AS masuk, h.sk_tgl AS sk, h.nphd_tgl AS nphd, w.first AS sp2d, w.tgl_lpj AS lpj
FROM wrong w JOIN hibah h ON h.region_id = :region_id AND h.id = w.id {JOIN_ORG}
WHERE w.kejanggalan <> '' ORDER BY 2
"""
# Where many files miss the window, the window is not this region's: that is one case, not many.
PAST_WINDOW = f"""
WITH budgeted AS (
    SELECT h.id, h.tahun, h.tanggal_masuk > to_date((h.tahun - 1)::text || '-' || :batas, 'YYYY-MM-DD') AS late
    FROM hibah h WHERE h.region_id = :region_id AND h.siklus = 'murni' AND h.tanggal_masuk IS NOT NULL
        AND h.tahun IS NOT NULL AND greatest(h.amount_tapd, h.amount_approved) > 0 AND {ALIVE}
        AND h.rincian_jenis <> 'bansos_tak_terencana'
), years AS (
    SELECT tahun, count(*) AS n, count(*) FILTER (WHERE late) AS late FROM budgeted GROUP BY 1
)
SELECT CAST(h.id AS text) AS key, 'hibah' AS subject_type, CAST(h.id AS text) AS subject, {REF} AS ref, h.tahun AS year,
    greatest(h.amount_tapd, h.amount_approved) AS amount, {NAME} AS penerima, h.tanggal_masuk AS masuk,
    greatest(h.amount_tapd, h.amount_approved) AS dianggarkan, y.late AS terlambat, y.n AS usulan
FROM budgeted b JOIN years y USING (tahun) JOIN hibah h ON h.region_id = :region_id AND h.id = b.id {JOIN_ORG}
WHERE b.late AND (y.n < :minimum_sample OR y.late <= :bagian_wajar * y.n)
UNION ALL
SELECT 'tahun|' || tahun, 'daerah', 'tahun|' || tahun, CAST(tahun AS text), tahun, NULL, NULL, NULL, NULL, late, n
FROM years WHERE n >= :minimum_sample AND late > :bagian_wajar * n
ORDER BY 4
"""
# One sitting at one desk is one case: whoever wrote many files down on a day answers once.
WRITTEN_LATER = f"""
WITH written AS (
    SELECT s.hibah_id, count(*) AS stages, min(s.recorded_at) AS first, max(s.recorded_at) AS last,
        CAST(min(s.recorded_at) AT TIME ZONE :zone AS date) AS day,
        CAST(max(s.recorded_at) AT TIME ZONE :zone AS date) AS last_day,
        max(CAST(s.recorded_at AT TIME ZONE :zone AS date) - s.happened_on) AS gap
    FROM hibah_steps s WHERE s.region_id = :region_id GROUP BY 1
)
SELECT CASE WHEN w.day = w.last_day AND w.stages >= :tahap THEN 'hari|' || w.day ELSE CAST(h.id AS text) END AS key,
    h.id AS subject, {REF} AS ref, h.tahun AS year, h.amount_granted AS amount, {NAME} AS penerima,
    h.tanggal_masuk AS masuk, w.day AS dicatat, w.stages AS tahap,
    CAST(extract(epoch FROM w.last - w.first) AS bigint) AS detik, w.gap AS hari_belakangan
FROM written w JOIN hibah h ON h.region_id = :region_id AND h.id = w.hibah_id {JOIN_ORG}
WHERE w.day = w.last_day AND w.stages >= :tahap OR w.gap > :hari ORDER BY 1, 3
"""

FLAGS = (
    RedFlag(
        "R28", lazy("Terlalu banyak keputusan dalam satu jam"), MEDIUM, needs=("workflow_steps.recorded_at",),
        source="sabilulungan-process.md bagian 6; Bandung: 82 detik dari tahap 1 sampai 7",
        innocent=lazy("Keputusan rapat yang dicatat sekaligus, atau tindakan massal yang memang diperbolehkan."),
        find=desks.RUSHED,
        columns=(
            Column("jam", lazy("Jam")), Column("keputusan", lazy("Keputusan"), "angka"),
            Column("berkas", lazy("Berkas"), "angka"),
        ),
        params=(Param("per_jam", lazy("Keputusan per jam"), "bilangan", 20, 5, 1000),), chart="keputusan",
    ),
    RedFlag(
        "R29", lazy("Keputusan di luar jam kerja"), MEDIUM, needs=("workflow_steps.recorded_at",),
        source="sabilulungan-process.md bagian 6",
        innocent=lazy("Lembur yang diperintahkan menjelang batas waktu anggaran."), find=desks.out_of_hours,
        columns=(
            Column("waktu", lazy("Waktu")), Column("tindakan", lazy("Tindakan")), Column("nomor", lazy("Nomor berkas")),
            Column("nilai", lazy("Nilai"), "rupiah"),
        ),
        params=(
            Param("sejak", lazy("Sejak jam"), "bilangan", 21, 12, 24),
            Param("sampai", lazy("Sampai jam"), "bilangan", 5, 0, 11),
            Param("per_bulan", lazy("Keputusan sebulan paling sedikit"), "bilangan", 3, 1, 1000),
            Param("nilai", lazy("Satu saja cukup bila nilainya (rupiah)"), "rupiah", 200_000_000, 0, 10**12),
        ),
    ),
    RedFlag(
        "R30", lazy("Urutan langkah atau tanggal dokumen janggal"), HIGH, needs=("hibah.tanggal_masuk",),
        source="sabilulungan-process.md bagian 6", find=DISORDER,
        innocent=lazy("Tanggal dokumen salah ketik, atau satu dokumen dicatat dengan tanggal dokumen lain."),
        columns=(
            PENERIMA, Column("kejanggalan", lazy("Kejanggalan")), MASUK, Column("sk", lazy("Tanggal SK"), "tanggal"),
            Column("nphd", lazy("Tanggal NPHD"), "tanggal"), Column("sp2d", lazy("Tanggal SP2D"), "tanggal"),
            Column("lpj", lazy("Tanggal LPJ"), "tanggal"),
        ),
        params=(Param("hari", lazy("Hari yang dibiarkan"), "bilangan", 0, 0, 90),),
    ),
    RedFlag(
        "R33", lazy("Masuk setelah jendela pengajuan tetapi dianggarkan murni"), HIGH,
        needs=("hibah.siklus", "hibah.tanggal_masuk"), source="Perwal Bandung 691/2014: akhir Juni tahun sebelumnya",
        innocent=lazy(
            "Jendela daerah ini berbeda (atur menurut Perwal), atau usulan kertas masuk lebih dahulu daripada "
            "pencatatannya."
        ),
        find=PAST_WINDOW,
        columns=(
            PENERIMA, MASUK, Column("dianggarkan", lazy("Dianggarkan"), "rupiah"),
            Column("terlambat", lazy("Masuk terlambat tahun itu"), "angka"),
            Column("usulan", lazy("Usulan tahun itu"), "angka"),
        ),
        params=(
            Param("batas", lazy("Batas masuk tahun sebelumnya (bulan-tanggal)"), "tanggal-tahunan", "06-30"),
            Param("bagian_wajar", lazy("Lebih banyak dari bagian ini: jendelanya yang salah"), "pecahan", 0.1, 0, 1),
        ),
        minimum_sample=50, chart="dianggarkan",
    ),
    RedFlag(
        "R43", lazy("Satu pendamping mengajukan sangat banyak dan sangat sering berhasil"), MEDIUM,
        needs=("hibah.pemohon_id",), source="BPK Jawa Barat 2020 (Tasikmalaya): calo menyiapkan usulan",
        innocent=lazy("Pendamping resmi kelurahan membantu banyak warga, dan usulannya lengkap."), find=desks.MILLS,
        columns=(
            Column("bulan", lazy("Bulan")), Column("usulan", lazy("Usulan"), "angka"),
            Column("berhasil", lazy("Bagian berhasil"), "persen"),
            Column("berhasil_umum", lazy("Bagian berhasil semua pemohon"), "persen"),
        ),
        params=(
            Param("per_bulan", lazy("Usulan sebulan lebih dari"), "bilangan", 30, 2, 10_000),
            Param("kali_wajar", lazy("Kali bagian berhasil semua pemohon"), "pecahan", 1.5, 1, 20),
        ),
        chart="usulan",
    ),
    RedFlag(
        "R47", lazy("Tahap dicatat belakangan"), HIGH, needs=("hibah_steps.recorded_at",),
        source="sabilulungan.md temuan 2: 657 dari 666 berkas dicatat seluruhnya pada satu hari",
        innocent=lazy("Pemasukan ulang setelah server dibangun lagi, atau pencatatan berkas kertas lama."),
        find=WRITTEN_LATER,
        columns=(
            PENERIMA, MASUK, Column("dicatat", lazy("Dicatat"), "tanggal"), Column("tahap", lazy("Tahap"), "angka"),
            Column("detik", lazy("Detik dari tahap pertama sampai terakhir"), "angka"),
            Column("hari_belakangan", lazy("Hari belakangan"), "angka"),
        ),
        params=(
            Param("tahap", lazy("Tahap pada hari yang sama paling sedikit"), "bilangan", 4, 2, 11),
            Param("hari", lazy("Hari antara kejadian dan pencatatan"), "bilangan", 7, 1, 365),
        ),
        chart="detik",
    ),
)  # fmt: skip
