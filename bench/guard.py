"""What the guard costs: signed row-level security with the literal, against a hand-written WHERE without it.

Both sides read the same rows of the same table; only the login differs, and what the application does for the guard.
Each side is a process of its own, so that neither's listeners touch the other.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from typing import Any

from sqlalchemy import create_engine, func, select
from sqlalchemy.dialects.postgresql import dialect
from sqlalchemy.orm import Session

from app import create_app
from app.sabilulungan.models import Hibah, HibahRab
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from bench.figures import Figure, compared, interleaved, say
from bench.ground import LARGE, TYPICAL, Ground
from bench.rows import NUMBER
from config.settings import Settings

TURNS = 40
TURN_SECONDS = 0.03
#: What is measured. `session`: a transaction of the one query as the application runs it, through SQLAlchemy's session
#: on both sides. `driver`: the same with nothing but psycopg2 on both sides. `statement`: one statement more in a
#: transaction that is open already, which shows what is the opening's and what the policy's.
LEVELS = {"session": 1.10, "driver": 1.10, "statement": None}
Statement = Callable[[], Any]


@dataclass(frozen=True)
class Asked:
    """One turn: run the query `times` times; `level` as in LEVELS."""

    query: str
    level: str
    times: int


def queries(*, by_hand: bool) -> dict[str, tuple[int, Statement]]:
    """Each query with its region, built anew at each run as a page does; `by_hand` writes the region into it."""

    def own(statement: Any, region: int, *models: Any) -> Any:
        return statement.where(*(model.region_id == region for model in models)) if by_hand else statement

    listed = (Hibah.nomor, Hibah.judul, Hibah.tanggal_masuk, Hibah.amount_tapd)
    money = (func.count(), func.sum(Hibah.amount_requested), func.sum(Hibah.amount_tapd))
    parts = (
        select(Hibah.nomor, HibahRab.uraian, HibahRab.jumlah)
        .join(Hibah, (Hibah.region_id == HibahRab.region_id) & (Hibah.id == HibahRab.hibah_id))
        .where(Hibah.stage == 7)
        .order_by(HibahRab.jumlah.desc(), Hibah.id)
        .limit(20)
    )
    newest = select(*listed).order_by(Hibah.tanggal_masuk.desc().nulls_last(), Hibah.id.desc()).limit(20)
    by_stage = select(Hibah.stage, func.count()).group_by(Hibah.stage)
    by_bidang = select(Hibah.bidang, *money).group_by(Hibah.bidang)
    return {
        "by-key": (TYPICAL, lambda: own(select(*listed).where(Hibah.nomor == NUMBER), TYPICAL, Hibah)),
        "latest-20": (TYPICAL, lambda: own(newest, TYPICAL, Hibah)),
        "count-by-status": (TYPICAL, lambda: own(by_stage, TYPICAL, Hibah)),
        "two-table-join": (TYPICAL, lambda: own(parts, TYPICAL, Hibah, HibahRab)),
        "aggregate-of-100000": (LARGE, lambda: own(by_bidang, LARGE, Hibah)),
    }


def figures(ground: Ground) -> list[Figure]:
    """Each query at each level; the goal is held against whole transactions, the opening of the context included."""
    found = []
    with ExitStack() as stack:
        ours = stack.enter_context(_side(_application, ground.everyone.settings))
        control = stack.enter_context(_side(_plain, ground.everyone.plain_url))
        for name in queries(by_hand=True):
            say(f"guard: {name}")
            for level, goal in LEVELS.items():
                found.append(compared(f"guard-{name}-{level}", _pairs(ours, control, name, level), "ms", most=goal))
    return found


def _pairs(ours: Pipe, control: Pipe, query: str, level: str) -> list[tuple[float, float]]:
    once = max(_ask(side, Asked(query, level, 3)) for side in (ours, control))
    asked = Asked(query, level, max(2, round(TURN_SECONDS * 1_000 / once)))
    return interleaved(lambda: _ask(ours, asked), lambda: _ask(control, asked), TURNS)


def _ask(side: Pipe, asked: Asked) -> float:
    """Milliseconds for one execution."""
    side.send(asked)
    answer: float = side.recv()
    return answer


@contextmanager
def _side(target: Callable[..., None], where: Settings | str) -> Iterator[Pipe]:
    here, there = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=target, args=(there, where), daemon=True)
    process.start()
    yield here
    here.send(None)
    process.join()


def _application(pipe: Pipe, settings: Settings) -> None:
    """Our side: the application's session, in the context of the query's region."""
    with create_app(settings).app_context():
        _serve(pipe, lambda: db.session, queries(by_hand=False))


def _plain(pipe: Pipe, url: str) -> None:
    """The control: the same pool and session on a login that the policies do not bind."""
    engine = create_engine(url, pool_size=8, pool_pre_ping=True)
    session = Session(engine)
    _serve(pipe, lambda: session, queries(by_hand=True))


def _serve(pipe: Pipe, session: Callable[[], Any], own: dict[str, tuple[int, Statement]]) -> None:
    # The bare driver runs the very same text on both sides.
    written = {name: _text(statement()) for name, (_region, statement) in queries(by_hand=True).items()}
    while asked := pipe.recv():
        region, statement = own[asked.query]
        with acting_for(Context(region)):
            if asked.level == "session":
                pipe.send(_through_session(session(), statement, asked.times))
            else:
                again = asked.level == "driver"
                pipe.send(_through_driver(session(), written[asked.query], asked.times, again=again))


def _text(statement: Any) -> str:
    return str(statement.compile(dialect=dialect(), compile_kwargs={"literal_binds": True}))


def _through_session(session: Any, statement: Statement, times: int) -> float:
    started = time.perf_counter()
    for _turn in range(times):
        session.execute(statement()).all()
        session.rollback()
    return (time.perf_counter() - started) * 1_000 / times


def _through_driver(session: Any, text: str, times: int, *, again: bool) -> float:
    """`again`: each run is a transaction; else all runs are statements of one that is open already."""
    raw = session.connection().connection.dbapi_connection
    session.rollback()
    cursor = raw.cursor()
    if not again:
        cursor.execute("SELECT 1")
    started = time.perf_counter()
    for _turn in range(times):
        cursor.execute(text)
        cursor.fetchall()
        if again:
            raw.rollback()
    seconds = time.perf_counter() - started
    raw.rollback()
    return seconds * 1_000 / times
