"""The room of screens: layout, components, formats, languages, themes, error pages."""

import hashlib
from collections.abc import Iterable
from functools import cache, cached_property
from pathlib import Path
from urllib.parse import quote, quote_plus

from flask import Blueprint, Flask, Response, g, request
from jinja2 import Environment
from jinja2.environment import TemplateModule
from markupsafe import Markup

from app.services.ui import charts, errors, i18n, tokens
from app.services.ui.errors import render_error
from app.services.ui.formats import FILTERS
from app.services.ui.portal import own_pages
from app.services.ui.states import register_states, state_look

__all__ = ["init_app", "query_url", "register_states", "render_error"]

STATIC, STATIC_URL = Path(__file__).parent / "static", "/statis"
VERSIONS = {
    file.relative_to(STATIC).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()[:12]
    for file in STATIC.rglob("*")
    if file.is_file()
}
FOREVER = "public, max-age=31536000, immutable"
BRIEFLY = "public, max-age=300"
PAGE = "halaman"
ADDRESS = "smartcity.address"


def init_app(app: Flask) -> None:
    blueprint = make_blueprint()
    i18n.init_app(app)
    errors.init_app(app)
    env = app.jinja_env
    env.filters.update(FILTERS)
    env.globals.update(
        charts.HELPERS,
        ui_icon=icon,
        query_url=query_url,
        language_url=lambda code: query_url(**{i18n.QUERY: code}),
        static_url=static_url,
        own_pages=own_pages,
        language=i18n.language,
        languages=i18n.LANGUAGES,
        state_look=state_look,
    )
    app.register_blueprint(blueprint)
    app.context_processor(lambda: {"site": g.get("site")})
    env.globals["ui"] = Components(env)


class Components:
    """`ui` in every template, without an import line.

    The macros are read on first use: a module copies the globals that exist then, so what other
    rooms add to the environment at start (such as `csrf_token`) is there.
    """

    def __init__(self, env: Environment) -> None:
        self._env = env

    @cached_property
    def _macros(self) -> TemplateModule:
        return self._env.get_template("ui/components.html").module

    def __getattr__(self, name: str) -> object:
        found = getattr(self._macros, name)
        # Found once, it is an attribute: a page asks for some hundred.
        setattr(self, name, found)
        return found


def make_blueprint() -> Blueprint:
    blueprint = Blueprint(
        "ui",
        __name__,
        static_folder=str(STATIC),
        static_url_path=STATIC_URL,
        template_folder="templates",
    )
    @blueprint.after_request
    def cache_by_version(response: Response) -> Response:
        """Only an address with the hash of its content may be kept for ever."""
        if request.endpoint == "ui.static" and response.status_code in (200, 206, 304):
            filename = (request.view_args or {}).get("filename")
            current = request.args.get("v") == VERSIONS.get(str(filename), "")
            response.headers["Cache-Control"] = FOREVER if current else BRIEFLY
        return response

    tokens.register(blueprint)
    return blueprint


def static_url(filename: str) -> str:
    """The address of a file of this room, which changes with its content.

    Not by `url_for`: the error page needs it even where the host is so bad that no address can be built.
    """
    return f"{STATIC_URL}/{filename}?v={VERSIONS[filename]}"


@cache
def icon(name: str) -> Markup:
    """One icon of the sheet. A page shows some fifty: each is written once."""
    address = f"{static_url('ikon.svg')}#{name}"
    return Markup('<svg class="ikon" aria-hidden="true" focusable="false"><use href="{}"/></svg>').format(address)


def query_url(**changes: object) -> str:
    """This page's address with parts of the query replaced; None removes one.

    Any change but of page or language starts again at the first page.
    """
    path, asked = _address()
    query = dict(asked)
    if not changes.keys() <= {PAGE, i18n.QUERY}:
        query.pop(PAGE, None)
    if i18n.QUERY not in changes:
        query.pop(i18n.QUERY, None)
    query |= {name: _encoded(name, as_list(value)) for name, value in changes.items()}
    encoded = "&".join(filter(None, query.values()))
    return f"{path}?{encoded}" if encoded else path


def _address() -> tuple[str, dict[str, str]]:
    """The path and, by name, the encoded query of this request: read once, however many links a page has."""
    known: tuple[str, dict[str, str]] | None = request.environ.get(ADDRESS)
    if known is None:
        # One leading slash only: "//host/x" would be an address on another host.
        path = "/" + quote((request.root_path + request.path).lstrip("/"))
        known = path, {name: _encoded(name, values) for name, values in request.args.lists()}
        request.environ[ADDRESS] = known
    return known


def _encoded(name: str, values: Iterable[object]) -> str:
    given = (str(value) for value in values)
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for value in given if value)


def as_list(value: object) -> Iterable[object]:
    if value is None:
        return []
    return value if isinstance(value, (list, tuple, set)) else [value]
