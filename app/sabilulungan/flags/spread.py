"""Rules that hold a number against the region's own distribution."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from statistics import median, quantiles
from typing import Any

from app.sabilulungan.flags.sql import GRANTED, JOIN_ORG, NAME, REF, rows
from app.services.integrity.rules import Row

GRANTS = f"SELECT h.tahun, h.amount_granted FROM hibah h WHERE h.region_id = :region_id AND {GRANTED} AND h.tahun > 0"
#: Round amounts that a limit is compared with: every 5 million up to a billion.
ROUND_STEP, ROUND_MOST = 5_000_000, 1_000_000_000
MILLION = 1_000_000
SHOWN = 8


def _granted() -> dict[int, Counter[int]]:
    """Budget year -> how often each amount (rupiah) was granted."""
    found: dict[int, Counter[int]] = defaultdict(Counter)
    for row in rows(GRANTS):
        found[row["tahun"]][row["amount_granted"]] += 1
    return dict(sorted(found.items()))


def bunching(params: Mapping[str, Any]) -> Iterator[Row]:
    """R09: more awards just below (or at) a limit than just above it, and more so than at other round amounts."""
    for year, amounts in _granted().items():
        marks = {limit: _around(amounts, limit, params["lebar"]) for limit in params["ambang"]}
        others = [
            _ratio(*_around(amounts, mark, params["lebar"]))
            for mark in range(ROUND_STEP, ROUND_MOST + 1, ROUND_STEP)
            if mark not in marks and sum(_around(amounts, mark, params["lebar"])) >= params["minimum_sample"]
        ]
        # Not the middle one: where amounts are lumps, some round amount always has more below than above.
        usual = quantiles(others, n=10)[-1] if len(others) > 1 else max(others, default=0.0)
        for limit, (below, above) in marks.items():
            ratio = _ratio(below, above)
            least = max(params["nisbah"], params["kali_wajar"] * usual)
            if below >= params["minimum_sample"] and ratio >= least:
                yield {
                    "key": f"{year}|{limit}", "subject_type": "ambang", "subject": f"{year}|{limit}",
                    "ref": f"{year}:{limit}", "year": year, "batas": limit, "di_bawah": below, "di_atas": above,
                    "nisbah": round(ratio, 1),
                }  # fmt: skip


def _around(amounts: Counter[int], mark: int, width: float) -> tuple[int, int]:
    below = sum(n for amount, n in amounts.items() if mark * (1 - width) <= amount <= mark)
    above = sum(n for amount, n in amounts.items() if mark < amount <= mark * (1 + width))
    return below, above


def _ratio(below: int, above: int) -> float:
    # Half a case more: none above is not infinitely many below.
    return below / (above + 0.5)


ROUND_SHARE = """
SELECT coalesce(avg(CAST(mod(r.jumlah, :kelipatan) = 0 AS integer)), 0)::double precision AS share FROM hibah_rab r
WHERE r.region_id = :region_id AND r.tahap = 'diajukan' AND r.jumlah > 0
"""
LINES = f"""
WITH lines AS (
    SELECT r.hibah_id, count(*) AS n, count(*) FILTER (WHERE mod(r.jumlah, :kelipatan) = 0) AS round
    FROM hibah_rab r WHERE r.region_id = :region_id AND r.tahap = 'diajukan' AND r.jumlah > 0 GROUP BY 1
    HAVING count(*) >= :least
)
SELECT h.id, {REF} AS ref, h.tahun, h.amount_requested, {NAME} AS name, l.n, l.round
FROM lines l JOIN hibah h ON h.region_id = :region_id AND h.id = l.hibah_id {JOIN_ORG} ORDER BY 2
"""


def round_numbers(params: Mapping[str, Any]) -> Iterator[Row]:
    """R26: a budget whose lines are rounder than chance would make them among this region's own lines; and one amount
    that serves a large part of a year's awards."""
    (whole,) = rows(ROUND_SHARE, kelipatan=params["kelipatan"])
    budgets, share = rows(LINES, kelipatan=params["kelipatan"], least=params["minimum_sample"]), whole["share"]
    for row in budgets:
        if row["round"] < params["bagian"] * row["n"]:
            continue
        if tail(row["n"], row["round"], share) * len(budgets) <= params["peluang"]:
            yield {
                "subject": row["id"], "ref": row["ref"], "year": row["tahun"], "amount": row["amount_requested"],
                "penerima": row["name"], "nilai": row["amount_requested"], "banyaknya": row["n"],
                "bulat": row["round"], "bagian": row["round"] / row["n"], "bagian_daerah": share,
            }  # fmt: skip
    yield from _formula(params)


def tail(n: int, k: int, share: float) -> float:
    """The probability of `k` or more round lines of `n` when a share of all lines is round (binomial)."""
    if share <= 0 or share >= 1:
        return float(k == 0 or share >= 1)
    return sum(math.comb(n, i) * share**i * (1 - share) ** (n - i) for i in range(k, n + 1))


def _formula(params: Mapping[str, Any]) -> Iterator[Row]:
    for year, amounts in _granted().items():
        awards = sum(amounts.values())
        usual = median(amounts.values())
        common = [(amount, n) for amount, n in amounts.most_common(SHOWN) if amount % MILLION == 0]
        told = [
            (amount, n)
            for amount, n in common
            if n >= max(2 * params["minimum_sample"], params["bagian_rumus"] * awards, 3 * usual)
        ]
        for number, (amount, n) in enumerate(common if told else ()):
            row = {"key": f"rumus|{year}", "year": year, "nilai": amount, "banyaknya": n, "bagian": n / awards}
            if number == 0:
                row |= {"subject_type": "daerah", "subject": f"rumus|{year}", "ref": str(year)}
            yield row
