"""Single sign-on against a real provider on a real port: who comes in, who does not and why; a provider that lies."""

import dataclasses
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from app.services.identity.sso import oidc, outbound, provider
from app.services.identity.sso.provider import Provider
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from tests.conftest import A, B
from tests.services.identity.conftest import HOSTS, Browser, code_of, copy_of, post, set_up_app
from tests.services.identity.oidc_server import CLIENT, SECRET, OidcServer, Person

pytestmark = pytest.mark.usefixtures("people")
BACK = "/masuk/sso/kembali"


@pytest.fixture(scope="module")
def running() -> Iterator[OidcServer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")  # the provider's half refuses plain HTTP otherwise
        server = OidcServer()
        yield server
        server.stop()


@pytest.fixture
def idp(running: OidcServer) -> Iterator[OidcServer]:
    """The provider, honest again, with a few people."""
    oidc._known.clear()
    before = dict(vars(running))
    running.people = {
        name: Person(name, {"email": f"{name}@contoh.go.id", "email_verified": True, "groups": ["asn", "opd"]})
        for name in ("opd", "tapd", "bendahara", "hantu")
    }
    running.return_addresses = {HOSTS[A] + BACK, HOSTS[B] + BACK}
    running.lies, running.metadata_lies, running.asked = {}, {}, []
    yield running
    vars(running).update(before)


@pytest.fixture
def connect(worker_app: Flask, idp: OidcServer) -> Callable[..., None]:
    """Make the provider the region's."""

    def connected(region: int = A, **changes: Any) -> None:
        chosen = Provider("SSO Kota", idp.issuer, CLIENT, SECRET, state="AKTIF")
        with worker_app.app_context(), acting_for(Context(region, "sistem:uji", "worker")):
            provider.save(Provider(**{**vars(chosen), **changes}))
            db.session.commit()

    return connected


@pytest.fixture
def connected(connect: Callable[..., None]) -> None:
    connect()


def go(visitor: FlaskClient, region: int = A, path: str = "/masuk/sso?lanjut=/akun/keamanan") -> str:
    """Leave for the provider; returns its address."""
    answer = visitor.get(path, base_url=HOSTS[region])
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return answer.headers["Location"]


def allow(url: str, sub: str) -> str:
    """Choose a person on the provider's page; returns the path and query that the browser is sent back to."""
    assert requests.get(url, timeout=5).status_code == 200
    answer = requests.post(url, data={"sub": sub}, timeout=5, allow_redirects=False)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"].partition(".localhost")[2]


def come_in(visitor: FlaskClient, sub: str, region: int = A, **leaving: Any) -> Any:
    return visitor.get(allow(go(visitor, region, **leaving), sub), base_url=HOSTS[region])


@pytest.mark.usefixtures("connected")
def test_an_existing_account_comes_in_by_its_verified_address(browser: Browser, idp: OidcServer) -> None:
    visitor = browser()
    assert "Masuk dengan SSO Kota" in visitor.get("/masuk").get_data(as_text=True)
    answer = come_in(visitor, "opd")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/akun/keamanan")
    page = visitor.get("/akun/keamanan").get_data(as_text=True)
    assert "opd@contoh.go.id" in page
    assert idp.issuer in page


@pytest.mark.usefixtures("connected")
def test_the_request_carries_state_nonce_and_a_hashed_verifier(browser: Browser, idp: OidcServer) -> None:
    first, second = go(browser()), go(browser())
    for url in (first, second):
        requests.get(url, timeout=5)
    asked, again = idp.asked
    assert asked["response_type"] == "code"
    assert asked["redirect_uri"] == HOSTS[A] + BACK
    assert "openid" in asked["scope"].split()
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[name]) >= 32
        assert asked[name] != again[name]


@pytest.mark.usefixtures("connected")
def test_a_stranger_gets_no_account_and_is_told_whom_to_ask(browser: Browser, admin: Engine) -> None:
    answer = come_in(browser(), "hantu")
    assert answer.status_code == 422
    assert "Minta administrator daerah mengundang" in answer.get_data(as_text=True)
    with admin.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM accounts WHERE email LIKE 'hantu@%'")) == 0
        assert connection.scalar(text("SELECT count(*) FROM oidc_identities")) == 0


@pytest.mark.usefixtures("connected")
def test_an_invited_person_comes_in_without_a_password_and_the_invitation_is_used_up(
    browser: Browser, admin: Engine
) -> None:
    post(browser("admin"), "/pengaturan/akun", nama="Hantu", email="hantu@contoh.go.id", peran="pegawai")
    visitor = browser()
    assert come_in(visitor, "hantu").status_code == 303
    assert "Pegawai negeri sipil" in visitor.get("/akun").get_data(as_text=True)
    with admin.connect() as connection:
        assert connection.scalar(text("SELECT state FROM accounts WHERE email LIKE 'hantu@%'")) == "AKTIF"
        assert connection.scalar(text("SELECT count(*) FROM account_tokens WHERE used_at IS NULL")) == 0


@pytest.mark.parametrize("lies", [{"email_verified": False}, {"email_verified": None}, {"email_verified": "true"},
                                  {"email": None}, {"email": ""}])  # fmt: skip
@pytest.mark.usefixtures("connected")
def test_an_address_that_is_not_verified_opens_nothing(browser: Browser, idp: OidcServer, lies: dict[str, Any]) -> None:
    idp.people["opd"].claims.update(lies)
    idp.people["opd"].claims = {name: value for name, value in idp.people["opd"].claims.items() if value is not None}
    answer = come_in(browser(), "opd")
    assert answer.status_code == 422
    assert "terverifikasi" in answer.get_data(as_text=True)


@pytest.mark.usefixtures("connected")
def test_the_address_may_come_from_the_user_info_endpoint(browser: Browser, idp: OidcServer) -> None:
    idp.email_in_token = False
    assert come_in(browser(), "opd").status_code == 303


@pytest.mark.usefixtures("connected")
def test_a_closed_account_stays_closed(browser: Browser, admin: Engine) -> None:
    assert come_in(browser(), "opd").status_code == 303
    with admin.begin() as connection:
        connection.execute(text("UPDATE accounts SET state = 'DITUTUP' WHERE email LIKE 'opd@%'"))
    answer = come_in(browser(), "opd")
    assert answer.status_code == 422
    assert "sudah ditutup" in answer.get_data(as_text=True)


@pytest.mark.usefixtures("connected")
def test_a_closed_account_that_was_never_connected_is_as_unknown_as_any(browser: Browser, admin: Engine) -> None:
    with admin.begin() as connection:
        connection.execute(text("UPDATE accounts SET state = 'DITUTUP' WHERE email LIKE 'opd@%'"))
    assert come_in(browser(), "opd").status_code == 422


def test_a_provider_of_region_a_opens_nothing_in_b(browser: Browser, connect: Callable[..., None]) -> None:
    connect()
    assert browser().get("/masuk/sso", base_url=HOSTS[B]).status_code == 404
    connect(B)
    visitor = browser()
    back = allow(go(visitor), "opd")
    assert visitor.get(back, base_url=HOSTS[B]).status_code == 422
    there = copy_of(visitor, visitor.application, "kab-bandung.localhost", "bandung.localhost")
    assert there.get(back, base_url=HOSTS[B]).status_code == 422
    assert visitor.get(back).status_code == 303


def test_a_provider_that_is_switched_off_opens_nothing(browser: Browser, connect: Callable[..., None]) -> None:
    connect()
    visitor = browser()
    back = allow(go(visitor), "opd")
    connect(state="NONAKTIF")
    assert visitor.get(back).status_code == 404
    assert "SSO Kota" not in visitor.get("/masuk").get_data(as_text=True)


@pytest.mark.usefixtures("connected")
def test_roles_stay_this_regions(browser: Browser) -> None:
    visitor = browser()
    come_in(visitor, "opd")
    assert visitor.get("/pengaturan").status_code == 403


@pytest.mark.usefixtures("connected")
def test_the_second_factor_is_still_owed(browser: Browser, later: Callable[[], None]) -> None:
    secret = set_up_app(browser("opd"))
    later()
    visitor = browser()
    assert come_in(visitor, "opd").headers["Location"] == "/masuk/faktor?lanjut=/akun/keamanan"
    assert visitor.get("/akun").status_code == 302
    assert post(visitor, "/masuk/faktor", kode=code_of(secret)).status_code == 303


@pytest.mark.usefixtures("connected")
def test_an_address_given_to_somebody_else_at_the_provider_opens_nothing(browser: Browser, idp: OidcServer) -> None:
    assert come_in(browser(), "opd").status_code == 303
    idp.people["baru"] = Person("baru", dict(idp.people["opd"].claims))
    answer = come_in(browser(), "baru")
    assert answer.status_code == 422
    assert "identitas lain" in answer.get_data(as_text=True)


@pytest.mark.usefixtures("connected")
def test_a_person_whose_address_changed_at_the_provider_keeps_the_account(browser: Browser, idp: OidcServer) -> None:
    come_in(browser(), "opd")
    idp.people["opd"].claims["email"] = "nama.baru@contoh.go.id"
    visitor = browser()
    assert come_in(visitor, "opd").status_code == 303
    assert "opd@contoh.go.id" in visitor.get("/akun").get_data(as_text=True)


def test_only_allowed_domains_and_the_demanded_claim_come_in(browser: Browser, connect: Callable[..., None]) -> None:
    connect(domains=("lain.go.id",))
    assert "di luar domain" in come_in(browser(), "opd").get_data(as_text=True)
    connect(domains=("go.id",))
    assert come_in(browser(), "opd").status_code == 422
    connect(domains=("lain.go.id", "contoh.go.id"), claim="groups", claim_value="kepala")
    assert "tidak memenuhi syarat" in come_in(browser(), "opd").get_data(as_text=True)
    connect(claim="groups", claim_value="asn")
    assert come_in(browser(), "opd").status_code == 303


@pytest.mark.usefixtures("connected")
def test_a_client_that_must_post_its_secret_does(browser: Browser, idp: OidcServer) -> None:
    idp.auth_method = "client_secret_post"
    idp.metadata_lies = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert come_in(browser(), "opd").status_code == 303


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize("email", ["opd@contoh.go.id\0", "opd", "o pd@contoh.go.id", "x" * 300 + "@contoh.go.id"])
def test_an_address_that_is_none_is_refused_in_words(browser: Browser, idp: OidcServer, email: str) -> None:
    idp.people["opd"].claims["email"] = email
    assert come_in(browser(), "opd").status_code == 422


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize(("ago", "fresh"), [(60, True), (3600, False), (None, False), (-3600, True)])
def test_signing_in_is_as_fresh_a_proof_as_the_provider_says(
    browser: Browser, idp: OidcServer, ago: int | None, fresh: bool
) -> None:
    idp.lies = {"auth_time": None if ago is None else int(time.time()) - ago}
    visitor = browser()
    assert come_in(visitor, "opd").status_code == 303
    assert visitor.get("/akun").status_code == 200
    assert visitor.get("/akun/keamanan/aplikasi").status_code == (200 if fresh else 303)


@pytest.mark.usefixtures("connected")
def test_passing_by_the_provider_unasked_is_no_fresh_proof(
    browser: Browser, idp: OidcServer, age_sessions: Callable[[int], None]
) -> None:
    visitor = browser("opd")
    age_sessions(11)
    idp.lies = {"auth_time": int(time.time()) - 3600}
    assert come_in(visitor, "opd").status_code == 303
    assert visitor.get("/akun/keamanan/aplikasi").status_code == 303


@pytest.mark.usefixtures("connected")
def test_a_proof_elsewhere_does_not_replace_a_second_factor(
    browser: Browser, later: Callable[[], None], age_sessions: Callable[[int], None]
) -> None:
    secret = set_up_app(browser("opd"))
    later()
    visitor = browser()
    come_in(visitor, "opd")
    post(visitor, "/masuk/faktor", kode=code_of(secret))
    age_sessions(11)
    come_in(visitor, "opd", path="/masuk/sso?ulang=1&lanjut=/akun/keamanan/kode")
    assert visitor.get("/akun/keamanan/kode").headers["Location"] == "/masuk/faktor?lanjut=/akun/keamanan/kode"


LIES = {
    "another nonce": {"nonce": "x" * 40},
    "no nonce": {"nonce": None},
    "another audience": {"aud": "portal-lain"},
    "another audience with our name as azp": {"aud": "portal-lain", "azp": CLIENT},
    "another issuer": {"iss": "https://jahat.example"},
    "expired": {"exp": 1_700_000_000},
    "from the future": {"iat": 4_000_000_000, "nbf": 4_000_000_000},
    "another access token": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    "nobody": {"sub": None},
    "an endless name": {"sub": "x" * 3000},
    "a name that is none": {"sub": "opd\0"},
    "a number for a name": {"sub": 7},
    "no audience": {"aud": None},
}


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize("lie", LIES)
def test_a_token_that_is_not_for_this_sign_in_is_refused(browser: Browser, idp: OidcServer, lie: str) -> None:
    idp.lies = LIES[lie]
    visitor = browser()
    answer = come_in(visitor, "opd")
    assert answer.status_code == 503
    assert "tidak dapat dipercaya" in answer.get_data(as_text=True)
    assert visitor.get("/akun").status_code == 302


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize("how", ["sign_with_the_clients_secret", "sign_with_another_key"])
def test_a_token_that_others_could_have_signed_is_refused(browser: Browser, idp: OidcServer, how: str) -> None:
    getattr(idp, how)()
    assert come_in(browser(), "opd").status_code == 503


@pytest.mark.usefixtures("connected")
def test_an_unsigned_token_is_refused(browser: Browser, idp: OidcServer, monkeypatch: pytest.MonkeyPatch) -> None:
    signed = idp.id_token

    def unsigned(code: Any, access_token: str) -> str:
        return "eyJhbGciOiJub25lIn0." + signed(code, access_token).split(".")[1] + "."

    monkeypatch.setattr(idp, "id_token", unsigned)
    assert come_in(browser(), "opd").status_code == 503


@pytest.mark.usefixtures("connected")
def test_the_providers_new_key_is_fetched_when_it_is_used(browser: Browser, idp: OidcServer) -> None:
    assert come_in(browser(), "opd").status_code == 303
    idp.rotate_key()
    assert come_in(browser(), "opd").status_code == 303


@pytest.mark.usefixtures("connected")
def test_an_answer_that_this_browser_did_not_ask_for_is_refused(browser: Browser) -> None:
    owner, victim = browser(), browser()
    back = allow(go(owner), "opd")
    assert victim.get(back).status_code == 422
    go(victim)
    assert victim.get(back).status_code == 422
    assert victim.get("/akun").status_code == 302


@pytest.mark.usefixtures("connected")
def test_an_answer_works_once(browser: Browser, web_app: Flask) -> None:
    visitor = browser()
    url = go(visitor)
    thief, back = copy_of(visitor, web_app), allow(url, "opd")
    assert visitor.get(back).status_code == 303
    assert thief.get(back).status_code == 503
    assert visitor.get(back).status_code == 422


@pytest.mark.usefixtures("connected")
def test_a_stolen_code_is_worthless_without_the_verifier(browser: Browser) -> None:
    owner, thief = browser(), browser()
    code = allow(go(owner), "opd").split("code=")[1].split("&")[0]
    state = go(thief).split("state=")[1].split("&")[0]
    assert thief.get(f"{BACK}?code={code}&state={state}").status_code == 503


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize(("change", "words"), [
    (lambda back: BACK, "tidak dimulai di peramban ini"),
    (lambda back: back.replace("state=", "state=x"), "tidak dimulai di peramban ini"),
    (lambda back: back + "&iss=https://jahat.example", "penyedia lain"),
])  # fmt: skip
def test_a_wrong_answer_is_explained(browser: Browser, change: Callable[[str], str], words: str) -> None:
    visitor = browser()
    answer = visitor.get(change(allow(go(visitor), "opd")))
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)


@pytest.mark.usefixtures("connected")
def test_who_cancels_at_the_provider_is_told_so(browser: Browser) -> None:
    answer = come_in(browser(), "bukan siapa-siapa")
    assert answer.status_code == 422
    assert "membatalkannya" in answer.get_data(as_text=True)


@pytest.mark.usefixtures("connected")
def test_a_request_ends_after_ten_minutes(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.identity.sso.routes.MINUTES", -1)
    assert "kedaluwarsa" in come_in(browser(), "opd").get_data(as_text=True)


@pytest.mark.usefixtures("connected")
def test_a_silent_provider_is_explained_and_the_password_still_works(browser: Browser, idp: OidcServer) -> None:
    idp.silent = True
    answer = browser().get("/masuk/sso")
    assert answer.status_code == 503
    assert "masuk dengan kata sandi" in answer.get_data(as_text=True)
    assert browser("opd").get("/akun").status_code == 200


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize("path", ["//jahat.example", "https://jahat.example", "/\\jahat.example"])
def test_coming_back_leads_nowhere_else(browser: Browser, path: str) -> None:
    visitor = browser()
    answer = come_in(visitor, "opd", path=f"/masuk/sso?lanjut={path}")
    assert answer.headers["Location"] == "/"


@pytest.mark.usefixtures("connected")
def test_a_fresh_proof_by_the_provider_must_be_a_new_one(
    browser: Browser, idp: OidcServer, admin: Engine, age_sessions: Callable[[int], None]
) -> None:
    with admin.begin() as connection:
        connection.execute(text("UPDATE accounts SET password_hash = '' WHERE email LIKE 'opd@%'"))
    visitor, again = browser(), "/masuk/sso?ulang=1&lanjut=/akun/keamanan/aplikasi"
    come_in(visitor, "opd")
    age_sessions(11)
    page = visitor.get("/masuk/faktor?lanjut=/akun/keamanan/aplikasi").get_data(as_text=True)
    assert "/masuk/sso?ulang=1&amp;lanjut=/akun/keamanan/aplikasi" in page
    idp.lies = {"auth_time": 1_700_000_000}
    assert come_in(visitor, "opd", path=again).status_code == 503
    assert visitor.get("/akun/keamanan/aplikasi").status_code == 303
    idp.lies = {}
    assert come_in(visitor, "opd", path=again).headers["Location"] == "/akun/keamanan/aplikasi"
    assert idp.asked[-1]["prompt"] == "login"
    assert visitor.get("/akun/keamanan/aplikasi").status_code == 200


@pytest.mark.usefixtures("connected")
def test_coming_back_as_somebody_else_begins_that_persons_session(browser: Browser) -> None:
    visitor = browser("tapd")
    assert come_in(visitor, "opd").status_code == 303
    assert "opd@contoh.go.id" in visitor.get("/akun").get_data(as_text=True)


def typed(idp: OidcServer, **changes: str) -> dict[str, str]:
    return {"nama": "SSO Kota", "penerbit": idp.issuer, "klien": CLIENT, "rahasia": SECRET, "aktif": "1"} | changes


def test_the_administrator_sets_it_and_the_secret_is_never_shown(
    browser: Browser, idp: OidcServer, admin: Engine
) -> None:
    boss = browser("admin")
    assert HOSTS[A] + BACK in boss.get("/pengaturan/sso").get_data(as_text=True)
    assert post(boss, "/pengaturan/sso", **typed(idp)).status_code == 303
    assert SECRET not in boss.get("/pengaturan/sso").get_data(as_text=True)
    with admin.connect() as connection:
        assert SECRET not in str(connection.scalar(text("SELECT p::text FROM oidc_providers p")))
        assert SECRET.encode() not in bytes(connection.scalar(text("SELECT client_secret_sealed FROM oidc_providers")))
    assert come_in(browser(), "opd").status_code == 303
    assert post(boss, "/pengaturan/sso", **typed(idp, rahasia="", nama="SSO lain")).status_code == 303
    assert come_in(browser(), "opd").status_code == 303


def test_the_stored_secret_is_not_told_to_another_issuer(browser: Browser, idp: OidcServer) -> None:
    boss = browser("admin")
    post(boss, "/pengaturan/sso", **typed(idp))
    answer = post(boss, "/pengaturan/sso", **typed(idp, rahasia="", penerbit=idp.issuer + "/lain"))
    assert answer.status_code == 422
    assert 'href="#rahasia"' in answer.get_data(as_text=True)


@pytest.mark.parametrize(("changes", "field"), [
    ({"penerbit": "bukan alamat"}, "penerbit"),
    ({"penerbit": "http://127.0.0.1:1"}, "penerbit"),
    ({"penerbit": "ftp://contoh.go.id"}, "penerbit"),
    ({"penerbit": "http://orang:sandi@contoh.go.id"}, "penerbit"),
    ({"nama": ""}, "nama"),
    ({"klien": ""}, "klien"),
    ({"klaim": "groups"}, "nilai"),
])  # fmt: skip
def test_a_mistake_shows_beside_its_field_and_keeps_what_was_typed(
    browser: Browser, idp: OidcServer, changes: dict[str, str], field: str
) -> None:
    answer = post(browser("admin"), "/pengaturan/sso", **typed(idp, **{"domain": "contoh.go.id", **changes}))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'href="#{field}"' in page
    assert 'value="contoh.go.id"' in page
    assert SECRET not in page


@pytest.mark.parametrize(("path", "status"), [("/lain", 303), ("/alih", 422), ("/besar", 422), ("/tidak-ada", 422)])
def test_a_redirect_a_flood_and_a_missing_page_are_refused(
    browser: Browser, idp: OidcServer, path: str, status: int
) -> None:
    answer = post(browser("admin"), "/pengaturan/sso", **typed(idp, penerbit=idp.issuer + path))
    assert answer.status_code == status


@pytest.mark.parametrize("lies", [
    {"issuer": "https://lain.example"}, {"jwks_uri": "file:///etc/passwd"}, {"token_endpoint": None},
    {"authorization_endpoint": "javascript:alert(1)"}, {"jwks_uri": 7},
])  # fmt: skip
def test_a_description_that_is_not_the_issuers_own_is_refused(
    browser: Browser, idp: OidcServer, lies: dict[str, Any]
) -> None:
    idp.metadata_lies = lies
    assert post(browser("admin"), "/pengaturan/sso", **typed(idp)).status_code == 422


@pytest.mark.parametrize("url", [
    "http://sso.contoh.go.id", "https://127.0.0.1/", "https://10.0.0.7/", "https://169.254.169.254/latest",
    "https://[::1]/", "https://192.168.1.1:8443/", "https://localhost/", "https://0.0.0.0/", "https://[fd00::1]/",
    "https://[::ffff:127.0.0.1]/", "https://100.64.0.1/", "https:///x", "file:///etc/passwd",
])  # fmt: skip
def test_production_looks_into_no_network_behind_it(
    web_app: Flask, monkeypatch: pytest.MonkeyPatch, settings: Any, url: str
) -> None:
    monkeypatch.setitem(web_app.extensions, "settings", dataclasses.replace(settings, production=True))
    with web_app.app_context(), pytest.raises(outbound.BadAddress):
        outbound.check_address(url)


def test_the_operator_may_allow_a_host_of_the_inner_network(
    web_app: Flask, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    inner = dataclasses.replace(settings, production=True, internal_hosts=frozenset({"10.0.0.7"}))
    monkeypatch.setitem(web_app.extensions, "settings", inner)
    with web_app.app_context():
        outbound.check_address("https://10.0.0.7/realms/kota")
        with pytest.raises(outbound.BadAddress):
            outbound.check_address("https://10.0.0.8/realms/kota")
