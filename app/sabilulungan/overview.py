"""What one filter holds in all: totals, facets, money by bidang and kecamatan; one pass over the rows, not one each."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Select, func, literal, select, tuple_

from app.sabilulungan.models import Hibah
from app.sabilulungan.queries import FACETS, SUMS, Filter, Totals, filtered
from app.sabilulungan.stages import public_state
from app.services.ui.i18n import _
from app.tenancy.database import db

MOST_CHOICES, MOST_BARS = 40, 10
WHOLE = ""
#: What the rows are grouped by; the whole is a group by nothing.
GROUPS: dict[str, tuple[Any, ...]] = {
    WHOLE: (),
    **{name: (column,) for name, column in FACETS.items()},
    "status": (Hibah.stage, Hibah.status),
}
Group = list[tuple[tuple[Any, ...], Totals]]


@dataclass(frozen=True)
class Overview:
    """Amounts in rupiah.

    Attributes:
        facets: name -> (value, number of proposals), the largest first; each without the filter's own choice in it.
        by_bidang: (bidang, granted), the largest ten.
        by_kecamatan: code -> (proposals, granted), without the filter's own kecamatan.
    """

    totals: Totals
    facets: dict[str, list[tuple[Any, int]]]
    by_bidang: list[tuple[str, int]]
    by_kecamatan: dict[str, tuple[int, int]]


def overview(wanted: Filter) -> Overview:
    """One statement, and one more for each facet that the reader has chosen from."""
    chosen = [name for name in GROUPS if name != WHOLE and getattr(wanted, name) is not None]
    groups = _grouped(wanted, tuple(name for name in GROUPS if name not in chosen))
    for name in chosen:
        groups |= _grouped(wanted, (name,), without=name)
    bidang = [(value, sums) for (value,), sums in groups["bidang"] if wanted.bidang in {None, value}]
    return Overview(
        totals=groups[WHOLE][0][1],
        facets={
            **{name: _choices((value, sums.count) for (value,), sums in groups[name]) for name in FACETS},
            "status": _choices(_by_state(groups["status"]).items()),
        },
        by_bidang=sorted(
            ((value or _("tidak dicatat"), sums.granted) for value, sums in bidang), key=lambda bar: -bar[1]
        )[:MOST_BARS],
        by_kecamatan={code: (sums.count, sums.granted) for (code,), sums in groups["kecamatan"] if code},
    )


def _grouped(wanted: Filter, names: tuple[str, ...], *, without: str = "") -> dict[str, Group]:
    found: dict[str, Group] = {name: [] for name in names}
    owners = [name for name in names for _column in GROUPS[name]]
    name_of = {_mask(owners, name): name for name in names}
    for mask, *cells in db.session.execute(filtered(_statement(names), wanted, without=without)):
        name = name_of[mask]
        value = tuple(cell for owner, cell in zip(owners, cells, strict=False) if owner == name)
        found[name].append((value, Totals(*cells[len(owners) :])))
    return found


@cache
def _statement(names: tuple[str, ...]) -> Select[Any]:
    columns = [column for name in names for column in GROUPS[name]]
    if not columns:
        return select(literal(0).label("mask"), *SUMS).select_from(Hibah)
    sets = func.grouping_sets(*(tuple_(*GROUPS[name]) for name in names))
    return select(func.grouping(*columns).label("mask"), *columns, *SUMS).select_from(Hibah).group_by(sets)


def _mask(owners: list[str], name: str) -> int:
    """What GROUPING() says of a row of the group: a 1 for each column that is not in it, the first column highest."""
    return int("".join("0" if owner == name else "1" for owner in owners) or "0", 2)


def _choices(counted: Iterable[tuple[Any, int]]) -> list[tuple[Any, int]]:
    return sorted(counted, key=lambda item: (-item[1], item[0] is None, item[0]))[:MOST_CHOICES]


def _by_state(group: Group) -> dict[str, int]:
    counts: dict[str, int] = {}
    for (stage, status), sums in group:
        state = public_state(stage, status)
        counts[state] = counts.get(state, 0) + sums.count
    return counts
