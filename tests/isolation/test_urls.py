"""Every route of the URL map, asked with every method by everybody, with what belongs to B on another host.

404, no byte of B, and no row of B changed in any table; and the same answer as for what exists nowhere.
"""

from collections.abc import Callable, Iterator
from functools import partial
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app.services.identity.permissions import ROLES, undeclared_routes
from app.services.identity.policy import KEY
from tests.conftest import A, B
from tests.isolation.access import ACCESS, CONSTANT, FOREIGN, OPEN, permission_of
from tests.isolation.planting import Planted
from tests.isolation.probes import fingerprints
from tests.isolation.walk import TOKEN, Case, Walker, cases, cookies_of, filled_forms, shown, walk
from tests.services.identity.conftest import HOSTS

OF_B = f"region_id = {B}"
#: Their link is a signed text and no row; a message or a factor is its owner's only (tests/services/messages, identity);
#: a planted file is in no process of this deployment (tests/services/workflow).
OUTSIDE = {
    "message_choices.ask_stop", "message_choices.stop", "inbox.mark", "inbox.open_message",
    "workflow.file", "workflow.do", "workflow.conflict", "integrity.question", "integrity.answer",
    "identity.ask_remove", "identity.remove_factor", "identity.end_one_session",
}  # fmt: skip


@pytest.fixture(scope="module")
def asked(web_app: Flask, of_b: dict[str, str]) -> list[Case]:
    return cases(web_app, of_b)


@pytest.fixture(scope="module")
def forms(web_app: Flask, asked: list[Case], rows_of_a: Planted, rows_of_b: Planted) -> list[dict[str, str]]:
    """Every field of every form that anybody meets on A's portal, filled in by an ordinary person, and with B's keys."""
    assert rows_of_a.rows.keys() == rows_of_b.rows.keys()
    found = filled_forms([Walker(web_app, role) for role in ("", *ROLES)], asked, rows_of_b)
    assert {"email", "sandi", "nama"} <= found[0].keys()
    return found


@pytest.fixture
def walker(web_app: Flask, forms: list[dict[str, str]], admin: Engine) -> Iterator[Callable[..., Walker]]:
    """Somebody with a browser, who fills in every field that there is."""
    yield partial(Walker, web_app, forms=forms)
    # An administrator who filled in every form demands a second factor of a role, which the next walker has not.
    with admin.begin() as connection:
        connection.execute(text(f"UPDATE region_settings SET value = '' WHERE region_id = {A} AND key = '{KEY}'"))


def walked(walker: Walker, asked: list[Case], secret: Planted, admin: Engine) -> list[str]:
    """What the walk finds, and which tables of B it changed."""
    with admin.connect() as connection:
        before = fingerprints(connection, OF_B)
    found = walk(walker, asked, secret)
    with admin.connect() as connection:
        after = fingerprints(connection, OF_B)
    return found + [f"{table} milik B berubah" for table in before if before[table] != after[table]]


def test_every_route_has_a_permission(web_app: Flask) -> None:
    assert undeclared_routes(web_app) == []


def test_every_route_declares_what_the_access_table_says(web_app: Flask) -> None:
    declared = {name: getattr(view, "permission", None) for name, view in web_app.view_functions.items()}
    said = {endpoint: permission for permission, endpoints in ACCESS.items() for endpoint in endpoints}
    assert {name: value for name, value in declared.items() if name not in OPEN} == said


def test_every_route_and_every_method_is_walked(web_app: Flask, asked: list[Case]) -> None:
    served = {(rule.rule, method) for rule in web_app.url_map.iter_rules() for method in rule.methods}
    assert {(case.rule, case.method) for case in asked if case.endpoint} == served
    assert {case.endpoint for case in asked} - {None} == set(web_app.view_functions)


def test_a_route_with_an_argument_that_nobody_thought_of_fails(of_b: dict[str, str]) -> None:
    stranger = Flask("asing")
    stranger.add_url_rule("/usulan/<usulan_id>", "usulan", lambda usulan_id: usulan_id)
    with pytest.raises(KeyError, match="usulan_id"):
        cases(stranger, of_b)
    with pytest.raises(KeyError, match="usulan"):
        permission_of("usulan")


def test_no_constant_hides_an_argument_of_a_region() -> None:
    assert not CONSTANT.keys() & FOREIGN.keys()
    assert set(CONSTANT) == {"action", "event", "filename", "rule", "tanda"}


@pytest.mark.parametrize("role", ["", *ROLES])
def test_nobody_of_a_reads_or_changes_anything_of_b(
    walker: Callable[..., Walker], asked: list[Case], rows_of_b: Planted, admin: Engine, role: str
) -> None:
    """A method that no rule has is refused before anybody is looked at: nobody and the administrator ask with each."""
    everything = role in {"", "admin"}
    cases_of_role = [case for case in asked if everything or case.endpoint]
    assert walked(walker(role), cases_of_role, rows_of_b, admin) == []


def test_somebody_signed_in_on_b_is_nobody_on_a(
    walker: Callable[..., Walker], asked: list[Case], rows_of_b: Planted, admin: Engine
) -> None:
    """His cookie is sent to A's host with every request."""
    at_home = walker("admin", host=HOSTS[B])
    stranger = walker(cookie=cookies_of(at_home.browser))
    assert walked(stranger, asked, rows_of_b, admin) == []
    assert at_home.signed_in()


@pytest.mark.parametrize("host", ["localhost", "jabar.localhost", "pusat.localhost", "kpk.localhost", "tidak-ada.localhost"])
def test_no_other_host_shows_anything_of_b(
    web_app: Flask, asked: list[Case], rows_of_b: Planted, admin: Engine, host: str
) -> None:
    """Which pages a province or the nation has is not asked here; only that none of them holds a row of B."""
    visitor = Walker(web_app, host=f"http://{host}")
    with admin.connect() as connection:
        before = fingerprints(connection, OF_B)
    answers = [(case, visitor.send(case)) for case in asked]
    assert [case.path for case, answer in answers if answer.status_code >= 500] == []
    assert [case.path for case, answer in answers if rows_of_b.shown_in(shown(answer, case.foreign))] == []
    with admin.connect() as connection:
        assert fingerprints(connection, OF_B) == before


@pytest.mark.parametrize("role", ["", "admin"])
def test_what_b_has_is_answered_like_what_nobody_has(
    web_app: Flask, walker: Callable[..., Walker], asked: list[Case], of_b: dict[str, str], role: str
) -> None:
    """Otherwise the answer says that it exists."""
    nowhere = {name: str(uuid4()) if name.endswith("_id") else "tidak-ada-" + "x" * 33 for name in of_b}
    visitor, told = walker(role), []
    for theirs, nobodys in zip(asked, cases(web_app, nowhere), strict=True):
        if theirs.foreign:
            first, second = visitor.send(theirs), visitor.send(nobodys)
            bodies = [TOKEN.sub("", shown(answer, case.foreign).partition("\r\n\r\n")[2]) for answer, case in
                      ((first, theirs), (second, nobodys))]  # fmt: skip
            if (first.status_code, bodies[0]) != (second.status_code, bodies[1]):
                told.append(f"{theirs.method} {theirs.path}")
    assert told == []


def test_what_a_may_not_reach_is_there_at_home(
    web_app: Flask, asked: list[Case], of_b: dict[str, str], rows_of_b: Planted, admin: Engine
) -> None:
    """Otherwise the walk would prove nothing: each address leads somewhere on B's own host."""
    resident = Walker(web_app, "admin", host=HOSTS[B])
    with admin.connect() as connection:
        kept = connection.execute(text("SELECT state, version FROM accounts WHERE id = :id"), {"id": of_b["account_id"]}).one()
    dead = []
    for case in asked:
        if not case.foreign or not case.endpoint or case.endpoint in OUTSIDE or case.method not in {"GET", "POST"}:
            continue
        with admin.begin() as connection:
            given_up = "UPDATE outbox SET dead_at = clock_timestamp(), dropped_at = NULL WHERE id = :id"
            connection.execute(text(given_up), {"id": rows_of_b.rows["outbox"]})
        if resident.send(case).status_code == 404:
            dead.append(f"{case.method} {case.path}")
    with admin.begin() as connection:
        statement = text("UPDATE accounts SET state = :state, version = :version WHERE id = :id")
        connection.execute(statement, {**kept._mapping, "id": of_b["account_id"]})
    assert dead == []
    number = asked[[case.rule for case in asked].index("/hibah/<nomor>")]
    assert rows_of_b.shown_in(shown(resident.send(number), ()))


def test_a_number_that_both_regions_have_shows_ones_own(web_app: Flask, admin: Engine) -> None:
    """CONTOH-0001 is a proposal of A and another one of B."""
    with admin.connect() as connection:
        rows = connection.execute(text("SELECT region_id, judul FROM hibah WHERE nomor = 'CONTOH-0001'"))
        titles = {row.region_id: row.judul for row in rows}
    assert titles[A] != titles[B]
    for region, host in HOSTS.items():
        page = web_app.test_client().get("/hibah/CONTOH-0001", base_url=host).get_data(as_text=True)
        assert titles[region] in page
        assert titles[A + B - region] not in page
