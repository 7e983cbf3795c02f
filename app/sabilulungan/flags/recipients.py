"""Rules about who receives: the same one twice, or several who share what strangers do not share."""

from app.sabilulungan.flags import names, neighbours
from app.sabilulungan.flags.sql import ALIVE, BODY, JOIN_ORG, NAME, RECIPIENT, REF
from app.services.integrity.parameters import Param
from app.services.integrity.rules import CRITICAL, HIGH, MEDIUM, Column, RedFlag
from app.services.ui.i18n import lazy

PENERIMA = Column("penerima", lazy("Penerima"))
DIAJUKAN = Column("diajukan", lazy("Diajukan"), "rupiah")
LEMBAGA = Column("lembaga", lazy("Nomor lembaga"))
ALAMAT = Column("alamat", lazy("Alamat"))

# Two uses count only when somebody else used the account within the window: banks give numbers out again.
SHARED_ACCOUNT = f"""
WITH uses AS (
    SELECT o.rekening_hash AS account, h.id, {BODY} AS holder,
        coalesce(h.sk_tgl, h.tanggal_masuk, make_date(CAST(h.tahun AS integer), 1, 1)) AS day
    FROM hibah h JOIN organisasi o ON o.region_id = :region_id AND o.id = h.organisasi_id
    WHERE h.region_id = :region_id AND o.rekening_hash IS NOT NULL AND {ALIVE}
    UNION ALL
    SELECT p.rekening_hash, h.id, CASE WHEN o.id IS NULL THEN {RECIPIENT} ELSE {BODY} END, p.sp2d_tgl
    FROM pencairan p JOIN hibah h ON h.region_id = :region_id AND h.id = p.hibah_id {JOIN_ORG}
    WHERE p.region_id = :region_id AND p.rekening_hash IS NOT NULL
), shared AS (
    SELECT account FROM uses GROUP BY account HAVING count(DISTINCT holder) >= :minimum_sample
), touching AS (
    SELECT DISTINCT a.account, a.id FROM uses a JOIN shared USING (account)
    JOIN uses b ON b.account = a.account AND b.holder <> a.holder AND abs(a.day - b.day) <= :hari
)
SELECT encode(t.account, 'hex') AS key, h.id AS subject, {REF} AS ref, h.tahun AS year,
    h.amount_requested AS amount, {NAME} AS penerima, coalesce(o.legacy_id, '') AS lembaga,
    h.amount_requested AS diajukan, h.amount_disbursed AS dicairkan
FROM touching t JOIN hibah h ON h.region_id = :region_id AND h.id = t.id {JOIN_ORG}
ORDER BY 1, h.tahun, 3
"""
SHARED_CONTACT = f"""
WITH used AS (
    SELECT o.id, {BODY} AS body, c.kind, c.hash FROM organisasi o
    CROSS JOIN LATERAL (VALUES ('telepon', o.telepon_hash), ('surel', o.email_hash)) c (kind, hash)
    WHERE o.region_id = :region_id AND c.hash IS NOT NULL
), shared AS (
    SELECT kind, hash, count(DISTINCT body) AS bodies FROM used GROUP BY 1, 2
    HAVING count(DISTINCT body) >= :minimum_sample
)
SELECT s.kind || encode(s.hash, 'hex') AS key, h.id AS subject, {REF} AS ref, h.tahun AS year,
    h.amount_requested AS amount, o.nama AS penerima, coalesce(o.legacy_id, '') AS lembaga, s.kind AS yang_sama,
    h.amount_requested AS diajukan
FROM shared s JOIN used u ON u.kind = s.kind AND u.hash = s.hash
JOIN organisasi o ON o.region_id = :region_id AND o.id = u.id
JOIN hibah h ON h.region_id = :region_id AND h.organisasi_id = u.id
WHERE {ALIVE} ORDER BY 1, h.tahun, 3
"""
# By NIK; by the names of chair and treasurer only together, in one kecamatan, and where no NIK says otherwise.
INTERLOCKED = f"""
WITH seats AS (
    SELECT h.tahun, h.id, {BODY} AS body, s.person, o.ketua_nik_hash AS nik FROM hibah h
    JOIN organisasi o ON o.region_id = :region_id AND o.id = h.organisasi_id
    CROSS JOIN LATERAL (VALUES
        ('nik' || encode(o.ketua_nik_hash, 'hex')),
        (CASE WHEN least(length(o.ketua), length(o.bendahara)) >= :huruf_nama THEN
            'nama' || lower(regexp_replace(o.ketua || '|' || o.bendahara, '[^[:alnum:]|]+', ' ', 'g')) || '|'
            || o.kecamatan_kode END)
    ) s (person)
    WHERE h.region_id = :region_id AND {ALIVE} AND h.tahun IS NOT NULL AND s.person IS NOT NULL
), together AS (
    SELECT tahun, person FROM seats GROUP BY 1, 2
    HAVING count(DISTINCT body) >= :minimum_sample AND count(DISTINCT nik) <= 1
)
SELECT s.tahun || s.person AS key, h.id AS subject, {REF} AS ref, h.tahun AS year, h.amount_requested AS amount,
    o.nama AS penerima, coalesce(o.legacy_id, '') AS lembaga, o.ketua AS ketua,
    CASE WHEN left(s.person, 3) = 'nik' THEN 'NIK ketua' ELSE 'ketua dan bendahara' END AS yang_sama,
    h.amount_requested AS diajukan
FROM together t JOIN seats s ON s.tahun = t.tahun AND s.person = t.person
JOIN hibah h ON h.region_id = :region_id AND h.id = s.id {JOIN_ORG} ORDER BY 1, 3
"""
# Government bodies and companies (classes C to F) are not founded to receive.
NEW_ORGANISATION = f"""
SELECT h.id AS subject, {REF} AS ref, h.tahun AS year, h.amount_requested AS amount, o.nama AS penerima,
    coalesce(o.legacy_id, '') AS lembaga, o.tgl_terdaftar AS terdaftar, h.tanggal_masuk AS masuk,
    h.tanggal_masuk - o.tgl_terdaftar AS hari_sejak_terdaftar, h.amount_requested AS diajukan,
    CASE WHEN h.tanggal_masuk - o.tgl_terdaftar < greatest(0, :tahun_minimum * 365) OR h.tanggal_masuk < o.tgl_terdaftar
        THEN 'H' ELSE 'M' END AS severity
FROM hibah h JOIN organisasi o ON o.region_id = :region_id AND o.id = h.organisasi_id
WHERE h.region_id = :region_id AND {ALIVE} AND o.legal_class NOT IN ('C', 'D', 'E', 'F')
    AND h.tanggal_masuk - o.tgl_terdaftar < greatest(:hari, :tahun_minimum * 365)
ORDER BY 2
"""

FLAGS = (
    RedFlag(
        "R02", lazy("Penerima yang sama mengajukan lebih dari sekali dalam satu tahun"), HIGH,
        needs=("hibah.tahun", "hibah.judul"), source="sabilulungan-process.md bagian 6; DKI 2017",
        innocent=lazy(
            "Dua organisasi yang memang berbeda dapat bernama mirip; satu organisasi dapat mengajukan lagi untuk "
            "APBD Perubahan."
        ),
        find=names.repeated_recipients,
        columns=(PENERIMA, Column("yang_sama", lazy("Yang sama")), Column("opd", lazy("Bidang")), DIAJUKAN),
        params=(
            Param("kemiripan", lazy("Kemiripan nama (Jaro-Winkler)"), "pecahan", 0.92, 0.5, 1.0),
            Param("kemiripan_inti", lazy("Kemiripan inti nama (tanpa kata umum)"), "pecahan", 0.85, 0.5, 1.0),
        ),
        minimum_sample=2, chart="diajukan",
    ),
    RedFlag(
        "R04", lazy("Satu rekening dipakai beberapa penerima"), CRITICAL,
        needs=("pencairan.rekening_hash|organisasi.rekening_hash",),
        source="KPK Jawa Timur 2025: 757 rekening; temuan BPK penerima fiktif",
        innocent=lazy(
            "Cabang satu yayasan induk dapat berbagi rekening; bansos dapat disalurkan lewat rekening penampung "
            "bank."
        ),
        find=SHARED_ACCOUNT,
        columns=(PENERIMA, LEMBAGA, DIAJUKAN, Column("dicairkan", lazy("Dicairkan"), "rupiah")),
        params=(Param("hari", lazy("Paling jauh berselang (hari)"), "bilangan", 1095, 1, 3650),),
        minimum_sample=2, chart="diajukan",
    ),
    RedFlag(
        "R05", lazy("Beberapa organisasi di satu alamat"), MEDIUM,
        needs=("organisasi.alamat|organisasi.lat",), source="ICW Banten 2011: alamat berulang",
        innocent=lazy(
            "Gedung bersama, kantor RW atau kompleks masjid dapat menaungi beberapa organisasi; daftarkan alamatnya "
            "sebagai gedung bersama."
        ),
        find=neighbours.shared_places,
        columns=(PENERIMA, LEMBAGA, ALAMAT, Column("yang_sama", lazy("Yang sama")), DIAJUKAN),
        params=(
            Param("meter", lazy("Jarak paling jauh (meter)"), "bilangan", 15, 1, 500),
            Param("satu_titik", lazy(
                "Lebih banyak lembaga di satu titik persis: titik tengah wilayah"
            ), "bilangan", 10, 3, 1000),
            Param("gedung_bersama", lazy(
                "Gedung bersama yang terdaftar (alamat, dipisah titik koma)"
            ), "teks-banyak", []),
        ),
        minimum_sample=3, chart="diajukan",
    ),
    RedFlag(
        "R06", lazy("Beberapa organisasi memakai telepon atau surel yang sama"), MEDIUM,
        needs=("organisasi.telepon_hash|organisasi.email_hash",),
        source="data Bandung 2013-16: 17 dari 287 telepon dipakai beberapa judul",
        innocent=lazy("Kantor kelurahan atau pendamping resmi dapat menjadi kontak beberapa kelompok."),
        find=SHARED_CONTACT, columns=(PENERIMA, LEMBAGA, Column("yang_sama", lazy("Yang sama")), DIAJUKAN),
        minimum_sample=2, chart="diajukan",
    ),
    RedFlag(
        "R07", lazy("Pengurus yang sama pada beberapa organisasi penerima"), HIGH,
        needs=("organisasi.ketua_nik_hash|organisasi.bendahara",), source="sabilulungan-process.md bagian 6",
        innocent=lazy("Satu orang dapat sah memimpin dua lembaga; nama ketua dan bendahara dapat kebetulan sama."),
        find=INTERLOCKED,
        columns=(PENERIMA, LEMBAGA, Column("ketua", lazy("Ketua")), Column("yang_sama", lazy("Yang sama")), DIAJUKAN),
        params=(Param("huruf_nama", lazy("Nama paling pendek yang dibandingkan (huruf)"), "bilangan", 8, 3, 40),),
        minimum_sample=2, chart="diajukan",
    ),
    RedFlag(
        "R12", lazy("Organisasi baru terdaftar saat mengajukan"), MEDIUM,
        needs=("organisasi.tgl_terdaftar", "hibah.tanggal_masuk"),
        source="Permendagri 32/2011 ps. 7(2)a (3 tahun), diganti 14/2016: atur menurut Perkada daerah",
        innocent=lazy("Kelompok lama dapat baru berbadan hukum; tanggal terdaftar dapat tanggal pendaftaran ulang."),
        find=NEW_ORGANISATION,
        columns=(
            PENERIMA, LEMBAGA, Column("terdaftar", lazy("Terdaftar"), "tanggal"),
            Column("masuk", lazy("Usulan masuk"), "tanggal"),
            Column("hari_sejak_terdaftar", lazy("Hari sejak terdaftar"), "angka"), DIAJUKAN,
        ),
        params=(
            Param("hari", lazy("Kurang dari sekian hari sejak terdaftar"), "bilangan", 365, 1, 3650),
            Param("tahun_minimum", lazy("Syarat tahun terdaftar menurut Perkada (0: tidak ada)"), "bilangan", 0, 0, 10),
        ),
        chart="hari_sejak_terdaftar",
    ),
)  # fmt: skip
