"""A real OpenID provider on a real port, of Authlib's provider classes; on demand it lies, as a broken one would.

It demands PKCE (S256), the client's secret, the exact return address, and gives each code once.
"""

import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core.grants import OpenIDCode
from authlib.oidc.core.util import create_half_hash
from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from werkzeug.serving import make_server

CLIENT, SECRET = "portal-bandung", "rahasia-klien-uji"
WELL_KNOWN = "/.well-known/openid-configuration"


@dataclass
class Person:
    """Somebody at the provider; `sub` is also the button's name on its page."""

    sub: str
    claims: dict[str, Any]


@dataclass
class Code:
    """One authorisation code."""

    code: str
    client_id: str
    redirect_uri: str
    scope: str
    nonce: str | None
    sub: str
    code_challenge: str
    code_challenge_method: str
    auth_time: int = field(default_factory=lambda: int(time.time()))

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope


class Client(ClientMixin):
    """The one client that is registered."""

    def __init__(self, return_addresses: set[str], auth_method: str) -> None:
        self.return_addresses, self.auth_method = return_addresses, auth_method

    def get_client_id(self) -> str:
        return CLIENT

    def get_allowed_scope(self, scope: str) -> str:
        return " ".join(word for word in scope.split() if word in {"openid", "email", "profile"})

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.return_addresses

    def check_client_secret(self, client_secret: str) -> bool:
        return secrets.compare_digest(SECRET, client_secret)

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method == self.auth_method

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


class OidcServer:
    """The provider. `lies` are put over the ID token's claims; `None` takes a claim away."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}
        self.return_addresses: set[str] = set()
        self.lies: dict[str, Any] = {}
        self.metadata_lies: dict[str, Any] = {}
        self.email_in_token = True
        self.auth_method = "client_secret_basic"
        self.silent = False
        self.asked: list[dict[str, str]] = []
        self.codes: dict[str, Code] = {}
        self.tokens: dict[str, str] = {}
        self.key = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})
        self.signing: tuple[str, Any] = ("RS256", self.key)
        self._server = make_server("127.0.0.1", 0, self._app(), threaded=True)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def sign_with_the_clients_secret(self) -> None:
        self.signing = ("HS256", OctKey.import_key(SECRET))

    def sign_with_another_key(self) -> None:
        self.signing = ("RS256", RSAKey.generate_key(2048, {"kid": "k1"}))

    def rotate_key(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "k2", "use": "sig"})
        self.signing = ("RS256", self.key)

    def id_token(self, code: Code, access_token: str) -> str:
        algorithm, key = self.signing
        now = int(time.time())
        person = self.people[code.sub]
        claims = {
            "iss": self.issuer, "aud": CLIENT, "sub": person.sub, "iat": now, "exp": now + 300,
            "auth_time": code.auth_time, "nonce": code.nonce,
            "at_hash": create_half_hash(access_token, "RS256").decode(),
            **(person.claims if self.email_in_token else {}), **self.lies,
        }  # fmt: skip
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": algorithm, "kid": "k2" if self.key.kid == "k2" else "k1"}, kept, key, [algorithm])

    def _app(self) -> Flask:
        app = Flask("penyedia-uji")
        self.grants = AuthorizationServer(app, self._client, lambda *_args: None)
        token = type("TokenOfThis", (Token,), {"provider": self})
        self.grants.register_grant(
            type("GrantOfThis", (Grant,), {"provider": self}), [token(require_nonce=True), CodeChallenge(required=True)]
        )
        app.before_request(lambda: Response("rusak", 500) if self.silent else None)
        for path, view in (
            (WELL_KNOWN, self._describe), ("/kunci", self._keys), ("/izin", self._ask), ("/orang", self._person),
            ("/alih" + WELL_KNOWN, lambda: redirect("/sesudah-alih")),
            ("/sesudah-alih", lambda: self._describe(issuer=self.issuer + "/alih")),
            ("/besar" + WELL_KNOWN, lambda: self._describe(issuer=self.issuer + "/besar", padding="x" * 1_000_000)),
            ("/lain" + WELL_KNOWN, lambda: self._describe(issuer=self.issuer + "/lain")),
        ):  # fmt: skip
            app.add_url_rule(path, path, view)
        app.add_url_rule("/izin", "allow", self._allow, methods=["POST"])
        app.add_url_rule("/token", "token", self.grants.create_token_response, methods=["POST"])
        return app

    def _client(self, name: str) -> Client | None:
        return Client(self.return_addresses, self.auth_method) if name == CLIENT else None

    def _describe(self, **more: str) -> Response:
        base = self.issuer
        return jsonify({
            "issuer": base, "authorization_endpoint": f"{base}/izin", "token_endpoint": f"{base}/token",
            "jwks_uri": f"{base}/kunci", "userinfo_endpoint": f"{base}/orang",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"], **more, **self.metadata_lies,
        })  # fmt: skip

    def _keys(self) -> Response:
        return jsonify(KeySet([self.key]).as_dict(private=False))

    def _ask(self) -> str:
        self.asked.append(request.args.to_dict())
        assert request.args["code_challenge_method"] == "S256"
        buttons = "".join(f'<button name="sub" value="{sub}">{sub}</button>' for sub in self.people)
        return f'<!doctype html><html lang="id"><title>Penyedia uji</title><form method="post">{buttons}</form>'

    def _allow(self) -> Response:
        person = self.people.get(request.form["sub"])
        if person is None:
            return redirect(f"{request.args['redirect_uri']}?error=access_denied&state={request.args['state']}")
        grant = self.grants.get_consent_grant(end_user=person)
        return self.grants.create_authorization_response(grant_user=person, grant=grant)

    def _person(self) -> Response:
        person = self.people[self.tokens[request.headers["Authorization"].removeprefix("Bearer ")]]
        return jsonify({"sub": person.sub, **person.claims})


class Grant(AuthorizationCodeGrant):
    """Code for tokens; `provider` is set on a subclass for each server."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")
    provider: OidcServer

    def save_authorization_code(self, code: str, asked: Any) -> None:
        data = asked.payload.data
        self.provider.codes[code] = Code(
            code, CLIENT, asked.payload.redirect_uri, asked.payload.scope, data.get("nonce"), asked.user.sub,
            data["code_challenge"], data["code_challenge_method"],
        )  # fmt: skip

    def query_authorization_code(self, code: str, _client: Any) -> Code | None:
        return self.provider.codes.get(code)

    def delete_authorization_code(self, code: Code) -> None:
        del self.provider.codes[code.code]

    def authenticate_user(self, code: Code) -> Person:
        return self.provider.people[code.sub]


class Token(OpenIDCode):
    """The ID token, as the provider wants it."""

    provider: OidcServer

    def exists_nonce(self, nonce: str, _request: Any) -> bool:
        return any(code.nonce == nonce for code in self.provider.codes.values())

    def encode_id_token(self, token: dict[str, Any], asked: Any) -> str:
        self.provider.tokens[token["access_token"]] = asked.user.sub
        return self.provider.id_token(asked.authorization_code, token["access_token"])
