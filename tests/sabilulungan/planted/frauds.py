"""Every fraud that an implemented rule is for, planted on an honest year; each says which references must be found."""

from collections.abc import Callable
from datetime import date, timedelta

from tests.sabilulungan.planted.year import YEAR, Row, Year

EACH = 8


def _twin(year: Year, grant: Row, organisation: Row | None, **given: object) -> Row:
    """Another honest grant of the same recipient, kind and place."""
    return year.grant(
        organisation, **{"kelurahan_kode": grant["kelurahan_kode"], "opd_kode": grant["opd_kode"], **given}
    )


def double_recipients(year: Year) -> None:
    """R02: by NIK, by organisation, and by a name spelt another way in the same kelurahan."""
    for _ in range(3):
        first = year.grant(None)
        second = year.grant(None, nik=first["nik"], opd_kode="1.06")
        year.label("R02", first["legacy_id"], second["legacy_id"])
    for grant, organisation in year.take(3):
        again = _twin(year, grant, organisation, opd_kode="2.19")
        year.label("R02", grant["legacy_id"], again["legacy_id"])
    for grant, organisation in year.take(3):
        # One letter doubled in the middle of the distinguishing word.
        word = organisation["nama"].split()[-2]
        spelt = organisation["nama"].replace(word, word[:3] + word[2:])
        other = year.organisation(nama=spelt, atas_nama=spelt.upper(), kelurahan_kode=organisation["kelurahan_kode"])
        again = year.grant(other)
        year.label("R02", grant["legacy_id"], again["legacy_id"])


def shared_accounts(year: Year) -> None:
    """R04: two bodies on one account, by their registration; and by payment only."""
    for _ in range(3):
        (a, first), (b, second) = year.take(2)
        second["no_rekening"] = first["no_rekening"]
        for row in year.payments[b["legacy_id"]]:
            row["no_rekening"] = first["no_rekening"]
        year.label("R04", a["legacy_id"], b["legacy_id"])
    persons = [year.grant(None) for _ in range(2)]
    for person in persons:
        year.payments[person["legacy_id"]][0]["no_rekening"] = "699999999991"
    year.label("R04", *(person["legacy_id"] for person in persons))


def shared_addresses(year: Year) -> None:
    """R05: three at one address, written differently; three within a few metres."""
    taken = list(year.take(3))
    place = taken[0][1]["kelurahan_kode"]
    for n, (grant, organisation) in enumerate(taken):
        spelt = ("Jl. Merdeka No. 17", "JALAN MERDEKA NO 17 RT 02 RW 05", "Jln Merdeka 17, RT.2/RW.5")[n]
        organisation |= {"alamat": spelt, "kelurahan_kode": place}
        grant["kelurahan_kode"] = place
        year.label("R05", grant["legacy_id"])
    for n, (grant, organisation) in enumerate(year.take(3)):
        organisation |= {"lat": -7.4012345 - n * 0.00004, "lon": 108.3012345}
        year.label("R05", grant["legacy_id"])


def shared_contacts(year: Year) -> None:
    """R06: one telephone or one address of e-mail."""
    for column in ("telepon", "email", "telepon", "email"):
        (a, first), (b, second) = year.take(2)
        second[column] = first[column]
        year.label("R06", a["legacy_id"], b["legacy_id"])


def interlocked(year: Year) -> None:
    """R07: one chair by NIK; chair and treasurer by name where no NIK is known."""
    for _ in range(3):
        (a, first), (b, second) = year.take(2)
        second |= {"ketua": first["ketua"], "ketua_nik": first["ketua_nik"]}
        year.label("R07", a["legacy_id"], b["legacy_id"])
    (a, first), (b, second) = year.take(2)
    for organisation in (first, second):
        organisation |= {"ketua": "Gandi Purwasasmita", "bendahara": "Mimin Sukaesih", "ketua_nik": ""}
    second["kelurahan_kode"] = first["kelurahan_kode"]
    b["kelurahan_kode"] = first["kelurahan_kode"]
    year.label("R07", a["legacy_id"], b["legacy_id"])


def split(year: Year) -> None:
    """R08: two filings of one chair under two names, just under the limit (which is R07 as well)."""
    for amount in (49_500_000, 198_000_000, 245_000_000, 48_750_000):
        (a, first), (b, second) = year.take(2)
        second |= {"ketua": first["ketua"], "ketua_nik": first["ketua_nik"]}
        for grant in (a, b):
            _amounts(year, grant, amount)
        b["tgl_ajukan"] = a["tgl_ajukan"] + timedelta(days=20)
        if b["tgl_ajukan"] > date(YEAR - 1, 6, 28):
            a["tgl_ajukan"], b["tgl_ajukan"] = date(YEAR - 1, 5, 2), date(YEAR - 1, 5, 22)
        year.label("R08", a["legacy_id"], b["legacy_id"])
        year.label("R07", a["legacy_id"], b["legacy_id"])


def _amounts(year: Year, grant: Row, amount: int) -> None:
    approved = amount * 8 // 10
    grant |= {"diajukan": amount, "direkomendasikan": amount * 9 // 10, "tapd": approved, "disetujui": approved}
    year.budget(grant)
    year.pay(grant, year.owner(grant))


def ladder_up(year: Year) -> None:
    """R10: recommended above the request, paid above what was approved, accounted above what was paid."""
    for n, (grant, _organisation) in enumerate(year.take(EACH)):
        legacy = grant["legacy_id"]
        if n % 3 == 0:
            grant["direkomendasikan"] = grant["diajukan"] + 2_000_000
        elif n % 3 == 1:
            year.payments[legacy][0]["jumlah"] = grant["disetujui"] + 1_000_000
            year.accounts[legacy] |= {"jumlah_dipakai": grant["disetujui"] + 1_000_000, "pengembalian": 0}
        else:
            year.accounts[legacy] |= {"jumlah_dipakai": grant["disetujui"] + 500_000, "pengembalian": 0}
        year.label("R10", legacy)


def new_organisations(year: Year) -> None:
    """R12: registered shortly before, or even after, it asked."""
    for n, (grant, organisation) in enumerate(year.take(EACH)):
        organisation["tgl_terdaftar"] = grant["tgl_ajukan"] - timedelta(days=(20, 150, 300, -10)[n % 4])
        year.label("R12", grant["legacy_id"])


def copied_budgets(year: Year) -> None:
    """R15: a pair word for word, a pair with one line of ten changed, a mill of five."""
    for size, change in ((2, False), (2, True), (5, False)):
        taken = list(year.take(size))
        _amounts(year, taken[0][0], 187_250_000)
        year.budget(taken[0][0], 12, 12)
        source = year.lines[taken[0][0]["legacy_id"]]
        for n, (grant, _organisation) in enumerate(taken):
            lines = [(row["uraian"], row["satuan"], row["harga_satuan"], row["volume"]) for row in source]
            if change and n:
                lines[0] = (lines[0][0], lines[0][1], lines[0][2], lines[0][3] + 3)
            total = sum(price * volume for _item, _unit, price, volume in lines)
            if n:
                _amounts(year, grant, total)
            year.set_lines(grant, lines)
            year.label("R15", grant["legacy_id"])


def copied_stories(year: Year) -> None:
    """R16: the same purpose with a word or two changed."""
    for _ in range(4):
        (a, _first), (b, _second) = year.take(2)
        words = a["tujuan"].split()
        words[9] = "gotongroyong"
        b["tujuan"] = " ".join(words)
        year.label("R16", a["legacy_id"], b["legacy_id"])


def late_accounts(year: Year) -> None:
    """R19: none at all, one marked late, one that came in February."""
    for n, (grant, _organisation) in enumerate(year.take(EACH)):
        legacy = grant["legacy_id"]
        if n % 3 == 0:
            grant["status"] = "LPJ_TERLAMBAT"
            del year.accounts[legacy]
        elif n % 3 == 1:
            grant["status"] = "LPJ_TERLAMBAT"
            year.accounts[legacy] |= {"status": "terlambat", "tgl_lpj": None, "jumlah_dipakai": None, "pengembalian": None,
                                      "sts_no": ""}  # fmt: skip
        else:
            year.accounts[legacy]["tgl_lpj"] = date(YEAR + 1, 2, 14)
        year.label("R19", legacy)


def awarded_again(year: Year) -> None:
    """R20 and R21: last year's grant is open (then R19 sees it too), or simply was last year."""
    for n, (grant, organisation) in enumerate(year.take(EACH)):
        before = year.grant(organisation, YEAR - 1)
        year.label("R21", grant["legacy_id"])
        if n % 2:
            before["status"] = "LPJ_TERLAMBAT"
            del year.accounts[before["legacy_id"]]
            year.label("R20", grant["legacy_id"])
            year.label("R19", before["legacy_id"])


def round_budgets(year: Year) -> None:
    """R26: every line a multiple of a hundred thousand, where a third of the region's lines are."""
    for grant, _organisation in year.take(4):
        lines = [(f"Belanja {n} {grant['legacy_id'][-4:]}", "paket", 100_000 * (3 + n * 7 % 11), 1) for n in range(16)]
        total = sum(price for _item, _unit, price, _volume in lines)
        _amounts(year, grant, total)
        year.set_lines(grant, lines)
        year.label("R26", grant["legacy_id"])


def disordered(year: Year) -> None:
    """R30: decree before the filing, agreement before the decree, money before the agreement, account before the money."""
    for n, (grant, _organisation) in enumerate(year.take(EACH)):
        payment = year.payments[grant["legacy_id"]][0]
        if n % 4 == 0:
            grant["tgl_ajukan"] = grant["sk_tgl"] + timedelta(days=5)
            grant["siklus"] = "perubahan"
        elif n % 4 == 1:
            grant["nphd_tgl"] = grant["sk_tgl"] - timedelta(days=12)
        elif n % 4 == 2:
            payment["sp2d_tgl"] = grant["nphd_tgl"] - timedelta(days=4)
        else:
            year.accounts[grant["legacy_id"]]["tgl_lpj"] = payment["sp2d_tgl"] - timedelta(days=3)
        year.label("R30", grant["legacy_id"])


def past_the_window(year: Year) -> None:
    """R33: filed in autumn and yet in the first budget."""
    for grant, _organisation in year.take(EACH):
        grant["tgl_ajukan"] = date(YEAR - 1, 9, 15) + timedelta(days=year.dice.randrange(60))
        year.label("R33", grant["legacy_id"])


def done_before_the_money(year: Year) -> None:
    """R35: the activity was over when the money came."""
    for grant, _organisation in year.take(EACH):
        grant |= {"mulai": date(YEAR, 1, 2), "selesai": grant["sk_tgl"] + timedelta(days=2)}
        year.label("R35", grant["legacy_id"])


def wrong_payees(year: Year) -> None:
    """R36, and R46 where name and account are both another's."""
    for n, (grant, _organisation) in enumerate(year.take(EACH)):
        payment = year.payments[grant["legacy_id"]][0]
        if n % 2 == 0:
            payment["atas_nama"] = f"HJ {year.person().upper()}"
        if n % 4 >= 1:
            payment["no_rekening"] = f"{800_000_000_000 + n}"
        year.label("R36", grant["legacy_id"])
        if n % 4 == 2:
            year.label("R46", grant["legacy_id"])


def kept_money(year: Year) -> None:
    """R37: less was used than paid, and the rest did not come back."""
    for n, (grant, _organisation) in enumerate(year.take(EACH)):
        account = year.accounts[grant["legacy_id"]]
        account |= {
            "jumlah_dipakai": grant["disetujui"] - 1_500_000,
            "pengembalian": 1_500_000 if n % 2 else 0,
            "sts_no": "",
        }
        year.label("R37", grant["legacy_id"])


def unrecommended(year: Year) -> None:
    """R45: no recommendation at all; or decided above it (which goes up the ladder as well)."""
    for n, (grant, _organisation) in enumerate(year.take(EACH)):
        if n % 2:
            grant["direkomendasikan"] = None
        else:
            grant["direkomendasikan"] = grant["disetujui"] - 1_000_000
            year.label("R10", grant["legacy_id"])
        year.label("R45", grant["legacy_id"])


def year_end(year: Year) -> None:
    """R34: one office pays half of its money in the last days of December."""
    mine = [row for row in year.grants.values() if row["opd_kode"] == "3.27" and row["tahun"] == YEAR]
    for n, grant in enumerate(row for row in mine if row["legacy_id"] in year.payments):
        if n % 2 == 0 and grant["legacy_id"] not in year.used:
            year.used.add(grant["legacy_id"])
            year.payments[grant["legacy_id"]][0]["sp2d_tgl"] = date(YEAR, 12, 23) + timedelta(days=n % 7)
            grant["selesai"] = date(YEAR, 12, 31)
            year.accounts[grant["legacy_id"]]["tgl_lpj"] = date(YEAR + 1, 1, 4 + n % 6)
    year.label("R34", "3.27")


def yes_to_all(year: Year) -> None:
    """R44: one office recommends what was asked, always."""
    for grant in year.grants.values():
        if grant["opd_kode"] == "2.22" and grant["tahun"] == YEAR and grant["legacy_id"] not in year.used:
            grant["direkomendasikan"] = grant["diajukan"]
    year.label("R44", "2.22")


def one_legislator(year: Year) -> None:
    """R32: one legislator's tag on a third of what all bring in."""
    pokir = [row for row in year.grants.values() if row["sumber"] == "pokir" and row["disetujui"]]
    whole, own = sum(row["disetujui"] for row in pokir), 0
    for row in sorted(pokir, key=lambda row: -row["disetujui"]):
        if own > 0.33 * whole:
            break
        row["pokir_anggota"] = "Anggota 7"
        own += row["disetujui"]
    year.label("R32", "Anggota 7")


def one_kecamatan(year: Year) -> None:
    """R31: in an earlier year two thirds of the money went to one kecamatan."""
    for n in range(60):
        organisation = year.organisation()
        if n % 3:
            organisation["kelurahan_kode"] = f"32.78.05.{1001 + n % 8}"
        year.grant(organisation, YEAR - 3)
    year.label("R31", "32.78.05")


def bunched(year: Year) -> None:
    """R09: in another year the awards pile up just below fifty million."""
    for n in range(120):
        approved = (48_100_000 + n * 17_000 if n % 2 else 12_300_000 + n * 411_000) // 1000 * 1000
        asked = approved + 9_321_000
        year.grant(year.organisation(), YEAR - 5, diajukan=asked, direkomendasikan=approved, tapd=approved,
                   disetujui=approved, opd_kode=("1.01", "1.02", "1.04")[n % 3])  # fmt: skip
    year.label("R09", f"{YEAR - 5}:50000000")


FRAUDS: tuple[Callable[[Year], None], ...] = (
    double_recipients, shared_accounts, shared_addresses, shared_contacts, interlocked, split, ladder_up,
    new_organisations, copied_budgets, copied_stories, late_accounts, awarded_again, round_budgets, disordered,
    past_the_window, done_before_the_money, wrong_payees, kept_money, unrecommended, year_end, yes_to_all,
    one_legislator, one_kecamatan, bunched,
)  # fmt: skip
