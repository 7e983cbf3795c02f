"""The public stages of a proposal, and which state of a file belongs to which.

Sources: table `flow` of the original and SOP Lampiran C Perwal Bandung 825/2013 (stages 1-7); the process page's
section 1 for the roll-up of the whole process (8-11).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from app.services.ui.i18n import Lazy, lazy


@dataclass(frozen=True)
class Stage:
    """One stage: who holds the file, and the state that the public reads while it is the last one passed."""

    number: int
    title: Lazy
    role: Lazy
    state: str


STAGES = (
    Stage(1, lazy("Pemeriksaan kelengkapan"), lazy("Bagian Tata Usaha"), "PROSES_SELEKSI"),
    Stage(2, lazy("Pemeriksaan oleh kepala daerah"), lazy("Kepala daerah"), "PROSES_SELEKSI"),
    Stage(3, lazy("Klasifikasi sesuai bidang"), lazy("Tim Pertimbangan"), "PROSES_SELEKSI"),
    Stage(4, lazy("Rekomendasi dana oleh OPD"), lazy("OPD"), "PROSES_SELEKSI"),
    Stage(5, lazy("Verifikasi Tim Pertimbangan"), lazy("Tim Pertimbangan"), "DISETUJUI"),
    Stage(6, lazy("Verifikasi TAPD"), lazy("TAPD"), "DISETUJUI"),
    Stage(7, lazy("Persetujuan kepala daerah"), lazy("Kepala daerah"), "BERJALAN"),
    Stage(8, lazy("NPHD atau pakta integritas"), lazy("Penerima dan kepala daerah"), "BERJALAN"),
    Stage(9, lazy("Pencairan"), lazy("BPKAD"), "BERJALAN"),
    Stage(10, lazy("Laporan pertanggungjawaban (LPJ)"), lazy("Penerima"), "BERJALAN"),
    Stage(11, lazy("Selesai"), lazy("OPD dan BPKAD"), "SELESAI"),
)
#: The original ended at its seventh stage; its records know nothing of what came after.
ORIGINAL_STAGES = 7
REGISTERED, DRAFT = "TERDAFTAR", "DRAFT"
#: Ends on the way; the stage where the file fell stays.
STOPPED = ("DITOLAK", "DITOLAK_FINAL", "GUGUR", "DITARIK", "DIBATALKAN", "WANPRESTASI", "SELESAI_WANPRESTASI")
#: State of a file -> public stages that it has passed (None: read from its amounts).
STATUSES: dict[str, int | None] = {
    "DRAFT": 0, "DIAJUKAN": 0, "DIKEMBALIKAN": 0, "DISPOSISI": 1, "KLASIFIKASI": 2, "EVALUASI": 3, "REKOMENDASI": 4,
    "PERTIMBANGAN_TAPD": 5, "DAFTAR_TUNGGU": 5, "USULAN_ANGGARAN": 6, "DIANGGARKAN": 6, "DITETAPKAN": 7,
    "NPHD_DRAFT": 7, "NPHD_AKTIF": 8, "SIAP_CAIR": 8, "VERIF_CAIR": 8, "SPM": 8, "DICAIRKAN_SEBAGIAN": 8,
    "PENGADAAN": 8, "DISERAHKAN": 9, "DICAIRKAN": 9, "LPJ_TERLAMBAT": 9, "LPJ_DIAJUKAN": 9, "LPJ_PERBAIKAN": 9,
    "PENGEMBALIAN": 10, "SELESAI": 11, "DITOLAK": None, "DITOLAK_FINAL": None, "SANGGAH": None, "GUGUR": None,
    "DITARIK": None, "DIBATALKAN": None, "WANPRESTASI": None, "SELESAI_WANPRESTASI": None,
}  # fmt: skip
PUBLIC_STATES = {
    "TERDAFTAR": (lazy("Terdaftar"), "netral"),
    "PROSES_SELEKSI": (lazy("Proses seleksi"), "jalan"),
    "DISETUJUI": (lazy("Disetujui"), "info"),
    "BERJALAN": (lazy("Berjalan"), "baik"),
    "SELESAI": (lazy("Selesai"), "baik"),
    "DITOLAK": (lazy("Ditolak"), "bahaya"),
    "GUGUR": (lazy("Gugur"), "netral"),
    "DITARIK": (lazy("Ditarik pemohon"), "netral"),
    "DIBATALKAN": (lazy("Dibatalkan"), "netral"),
    "WANPRESTASI": (lazy("Wanprestasi"), "bahaya"),
}


def stage_of(status: str, amounts: Mapping[str, object]) -> int:
    """Public stages passed by a file in `status`; one that was stopped on its way, by the last amount it got."""
    passed = STATUSES[status]
    if passed is not None:
        return passed
    known = (("amount_disbursed", 9), ("amount_approved", 7), ("amount_tapd", 6), ("amount_recommended", 4))
    return next((stage for name, stage in known if amounts.get(name) is not None), 0)


def public_state(stage: int, status: str = "") -> str:
    """What the public reads of a file that passed `stage` stages (0: none recorded) and is in `status`."""
    if status in STOPPED:
        return {"DITOLAK_FINAL": "DITOLAK", "SELESAI_WANPRESTASI": "WANPRESTASI"}.get(status, status)
    return STAGES[stage - 1].state if stage else REGISTERED


def stages_of(state: str) -> list[int]:
    """The numbers of stages passed that the public reads as `state`; empty for an end on the way."""
    return [number for number in range(len(STAGES) + 1) if public_state(number) == state]


def statuses_of(state: str) -> list[str]:
    """The ends on the way that the public reads as `state`; empty for a state of the way itself."""
    return [status for status in STOPPED if public_state(0, status) == state]
