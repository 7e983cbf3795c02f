"""The official list of regions and the one rule that gives each its subdomain."""

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import click
from sqlalchemy import create_engine, text

from config.settings import Settings

REGIONS_CSV = Path(__file__).with_name("regions.csv")
DISTRICTS_CSV = Path(__file__).with_name("kecamatan.csv")
NATION = 0
RESERVED = {"pusat", "kpk", "www", "api", "mail", "statis"}
# The names everybody uses for the provinces; the others are the name itself.
PROVINCE_LABELS = {
    "12": "sumut", "13": "sumbar", "16": "sumsel", "19": "babel", "21": "kepri", "31": "jakarta", "32": "jabar",
    "33": "jateng", "34": "diy", "35": "jatim", "52": "ntb", "53": "ntt", "61": "kalbar", "62": "kalteng",
    "63": "kalsel", "64": "kaltim", "65": "kaltara", "71": "sulut", "72": "sulteng", "73": "sulsel",
    "74": "sultra", "76": "sulbar", "82": "malut",
}  # fmt: skip


@dataclass(frozen=True)
class Region:
    """One line of the list. `id` is the Kemendagri code without its dot; population in persons, area in km²
    (None: not published)."""

    id: int
    code: str
    parent_id: int | None
    kind: str
    name: str
    subdomain: str
    time_zone: str
    population: int
    area_km2: float | None


def slug(name: str) -> str:
    """A name as a host label: lower case, letters and digits, hyphens between."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _label(row: dict[str, str], kota: set[str]) -> str:
    if row["kind"] == "PROVINSI":
        label = PROVINCE_LABELS.get(row["code"], slug(row["name"]))
        return f"prov-{label}" if label in kota else label
    plain = slug(row["name"].split(" ", 1)[1])
    # A kabupaten that shares its name with a kota gives way, as people say "Kota Bandung" just "Bandung".
    return f"kab-{plain}" if row["kind"] == "KABUPATEN" and plain in kota else plain


def load_regions() -> list[Region]:
    """The nation, 38 provinces, 514 kota/kabupaten, with a subdomain each.

    Raises:
        ValueError: two regions would share a subdomain, or one is reserved.
    """
    with REGIONS_CSV.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    kota = {slug(row["name"].split(" ", 1)[1]) for row in rows if row["kind"] == "KOTA"}
    regions = [Region(NATION, "0", None, "NASIONAL", "Indonesia", "pusat", "Asia/Jakarta", 0, 0.0)]
    seen: dict[str, str] = dict.fromkeys(RESERVED, "cadangan")
    # Provinces are last to choose: the people of Kota Jambi say "jambi", and so does their site.
    for row in sorted(rows, key=lambda row: (row["kind"] == "PROVINSI", row["code"])):
        label = _label(row, kota)
        if label in seen and row["kind"] == "PROVINSI":
            label = f"prov-{label}"
        if label in seen:
            raise ValueError(f"{row['name']}: subdomain {label} sudah dipakai {seen[label]}")
        seen[label] = row["name"]
        parent = NATION if row["kind"] == "PROVINSI" else int(row["parent_code"])
        regions.append(
            Region(
                int(row["code"].replace(".", "")), row["code"], parent, row["kind"], row["name"], label,
                row["time_zone"], int(row["population"]), float(row["area_km2"]) if row["area_km2"] else None,
            )
        )  # fmt: skip
    return sorted(regions, key=lambda region: (len(str(region.id)), region.id))


def load_into_database(settings: Settings) -> int:
    """Write the list into `tenancy.regions` (administrator's connection); returns how many regions there are."""
    regions = load_regions()
    engine = create_engine(settings.database_url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO tenancy.regions AS r"
                " (id, code, parent_id, kind, name, subdomain, time_zone, population, area_km2)"
                " VALUES (:id, :code, :parent_id, :kind, :name, :subdomain, :time_zone, :population, :area_km2)"
                " ON CONFLICT (id) DO UPDATE SET name = excluded.name, time_zone = excluded.time_zone,"
                " population = excluded.population, area_km2 = excluded.area_km2"
            ),
            [vars(region) for region in regions],
        )
        connection.execute(
            text(
                "INSERT INTO tenancy.districts AS d (code, name) SELECT * FROM unnest(:codes, :names)"
                " ON CONFLICT (code) DO UPDATE SET name = excluded.name WHERE d.name <> excluded.name"
            ),
            districts(),
        )
    engine.dispose()
    return len(regions)


def districts() -> dict[str, list[str]]:
    """Codes and names of every kecamatan, as two lists."""
    with DISTRICTS_CSV.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {"codes": [row["code"] for row in rows], "names": [row["name"] for row in rows]}


def find(code: str) -> Region:
    """The region of a code with or without its dot.

    Raises:
        click.BadParameter: no such region; says how codes look.
    """
    wanted = code.replace(".", "")
    for region in load_regions():
        if str(region.id) == wanted:
            return region
    raise click.BadParameter(f"Kode {code!r} tidak ada di daftar resmi. Contoh: 32.73 untuk Kota Bandung.")
