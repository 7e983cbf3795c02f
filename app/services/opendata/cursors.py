"""Where the next page begins: opaque, signed, good for one resource of one region only.

The place is that of a row (keyset), not a count of rows: what is added meanwhile moves nothing.
"""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

from flask import current_app
from werkzeug.exceptions import UnprocessableEntity

from app.services.opendata.registry import Place
from app.services.ui.i18n import _
from app.tenancy.context import current
from config.settings import Settings

SIGNATURE_BYTES = 12
LONGEST = 600


def _signatures(resource: str, body: bytes) -> list[bytes]:
    """The present signature, then those of earlier master keys."""
    settings: Settings = current_app.extensions["settings"]
    said = f"{resource}|{current().region_id}|".encode() + body
    keys = settings.derive_all("api-cursor")
    return [hmac.digest(key, said, hashlib.sha256)[:SIGNATURE_BYTES] for key in keys]


def cursor(resource: str, place: Place) -> str:
    """The text that asks for what comes after `place`."""
    body = json.dumps(place, separators=(",", ":")).encode()
    return urlsafe_b64encode(_signatures(resource, body)[0] + body).decode().rstrip("=")


def place_of(resource: str, text: str) -> Place:
    """The place that a cursor of this region names.

    Raises:
        UnprocessableEntity: it was not made here, or for another resource.
    """
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4)) if len(text) <= LONGEST else b""
    except ValueError:
        raw = b""
    signature, body = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
    if not any(hmac.compare_digest(signature, good) for good in _signatures(resource, body)):
        raise UnprocessableEntity(_("Kursor tidak dikenal. Mulai lagi dari halaman pertama, tanpa kursor."))
    return tuple(json.loads(body))
