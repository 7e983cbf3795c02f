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

from app.kernel import clock
from app.kernel.identifiers import uuid7
from app.services.jobs import outbox
from app.services.ui.i18n import lazy
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
    """Ask for a letter to an address without an account; it leaves only if the caller's transaction is committed."""
    outbox.enqueue(JOB, {"to": to, "subject": subject, "text": text})


def _job(payload: dict[str, Any]) -> None:
    deliver(payload["to"], payload["subject"], payload["text"])


def deliver(to: str, subject: str, text: str, unsubscribe: str = "") -> None:
    """Send plain text by SMTP when the deployment names a server, else write it into the region's folder.

    A letter bears the number of the job that sends it: repeated after a crash it is the same letter again, which mail
    servers and the folder keep once. `unsubscribe` is the address where its reader can stop its kind.

    Raises:
        OSError, smtplib.SMTPException: not delivered; the outbox tries again.
    """
    settings: Settings = current_app.extensions["settings"]
    job = outbox.running()
    number = job.id if job else uuid7()
    # A letter is a region's, by SMTP too.
    current()
    message = EmailMessage(policy=policy.SMTP)
    message["From"], message["To"] = settings.mail_from, to
    message["Subject"], message["Date"] = subject, formatdate()
    message["Message-ID"] = f"<{number}@{settings.mail_from.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    if unsubscribe:
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
    message.set_content(text)
    if settings.smtp_url:
        _smtp(settings.smtp_url, message)
        return
    folder = mail_folder(settings)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{number}.eml").write_bytes(message.as_bytes())


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


def forget_letters(days: int) -> int:
    """Delete the current region's letters that were written into its folder more than `days` ago; how many."""
    settings: Settings = current_app.extensions["settings"]
    eldest = clock.now().timestamp() - days * 24 * 3600
    old = [file for file in mail_folder(settings).glob("*.eml") if file.stat().st_mtime < eldest]
    for file in old:
        file.unlink(missing_ok=True)
    return len(old)


def _body(message: EmailMessage) -> str:
    part = message.get_body()
    return part.get_content() if isinstance(part, EmailMessage) else ""


def register() -> None:
    """Make the letter a job."""
    outbox.register_job(JOB, _job, lazy("Mengirim surat"))
