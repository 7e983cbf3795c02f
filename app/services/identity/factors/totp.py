"""Codes of an authenticator application (RFC 6238: SHA-1, six digits, thirty seconds), each good once."""

import io
import logging

import pyotp
import segno
from pyotp.exceptions import OTPVerificationError

from app.kernel.clock import now
from app.kernel.identifiers import uuid7
from app.services.identity.accounts import Account
from app.services.identity.vault import seal, unseal
from app.services.personal.keys import BadSeal
from app.tenancy.database import region_sql

log = logging.getLogger(__name__)
PURPOSE = "totp"
DIGITS = 6
#: Steps of thirty seconds that a phone's clock may be behind or ahead.
DRIFT = 1
BORDER = 4


def begin(account: Account) -> None:
    """Put a new secret beside the one in use (if any), waiting for its first code; the caller commits."""
    forget(account, "MENUNGGU")
    sealed = seal(PURPOSE, pyotp.random_base32(), str(account.id))
    region_sql(
        "INSERT INTO account_totp (region_id, id, account_id, secret_sealed)"
        " VALUES (:region_id, :id, :account, :secret)",
        id=uuid7(), account=account.id, secret=sealed,
    )  # fmt: skip


def waiting_secret(account: Account) -> str | None:
    """The base32 secret that waits for its first code, or None."""
    return _secret(account, "MENUNGGU")


def uri(account: Account, secret: str, issuer: str) -> str:
    """What an application reads from the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=account.email, issuer_name=issuer)


def qr(address: str) -> bytes:
    """The address as an SVG picture, dark on white in any theme."""
    picture = io.BytesIO()
    segno.make(address, micro=False).save(
        picture, kind="svg", border=BORDER, dark="#000", light="#fff", omitsize=True, svgclass=None, lineclass=None
    )
    return picture.getvalue()


def activate(account: Account, code: str) -> bool:
    """Take the waiting secret into use if this is its code; it replaces the old one. The caller commits."""
    secret = waiting_secret(account)
    step = _step(secret, code) if secret else None
    if step is None:
        return False
    forget(account, "AKTIF")
    region_sql(
        "UPDATE account_totp SET state = 'AKTIF', last_step = :step, created_at = clock_timestamp()"
        " WHERE region_id = :region_id AND account_id = :account AND state = 'MENUNGGU'",
        account=account.id, step=step,
    )  # fmt: skip
    return True


def accept(account: Account, code: str) -> bool:
    """Whether this is a code of now that was not used before; a later code makes the earlier ones worthless."""
    secret = _secret(account, "AKTIF")
    step = _step(secret, code) if secret else None
    if step is None:
        return False
    used = region_sql(
        "UPDATE account_totp SET last_step = :step WHERE region_id = :region_id AND account_id = :account"
        " AND state = 'AKTIF' AND last_step < :step",
        account=account.id, step=step,
    )  # fmt: skip
    return used.rowcount == 1


def forget(account: Account, state: str) -> None:
    """Delete the secret in this state."""
    region_sql(
        "DELETE FROM account_totp WHERE region_id = :region_id AND account_id = :account AND state = :state",
        account=account.id, state=state,
    )  # fmt: skip


def _secret(account: Account, state: str) -> str | None:
    sealed = region_sql(
        "SELECT secret_sealed FROM account_totp"
        " WHERE region_id = :region_id AND account_id = :account AND state = :state",
        account=account.id, state=state,
    ).scalar_one_or_none()  # fmt: skip
    if sealed is None:
        return None
    try:
        return unseal(PURPOSE, bytes(sealed), str(account.id))
    except BadSeal:
        # A recovery code or a passkey still opens the account; nobody else's phone does.
        log.exception("rahasia aplikasi kode tidak dapat dibuka: akun=%s", account.id)
        return None


def _step(secret: str, code: str) -> int | None:
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(code, for_time=now(), valid_window=DRIFT)
    except OTPVerificationError:
        return None
