"""The region's arms: on its letters, and in the header of its pages."""

import time

from flask import g

from app.services.documents import store
from app.services.documents.kinds import MEGABYTE, DocumentKind, Visibility
from app.services.documents.store import Document, Place
from app.services.identity.accounts import Account
from app.services.ui.i18n import lazy

KIND = DocumentKind(
    # No SVG: it is a program, and its readers run it.
    "lambang", lazy("Lambang daerah"), ("png", "jpeg"), max_bytes=2 * MEGABYTE, min_pixels=200, copy_pixels=128,
)  # fmt: skip
PLACE = Place("daerah", "lambang", "publik")
REMEMBERED_SECONDS = 10.0
_known: dict[int, tuple[float, str]] = {}


def may_read(_ref: str, visibility: Visibility, _account: Account | None) -> bool:
    """The region's own documents: the public ones, by anybody."""
    return visibility == "publik"


def current() -> Document | None:
    """The arms in use: the newest."""
    return store.latest(KIND.name)


def url() -> str:
    """The address of the arms of the site being shown, or nothing; asked of the database every ten seconds at most."""
    site = g.get("site")
    if site is None or site.room == "landing":
        return ""
    expires, address = _known.get(site.region_id, (0.0, ""))
    if expires < time.monotonic():
        document = current()
        address = f"/dokumen/{document.id}" if document else ""
        _known[site.region_id] = (time.monotonic() + REMEMBERED_SECONDS, address)
    return address


def forget(region_id: int) -> None:
    """New arms are there: show them at once."""
    _known.pop(region_id, None)
