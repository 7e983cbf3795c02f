"""Forgetting whose an account was. What the law demands stays: the log, the acts, the number that links them.

Source: UU 27/2022 (PDP) articles 8 and 43 (erasure), 15 and 50 (what is excepted for the state's duties).
"""

from collections.abc import Callable
from uuid import UUID

from app.services import audit
from app.services.audit.queries import ACCOUNT
from app.services.identity import accounts
from app.services.identity.accounts import Account
from app.services.identity.refusals import Refused
from app.services.ui.i18n import _
from app.tenancy.database import region_sql

#: No mail ever reaches this domain (RFC 2606).
NOBODY_AT = "terhapus.invalid"
#: Tables of this room whose rows go with the account.
FORGOTTEN = (
    "account_roles", "account_tokens", "account_sessions", "account_totp", "account_passkeys",
    "account_recovery_codes", "oidc_identities",
)  # fmt: skip
Eraser = Callable[[UUID], None]
_erasers: dict[str, Eraser] = {}


def register_eraser(name: str, erase: Eraser) -> None:
    """Forget what a room holds of an account when it is erased (by its name, once); it does not commit."""
    _erasers[name] = erase


def check(number: UUID, by: Account) -> None:
    """Whether `by` may erase the account.

    Raises:
        Refused: it is one's own, or the region's only administrator.
    """
    if number == by.id:
        raise Refused("akun", _("Akun Anda sendiri diputuskan petugas lain."))
    others = region_sql(
        "SELECT count(*) FILTER (WHERE a.id <> :id) AS others, bool_or(a.id = :id) AS is_one FROM accounts a"
        " JOIN account_roles r ON r.region_id = :region_id AND r.account_id = a.id AND r.role = 'admin'"
        " WHERE a.region_id = :region_id AND a.state = 'AKTIF'",
        id=number,
    ).one()
    if others.is_one and not others.others:
        raise Refused("akun", _("Ini satu-satunya administrator daerah; undang penggantinya dahulu."))


def erase(number: UUID, reason: str) -> bool:
    """Close the account and forget name, e-mail, password, roles and links; whether it was not erased before.

    The caller commits.
    """
    email = region_sql(
        "SELECT email FROM accounts WHERE region_id = :region_id AND id = :id AND erased_at IS NULL FOR UPDATE",
        id=number,
    ).scalar_one_or_none()
    if email is None:
        return False
    accounts.forget_attempts(email)
    region_sql(
        "UPDATE accounts SET email = :email, nama = :nama, password_hash = '', state = 'DITUTUP',"
        " version = version + 1, last_sign_in = NULL, closed_at = coalesce(closed_at, clock_timestamp()),"
        " erased_at = clock_timestamp()"
        " WHERE region_id = :region_id AND id = :id",
        id=number, email=f"{number}@{NOBODY_AT}", nama="(akun dihapus)",
    )  # fmt: skip
    for table in FORGOTTEN:
        region_sql(f"DELETE FROM {table} WHERE region_id = :region_id AND account_id = :id", id=number)
    for eraser in _erasers.values():
        eraser(number)
    audit.note("akun.hapus", ACCOUNT, number, after={"keadaan": "DIHAPUS"}, reason=reason)
    return True


def erase_closed(days: int) -> int:
    """Erase the accounts that were closed more than `days` ago; how many."""
    closed = region_sql(
        "SELECT id FROM accounts WHERE region_id = :region_id AND state = 'DITUTUP' AND erased_at IS NULL"
        " AND closed_at < clock_timestamp() - make_interval(days => :days) ORDER BY id",
        days=days,
    )
    return sum(erase(number, "masa simpan berakhir") for number in closed.scalars().all())
