"""Requests a second of `/hibah`: against a bare page that runs the same SQL, and with all regions against one."""

import json
from typing import Any

from sqlalchemy import event

from app import create_app
from app.tenancy.database import db
from bench.figures import Figure, compared, interleaved, say
from bench.ground import PLAIN_ROLE, REAL_SIZE, Ground, dsn
from bench.web import Server, gunicorn, load
from config.settings import Settings

TURNS = 8
SECONDS = 3.0
PATH = "/hibah"


def figures(ground: Ground) -> list[Figure]:
    """A region of the size that Bandung really has (721 proposals), four clients."""
    region = next(region for region in ground.portals if region.id == REAL_SIZE)
    host = f"{region.subdomain}.localhost"
    sql = ground.folder / "hibah.json"
    statements = page_statements(ground.everyone.settings, host)
    sql.write_text(json.dumps(statements))
    settings = ground.everyone.settings
    plain = dsn(settings.database_url, PLAIN_ROLE, settings.role_password(PLAIN_ROLE))
    bare_env = {**ground.everyone.env, "BENCH_SQL": str(sql), "BENCH_PLAIN_URL": plain}
    with (
        gunicorn("wsgi:app", ground.everyone.env) as everyone,
        gunicorn("wsgi:app", ground.alone.env) as alone,
        gunicorn("bench.bare:app", bare_env) as bare,
    ):
        assert b"B-000" in bare.get(host, PATH)
        say(f"requests a second: the page against a bare one ({len(statements)} statements)")
        against_bare = _rates(ground, host, everyone, bare)
        say("requests a second: all regions against one")
        against_alone = _rates(ground, host, everyone, alone)
    return [
        compared("hibah-page-against-bare-page", against_bare, "requests/s", least=0.5),
        compared("hibah-page-all-regions-against-one", against_alone, "requests/s", least=0.95),
    ]


def _rates(ground: Ground, host: str, ours: Server, control: Server) -> list[tuple[float, float]]:
    seconds = max(0.5, SECONDS * min(1, ground.scale))
    for server in (ours, control):
        load(server, [(host, PATH)], seconds=1)

    def rate(server: Server) -> float:
        return load(server, [(host, PATH)], seconds=seconds).rate

    return interleaved(lambda: rate(ours), lambda: rate(control), TURNS)


def page_statements(settings: Settings, host: str) -> list[str]:
    """The SQL that the real page runs, with its values in it, without what opens the context or finds the site."""
    app = create_app(settings)
    seen: list[str] = []

    def note(*call: Any) -> None:
        _connection, cursor, statement, parameters, *_rest = call
        seen.append(cursor.mogrify(statement, parameters).decode())

    visitor = app.test_client()
    # The first answer warms the site's look-up; the second runs the page's own statements alone.
    visitor.get(PATH, headers={"Host": host})
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
        assert visitor.get(PATH, headers={"Host": host}).status_code == 200
        event.remove(db.engine, "before_cursor_execute", note)
    return seen
