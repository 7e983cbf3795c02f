"""The address in a letter where its reader stops its kind without signing in."""

from uuid import UUID

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from app.services.messages.events import Event, events
from app.services.messages.people import Home
from app.tenancy.context import current
from config.settings import Settings


def _signer() -> URLSafeSerializer:
    settings: Settings = current_app.extensions["settings"]
    # The last one signs; letters that were sent under an earlier master key keep their way out.
    keys = [key.hex() for key in reversed(settings.derive_all(f"berhenti:{current().region_id}"))]
    return URLSafeSerializer(keys, salt="pesan")


def unsubscribe_url(place: Home, account: UUID, event: Event) -> str:
    """The address where the reader of a letter stops its kind without signing in; good in this region only."""
    return f"{place.url}pesan/berhenti/{_signer().dumps([str(account), event.code])}"


def read_unsubscribe(token: str) -> tuple[UUID, Event] | None:
    """Whose letter and which event; None for a token that is not ours or of an event that is gone."""
    try:
        account, code = _signer().loads(token)
        event = events().get(code)
        return (UUID(account), event) if event and not event.required else None
    except (BadSignature, ValueError, TypeError):
        return None
