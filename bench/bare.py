"""The control of the page: bare Flask, psycopg2 and Jinja, which run the same SQL and show the same.

No session, no ORM, no components, no languages, no headers, no context: what somebody would write by hand for one
region, in one flat template. Its login is not bound by the policies. `BENCH_SQL` names the file with the two statements
of the page (everything that follows the filter; the rows), `BENCH_PLAIN_URL` the database.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask, render_template, request
from psycopg2.extensions import cursor
from psycopg2.extras import NamedTupleCursor
from psycopg2.pool import ThreadedConnectionPool

from config import settings as configuration

OVERVIEW, ROWS = json.loads(Path(os.environ["BENCH_SQL"]).read_text())
#: GROUPING(tahun, jenis, bidang, kecamatan_kode, stage, status) of the rows of each group.
MASKS = {0b111111: "whole", 0b011111: "tahun", 0b101111: "jenis", 0b110111: "bidang", 0b111011: "kecamatan_kode",
         0b111100: "stage"}  # fmt: skip
STATES = ("Terdaftar", *["Proses seleksi"] * 4, "Disetujui", "Disetujui", *["Berjalan"] * 4, "Selesai")
THREADS = configuration.load().web_threads
pool = ThreadedConnectionPool(THREADS, THREADS, os.environ["BENCH_PLAIN_URL"])
app = Flask(__name__)
app.jinja_env.filters["rp"] = lambda amount: "–" if amount is None else f"Rp {amount:,}".replace(",", ".")


@contextmanager
def transaction() -> Iterator[cursor]:
    """A cursor in a transaction of its own."""
    connection = pool.getconn()
    try:
        with connection.cursor(cursor_factory=NamedTupleCursor) as opened:
            yield opened
        connection.rollback()
    finally:
        pool.putconn(connection)


@app.get("/hibah")
def index() -> str:
    """The list of grants with its totals, facets, bars and map, as the application shows them."""
    groups: dict[str, list[tuple[object, ...]]] = {name: [] for name in MASKS.values()}
    with transaction() as opened:
        opened.execute(OVERVIEW)
        for row in opened:
            groups[MASKS[row.mask]].append(row)
        opened.execute(ROWS)
        rows = opened.fetchall()
    (whole,) = groups.pop("whole")
    facets = {name: sorted(found, key=lambda row: -row.count) for name, found in groups.items()}
    return render_template("bare.html", whole=whole, facets=facets, rows=rows, states=STATES, path=request.path)


@app.get("/tabel")
def tables() -> str:
    """The same SQL, its rows as tables and nothing else: the least that a page can be."""
    with transaction() as opened:
        results = []
        for statement in (OVERVIEW, ROWS):
            opened.execute(statement)
            results.append(opened.fetchall())
    return render_template("tables.html", results=results)
