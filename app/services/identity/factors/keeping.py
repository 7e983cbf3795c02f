"""The factors that an account has: listing them, removing one, and the administrator's reset."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.services import audit
from app.services.audit.queries import ACCOUNT
from app.services.identity import accounts, policy, sessions
from app.services.identity.accounts import Account
from app.services.identity.factors import recovery
from app.services.identity.refusals import Refused
from app.services.messages.mail import send_mail
from app.services.ui.i18n import _
from app.tenancy.database import db, region_sql

APP, PASSKEY, SSO = "aplikasi", "passkey", "sso"
TABLES = {APP: "account_totp", PASSKEY: "account_passkeys", SSO: "oidc_identities"}


@dataclass(frozen=True)
class Factor:
    """One thing that an account signs in with, beside its password. `kind`: aplikasi, passkey or sso."""

    id: UUID
    kind: str
    label: str
    created_at: datetime
    last_used: datetime | None


def factors(account: Account) -> list[Factor]:
    """Everything, oldest first."""
    rows = region_sql(
        f"SELECT id, '{APP}' AS kind, '' AS label, created_at, NULL::timestamptz AS last_used FROM account_totp"
        " WHERE region_id = :region_id AND account_id = :account AND state = 'AKTIF'"
        f" UNION ALL SELECT id, '{PASSKEY}', label || ' · ' || host, created_at, last_used FROM account_passkeys"
        " WHERE region_id = :region_id AND account_id = :account"
        f" UNION ALL SELECT id, '{SSO}', issuer, created_at, last_used FROM oidc_identities"
        " WHERE region_id = :region_id AND account_id = :account ORDER BY created_at, id",
        account=account.id,
    )
    return [Factor(**row) for row in rows.mappings()]


def holders() -> frozenset[UUID]:
    """The accounts of the region that have a second factor."""
    rows = region_sql(
        f"SELECT a.id FROM accounts a WHERE a.region_id = :region_id AND {policy.HAS_FACTOR.format('a.id')}"
    )
    return frozenset(rows.scalars())


def tell_added(account: Account, what: str) -> None:
    """Note a new factor and write to its owner; the caller commits."""
    audit.note("faktor-kedua.pasang", ACCOUNT, account.id, after={"jenis": what})
    send_mail(
        account.email,
        _("Faktor kedua dipasang"),
        _("Halo %(nama)s,\n\nFaktor kedua baru dipasang pada akun Anda.\n\n"
          "Bukan Anda? Segera beri tahu administrator daerah.\n", nama=account.nama),
    )  # fmt: skip


def remove(account: Account, factor: Factor, session_id: UUID) -> None:
    """Take one away; every other session ends. With the last second factor its recovery codes go too. Commits.

    Raises:
        Refused: a role of the account demands a second factor and this is the last one.
    """
    second = [other for other in factors(account) if other.kind != SSO]
    last = factor.kind != SSO and len(second) == 1
    if last and account.roles & policy.enforced_roles():
        raise Refused("faktor", _("Peran Anda wajib memakai faktor kedua. Pasang yang lain dulu, baru hapus yang ini."))
    region_sql(
        f"DELETE FROM {TABLES[factor.kind]} WHERE region_id = :region_id AND account_id = :account AND id = :id",
        account=account.id, id=factor.id,
    )  # fmt: skip
    if last:
        recovery.forget(account)
    sessions.end_all(account.id, but=session_id)
    audit.note("faktor-kedua.hapus", ACCOUNT, account.id, before={"jenis": factor.kind})
    send_mail(
        account.email,
        _("Cara masuk dihapus dari akun Anda"),
        _("Halo %(nama)s,\n\nSatu cara masuk dihapus dari akun Anda, dan semua sesi lain berakhir.\n\n"
          "Bukan Anda? Segera beri tahu administrator daerah.\n", nama=account.nama),
    )  # fmt: skip
    db.session.commit()


def reset(number: UUID, by: Account) -> Account:
    """An administrator takes every factor, recovery code and sign-in elsewhere from an account; its sessions end.

    Raises:
        Refused: it is the administrator's own, or there is no such open account.
    """
    account = accounts.of_number(number)
    if account is None or account.state == "DITUTUP":
        raise Refused("akun", _("Akun ini tidak ada atau sudah ditutup."))
    if account.id == by.id:
        raise Refused("akun", _("Faktor kedua Anda sendiri diatur di halaman keamanan akun, bukan di sini."))
    for table in (*TABLES.values(), "account_recovery_codes"):
        region_sql(f"DELETE FROM {table} WHERE region_id = :region_id AND account_id = :account", account=account.id)
    sessions.end_all(account.id)
    audit.note("faktor-kedua.atur-ulang", ACCOUNT, account.id)
    send_mail(
        account.email,
        _("Faktor kedua Anda diatur ulang"),
        _("Halo %(nama)s,\n\nAdministrator daerah menghapus semua faktor kedua, kode pemulihan dan sambungan SSO akun"
          " Anda, dan mengakhiri semua sesinya. Masuklah seperti biasa, lalu pasang faktor kedua yang baru.\n\n"
          "Anda tidak memintanya? Segera hubungi administrator dan Inspektorat.\n", nama=account.nama),
    )  # fmt: skip
    db.session.commit()
    return account
