"""The control of the page: bare Flask, psycopg2 and Jinja, which run the same SQL and write the same rows.

No session, no ORM, no headers, no languages, no context: what somebody would write by hand for one region. Its login
is not bound by the policies. `BENCH_SQL` names the file with the statements, `BENCH_PLAIN_URL` the database.
"""

import json
import os
from pathlib import Path

from flask import Flask, render_template
from psycopg2.pool import ThreadedConnectionPool

from config import settings as configuration

STATEMENTS: list[str] = json.loads(Path(os.environ["BENCH_SQL"]).read_text())
THREADS = configuration.load().web_threads
pool = ThreadedConnectionPool(THREADS, THREADS, os.environ["BENCH_PLAIN_URL"])
app = Flask(__name__)


@app.get("/hibah")
def index() -> str:
    """Every result set as a table."""
    connection = pool.getconn()
    try:
        with connection.cursor() as cursor:
            results = []
            for statement in STATEMENTS:
                cursor.execute(statement)
                results.append(cursor.fetchall())
        connection.rollback()
    finally:
        pool.putconn(connection)
    return render_template("bare.html", results=results)
