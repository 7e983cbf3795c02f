"""People of regions A and B, browsers that sign in as them, and their authenticator applications."""

import re
import time
from collections.abc import Callable, Iterator

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from app.services.audit.queries import ACCOUNT
from app.services.identity import accounts
from app.services.identity.permissions import ROLES
from app.services.privacy import OF_ACCOUNT, consent
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from tests.conftest import A, B, Visitor

PASSWORD = "kuda lari di sawah"
HOSTS = {A: "http://bandung.localhost", B: "http://kab-bandung.localhost"}
Browser = Callable[..., FlaskClient]
TABLES = (
    "consents", "erasure_requests", "account_tokens", "account_roles", "account_sessions", "account_totp",
    "account_passkeys", "account_recovery_codes", "oidc_identities", "accounts", "sign_in_attempts",
    "spent_challenges", "oidc_providers", "outbox",
)  # fmt: skip


@pytest.fixture
def people(worker_app: Flask, admin: Engine) -> Iterator[None]:
    """One account for each role in both regions, with the same password."""
    with worker_app.app_context():
        for region in (A, B):
            with acting_for(Context(region, "sistem:uji", "worker")):
                for role in ROLES:
                    account = accounts.create(f"{role}@contoh.go.id", role, frozenset({role}), PASSWORD)
                    consent.give(ACCOUNT, account.id, OF_ACCOUNT.code, consent.DEMO)
                db.session.commit()
    yield
    with admin.begin() as connection:
        for table in TABLES:
            connection.execute(text(f"DELETE FROM {table}"))
        connection.execute(text("UPDATE region_settings SET value = '' WHERE key = 'faktor_kedua_wajib'"))


def post(browser: FlaskClient, path: str, region: int = A, method: str = "POST", **form: object) -> object:
    """Send a form as a browser does: from this host, with the token of the page it came from."""
    host = HOSTS[region]
    page = browser.get("/masuk", base_url=host).get_data(as_text=True)
    if "csrf_token" not in page:
        page = browser.get("/akun", base_url=host).get_data(as_text=True)
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    token = found.group(1) if found else ""
    given = {"csrf_token": token, **form}
    return browser.open(path, method=method, base_url=host, data=given, headers={"Origin": host})


@pytest.fixture
def browser(web_app: Flask) -> Browser:
    """A browser, signed in as `role` of `region` when a role is named."""

    def opened(role: str = "", region: int = A) -> FlaskClient:
        visitor = Visitor(web_app, web_app.response_class)
        if role:
            answer = post(visitor, "/masuk", region, email=f"{role}@contoh.go.id", sandi=PASSWORD)
            assert answer.status_code == 303, answer.get_data(as_text=True)
        return visitor

    return opened


def set_up_app(visitor: FlaskClient, region: int = A) -> str:
    """Set an authenticator application up as a person does; returns its secret."""
    path = "/akun/keamanan/aplikasi"
    assert post(visitor, path, region).status_code == 303
    page = visitor.get(path, base_url=HOSTS[region]).get_data(as_text=True)
    secret = re.search(r"secret=([A-Z2-7]+)", page).group(1)
    assert post(visitor, path, region, kode=code_of(secret)).status_code == 303
    return secret


def code_of(secret: str, steps: int = 0) -> str:
    """What the application shows, so many steps of thirty seconds from now."""
    return pyotp.TOTP(secret).at(int(time.time()), counter_offset=steps)


@pytest.fixture
def later(admin: Engine) -> Callable[[], None]:
    """Let time pass: what the application showed at set-up or at the last use no longer stands in the way."""

    def pass_time() -> None:
        with admin.begin() as connection:
            connection.execute(text("UPDATE account_totp SET last_step = 0"))

    return pass_time


@pytest.fixture
def age_sessions(admin: Engine) -> Callable[[int], None]:
    """Make every session so many minutes older."""

    def make_older(minutes: int) -> None:
        with admin.begin() as connection:
            connection.execute(
                text(
                    "UPDATE account_sessions SET started_at = started_at - make_interval(mins => :m),"
                    " confirmed_at = confirmed_at - make_interval(mins => :m)"
                ),
                {"m": minutes},
            )

    return make_older


def copy_of(visitor: FlaskClient, web_app: Flask, host: str = "bandung.localhost", source: str = "") -> FlaskClient:
    """Another browser that holds a copy of this one's session cookie, on the same host or on another."""
    thief = Visitor(web_app, web_app.response_class)
    thief.set_cookie("sesi", visitor.get_cookie("sesi", domain=source or host).value, domain=host)
    return thief
