"""Which region a host name is: resolved once, at the door."""

import json
import re
from dataclasses import dataclass, field

from sqlalchemy import Engine, RowMapping, text

from app.tenancy.database import db
from config.settings import Settings

HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:\d{1,5})?", re.ASCII)


@dataclass(frozen=True)
class Site:
    """One host of one region. `room` says what it shows: portal, province, console, oversight, landing."""

    region_id: int
    code: str
    name: str
    kind: str
    subdomain: str
    time_zone: str
    room: str
    state: str
    reason: str = ""
    demo: bool = False
    language: str = "id"
    population: int = 0
    custom_domain: str | None = None
    tokens: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Province:
    """A province as the official list has it."""

    id: int
    name: str
    subdomain: str
    members: int


LANDING = Site(0, "0", "Sabilulungan Nusantara", "NASIONAL", "", "Asia/Jakarta", "landing", "AKTIF")
COLUMNS = """
SELECT r.id AS region_id, r.code, r.name, r.kind, s.subdomain, r.time_zone, s.room, s.state, s.reason, s.demo,
       s.language, r.population, s.custom_domain, s.tokens
FROM tenancy.sites s JOIN tenancy.regions r ON r.id = s.region_id
"""


def site_url(site: Site, settings: Settings) -> str:
    """The address of a site, ending in a slash: from the registry, only scheme and port are the deployment's."""
    scheme, port = ("https", "") if settings.tls else ("http", f":{settings.port}")
    host = site.custom_domain or ".".join(part for part in (site.subdomain, settings.base_domain) if part)
    return f"{scheme}://{host}{port}/"


class BadHost(ValueError):
    """The Host header is not a host name."""


def clean_host(header: str) -> str:
    """The host in lower case without its port.

    Raises:
        BadHost: it is empty, too long, or holds what no host name holds.
    """
    host = header.lower().rstrip(".")
    if not HOST.fullmatch(host):
        raise BadHost("Nama host tidak sah.")
    return host.partition(":")[0]


def resolve(host: str, base_domain: str) -> Site | None:
    """The site of a clean host name; None for an unknown one. Exact look-up, no guess."""
    if host == base_domain:
        return LANDING
    subdomain = host.removesuffix("." + base_domain) if host.endswith("." + base_domain) else None
    where = "WHERE s.subdomain = :name" if subdomain is not None else "WHERE s.custom_domain = :name"
    row = _fetch(COLUMNS + where, name=subdomain if subdomain is not None else host)
    return row[0] if row else None


def live_sites() -> list[Site]:
    """Every active portal and province, by code: public facts, no row of a region is read."""
    return _fetch(COLUMNS + "WHERE s.state = 'AKTIF' AND s.room IN ('portal', 'province') ORDER BY r.code")


def working_sites() -> list[Site]:
    """The nation, then every live region: whose jobs are sent, whose schedules run, whose numbers are read."""
    return [LANDING, *live_sites()]


def home_of(region_id: int) -> Site | None:
    """The site on which a region's people sign in; None where it has none yet.

    Asked in the session's transaction: who holds a lock there must not wait for a second connection.
    """
    sql = text(COLUMNS + "WHERE s.region_id = :id AND s.room <> 'oversight'")
    row = db.session.execute(sql, {"id": region_id}).mappings().first()
    return _site(row) if row else None


def provinces() -> list[Province]:
    """Every province of the official list with how many kota/kabupaten it has, live or not."""
    sql = (
        "SELECT p.id, p.name, p.subdomain, count(r.id) AS members FROM tenancy.regions p"
        " LEFT JOIN tenancy.regions r ON r.parent_id = p.id WHERE p.kind = 'PROVINSI' GROUP BY p.id ORDER BY p.id"
    )
    with db.engine.connect() as connection:
        return [Province(**row) for row in connection.execute(text(sql)).mappings()]


def all_sites() -> list[Site]:
    """Every site in any state, by code, for the operator."""
    return _fetch(COLUMNS + "ORDER BY r.code, s.room")


def _fetch(sql: str, **params: object) -> list[Site]:
    engine: Engine = db.engine
    with engine.connect() as connection:
        rows = connection.execute(text(sql), params).mappings().all()
    return [_site(row) for row in rows]


def _site(row: RowMapping) -> Site:
    return Site(**{**row, "tokens": json.loads(row["tokens"] or "{}")})
