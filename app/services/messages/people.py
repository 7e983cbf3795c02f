"""Whom messages go to, and where they come from."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from flask import current_app

from app.services.ui.i18n import SOURCE
from app.tenancy.context import current
from app.tenancy.database import region_sql
from app.tenancy.site import Site, home_of, site_url
from config.settings import Settings


@dataclass(frozen=True)
class Person:
    """Somebody with an account in the current region."""

    id: UUID
    email: str
    nama: str
    language: str


@dataclass(frozen=True)
class Home:
    """The current region as its messages name it; `url` ends in a slash."""

    name: str
    language: str
    zone: str
    url: str


def home() -> Home:
    """The current region's name, language and address."""
    settings: Settings = current_app.extensions["settings"]
    site: Site | None = home_of(current().region_id)
    if site is None:
        return Home("", SOURCE, "Asia/Jakarta", "")
    return Home(site.name, site.language, site.time_zone, site_url(site, settings))


def people(account_ids: Iterable[UUID]) -> list[Person]:
    """The accounts that are not closed, each once, with the language they want ('' for the region's)."""
    rows = region_sql(
        "SELECT a.id, a.email, a.nama, coalesce(c.language, '') AS language FROM accounts a"
        " LEFT JOIN message_contacts c ON c.region_id = a.region_id AND c.account_id = a.id"
        " WHERE a.region_id = :region_id AND a.state <> 'DITUTUP' AND a.id = ANY(:ids) ORDER BY a.id",
        ids=list(account_ids),
    )
    return [Person(**row) for row in rows.mappings()]
