"""What is stored so that a copy of the database does not open it: keyed digests, and secrets sealed for one account.

Digests of what lives for hours (a link, a failed attempt) hang on the master key and on those before it. What must be
good for years (recovery codes) hangs on a key that the region keeps; secrets are sealed with its data key, so that a
new master key or a new key of the region reaches them as it reaches every sealed column.
"""

import hashlib
import hmac

from flask import current_app

from app.services.personal.keys import BadSeal, HeldKey, held
from app.services.personal.sealing import Sealer
from app.services.personal.sealing import unseal as opened
from app.tenancy.context import current
from config.settings import Settings

KEY = HeldKey("faktor")


def digests(purpose: str, value: str) -> list[str]:
    """Keyed digests, 64 hexadecimal digits each: by the present master key, then by those before it."""
    settings: Settings = current_app.extensions["settings"]
    keys = settings.derive_all(f"{purpose}:{current().region_id}")
    return [hmac.new(key, value.encode(), hashlib.sha256).hexdigest() for key in keys]


def digest(purpose: str, value: str) -> str:
    """The first of `digests`: what is stored."""
    return digests(purpose, value)[0]


def lasting_digest(purpose: str, value: str) -> str:
    """A keyed digest that no rotation touches: the region keeps its key."""
    return hmac.new(held(KEY.purpose), f"{purpose}|{value}".encode(), hashlib.sha256).hexdigest()


def seal(purpose: str, secret: str, owner: str) -> bytes:
    """Encrypt `secret`; it opens only for the same purpose, region and owner. The column is registered as sealed."""
    sealed = Sealer().seal(f"{owner}|{secret}", purpose)
    assert sealed is not None
    return sealed


def unseal(purpose: str, sealed: bytes, owner: str) -> str:
    """What was sealed.

    Raises:
        BadSeal: another purpose, region or owner, changed bytes, or a key that is gone.
    """
    whose, _bar, secret = opened(sealed, purpose).partition("|")
    if whose != owner:
        raise BadSeal("Rahasia ini milik orang lain.")
    return secret
