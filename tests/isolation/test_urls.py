"""Every route of the URL map, with B's numbers on A's host: nothing of B; and each route says whom it is for."""

from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from app.services.identity.permissions import undeclared_routes
from tests.conftest import A, B

#: argument of an address -> a value that names something of B. A new argument without a value fails the walk.
ARGUMENTS = {"nomor": "ASING-1", "filename": "gaya.css", "token": "asing", "account_id": UUID(int=1), "organisasi_id": UUID(int=2), "finding_id": UUID(int=3), "clarification_id": UUID(int=4), "rule": "R04", "file_id": UUID(int=3),
             "action": "ajukan"}
SECRET = "Perkumpulan Rahasia Kabupaten"


@pytest.fixture
def foreign(admin: Engine) -> str:
    """A proposal of B whose number and title exist nowhere else."""
    with admin.begin() as connection:
        connection.execute(
            text(
                f"UPDATE hibah SET nomor = 'ASING-1', judul = '{SECRET}' WHERE (region_id, id) IN"
                f" (SELECT region_id, id FROM hibah WHERE region_id = {B} ORDER BY id LIMIT 1)"
            )
        )
    return "ASING-1"


def paths_of(app: Flask) -> list[str]:
    """The address of every route, its arguments filled in."""
    adapter = app.url_map.bind("bandung.localhost")
    rules = {rule.endpoint: rule.arguments for rule in app.url_map.iter_rules()}
    with app.test_request_context(base_url="http://bandung.localhost"):
        return [adapter.build(name, {key: ARGUMENTS[key] for key in keys}) for name, keys in rules.items()]


def test_every_route_has_a_permission(web_app: Flask) -> None:
    assert undeclared_routes(web_app) == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_no_route_answers_with_another_regions_rows(
    web_app: Flask, client: FlaskClient, foreign: str, method: str
) -> None:
    for path in paths_of(web_app):
        answer = client.open(path + "?q=rahasia", method=method)
        expected = {200, 302, 304, 401, 404, 405, 422} if method in {"GET", "HEAD", "OPTIONS"} else {400, 403, 404, 405, 422}
        assert answer.status_code in expected, (path, method, answer.status_code)
        assert SECRET.encode() not in answer.get_data(), path


def test_the_own_region_reads_the_same_address(web_app: Flask, foreign: str) -> None:
    visitor = web_app.test_client()
    answer = visitor.get(f"/hibah/{foreign}", headers={"Host": "kab-bandung.localhost"})
    assert answer.status_code == 200
    assert SECRET in answer.get_data(as_text=True)
    assert visitor.get(f"/hibah/{foreign}", headers={"Host": "bandung.localhost"}).status_code == 404
    assert A != B
