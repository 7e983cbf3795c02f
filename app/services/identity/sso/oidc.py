"""OpenID Connect, the relying party's half: discovery, authorisation request with PKCE, code for tokens, ID token.

Source: OpenID Connect Core 1.0, Discovery 1.0; RFC 7636 (PKCE), RFC 9207 (issuer in the answer), RFC 9700 (practice).
"""

import time
from dataclasses import dataclass, field
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from requests import RequestException

from app.kernel.clock import now
from app.services.identity.refusals import Refused
from app.services.identity.sso.outbound import BadAddress, bounded, check_address
from app.services.identity.sso.provider import Provider, ProviderFailed, Request
from app.services.ui.i18n import _

#: Asymmetric only: a client secret or `none` must never make an ID token. Whatever the provider lists beside them.
ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
SCOPE = "openid email profile"
CACHE_SECONDS = 600
LEEWAY_SECONDS = 60
#: How long ago the person may have signed in at the provider. Asking at all makes it say when (`auth_time`).
LONGEST_AGO_SECONDS = 12 * 3600
LONGEST_SUBJECT = 255
WELL_KNOWN = "/.well-known/openid-configuration"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
#: Everything that a provider's answer, or its silence, may raise.
FAILURES = (
    RequestException, AuthlibBaseError, JoseError, BadAddress, ValueError, KeyError, TypeError, AttributeError,
    OverflowError, RecursionError,
)  # fmt: skip


@dataclass
class Known:
    """What a provider said of itself, and its keys; `until` in seconds of the monotonic clock."""

    metadata: dict[str, Any]
    until: float
    keys: dict[str, Any] = field(default_factory=dict)


_known: dict[str, Known] = {}


def discover(issuer: str) -> Known:
    """The provider's own description, remembered for ten minutes.

    Raises:
        ProviderFailed: unreachable, not JSON, another issuer, or an endpoint that may not be asked.
    """
    known = _known.get(issuer)
    if known and known.until > time.monotonic():
        return known
    try:
        metadata = _json(issuer.rstrip("/") + WELL_KNOWN)
        if metadata["issuer"] != issuer:
            raise ValueError("issuer lain: " + str(metadata["issuer"])[:100])
        for name in ENDPOINTS:
            check_address(metadata[name])
    except FAILURES as error:
        raise ProviderFailed(f"{type(error).__name__}: {error}") from error
    for old in [name for name, kept in _known.items() if kept.until <= time.monotonic()]:
        _known.pop(old, None)
    _known[issuer] = known = Known(metadata, time.monotonic() + CACHE_SECONDS)
    return known


def check_issuer(issuer: str) -> None:
    """Ask the provider now, so that a mistake shows beside its field and not at somebody's sign-in.

    Raises:
        Refused: with what the provider answered.
    """
    _known.pop(issuer, None)
    try:
        discover(issuer)
    except ProviderFailed as error:
        raise Refused("penerbit", _("Penyedia tidak menjawab seperti seharusnya (%(error)s).", error=error)) from error


def begin(provider: Provider, redirect_uri: str, *, again: bool) -> tuple[str, Request]:
    """Where to send the browser, and what to remember. With `again` the provider must ask the person anew.

    Raises:
        ProviderFailed: as `discover`.
    """
    known = discover(provider.issuer)
    since = now().timestamp() if again else 0
    request = Request(generate_token(32), generate_token(32), generate_token(64), since)
    extra = {"prompt": "login", "max_age": 0} if again else {"max_age": LONGEST_AGO_SECONDS}
    with _client(provider, known, redirect_uri) as client:
        url, _state = client.create_authorization_url(
            known.metadata["authorization_endpoint"],
            state=request.state,
            nonce=request.nonce,
            code_verifier=request.verifier,
            **extra,
        )
    return str(url), request


def finish(provider: Provider, redirect_uri: str, code: str, request: Request) -> dict[str, Any]:
    """The checked claims of the ID token (with those of the user-info endpoint, when the token has no address).

    Raises:
        ProviderFailed: the code or the token was not good.
    """
    known = discover(provider.issuer)
    try:
        with _client(provider, known, redirect_uri) as client:
            endpoint = known.metadata["token_endpoint"]
            token = client.fetch_token(
                endpoint, grant_type="authorization_code", code=code, code_verifier=request.verifier
            )
            claims = _checked(token, known, provider, request)
            if "email" not in claims and "userinfo_endpoint" in known.metadata:
                claims |= _user_info(client, known.metadata["userinfo_endpoint"], claims["sub"])
    except FAILURES as error:
        raise ProviderFailed(f"{type(error).__name__}: {error}") from error
    return claims


def _client(provider: Provider, known: Known, redirect_uri: str) -> OAuth2Session:
    methods = known.metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    method = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
    client = OAuth2Session(
        provider.client_id,
        provider.client_secret,
        token_endpoint_auth_method=method,
        scope=SCOPE,
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
    )
    return bounded(client)


def _checked(token: dict[str, Any], known: Known, provider: Provider, request: Request) -> dict[str, Any]:
    """Signature, issuer, audience, times, nonce and the access token's hash. Core 1.0, section 3.1.3.7."""
    decoded = _decoded(token["id_token"], known)
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        {
            "iss": {"essential": True, "value": provider.issuer},
            "aud": {"essential": True, "value": provider.client_id},
        },
        {"nonce": request.nonce, "client_id": provider.client_id, "access_token": token.get("access_token")},
    )
    claims.validate(now=int(now().timestamp()), leeway=LEEWAY_SECONDS)
    if request.since and float(claims["auth_time"]) < request.since - LEEWAY_SECONDS:
        raise ValueError("orangnya tidak ditanyai ulang")
    if not claims["sub"].isprintable() or len(claims["sub"]) > LONGEST_SUBJECT:
        raise ValueError("sub tidak sah")
    return dict(claims)


def _decoded(id_token: str, known: Known) -> jwt.Token:
    registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    if known.keys:
        try:
            return jwt.decode(id_token, KeySet.import_key_set(known.keys), registry=registry)  # type: ignore[arg-type]
        except InvalidKeyIdError:
            known.keys = {}
    known.keys = _json(known.metadata["jwks_uri"])
    return jwt.decode(id_token, KeySet.import_key_set(known.keys), registry=registry)  # type: ignore[arg-type]


def _user_info(client: OAuth2Session, endpoint: str, subject: str) -> dict[str, Any]:
    answer = client.get(endpoint)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    if found.get("sub") != subject:
        raise ValueError("userinfo menyebut orang lain")
    return {name: found[name] for name in ("email", "email_verified") if name in found}


def _json(url: str) -> dict[str, Any]:
    with bounded() as client:
        answer = client.get(url)
        answer.raise_for_status()
        found = answer.json()
    if not isinstance(found, dict):
        raise TypeError("bukan objek JSON")
    return found
