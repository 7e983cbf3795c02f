"""How long what is kept: rules as data of each region, held by a nightly job.

Source: UU 27/2022 (PDP) article 16 (2) g: personal data are destroyed when their time is over.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.kernel.identifiers import uuid7
from app.services import audit
from app.services.identity.refusals import Refused
from app.services.ui.i18n import Lazy, _
from app.tenancy.context import current
from app.tenancy.database import db, region_sql

log = logging.getLogger(__name__)
JOB = "retensi.jalankan"
REGION = "region"
SHORTEST_BASIS, LONGEST_BASIS = 10, 500


@dataclass(frozen=True)
class Kind:
    """One kind of data that does not stay.

    Attributes:
        text: what happens to it, for people.
        least, most: between how many days a region may choose.
        forget: deletes or anonymises what is older than so many days, and says how much it was; does not commit.
    """

    name: str
    title: Lazy
    text: Lazy
    least: int
    most: int
    forget: Callable[[int], int]


@dataclass(frozen=True)
class Rule:
    """How long a region keeps a kind, and by which law."""

    kind: str
    days: int
    legal_basis: str
    actor: str
    changed_at: datetime


_kinds: dict[str, Kind] = {}


def register_kind(kind: Kind) -> None:
    """Let regions say how long `kind` stays (by its name, once)."""
    _kinds[kind.name] = kind


def kinds() -> dict[str, Kind]:
    """Every registered kind, by name."""
    return dict(sorted(_kinds.items()))


def rules() -> dict[str, Rule]:
    """The region's rules, by kind."""
    rows = region_sql(
        "SELECT kind, days, legal_basis, actor, changed_at FROM retention_rules WHERE region_id = :region_id"
    )
    return {row["kind"]: Rule(**row) for row in rows.mappings()}


def set_rule(name: str, days: int, legal_basis: str) -> None:
    """Change how long a kind stays; commits.

    Raises:
        Refused: the kind is unknown, the days are outside its range, or no legal basis is named.
    """
    kind, basis = _kinds.get(name), " ".join(legal_basis.split())
    if kind is None:
        raise Refused("jenis", _("Pilih jenis data dari daftar."))
    if not kind.least <= days <= kind.most:
        raise Refused("hari", _("Tulis %(least)s sampai %(most)s hari.", least=kind.least, most=kind.most))
    if not SHORTEST_BASIS <= len(basis) <= LONGEST_BASIS:
        raise Refused("dasar", _("Sebutkan dasar hukumnya: peraturan, pasal, dan ayat."))
    before = rules().get(name)
    put(name, days, basis, current().actor)
    told = {"hari": before.days, "dasar": before.legal_basis} if before else None
    audit.note("retensi.ubah", REGION, str(current().region_id), before=told,
               after={"jenis": name, "hari": days, "dasar": basis})  # fmt: skip
    db.session.commit()


def put(kind: str, days: int, legal_basis: str, actor: str) -> None:
    """Write a rule in the place of the one before it; the caller commits."""
    region_sql(
        "INSERT INTO retention_rules (region_id, id, kind, days, legal_basis, actor)"
        " VALUES (:region_id, :id, :kind, :days, :basis, :actor) ON CONFLICT (region_id, kind) DO UPDATE"
        " SET days = excluded.days, legal_basis = excluded.legal_basis, actor = excluded.actor,"
        " changed_at = clock_timestamp()",
        id=uuid7(), kind=kind, days=days, basis=legal_basis, actor=actor,
    )  # fmt: skip


def run(_payload: dict[str, Any]) -> None:
    """The nightly job: forget what is past its time; the counts stand in the log of the process and in the audit."""
    known = rules()
    for name in _kinds.keys() - known.keys():
        log.warning("retensi: belum ada aturan untuk %s; jalankan flask tenants provision", name)
    counts = {name: kind.forget(known[name].days) for name, kind in kinds().items() if name in known}
    told = {name: count for name, count in counts.items() if count}
    log.info("retensi: %s", ", ".join(f"{name} {count}" for name, count in told.items()) or "tidak ada yang lewat")
    if told:
        audit.note("retensi.jalankan", REGION, str(current().region_id), after=told)
