"""The region's identity provider as its administrator set it, and whose account an identity there opens."""

import logging
from dataclasses import dataclass, field
from typing import Any

from app.kernel.identifiers import uuid7
from app.services import audit
from app.services.audit.queries import ACCOUNT
from app.services.identity import accounts
from app.services.identity.accounts import Account
from app.services.identity.refusals import Refused
from app.services.identity.vault import seal, unseal
from app.services.messages.mail import send_mail
from app.services.personal.keys import BadSeal
from app.services.ui.i18n import _
from app.tenancy.database import region_sql

log = logging.getLogger(__name__)
PURPOSE, OWNER = "sso", "utama"
LONGEST = 300


class ProviderFailed(RuntimeError):
    """The provider did not answer, or not as the standard says; the text is for the log and the administrator."""


@dataclass(frozen=True)
class Request:
    """What must be remembered between going and coming back; `state` is bound to the browser by its cookie.

    Attributes:
        since: Unix seconds before which the person may not have signed in at the provider; 0 when that is no matter.
    """

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    since: float


@dataclass(frozen=True)
class Provider:
    """One OpenID provider.

    Attributes:
        domains: e-mail domains that it may speak for; empty for any.
        claim, claim_value: a claim that must hold this value (or a list with it); empty for none.
    """

    name: str = ""
    issuer: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    domains: tuple[str, ...] = ()
    claim: str = ""
    claim_value: str = ""
    state: str = "NONAKTIF"


def stored() -> Provider | None:
    """What the administrator saved, in use or not."""
    row = region_sql(
        "SELECT name, issuer, client_id, client_secret_sealed, domains, claim, claim_value, state"
        " FROM oidc_providers WHERE region_id = :region_id"
    ).one_or_none()
    if row is None:
        return None
    return Provider(
        row.name, row.issuer, row.client_id, _opened(bytes(row.client_secret_sealed)),
        tuple(row.domains.split()), row.claim, row.claim_value, row.state,
    )  # fmt: skip


def _opened(sealed: bytes) -> str:
    """The secret; empty when its key is gone: the provider then refuses, and the administrator types it again."""
    try:
        return unseal(PURPOSE, sealed, OWNER)
    except BadSeal:
        log.exception("rahasia SSO tidak dapat dibuka")
        return ""


def name_on_door() -> str:
    """What the sign-in page calls the provider that people may sign in with now; empty when there is none."""
    name = region_sql("SELECT name FROM oidc_providers WHERE region_id = :region_id AND state = 'AKTIF'")
    return str(name.scalar_one_or_none() or "")


def active() -> Provider | None:
    """The provider that people may sign in with now."""
    found = stored()
    return found if found and found.state == "AKTIF" else None


def check(provider: Provider) -> None:
    """Whether every needed part is there.

    Raises:
        Refused: names the first that is missing, too long or unreadable.
    """
    needed = {"nama": provider.name, "penerbit": provider.issuer, "klien": provider.client_id,
              "rahasia": provider.client_secret}  # fmt: skip
    for name, value in needed.items():
        if not value:
            raise Refused(name, _("Wajib diisi."))
    optional = {"domain": " ".join(provider.domains), "klaim": provider.claim, "nilai": provider.claim_value}
    for name, value in (needed | optional).items():
        if len(value) > LONGEST or not value.isprintable():
            raise Refused(name, _("Paling banyak %(most)s karakter, tanpa karakter kendali.", most=LONGEST))
    if bool(provider.claim) != bool(provider.claim_value):
        raise Refused("nilai", _("Isi nama klaim dan nilainya, atau kosongkan keduanya."))


def save(provider: Provider) -> None:
    """Store it, the secret sealed; the caller checks it first and commits."""
    region_sql(
        "INSERT INTO oidc_providers (region_id, id, slot, name, issuer, client_id, client_secret_sealed, domains,"
        " claim, claim_value, state) VALUES (:region_id, :id, :slot, :name, :issuer, :client, :secret, :domains,"
        " :claim, :value, :state) ON CONFLICT (region_id, slot) DO UPDATE SET name = excluded.name,"
        " issuer = excluded.issuer, client_id = excluded.client_id, domains = excluded.domains,"
        " client_secret_sealed = excluded.client_secret_sealed, claim = excluded.claim,"
        " claim_value = excluded.claim_value, state = excluded.state, updated_at = clock_timestamp()",
        id=uuid7(), slot=OWNER, name=provider.name, issuer=provider.issuer, client=provider.client_id,
        secret=seal(PURPOSE, provider.client_secret, OWNER), domains=" ".join(provider.domains),
        claim=provider.claim, value=provider.claim_value, state=provider.state,
    )  # fmt: skip


def account_of(claims: dict[str, Any], provider: Provider) -> Account:
    """The account that these checked claims open: the one bound to the identity, else the one with its address.

    Nobody gets an account by coming: it must exist, or be invited. The first sign-in binds identity and account to
    each other, so that an address given to somebody else at the provider later opens nothing here. Caller commits.

    Raises:
        Refused: says why, in words for the person.
    """
    email = _address(claims, provider)
    subject = str(claims["sub"])
    bound = region_sql(
        "SELECT account_id FROM oidc_identities"
        " WHERE region_id = :region_id AND issuer = :issuer AND subject = :subject",
        issuer=provider.issuer, subject=subject,
    ).scalar_one_or_none()  # fmt: skip
    account = accounts.of_number(bound) if bound else accounts.of_email(email)
    if account is None:
        raise Refused("sso", _("Alamat %(email)s belum punya akun di daerah ini. Minta administrator daerah mengundang"
                               " Anda.", email=email))  # fmt: skip
    if account.state == "DITUTUP" or not accounts.demo_allowed(account.email):
        raise Refused("sso", _("Akun Anda di daerah ini sudah ditutup. Hubungi administrator daerah."))
    if bound:
        _used(provider, subject)
        return account
    return _bind(account, provider, subject)


def _address(claims: dict[str, Any], provider: Provider) -> str:
    """The verified e-mail address, when the provider may speak for it and the person has the demanded claim."""
    if not claims.get("email") or claims.get("email_verified") is not True:
        raise Refused("sso", _("%(name)s tidak menyatakan alamat surel Anda terverifikasi, jadi kami tidak dapat"
                               " mengenali Anda.", name=provider.name))  # fmt: skip
    email = accounts.clean_email(str(claims["email"]))
    if provider.domains and email.rpartition("@")[2] not in provider.domains:
        raise Refused("sso", _("Alamat %(email)s di luar domain yang diizinkan daerah ini.", email=email))
    if provider.claim:
        value = claims.get(provider.claim)
        if provider.claim_value not in (value if isinstance(value, list) else [value]):
            raise Refused("sso", _("Identitas Anda di %(name)s tidak memenuhi syarat daerah ini (%(claim)s).",
                                   name=provider.name, claim=provider.claim))  # fmt: skip
    return email


def _bind(account: Account, provider: Provider, subject: str) -> Account:
    kept = region_sql(
        "INSERT INTO oidc_identities (region_id, id, account_id, issuer, subject)"
        " VALUES (:region_id, :id, :account, :issuer, :subject) ON CONFLICT DO NOTHING",
        id=uuid7(), account=account.id, issuer=provider.issuer, subject=subject,
    )  # fmt: skip
    if kept.rowcount != 1:
        raise Refused("sso", _("Akun %(email)s sudah tersambung dengan identitas lain. Minta administrator daerah"
                               " mengatur ulang.", email=account.email))  # fmt: skip
    opened = accounts.accept_invitation(account)
    audit.note("sso.sambung", ACCOUNT, account.id, after={"penerbit": provider.issuer})
    send_mail(
        account.email,
        _("Akun Anda disambungkan dengan SSO"),
        _("Halo %(nama)s,\n\nMulai sekarang Anda dapat masuk dengan %(name)s.\n\n"
          "Bukan Anda? Segera beri tahu administrator daerah dan Inspektorat.\n",
          nama=account.nama, name=provider.name),
    )  # fmt: skip
    return opened


def _used(provider: Provider, subject: str) -> None:
    region_sql(
        "UPDATE oidc_identities SET last_used = clock_timestamp()"
        " WHERE region_id = :region_id AND issuer = :issuer AND subject = :subject",
        issuer=provider.issuer, subject=subject,
    )  # fmt: skip
