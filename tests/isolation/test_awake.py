"""The walks are awake: each guard of the application, taken away in turn, is missed by one of them."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask, g
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from app import create_app
from app.services.identity import guard as guarding
from app.services.identity.permissions import PUBLIK, ROLES, permissions_of
from app.sites import door
from app.tenancy import database
from app.tenancy.context import Context, acting_for
from config import logs
from config.settings import Settings
from tests.conftest import A, B
from tests.isolation.access import ACCESS
from tests.isolation.planting import Planted
from tests.isolation.sessions import foreign_page_leaks, forged_session_leaks, form_leaks, form_of_elsewhere_leaks
from tests.isolation.walk import Case, Walker, cases, walk
from tests.services.identity.conftest import HOSTS

pytestmark = pytest.mark.usefixtures("people_of_both", "rows_of_a")
GUARDED = [(endpoint, permission) for permission, endpoints in ACCESS.items() for endpoint in endpoints if permission != PUBLIK]


@pytest.fixture
def app(settings: Settings, worker_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """An application of this test alone, to take things away from."""
    assert worker_app is not None
    monkeypatch.setattr(logs, "configure", lambda **_given: None)
    return create_app(settings)


@pytest.fixture(scope="module")
def asked(web_app: Flask, of_b: dict[str, str]) -> list[Case]:
    return cases(web_app, of_b)


@pytest.fixture(scope="module")
def everybody(web_app: Flask) -> list[Walker]:
    """Nobody, and one walker of each role."""
    return [Walker(web_app, role) for role in ("", *ROLES)]


def without(app: Flask, hook: Callable[..., object]) -> None:
    """Take a step away that every request goes through."""
    steps = app.before_request_funcs[None]
    assert hook in steps
    steps.remove(hook)


def holders(permission: str) -> set[str]:
    """Who has it: roles, and "" for anybody."""
    everyone = {"", *ROLES} if permission == PUBLIK else set()
    return everyone | {role for role in ROLES if permission in permissions_of(frozenset({role}))}


def findings(walkers: list[Walker], asked: list[Case], secret: Planted) -> list[str]:
    return [found for walker in walkers for found in walk(walker, asked, secret)]


@pytest.mark.parametrize(("endpoint", "permission"), GUARDED)
def test_a_permission_that_is_loosened_changed_or_lost_is_missed(
    everybody: list[Walker], asked: list[Case], rows_of_b: Planted, endpoint: str, permission: str
) -> None:
    """By somebody who gets in and should not, or the other way. Two permissions that the same roles hold look alike here;
    what a route declares is held against the table in test_urls."""
    own = [case for case in asked if case.endpoint == endpoint and case.method in {"GET", "POST", "PATCH"}]
    view = everybody[0].app.view_functions[endpoint]
    assert findings(everybody, own, rows_of_b) == []
    for other in (None, *(name for name in ACCESS if holders(name) != holders(permission))):
        # What a loosened route did to a visitor's session is not what the next one is about.
        everybody[0].arrive()
        with pytest.MonkeyPatch.context() as patch:
            if other is None:
                patch.delattr(view, "permission")
            else:
                patch.setattr(view, "permission", other)
            missed = any(walk(walker, own, rows_of_b) for walker in everybody)
        assert missed, f"{endpoint}: {permission} -> {other}"


def test_the_guard_is_missed(app: Flask, asked: list[Case], rows_of_b: Planted) -> None:
    without(app, guarding.guard)
    assert findings([Walker(app)], asked, rows_of_b)


def test_nobody_has_two_ways_around_the_forms_guards(web_app: Flask, asked: list[Case]) -> None:
    for role in ("", "admin"):
        walker, other = Walker(web_app, role), Walker(web_app, "opd")
        assert foreign_page_leaks(walker, asked) == []
        assert form_leaks(walker, other, asked) == []


def test_the_check_of_the_asking_page_is_missed(
    web_app: Flask, asked: list[Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "_refuse_foreign_page", lambda: None)
    assert foreign_page_leaks(Walker(web_app), asked)


@pytest.mark.parametrize("trusted", ["same-site", "cross-site"])
def test_a_loosened_check_of_the_asking_page_is_missed(
    web_app: Flask, asked: list[Case], monkeypatch: pytest.MonkeyPatch, trusted: str
) -> None:
    whole = door._refuse_foreign_page

    def loosened() -> None:
        if door.request.headers.get("Sec-Fetch-Site") != trusted:
            whole()

    monkeypatch.setattr(door, "_refuse_foreign_page", loosened)
    assert foreign_page_leaks(Walker(web_app), asked)


def test_the_check_of_the_forms_token_is_missed(app: Flask, asked: list[Case]) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    assert form_leaks(Walker(app), Walker(app), asked)


def test_the_key_of_the_host_is_missed(app: Flask) -> None:
    """With one key for all hosts, as Flask has it, a form's session of one region is one of every region."""
    app.session_interface = SecureCookieSessionInterface()
    assert form_of_elsewhere_leaks(app, Walker(app), HOSTS[B])


def test_the_region_in_the_session_is_missed(app: Flask, admin: Engine) -> None:
    with admin.connect() as connection:
        mine = connection.execute(text(f"SELECT id, version FROM accounts WHERE region_id = {A} AND email LIKE 'admin@%'")).one()
    whole = app.login_manager._user_callback
    app.login_manager._user_callback = lambda user_id: whole(f"{A}:{user_id.partition(':')[2]}")
    assert forged_session_leaks(app, [f"{B}:{mine.id}:{mine.version}"])


def test_the_version_in_the_session_is_missed(app: Flask, admin: Engine) -> None:
    with admin.connect() as connection:
        mine = connection.execute(text(f"SELECT id, version FROM accounts WHERE region_id = {A} AND email LIKE 'admin@%'")).one()
    whole = app.login_manager._user_callback
    app.login_manager._user_callback = lambda user_id: whole(f"{user_id.rpartition(':')[0]}:{mine.version}")
    assert forged_session_leaks(app, [f"{A}:{mine.id}:{mine.version + 1}"])


@pytest.fixture
def open_policy(admin: Engine) -> Iterator[None]:
    """The policy of the proposals lets everything be seen."""
    own = "region_id = tenancy.region_id()"
    with admin.begin() as connection:
        connection.execute(text("ALTER POLICY own_region ON hibah USING (true)"))
    yield
    with admin.begin() as connection:
        connection.execute(text(f"ALTER POLICY own_region ON hibah USING ({own}) WITH CHECK ({own})"))


@pytest.fixture
def no_literal() -> Iterator[None]:
    """The ORM no longer adds the region to its statements."""
    event.remove(Session, "do_orm_execute", database._add_region_literal)
    yield
    event.listen(Session, "do_orm_execute", database._add_region_literal)


@pytest.mark.usefixtures("no_literal")
def test_the_policy_alone_keeps_the_regions_apart(web_app: Flask, asked: list[Case], rows_of_b: Planted) -> None:
    assert findings([Walker(web_app, "admin")], [case for case in asked if case.method == "GET"], rows_of_b) == []


@pytest.mark.usefixtures("no_literal", "open_policy")
def test_policy_and_literal_together_are_missed(web_app: Flask, asked: list[Case], rows_of_b: Planted) -> None:
    assert findings([Walker(web_app)], [case for case in asked if case.method == "GET"], rows_of_b)


def test_the_context_of_the_host_is_missed(app: Flask, asked: list[Case], rows_of_b: Planted) -> None:
    """A door that opens B's context on A's host is found out."""

    def go_astray() -> None:
        g.astray = acting_for(Context(B))
        g.astray.__enter__()

    def come_back(_error: BaseException | None) -> None:
        if (astray := g.pop("astray", None)) is not None:
            astray.__exit__(None, None, None)

    app.before_request(go_astray)
    app.teardown_request(come_back)
    assert findings([Walker(app)], [case for case in asked if case.method == "GET"], rows_of_b)
