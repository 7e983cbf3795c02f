"""What a red flag is: one row of a table, which a module registers. A finding is an indication, not a verdict.

A rule reads the region's rows, by SQL or by a function, and yields one row for each subject that it points at:

- `key` says what binds subjects into one finding (the hash of an account, a day); rows with one key are one case;
- `subject`, `ref` are the subject's id and the reference that people (and the imported file) know it by;
- `subject_type` is `hibah` unless the row says otherwise; a row without `ref` only gives the evidence its context;
- `severity`, `year`, `amount` (rupiah at stake) where the rule knows better than the table;
- every other name is a column of the evidence, as `columns` declares it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.services.integrity.parameters import Param
from app.services.ui.i18n import Lazy, lazy

LOW, MEDIUM, HIGH, CRITICAL = "L", "M", "H", "C"
SEVERITIES = (LOW, MEDIUM, HIGH, CRITICAL)
SEVERITY_LOOK = {
    LOW: (lazy("Rendah"), "netral"),
    MEDIUM: (lazy("Sedang"), "info"),
    HIGH: (lazy("Tinggi"), "awas"),
    CRITICAL: (lazy("Kritis"), "bahaya"),
}
#: Rows of one rule: what a region's data show.
Row = Mapping[str, Any]
Finder = Callable[[Mapping[str, Any]], Iterable[Row]]
RESERVED = ("key", "subject", "subject_type", "ref", "severity", "year", "amount")


@dataclass(frozen=True)
class Column:
    """One column of a rule's evidence. `kind`: teks, rupiah, angka, persen, tanggal."""

    name: str
    label: Lazy
    kind: str = "teks"


@dataclass(frozen=True)
class RedFlag:
    """One rule.

    Attributes:
        needs: `table.column` of what the rule reads; a region where one is empty has nothing to scan.
        innocent: what a harmless explanation would be.
        find: SQL (compares `region_id` with `:region_id`) or a function of the parameters; None for a rule whose data
            does not exist yet: `waits` says which.
        params: what a region may tune; SQL binds them by name, beside `:today` and `:minimum_sample`.
        minimum_sample: of what the rule measures (members of a cluster, peers of a distribution) at least so many.
        chart: the evidence column that is drawn as bars.
        facts: evidence columns that make it other evidence when they change (amounts, not days that pass).
        national: compares regions, so it runs in the national scan only.
    """

    code: str
    title: Lazy
    severity: str
    needs: tuple[str, ...]
    innocent: Lazy
    source: str
    find: str | Finder | None = None
    columns: tuple[Column, ...] = ()
    params: tuple[Param, ...] = ()
    minimum_sample: int = 1
    chart: str = ""
    facts: tuple[str, ...] = ()
    waits: Lazy | str = ""
    national: bool = False

    def __post_init__(self) -> None:
        if (self.find is None) != bool(self.waits):
            raise ValueError(f"{self.code}: aturan berjalan, atau menunggu data yang disebutnya")
        names = {column.name for column in self.columns}
        if names & set(RESERVED) or (self.chart and self.chart not in names):
            raise ValueError(f"{self.code}: kolom bukti bertabrakan, atau bagan tanpa kolom")
        if self.severity not in SEVERITIES:
            raise ValueError(f"{self.code}: tingkat {self.severity}")

    @property
    def tunable(self) -> tuple[Param, ...]:
        """Every parameter that a region may change, the minimum sample among them where it says something."""
        if self.minimum_sample <= 1:
            return self.params
        sample = Param("minimum_sample", lazy("Contoh paling sedikit"), "bilangan", self.minimum_sample, 2, 100_000)
        return (*self.params, sample)


_flags: dict[str, RedFlag] = {}


def register_flags(flags: Iterable[RedFlag]) -> None:
    """Make rules known (by their code, once)."""
    for flag in flags:
        _flags[flag.code] = flag


def all_flags() -> list[RedFlag]:
    """Every registered rule by code, also those that wait for data."""
    return [_flags[code] for code in sorted(_flags)]


def running_flags() -> list[RedFlag]:
    """The rules that can run in one region."""
    return [flag for flag in all_flags() if flag.find is not None and not flag.national]


def flag_of(code: str) -> RedFlag | None:
    """The rule of this code."""
    return _flags.get(code)
