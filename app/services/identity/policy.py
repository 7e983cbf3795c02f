"""Which roles must have a second factor: a setting of the region, read at every request and so in force at once."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.kernel.identifiers import uuid7
from app.services.identity.permissions import ROLES
from app.services.identity.refusals import Refused
from app.services.ui.i18n import _
from app.tenancy.database import region_sql

KEY = "faktor_kedua_wajib"
#: SQL: whether an account has a second factor; takes the expression of its id.
HAS_FACTOR = (
    "(EXISTS (SELECT 1 FROM account_totp t WHERE t.region_id = :region_id AND t.account_id = {0} AND t.state = 'AKTIF')"
    " OR EXISTS (SELECT 1 FROM account_passkeys p WHERE p.region_id = :region_id AND p.account_id = {0}))"
)


@dataclass(frozen=True)
class RoleCount:
    """How many active accounts of a role there are, and how many of them have a second factor."""

    role: str
    name: str
    people: int
    protected: int
    enforced: bool


def roles_in(value: str | None) -> frozenset[str]:
    """The roles of the stored setting; a role that no longer exists demands nothing."""
    return frozenset(role for part in (value or "").split(",") if (role := part.strip()) in ROLES)


def enforced_roles() -> frozenset[str]:
    """The roles that must have a second factor now."""
    stored = region_sql("SELECT value FROM region_settings WHERE region_id = :region_id AND key = :key", key=KEY)
    return roles_in(stored.scalar_one_or_none())


def enforce(roles: frozenset[str]) -> None:
    """Demand a second factor of these roles, of no other; the caller commits.

    Raises:
        Refused: a role is unknown.
    """
    if roles - ROLES.keys():
        raise Refused("peran", _("Peran tidak dikenal. Muat ulang halaman, lalu pilih lagi."))
    region_sql(
        "INSERT INTO region_settings (region_id, id, key, value) VALUES (:region_id, :id, :key, :value)"
        " ON CONFLICT (region_id, key) DO UPDATE SET value = excluded.value",
        id=uuid7(), key=KEY, value=",".join(sorted(roles)),
    )  # fmt: skip


def role_counts(names: Mapping[str, str]) -> list[RoleCount]:
    """Every role in the order of the table, called as the region calls it (`names`), with its people."""
    enforced = enforced_roles()
    rows = region_sql(
        f"SELECT r.role, count(*) AS people, count(*) FILTER (WHERE {HAS_FACTOR.format('a.id')}) AS protected"
        " FROM account_roles r JOIN accounts a ON a.region_id = r.region_id AND a.id = r.account_id"
        " WHERE r.region_id = :region_id AND a.state = 'AKTIF' GROUP BY r.role"
    )
    found = {row.role: (row.people, row.protected) for row in rows}
    return [RoleCount(role, names[role], *found.get(role, (0, 0)), role in enforced) for role in ROLES]
