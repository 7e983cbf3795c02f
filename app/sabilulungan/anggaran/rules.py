"""Reconciling a published budget: which lines repeat another, which totals are not the sum of their parts. Rupiah."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


def rupiah(value: Decimal) -> int:
    """The nearest whole rupiah, half away from zero."""
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


@dataclass(frozen=True)
class BudgetLine:
    """One line as published. `row` is its place in the file; `level` 1 (akun) to 6 (sub rincian objek).

    `nilai` is exact, for sources that print cents: rounding comes after summing.
    """

    row: int
    tahun: int
    skpd_kode: str
    skpd_nama: str
    kode_rekening: str
    uraian: str
    keterangan: str
    level: int
    nilai: Decimal

    @property
    def jumlah(self) -> int:
        """Rupiah, a fraction rounded to the nearest."""
        return rupiah(self.nilai)

    @property
    def content(self) -> tuple[object, ...]:
        """Everything but the place: two lines with the same content are doubles."""
        return (self.tahun, self.skpd_kode, self.kode_rekening, self.uraian, self.keterangan, self.level, self.nilai)


@dataclass(frozen=True)
class Difference:
    """A total that is not the sum of its parts: as published, and as summed from the lines of the lowest level."""

    tahun: int
    skpd_kode: str
    kode_rekening: str
    uraian: str
    jumlah_terbit: int
    jumlah_bagian: int


def doubles(lines: Iterable[BudgetLine]) -> list[tuple[BudgetLine, int]]:
    """Lines that repeat an earlier line exactly, each with the row of the first."""
    first: dict[tuple[object, ...], int] = {}
    return [(line, seen) for line in lines if (seen := first.setdefault(line.content, line.row)) != line.row]


def leaf_level(lines: Iterable[BudgetLine]) -> int:
    """The lowest level that the file has: only its lines are ever summed."""
    return max((line.level for line in lines), default=0)


def totals_of(lines: list[BudgetLine]) -> dict[tuple[int, str, str], BudgetLine]:
    """Each published total once, by (year, SKPD, account); a total that stands twice counts as its first line."""
    lowest = leaf_level(lines)
    found: dict[tuple[int, str, str], BudgetLine] = {}
    for line in lines:
        if line.level < lowest:
            found.setdefault((line.tahun, line.skpd_kode, line.kode_rekening), line)
    return found


def differences(lines: list[BudgetLine]) -> list[Difference]:
    """Every total that is not the sum of the lowest-level lines below its account in its SKPD."""
    lowest = leaf_level(lines)
    sums: dict[tuple[int, str, str], Decimal] = defaultdict(Decimal)
    for line in lines:
        if line.level == lowest:
            parts = line.kode_rekening.split(".")
            for depth in range(1, len(parts)):
                sums[line.tahun, line.skpd_kode, ".".join(parts[:depth])] += line.nilai
    return [
        Difference(*key, total.uraian, total.jumlah, rupiah(sums[key]))
        for key, total in totals_of(lines).items()
        if total.jumlah != rupiah(sums[key])
    ]
