"""R05: organisations that share a house, by its address or by its place on the map."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from app.sabilulungan.flags.grouping import groups
from app.sabilulungan.flags.sql import ADDRESS, ALIVE, BODY, REF, rows
from app.services.integrity.rules import Row

ORGANISATIONS = f"""
SELECT o.id, {BODY} AS body, o.nama, coalesce(o.legacy_id, '') AS lembaga, o.alamat, {ADDRESS} AS address, o.lat, o.lon
FROM organisasi o WHERE o.region_id = :region_id
    AND EXISTS (SELECT 1 FROM hibah h WHERE h.region_id = :region_id AND h.organisasi_id = o.id AND {ALIVE})
ORDER BY o.id
"""
GRANTS = f"""
SELECT h.id, {REF} AS ref, h.tahun, h.amount_requested, h.organisasi_id FROM hibah h
WHERE h.region_id = :region_id AND h.organisasi_id = ANY(:organisations) AND {ALIVE} ORDER BY h.tahun, 2
"""
METRES_A_DEGREE = 111_320


def shared_places(params: Mapping[str, Any]) -> Iterator[Row]:
    """Organisations under different names at one address, or a few metres apart; one row for each of their grants."""
    known = {row["id"]: row for row in rows(ORGANISATIONS)}
    exempt = ["".join(filter(str.isalnum, text.lower())) for text in params["gedung_bersama"]]
    found: dict[str, list[Row]] = {}
    for why, members in (("alamat", _by_address(known, exempt)), ("titik peta", _by_place(known, params))):
        for group in members:
            if len({known[number]["body"] for number in group}) >= params["minimum_sample"]:
                found.setdefault(_key(known, group), [{**known[number], "why": why} for number in group])
    if found:
        yield from _with_grants(found)


def _key(known: Mapping[Any, Row], group: list[Any]) -> str:
    return min(str(known[number]["address"] or number) for number in group)


def _by_address(known: Mapping[Any, Row], exempt: list[str]) -> list[list[Any]]:
    at: dict[str, list[Any]] = defaultdict(list)
    for number, row in known.items():
        address = row["address"]
        plain = "".join(filter(str.isalnum, row["alamat"].lower()))
        if address and not any(text and text in plain for text in exempt):
            at[address].append(number)
    return list(at.values())


def _precise(row: Row) -> bool:
    """Coordinates with no more than three decimals (100 m) are a village, not a house."""
    return (
        row["lat"] is not None
        and row["lon"] is not None
        and all(abs(value * 1000 - round(value * 1000)) > 1e-6 for value in (row["lat"], row["lon"]))
    )


def _by_place(known: Mapping[Any, Row], params: Mapping[str, Any]) -> list[list[Any]]:
    placed = {number: row for number, row in known.items() if _precise(row)}
    at = Counter((row["lat"], row["lon"]) for row in placed.values())
    # Many at exactly one point: somebody wrote the middle of the kelurahan.
    placed = {n: row for n, row in placed.items() if at[row["lat"], row["lon"]] <= params["satu_titik"]}
    step = params["meter"] / METRES_A_DEGREE
    cells: dict[tuple[int, int], list[Any]] = defaultdict(list)
    for number, row in placed.items():
        cells[math.floor(row["lat"] / step), math.floor(row["lon"] / step)].append(number)
    return groups(_close_pairs(placed, cells, params["meter"]))


def _close_pairs(
    placed: Mapping[Any, Row], cells: Mapping[tuple[int, int], list[Any]], metres: float
) -> Iterator[tuple[Any, Any]]:
    for (x, y), here in cells.items():
        near = [n for dx in (-1, 0, 1) for dy in (-1, 0, 1) for n in cells.get((x + dx, y + dy), ())]
        for a in here:
            for b in near:
                if str(a) < str(b) and distance(placed[a], placed[b]) <= metres:
                    yield a, b


def distance(a: Row, b: Row) -> float:
    """Metres between two places not far apart."""
    north = (a["lat"] - b["lat"]) * METRES_A_DEGREE
    east = (a["lon"] - b["lon"]) * METRES_A_DEGREE * math.cos(math.radians(a["lat"]))
    return math.hypot(north, east)


def _with_grants(found: Mapping[str, list[Row]]) -> Iterator[Row]:
    organisations = [row["id"] for group in found.values() for row in group]
    grants: dict[Any, list[Row]] = defaultdict(list)
    for row in rows(GRANTS, organisations=organisations):
        grants[row["organisasi_id"]].append(row)
    for key, group in found.items():
        for organisation in group:
            for grant in grants[organisation["id"]]:
                yield {
                    "key": key, "subject": grant["id"], "ref": grant["ref"], "year": grant["tahun"],
                    "amount": grant["amount_requested"], "penerima": organisation["nama"],
                    "lembaga": organisation["lembaga"], "alamat": organisation["alamat"],
                    "yang_sama": organisation["why"], "diajukan": grant["amount_requested"],
                }  # fmt: skip
