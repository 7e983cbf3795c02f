"""Who may do what, as one table; every route says whom it is for, and a test walks the map."""

from collections.abc import Callable
from enum import StrEnum
from typing import ParamSpec, TypeVar

from flask import Flask

P = ParamSpec("P")
R = TypeVar("R")


class Stage(StrEnum):
    """How far a sign-in has come."""

    FACTOR = "factor"  # the first proof was right; the second factor is still owed
    SETUP = "setup"  # a role demands a second factor and the account has none yet
    FULL = "full"


PUBLIK, MASUK = "publik", "masuk"
FAKTOR, PASANG, KELUAR = "faktor", "pasang", "keluar"
AKUN_KELOLA, KEAMANAN_KELOLA, AUDIT_LIHAT = "akun.kelola", "keamanan.kelola", "audit.lihat"
PENGATURAN_LIHAT, PENGATURAN_UBAH = "pengaturan.lihat", "pengaturan.ubah"
TUGAS, USULAN_AJUKAN = "tugas.kerjakan", "usulan.ajukan"
PRIBADI_BUKA, PRIBADI_PUTUSKAN = "pribadi.buka", "pribadi.putuskan"
PEKERJAAN_KELOLA, PESAN_KELOLA = "pekerjaan.kelola", "pesan.kelola"
TEMUAN_LIHAT, TEMUAN_ATUR = "temuan.lihat", "temuan.atur"
SURAT_LIHAT, SURAT_KELOLA, SURAT_TANDATANGAN = "surat.lihat", "surat.kelola", "surat.tandatangan"
#: What a sign-in that is not finished may reach; every other permission needs a finished one.
STAGES = {
    MASUK: frozenset({Stage.FULL}),
    FAKTOR: frozenset({Stage.FACTOR, Stage.FULL}),
    PASANG: frozenset({Stage.SETUP, Stage.FULL}),
    KELUAR: frozenset(Stage),
}
#: permission -> what it allows, as the permission page prints it.
PERMISSIONS = {
    PUBLIK: "Siapa pun, tanpa masuk",
    MASUK: "Siapa pun yang sudah masuk, untuk akunnya sendiri",
    FAKTOR: "Siapa pun yang sudah masuk atau tinggal menunjukkan faktor keduanya",
    PASANG: "Siapa pun yang sudah masuk atau tinggal memasang faktor kedua yang diwajibkan",
    KELUAR: "Siapa pun yang sudah mulai masuk",
    AKUN_KELOLA: "Mengundang dan menutup akun daerah, mengatur ulang faktor kedua",
    KEAMANAN_KELOLA: "Mengatur kewajiban faktor kedua dan masuk lewat SSO",
    PENGATURAN_UBAH: "Mengubah tampilan dan pengaturan daerah",
    USULAN_AJUKAN: "Membuat dan mengajukan usulan hibah atau bansos",
    TUGAS: "Mengerjakan berkas dalam antrean sesuai perannya",
    PENGATURAN_LIHAT: "Melihat pengaturan, langkah penyediaan dan riwayat impor",
    PEKERJAAN_KELOLA: "Melihat pekerjaan di belakang layar, mengulang dan membuang yang gagal",
    PESAN_KELOLA: "Mengubah bunyi pesan kepada warga dan pegawai",
    SURAT_LIHAT: "Melihat surat yang diterbitkan daerah",
    SURAT_KELOLA: "Menerbitkan dan mencabut surat",
    SURAT_TANDATANGAN: "Menandatangani surat secara elektronik",
    AUDIT_LIHAT: "Melihat dan mengunduh log audit daerah",
    TEMUAN_LIHAT: "Melihat temuan integritas dengan buktinya",
    TEMUAN_ATUR: "Mengusulkan dan menyetujui perubahan aturan integritas",
    PRIBADI_BUKA: "Membuka data pribadi tersegel dengan alasan yang dicatat",
    PRIBADI_PUTUSKAN: "Memutuskan permintaan penghapusan akun",
}
#: role -> (what people call it, what it may do beside PUBLIK and MASUK).
ROLES: dict[str, tuple[str, frozenset[str]]] = {
    "admin": ("Administrator daerah", frozenset({
        AKUN_KELOLA, KEAMANAN_KELOLA, AUDIT_LIHAT, PENGATURAN_LIHAT, PENGATURAN_UBAH, PEKERJAAN_KELOLA, PESAN_KELOLA,
        SURAT_LIHAT, SURAT_KELOLA, SURAT_TANDATANGAN,
    })),
    "inspektorat": ("Inspektorat", frozenset({
        AUDIT_LIHAT, PENGATURAN_LIHAT, PRIBADI_BUKA, SURAT_LIHAT, TEMUAN_ATUR, TEMUAN_LIHAT, TUGAS,
    })),
    "pimpinan": ("Kepala daerah", frozenset({PENGATURAN_LIHAT, SURAT_LIHAT, SURAT_TANDATANGAN, TUGAS})),
    "tu": ("Tata usaha", frozenset({TUGAS})),
    "timbang": ("Tim Pertimbangan", frozenset({TUGAS})),
    "opd": ("Penilai OPD", frozenset({TUGAS})),
    "opd_kepala": ("Kepala OPD", frozenset({TUGAS})),
    "tapd": ("Tim Anggaran Pemerintah Daerah", frozenset({TUGAS})),
    "bendahara": ("Bendahara (BPKAD)", frozenset({TUGAS})),
    "verifikator_lpj": ("Verifikator LPJ", frozenset({TUGAS})),
    "pendamping": ("Pendamping", frozenset({USULAN_AJUKAN})),
    "ppid": ("Pejabat pengelola informasi (PPID)", frozenset({PENGATURAN_LIHAT, PRIBADI_PUTUSKAN})),
    "pegawai": ("Pegawai negeri sipil", frozenset()),
    "pemohon": ("Pemohon", frozenset({USULAN_AJUKAN})),
}
#: Routes of the user interface's own room: style sheet and colours, the same for everybody.
OPEN_ENDPOINTS = frozenset({"ui.static", "ui.theme"})


def requires(permission: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare the permission of a route; `identity.guard` holds it before the route runs.

    Raises:
        ValueError: the permission is not in the table.
    """
    if permission not in PERMISSIONS:
        raise ValueError(f"izin tidak dikenal: {permission}")

    def mark(view: Callable[P, R]) -> Callable[P, R]:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return mark


def requires_fresh(minutes: int = 10) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare that a route also wants a proof (factor or password) of the last `minutes`; `identity.guard` asks for it.

    A POST that comes too late is led back to the same address by GET, so a route needs both, or one of them GET.
    """

    def mark(view: Callable[P, R]) -> Callable[P, R]:
        view.fresh_minutes = minutes  # type: ignore[attr-defined]
        return view

    return mark


def permissions_of(roles: frozenset[str]) -> frozenset[str]:
    """Everything that somebody with these roles may do; what the stage of the sign-in allows is asked beside it."""
    return frozenset({PUBLIK, *STAGES}).union(*(ROLES[role][1] for role in roles if role in ROLES))


def undeclared_routes(app: Flask) -> list[str]:
    """Endpoints without a declaration; must be empty."""
    return sorted(
        endpoint
        for endpoint, view in app.view_functions.items()
        if endpoint not in OPEN_ENDPOINTS and not hasattr(view, "permission")
    )
