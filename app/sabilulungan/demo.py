"""Synthetic organisations and proposals for a demonstration region: made, not found, and marked so on every page."""

import random
from datetime import UTC, date, datetime, timedelta

from app.kernel import clock
from app.kernel.identifiers import uuid7
from app.kernel.text import normalise_name
from app.sabilulungan import search
from app.sabilulungan.models import Hibah, HibahRab, HibahStep, Lpj, Organisasi, Pencairan
from app.sabilulungan.stages import STATUSES, stage_of
from app.tenancy.context import current
from app.tenancy.database import db
from app.tenancy.places import district_names

GROUPS = ("DKM Masjid", "Karang Taruna", "Posyandu", "Kelompok Tani", "Sanggar Seni", "Yayasan Pendidikan", "Koperasi")
NAMES = ("Al-Ikhlas", "Melati", "Harapan Jaya", "Sumber Rejeki", "Mekar Wangi", "Nurul Iman", "Tunas Bangsa")
ASKS = ("Renovasi ruang belajar", "Pelatihan kader", "Pengadaan alat tani", "Perbaikan atap", "Festival seni warga")
FIELDS = ("Pendidikan", "Kesehatan", "Pertanian", "Kesejahteraan Sosial", "Koperasi dan Usaha Kecil Menengah")
ITEMS = ("Bahan bangunan", "Honor pelatih", "Peralatan", "Konsumsi kegiatan", "Cetak dan dokumentasi")
CHAIRS = ("Asep S.", "Lina M.", "Baiq R.", "Ujang K.", "Sri W.", "Made A.")
STATES = (
    "DIAJUKAN", "EVALUASI", "REKOMENDASI", "PERTIMBANGAN_TAPD", "DITOLAK", "DITETAPKAN", "NPHD_AKTIF", "DICAIRKAN",
    "DICAIRKAN", "LPJ_TERLAMBAT", "SELESAI", "SELESAI", "SELESAI",
)  # fmt: skip
ORGANISATIONS = 30


def make_proposals(count: int) -> None:
    """Write `count` synthetic proposals into the current region; the same ones at every run (seeded by the region)."""
    # Not a secret: demonstration data must be the same at every start.
    dice = random.Random(current().region_id)  # noqa: S311
    organisations = [_organisation(dice, number) for number in range(1, ORGANISATIONS + 1)]
    db.session.add_all(organisations)
    db.session.flush()
    for number in range(1, count + 1):
        proposal = _proposal(dice, number, dice.choice(organisations))
        db.session.add(proposal)
        db.session.flush()
        db.session.add_all(_children(dice, proposal))
    db.session.flush()
    search.rebuild()
    db.session.commit()


def _organisation(dice: random.Random, number: int) -> Organisasi:
    name = f"{dice.choice(GROUPS)} {dice.choice(NAMES)} {number}"
    kecamatan = dice.choice(list(district_names()))
    return Organisasi(
        id=uuid7(), legacy_id=f"contoh-{number}", nama=name, nama_norm=normalise_name(name),
        legal_class=dice.choice(("A2", "A3", "B")), no_ahu=f"AHU-{number:07d}.AH.01.04.Tahun 2016",
        tgl_terdaftar=date(2016, 1, 1) + timedelta(days=dice.randrange(1500)), alamat="Jl. Contoh",
        kecamatan_kode=kecamatan, kelurahan_kode=f"{kecamatan}.1001", ketua=dice.choice(CHAIRS),
    )  # fmt: skip


def _proposal(dice: random.Random, number: int, organisation: Organisasi) -> Hibah:
    asked = dice.randrange(10, 300) * 1_000_000
    cut = round(asked * dice.choice((0.5, 0.6, 0.75, 1)) / 1000) * 1000
    year, status = dice.choice((2024, 2025, 2026)), dice.choice(STATES)
    passed = STATUSES[status] or 0
    kind = dice.choice(("hibah_uang", "hibah_uang", "hibah_barang", "bansos_terencana_kelompok"))
    filed = date(year - 2, 11, 2) + timedelta(days=dice.randrange(140))
    done = passed >= 9
    proposal = Hibah(
        id=uuid7(), nomor=f"CONTOH-{number:04d}", legacy_id=f"contoh-{number}", organisasi_id=organisation.id,
        jenis=kind.partition("_")[0], rincian_jenis=kind, tahun=year, siklus="murni", tanggal_masuk=filed,
        judul=f"{dice.choice(ASKS)} {organisation.nama}", tujuan="Kegiatan contoh untuk peragaan.",
        bidang=dice.choice(FIELDS), sumber=dice.choice(("langsung", "langsung", "musrenbang", "pokir")),
        kecamatan_kode=organisation.kecamatan_kode, kelurahan_kode=organisation.kelurahan_kode, status=status,
        amount_requested=asked, amount_recommended=cut if passed >= 4 else None,
        amount_tapd=cut if passed >= 6 else None, amount_approved=cut if passed >= 7 else None,
        amount_disbursed=cut if done else None, synthetic=True, has_nphd=passed >= 8,
    )  # fmt: skip
    if passed >= 7:
        proposal.sk_no, proposal.sk_tgl = f"978/Kep.{number:03d}/{year}", date(year, 2, 1)
        proposal.nphd_no = f"900/{number}/NPHD/{year}" if passed >= 8 else ""
        proposal.mulai, proposal.selesai = date(year, 3, 1), date(year, 10, 31)
    if status == "SELESAI":
        proposal.lpj_date, proposal.amount_accounted = date(year, 12, 20), cut
    proposal.stage = stage_of(status, {"amount_recommended": cut if status == "DITOLAK" else None})
    return proposal


def _children(dice: random.Random, proposal: Hibah) -> list[HibahRab | HibahStep | Pencairan | Lpj]:
    asked, parts = proposal.amount_requested or 0, dice.randrange(2, 5)
    rows: list[HibahRab | HibahStep | Pencairan | Lpj] = []
    for n in range(parts):
        amount = asked - (asked // parts) * (parts - 1) if n == parts - 1 else asked // parts
        rows.append(
            HibahRab(hibah_id=proposal.id, nomor=n + 1, uraian=ITEMS[n], harga_satuan=amount, jumlah=amount)
        )
    assert proposal.tanggal_masuk is not None
    day = proposal.tanggal_masuk
    for stage in range(1, proposal.stage + 1):
        day = min(day + timedelta(days=dice.randrange(5, 40)), clock.today())
        recorded = datetime(day.year, day.month, day.day, 3, 30, tzinfo=UTC)
        rows.append(HibahStep(hibah_id=proposal.id, stage=stage, happened_on=day, recorded_at=recorded))
    if (paid := proposal.amount_disbursed) is not None and proposal.tahun is not None:
        rows.append(
            Pencairan(hibah_id=proposal.id, tahap=1, spm_no="SPM-1", sp2d_no=f"SP2D-{proposal.nomor}",
                      sp2d_tgl=date(proposal.tahun, 3, 20), jumlah=paid, bank_kode="110", rekening_akhir="678")
        )  # fmt: skip
        if proposal.status in {"SELESAI", "LPJ_TERLAMBAT"}:
            late = proposal.status == "LPJ_TERLAMBAT"
            rows.append(
                Lpj(hibah_id=proposal.id, tgl_lpj=proposal.lpj_date, keadaan="terlambat" if late else "diterima",
                    jumlah_dipakai=proposal.amount_accounted)
            )  # fmt: skip
    return rows
