"""The seven stages of the original process and what the public reads for each.

Source: table `flow` of the original and SOP Lampiran C Perwal Bandung 825/2013.
"""

from dataclasses import dataclass

from app.services.ui.i18n import Lazy, lazy


@dataclass(frozen=True)
class Stage:
    """One stage: who holds the file, and the state that the public reads while it is the last one reached."""

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
)
REGISTERED = "TERDAFTAR"
PUBLIC_STATES = {
    "TERDAFTAR": (lazy("Terdaftar"), "netral"),
    "PROSES_SELEKSI": (lazy("Proses seleksi"), "jalan"),
    "DISETUJUI": (lazy("Disetujui"), "info"),
    "BERJALAN": (lazy("Berjalan"), "baik"),
}


def public_state(stage: int) -> str:
    """The public state of a file whose last stage is `stage` (0: no stage recorded)."""
    return STAGES[stage - 1].state if stage else REGISTERED


def stages_of(state: str) -> list[int]:
    """The stage numbers that the public reads as `state`."""
    return [number for number in range(len(STAGES) + 1) if public_state(number) == state]
