"""Challenges of passkeys: made when the button is pressed, kept in the signed cookie, good once and for five minutes.

Nothing is written until a right answer comes: a flood of requests fills no table.
"""

import secrets

from flask import session

from app.kernel.clock import now
from app.kernel.identifiers import uuid7
from app.services.identity.refusals import Refused
from app.services.identity.vault import lasting_digest
from app.services.ui.i18n import _
from app.tenancy.database import region_sql

KEY = "tantangan"
SECONDS = 300
BYTES = 32


def make(purpose: str) -> bytes:
    """A new challenge for one purpose in this browser; an older one is forgotten."""
    value = secrets.token_bytes(BYTES)
    session[KEY] = {"untuk": purpose, "nilai": value.hex(), "sampai": now().timestamp() + SECONDS}
    return value


def take(purpose: str) -> bytes:
    """The challenge that this browser was given for `purpose`.

    Raises:
        Refused: there is none, or it is too old.
    """
    kept = session.pop(KEY, None)
    if not kept or kept["untuk"] != purpose or kept["sampai"] < now().timestamp():
        raise Refused("passkey", _("Permintaan passkey sudah kedaluwarsa. Tekan tombolnya sekali lagi."))
    return bytes.fromhex(kept["nilai"])


def spend(value: bytes) -> None:
    """Use a challenge up for ever, in the transaction of what it allows: a copy of the cookie brings it back to nobody.

    Raises:
        Refused: it was used before.
    """
    spent = region_sql(
        "INSERT INTO spent_challenges (region_id, id, digest) VALUES (:region_id, :id, :digest)"
        " ON CONFLICT (region_id, digest) DO NOTHING",
        id=uuid7(), digest=lasting_digest("tantangan", value.hex()),
    )  # fmt: skip
    if spent.rowcount != 1:
        raise Refused("passkey", _("Permintaan passkey ini sudah dipakai. Tekan tombolnya sekali lagi."))
