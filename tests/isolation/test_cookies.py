"""Every cookie that a signed-in browser of each role got on one host, sent to every other: it is nobody there."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app import create_app
from app.services.identity.permissions import ROLES
from config import logs
from config.settings import Settings
from tests.conftest import A, B
from tests.isolation.sessions import forged_session_leaks, form_of_elsewhere_leaks, known_at
from tests.isolation.walk import Walker, cookies_of
from tests.services.identity.conftest import HOSTS

pytestmark = pytest.mark.usefixtures("people_of_both")
OWN_DOMAIN = "sabilulungan.kab-bandung.example"


@pytest.fixture(scope="module")
def hosts(admin: Engine) -> Iterator[list[str]]:
    """Every host of the deployment: portals, provinces, console, oversight, a region's own domain, the bare domain."""
    with admin.begin() as connection:
        connection.execute(
            text("UPDATE tenancy.sites SET custom_domain = :d WHERE region_id = :b"), {"d": OWN_DOMAIN, "b": B}
        )
        labels = connection.scalars(text("SELECT subdomain FROM tenancy.sites WHERE state = 'AKTIF'")).all()
    yield ["localhost", OWN_DOMAIN, "tidak-ada.localhost", *(f"{label}.localhost" for label in sorted(labels))]
    with admin.begin() as connection:
        connection.execute(text("UPDATE tenancy.sites SET custom_domain = NULL WHERE region_id = :b"), {"b": B})


@pytest.fixture(scope="module")
def tls_app(settings: Settings) -> Flask:
    """The application as it stands behind TLS, where cookies carry the prefix."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "configure", lambda **_given: None)
        return create_app(replace(settings, tls=True))


def elsewhere(hosts: list[str], home: str) -> list[str]:
    return [f"http://{host}" for host in hosts if f"http://{host}" != home]


def test_the_hosts_are_all_there(web_app: Flask, hosts: list[str]) -> None:
    assert {"bandung.localhost", "kab-bandung.localhost", "jabar.localhost", "pusat.localhost", "kpk.localhost"} <= set(hosts)
    visitor = web_app.test_client()
    silent = [host for host in hosts if visitor.get("/sehat", base_url=f"http://{host}").status_code != 200]
    assert silent == ["tidak-ada.localhost"]


@pytest.mark.parametrize("home", [A, B])
@pytest.mark.parametrize("role", ROLES)
def test_a_cookie_of_one_host_is_noise_on_every_other(
    web_app: Flask, hosts: list[str], role: str, home: int
) -> None:
    walker = Walker(web_app, role, host=HOSTS[home])
    walker.browser.get("/?bahasa=en", base_url=walker.host)
    cookies = cookies_of(walker.browser)
    assert {"sesi", "bahasa"} <= cookies.keys()
    assert known_at(web_app, walker.host, cookies)
    assert [host for host in elsewhere(hosts, walker.host) if known_at(web_app, host, cookies)] == []


def test_a_cookie_is_nobody_under_another_name_either(web_app: Flask, hosts: list[str]) -> None:
    """The names that the session, Flask-Login's memory and other deployments use."""
    walker = Walker(web_app, "admin")
    value = cookies_of(walker.browser)["sesi"]
    names = ("sesi", "__Host-sesi", "session", "remember_token", "__Host-remember_token")
    cookies = dict.fromkeys(names, value)
    assert [host for host in elsewhere(hosts, walker.host) if known_at(web_app, host, cookies)] == []


def test_an_account_of_the_nation_is_known_on_the_host_where_it_signed_in(
    web_app: Flask, admin: Engine
) -> None:
    """Console and oversight are two hosts of one region: the key of the host alone keeps them apart."""
    with admin.connect() as connection:
        user = connection.execute(text(f"SELECT id, version FROM accounts WHERE region_id = {A} LIMIT 1")).one()
    for host in ("http://pusat.localhost", "http://kpk.localhost"):
        assert forged_session_leaks(web_app, [f"{A}:{user.id}:{user.version}", f"0:{user.id}:{user.version}"], host) == []
    guest = Walker(web_app, host="http://pusat.localhost")
    assert guest.token
    assert form_of_elsewhere_leaks(web_app, guest, "http://kpk.localhost") == []


def test_a_session_says_its_region(web_app: Flask, admin: Engine) -> None:
    """A good signature is not enough: another region's name, account or version in it is nobody."""
    with admin.connect() as connection:
        found = text(f"SELECT region_id, id, version FROM accounts WHERE email = 'admin@contoh.go.id' AND region_id IN ({A}, {B})")
        users = {row.region_id: row for row in connection.execute(found)}
    mine, theirs = users[A], users[B]
    good = f"{A}:{mine.id}:{mine.version}"
    bad = [
        f"{B}:{theirs.id}:{theirs.version}",
        f"{A}:{theirs.id}:{theirs.version}",
        f"{B}:{mine.id}:{mine.version}",
        f"0{A}:{mine.id}:{mine.version}",
        f"{A}:{mine.id}:{mine.version + 1}",
        f"{A}:{mine.id}",
        f":{mine.id}:{mine.version}",
    ]
    assert forged_session_leaks(web_app, [good]) == [good]
    assert forged_session_leaks(web_app, bad) == []


@pytest.mark.parametrize("host", [HOSTS[B], "http://jabar.localhost", "http://pusat.localhost"])
def test_a_form_of_one_host_is_noise_on_another(web_app: Flask, host: str) -> None:
    assert form_of_elsewhere_leaks(web_app, Walker(web_app), host) == []


@pytest.mark.parametrize("role", ["admin", "pemohon"])
def test_behind_tls_every_cookie_belongs_to_one_host_alone(tls_app: Flask, hosts: list[str], role: str) -> None:
    home = "https://bandung.localhost"
    guest = tls_app.test_client()
    page = guest.get("/masuk?bahasa=en", base_url=home)
    token = page.get_data(as_text=True).partition('name="csrf_token" value="')[2].partition('"')[0]
    data = {"csrf_token": token, "email": f"{role}@contoh.go.id", "sandi": "kuda lari di sawah"}
    answer = guest.post("/masuk", base_url=home, data=data, headers={"Origin": home, "Referer": f"{home}/masuk"})
    assert answer.status_code == 303
    for line in (*page.headers.getlist("Set-Cookie"), *answer.headers.getlist("Set-Cookie")):
        assert "Domain=" not in line
        assert "Secure" in line
        assert "HttpOnly" in line
        assert "SameSite=Lax" in line
        assert "Path=/" in line
    cookies = cookies_of(guest)
    assert "__Host-sesi" in cookies
    assert known_at(tls_app, home, cookies)
    assert [host for host in hosts if f"https://{host}" != home and known_at(tls_app, f"https://{host}", cookies)] == []
