"""Messages to people: an in-app inbox, and what tells of it by e-mail, WhatsApp and SMS.

Other rooms register what can be told (`register_event`) and tell it in the act's own transaction (`notify`). A letter
to an address without an account is `mail.send_mail`.
"""

from app.services import audit
from app.services.jobs.schedules import register_schedule
from app.services.messages import codes, contacts, delivery, digest, mail, texts
from app.services.messages.events import Event, Text, register_event
from app.services.messages.notify import notify
from app.services.personal.sealed import register_sealed
from app.services.ui.i18n import lazy

__all__ = ["Event", "Text", "notify", "register", "register_event"]


def register() -> None:
    """The jobs of this room, when the digest goes out, and what the audit log calls a change of words."""
    audit.register_events({texts.CHANGED: lazy("Bunyi pesan diubah")})
    register_sealed("message_contacts", phone_sealed=contacts.COLUMN)
    for part in (mail, delivery, codes, digest):
        part.register()
    register_schedule(digest.JOB, digest.RULE)
