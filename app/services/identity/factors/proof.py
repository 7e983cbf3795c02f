"""Proving it is still you: code, recovery code, passkey or password, with the attempts counted; one at a time."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from app.services import audit
from app.services.audit.queries import ACCOUNT
from app.services.identity import accounts, attempts
from app.services.identity.accounts import Account
from app.services.identity.factors import passkeys, recovery, totp
from app.services.identity.factors.passkeys import Party
from app.services.identity.refusals import Refused
from app.services.messages.mail import send_mail
from app.services.ui.i18n import _
from app.tenancy.database import db, region_sql

KIND = "faktor"


def by_code(account: Account, code: str, address: str) -> None:
    """A code of the application (6 digits) or a recovery code (12), spaces and dashes as people type them.

    Raises:
        TooMany: five were wrong within a quarter of an hour.
        Refused: wrong, used before, or neither kind.
    """
    digits = re.sub(r"[\s-]", "", code)
    with _counted(account, address, "kode"):
        if len(digits) == recovery.DIGITS and recovery.accept(account, digits):
            _tell_recovery(account)
        elif len(digits) != totp.DIGITS or not totp.accept(account, digits):
            raise Refused("kode", _("Kode tidak cocok atau sudah dipakai. Tunggu kode berikutnya, lalu coba lagi."))


def by_passkey(account: Account, response: str, party: Party, address: str) -> None:
    """An answer of one of the account's passkeys.

    Raises:
        TooMany, Refused: as `by_code`.
    """
    with _counted(account, address, "passkey"):
        passkeys.accept(response, party, account)


def by_password(account: Account, password: str, address: str) -> None:
    """The password, for an account that has nothing stronger.

    Raises:
        TooMany, Refused: as `by_code`.
    """
    with _counted(account, address, "sandi"):
        if not accounts.verify(account, password):
            raise Refused("sandi", _("Kata sandi tidak cocok."))


@contextmanager
def _counted(account: Account, address: str, field: str) -> Iterator[None]:
    """Count a failure and commit it; one attempt of an account at a time, so that no burst slips under the limit."""
    region_sql(
        "SELECT id FROM accounts WHERE region_id = :region_id AND id = :id FOR NO KEY UPDATE", id=account.id
    )
    attempts.hold(KIND, account.email, address, field=field)
    try:
        yield
    except Refused:
        attempts.note(KIND, account.email, address)
        if attempts.failures(KIND, account.email, address)["person"] == attempts.PER_PERSON:
            _warn(account)
        db.session.commit()
        raise
    attempts.forgive(KIND, account.email)


def _warn(account: Account) -> None:
    audit.note("faktor-kedua.terkunci", ACCOUNT, account.id)
    send_mail(
        account.email,
        _("Percobaan masuk ke akun Anda ditahan"),
        _("Halo %(nama)s,\n\nSeseorang yang sudah melewati langkah pertama gagal lima kali pada langkah kedua."
          " Akun Anda ditahan seperempat jam.\n\nBukan Anda? Kata sandi Anda mungkin diketahui orang lain:"
          " ganti sekarang juga.\n", nama=account.nama),
    )  # fmt: skip


def _tell_recovery(account: Account) -> None:
    left = recovery.left(account)
    with accounts.as_self(account):
        audit.note("faktor-kedua.kode-dipakai", ACCOUNT, account.id, after={"sisa": left})
    send_mail(
        account.email,
        _("Kode pemulihan Anda dipakai"),
        _("Halo %(nama)s,\n\nSatu kode pemulihan dipakai untuk masuk ke akun Anda. Sisa: %(left)s.\n\n"
          "Bukan Anda? Ganti kata sandi dan buat kode baru sekarang juga.\n", nama=account.nama, left=left),
    )  # fmt: skip
