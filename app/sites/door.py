"""The door: host -> site -> signed context, before anything else; security headers after everything else."""

import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable

from flask import Flask, Response, abort, g, request
from werkzeug.exceptions import MethodNotAllowed, ServiceUnavailable, TooManyRequests
from werkzeug.middleware.proxy_fix import ProxyFix

from app.kernel.identifiers import uuid7
from app.services.identity.permissions import OPEN_ENDPOINTS
from app.services.ui.i18n import _, for_programs
from app.tenancy import context as tenancy_context
from app.tenancy.context import Context
from app.tenancy.site import LANDING, BadHost, Site, clean_host, resolve
from config.logs import LogContext, log_context
from config.settings import Settings

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LONGEST_QUERY = 2_000
SITE_SECONDS = 5.0
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


class RegionGate:
    """A noisy region may not take every thread: at most `limit` requests of one region at once in this process."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._running: dict[int, int] = defaultdict(int)
        self._lock = threading.Lock()

    def enter(self, region_id: int) -> bool:
        """Whether there is room; each True must be followed by one `leave`."""
        with self._lock:
            if self._running[region_id] >= self._limit:
                return False
            self._running[region_id] += 1
            return True

    def leave(self, region_id: int) -> None:
        """Give the place back."""
        with self._lock:
            self._running[region_id] -= 1
            if not self._running[region_id]:
                del self._running[region_id]


class SiteCache:
    """Known hosts for a few seconds; an unknown host is never kept, so that a flood of names costs no memory."""

    def __init__(self, base_domain: str) -> None:
        self._base_domain = base_domain
        self._known: dict[str, tuple[float, Site]] = {}

    def get(self, host: str) -> Site | None:
        """The site of a clean host name."""
        now = time.monotonic()
        cached = self._known.get(host)
        if cached and cached[0] > now:
            return cached[1]
        site = resolve(host, self._base_domain)
        if site is not None:
            self._known[host] = (now + SITE_SECONDS, site)
        return site


def init_app(app: Flask) -> None:
    """Install the door on the application."""
    settings: Settings = app.extensions["settings"]
    gate, sites = RegionGate(settings.region_concurrency), SiteCache(settings.base_domain)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.before_request(_opener(sites, gate))
    app.after_request(_headers(settings))
    app.teardown_request(_closer(gate))


def _opener(sites: SiteCache, gate: RegionGate) -> Callable[[], None]:
    def open_door() -> None:
        asked = request.headers.get("X-Request-ID", "")
        g.request_id = asked if REQUEST_ID.fullmatch(asked) else uuid7().hex
        g.log_token = log_context.set(LogContext(g.request_id))
        if len(request.query_string) > LONGEST_QUERY:
            abort(414)
        try:
            site = sites.get(clean_host(request.host))
        except BadHost:
            abort(400)
        if site is None:
            abort(404)
        _refuse_foreign_page()
        if site.state != "AKTIF":
            g.site = site
            raise ServiceUnavailable(
                _("Portal %(name)s sedang ditangguhkan. %(reason)s", name=site.name, reason=site.reason)
            )
        _enter(site, gate)

    return open_door


def _enter(site: Site, gate: RegionGate) -> None:
    if request.endpoint not in OPEN_ENDPOINTS and site is not LANDING:
        if not gate.enter(site.region_id):
            raise TooManyRequests(_("Portal sedang ramai. Muat ulang halaman ini sebentar lagi."), retry_after=2)
        g.gate_region = site.region_id
    g.site = site
    log_context.set(LogContext(g.request_id, site.region_id, "publik"))
    g.tenancy = tenancy_context.acting_for(Context(site.region_id))
    g.tenancy.__enter__()


def _refuse_foreign_page() -> None:
    """SameSite does not separate sibling subdomains: a change must come from this very host."""
    if request.method in SAFE_METHODS or (for_programs() and isinstance(request.routing_exception, MethodNotAllowed)):
        # Nothing of the API can be changed; a program is told so.
        return
    fetched = request.headers.get("Sec-Fetch-Site")
    same = fetched in {"same-origin", "none"} if fetched else request.headers.get("Origin") == request.host_url[:-1]
    if not same:
        abort(403)


def _headers(settings: Settings) -> Callable[[Response], Response]:
    def add(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if settings.tls:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        response.headers["X-Request-ID"] = g.get("request_id", "-")
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return add


def _closer(gate: RegionGate) -> Callable[[BaseException | None], None]:
    def close_door(_error: BaseException | None) -> None:
        entered = g.pop("tenancy", None)
        if entered is not None:
            entered.__exit__(None, None, None)
        if "gate_region" in g:
            gate.leave(g.pop("gate_region"))
        if "log_token" in g:
            log_context.reset(g.pop("log_token"))

    return close_door
