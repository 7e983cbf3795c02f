"""Pages and files of the grants that anyone may read."""

import json
from dataclasses import asdict

from flask import Blueprint, Response, abort, g, render_template, request
from werkzeug.exceptions import UnprocessableEntity

from app.sabilulungan import opendata, queries
from app.sabilulungan.queries import FACETS, ORDERS, Filter
from app.sabilulungan.stages import PUBLIC_STATES, STAGES
from app.services.identity.permissions import PUBLIK, requires
from app.services.opendata.tables import csv_lines, json_array, xlsx_file
from app.services.ui.asking import choice, download, number
from app.services.ui.i18n import _

bp = Blueprint("sabilulungan", __name__, template_folder="../templates")
LONGEST_SEARCH = 200


def _filter() -> Filter:
    """The filter in the address.

    Raises:
        UnprocessableEntity: a value is not one that the page offers; the text says which.
    """
    wanted = request.args.get("q", "").strip()
    if len(wanted) > LONGEST_SEARCH or "\0" in "".join(request.args.values()):
        raise UnprocessableEntity(_("Pencarian terlalu panjang; pakai paling banyak 200 huruf."))
    return Filter(
        q=wanted,
        tahun=number("tahun", 1945, 2100),
        jenis=choice("jenis", ("hibah", "bansos", "")),
        bidang=request.args.get("bidang"),
        kecamatan=request.args.get("kecamatan"),
        status=choice("status", PUBLIC_STATES),
        urut=choice("urut", ORDERS) or "terbaru",
    )


@bp.before_request
def only_portals() -> None:
    """A province or the landing page has no proposals of its own."""
    if g.site.room != "portal":
        abort(404)


@bp.get("/hibah")
@requires(PUBLIK)
def index() -> str:
    """The list, with everything that follows its filter."""
    wanted = _filter()
    return render_template(
        "sabilulungan/index.html",
        wanted=wanted,
        active=sum(value is not None for name, value in asdict(wanted).items() if name in {*FACETS, "status"}),
        listing=queries.listing(wanted, number("halaman", 1, 1_000_000) or 1),
        by_bidang=queries.money_by_bidang(wanted),
        states=PUBLIC_STATES,
        query=request.query_string.decode("ascii", "replace"),
    )


@bp.get("/hibah/<nomor>")
@requires(PUBLIK)
def detail(nomor: str) -> str:
    """One proposal: ladder of amounts, timeline, budget lines."""
    proposal = queries.one(nomor) or abort(404)
    return render_template(
        "sabilulungan/detail.html",
        proposal=proposal,
        lines=queries.lines(nomor),
        timeline=_timeline(proposal.stage, {step.stage: step for step in queries.steps(nomor)}),
    )


def _timeline(reached: int, passed: dict[int, queries.Step]) -> list[dict[str, object]]:
    days = {step.recorded_at.date() for step in passed.values()}
    # All stages entered on one day were entered afterwards: 657 of the 666 files of the original.
    afterwards = len(passed) >= 4 and len(days) == 1
    return [
        {
            "title": str(stage.title),
            "role": str(stage.role),
            "status": "done" if stage.number <= reached else "now" if stage.number == reached + 1 else "next",
            "event_date": passed[stage.number].happened_on if stage.number in passed else None,
            "recorded_at": passed[stage.number].recorded_at if stage.number in passed else None,
            "recorded_later": afterwards and stage.number in passed,
        }
        for stage in STAGES
    ]


@bp.get("/hibah.csv")
@requires(PUBLIK)
def as_csv() -> Response:
    """What the filter shows, as CSV."""
    return download(csv_lines(opendata.COLUMNS, opendata.table_rows(_filter())), "text/csv", "hibah.csv")


@bp.get("/hibah.xlsx")
@requires(PUBLIK)
def as_xlsx() -> Response:
    """What the filter shows, as a workbook."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return download(xlsx_file(opendata.COLUMNS, opendata.table_rows(_filter()), "Hibah"), kind, "hibah.xlsx")


@bp.get("/hibah.json")
@requires(PUBLIK)
def as_json() -> Response:
    """The awarded grants that the filter shows, as a 360Giving package."""
    head = {
        "version": "1.4",
        "title": f"Hibah dan bantuan sosial, {g.site.name}",
        "publisher": {"name": f"Pemerintah {g.site.name}"},
        "license": opendata.LICENCE,
    }
    prefix = json.dumps(head, ensure_ascii=False)[:-1].encode() + b', "grants": '
    return download(
        json_array(prefix, opendata.grants(_filter(), g.site), b"}"), "application/json", "hibah-360giving.json"
    )


@bp.get("/hibah/proses.csv")
@requires(PUBLIK)
def process_csv() -> Response:
    """Every proposal with its steps: what 360Giving has no place for."""
    return download(csv_lines(opendata.STEP_COLUMNS, opendata.step_rows()), "text/csv", "hibah-proses.csv")
