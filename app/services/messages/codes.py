"""A code to a phone, by which a person proves that the number is his own."""

from typing import Any
from uuid import UUID

from flask import current_app

from app.kernel.identifiers import uuid7
from app.services.jobs import outbox
from app.services.messages import contacts
from app.services.messages.choices import CHANNELS
from app.services.messages.contacts import BadContact
from app.services.messages.delivery import sent_today
from app.services.messages.events import MAIL
from app.services.messages.gateways import gateway
from app.services.messages.people import home, people
from app.services.ui.i18n import _, lazy
from app.tenancy.database import region_sql
from config.settings import Settings

JOB = "pesan.kode"
#: Words that are not a region's to change: who gets a code must be able to rely on them.
CODE_TEXT = "{code} adalah kode untuk membuktikan nomor ini di portal {region}. Jangan berikan kepada siapa pun."


def ask_code(account: UUID, typed: str, channel: str) -> None:
    """Keep a new number and send it a code; the caller commits.

    Raises:
        BadContact: not a number, no such channel, or too many codes today.
    """
    settings: Settings = current_app.extensions["settings"]
    if channel == MAIL or channel not in CHANNELS or gateway(channel, settings) is None:
        raise BadContact("saluran", _("Pilih cara mengirim kodenya."))
    if sent_today(account, channel) >= CHANNELS[channel].daily:
        raise BadContact("telepon", _("Batas pesan hari ini sudah tercapai. Coba lagi besok."))
    number, code = contacts.new_phone(account, typed)
    text = CODE_TEXT.format(code=code, region=home().name)
    outbox.enqueue(JOB, {"akun": str(account), "nomor": number, "saluran": channel, "teks": text})


def _send_code(payload: dict[str, Any]) -> None:
    """The job: the code to the number; the payload, which holds both, is blanked when it is done."""
    settings: Settings = current_app.extensions["settings"]
    way, account = gateway(payload["saluran"], settings), UUID(payload["akun"])
    reader, job = people([account]), outbox.running()
    if way is None or not reader:
        return
    reference = way.send(payload["nomor"], payload["teks"], str(job.id if job else account))
    region_sql(
        "INSERT INTO message_sends (region_id, id, account_id, channel, event, state, reference)"
        " VALUES (:region_id, :id, :account, :channel, 'akun.kode', 'TERKIRIM', :reference)",
        id=uuid7(), account=account, channel=payload["saluran"], reference=reference,
    )  # fmt: skip


def register() -> None:
    """The job."""
    outbox.register_job(JOB, _send_code, lazy("Mengirim kode bukti nomor"))
