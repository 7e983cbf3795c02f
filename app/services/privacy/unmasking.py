"""Sealed values on a screen: covered for whoever may see the page, opened one by one, for a reason, on the record."""

from dataclasses import dataclass

from app.services import audit
from app.services.identity.accounts import Account
from app.services.identity.refusals import Refused, TooMany
from app.services.personal.sealing import unseal
from app.services.ui.i18n import Lazy, _
from app.tenancy.database import db, region_sql

EVENT = "pribadi.buka"
#: How many values one account may open in an hour: enough for a case, too few to copy a register.
MOST_AN_HOUR = 30
SHORTEST_REASON, LONGEST_REASON = 10, 500
SHOWN_END = 4


@dataclass(frozen=True)
class Secret:
    """One sealed value: `name` in forms and in the log, `sealed_as` as it was sealed."""

    name: str
    label: Lazy
    sealed: bytes | None
    sealed_as: str

    def covered(self) -> str:
        """The value with only its end readable, '' for none; the rest does not reach the page."""
        value = unseal(self.sealed, self.sealed_as)
        return "•" * max(len(value) - SHOWN_END, 0) + value[-SHOWN_END:] if len(value) > SHOWN_END else "•" * len(value)


@dataclass(frozen=True)
class Subject:
    """Whose values they are: `type` and `ref` as the log names it, `title` for people, `url` of its own page."""

    type: str
    ref: str
    title: str
    url: str
    secrets: tuple[Secret, ...]

    def secret(self, name: str) -> Secret | None:
        """The value of this name, if there is one."""
        return next((secret for secret in self.secrets if secret.name == name and secret.sealed is not None), None)


def reveal(subject: Subject, name: str, reason: str, by: Account) -> str:
    """The value in the clear, after the log has it that `by` opened it and why; commits.

    Raises:
        Refused: no such value, or no reason worth the name. TooMany: enough for this hour.
    """
    secret, reason = subject.secret(name), " ".join(reason.split())
    if secret is None:
        raise Refused("data", _("Pilih data yang akan dibuka."))
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise Refused("alasan", _("Tulis alasannya, %(least)s sampai %(most)s huruf, misalnya nomor surat tugas.",
                                  least=SHORTEST_REASON, most=LONGEST_REASON))  # fmt: skip
    _hold_limit(by)
    value = unseal(secret.sealed, secret.sealed_as)
    audit.note(EVENT, subject.type, subject.ref, after={"data": secret.name}, reason=reason)
    db.session.commit()
    return value


def _hold_limit(by: Account) -> None:
    # The row of the account is held to the commit, so that ten requests at once are counted one after the other.
    region_sql("SELECT 1 FROM accounts WHERE region_id = :region_id AND id = :id FOR UPDATE", id=by.id)
    opened = region_sql(
        "SELECT count(*) FROM audit_log WHERE region_id = :region_id AND actor = :actor AND event = :event"
        " AND at > clock_timestamp() - interval '1 hour'",
        actor=str(by.id), event=EVENT,
    )  # fmt: skip
    if opened.scalar_one() >= MOST_AN_HOUR:
        db.session.rollback()
        raise TooMany("data", _("Sudah %(n)s data dibuka dalam satu jam. Lanjutkan nanti.", n=MOST_AN_HOUR))
