"""Rules about who gets how much of the whole: places and legislators."""

from app.sabilulungan.flags.sql import GRANTED
from app.services.integrity.parameters import Param
from app.services.integrity.rules import MEDIUM, Column, RedFlag
from app.services.ui.i18n import lazy

# A region of few kecamatan has large parts by nature: the part must also be several times the even one.
SHARES = """
WITH parts AS (
    SELECT h.tahun, {part} AS part, count(*) AS n, sum(h.amount_granted)::bigint AS jumlah FROM hibah h
    WHERE h.region_id = :region_id AND {granted} AND {part} <> '' AND h.tahun IS NOT NULL AND {only} GROUP BY 1, 2
), years AS (
    SELECT tahun, sum(n) AS n, sum(jumlah)::double precision AS jumlah, count(*) AS parts FROM parts GROUP BY 1
), ranked AS (
    SELECT p.*, y.parts, p.jumlah / y.jumlah AS bagian,
        p.jumlah / y.jumlah >= greatest(:bagian, :kali_rata / y.parts) AS high,
        row_number() OVER (PARTITION BY p.tahun ORDER BY p.jumlah DESC, p.part) AS rank
    FROM parts p JOIN years y USING (tahun)
    WHERE y.n >= :minimum_sample AND y.parts >= :paling_sedikit
)
SELECT r.tahun::text AS key, '{kind}' AS subject_type, CASE WHEN r.high THEN r.tahun || '|' || r.part END AS subject,
    CASE WHEN r.high THEN r.part END AS ref, r.tahun AS year, CASE WHEN r.high THEN r.jumlah END AS amount,
    r.part AS bagian_dari, r.n AS penetapan, r.jumlah AS disetujui, r.bagian AS bagian
FROM ranked r WHERE r.rank <= 8 AND EXISTS (SELECT 1 FROM ranked x WHERE x.tahun = r.tahun AND x.high)
ORDER BY r.tahun, r.rank
"""
COLUMNS = (
    Column("penetapan", lazy("Penetapan"), "angka"), Column("disetujui", lazy("Disetujui"), "rupiah"),
    Column("bagian", lazy("Bagian"), "persen"),
)  # fmt: skip
PARAMS = (
    Param("kali_rata", lazy("Kali bagian rata"), "pecahan", 2.5, 1, 50),
    Param("paling_sedikit", lazy("Dibandingkan sedikitnya sekian"), "bilangan", 5, 2, 1000),
)

FLAGS = (
    RedFlag(
        "R31", lazy("Satu kecamatan menerima bagian yang sangat besar"), MEDIUM,
        needs=("hibah.kecamatan_kode", "hibah.amount_granted"), source="sabilulungan-process.md bagian 6",
        innocent=lazy(
            "Lembaga sekota (KONI, MUI) berkantor di satu kecamatan; pembangunan pascabencana di satu tempat."
        ),
        find=SHARES.format(part="h.kecamatan_kode", granted=GRANTED, only="true", kind="kecamatan"),
        columns=(Column("bagian_dari", lazy("Kecamatan")), *COLUMNS),
        params=(Param("bagian", lazy("Bagian nilai paling sedikit"), "pecahan", 0.4, 0.05, 1), *PARAMS),
        minimum_sample=20, chart="bagian",
    ),
    RedFlag(
        "R32", lazy("Satu legislator menguasai pokir"), MEDIUM, needs=("hibah.pokir_anggota", "hibah.amount_granted"),
        source="KPK Jawa Timur 2025: jatah pokir",
        innocent=lazy("Daerah pemilihan yang luas, atau satu usulan besar atas nama beberapa anggota."),
        find=SHARES.format(
            part="h.pokir_anggota", granted=GRANTED, only="h.sumber = 'pokir'", kind="pokir"
        ),
        columns=(Column("bagian_dari", lazy("Legislator")), *COLUMNS),
        params=(Param("bagian", lazy("Bagian nilai paling sedikit"), "pecahan", 0.25, 0.05, 1), *PARAMS),
        minimum_sample=20, chart="bagian",
    ),
)  # fmt: skip
