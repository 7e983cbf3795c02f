"""Honest cases that look like a fraud: what no rule may report."""

from collections.abc import Callable
from datetime import date, timedelta

from tests.sabilulungan.planted.year import YEAR, Year


def neighbours_by_number(year: Year) -> None:
    """R02: Karang Taruna RW 05 and RW 06 are two; so are two of one name in two kelurahan."""
    for n in range(1, 9):
        year.grant(year.organisation(nama=f"Karang Taruna RW {n:02d}", atas_nama=f"KARANG TARUNA RW {n:02d}",
                                     kelurahan_kode="32.78.01.1001"))  # fmt: skip
        year.grant(year.organisation(nama="DKM Masjid Al-Ikhlas", atas_nama="DKM AL IKHLAS",
                                     kelurahan_kode=f"32.78.02.{1000 + n}"))  # fmt: skip
    for name in ("Posyandu Melati", "Posyandu Mawar", "Kelompok Tani Sumber Rejeki", "Kelompok Tani Sumber Makmur"):
        year.grant(year.organisation(nama=name, atas_nama=name.upper(), kelurahan_kode="32.78.03.1003"))


def refiled_after_a_refusal(year: Year) -> None:
    """R02: rejected, then filed again: one of the two is dead."""
    for _ in range(8):
        organisation = year.organisation()
        year.unpaid(year.grant(organisation), "DITOLAK")
        year.grant(organisation)


def branches(year: Year) -> None:
    """R04, R06, R07: branches of one body under one tax number share account, telephone and chair."""
    for _ in range(5):
        head = year.organisation()
        year.grant(head)
        shared = {name: head[name] for name in ("npwp", "no_rekening", "telepon", "email", "ketua", "ketua_nik", "alamat",
                                                "kelurahan_kode", "lat", "lon", "atas_nama")}  # fmt: skip
        # A branch files in another year: twice in one year would be R02's business.
        year.grant(year.organisation(**shared, nama=head["nama"] + " Cabang Kota"), YEAR - 2)


def recycled_account(year: Year) -> None:
    """R04: a bank gives a number out again after more than three years."""
    for _ in range(4):
        first = year.organisation()
        year.grant(first, YEAR - 5)
        year.grant(year.organisation(no_rekening=first["no_rekening"]))


def one_street(year: Year) -> None:
    """R05: the same street without a number, the same RT, two (not three) in one house, coordinates of the kelurahan."""
    for n in range(6):
        year.grant(year.organisation(alamat="Jl. Raya Singaparna RT 01 RW 02", kelurahan_kode="32.78.04.1002",
                                     lat=-7.36, lon=108.21))  # fmt: skip
        if n < 2:
            year.grant(year.organisation(alamat="Jl. Kenanga No. 9", kelurahan_kode="32.78.04.1003"))


def namesakes(year: Year) -> None:
    """R07: chair and treasurer of the same names, but of other NIK."""
    for _ in range(6):
        year.grant(year.organisation(ketua="Asep Hidayat", bendahara="Siti Rohaeti", kelurahan_kode="32.78.06.1001"))


def honestly_near_a_limit(year: Year) -> None:
    """R08: two strangers just under the limit; one body with two filings that are not."""
    for amount in (49_000_000, 49_500_000, 197_000_000):
        for _ in range(2):
            year.grant(year.organisation(), diajukan=amount, direkomendasikan=amount - 9_000_000,
                       tapd=amount - 9_000_000, disetujui=amount - 9_000_000)  # fmt: skip


def ladder_level(year: Year) -> None:
    """R10, R45: the same amount at every step; unplanned aid without a recommendation."""
    for _ in range(6):
        year.grant(year.organisation(), diajukan=23_450_000, direkomendasikan=23_450_000, tapd=23_450_000,
                   disetujui=23_450_000)  # fmt: skip
        year.grant(None, jenis="bansos_tak_terencana", direkomendasikan=None, siklus="", diajukan=3_100_000,
                   tapd=3_100_000, disetujui=3_100_000, tgl_ajukan=date(YEAR, 1, 5))  # fmt: skip


def just_old_enough(year: Year) -> None:
    """R12: registered four hundred days before; a government body founded last month."""
    for _ in range(5):
        year.grant(
            year.organisation(tgl_terdaftar=date(YEAR - 1, 3, 1) - timedelta(days=400)), tgl_ajukan=date(YEAR - 1, 3, 1)
        )
        year.grant(
            year.organisation(legal_class="C", tgl_terdaftar=date(YEAR - 1, 2, 20)), tgl_ajukan=date(YEAR - 1, 3, 20)
        )


def own_budget_again(year: Year) -> None:
    """R15, R16, R21: an exempt body brings last year's budget and words again."""
    for _ in range(5):
        organisation = year.organisation(legal_class="A1")
        before = year.grant(organisation, YEAR - 1)
        again = year.grant(organisation, diajukan=before["diajukan"], direkomendasikan=before["direkomendasikan"],
                           tapd=before["tapd"], disetujui=before["disetujui"], tujuan=before["tujuan"])  # fmt: skip
        year.set_lines(again, [(row["uraian"], row["satuan"], row["harga_satuan"], row["volume"])
                               for row in year.lines[before["legacy_id"]]])  # fmt: skip


def same_prices(year: Year) -> None:
    """R15: the same four items at the standard price, in other volumes."""
    for n in range(10):
        grant = year.grant(year.organisation())
        lines = [(item, unit, price, 2 + n + k) for k, (item, unit, price) in enumerate(
            (("Semen 50 kg", "sak", 65_000), ("Pasir pasang", "m3", 287_500), ("Honor tukang", "hari", 125_000),
             ("Besi 10 mm", "batang", 78_500)))]  # fmt: skip
        total = sum(price * volume for _item, _unit, price, volume in lines)
        grant |= {"diajukan": total, "direkomendasikan": total, "tapd": total, "disetujui": total}
        year.pay(grant, year.owner(grant))
        year.set_lines(grant, lines)


def on_a_form(year: Year) -> None:
    """R16: a kelurahan's form letter, which several hundred use."""
    form = year.text(40)
    rows = [row for row in year.grants.values() if row["tahun"] == YEAR and row["legacy_id"] not in year.used]
    for row in rows[::10]:
        row["tujuan"] = form


def last_day(year: Year) -> None:
    """R19: on the tenth of January, or handed in and not yet verified."""
    for status in ("diterima", "diajukan", "diterima", "diajukan"):
        grant = year.grant(year.organisation(), status="LPJ_DIAJUKAN" if status == "diajukan" else "SELESAI")
        year.accounts[grant["legacy_id"]] |= {"status": status, "tgl_lpj": date(YEAR + 1, 1, 10)}


def a_year_between(year: Year) -> None:
    """R20, R21: the last grant was two years ago and is closed; last year's proposal was rejected."""
    for _ in range(5):
        organisation = year.organisation()
        year.grant(organisation, YEAR - 2)
        year.unpaid(year.grant(organisation, YEAR - 1), "DITOLAK")
        year.grant(organisation)


def second_window(year: Year) -> None:
    """R33: filed in spring for the amended budget; filed late and rejected."""
    for _ in range(6):
        year.grant(year.organisation(), siklus="perubahan", tgl_ajukan=date(YEAR, 1, 15), sk_tgl=date(YEAR, 9, 1),
                   nphd_tgl=date(YEAR, 9, 10), mulai=date(YEAR, 9, 25), selesai=date(YEAR, 12, 20))  # fmt: skip
        year.unpaid(year.grant(year.organisation(), tgl_ajukan=date(YEAR - 1, 10, 3)), "DITOLAK")


def bank_spelling(year: Year) -> None:
    """R36: banks cut, shorten and add the holder."""
    for name, spelt in (
        ("Yayasan Pendidikan Nurul Hidayah Sukamulya Indah", "YAYASAN PENDIDIKAN NURUL HID"),
        ("Yayasan Bina Insan Sukapura", "YYS BINA INSAN SUKAPURA"),
        ("Kelompok Tani Mekar Galunggung", "KEL TANI MEKAR GALUNGGUNG"),
        ("Pondok Pesantren Baitul Hikmah", "PONPES BAITUL HIKMAH"),
        ("DKM Masjid Ar-Rahman Cikalang", "DKM MASJID AR RAHMAN CIKALANG QQ UJANG"),
    ):  # fmt: skip
        year.grant(year.organisation(nama=name, atas_nama=spelt))


def money_given_back(year: Year) -> None:
    """R37: the rest came back, with its number."""
    for _ in range(6):
        grant = year.grant(year.organisation())
        year.accounts[grant["legacy_id"]] |= {
            "jumlah_dipakai": grant["disetujui"] - 2_000_000, "pengembalian": 2_000_000, "sts_no": f"STS-K-{grant['legacy_id']}",
        }  # fmt: skip


LOOKALIKES: tuple[Callable[[Year], None], ...] = (
    neighbours_by_number, refiled_after_a_refusal, branches, recycled_account, one_street, namesakes,
    honestly_near_a_limit, ladder_level, just_old_enough, own_budget_again, same_prices, on_a_form, last_day,
    a_year_between, second_window, bank_spelling, money_given_back,
)  # fmt: skip
