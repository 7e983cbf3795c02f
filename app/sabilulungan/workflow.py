"""The life of a proposal as one table, from the draft to the decree.

Source: the process page's section 3 (rows 1-24, 43, 47-49) and the sourced day counts: OPD 14, Tim Pertimbangan 14
working days (Perwal Bandung 825/2013 ps. 13); the others are the page's defaults, which a region changes as data.
"""

from datetime import date
from typing import Any
from uuid import UUID

from app.kernel import clock
from app.kernel.identifiers import uuid7
from app.sabilulungan import rules
from app.sabilulungan.models import Hibah, HibahStep
from app.sabilulungan.stages import stage_of
from app.services.ui.i18n import lazy
from app.services.workflow.process import BACK, OWNER, SYSTEM, Field, Order, Process, State, Transition
from app.tenancy.database import db

ADMIN_REASONS = {
    "RJ01": lazy("di luar wilayah"), "RJ02": lazy("belum cukup lama terdaftar"),
    "RJ03": lazy("tidak lengkap sampai batas waktu"), "RJ04": lazy("di luar masa pengajuan"),
    "RJ05": lazy("bukan golongan yang berhak"), "RJ06": lazy("usulan ganda"),
    "RJ07": lazy("LPJ lama belum selesai"), "RJ08": lazy("dalam daftar hitam"),
    "RJ09": lazy("menerima tahun berturut-turut"), "RJ99": lazy("lainnya"),
}  # fmt: skip
SUBSTANCE_REASONS = {
    "RJ10": lazy("tidak sejalan dengan urusan atau RKPD"), "RJ11": lazy("anggaran tidak wajar"),
    "RJ12": lazy("tidak ditemukan saat tinjauan lapangan"), "RJ13": lazy("sudah didanai sumber lain"),
    "RJ14": lazy("nilai rendah"), "RJ15": lazy("benturan kepentingan"), "RJ16": lazy("status tanah tidak jelas"),
    "RJ99": lazy("lainnya"),
}  # fmt: skip
FISCAL_REASONS = {"RJ20": lazy("kemampuan keuangan daerah")}
BUDGET_REASONS = {
    "RJ21": lazy("dicoret dalam pembahasan DPRD"), "RJ22": lazy("hasil evaluasi gubernur"),
}  # fmt: skip
CANCEL_REASONS = {
    "RJ30": lazy("data palsu"), "RJ31": lazy("ganda"), "RJ32": lazy("meninggal atau bubar"),
    "RJ33": lazy("ditarik penerima"),
}  # fmt: skip
AMOUNT = Field("amount", lazy("Jumlah"), "rupiah", hint=lazy("Rupiah, paling banyak jumlah pada langkah sebelumnya"))
BEFORE_DECREE = (
    "DRAFT", "DIAJUKAN", "DIKEMBALIKAN", "DISPOSISI", "KLASIFIKASI", "EVALUASI", "REKOMENDASI", "PERTIMBANGAN_TAPD",
    "DAFTAR_TUNGGU", "USULAN_ANGGARAN", "DIANGGARKAN",
)  # fmt: skip

STATES = (
    State("DRAFT", lazy("Draf"), "netral", OWNER),
    State("DIAJUKAN", lazy("Pemeriksaan kelengkapan"), "jalan", "tu"),
    State("DIKEMBALIKAN", lazy("Menunggu perbaikan pemohon"), "awas", OWNER, paused=True),
    State("DISPOSISI", lazy("Disposisi kepala daerah"), "jalan", "pimpinan"),
    State("KLASIFIKASI", lazy("Klasifikasi oleh Tim Pertimbangan"), "jalan", "timbang", skip_to="EVALUASI"),
    State("EVALUASI", lazy("Evaluasi OPD"), "jalan", "opd_kepala"),
    State("REKOMENDASI", lazy("Pertimbangan atas rekomendasi"), "jalan", "timbang", skip_to="PERTIMBANGAN_TAPD"),
    State("PERTIMBANGAN_TAPD", lazy("Pertimbangan TAPD"), "jalan", "tapd"),
    State("DAFTAR_TUNGGU", lazy("Daftar tunggu"), "netral", "tapd"),
    State("USULAN_ANGGARAN", lazy("Diusulkan dalam anggaran"), "info", "bendahara"),
    State("DIANGGARKAN", lazy("Dianggarkan"), "info", "pimpinan"),
    State("DITETAPKAN", lazy("Ditetapkan"), "baik", "opd_kepala"),
    State("SANGGAH", lazy("Sanggahan diperiksa"), "awas", "inspektorat"),
    State("DITOLAK", lazy("Ditolak"), "bahaya", OWNER),
    State("DITOLAK_FINAL", lazy("Ditolak, tetap"), "bahaya"),
    State("GUGUR", lazy("Gugur"), "netral", OWNER),
    State("DITARIK", lazy("Ditarik pemohon"), "netral"),
    State("DIBATALKAN", lazy("Dibatalkan"), "netral"),
)
TRANSITIONS = (
    Transition(("DRAFT",), "ajukan", "DIAJUKAN", lazy("Ajukan"), (OWNER,), (rules.has_a_plan,), starts="publik"),
    Transition(BEFORE_DECREE, "tarik", "DITARIK", lazy("Tarik usulan"), (OWNER,), reason="wajib"),
    Transition(("DIAJUKAN",), "terima_lengkap", "DISPOSISI", lazy("Terima: lengkap"), ("tu",), working_days=5,
               reason="boleh", starts="hukum", bulk=True),
    Transition(("DIAJUKAN",), "kembalikan", "DIKEMBALIKAN", lazy("Kembalikan untuk dilengkapi"), ("tu",),
               working_days=5, reason="wajib", returns=True),
    Transition(("DIAJUKAN",), "tolak_admin", "DITOLAK", lazy("Tolak: syarat tidak terpenuhi"), ("tu",),
               working_days=5, reason="wajib", codes=ADMIN_REASONS, returns=True),
    Transition(("DIKEMBALIKAN",), "ajukan_ulang", BACK, lazy("Ajukan lagi"), (OWNER,), (rules.has_a_plan,),
               working_days=10, reason="boleh"),
    Transition(("DIKEMBALIKAN",), "gugurkan", "GUGUR", lazy("Gugur: lewat batas perbaikan"), (SYSTEM,), returns=True),
    Transition(("DISPOSISI",), "disposisi", "KLASIFIKASI", lazy("Teruskan"), ("pimpinan",), working_days=5,
               reason="boleh", bulk=True),
    Transition(("DISPOSISI",), "tolak", "DITOLAK", lazy("Tolak"), ("pimpinan",), working_days=5, reason="wajib",
               codes=SUBSTANCE_REASONS, returns=True),
    Transition(("KLASIFIKASI",), "tetapkan_opd", "EVALUASI", lazy("Tetapkan OPD"), ("timbang",), working_days=5,
               fields=(Field("bidang", lazy("Bidang"), "teks", hint=lazy("Bidang OPD yang mengevaluasi")),)),
    Transition(("EVALUASI",), "alihkan_opd", "KLASIFIKASI", lazy("Bukan urusan OPD ini"), ("opd_kepala",),
               reason="wajib"),
    Transition(("EVALUASI",), "kembalikan", "DIKEMBALIKAN", lazy("Kembalikan untuk diperbaiki"), ("opd_kepala",),
               reason="wajib", returns=True),
    Transition(("EVALUASI",), "rekomendasikan", "REKOMENDASI", lazy("Rekomendasikan"), ("opd_kepala",),
               (rules.amount_is_positive, rules.not_above("amount_recommended")), working_days=14, reason="wajib",
               fields=(AMOUNT,)),
    Transition(("EVALUASI",), "tidak_rekomendasi", "DITOLAK", lazy("Tidak direkomendasikan"), ("opd_kepala",),
               working_days=14, reason="wajib", codes=SUBSTANCE_REASONS, returns=True),
    Transition(("REKOMENDASI",), "setuju_tim", "PERTIMBANGAN_TAPD", lazy("Dapat dipertimbangkan"), ("timbang",),
               working_days=14, reason="boleh", bulk=True),
    Transition(("REKOMENDASI",), "kembali_opd", "EVALUASI", lazy("Kembalikan kepada OPD"), ("timbang",),
               working_days=14, reason="wajib"),
    Transition(("REKOMENDASI",), "tidak_dapat", "DITOLAK", lazy("Tidak dapat dipertimbangkan"), ("timbang",),
               working_days=14, reason="wajib", codes=SUBSTANCE_REASONS, returns=True),
    Transition(("PERTIMBANGAN_TAPD",), "pertimbangkan", "USULAN_ANGGARAN", lazy("Pertimbangkan"), ("tapd",),
               (rules.amount_is_positive, rules.not_above("amount_tapd")), working_days=15, reason="boleh",
               fields=(AMOUNT,)),
    Transition(("PERTIMBANGAN_TAPD",), "daftar_tunggu", "DAFTAR_TUNGGU", lazy("Masukkan daftar tunggu"), ("tapd",),
               working_days=15, reason="wajib"),
    Transition(("PERTIMBANGAN_TAPD",), "tolak_fiskal", "DITOLAK", lazy("Tolak: kemampuan keuangan"), ("tapd",),
               working_days=15, reason="wajib", codes=FISCAL_REASONS, returns=True),
    Transition(("DAFTAR_TUNGGU",), "angkat", "PERTIMBANGAN_TAPD", lazy("Angkat dari daftar tunggu"), ("tapd",),
               reason="wajib"),
    Transition(("USULAN_ANGGARAN",), "masuk_apbd", "DIANGGARKAN", lazy("Masuk APBD"), ("bendahara",), reason="wajib",
               fields=(Field("perkada", lazy("Nomor Perkada Penjabaran APBD")),)),
    Transition(("USULAN_ANGGARAN",), "dicoret", "DITOLAK", lazy("Dicoret"), ("bendahara",), reason="wajib",
               codes=BUDGET_REASONS, returns=True),
    Transition(("DIANGGARKAN",), "tetapkan_sk", "DITETAPKAN", lazy("Tetapkan dengan SK"), ("pimpinan",),
               (rules.amount_is_positive, rules.not_above("amount_approved"), rules.decided_before_the_budget_year),
               working_days=20,
               fields=(AMOUNT, Field("sk_no", lazy("Nomor SK")), Field("sk_tgl", lazy("Tanggal SK"), "tanggal"))),
    Transition(("DIANGGARKAN", "DITETAPKAN"), "batalkan", "DIBATALKAN", lazy("Batalkan"), ("pimpinan",),
               reason="wajib", codes=CANCEL_REASONS),
    Transition(("DITOLAK", "GUGUR"), "sanggah", "SANGGAH", lazy("Ajukan sanggahan"), (OWNER,), reason="wajib"),
    Transition(("DITOLAK",), "tetapkan_tolak", "DITOLAK_FINAL", lazy("Masa sanggah lewat"), (SYSTEM,)),
    Transition(("SANGGAH",), "kabulkan", BACK, lazy("Kabulkan sanggahan"), ("inspektorat",), working_days=10,
               reason="wajib"),
    Transition(("SANGGAH",), "tolak_sanggah", "DITOLAK_FINAL", lazy("Tolak sanggahan"), ("inspektorat",),
               working_days=10, reason="wajib"),
)  # fmt: skip
#: Act -> the proposal's columns that its fields fill, by field.
WRITES: dict[str, dict[str, str]] = {
    "rekomendasikan": {"amount": "amount_recommended"},
    "pertimbangkan": {"amount": "amount_tapd"},
    "tetapkan_sk": {"amount": "amount_approved", "sk_no": "sk_no", "sk_tgl": "sk_tgl"},
    "tetapkan_opd": {"bidang": "bidang"},
}


def apply(proposal: Hibah, action: str, order: Order) -> None:
    """Write what an act's fields brought to the proposal."""
    for field, column in WRITES.get(action, {}).items():
        setattr(proposal, column, order.values[field])


def on_move(proposal: Hibah, state: str, happened_on: date) -> None:
    """Count the public stages that were passed, and keep each with the day on which it was."""
    amounts: dict[str, Any] = {name: getattr(proposal, name) for name in rules.LADDER}
    reached = stage_of(state, amounts)
    for stage in range(proposal.stage + 1, reached + 1):
        db.session.add(
            HibahStep(id=uuid7(), hibah_id=proposal.id, stage=stage, happened_on=happened_on, recorded_at=clock.now())
        )
    proposal.stage = max(proposal.stage, reached)


def _owner(proposal: Hibah) -> UUID | None:
    return proposal.pemohon_id


PROPOSAL = Process(
    code="hibah",
    version=1,
    title=lazy("Usulan hibah dan bansos"),
    model=Hibah,
    states=STATES,
    transitions=TRANSITIONS,
    owner=_owner,
    words=lambda proposal: (proposal.nomor, proposal.judul),
    url=lambda proposal: f"/hibah/{proposal.nomor}",
    apply=apply,
    on_move=on_move,
)
