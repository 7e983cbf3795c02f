"""Synthetic proposals for a demonstration region: made, not found, and marked so on every page."""

import random
from datetime import UTC, date, datetime, timedelta

from app.kernel.identifiers import uuid7
from app.sabilulungan import search
from app.sabilulungan.models import Hibah, HibahRab, HibahStep
from app.tenancy.context import current
from app.tenancy.database import db

GROUPS = ("DKM Masjid", "Karang Taruna", "Posyandu", "Kelompok Tani", "Sanggar Seni", "Yayasan Pendidikan", "Koperasi")
NAMES = (
    "Al-Ikhlas",
    "Melati",
    "Harapan Jaya",
    "Sumber Rejeki",
    "Mekar Wangi",
    "Nurul Iman",
    "Tunas Bangsa",
    "Sejahtera",
)
FIELDS = ("Pendidikan", "Kesehatan", "Pertanian", "Kesejahteraan Sosial", "Koperasi dan Usaha Kecil Menengah")
ITEMS = ("Bahan bangunan", "Honor pelatih", "Peralatan", "Konsumsi kegiatan", "Cetak dan dokumentasi")


def make_proposals(count: int) -> None:
    """Write `count` synthetic proposals into the current region; the same ones at every run (seeded by the region)."""
    region_id = current().region_id
    # Not a secret: demonstration data must be the same at every start.
    dice = random.Random(region_id)  # noqa: S311
    for number in range(1, count + 1):
        proposal = _proposal(dice, region_id, number)
        db.session.add(proposal)
        db.session.flush()
        db.session.add_all(_children(dice, proposal))
    db.session.flush()
    search.rebuild()
    db.session.commit()


def _proposal(dice: random.Random, region_id: int, number: int) -> Hibah:
    asked = dice.randrange(10, 300) * 1_000_000
    stage = dice.choice((1, 2, 4, 5, 6, 7, 7, 7, 7))
    cut = round(asked * dice.choice((0.5, 0.6, 0.75, 1)) / 1000) * 1000
    year = dice.choice((2024, 2025, 2026))
    return Hibah(
        id=uuid7(), nomor=f"CONTOH-{number:04d}", legacy_id=f"contoh-{number}", jenis=dice.choice(("hibah", "bansos")),
        tahun=year, tanggal_masuk=date(year, 1, 5) + timedelta(days=dice.randrange(170)),
        judul=f"{dice.choice(GROUPS)} {dice.choice(NAMES)} {dice.randrange(1, 40)}", bidang=dice.choice(FIELDS),
        kecamatan_kode=f"{region_id // 100}.{region_id % 100:02d}.{dice.randrange(1, 13):02d}", stage=stage,
        amount_requested=asked, amount_recommended=cut if stage >= 4 else None,
        amount_considered=cut if stage >= 5 else None, amount_tapd=cut if stage >= 6 else None, synthetic=True,
    )  # fmt: skip


def _children(dice: random.Random, proposal: Hibah) -> list[HibahRab | HibahStep]:
    asked, parts = proposal.amount_requested or 0, dice.randrange(2, 5)
    rows: list[HibahRab | HibahStep] = [
        HibahRab(hibah_id=proposal.id, nomor=n + 1, uraian=ITEMS[n],
                 amount_requested=asked - (asked // parts) * (parts - 1) if n == parts - 1 else asked // parts)
        for n in range(parts)
    ]  # fmt: skip
    assert proposal.tanggal_masuk is not None
    for stage in range(1, proposal.stage + 1):
        day = proposal.tanggal_masuk + timedelta(days=stage * dice.randrange(3, 15))
        recorded = datetime(day.year, day.month, day.day, 3, 30, tzinfo=UTC)
        rows.append(HibahStep(hibah_id=proposal.id, stage=stage, happened_on=day, recorded_at=recorded))
    return rows
