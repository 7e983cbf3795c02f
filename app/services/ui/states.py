"""What a state is called on a page and how serious it looks.

Modules add their own with `register_states`; an unknown state is shown as its name in plain words.
"""

from collections.abc import Mapping
from typing import NamedTuple

from app.services.ui.i18n import Lazy, lazy

KINDS = ("netral", "info", "jalan", "awas", "baik", "bahaya")


class StateLook(NamedTuple):
    label: Lazy | str
    kind: str


_looks: dict[str, StateLook] = {
    code: StateLook(label, kind)
    for code, label, kind in (
        ("DRAF", lazy("Draf"), "netral"),
        ("DIAJUKAN", lazy("Diajukan"), "info"),
        ("DIPROSES", lazy("Sedang diproses"), "jalan"),
        ("DIPERIKSA", lazy("Sedang diperiksa"), "jalan"),
        ("PERLU_PERBAIKAN", lazy("Perlu perbaikan"), "awas"),
        ("DIKEMBALIKAN", lazy("Dikembalikan"), "awas"),
        ("DITANGGUHKAN", lazy("Ditangguhkan"), "awas"),
        ("DAFTAR_TUNGGU", lazy("Daftar tunggu"), "netral"),
        ("DISETUJUI", lazy("Disetujui"), "baik"),
        ("DICAIRKAN", lazy("Dicairkan"), "baik"),
        ("DICAIRKAN_SEBAGIAN", lazy("Dicairkan sebagian"), "jalan"),
        ("TERBIT", lazy("Terbit"), "baik"),
        ("SELESAI", lazy("Selesai"), "baik"),
        ("AKTIF", lazy("Aktif"), "baik"),
        ("DITOLAK", lazy("Ditolak"), "bahaya"),
        ("DICABUT", lazy("Dicabut"), "bahaya"),
        ("DIBATALKAN", lazy("Dibatalkan"), "netral"),
        ("DITARIK", lazy("Ditarik pemohon"), "netral"),
        ("KEDALUWARSA", lazy("Kedaluwarsa"), "netral"),
        ("TERLAMBAT", lazy("Terlambat"), "bahaya"),
    )
}


def register_states(looks: Mapping[str, tuple[Lazy | str, str]]) -> None:
    """Add or replace looks: `{"NPHD_AKTIF": (lazy("NPHD berlaku"), "baik")}`."""
    for code, (label, kind) in looks.items():
        if kind not in KINDS:
            raise ValueError(f"{code}: kind {kind!r} is none of {', '.join(KINDS)}")
        _looks[code] = StateLook(label, kind)


def state_look(code: object) -> StateLook:
    name = str(getattr(code, "value", code))
    return _looks.get(name) or StateLook(name.replace("_", " ").capitalize(), "netral")
