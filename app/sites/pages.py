"""Pages that belong to no module: the landing page, a portal's front page."""

from collections import Counter
from dataclasses import dataclass

from flask import Blueprint, current_app, g, render_template, request

from app.services.identity.permissions import PUBLIK, requires
from app.services.ui.portal import cards
from app.sites.tiles import place_of
from app.tenancy.site import Province, Site, live_sites, provinces, site_url
from config.settings import Settings

bp = Blueprint("sites", __name__, template_folder="templates")
LONGEST_SEARCH = 100


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
    return render_template("sites/portal.html", cards=cards("portal"))


def landing() -> str:
    """Which regions are live: the tile map of all provinces, then the regions by province, with search."""
    settings: Settings = current_app.extensions["settings"]
    wanted = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    sites = live_sites()
    here = g.site.region_id if g.site.room == "province" else None
    portals = [site for site in sites if site.room == "portal" and here in {None, site.region_id // 100}]
    shown = [site for site in portals if wanted.lower() in site.name.lower()]
    known = [province for province in provinces() if here in {None, province.id}]
    groups = [
        Group(province.name, [site for site in shown if site.region_id // 100 == province.id]) for province in known
    ]
    return render_template(
        "sites/landing.html",
        groups=[group for group in groups if group.sites],
        tiles=_tiles(known, sites, settings) if here is None else [],
        total=len(portals),
        whole=sum(province.members for province in known),
        provinces=len({site.region_id // 100 for site in portals}),
        people=sum(site.population for site in portals),
        wanted=wanted,
        province=g.site.name if here else "",
        cards=cards("province") if here else [],
        site_url=lambda site: site_url(site, settings),
    )


def _tiles(known: list[Province], sites: list[Site], settings: Settings) -> list[dict[str, object]]:
    """One tile a province: how many of its regions are live, and which share (level 1 to 4); no link where no site."""
    pages = {site.region_id: site for site in sites if site.room == "province"}
    live = Counter(site.region_id // 100 for site in sites if site.room == "portal")
    made: list[dict[str, object]] = []
    for province in known:
        row, col, letters = place_of(province.id)
        count, page = live[province.id], pages.get(province.id)
        made.append({
            "code": province.id, "name": province.name, "short": letters,
            "value": f"{count}/{province.members}", "url": site_url(page, settings) if page else "",
            "row": row, "col": col, "level": 1 + 3 * count // province.members if count else 0,
        })  # fmt: skip
    return made
