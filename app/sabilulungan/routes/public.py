"""Pages and files of the grants that anyone may read."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from uuid import UUID

from flask import Blueprint, Response, abort, current_app, g, render_template, request

from app.sabilulungan import detail as details
from app.sabilulungan import opendata, queries
from app.sabilulungan.detail import Step
from app.sabilulungan.models import TAHAP_RAB
from app.sabilulungan.overview import overview
from app.sabilulungan.queries import FACETS, ORDERS, Filter, PublicHibah
from app.sabilulungan.stages import ORIGINAL_STAGES, PUBLIC_STATES, STAGES, STOPPED
from app.services.identity.permissions import PUBLIK, requires
from app.services.opendata.tables import csv_lines, json_array, xlsx_file
from app.services.ui import query_url
from app.services.ui.asking import choice, download, number, phrase
from app.services.ui.formats import FILTERS
from app.tenancy.places import district_names
from app.tenancy.site import site_url

bp = Blueprint("sabilulungan", __name__, template_folder="../templates")
TILE_COLUMNS = 6
SHORT_NAME = 12


def _filter() -> Filter:
    """The filter in the address.

    Raises:
        UnprocessableEntity: a value is not one that the page offers; the text says which.
    """
    return Filter(
        q=phrase("q"),
        tahun=number("tahun", 1945, 2100),
        jenis=choice("jenis", ("hibah", "bansos", "")),
        bidang=phrase("bidang") if "bidang" in request.args else None,
        kecamatan=phrase("kecamatan") if "kecamatan" in request.args else None,
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
    seen = overview(wanted)
    return render_template(
        "sabilulungan/index.html",
        wanted=wanted,
        active=sum(value is not None for name, value in asdict(wanted).items() if name in {*FACETS, "status"}),
        overview=seen,
        listing=queries.listing(wanted, seen.totals.count, number("halaman", 1, 1_000_000) or 1),
        tiles=_tiles(seen.by_kecamatan, wanted),
        districts=district_names(),
        states=PUBLIC_STATES,
        query=request.query_string.decode("ascii", "replace"),
    )


def _tiles(money: dict[str, tuple[int, int]], wanted: Filter) -> list[dict[str, object]]:
    """One tile a kecamatan in the order of their codes; its level says which quarter of the amounts it belongs to."""
    ranked = sorted(amount for _count, amount in money.values() if amount)
    made: list[dict[str, object]] = []
    for place, (code, name) in enumerate(district_names().items()):
        count, amount = money.get(code, (0, 0))
        level = 0 if not amount else 1 + 3 * ranked.index(amount) // max(1, len(ranked) - 1)
        made.append({
            "code": code, "name": name, "short": _short(name), "value": FILTERS["ringkas"](amount) if count else None,
            "url": query_url(kecamatan=None if code == wanted.kecamatan else code), "level": level,
            "row": place // TILE_COLUMNS + 1, "col": place % TILE_COLUMNS + 1,
        })  # fmt: skip
    return made


def _short(name: str) -> str:
    """A name that fits a tile; of several words the last tells neighbours apart: Cibe. Kaler, Cibe. Kidul."""
    first, *others = name.split()
    return f"{first[:4]}. {others[-1][:6]}" if others and len(name) > SHORT_NAME else name[:SHORT_NAME]


@bp.get("/hibah/<nomor>")
@requires(PUBLIK)
def detail(nomor: str) -> str:
    """One proposal: ladder of amounts, timeline, budget lines, payments, account."""
    proposal = details.one(nomor) or abort(404)
    lines = details.lines(nomor)
    return render_template(
        "sabilulungan/detail.html",
        proposal=proposal,
        lines=lines,
        line_steps=[step for step in TAHAP_RAB if any(step in line.amounts for line in lines)],
        payments=details.payments(nomor),
        lpj=details.account(nomor),
        districts=district_names(),
        timeline=_timeline(proposal, details.steps(nomor)),
    )


@bp.get("/hibah/penerima/<uuid:organisasi_id>")
@requires(PUBLIK)
def recipient(organisasi_id: UUID) -> str:
    """One organisation and everything that it asked for."""
    organisation = details.recipient(organisasi_id) or abort(404)
    return render_template(
        "sabilulungan/penerima.html",
        organisation=organisation,
        grants=details.grants_of(organisasi_id),
        districts=district_names(),
    )


def _timeline(proposal: PublicHibah, steps: Iterable[Step]) -> list[dict[str, object]]:
    passed = {step.stage: step for step in steps}
    days = {step.recorded_at.date() for step in passed.values()}
    # All stages entered on one day were entered afterwards: 657 of the 666 files of the original.
    afterwards = len(passed) >= 4 and len(days) == 1
    known = STAGES if proposal.status else STAGES[:ORIGINAL_STAGES]
    now = 0 if proposal.status in STOPPED else proposal.stage + 1
    return [
        {
            "title": str(stage.title),
            "role": str(stage.role),
            "status": "done" if stage.number <= proposal.stage else "now" if stage.number == now else "next",
            "event_date": passed[stage.number].happened_on if stage.number in passed else None,
            "recorded_at": passed[stage.number].recorded_at if stage.number in passed else None,
            "recorded_later": afterwards and stage.number in passed,
        }
        for stage in known
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
    grants = opendata.grants(_filter(), g.site, site_url(g.site, current_app.extensions["settings"]))
    return download(json_array(prefix, grants, b"}"), "application/json", "hibah-360giving.json")


@bp.get("/hibah/proses.csv")
@requires(PUBLIK)
def process_csv() -> Response:
    """Every proposal with its steps: what 360Giving has no place for."""
    return download(csv_lines(opendata.STEP_COLUMNS, opendata.step_rows()), "text/csv", "hibah-proses.csv")
