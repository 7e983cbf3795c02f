"""The addresses of the API: made from the registry when the application starts, all by the same two functions."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, current_app, g, render_template, request
from werkzeug.exceptions import TooManyRequests, UnprocessableEntity

from app.kernel.canonical import plain
from app.services.identity.permissions import PUBLIK, requires
from app.services.opendata.cursors import cursor, place_of
from app.services.opendata.openapi import CURSOR, JSON, LIMIT, MOST_ROWS, ROWS, document, paging
from app.services.opendata.registry import LICENCE, Asked, One, Resource, open_files, resources
from app.services.opendata.throttle import THROTTLE, Throttle
from app.services.ui import asking
from app.services.ui.i18n import _
from app.tenancy.context import current
from app.tenancy.site import Site, site_url

FRESH = "public, max-age=60"
ENDPOINT_PAGE = "api.page"
GOVERNMENTS = frozenset({"KOTA", "KABUPATEN", "PROVINSI"})


def make_blueprint() -> Blueprint:
    """Every route of the API, for the resources that are registered by now."""
    bp = Blueprint("api", __name__, template_folder="templates")
    bp.before_request(_let_in)
    bp.add_url_rule("/api", "page", page)
    bp.add_url_rule("/api/openapi.json", "openapi", openapi)
    for resource in resources():
        bp.add_url_rule(f"/api/v1/{resource.name}", resource.name, _list_view(resource))
        if one := resource.one:
            path = f"/api/v1/{resource.name}/<{one.converter}:{one.argument}>"
            bp.add_url_rule(path, f"{resource.name}-satu", _one_view(resource, one))
    return bp


def _let_in() -> None:
    if request.endpoint == ENDPOINT_PAGE:
        return
    throttle: Throttle = current_app.extensions[THROTTLE]
    g.api_verdict = throttle.take(request.remote_addr or "-", current().region_id)
    if g.api_verdict and not g.api_verdict.allowed:
        message = _("Terlalu banyak permintaan. Kirim lagi sesudah %(n)s detik.", n=g.api_verdict.wait_seconds)
        raise TooManyRequests(message, retry_after=g.api_verdict.wait_seconds)


def _address() -> str:
    return site_url(g.site, current_app.extensions["settings"])


def publisher(site: Site) -> str:
    """Whom to name as the source."""
    return f"Pemerintah {site.name}" if site.kind in GOVERNMENTS else site.name


def _here(resource: Resource) -> None:
    if g.site.room not in resource.rooms:
        abort(404)


def _hold_names(known: set[str]) -> None:
    """A misspelt filter would quietly give everything.

    Raises:
        UnprocessableEntity: a parameter is unknown, empty, or given twice.
    """
    for name, values in request.args.lists():
        if name not in known:
            raise UnprocessableEntity(_("Parameter %(name)s tidak dikenal.", name=name[:40]))
        if len(values) > 1:
            raise UnprocessableEntity(_("Parameter %(name)s ditulis dua kali.", name=name))
        if not values[0]:
            raise UnprocessableEntity(_("Parameter %(name)s kosong.", name=name))


def _list_view(resource: Resource) -> Callable[[], Response]:
    known = {parameter.name for parameter in (*resource.parameters, *paging())}

    @requires(PUBLIK)
    def rows() -> Response:
        _here(resource)
        _hold_names(known)
        values = {parameter.name: parameter.read(parameter.name) for parameter in resource.parameters}
        limit = asking.number(LIMIT, 1, MOST_ROWS) or ROWS
        after = place_of(resource.name, request.args[CURSOR]) if CURSOR in request.args else None
        found = resource.rows(Asked(values, after, limit + 1))
        onward = _onward(resource.name, cursor(resource.name, found[limit - 1][0])) if len(found) > limit else None
        content = {
            "data": [row for _place, row in found[:limit]], "berikutnya": onward, "sumber": publisher(g.site),
            "lisensi": LICENCE,
        }  # fmt: skip
        return _answer(content, onward)

    return rows


def _onward(resource: str, place: str) -> str:
    query = {name: value for name, value in request.args.items() if name != CURSOR}
    return f"{_address()}api/v1/{resource}?{urlencode({**query, CURSOR: place})}"


def _one_view(resource: Resource, one: One) -> Callable[..., Response]:
    @requires(PUBLIK)
    def row(**argument: Any) -> Response:
        _here(resource)
        _hold_names(set())
        return _answer(one.find(argument[one.argument]) or abort(404))

    return row


def _answer(content: dict[str, Any], onward: str | None = None) -> Response:
    """JSON with its validator: weak, because it is of the content and not of one compressed form of it."""
    body = json.dumps(content, ensure_ascii=False, allow_nan=False, default=plain)
    response = Response(body, mimetype=JSON)
    response.headers["Cache-Control"] = FRESH
    response.headers.add("Link", f'<{LICENCE}>; rel="license"')
    if onward:
        response.headers.add("Link", f'<{onward}>; rel="next"')
    response.add_etag(weak=True)
    response.make_conditional(request)
    return response


@requires(PUBLIK)
def openapi() -> Response:
    """The description of what this site offers, in the reader's language."""
    return _answer(document(g.site, resources(g.site.room), _address()))


@requires(PUBLIK)
def page() -> str:
    """The same for people: what there is, how it is asked for, with examples that can be pasted."""
    offered, files = resources(g.site.room) or abort(404), open_files(g.site.room)
    limits = current_app.extensions["settings"].api_per_minute
    return render_template(
        "opendata/api.html", resources=offered, files=files, paging=paging(), address=_address(), limits=limits,
        licence=LICENCE,
    )  # fmt: skip
