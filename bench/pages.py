"""Requests a second of `/hibah`: against a bare page that runs the same SQL, and with all regions against one."""

import json
from typing import Any

from sqlalchemy import event

from app import create_app
from app.tenancy.database import db
from bench.figures import Figure, compared, interleaved, say
from bench.ground import PLAIN_ROLE, REAL_SIZE, TYPICAL, Ground, dsn
from bench.web import Server, gunicorn, load
from config.settings import Settings

TURNS = 12
SECONDS = 1.5
PATH, TABLES = "/hibah", "/tabel"
BARE, ALONE = 0.5, 0.95
#: A server, a host and a path.
Asked = tuple[Server, str, str]


def figures(ground: Ground) -> list[Figure]:
    """Four clients; a region of 3 million rows in 514, and one of the size that Bandung really has.

    Nobody said which region the goal means, nor how much a bare page shows: it is held against each reading.
    """
    typical, small = (_host(ground, number) for number in (TYPICAL, REAL_SIZE))
    everyone, alone = ground.everyone, ground.alone
    with (
        gunicorn("wsgi:app", everyone.env) as ours,
        gunicorn("wsgi:app", alone.env) as of_one,
        gunicorn("bench.bare:app", _bare(ground, typical)) as bare,
        gunicorn("bench.bare:app", _bare(ground, small)) as small_bare,
    ):
        controls = {
            "hibah-page-against-bare-page": (typical, (bare, typical, PATH), BARE),
            "hibah-page-against-bare-tables": (typical, (bare, typical, TABLES), BARE),
            "hibah-small-page-against-bare-page": (small, (small_bare, small, PATH), BARE),
            "hibah-small-page-against-bare-tables": (small, (small_bare, small, TABLES), BARE),
            "hibah-page-all-regions-against-one": (typical, (of_one, typical, PATH), ALONE),
        }
        return [
            compared(name, _rates(ground, (ours, host, PATH), control), "requests/s", least=least)
            for name, (host, control, least) in controls.items()
        ]


def _host(ground: Ground, number: int) -> str:
    return next(f"{region.subdomain}.localhost" for region in ground.portals if region.id == number)


def _bare(ground: Ground, host: str) -> dict[str, str]:
    """The environment of the bare application: the statements that the real page runs for `host`."""
    settings = ground.everyone.settings
    statements = ground.folder / f"{host}.json"
    statements.write_text(json.dumps(page_statements(settings, host)))
    plain = dsn(settings.database_url, PLAIN_ROLE, settings.role_password(PLAIN_ROLE))
    return {**ground.everyone.env, "BENCH_SQL": str(statements), "BENCH_PLAIN_URL": plain}


def _rates(ground: Ground, ours: Asked, control: Asked) -> list[tuple[float, float]]:
    say(f"requests a second: {ours[2]} of {ours[1]} against {control[2]} on port {control[0].port}")
    seconds = max(0.5, SECONDS * min(1, ground.scale))

    def rate(asked: Asked, seconds: float) -> float:
        server, host, path = asked
        return load(server, [(host, path)], seconds=seconds).rate

    for side in (ours, control):
        rate(side, 1)
    return interleaved(lambda: rate(ours, seconds), lambda: rate(control, seconds), TURNS)


def page_statements(settings: Settings, host: str) -> list[str]:
    """The SQL that the real page runs, with its values in it, without what opens the context or finds the site."""
    app = create_app(settings)
    seen: list[str] = []

    def note(*call: Any) -> None:
        _connection, cursor, statement, parameters, *_rest = call
        # The site and the names of kecamatan are looked up now and then, not for each page.
        if "tenancy." not in statement:
            seen.append(cursor.mogrify(statement, parameters).decode())

    visitor = app.test_client()
    # The first answer carries the process's look at the catalogue.
    visitor.get(PATH, headers={"Host": host})
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
        assert visitor.get(PATH, headers={"Host": host}).status_code == 200
        event.remove(db.engine, "before_cursor_execute", note)
    return seen
