"""Passkeys (WebAuthn): a key pair on the person's device, bound to this region's host; as second factor or alone."""

import json
from dataclasses import dataclass
from uuid import UUID

import webauthn
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from webauthn.helpers import parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.kernel.identifiers import uuid7
from app.services.identity import accounts
from app.services.identity.accounts import Account
from app.services.identity.factors import challenges
from app.services.identity.refusals import Refused
from app.services.ui.i18n import _
from app.tenancy.database import region_sql

MOST, LONGEST_LABEL = 10, 60
#: What a stranger's bytes may raise inside the library, beside its own errors.
MALFORMED = (
    WebAuthnException, InvalidSignature, UnsupportedAlgorithm, ValueError, KeyError, TypeError, IndexError,
    AttributeError, OverflowError, RecursionError,
)  # fmt: skip


@dataclass(frozen=True)
class Party:
    """Who asks: the host that a passkey is bound to, its origin (`https://bandung.go.id`), the region's name."""

    host: str
    origin: str
    name: str


def creation_options(account: Account, party: Party) -> str:
    """What `navigator.credentials.create` needs, as JSON; the challenge is in the session."""
    options = webauthn.generate_registration_options(
        rp_id=party.host,
        rp_name=party.name,
        user_id=account.id.bytes,
        user_name=account.email,
        user_display_name=account.nama,
        challenge=challenges.make(f"daftar:{account.id}"),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
        exclude_credentials=_descriptors(account, party),
    )
    return webauthn.options_to_json(options)


def register(account: Account, response: str, label: str, party: Party) -> None:
    """Keep the new passkey; the caller commits.

    Raises:
        Refused: the answer is not one to this account's challenge on this host, or there are ten already.
    """
    challenge = challenges.take(f"daftar:{account.id}")
    try:
        made = webauthn.verify_registration_response(
            credential=response,
            expected_challenge=challenge,
            expected_rp_id=party.host,
            expected_origin=party.origin,
        )
        transports = _transports(json.loads(response)["response"].get("transports"))
    except MALFORMED as error:
        raise Refused("passkey", _("Passkey ini tidak dapat diterima. Coba lagi.")) from error
    challenges.spend(challenge)
    if len(_descriptors(account, None)) >= MOST:
        raise Refused("passkey", _("Paling banyak %(most)s passkey. Hapus satu yang tidak dipakai.", most=MOST))
    kept = region_sql(
        "INSERT INTO account_passkeys (region_id, id, account_id, credential, public_key, sign_count, host, label,"
        " transports) VALUES (:region_id, :id, :account, :credential, :key, :count, :host, :label, :transports)"
        " ON CONFLICT (region_id, credential) DO NOTHING",
        id=uuid7(), account=account.id, credential=made.credential_id, key=made.credential_public_key,
        count=made.sign_count, host=party.host, label=label[:LONGEST_LABEL], transports=transports,
    )  # fmt: skip
    if kept.rowcount != 1:
        raise Refused("passkey", _("Passkey ini sudah terdaftar."))


def request_options(party: Party, account: Account | None = None) -> str:
    """What `navigator.credentials.get` needs, as JSON: for one account's second factor, or for whoever signs in."""
    options = webauthn.generate_authentication_options(
        rp_id=party.host,
        challenge=challenges.make(_purpose(account)),
        allow_credentials=_descriptors(account, party) if account else [],
        user_verification=UserVerificationRequirement.PREFERRED if account else UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options)


def accept(response: str, party: Party, account: Account | None = None) -> Account:
    """Whose passkey answered. Alone (without `account`) it must have checked its owner: that makes it two factors.

    Raises:
        Refused: unknown here, another host's, another account's, another challenge, a cloned key, or not checked.
    """
    challenge = challenges.take(_purpose(account))
    try:
        answer = parse_authentication_credential_json(response)
        owner = _check(answer, challenge, party, alone=account is None)
    except MALFORMED as error:
        raise Refused("passkey", _("Passkey ini tidak cocok. Coba lagi, atau pakai cara lain.")) from error
    if account is not None and owner.id != account.id:
        raise Refused("passkey", _("Passkey ini milik akun lain."))
    challenges.spend(challenge)
    return owner


def _check(answer: AuthenticationCredential, challenge: bytes, party: Party, *, alone: bool) -> Account:
    row = region_sql(
        "SELECT id, account_id, public_key, sign_count FROM account_passkeys"
        " WHERE region_id = :region_id AND credential = :credential AND host = :host",
        credential=answer.raw_id, host=party.host,
    ).one_or_none()  # fmt: skip
    owner = accounts.of_number(row.account_id) if row else None
    if row is None or owner is None or not owner.is_active or not accounts.demo_allowed(owner.email):
        raise ValueError("passkey tidak dikenal di sini")
    if answer.response.user_handle not in {None, owner.id.bytes}:
        raise ValueError("passkey menyebut pemilik lain")
    checked = webauthn.verify_authentication_response(
        credential=answer,
        expected_challenge=challenge,
        expected_rp_id=party.host,
        expected_origin=party.origin,
        credential_public_key=bytes(row.public_key),
        credential_current_sign_count=row.sign_count,
        require_user_verification=alone,
    )
    region_sql(
        "UPDATE account_passkeys SET sign_count = :count, last_used = clock_timestamp()"
        " WHERE region_id = :region_id AND id = :id",
        id=row.id, count=checked.new_sign_count,
    )  # fmt: skip
    return owner


def _purpose(account: Account | None) -> str:
    return f"faktor:{account.id}" if account else "masuk"


def _descriptors(account: Account, party: Party | None) -> list[PublicKeyCredentialDescriptor]:
    """The account's passkeys, those of one host or (without `party`) all."""
    rows = region_sql(
        "SELECT credential, transports FROM account_passkeys WHERE region_id = :region_id AND account_id = :account"
        " AND (CAST(:host AS text) IS NULL OR host = :host)",
        account=account.id, host=party.host if party else None,
    )  # fmt: skip
    return [
        PublicKeyCredentialDescriptor(
            id=bytes(row.credential), transports=[AuthenticatorTransport(word) for word in row.transports.split()]
        )
        for row in rows
    ]


def _transports(named: object) -> str:
    known = {item.value for item in AuthenticatorTransport}
    return " ".join(word for word in named if word in known) if isinstance(named, list) else ""


def usable_here(account_id: UUID, host: str) -> bool:
    """Whether the account has a passkey for this host."""
    found = region_sql(
        "SELECT count(*) FROM account_passkeys"
        " WHERE region_id = :region_id AND account_id = :account AND host = :host",
        account=account_id, host=host,
    )  # fmt: skip
    return bool(found.scalar_one())
