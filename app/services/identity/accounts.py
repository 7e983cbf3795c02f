"""Accounts of one region: sign-in, invitation, reset, lock-out. Every function works in the current region only."""

import re
import secrets
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from flask import current_app

from app.kernel.identifiers import uuid7
from app.services import audit
from app.services.audit.queries import ACCOUNT
from app.services.identity import attempts, sessions
from app.services.identity.permissions import ROLES, permissions_of
from app.services.identity.refusals import Refused
from app.services.identity.vault import digest, digests
from app.services.messages.mail import send_mail
from app.services.ui.i18n import _
from app.tenancy.context import Context, acting_for, current
from app.tenancy.database import db, region_sql
from config.settings import Settings

RESET_LIMIT = 3
LIFETIME_HOURS = {"undangan": 72, "sandi": 1}
SHORTEST, LONGEST = 12, 200
# 19 MiB, two passes: OWASP's floor for argon2id, since 20,000 people sign in within one morning hour.
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Verified when there is no such account, so that the time of an answer does not tell.
NOBODY = HASHER.hash(secrets.token_urlsafe(16))
DEMO_SUFFIX = ".demo"
ACCOUNT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Account:
    """One person's account in one region; Flask-Login's user."""

    region_id: int
    id: UUID
    email: str
    nama: str
    state: str
    version: int
    roles: frozenset[str]

    is_authenticated = True
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        """Whether sign-in is open to it."""
        return self.state == "AKTIF"

    @property
    def permissions(self) -> frozenset[str]:
        """What it may do."""
        return permissions_of(self.roles)

    def get_id(self) -> str:
        """`region:account:version`; a changed password raises the version and ends every session."""
        return f"{self.region_id}:{self.id}:{self.version}"


def as_self(account: Account) -> AbstractContextManager[Context]:
    """Everything inside is done by `account`, in its roles."""
    roles = ":".join(sorted(account.roles))
    return acting_for(Context(account.region_id, str(account.id), current().scope, roles))


def clean_email(value: str) -> str:
    """The address in one form.

    Raises:
        Refused: it cannot be an address.
    """
    email = value.strip().lower()
    name, at, domain = email.partition("@")
    if not (name and at and "." in domain) or len(email) > 254 or any(c.isspace() or ord(c) < 33 for c in email):
        raise Refused("email", _("Tulis alamat surel lengkap, misalnya nama@contoh.go.id."))
    return email


def _account(where: str, **params: object) -> Account | None:
    row = region_sql(
        "SELECT region_id, id, email, nama, state, version FROM accounts WHERE region_id = :region_id AND " + where,
        **params,
    ).one_or_none()
    if row is None:
        return None
    roles = region_sql("SELECT role FROM account_roles WHERE region_id = :region_id AND account_id = :id", id=row.id)
    return Account(
        row.region_id, row.id, row.email, row.nama, row.state, row.version, frozenset(roles.scalars())
    )


def of_number(number: UUID) -> Account | None:
    """The account with this id, in any state."""
    return _account("id = :id", id=number)


def of_email(email: str) -> Account | None:
    """The account that this address may sign in to or accept an invitation for; None for a closed one."""
    account = _account("email = :email AND state <> 'DITUTUP'", email=email.strip().lower())
    return account if account and demo_allowed(account.email) else None


def demo_allowed(email: str) -> bool:
    """Whether a demonstration's account may be used in this deployment; every other one may."""
    settings: Settings = current_app.extensions["settings"]
    return settings.demo or not email.endswith(DEMO_SUFFIX)


def load(user_id: str) -> Account | None:
    """The account of a session, or None when it belongs to another region, was closed, or changed its password."""
    region, _colon, rest = user_id.partition(":")
    number, _colon, version = rest.partition(":")
    if region != str(current().region_id):
        return None
    account = _account("id = :id", id=UUID(number))
    good = account and account.is_active and str(account.version) == version and demo_allowed(account.email)
    return account if good else None


def everyone() -> list[Account]:
    """All accounts of the region, by name."""
    rows = region_sql("SELECT id FROM accounts WHERE region_id = :region_id ORDER BY nama, id").scalars().all()
    return [account for number in rows if (account := _account("id = :id", id=number))]


def names(actors: Iterable[str]) -> dict[str, str]:
    """The names behind those actors that are accounts of the region (another is `publik` or `sistem:impor`)."""
    rows = region_sql(
        "SELECT id, nama FROM accounts WHERE region_id = :region_id AND id = ANY(CAST(:numbers AS uuid[]))",
        numbers=sorted({actor for actor in actors if ACCOUNT_ID.fullmatch(actor)}),
    )
    return {str(row.id): row.nama for row in rows}


def like(wanted: str) -> list[tuple[UUID, str, str]]:
    """(id, name, e-mail) of up to twenty accounts whose name or e-mail contains `wanted`, by name."""
    rows = region_sql(
        "SELECT id, nama, email FROM accounts WHERE region_id = :region_id AND (strpos(lower(nama), :wanted) > 0"
        " OR strpos(email, :wanted) > 0) ORDER BY nama, id LIMIT 20",
        wanted=wanted.lower(),
    )
    return [(row.id, row.nama, row.email) for row in rows]


def role_names() -> dict[str, str]:
    """role -> what it is called in this region."""
    rows = region_sql("SELECT kode, nama FROM region_roles WHERE region_id = :region_id")
    own = {row.kode: row.nama for row in rows}
    return {role: own.get(role, name) for role, (name, _permissions) in ROLES.items()}


def names_of(roles: Iterable[str]) -> list[str]:
    """What these roles are called in this region, in the order of the table."""
    return [name for role, name in role_names().items() if role in set(roles)]


def sign_in(email: str, password: str, address: str) -> Account:
    """The account of these credentials; each failure is counted and committed, a success by the caller.

    Raises:
        TooMany: locked for a quarter of an hour (account, address or region).
        Refused: wrong; the text does not say whether the account exists.
    """
    email = email.strip().lower()
    attempts.hold("masuk", email, address)
    stored = region_sql(
        "SELECT id, password_hash FROM accounts WHERE region_id = :region_id AND email = :email AND state = 'AKTIF'",
        email=email,
    ).one_or_none()
    known = stored if stored and stored.password_hash and demo_allowed(email) else None
    try:
        HASHER.verify(known.password_hash if known else NOBODY, password[:LONGEST])
    except (VerifyMismatchError, InvalidHashError):
        known = None
    if known is None:
        attempts.note("masuk", email, address)
        db.session.commit()
        raise Refused("email", _("Surel atau kata sandi tidak cocok. Periksa keduanya, lalu coba lagi."))
    attempts.forgive("masuk", email)
    account = _account("id = :id", id=known.id)
    assert account is not None
    return account


def signed_in(account: Account, how: str) -> None:
    """Note that a sign-in is finished, whatever it took (`sessions.start` says what `how` may be); caller commits."""
    region_sql(
        "UPDATE accounts SET last_sign_in = clock_timestamp() WHERE region_id = :region_id AND id = :id", id=account.id
    )
    with as_self(account):
        audit.note("akun.masuk", ACCOUNT, account.id, after={"cara": how})


def sign_out(account: Account) -> None:
    """Note that a session ended; the caller commits."""
    audit.note("akun.keluar", ACCOUNT, account.id)


def create(email: str, nama: str, roles: frozenset[str], password: str = "") -> Account:
    """A new account; with a password it is active at once (the demo), without one it waits for its invitation.

    Raises:
        Refused: the address is taken or wrong, the name empty, a role unknown.
    """
    email = clean_email(email)
    if not nama.strip() or len(nama) > 200:
        raise Refused("nama", _("Tulis nama pemilik akun, paling banyak 200 huruf."))
    if not roles or roles - ROLES.keys():
        raise Refused("peran", _("Pilih sedikitnya satu peran."))
    if _account("email = :email", email=email):
        raise Refused("email", _("Alamat surel ini sudah punya akun di daerah ini."))
    number = uuid7()
    region_sql(
        "INSERT INTO accounts (region_id, id, email, nama, password_hash, state)"
        " VALUES (:region_id, :id, :email, :nama, :hash, :state)",
        id=number, email=email, nama=nama.strip(), hash=HASHER.hash(password) if password else "",
        state="AKTIF" if password else "DIUNDANG",
    )  # fmt: skip
    for role in sorted(roles):
        region_sql(
            "INSERT INTO account_roles (region_id, id, account_id, role) VALUES (:region_id, :id, :account, :role)",
            id=uuid7(), account=number, role=role,
        )  # fmt: skip
    audit.note(
        "akun.buat" if password else "akun.undang", ACCOUNT, number, after={"peran": sorted(roles)},
        personal={"email": email, "nama": nama.strip()},
    )  # fmt: skip
    account = _account("id = :id", id=number)
    assert account is not None
    return account


def _new_token(account: Account, purpose: str) -> str:
    token = secrets.token_urlsafe(32)
    region_sql(
        "INSERT INTO account_tokens (region_id, id, account_id, purpose, token_hash, expires_at) VALUES"
        " (:region_id, :id, :account, :purpose, :hash, clock_timestamp() + make_interval(hours => :hours))",
        id=uuid7(), account=account.id, purpose=purpose, hash=digest("tautan", token), hours=LIFETIME_HOURS[purpose],
    )  # fmt: skip
    return token


def invite(email: str, nama: str, roles: frozenset[str], base_url: str) -> Account:
    """A new account and the letter with its link (72 hours); the caller commits. `base_url` ends in a slash."""
    account = create(email, nama, roles)
    link = f"{base_url}sandi/{_new_token(account, 'undangan')}"
    send_mail(
        account.email,
        _("Undangan akun"),
        _("Halo %(nama)s,\n\nAkun Anda sudah disiapkan. Buat kata sandi di tautan ini dalam 72 jam:\n%(link)s\n",
          nama=account.nama, link=link),
    )  # fmt: skip
    return account


def ask_reset(email: str, address: str, base_url: str) -> None:
    """Send a reset link (one hour) if the account exists; says nothing either way; commits.

    Raises:
        TooMany: three were asked for within a quarter of an hour.
    """
    email = clean_email(email)
    attempts.hold("sandi", email, address, most=RESET_LIMIT)
    attempts.note("sandi", email, address)
    account = _account("email = :email AND state = 'AKTIF'", email=email)
    if account:
        audit.note("akun.tautan-sandi", ACCOUNT, account.id)
        link = f"{base_url}sandi/{_new_token(account, 'sandi')}"
        send_mail(
            email,
            _("Atur ulang kata sandi"),
            _("Buat kata sandi baru di tautan ini dalam satu jam:\n%(link)s\n\nBukan Anda? Abaikan surat ini.",
              link=link),
        )  # fmt: skip
    db.session.commit()


def owner_of(token: str) -> Account | None:
    """The account that a link of invitation or reset belongs to, while it is good."""
    number = region_sql(
        "SELECT account_id FROM account_tokens WHERE region_id = :region_id AND token_hash = ANY(:hashes)"
        " AND used_at IS NULL AND expires_at > clock_timestamp()",
        hashes=digests("tautan", token),
    ).scalar_one_or_none()
    return _account("id = :id AND state <> 'DITUTUP'", id=number) if number else None


def check_password(account: Account, password: str, repeated: str) -> None:
    """Length, not the address, typed twice alike (NIST SP 800-63B: no rules on kinds of characters).

    Raises:
        Refused: says what to change.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise Refused("sandi", _("Kata sandi sedikitnya %(least)s karakter; pakai kalimat pendek.", least=SHORTEST))
    if account.email.partition("@")[0] in password.lower() or len(set(password)) < 5:
        raise Refused("sandi", _("Kata sandi terlalu mudah ditebak; pilih yang lain."))
    if password != repeated:
        raise Refused("ulangi", _("Kedua isian kata sandi tidak sama."))


def set_password(account: Account, password: str) -> Account:
    """Store it, end every session, use up every link; commits. Check it first with `check_password`."""
    region_sql(
        "UPDATE accounts SET password_hash = :hash, version = version + 1, state = 'AKTIF'"
        " WHERE region_id = :region_id AND id = :id AND state <> 'DITUTUP'",
        id=account.id, hash=HASHER.hash(password),
    )  # fmt: skip
    region_sql(
        "UPDATE account_tokens SET used_at = clock_timestamp()"
        " WHERE region_id = :region_id AND account_id = :id AND used_at IS NULL",
        id=account.id,
    )
    sessions.end_all(account.id)
    changed = _account("id = :id", id=account.id)
    assert changed is not None
    # Whoever sets it has shown to be its owner: by the old password, or by the link.
    with as_self(changed):
        old, new = {"keadaan": account.state}, {"keadaan": changed.state}
        audit.note("akun.sandi", ACCOUNT, account.id, before=old, after=new)
        db.session.commit()
    return changed


def accept_invitation(account: Account) -> Account:
    """Open an invited account without a password: its owner came through the region's own identity provider."""
    region_sql(
        "UPDATE accounts SET state = 'AKTIF' WHERE region_id = :region_id AND id = :id AND state = 'DIUNDANG'",
        id=account.id,
    )
    region_sql(
        "UPDATE account_tokens SET used_at = clock_timestamp()"
        " WHERE region_id = :region_id AND account_id = :id AND used_at IS NULL",
        id=account.id,
    )
    opened = of_number(account.id)
    assert opened is not None
    return opened


def _password_hash(account: Account) -> str:
    stored = region_sql(
        "SELECT password_hash FROM accounts WHERE region_id = :region_id AND id = :id", id=account.id
    )
    return str(stored.scalar_one())


def has_password(account: Account) -> bool:
    """Whether it has one at all; who came by single sign-on may have none."""
    return bool(_password_hash(account))


def verify(account: Account, password: str) -> bool:
    """Whether this is the account's password."""
    try:
        return HASHER.verify(_password_hash(account), password[:LONGEST])
    except (VerifyMismatchError, InvalidHashError):
        return False


def close(number: UUID, by: Account) -> bool:
    """Close an account: it cannot sign in, its sessions end; commits. Whether the region has it.

    Raises:
        Refused: it is one's own.
    """
    if number == by.id:
        raise Refused("akun", _("Akun Anda sendiri tidak dapat Anda tutup; minta administrator lain."))
    if _account("id = :id", id=number) is None:
        return False
    closed = region_sql(
        "UPDATE accounts SET state = 'DITUTUP', version = version + 1, closed_at = clock_timestamp()"
        " WHERE region_id = :region_id AND id = :id AND state <> 'DITUTUP'",
        id=number,
    )
    if closed.rowcount:
        sessions.end_all(number)
        audit.note("akun.tutup", ACCOUNT, number, after={"keadaan": "DITUTUP"})
    db.session.commit()
    return True


def forget_attempts(email: str) -> None:
    """Delete what is noted of failed attempts for one address."""
    region_sql(
        "DELETE FROM sign_in_attempts WHERE region_id = :region_id AND email_hash = ANY(:hashes)",
        hashes=digests("percobaan", email),
    )


def forget_old_attempts(days: int) -> int:
    """Delete attempts older than `days`; how many."""
    return region_sql(
        "DELETE FROM sign_in_attempts WHERE region_id = :region_id"
        " AND at < clock_timestamp() - make_interval(days => :days)",
        days=days,
    ).rowcount


def forget_old_links(days: int) -> int:
    """Delete links that ended more than `days` ago; how many."""
    return region_sql(
        "DELETE FROM account_tokens WHERE region_id = :region_id"
        " AND expires_at < clock_timestamp() - make_interval(days => :days)",
        days=days,
    ).rowcount
