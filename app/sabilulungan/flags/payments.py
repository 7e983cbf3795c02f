"""Rules about money on its way and back: payment, account (LPJ), refund, the next award."""

from app.sabilulungan.flags import names
from app.sabilulungan.flags.sql import ALIVE, GRANTED, JOIN_ORG, NAME, RECIPIENT, REF
from app.services.integrity.parameters import Param
from app.services.integrity.rules import CRITICAL, HIGH, MEDIUM, Column, RedFlag
from app.services.ui.i18n import lazy

PENERIMA = Column("penerima", lazy("Penerima"))
LEMBAGA = Column("lembaga", lazy("Nomor lembaga"))
DICAIRKAN = Column("dicairkan", lazy("Dicairkan"), "rupiah")
APPROVED = Column("disetujui", lazy("Disetujui"), "rupiah")
SP2D = Column("sp2d", lazy("Tanggal SP2D"), "tanggal")
LPJ = Column("lpj", lazy("Tanggal LPJ"), "tanggal")
TAHUN_LALU = Column("usulan_lalu", lazy("Usulan sebelumnya"))
PAID = """
paid AS (
    SELECT hibah_id, min(sp2d_tgl) AS first, max(sp2d_tgl) AS last, sum(jumlah)::bigint AS jumlah
    FROM pencairan WHERE region_id = :region_id GROUP BY 1
)
"""
DUE = "to_date((1 + {year})::text || '-' || :jatuh_tempo, 'YYYY-MM-DD')"
# The original knew no payments and no accounts, only photos on its site: those without any are one case a year.
LATE_ACCOUNT = f"""
WITH {PAID}, due AS (
    SELECT h.id, p.jumlah, p.last, l.keadaan, l.tgl_lpj,
        {DUE.format(year="coalesce(CAST(extract(year FROM p.last) AS bigint), h.tahun)")} AS due
    FROM hibah h LEFT JOIN paid p ON p.hibah_id = h.id
    LEFT JOIN lpj l ON l.region_id = :region_id AND l.hibah_id = h.id
    WHERE h.region_id = :region_id AND {ALIVE} AND coalesce(p.jumlah, h.amount_disbursed) > 0 AND h.tahun IS NOT NULL
), late AS (
    SELECT d.*, CASE
        WHEN d.keadaan IN ('diajukan', 'diterima') AND d.tgl_lpj IS NULL THEN 0
        WHEN d.keadaan IN ('diajukan', 'diterima', 'terlambat') AND d.tgl_lpj IS NOT NULL
            THEN greatest(d.tgl_lpj - d.due, CASE WHEN d.keadaan = 'terlambat' THEN 1 ELSE 0 END)
        ELSE CAST(:today AS date) - d.due END AS days
    FROM due d
)
SELECT h.id AS subject, {REF} AS ref, h.tahun AS year, coalesce(t.jumlah, h.amount_disbursed) AS amount,
    CAST(h.id AS text) AS key, CASE WHEN t.days > :hari_kritis THEN 'C' WHEN t.days > :hari_tinggi THEN 'H' ELSE 'M' END
    AS severity, {NAME} AS penerima, coalesce(t.jumlah, h.amount_disbursed) AS dicairkan, t.last AS sp2d,
    t.due AS jatuh_tempo, t.tgl_lpj AS lpj, t.days AS hari_lewat
FROM late t JOIN hibah h ON h.region_id = :region_id AND h.id = t.id {JOIN_ORG}
WHERE t.days > :hari
UNION ALL
SELECT h.id, {REF}, h.tahun, h.amount_granted, 'situs|' || h.tahun, 'M', {NAME}, NULL, NULL,
    {DUE.format(year="h.tahun")}, NULL, CAST(:today AS date) - {DUE.format(year="h.tahun")}
FROM hibah h {JOIN_ORG}
WHERE h.region_id = :region_id AND h.status = '' AND {GRANTED} AND h.lpj_media = 0 AND h.lpj_date IS NULL
    AND h.amount_disbursed IS NULL AND h.tahun IS NOT NULL AND CAST(:today AS date) > {DUE.format(year="h.tahun")}
    AND NOT EXISTS (SELECT 1 FROM lpj l WHERE l.region_id = :region_id AND l.hibah_id = h.id)
ORDER BY 5, 2
"""
OPEN_ACCOUNT = f"""
WITH {PAID}, open AS (
    SELECT {RECIPIENT} AS recipient, h.id, {REF} AS ref, h.tahun, l.tgl_lpj, l.keadaan,
        coalesce(p.jumlah, h.amount_disbursed) AS jumlah
    FROM hibah h LEFT JOIN paid p ON p.hibah_id = h.id
    LEFT JOIN lpj l ON l.region_id = :region_id AND l.hibah_id = h.id
    WHERE h.region_id = :region_id AND {ALIVE} AND coalesce(p.jumlah, h.amount_disbursed) > 0
        AND NOT (h.status = 'SELESAI' AND l.tgl_lpj IS NULL)
        AND NOT (coalesce(l.keadaan, '') IN ('diajukan', 'diterima') AND l.tgl_lpj IS NULL)
), awarded AS (
    SELECT {RECIPIENT} AS recipient, h.id, h.tahun, coalesce(h.sk_tgl, h.nphd_tgl, h.tanggal_masuk) AS decided
    FROM hibah h WHERE h.region_id = :region_id AND {GRANTED}
), first AS (
    SELECT DISTINCT ON (a.id) a.id, a.decided, o.ref, o.tahun, o.tgl_lpj, o.keadaan, o.jumlah
    FROM awarded a JOIN open o ON o.recipient = a.recipient AND o.tahun < a.tahun
        AND (o.tgl_lpj IS NULL OR o.tgl_lpj > a.decided)
    ORDER BY a.id, o.tahun
)
SELECT h.id AS subject, {REF} AS ref, h.tahun AS year, h.amount_granted AS amount, {NAME} AS penerima,
    f.decided AS ditetapkan, h.amount_granted AS disetujui, f.ref AS usulan_lalu, f.jumlah AS dicairkan,
    f.tgl_lpj AS lpj
FROM first f JOIN hibah h ON h.region_id = :region_id AND h.id = f.id {JOIN_ORG} ORDER BY 2
"""
CONSECUTIVE = f"""
WITH awards AS (
    SELECT {RECIPIENT} AS recipient, h.id, {REF} AS ref, h.tahun, h.amount_granted FROM hibah h {JOIN_ORG}
    WHERE h.region_id = :region_id AND {GRANTED} AND h.rincian_jenis <> 'bansos_tak_terencana'
        AND coalesce(o.legal_class, '') <> ALL(:dikecualikan)
), again AS (
    SELECT a.id, string_agg(DISTINCT b.ref, ', ' ORDER BY b.ref) AS refs, sum(b.amount_granted)::bigint AS jumlah
    FROM awards a JOIN awards b ON b.recipient = a.recipient AND b.tahun BETWEEN a.tahun - :jeda AND a.tahun - 1
    GROUP BY a.id
)
SELECT h.id AS subject, {REF} AS ref, h.tahun AS year, h.amount_granted AS amount, {NAME} AS penerima,
    coalesce(o.legal_class, '') AS golongan, h.amount_granted AS disetujui, g.refs AS usulan_lalu,
    g.jumlah AS jumlah_lalu
FROM again g JOIN hibah h ON h.region_id = :region_id AND h.id = g.id {JOIN_ORG} ORDER BY 2
"""
YEAR_END = """
SELECT year || '|' || bidang AS key, 'opd' AS subject_type, year || '|' || bidang AS subject,
    coalesce(max(kode), bidang) AS ref, year, sum(jumlah) FILTER (WHERE rush)::bigint AS amount, bidang AS opd,
    count(*) AS pembayaran, count(*) FILTER (WHERE rush) AS akhir_tahun, sum(jumlah)::bigint AS dicairkan,
    sum(jumlah) FILTER (WHERE rush)::double precision / sum(jumlah)::double precision AS bagian
FROM (
    SELECT CAST(extract(year FROM p.sp2d_tgl) AS bigint) AS year, h.bidang, d.kode, p.jumlah,
        extract(month FROM p.sp2d_tgl) = 12 AND extract(day FROM p.sp2d_tgl) > 31 - :hari AS rush
    FROM pencairan p JOIN hibah h ON h.region_id = :region_id AND h.id = p.hibah_id
    LEFT JOIN opd d ON d.region_id = :region_id AND d.bidang = h.bidang
    WHERE p.region_id = :region_id AND h.bidang <> '' AND p.jumlah > 0
) paid
GROUP BY year, bidang
HAVING count(*) >= :minimum_sample AND sum(jumlah) FILTER (WHERE rush) >= :bagian * sum(jumlah)
ORDER BY 1
"""
BEFORE_MONEY = f"""
WITH {PAID}
SELECT h.id AS subject, {REF} AS ref, h.tahun AS year, p.jumlah AS amount, {NAME} AS penerima, h.mulai AS mulai,
    h.selesai AS selesai, p.first AS sp2d, p.first - h.selesai AS hari_sebelum, p.jumlah AS dicairkan
FROM paid p JOIN hibah h ON h.region_id = :region_id AND h.id = p.hibah_id {JOIN_ORG}
WHERE {ALIVE} AND p.first - h.selesai > :hari ORDER BY 2
"""
NOT_RETURNED = f"""
WITH {PAID}, rest AS (
    SELECT h.id, coalesce(p.jumlah, h.amount_disbursed) AS jumlah, l.jumlah_dipakai, l.pengembalian, l.sts_no,
        l.tgl_lpj,
        coalesce(p.jumlah, h.amount_disbursed) - l.jumlah_dipakai
            - CASE WHEN l.sts_no <> '' THEN coalesce(l.pengembalian, 0) ELSE 0 END AS sisa
    FROM lpj l JOIN hibah h ON h.region_id = :region_id AND h.id = l.hibah_id
    LEFT JOIN paid p ON p.hibah_id = h.id
    WHERE l.region_id = :region_id AND l.keadaan <> 'belum'
)
SELECT h.id AS subject, {REF} AS ref, h.tahun AS year, r.sisa AS amount, {NAME} AS penerima, r.jumlah AS dicairkan,
    r.jumlah_dipakai AS dipakai, r.pengembalian AS pengembalian, r.sts_no AS sts, r.tgl_lpj AS lpj, r.sisa AS sisa
FROM rest r JOIN hibah h ON h.region_id = :region_id AND h.id = r.id {JOIN_ORG}
WHERE r.sisa > :toleransi AND CAST(:today AS date) - coalesce(r.tgl_lpj, CAST(:today AS date)) > :hari ORDER BY 2
"""
DAYS = Param("hari", lazy("Hari yang dibiarkan"), "bilangan", 0, 0, 365)
PAYEE = (
    PENERIMA, LEMBAGA, Column("dibayarkan_kepada", lazy("Nama pada rekening")),
    Column("rekening", lazy(
        "Rekening (tiga angka terakhir)"
    )), Column("yang_berbeda", lazy("Yang berbeda")), SP2D, DICAIRKAN,
)  # fmt: skip
PAYEE_FACTS = ("dibayarkan_kepada", "rekening")
LIKENESS = Param("kemiripan", lazy("Kemiripan nama paling sedikit"), "pecahan", 0.85, 0.3, 1)

FLAGS = (
    RedFlag(
        "R19", lazy("LPJ terlambat atau tidak ada"), MEDIUM, needs=("hibah.amount_disbursed|hibah.amount_granted",),
        source="Permendagri 32/2011 ps. 19(3): 10 Januari; sabilulungan.md bagian 3: 611 dari 650 tanpa LPJ di situs",
        innocent=lazy("LPJ dapat sudah diserahkan di atas kertas, atau Perkada menetapkan tanggal lain."),
        find=LATE_ACCOUNT,
        columns=(
            PENERIMA, DICAIRKAN, SP2D, Column("jatuh_tempo", lazy("Jatuh tempo"), "tanggal"), LPJ,
            Column("hari_lewat", lazy("Hari lewat"), "angka"),
        ),
        params=(
            Param("jatuh_tempo", lazy(
                "Jatuh tempo tahun berikutnya (bulan-tanggal)"
            ), "tanggal-tahunan", "01-10"), DAYS,
            Param("hari_tinggi", lazy("Tinggi sejak (hari)"), "bilangan", 30, 1, 365),
            Param("hari_kritis", lazy("Kritis sejak (hari)"), "bilangan", 90, 2, 730),
        ),
        chart="hari_lewat",
    ),
    RedFlag(
        "R20", lazy("Ditetapkan lagi sementara LPJ lama belum selesai"), CRITICAL,
        needs=("hibah.amount_granted", "hibah.amount_disbursed"), source="sabilulungan-process.md bagian 3, RJ07",
        innocent=lazy("LPJ lama diterima tetapi belum dicatat."), find=OPEN_ACCOUNT,
        columns=(
            PENERIMA, Column("ditetapkan", lazy("Ditetapkan"), "tanggal"), APPROVED, TAHUN_LALU, DICAIRKAN, LPJ,
        ),
        chart="disetujui",
    ),
    RedFlag(
        "R21", lazy("Menerima tahun berturut-turut"), HIGH, needs=("hibah.tahun", "hibah.amount_granted"),
        source="Permendagri 32/2011 ps. 4(4); pengecualian 123/2018",
        innocent=lazy(
            "Lembaga yang dibentuk peraturan (KONI, PMI, Pramuka) boleh menerima setiap tahun; perbarui golongannya."
        ),
        find=CONSECUTIVE,
        columns=(
            PENERIMA, Column("golongan", lazy("Golongan")), APPROVED, TAHUN_LALU,
            Column("jumlah_lalu", lazy("Jumlah sebelumnya"), "rupiah"),
        ),
        params=(
            Param("jeda", lazy("Jeda paling sedikit (tahun)"), "bilangan", 1, 1, 5),
            Param("dikecualikan", lazy("Golongan yang dikecualikan"), "teks-banyak", ["A1", "C", "D", "E", "F", "G"]),
        ),
        chart="disetujui",
    ),
    RedFlag(
        "R34", lazy("Pencairan menumpuk di akhir tahun"), MEDIUM, needs=("pencairan.sp2d_tgl", "hibah.bidang"),
        source="sabilulungan-process.md bagian 6", find=YEAR_END, minimum_sample=10, chart="bagian",
        innocent=lazy("APBD Perubahan yang terlambat disahkan mendorong pencairan ke Desember."),
        columns=(
            Column("opd", lazy("Bidang")), Column("pembayaran", lazy("Pembayaran"), "angka"),
            Column("akhir_tahun", lazy("Di akhir tahun"), "angka"), DICAIRKAN,
            Column("bagian", lazy("Bagian nilai"), "persen"),
        ),
        params=(
            Param("hari", lazy("Hari terakhir Desember"), "bilangan", 10, 1, 31),
            Param("bagian", lazy("Bagian nilai paling sedikit"), "pecahan", 0.3, 0.05, 1),
        ),
    ),
    RedFlag(
        "R35", lazy("Kegiatan selesai sebelum uang cair"), MEDIUM, needs=("pencairan.sp2d_tgl", "hibah.selesai"),
        source="Perwal Bandung 777/2013 ps. 13(1a)e",
        innocent=lazy("Jadwal pada usulan tidak diperbarui setelah pencairan mundur."), find=BEFORE_MONEY,
        columns=(
            PENERIMA, Column("mulai", lazy("Mulai"), "tanggal"), Column("selesai", lazy("Selesai"), "tanggal"), SP2D,
            Column("hari_sebelum", lazy("Hari sebelum SP2D"), "angka"), DICAIRKAN,
        ),
        params=(DAYS,), chart="hari_sebelum",
    ),
    RedFlag(
        "R36", lazy("Rekening tujuan berbeda nama atau berbeda dari yang terdaftar"), HIGH,
        needs=("pencairan.atas_nama|pencairan.rekening_hash", "organisasi.nama"), source="BPK 2012: Rp 6,83 miliar",
        innocent=lazy("Bank menyingkat nama; rekening diganti sah karena bank bergabung atau pengurus berganti."),
        find=names.mismatched_payees, columns=PAYEE, params=(LIKENESS,), chart="dicairkan", facts=PAYEE_FACTS,
    ),
    RedFlag(
        "R37", lazy("Sisa dana tidak dikembalikan"), HIGH, needs=("lpj.jumlah_dipakai", "lpj.sts_no"),
        source="KPK Jawa Timur 2025: Rp 1,3 dari 2,9 miliar belum kembali",
        innocent=lazy("Setoran sudah dilakukan tetapi nomor STS belum dicatat."), find=NOT_RETURNED,
        columns=(
            PENERIMA, DICAIRKAN, Column("dipakai", lazy("Dipakai"), "rupiah"),
            Column("pengembalian", lazy("Dikembalikan"), "rupiah"), Column("sts", lazy("Nomor STS")), LPJ,
            Column("sisa", lazy("Sisa"), "rupiah"),
        ),
        params=(
            Param("hari", lazy("Hari sejak LPJ"), "bilangan", 30, 0, 365),
            Param("toleransi", lazy("Selisih yang dibiarkan (rupiah)"), "rupiah", 0, 0, 10**9),
        ),
        chart="sisa",
    ),
    RedFlag(
        "R46", lazy("Dibayarkan kepada nama dan rekening lain"), CRITICAL,
        needs=("pencairan.atas_nama", "pencairan.rekening_hash", "organisasi.rekening_hash"),
        source="BPK 2012: dibayar kepada yang tidak sesuai SK; KPK Jawa Timur 2025",
        innocent=lazy("Lembaga berganti nama dan rekening dengan akta baru yang belum dicatat."),
        find=names.replaced_payees, columns=PAYEE, params=(LIKENESS,), chart="dicairkan", facts=PAYEE_FACTS,
    ),
)  # fmt: skip
