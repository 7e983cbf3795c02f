"""People of regions A and B, and browsers that sign in as them."""

import re
from collections.abc import Callable, Iterator

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
    "consents", "erasure_requests", "account_tokens", "account_roles", "accounts", "sign_in_attempts", "outbox",
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


def post(browser: FlaskClient, path: str, region: int = A, **form: object) -> object:
    """Send a form as a browser does: from this host, with the token of the page it came from."""
    host = HOSTS[region]
    page = browser.get("/masuk", base_url=host).get_data(as_text=True)
    if "csrf_token" not in page:
        page = browser.get("/akun", base_url=host).get_data(as_text=True)
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    token = found.group(1) if found else ""
    return browser.post(path, base_url=host, data={"csrf_token": token, **form}, headers={"Origin": host})


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
