"""Every SELECT of `/anggaran`. Sums are of the lowest-level lines only, in rupiah."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.services.ui.i18n import _
from app.services.ui.portal import Figure
from app.tenancy.database import region_sql

PAGE_SIZE = 50
BATCH = 1_000
HIBAH, BANSOS = "5.1.05", "5.1.06"
#: The first levels of every region's chart of accounts (Permendagri 90/2019 and Kepmendagri 900.1.15.5-1317/2023).
ACCOUNTS = {
    "4": "Pendapatan Daerah", "4.1": "Pendapatan Asli Daerah (PAD)", "4.2": "Pendapatan Transfer",
    "4.3": "Lain-lain Pendapatan Daerah yang Sah", "5": "Belanja Daerah", "5.1": "Belanja Operasi",
    "5.1.01": "Belanja Pegawai", "5.1.02": "Belanja Barang dan Jasa", "5.1.03": "Belanja Bunga",
    "5.1.04": "Belanja Subsidi", "5.1.05": "Belanja Hibah", "5.1.06": "Belanja Bantuan Sosial",
    "5.2": "Belanja Modal", "5.3": "Belanja Tidak Terduga", "5.4": "Belanja Transfer", "6": "Pembiayaan Daerah",
    "6.1": "Penerimaan Pembiayaan", "6.2": "Pengeluaran Pembiayaan",
}  # fmt: skip


@dataclass(frozen=True)
class Filter:
    """What the reader asked for: year, account prefix, SKPD, words."""

    tahun: int
    kode: str = ""
    skpd: str = ""
    q: str = ""


@dataclass(frozen=True)
class Group:
    """One bar: an account or an SKPD with its sum."""

    kode: str
    nama: str
    jumlah: int


@dataclass(frozen=True)
class Line:
    """One line of the lowest level; `nomor_baris` is its place in the source."""

    nomor_baris: int
    tahun: int
    skpd_kode: str
    skpd_nama: str
    kode_rekening: str
    uraian: str
    jumlah: int


@dataclass(frozen=True)
class Source:
    """Where a year comes from and what its operator accepted."""

    tahun: int
    sumber: str
    alasan: str
    totals_read: int
    doubles_dropped: int
    doubles_kept: int
    unequal: int


SELECT = "SELECT nomor_baris, tahun, skpd_kode, skpd_nama, kode_rekening, uraian, jumlah FROM anggaran "
WHERE = """
WHERE region_id = :region_id AND tahun = :tahun AND NOT is_total
AND (:kode = '' OR kode_rekening = :kode OR kode_rekening LIKE :kode || '.%')
AND (:skpd = '' OR skpd_kode = :skpd)
AND (:q = '' OR strpos(lower(uraian || ' ' || skpd_nama || ' ' || kode_rekening), lower(:q)) > 0)
"""


def years() -> list[int]:
    """Years with a budget, newest first."""
    rows = region_sql("SELECT tahun FROM anggaran_years WHERE region_id = :region_id ORDER BY tahun DESC")
    return list(rows.scalars())


def source(year: int) -> Source | None:
    """Where the year's figures come from."""
    row = region_sql(
        "SELECT tahun, sumber, alasan, totals_read, doubles_dropped, doubles_kept, (SELECT count(*) FROM"
        " anggaran_selisih s WHERE s.region_id = :region_id AND s.tahun = y.tahun) FROM anggaran_years y"
        " WHERE region_id = :region_id AND tahun = :tahun",
        tahun=year,
    ).one_or_none()
    return Source(*row) if row else None


def count_and_sum(wanted: Filter) -> tuple[int, int]:
    """How many lines the filter shows, and their sum."""
    row = region_sql("SELECT count(*), coalesce(sum(jumlah), 0) FROM anggaran " + WHERE, **vars(wanted)).one()
    return int(row[0]), int(row[1])


def by_account(wanted: Filter) -> list[Group]:
    """Sums one level below the chosen account."""
    depth = wanted.kode.count(".") + 2 if wanted.kode else 1
    rows = region_sql(
        "SELECT array_to_string((string_to_array(kode_rekening, '.'))[1:CAST(:depth AS integer)], '.') AS kode,"
        " sum(jumlah) AS jumlah FROM anggaran " + WHERE + " GROUP BY 1 ORDER BY 1",
        depth=depth, **vars(wanted),
    ).all()  # fmt: skip
    names = account_names(wanted.tahun, [row.kode for row in rows])
    return [Group(row.kode, names[row.kode], int(row.jumlah)) for row in rows if row.kode != wanted.kode]


def account_names(year: int, codes: list[str]) -> dict[str, str]:
    """What each account is called: the first name the source gives, else the national chart's, else its code."""
    rows = region_sql(
        "SELECT DISTINCT ON (kode_rekening) kode_rekening, uraian FROM anggaran WHERE region_id = :region_id"
        " AND tahun = :tahun AND kode_rekening = ANY (:codes) ORDER BY kode_rekening, nomor_baris",
        tahun=year, codes=codes,
    )  # fmt: skip
    named = {row.kode_rekening: row.uraian for row in rows}
    return {code: ACCOUNTS.get(code) or named.get(code) or code for code in codes}


def by_skpd(wanted: Filter) -> list[Group]:
    """Sums by SKPD, the largest first."""
    rows = region_sql(
        "SELECT skpd_kode, min(skpd_nama), sum(jumlah) FROM anggaran " + WHERE + " GROUP BY 1 ORDER BY 3 DESC, 1",
        **vars(wanted),
    )
    return [Group(code, name, int(amount)) for code, name, amount in rows]


def shares(year: int) -> tuple[int, int, int]:
    """Spending, and in it hibah (5.1.05) and bansos (5.1.06)."""
    return tuple(count_and_sum(Filter(year, code))[1] for code in ("5", HIBAH, BANSOS))  # type: ignore[return-value]


def page(wanted: Filter, number: int) -> list[Line]:
    """One page of lines, by account and SKPD."""
    rows = region_sql(
        SELECT + WHERE + " ORDER BY kode_rekening, skpd_kode, nomor_baris LIMIT :limit OFFSET :offset",
        limit=PAGE_SIZE, offset=(number - 1) * PAGE_SIZE, **vars(wanted),
    )  # fmt: skip
    return [Line(*row) for row in rows]


def lines_after(wanted: Filter, last: int, limit: int) -> list[Line]:
    """Lines that stand behind `last` in the source, in its order."""
    rows = region_sql(
        SELECT + WHERE + " AND nomor_baris > :last ORDER BY nomor_baris LIMIT :limit",
        last=last, limit=limit, **vars(wanted),
    )  # fmt: skip
    return [Line(*row) for row in rows]


def stream(wanted: Filter) -> Iterator[list[Any]]:
    """Everything the filter shows, page after page of 1,000 by the line's place: constant memory."""
    last = 0
    while lines := lines_after(wanted, last, BATCH):
        last = lines[-1].nomor_baris
        yield from (list(vars(line).values())[1:] for line in lines)


def unequal(year: int) -> list[tuple[str, str, str, int, int]]:
    """Totals that are not the sum of their parts, the largest difference first."""
    rows = region_sql(
        "SELECT skpd_kode, kode_rekening, uraian, jumlah_terbit, jumlah_bagian FROM anggaran_selisih"
        " WHERE region_id = :region_id AND tahun = :tahun ORDER BY abs(jumlah_terbit - jumlah_bagian) DESC, 1, 2",
        tahun=year,
    )
    return [tuple(row) for row in rows]  # type: ignore[misc]


def key_figures() -> list[Figure]:
    """For the portal's front page."""
    known = years()
    if not known:
        return []
    spending, hibah, bansos = shares(known[0])
    return [
        Figure(_("Belanja %(year)s", year=known[0]), spending, money=True),
        Figure(_("Belanja hibah"), hibah, money=True),
        Figure(_("Belanja bansos"), bansos, money=True),
    ]
