"""The budget that anyone may read."""

import re

from flask import Blueprint, Response, abort, g, render_template, request

from app.sabilulungan.anggaran import queries
from app.sabilulungan.anggaran.queries import Filter
from app.services.identity.permissions import PUBLIK, requires
from app.services.opendata.tables import csv_lines, json_array, xlsx_file
from app.services.ui.asking import code, download, number, phrase

bp = Blueprint("anggaran", __name__, template_folder="../templates")
COLUMNS = ["tahun", "skpd_kode", "skpd_nama", "kode_rekening", "uraian", "jumlah"]
CODE = re.compile(r"[0-9A-Za-z.]{1,40}")


@bp.before_request
def only_portals() -> None:
    """A province has a budget of its own too; the nation and the landing page have none here."""
    if g.site.room not in {"portal", "province"}:
        abort(404)


def _filter(years: list[int]) -> Filter:
    year = number("tahun", 2000, 2100) or (years[0] if years else 0)
    return Filter(year, code("kode", CODE, "5.1.05"), code("skpd", CODE, "1.02.01"), phrase("q"))


@bp.get("/anggaran")
@requires(PUBLIK)
def index() -> str:
    """Income and spending by account and SKPD, down to the line."""
    years = queries.years()
    wanted = _filter(years)
    count, total = queries.count_and_sum(wanted)
    pages = max(1, -(-count // queries.PAGE_SIZE))
    shown = min(number("halaman", 1, 1_000_000) or 1, pages)
    parts = wanted.kode.split(".") if wanted.kode else []
    above = [".".join(parts[: depth + 1]) for depth in range(len(parts))]
    return render_template(
        "sabilulungan/anggaran.html",
        years=years, wanted=wanted, count=count, total=total, pages=pages, number=shown,
        accounts=queries.by_account(wanted), skpd=queries.by_skpd(wanted), lines=queries.page(wanted, shown),
        source=queries.source(wanted.tahun), shares=queries.shares(wanted.tahun), above=above,
        names=queries.account_names(wanted.tahun, above), query=request.query_string.decode("ascii", "replace"),
    )  # fmt: skip


@bp.get("/anggaran/selisih")
@requires(PUBLIK)
def differences() -> str:
    """Where the source does not add up."""
    years = queries.years()
    year = _filter(years).tahun
    return render_template("sabilulungan/anggaran_selisih.html", year=year, source=queries.source(year),
                           rows=queries.unequal(year))  # fmt: skip


@bp.get("/anggaran.csv")
@requires(PUBLIK)
def as_csv() -> Response:
    """What the filter shows, as CSV."""
    return download(csv_lines(COLUMNS, queries.stream(_filter(queries.years()))), "text/csv", "anggaran.csv")


@bp.get("/anggaran.xlsx")
@requires(PUBLIK)
def as_xlsx() -> Response:
    """What the filter shows, as a workbook."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return download(xlsx_file(COLUMNS, queries.stream(_filter(queries.years())), "Anggaran"), kind, "anggaran.xlsx")


@bp.get("/anggaran.json")
@requires(PUBLIK)
def as_json() -> Response:
    """What the filter shows, as a list of objects."""
    rows = (dict(zip(COLUMNS, row, strict=True)) for row in queries.stream(_filter(queries.years())))
    return download(json_array(b"", rows, b""), "application/json", "anggaran.json")
