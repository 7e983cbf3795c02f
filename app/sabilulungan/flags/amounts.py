"""Rules about amounts: the ladder that goes up, splitting, bunching, recommendations that never say no."""

from app.sabilulungan.flags import spread
from app.sabilulungan.flags.sql import ALIVE, JOIN_ORG, NAME, RECIPIENT, REF
from app.services.integrity.parameters import Param
from app.services.integrity.rules import CRITICAL, HIGH, LOW, MEDIUM, Column, RedFlag
from app.services.ui.i18n import lazy

PENERIMA = Column("penerima", lazy("Penerima"))
LADDER = (
    Column("diajukan", lazy("Diajukan"), "rupiah"),
    Column("direkomendasikan", lazy("Direkomendasikan OPD"), "rupiah"),
    Column("ditimbang", lazy("Tim Pertimbangan"), "rupiah"),
    Column("tapd", lazy("Dipertimbangkan TAPD"), "rupiah"),
    Column("disetujui", lazy("Disetujui"), "rupiah"),
    Column("dicairkan", lazy("Dicairkan"), "rupiah"),
    Column("lebih", lazy("Lebihnya"), "rupiah"),
)
STEPS = tuple(column.name for column in LADDER[:-1])
#: Limits that Bandung's rules knew: 50 and 250 million (Perwal 777/2013 ps. 6), 200 (two tranches), 400 (procurement).
LIMITS = Param(
    "ambang", lazy("Ambang (rupiah, dipisah koma)"), "rupiah-banyak",
    [50_000_000, 200_000_000, 250_000_000, 400_000_000], 1_000_000, 10**12,
)  # fmt: skip
AMOUNTS = """
    h.amount_requested AS diajukan, h.amount_recommended AS direkomendasikan, h.amount_considered AS ditimbang,
    h.amount_tapd AS tapd, h.amount_approved AS disetujui, h.amount_disbursed AS dicairkan
"""
# Each step against the least of all steps before it (LEAST and GREATEST pass over what is not known).
EXCESS = """
    greatest(
        h.amount_recommended - h.amount_requested,
        h.amount_considered - least(h.amount_requested, h.amount_recommended),
        h.amount_tapd - least(h.amount_requested, h.amount_recommended, h.amount_considered),
        h.amount_approved - least(h.amount_requested, h.amount_recommended, h.amount_considered, h.amount_tapd),
        h.amount_disbursed - least(h.amount_requested, h.amount_recommended, h.amount_considered, h.amount_tapd,
            h.amount_approved),
        h.amount_accounted - h.amount_disbursed)
"""
LADDER_UP = f"""
SELECT h.id AS subject, {REF} AS ref, h.tahun AS year, h.amount_requested AS amount, {NAME} AS penerima, {AMOUNTS},
    {EXCESS} AS lebih
FROM hibah h {JOIN_ORG}
WHERE h.region_id = :region_id AND {ALIVE} AND {EXCESS} > :toleransi ORDER BY 2
"""
# What never asked (a published list) was never recommended either; unplanned aid needs no recommendation.
WITHOUT_RECOMMENDATION = f"""
SELECT h.id AS subject, {REF} AS ref, h.tahun AS year, greatest(h.amount_tapd, h.amount_approved) AS amount,
    {NAME} AS penerima, {AMOUNTS},
    greatest(h.amount_tapd, h.amount_approved) - coalesce(h.amount_recommended, 0) AS lebih
FROM hibah h {JOIN_ORG}
WHERE h.region_id = :region_id AND {ALIVE} AND h.rincian_jenis <> 'bansos_tak_terencana'
    AND h.amount_requested IS NOT NULL AND greatest(h.amount_tapd, h.amount_approved) > 0
    AND greatest(h.amount_tapd, h.amount_approved) > coalesce(h.amount_recommended, 0) + :toleransi
ORDER BY 2
"""
# One applicant, or one chair behind several; two filings close together, each just under the limit, above it in sum.
SPLIT = f"""
WITH near AS (
    SELECT h.id, h.amount_requested AS asked, h.tanggal_masuk AS day, t.ambang, k.cluster
    FROM hibah h {JOIN_ORG}
    JOIN unnest(CAST(:ambang AS bigint[])) t (ambang) ON h.amount_requested BETWEEN t.ambang * :bawah AND t.ambang
    CROSS JOIN LATERAL (VALUES (1, 'k' || encode(o.ketua_nik_hash, 'hex')), (2, {RECIPIENT})) k (rank, cluster)
    WHERE h.region_id = :region_id AND {ALIVE} AND h.tanggal_masuk IS NOT NULL AND k.cluster IS NOT NULL
), split AS (
    SELECT DISTINCT a.id, a.ambang, a.cluster FROM near a JOIN near b ON b.cluster = a.cluster AND b.ambang = a.ambang
        AND b.id <> a.id AND abs(a.day - b.day) <= :hari AND a.asked + b.asked > a.ambang
)
SELECT s.ambang || s.cluster AS key, h.id AS subject, {REF} AS ref, h.tahun AS year, h.amount_requested AS amount,
    {NAME} AS penerima, h.tanggal_masuk AS masuk, s.ambang AS ambang, h.amount_requested AS diajukan
FROM split s JOIN hibah h ON h.region_id = :region_id AND h.id = s.id {JOIN_ORG} ORDER BY 1, h.tanggal_masuk, 3
"""
SAME_AS_ASKED = """
SELECT h.tahun || '|' || h.bidang AS key, 'opd' AS subject_type, h.tahun || '|' || h.bidang AS subject,
    coalesce(max(d.kode), h.bidang) AS ref, h.tahun AS year, sum(h.amount_recommended) AS amount, h.bidang AS opd,
    count(*) AS usulan, count(*) FILTER (WHERE h.amount_recommended = h.amount_requested) AS sama,
    CAST(count(*) FILTER (WHERE h.amount_recommended = h.amount_requested) AS double precision) / count(*) AS bagian
FROM hibah h LEFT JOIN opd d ON d.region_id = :region_id AND d.bidang = h.bidang
WHERE h.region_id = :region_id AND h.amount_recommended > 0 AND h.bidang <> '' AND h.tahun IS NOT NULL
GROUP BY h.tahun, h.bidang
HAVING count(*) >= :minimum_sample
    AND count(*) FILTER (WHERE h.amount_recommended = h.amount_requested) >= :bagian * count(*)
ORDER BY 1
"""

FLAGS = (
    RedFlag(
        "R08", lazy(
            "Usulan dipecah tepat di bawah ambang"
        ), HIGH, needs=("hibah.tanggal_masuk", "hibah.amount_requested"),
        source="sabilulungan.md bagian 3: tepat 50 juta 79 kali, 50-55 juta sekali",
        innocent=lazy("Dua kegiatan yang memang berbeda dapat sama-sama sebesar batas bantuan yang berlaku."),
        find=SPLIT,
        columns=(
            PENERIMA, Column("masuk", lazy("Usulan masuk"), "tanggal"), Column("ambang", lazy("Ambang"), "rupiah"),
            Column("diajukan", lazy("Diajukan"), "rupiah"),
        ),
        params=(
            LIMITS, Param("bawah", lazy("Sejak bagian dari ambang"), "pecahan", 0.85, 0.5, 1),
            Param("hari", lazy("Paling jauh berselang (hari)"), "bilangan", 90, 1, 730),
        ),
        minimum_sample=2, chart="diajukan",
    ),
    RedFlag(
        "R09", lazy("Nilai menumpuk tepat di bawah ambang"), MEDIUM, needs=("hibah.amount_granted",),
        source="sabilulungan.md bagian 3: 45-50 juta 22 kali, 50-55 juta sekali",
        innocent=lazy(
            "Ambang yang juga angka bulat dipilih orang dengan sendirinya; aturan ini membandingkannya dengan angka "
            "bulat lain."
        ),
        find=spread.bunching,
        columns=(
            Column("batas", lazy("Nilai"), "rupiah"), Column("di_bawah", lazy("Tepat di bawah atau sama"), "angka"),
            Column("di_atas", lazy("Tepat di atas"), "angka"), Column("nisbah", lazy("Nisbah"), "angka"),
        ),
        params=(
            LIMITS, Param("lebar", lazy("Lebar pita (bagian dari ambang)"), "pecahan", 0.05, 0.01, 0.3),
            Param("nisbah", lazy("Nisbah bawah terhadap atas"), "pecahan", 3, 1, 100),
            Param("kali_wajar", lazy("Kali nisbah angka bulat lain"), "pecahan", 2, 1, 100),
        ),
        minimum_sample=20, chart="di_bawah",
    ),
    RedFlag(
        "R10", lazy("Jumlah pada langkah kemudian melebihi langkah sebelumnya"), CRITICAL,
        needs=("hibah.amount_requested", "hibah.amount_recommended|hibah.amount_tapd|hibah.amount_approved"),
        source="sabilulungan.md bagian 3; BPK Bandung 2012: Rp 97,16 miliar tanpa atau di atas rekomendasi",
        innocent=lazy("Salah ketik jumlah yang diajukan, atau usulan diperbarui tanpa dicatat."),
        find=LADDER_UP, columns=(PENERIMA, *LADDER), facts=STEPS,
        params=(Param("toleransi", lazy("Selisih yang dibiarkan (rupiah)"), "rupiah", 0, 0, 10**9),), chart="lebih",
    ),
    RedFlag(
        "R26", lazy("Angka terlalu bulat dibanding daerah ini sendiri"), LOW, needs=("hibah_rab.jumlah",),
        source="sabilulungan.md bagian 3: 69 % baris kelipatan 100.000, 70 juta x114; maka dibanding sebaran daerah",
        innocent=lazy("Harga satuan standar memang bulat; bantuan paket memang satu jumlah untuk semua."),
        find=spread.round_numbers,
        columns=(
            PENERIMA, Column("nilai", lazy("Nilai"), "rupiah"), Column("banyaknya", lazy("Banyaknya"), "angka"),
            Column("bulat", lazy("Yang bulat"), "angka"), Column("bagian", lazy("Bagian yang bulat"), "persen"),
            Column("bagian_daerah", lazy("Bagian di seluruh daerah"), "persen"),
        ),
        params=(
            Param("kelipatan", lazy("Bulat: kelipatan (rupiah)"), "rupiah", 100_000, 1_000, 100_000_000),
            Param("bagian", lazy("Bagian bulat paling sedikit"), "pecahan", 0.7, 0.3, 1),
            Param("peluang", lazy("Banyaknya yang wajar terjadi kebetulan"), "pecahan", 0.05, 0.0001, 5),
            Param("bagian_rumus", lazy("Satu jumlah dipakai bagian penetapan"), "pecahan", 0.1, 0.01, 1),
        ),
        minimum_sample=10, chart="bagian",
    ),
    RedFlag(
        "R44", lazy("Rekomendasi OPD hampir selalu sama dengan permintaan"), LOW, needs=("hibah.amount_recommended",),
        source="sabilulungan.md bagian 3: 458 dari 658 (70 %)",
        innocent=lazy("OPD dapat membahas jumlah dengan pemohon sebelum berkas diajukan."),
        find=SAME_AS_ASKED,
        columns=(
            Column("opd", lazy("Bidang")), Column("usulan", lazy("Usulan"), "angka"),
            Column("sama", lazy("Sama dengan permintaan"), "angka"), Column("bagian", lazy("Bagian"), "persen"),
        ),
        params=(Param("bagian", lazy("Bagian paling sedikit"), "pecahan", 0.9, 0.5, 1),),
        minimum_sample=20, chart="bagian",
    ),
    RedFlag(
        "R45", lazy("Dianggarkan tanpa atau di atas rekomendasi OPD"), CRITICAL,
        needs=("hibah.amount_recommended", "hibah.amount_tapd|hibah.amount_approved"),
        source="BPK LHP 22.A/LHP/XVIII/BDG/05/2013: Rp 97,16 miliar",
        innocent=lazy("Rekomendasi tertulis ada tetapi tidak dicatat pada sistem."),
        find=WITHOUT_RECOMMENDATION, columns=(PENERIMA, *LADDER), facts=STEPS,
        params=(Param("toleransi", lazy("Selisih yang dibiarkan (rupiah)"), "rupiah", 0, 0, 10**9),), chart="lebih",
    ),
)  # fmt: skip
