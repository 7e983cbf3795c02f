"""What must hold for forms, sessions and cookies, tried as a browser of an attacker would: each returns what is wrong."""

from collections.abc import Iterable

from flask import Flask
from werkzeug.test import TestResponse

from app.services.identity.pages import SESSION_ID
from tests.conftest import A, B, Visitor
from tests.isolation.walk import READS, Case, Walker, cookies_of
from tests.services.identity.conftest import HOSTS

ELSEWHERE = (
    {"Sec-Fetch-Site": "same-site", "Origin": HOSTS[B]},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": HOSTS[A]},
    {"Origin": HOSTS[B]},
    {"Origin": "http://bandung.localhost.jahat.example"},
    {"Origin": "null"},
    {"Referer": f"{HOSTS[A]}/akun"},
    {},
)


def changing(asked: Iterable[Case]) -> list[Case]:
    """The cases that change something."""
    return [case for case in asked if case.endpoint and case.method not in READS]


def _send(walker: Walker, case: Case, headers: dict[str, str], token: str) -> TestResponse:
    data = {**walker.forms[0], **({"csrf_token": token} if token else {})}
    return walker.browser.open(case.path, method=case.method, base_url=walker.host, headers=headers, data=data)


def foreign_page_leaks(walker: Walker, asked: Iterable[Case]) -> list[str]:
    """Changes that a page of another host can ask for, although it holds the form's token."""
    return [
        f"{case.method} {case.path} dari {headers}"
        for case in changing(asked)
        for headers in ELSEWHERE
        if _send(walker, case, headers, walker.token).status_code != 403
    ]


def form_leaks(walker: Walker, other: Walker, asked: Iterable[Case]) -> list[str]:
    """Changes that can be asked for without the form's token, or with that of another session."""
    headers = {"Origin": walker.host, "Sec-Fetch-Site": "same-origin"}
    return [
        f"{case.method} {case.path} dengan token {token[:8]!r}"
        for case in changing(asked)
        for token in ("", "palsu", other.token)
        if _send(walker, case, headers, token).status_code != 400
    ]


def known_at(app: Flask, host: str, cookies: dict[str, str]) -> bool:
    """Whether `host` knows somebody by these cookies."""
    stranger = Visitor(app, app.response_class)
    for name, value in cookies.items():
        stranger.set_cookie(name, value, domain=host.partition("//")[2], secure=host.startswith("https"))
    return stranger.get("/akun", base_url=host).status_code == 200


def form_of_elsewhere_leaks(app: Flask, guest: Walker, host: str) -> list[str]:
    """Whether a session of one host, with its form's token, is a session on `host` too."""
    stranger = Visitor(app, app.response_class)
    for name, value in cookies_of(guest.browser).items():
        stranger.set_cookie(name, value, domain=host.partition("//")[2])
    data = {"csrf_token": guest.token, "email": "siapa@contoh.go.id", "sandi": "salah sama sekali"}
    answer = stranger.post("/masuk", base_url=host, data=data, headers={"Origin": host})
    return [] if answer.status_code == 400 else [f"formulir {guest.host} diterima {host}: {answer.status_code}"]


def session_of(app: Flask) -> str:
    """The number of a session that A's administrator has just begun."""
    browser = Walker(app, "admin").browser
    with browser.session_transaction(base_url=HOSTS[A]) as session:
        return str(session[SESSION_ID])


def forged_session_leaks(app: Flask, user_ids: Iterable[str], host: str = HOSTS[A]) -> list[str]:
    """Which of these session users are let in on `host`, their cookie signed with the host's own key."""
    found = []
    for user_id in user_ids:
        visitor = Visitor(app, app.response_class)
        with visitor.session_transaction(base_url=host) as session:
            session["_user_id"] = user_id
            # One that the database knows, so that it is not what keeps the forger out.
            session[SESSION_ID] = session_of(app)
            session["_fresh"] = True
        if visitor.get("/akun", base_url=host).status_code == 200:
            found.append(user_id)
    return found
