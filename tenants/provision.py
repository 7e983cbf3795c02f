"""Bringing a region up: idempotent named steps, each in its own transaction, each recorded. No DDL, no deploy."""

import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text

from app.kernel.identifiers import uuid7
from app.services import audit
from app.services.identity import accounts
from app.services.identity.permissions import ROLES
from app.services.personal import keys
from app.services.privacy import retention
from app.tenancy.context import Context, acting_for, current
from app.tenancy.database import db, region_sql
from tenants.registry import NATION

TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True)
class Order:
    """What was asked for: one region, by whom, from which template."""

    region_id: int
    subdomain: str
    kind: str
    template: str = "baku"
    actor: str = "sistem:provision"
    demo: bool = False
    admin_email: str = ""
    base_url: str = ""


@dataclass(frozen=True)
class Done:
    """One step, finished now or found finished."""

    name: str
    milliseconds: int
    was_there: bool


class UnknownTemplate(ValueError):
    """No template of that name lies in tenants/templates."""


class UnknownRegion(ValueError):
    """The region is not in the official list."""


def load_template(name: str) -> dict[str, Any]:
    """The template's content; raises UnknownTemplate with the names that exist."""
    path = TEMPLATES / name / "template.toml"
    if not path.is_file():
        known = ", ".join(sorted(folder.name for folder in TEMPLATES.iterdir() if folder.is_dir()))
        raise UnknownTemplate(f"Templat {name!r} tidak ada; yang ada: {known}.")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _insert(table: str, columns: str, conflict: str, rows: list[dict[str, Any]]) -> None:
    values = ", ".join(f":{column.strip()}" for column in columns.split(","))
    statement = (
        f"INSERT INTO {table} (region_id, id, {columns}) VALUES (:region_id, :id, {values})"
        f" ON CONFLICT (region_id, {conflict}) DO NOTHING"
    )
    for row in rows:
        region_sql(statement, id=uuid7(), **row)


def publish_site(order: Order, _template: dict[str, Any]) -> None:
    """The host that the region answers on; the nation has two, `pusat` and `kpk`."""
    room = {"PROVINSI": "province", "NASIONAL": "console"}.get(order.kind, "portal")
    sites = [(order.subdomain, room)] + ([("kpk", "oversight")] if order.region_id == NATION else [])
    for label, site_room in sites:
        db.session.execute(
            text("SELECT tenancy.publish_site(:label, :room, :demo)"),
            {"label": label, "room": site_room, "demo": order.demo},
        )


def write_settings(order: Order, template: dict[str, Any]) -> None:
    """The region's settings as the template has them, for a demonstration with its own; what it changed stays."""
    chosen = template["pengaturan"] | (template.get("pengaturan_contoh", {}) if order.demo else {})
    rows = [{"key": key, "value": str(value)} for key, value in chosen.items()]
    _insert("region_settings", "key, value", "key", rows)


def national_keys() -> dict[str, bytes]:
    """The keys that are the same in every region, as the nation has them: the present master key may not give them."""
    with acting_for(Context(NATION, current().actor, current().scope)):
        found = {key.purpose: keys.held(key.purpose) for key in keys.held_keys() if key.shared}
        db.session.commit()
    return found


def check_region(order: Order, _template: dict[str, Any]) -> None:
    """The region stands in the official list, and its data keys exist before its first row.

    Raises:
        UnknownRegion: the list that was loaded into this database does not hold it.
    """
    shared = national_keys()
    known = db.session.execute(text("SELECT 1 FROM tenancy.regions WHERE id = :id"), {"id": order.region_id}).first()
    if known is None:
        raise UnknownRegion(f"Daerah {order.region_id} tidak ada dalam daftar resmi yang dimuat.")
    own = [keys.DATA, keys.MATCH, keys.FILES, *(key.purpose for key in keys.held_keys() if not key.shared)]
    for purpose in own:
        keys.add_key(purpose, 1)
    for purpose, key in shared.items():
        keys.add_key(purpose, 1, key)


def write_roles(order: Order, template: dict[str, Any]) -> None:
    """What each role is called here: the head of a kota is a Wali Kota, of a kabupaten a Bupati."""
    names = {role: name for role, (name, _permissions) in ROLES.items()}
    names |= template.get("peran", {}).get(order.kind, {})
    _insert("region_roles", "kode, nama", "kode", [{"kode": code, "nama": name} for code, name in names.items()])


def write_services(_order: Order, template: dict[str, Any]) -> None:
    """The catalogue of services."""
    _insert("service_catalogue", "kode, nama, aplikasi", "kode", template["layanan"])


def write_opd(_order: Order, template: dict[str, Any]) -> None:
    """The tree of organisations of the region (OPD), one for each bidang."""
    rows = [{"kode": code, "nama": name, "bidang": name} for code, name in template["opd"].items()]
    _insert("opd", "kode, nama, bidang", "kode", rows)


def write_programmes(_order: Order, template: dict[str, Any]) -> None:
    """Budget programmes: hibah and bansos for each year of the template."""
    rows = [{"tahun": year, **programme} for year in template["tahun_program"] for programme in template["program"]]
    _insert("grant_programmes", "tahun, jenis, judul, kode_rekening", "tahun, jenis", rows)


def write_retention(order: Order, template: dict[str, Any]) -> None:
    """How long each kind of data stays; what the region changed stays as it is."""
    known = retention.rules()
    for rule in template["retensi"]:
        if rule["jenis"] not in known:
            retention.put(rule["jenis"], rule["hari"], rule["dasar"], order.actor)


def invite_administrator(order: Order, _template: dict[str, Any]) -> None:
    """The account of the region's administrator and the letter with its link (72 hours)."""
    accounts.invite(order.admin_email, "Administrator", frozenset({"admin"}), order.base_url)


STEPS: tuple[tuple[str, Callable[[Order, dict[str, Any]], None]], ...] = (
    ("daerah", check_region),
    ("pengaturan", write_settings),
    ("peran", write_roles),
    ("katalog-layanan", write_services),
    ("opd", write_opd),
    ("program-anggaran", write_programmes),
    ("masa-simpan", write_retention),
    ("undangan-administrator", invite_administrator),
    # Last: a region answers on its host only when everything behind it is there.
    ("situs", publish_site),
)


def provision(order: Order) -> Iterator[Done]:
    """Run the steps that are not recorded yet. A kill between two steps loses none: run it again.

    Raises:
        UnknownTemplate: before anything is written.
    """
    template = load_template(order.template)
    with acting_for(Context(order.region_id, order.actor, "worker")):
        finished = set(region_sql("SELECT name FROM provision_steps WHERE region_id = :region_id").scalars())
        db.session.rollback()
        for name, step in STEPS:
            if name == "undangan-administrator" and not order.admin_email and name not in finished:
                # Nobody to invite yet: the step stays open for a later run that names somebody.
                continue
            if name in finished:
                yield Done(name, 0, was_there=True)
                continue
            started = time.perf_counter()
            step(order, template)
            milliseconds = int((time.perf_counter() - started) * 1000)
            _insert(
                "provision_steps",
                "name, actor, milliseconds",
                "name",
                [{"name": name, "actor": order.actor, "milliseconds": milliseconds}],
            )
            noted = {"langkah": name, "templat": order.template}
            audit.note("daerah.langkah", "region", str(order.region_id), after=noted)
            db.session.commit()
            yield Done(name, milliseconds, was_there=False)
