"""Everything that is held about one account: rooms and modules register what they hold, its owner reads and takes it.

Source: UU 27/2022 (PDP) article 7 (access to and a copy of one's own data).
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from app.services.audit.events import event_label
from app.services.audit.queries import ACCOUNT
from app.services.privacy import consent
from app.services.ui.i18n import Lazy
from app.tenancy.database import region_sql

Row = dict[str, object]
#: Of a long list (a log) the latest so many.
MOST_ROWS = 10_000


@dataclass(frozen=True)
class Held:
    """One kind of data about an account: its rows, for people and for a program alike."""

    name: str
    title: Lazy
    rows: Callable[[UUID], list[Row]]


_held: dict[str, Held] = {}


def register_subject_data(name: str, title: Lazy, rows: Callable[[UUID], list[Row]]) -> None:
    """Tell an account's owner of `rows(account_id)` (by its name, once)."""
    _held[name] = Held(name, title, rows)


def everything(account_id: UUID) -> list[tuple[Held, list[Row]]]:
    """Every registered kind with its rows of this account, in the order of registration."""
    return [(held, held.rows(account_id)) for held in _held.values()]


def rows_of(sql: str, account_id: UUID) -> list[Row]:
    """The rows of a statement that names `:region_id` and `:account`."""
    return [dict(row) for row in region_sql(sql, account=account_id).mappings()]


def account(account_id: UUID) -> list[Row]:
    """The account itself, with its roles."""
    return rows_of(
        "SELECT a.id AS nomor, a.email AS surel, a.nama, a.state AS keadaan, a.created_at AS dibuat,"
        " a.last_sign_in AS terakhir_masuk, (SELECT coalesce(string_agg(r.role, ', ' ORDER BY r.role), '')"
        " FROM account_roles r WHERE r.region_id = :region_id AND r.account_id = a.id) AS peran"
        " FROM accounts a WHERE a.region_id = :region_id AND a.id = :account",
        account_id,
    )


def links(account_id: UUID) -> list[Row]:
    """Links of invitation and reset that were sent; the links themselves are not kept."""
    return rows_of(
        "SELECT purpose AS tujuan, created_at AS dibuat, expires_at AS berlaku_sampai, used_at AS dipakai"
        " FROM account_tokens WHERE region_id = :region_id AND account_id = :account ORDER BY created_at",
        account_id,
    )


def ways_in(account_id: UUID) -> list[Row]:
    """What it signs in with beside its password: never a secret, only since when and on what."""
    return rows_of(
        "SELECT 'aplikasi kode' AS jenis, '' AS nama, created_at AS dibuat, NULL::timestamptz AS terakhir_dipakai"
        " FROM account_totp WHERE region_id = :region_id AND account_id = :account AND state = 'AKTIF'"
        " UNION ALL SELECT 'passkey', label || ' · ' || host, created_at, last_used FROM account_passkeys"
        " WHERE region_id = :region_id AND account_id = :account"
        " UNION ALL SELECT 'SSO', issuer || ' · ' || subject, created_at, last_used FROM oidc_identities"
        " WHERE region_id = :region_id AND account_id = :account"
        " UNION ALL SELECT 'kode pemulihan', '', created_at, used_at FROM account_recovery_codes"
        " WHERE region_id = :region_id AND account_id = :account ORDER BY dibuat, jenis",
        account_id,
    )


def sessions(account_id: UUID) -> list[Row]:
    """Where it signed in within the last day; older ones are not kept."""
    return rows_of(
        "SELECT started_at AS dimulai, how AS cara, device AS perangkat, factor_at AS faktor_kedua,"
        " ended_at AS berakhir FROM account_sessions WHERE region_id = :region_id AND account_id = :account"
        " ORDER BY started_at",
        account_id,
    )


def consents(account_id: UUID) -> list[Row]:
    """What the owner agreed to, and took back."""
    return [
        {"tujuan": one.purpose, "versi": one.text_version, "saluran": one.channel, "diberikan": one.given_at,
         "ditarik": one.withdrawn_at}
        for one in consent.history(ACCOUNT, account_id)
    ]  # fmt: skip


def requests(account_id: UUID) -> list[Row]:
    """Requests to be erased, and how they were decided."""
    return rows_of(
        "SELECT asked_at AS diminta, reason AS alasan, state AS keadaan, decided_at AS diputuskan,"
        " decision AS keputusan FROM erasure_requests WHERE region_id = :region_id AND account_id = :account"
        " ORDER BY asked_at",
        account_id,
    )


def log(account_id: UUID) -> list[Row]:
    """What the log says was done to the account or by it, newest first; of others only the role."""
    rows = region_sql(
        "SELECT at, event, actor = :ref AS own, role, address, reason, subject_type, subject_id FROM audit_log"
        " WHERE region_id = :region_id AND (actor = :ref OR (subject_type = :type AND subject_id = :ref))"
        " ORDER BY seq DESC LIMIT :limit",
        ref=str(account_id), type=ACCOUNT, limit=MOST_ROWS,
    )  # fmt: skip
    return [
        {"waktu": row.at, "kejadian": event_label(row.event),
         "oleh": "pemilik akun" if row.own else row.role or "sistem", "jaringan": row.address if row.own else "",
         "alasan": row.reason, "subjek": f"{row.subject_type} {row.subject_id}"}
        for row in rows
    ]  # fmt: skip
