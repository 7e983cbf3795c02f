"""E-mail: asked for in the transaction of the act, sent by a worker; delivered by SMTP or into a folder."""

import smtplib
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import current_app

from app.kernel.identifiers import uuid7
from app.services.jobs import outbox
from app.tenancy.context import current
from config.settings import Settings

JOB = "surat.kirim"
SHOWN = 50
SMTP_SECONDS = 20


@dataclass(frozen=True)
class Letter:
    """One letter in the demo's folder."""

    to: str
    subject: str
    text: str
    sent: str


def send_mail(to: str, subject: str, text: str) -> None:
    """Ask for a letter; it leaves only if the caller's transaction is committed."""
    outbox.enqueue(JOB, {"to": to, "subject": subject, "text": text})


def deliver(payload: dict[str, Any]) -> None:
    """Send by SMTP when the deployment names a server, else write the letter into the region's folder.

    Raises:
        OSError, smtplib.SMTPException: not delivered; the outbox tries again.
    """
    settings: Settings = current_app.extensions["settings"]
    # A letter is a region's, by SMTP too.
    current()
    message = EmailMessage(policy=policy.SMTP)
    message["From"], message["To"] = settings.mail_from, payload["to"]
    message["Subject"], message["Date"] = payload["subject"], formatdate()
    message.set_content(payload["text"])
    if settings.smtp_url:
        _smtp(settings.smtp_url, message)
        return
    folder = mail_folder(settings)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{uuid7()}.eml").write_bytes(message.as_bytes())


def _smtp(url: str, message: EmailMessage) -> None:
    parts = urlsplit(url)
    kind = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    with kind(parts.hostname or "localhost", parts.port or 0, timeout=SMTP_SECONDS) as server:
        if parts.scheme == "smtp+tls":
            server.starttls()
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(message)


def mail_folder(settings: Settings) -> Path:
    """Where the current region's letters lie when there is no SMTP server."""
    return settings.var_dir / "surat" / str(current().region_id)


def letters(settings: Settings) -> list[Letter]:
    """The current region's latest letters, newest first (names of files grow with time)."""
    files = sorted(mail_folder(settings).glob("*.eml"), reverse=True)[:SHOWN]
    read = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
    return [Letter(str(m["To"]), str(m["Subject"]), _body(m), str(m["Date"])) for m in read]


def _body(message: EmailMessage) -> str:
    part = message.get_body()
    return part.get_content() if isinstance(part, EmailMessage) else ""


def register() -> None:
    """Make the letter a job."""
    outbox.register_job(JOB, deliver)
