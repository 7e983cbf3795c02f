"""Pages that belong to no module: the landing page, a portal's front page, health."""

from dataclasses import dataclass

from flask import Blueprint, Response, abort, g, render_template, request
from sqlalchemy import text

from app.services.identity.permissions import PUBLIK, requires
from app.services.ui.portal import cards
from app.sites.tiles import tile_position
from app.tenancy.database import db
from app.tenancy.site import Site, live_sites, site_url

bp = Blueprint("sites", __name__, template_folder="templates")


@dataclass(frozen=True)
class Group:
    """The live portals of one province."""

    province: str
    sites: list[Site]


@bp.get("/")
@requires(PUBLIK)
def front() -> str:
    """The landing page on the bare domain; a region's portal on its own host."""
    if g.site.room in {"landing", "console", "oversight", "province"}:
        return landing()
    return render_template("sites/portal.html", cards=cards())


def landing() -> str:
    """Which regions are live, by province, with search and the tile map."""
    wanted = request.args.get("q", "").strip()
    sites = live_sites()
    here = g.site.region_id if g.site.room == "province" else None
    provinces = {site.region_id: site for site in sites if site.room == "province"}
    portals = [site for site in sites if site.room == "portal" and here in {None, site.region_id // 100}]
    shown = [site for site in portals if wanted.lower() in site.name.lower()]
    groups = [
        Group(province.name, [site for site in shown if site.region_id // 100 == number])
        for number, province in sorted(provinces.items())
    ]
    tiles = [
        {
            "code": province.code, "name": province.name, "short": province.subdomain.upper()[:6],
            "value": sum(site.region_id // 100 == number for site in portals),
            "url": site_url(province), "row": row, "col": col, "level": 3,
        }
        for number, province in provinces.items()
        for row, col in [tile_position(number)]
    ]  # fmt: skip
    return render_template(
        "sites/landing.html",
        groups=[group for group in groups if group.sites],
        tiles=tiles,
        shown=len(shown),
        total=len(portals),
        people=sum(site.population for site in portals),
        wanted=wanted,
        site_url=site_url,
    )


@bp.get("/sehat")
@requires(PUBLIK)
def alive() -> Response:
    """This process answers."""
    return Response("sehat\n", mimetype="text/plain")


@bp.get("/siap")
@requires(PUBLIK)
def ready() -> Response:
    """The database answers too."""
    if db.session.execute(text("SELECT 1")).scalar_one() != 1:
        abort(503)
    return Response("siap\n", mimetype="text/plain")
