"""Rules about proposals that were written by one hand for several applicants."""

from app.sabilulungan.flags import copies
from app.services.integrity.parameters import Param
from app.services.integrity.rules import MEDIUM, Column, RedFlag
from app.services.ui.i18n import lazy

COLUMNS = (
    Column("penerima", lazy("Penerima")), Column("kemiripan", lazy("Kemiripan dengan yang terdekat"), "persen"),
    Column("ukuran", lazy("Baris atau potongan yang dibandingkan"), "angka"),
    Column("diajukan", lazy("Diajukan"), "rupiah"),
)  # fmt: skip
SEVERE = Param("berat", lazy("Tinggi sejak sekian penerima"), "bilangan", 5, 2, 1000)
EVERYWHERE = Param(
    "bagian_umum", lazy("Lebih banyak dari bagian ini serupa: kebiasaan daerah, satu temuan"), "pecahan", 0.2, 0.01, 1
)

FLAGS = (
    RedFlag(
        "R15", lazy("RAB disalin antarpenerima"), MEDIUM, needs=("hibah_rab.uraian",),
        source="sabilulungan.md bagian 3; BPK Jawa Barat 2020 (Tasikmalaya): calo menyiapkan usulan",
        innocent=lazy("Program yang sama untuk banyak kelompok (paket posyandu, BKM) memang ber-RAB sama."),
        find=copies.copied_budgets, columns=COLUMNS,
        params=(
            Param("bagian", lazy("Bagian baris yang sama paling sedikit"), "pecahan", 0.8, 0.5, 1),
            Param("baris", lazy("Baris RAB paling sedikit"), "bilangan", 3, 1, 100),
            Param("peluang", lazy("Pasangan yang wajar terjadi kebetulan"), "pecahan", 0.5, 0.0001, 100),
            EVERYWHERE, SEVERE,
        ),
        minimum_sample=2, chart="kemiripan",
    ),
    RedFlag(
        "R16", lazy("Uraian tujuan disalin antarpenerima"), MEDIUM, needs=("hibah.tujuan",),
        source="sabilulungan.md bagian 3: 6 pasang",
        innocent=lazy(
            "Kelurahan atau OPD dapat membagikan contoh proposal."
        ), find=copies.copied_stories, columns=COLUMNS,
        params=(
            Param("kemiripan", lazy("Kemiripan (Jaccard potongan lima huruf)"), "pecahan", 0.8, 0.5, 1),
            Param("huruf", lazy("Uraian paling pendek (huruf)"), "bilangan", 120, 20, 5000),
            Param("bagian_formulir", lazy(
                "Lebih banyak dari bagian ini: formulir, bukan salinan"
            ), "pecahan", 0.05, 0.001, 1),
            EVERYWHERE, SEVERE,
        ),
        minimum_sample=2, chart="kemiripan",
    ),
)  # fmt: skip
