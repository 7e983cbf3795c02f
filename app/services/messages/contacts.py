"""How a person wants to be reached: language, and a phone number that he proved to be his own."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from uuid import UUID

from flask import current_app

from app.kernel.identifiers import uuid7
from app.services.personal.sealing import Sealer, unseal
from app.services.ui.i18n import LANGUAGES, _
from app.tenancy.context import current
from app.tenancy.database import region_sql
from config.settings import Settings

COLUMN = "message_contacts.phone"
CODE_DIGITS, CODE_MINUTES, MOST_TRIES = 6, 10, 5
PHONE = re.compile(r"628\d{7,11}")


class BadContact(ValueError):
    """What a person typed cannot be used; `field` names the input."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Contact:
    """`phone` is digits with the country code, '' without one; usable only when `verified`."""

    language: str
    phone: str
    verified: bool
    code_open: bool


NOBODY = Contact("", "", verified=False, code_open=False)


def clean_phone(typed: str) -> str:
    """0812-3456-7890, +62 812…, 62812… as 6281234567890.

    Raises:
        BadContact: not an Indonesian mobile number.
    """
    digits = re.sub(r"[\s().+-]", "", typed)
    number = "62" + digits[1:] if digits.startswith("0") else digits
    if not PHONE.fullmatch(number):
        raise BadContact("telepon", _("Tulis nomor ponsel Indonesia, misalnya 0812-3456-7890."))
    return number


def of(account: UUID) -> Contact:
    """What the account told of itself; nothing when it told nothing."""
    row = region_sql(
        "SELECT language, phone_sealed, phone_verified_at IS NOT NULL AS verified,"
        " code_hash <> '' AND code_until > clock_timestamp() AND code_tries < :most AS code_open"
        " FROM message_contacts WHERE region_id = :region_id AND account_id = :account",
        account=account, most=MOST_TRIES,
    ).one_or_none()  # fmt: skip
    if row is None:
        return NOBODY
    phone = unseal(bytes(row.phone_sealed), COLUMN) if row.phone_sealed else ""
    return Contact(row.language, phone, verified=row.verified, code_open=bool(row.code_open))


def _ensure(account: UUID) -> None:
    region_sql(
        "INSERT INTO message_contacts (region_id, id, account_id) VALUES (:region_id, :id, :account)"
        " ON CONFLICT (region_id, account_id) DO NOTHING",
        id=uuid7(), account=account,
    )  # fmt: skip


def choose_language(account: UUID, language: str) -> None:
    """Messages come in this language; '' for the region's. The caller commits.

    Raises:
        BadContact: no such language.
    """
    if language and language not in LANGUAGES:
        raise BadContact("bahasa", _("Pilih salah satu bahasa dalam daftar."))
    _ensure(account)
    region_sql(
        "UPDATE message_contacts SET language = :language WHERE region_id = :region_id AND account_id = :account",
        language=language, account=account,
    )  # fmt: skip


def new_phone(account: UUID, typed: str) -> tuple[str, str]:
    """Keep a number that is not proved yet; returns it and the code to send there. The caller commits.

    Raises:
        BadContact: not a number, or a code was sent less than a minute ago.
    """
    number = clean_phone(typed)
    _ensure(account)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    changed = region_sql(
        "UPDATE message_contacts SET phone_sealed = :sealed, phone_verified_at = NULL, code_hash = :hash,"
        " code_until = clock_timestamp() + make_interval(mins => :minutes), code_tries = 0"
        " WHERE region_id = :region_id AND account_id = :account"
        " AND (code_until IS NULL OR code_until < clock_timestamp() + make_interval(mins => :minutes - 1))"
        " RETURNING id",
        sealed=Sealer().seal(number, COLUMN), hash=_code_hash(account, code), minutes=CODE_MINUTES, account=account,
    )  # fmt: skip
    if changed.one_or_none() is None:
        raise BadContact("telepon", _("Kode baru saja dikirim. Tunggu satu menit sebelum meminta yang baru."))
    return number, code


def prove(account: UUID, typed: str) -> bool:
    """Whether this is the code; a wrong one is counted, the fifth ends it. The caller commits in both cases."""
    proved = region_sql(
        "UPDATE message_contacts SET code_tries = code_tries + 1,"
        " phone_verified_at = CASE WHEN code_hash = :hash THEN clock_timestamp() ELSE phone_verified_at END,"
        " code_hash = CASE WHEN code_hash = :hash THEN '' ELSE code_hash END"
        " WHERE region_id = :region_id AND account_id = :account AND code_hash <> ''"
        " AND code_until > clock_timestamp() AND code_tries < :most RETURNING code_hash = '' AS good",
        hash=_code_hash(account, typed.strip()), account=account, most=MOST_TRIES,
    ).one_or_none()  # fmt: skip
    return bool(proved and proved.good)


def forget_phone(account: UUID) -> None:
    """The number goes; the caller commits."""
    region_sql(
        "UPDATE message_contacts SET phone_sealed = NULL, phone_verified_at = NULL, code_hash = '', code_until = NULL"
        " WHERE region_id = :region_id AND account_id = :account",
        account=account,
    )


def _code_hash(account: UUID, code: str) -> str:
    settings: Settings = current_app.extensions["settings"]
    key = settings.derive(f"kode-telepon:{current().region_id}")
    return hmac.new(key, f"{account}:{code}".encode(), hashlib.sha256).hexdigest()
