"""A made year of grants, the same for the same seed: 5,000 honest files, on which frauds and look-alikes are planted.

Nothing here is real. Numbers are drawn from what sabilulungan.md section 3 saw in Bandung: many round amounts, generic
names, one price list for all.
"""

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from app.sabilulungan.imports import DATASETS

Row = dict[str, Any]
YEAR = 2024
#: Kota Tasikmalaya: a region that no other test uses.
PREFIX, KECAMATAN, KELURAHAN_EACH = "32.78", 10, 8
OPD = ("1.01", "1.02", "1.04", "1.05", "1.06", "2.17", "2.19", "2.22", "3.27", "4.03")
KINDS = ("DKM Masjid", "Karang Taruna", "Posyandu", "Kelompok Tani", "Sanggar Seni", "Yayasan Pendidikan", "Majelis Taklim",
         "Pondok Pesantren", "Koperasi", "PKK", "Panitia Pembangunan Masjid", "KUBE")  # fmt: skip
CALLED = (
    "Harapan", "Sinar", "Cahaya", "Mekar", "Tunas", "Karya", "Bina", "Surya", "Mustika", "Puspa", "Giri", "Sumber",
    "Warga", "Insan", "Putra", "Mutiara", "Rahayu", "Sekar", "Bumi", "Nusa", "Pelita", "Bakti", "Budi", "Setia",
    "Jaya", "Lestari", "Wangi", "Asih", "Sari", "Mandiri", "Sentosa", "Makmur", "Bahagia", "Utama", "Kencana",
    "Galuh", "Pakuan", "Sukapura", "Galunggung", "Cendana", "Kenanga", "Dahlia", "Cempaka", "Anggrek", "Melur",
    "Wijaya", "Laksana", "Perdana", "Pertiwi", "Madani",
)  # fmt: skip
FIRST = ("Asep", "Dede", "Euis", "Iwan", "Lilis", "Nandang", "Oman", "Rina", "Siti", "Tatang", "Ujang", "Wawan", "Yayah",
         "Cecep", "Enung", "Ade")  # fmt: skip
LAST = ("Sutisna", "Hidayat", "Kurniawan", "Rohaeti", "Permana", "Suryana", "Nuraeni", "Mulyana", "Gunawan", "Setiawan",
        "Rahmat", "Supriatna", "Komara", "Sopandi")  # fmt: skip
ITEMS = tuple(
    (name, unit, price)
    for name, unit, price in (
        ("Semen 50 kg", "sak", 65_000), ("Pasir pasang", "m3", 287_500), ("Bata merah", "buah", 850),
        ("Cat tembok 5 kg", "kaleng", 132_500), ("Genteng", "buah", 3_250), ("Kayu kaso", "batang", 37_500),
        ("Besi 10 mm", "batang", 78_500), ("Keramik 40x40", "dus", 61_250), ("Honor tukang", "hari", 125_000),
        ("Honor pekerja", "hari", 95_000), ("Sewa tenda", "unit", 350_000), ("Sewa pengeras suara", "hari", 475_000),
        ("Konsumsi peserta", "kotak", 22_500), ("Snack", "kotak", 12_500), ("Cetak spanduk", "m2", 28_500),
        ("ATK", "paket", 187_500), ("Honor narasumber", "jam", 300_000), ("Transport peserta", "orang", 50_000),
        ("Bibit padi", "kg", 14_500), ("Pupuk urea", "kg", 7_850), ("Cangkul", "buah", 86_500), ("Seragam", "potong", 145_000),
        ("Alat musik kendang", "set", 1_850_000), ("Meja lipat", "buah", 212_500), ("Kursi plastik", "buah", 48_750),
        ("Timbangan bayi", "buah", 465_000), ("Buku iqro", "eksemplar", 17_500), ("Karpet sajadah", "meter", 157_500),
        ("Mesin jahit", "unit", 2_350_000), ("Laptop", "unit", 7_425_000),
    )
)  # fmt: skip
WORDS = [
    "kegiatan", "warga", "bersama", "membangun", "sarana", "ibadah", "yang", "rusak", "akibat", "hujan", "tahun",
    "lalu", "agar", "anak", "anak", "dapat", "belajar", "dengan", "nyaman", "serta", "memberi", "manfaat", "bagi",
    "ekonomi", "keluarga", "sekitar", "melalui", "pelatihan", "kader", "posyandu", "dan", "penguatan", "kelompok",
    "tani", "muda", "di", "lingkungan", "kami", "sehingga", "hasil", "panen", "meningkat", "dan", "pasar", "desa",
    "kembali", "ramai", "setiap", "akhir", "pekan", "dengan", "dukungan", "tokoh", "masyarakat", "pemuda", "karang",
    "taruna", "guru", "ngaji", "ibu", "rumah", "tangga", "pengrajin", "anyaman", "mendong", "bordir", "payung",
    "geulis", "sandal", "kelom", "geulis", "batik", "sukapura", "kesenian", "calung", "reog", "wayang", "golek",
    "pencak", "silat", "rudat", "rebana", "kasidah",
]  # fmt: skip


def nik(dice: random.Random, serial: int) -> str:
    """A NIK that passes the check, different for different serials below 10,000 times 300."""
    day, month, year = dice.randrange(1, 29), dice.randrange(1, 13), dice.randrange(60, 99)
    return f"3278{1 + serial // 9_000 % 10:02d}{day:02d}{month:02d}{year}{1 + serial % 9_000:04d}"


@dataclass
class Year:
    """What was made so far. `labels`: every (rule, reference) that a scan has to find."""

    dice: random.Random
    organisations: list[Row] = field(default_factory=list)
    grants: dict[str, Row] = field(default_factory=dict)
    lines: dict[str, list[Row]] = field(default_factory=dict)
    payments: dict[str, list[Row]] = field(default_factory=dict)
    accounts: dict[str, Row] = field(default_factory=dict)
    labels: set[tuple[str, str]] = field(default_factory=set)
    serial: int = 0
    used: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)

    def number(self) -> int:
        """The next serial of whatever must be different from all others."""
        self.serial += 1
        return self.serial

    def kelurahan(self) -> str:
        """A kelurahan at random."""
        dice = self.dice
        return f"{PREFIX}.{dice.randrange(1, KECAMATAN + 1):02d}.{1001 + dice.randrange(KELURAHAN_EACH)}"

    def name(self) -> str:
        """A name that nobody else has."""
        while (name := f"{self.dice.choice(KINDS)} {' '.join(self.dice.sample(CALLED, 3))}") in self.names:
            pass
        self.names.add(name)
        return name

    def person(self) -> str:
        """A name that several people have."""
        return f"{self.dice.choice(FIRST)} {self.dice.choice(LAST)}"

    def text(self, words: int = 34) -> str:
        """A purpose in a person's own words."""
        return " ".join(self.dice.choice(WORDS) for _ in range(words)).capitalize() + "."

    def organisation(self, **given: Any) -> Row:
        """An honest organisation."""
        n, dice = self.number(), self.dice
        name, place = self.name(), self.kelurahan()
        row = {
            "legacy_id": f"ORG-{n:05d}", "nama": name, "legal_class": dice.choice(("A2", "A3", "B")),
            "no_ahu": f"AHU-{n:07d}.AH.01.04", "tgl_terdaftar": date(2004, 1, 5) + timedelta(days=dice.randrange(4_000)),
            "npwp": f"{1_000_000_000_000_000 + n}", "alamat": f"Jl. Desa {n} No. {1 + n % 90} RT 0{1 + n % 9} RW 0{1 + n % 7}",
            "kelurahan_kode": place, "lat": round(-7.33 - n * 0.0000173 - 0.00001234, 7),
            "lon": round(108.2 + (n * 7919 % 6000) * 0.0000171 + 0.0000123, 7), "ketua": self.person(),
            "ketua_nik": nik(dice, n), "bendahara": self.person(), "telepon": f"0812{10_000_000 + n}",
            "email": f"lembaga{n}@contoh.id", "bank_kode": "110", "no_rekening": f"{200_000_000_000 + n}", "atas_nama": name.upper(),
        } | given  # fmt: skip
        self.organisations.append(row)
        return row

    def grant(self, organisation: Row | None, year: int = YEAR, **given: Any) -> Row:
        """An honest grant of that year: asked, recommended, decided, paid, accounted for in time."""
        n, dice = self.number(), self.dice
        asked = dice.choice((5, 8, 10, 12, 15, 18, 20, 25, 30, 34, 42, 60, 75, 90, 120, 160, 275, 310)) * 1_000_000
        asked += dice.randrange(0, 9) * 250_000
        recommended = round(asked * dice.choice((0.5, 0.65, 0.8, 0.9, 1)) / 1000) * 1000
        approved = round(recommended * dice.choice((0.8, 1, 1)) / 1000) * 1000
        decree = date(year, 1, 20) + timedelta(days=dice.randrange(30))
        place = organisation["kelurahan_kode"] if organisation else self.kelurahan()
        row = {
            "legacy_id": f"P-{year}-{n:05d}", "org_legacy_id": organisation["legacy_id"] if organisation else "",
            "nik": "" if organisation else nik(dice, n), "jenis": "hibah_uang" if organisation else "bansos_terencana_individu",
            "tahun": year, "siklus": "murni", "judul": f"Bantuan {n}", "tujuan": self.text(), "opd_kode": dice.choice(OPD),
            "sumber": "langsung", "tgl_ajukan": date(year - 1, 2, 1) + timedelta(days=dice.randrange(140)), "diajukan": asked,
            "direkomendasikan": recommended, "tapd": approved, "disetujui": approved, "status": "SELESAI",
            "sk_no": f"978/Kep.{n}/{year}", "sk_tgl": decree,
            "nphd_no": f"900/{n}/NPHD" if organisation else "",
            "nphd_tgl": decree + timedelta(days=10) if organisation else None, "kelurahan_kode": place,
            "mulai": decree + timedelta(days=60), "selesai": date(year, 10, 1) + timedelta(days=dice.randrange(60)),
        } | given  # fmt: skip
        self.grants[row["legacy_id"]] = row
        self.budget(row)
        self.pay(row, organisation)
        return row

    def budget(self, grant: Row, least: int = 4, most: int = 8) -> None:
        """Lines at the standard prices, so many if the sum has room for them; the last one makes the sum."""
        left, lines = grant["diajukan"], []
        for item, unit, price in self.dice.sample(ITEMS, self.dice.randrange(least, most + 1)):
            volume = self.dice.randrange(1, min(120, max(1, left // (3 * price))) + 1)
            if volume * price < left:
                lines.append((item, unit, price, volume))
                left -= volume * price
        lines.append((f"Pekerjaan utama {grant['legacy_id'][-5:]}", "paket", left, 1))
        self.set_lines(grant, lines)

    def set_lines(self, grant: Row, lines: list[tuple[str, str, int, int]]) -> None:
        """The budget of a grant as (words, unit, price, volume)."""
        self.lines[grant["legacy_id"]] = [
            {"proposal_legacy_id": grant["legacy_id"], "stage": "diajukan", "no": number, "uraian": item, "volume": volume,
             "satuan": unit, "harga_satuan": price, "jumlah": price * volume}
            for number, (item, unit, price, volume) in enumerate(lines, 1)
        ]  # fmt: skip

    def pay(self, grant: Row, organisation: Row | None) -> None:
        """One payment after the agreement, and an account before the tenth of January."""
        legacy, year = grant["legacy_id"], grant["tahun"]
        day = grant["sk_tgl"] + timedelta(days=14 + self.dice.randrange(20))
        account = organisation or {
            "bank_kode": "110",
            "no_rekening": f"{700_000_000_000 + self.number()}",
            "atas_nama": "",
        }
        self.payments[legacy] = [
            {"proposal_legacy_id": legacy, "tahap": 1, "sp2d_no": f"SP2D-{legacy}", "sp2d_tgl": day,
             "jumlah": grant["disetujui"], **{name: account[name] for name in ("bank_kode", "no_rekening", "atas_nama")}}
        ]  # fmt: skip
        rest = self.dice.choice((0, 0, 0, 250_000))
        self.accounts[legacy] = {
            "proposal_legacy_id": legacy, "tgl_lpj": date(year, 12, 1) + timedelta(days=self.dice.randrange(40)),
            "status": "diterima", "jumlah_dipakai": grant["disetujui"] - rest, "pengembalian": rest,
            "sts_no": f"STS-{legacy}" if rest else "",
        }  # fmt: skip

    def unpaid(self, grant: Row, status: str) -> Row:
        """A grant that fell before the money: rejected, withdrawn."""
        grant |= {
            "status": status,
            "tapd": None,
            "disetujui": None,
            "sk_no": "",
            "sk_tgl": None,
            "nphd_no": "",
            "nphd_tgl": None,
        }
        self.payments.pop(grant["legacy_id"], None)
        self.accounts.pop(grant["legacy_id"], None)
        return grant

    def owner(self, grant: Row) -> Row:
        """The organisation of a grant."""
        return next(row for row in self.organisations if row["legacy_id"] == grant["org_legacy_id"])

    def take(self, count: int) -> Iterator[tuple[Row, Row]]:
        """(grant, organisation) of honest grants of the year that nothing was planted on yet."""
        owners = {row["legacy_id"]: row for row in self.organisations}
        free = [
            row for number, row in self.grants.items()
            if row["tahun"] == YEAR and row["org_legacy_id"] and row["status"] == "SELESAI" and number not in self.used
        ]  # fmt: skip
        for row in self.dice.sample(free, count):
            self.used.add(row["legacy_id"])
            yield row, owners[row["org_legacy_id"]]

    def label(self, rule: str, *references: str) -> None:
        """Remember what has to be found."""
        self.labels |= {(rule, reference) for reference in references}

    def write(self, folder: Path) -> dict[str, Path]:
        """The import files of the published datasets, by dataset in the order in which they come in."""
        tables = {
            "organisasi": self.organisations, "hibah": list(self.grants.values()),
            "rab": [line for lines in self.lines.values() for line in lines],
            "pencairan": [row for rows in self.payments.values() for row in rows], "lpj": list(self.accounts.values()),
        }  # fmt: skip
        columns = {dataset.name: [column.name for column in dataset.columns] for dataset in DATASETS}
        for name, rows in tables.items():
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, columns[name], extrasaction="ignore")
                writer.writeheader()
                writer.writerows(rows)
        return {name: folder / f"{name}.csv" for name in tables}


def honest(seed: int, size: int) -> Year:
    """A year without a fraud: organisations, some persons, some files that fell on the way."""
    year = Year(random.Random(seed))
    for n in range(size):
        organisation = year.organisation() if n % 10 else None
        grant = year.grant(organisation)
        if n % 23 == 0:
            year.unpaid(grant, year.dice.choice(("DITOLAK", "DITARIK", "GUGUR")))
        elif n % 9 == 0:
            grant |= {"sumber": "pokir", "pokir_anggota": f"Anggota {n // 9 % 25 + 1}"}
    return year
