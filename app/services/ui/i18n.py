"""Languages: Indonesian is the source (its sentences are the keys), English is complete.

Every room may bring its own `translations/en.po`; all of them are merged at start, so a module's
words live beside its templates. `python -m app.services.ui.i18n` prints what lacks English.
"""

import sys
from collections.abc import Iterator
from functools import cache, total_ordering
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Literal

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, Response, g, has_request_context, request
from markupsafe import Markup

Language = Literal["id", "en"]
SOURCE: Language = "id"
LANGUAGES: dict[Language, str] = {"id": "Bahasa Indonesia", "en": "English"}
QUERY = COOKIE = "bahasa"
ONE_YEAR = 365 * 24 * 3600
APP_ROOT = Path(__file__).resolve().parents[2]

KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "ngettext_": (1, 2),
    "lazy": None,
}
METHODS = [("**.py", "python"), ("**.html", "jinja2.ext:babel_extract")]

MessageId = str | tuple[str, ...]


def for_programs() -> bool:
    """Whether the address is one of the API: it knows no cookie."""
    return request.path.startswith("/api/")


def _asked() -> tuple[str | None, ...]:
    if for_programs():
        return (request.accept_languages.best_match(LANGUAGES),)
    return request.args.get(QUERY), request.cookies.get(COOKIE)


def language() -> Language:
    """The reader's language: `?bahasa=` or the cookie (a program: Accept-Language), the region's, else Indonesian."""
    if not has_request_context():
        return SOURCE
    # A page asks some 300 times: the proxy is looked through once, and the answer kept with the site it was made for.
    here = g._get_current_object()  # noqa: SLF001 (how werkzeug's documentation names it)
    site = here.get("site")
    known: tuple[object, Language] | None = here.get("language")
    if known is None or known[0] is not site:
        asked = (*_asked(), getattr(site, "language", None))
        known = here.language = site, next((code for code in asked if code in LANGUAGES), SOURCE)
    return known[1]


def _(message: str, **values: object) -> str:
    """Translate; `%(name)s` is filled in only when values are given, so a bare `%` is safe."""
    text = translations(language()).gettext(message) if message else ""
    return text % values if values else text


def in_template(message: str, **values: object) -> Markup:
    """`_` of the templates: what authors wrote is HTML, what is filled in is escaped."""
    text = _sentence(language(), message)
    return text % values if values else text


@cache
def _sentence(code: Language, message: str) -> Markup:
    """The sentences of the templates are some thousands and stay what they are."""
    return Markup(translations(code).gettext(message))  # noqa: S704 (a sentence of the source, not of a user)


def ngettext_(singular: str, plural: str, count: int, **values: object) -> str:
    """Translate by number; `%(n)s` is always available."""
    text = translations(language()).ngettext(singular, plural, count)
    return text % {"n": count, **values}


@total_ordering
class Lazy:
    """A sentence in a module-level table, translated when it is shown."""

    __slots__ = ("_message",)

    def __init__(self, message: str) -> None:
        self._message = message

    def __str__(self) -> str:
        return _(self._message)

    def __repr__(self) -> str:
        return f"lazy({self._message!r})"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __mod__(self, values: object) -> str:
        return str(self) % values

    def __add__(self, other: object) -> str:
        return str(self) + str(other)

    def __radd__(self, other: object) -> str:
        return str(other) + str(self)

    def __len__(self) -> int:
        return len(str(self))

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other)

    def __lt__(self, other: object) -> bool:
        return str(self) < str(other)

    def __hash__(self) -> int:
        # Equality follows the shown language, so the hash must too.
        return hash(str(self))


def lazy(message: str) -> Lazy:
    return Lazy(message)


@cache
def translations(code: str) -> NullTranslations:
    if code == SOURCE:
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, merged_catalogue(APP_ROOT, code))
    compiled.seek(0)
    return GNUTranslations(compiled)


def merged_catalogue(root: Path, code: str) -> Catalog:
    """Every `translations/<code>.po` below `root` as one; the first of a sentence wins."""
    merged = Catalog(locale=code)
    for file in sorted(root.glob(f"**/translations/{code}.po")):
        with file.open("rb") as stream:
            for message in read_po(stream, locale=code, abort_invalid=True):
                if (
                    _is_translated(message.string)
                    and not message.fuzzy
                    and message.id not in merged
                ):
                    merged.add(message.id, message.string)
    return merged


def messages(root: Path) -> Iterator[tuple[str, int, MessageId]]:
    """Every sentence to translate in Python and templates below `root`: file, line, id."""
    options = {"**.html": {"encoding": "utf-8", "silent": "false", "trimmed": "true"}}
    found = extract_from_dir(root, METHODS, options_map=options, keywords=KEYWORDS, comment_tags=())
    for file, line, message, _comments, _context in found:
        if message:
            yield file, line, message


def catalogue_gaps(root: str | Path, code: str = "en") -> list[str]:
    """`file:line: sentence` for each sentence below `root` without a translation. Empty is good."""
    known = merged_catalogue(Path(root), code)
    return [
        f"{file}:{line}: {message if isinstance(message, str) else message[0]}"
        for file, line, message in messages(Path(root))
        if not _known(known, message)
    ]


def _known(catalogue: Catalog, message: MessageId) -> bool:
    found = catalogue.get(message)
    return found is not None and _is_translated(found.string)


def _is_translated(text: object) -> bool:
    parts = text if isinstance(text, (tuple, list)) else (text,)
    return all(parts)


def init_app(app: Flask) -> None:
    translations("en")
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda message: translations(language()).gettext(message),
        ngettext=lambda one, many, n: translations(language()).ngettext(one, many, n),
        newstyle=True,
    )
    app.jinja_env.globals["_"] = in_template
    app.after_request(remember_language)


def remember_language(response: Response) -> Response:
    """Keep a chosen language in a cookie of this host only: regions do not share it."""
    chosen = None if for_programs() else request.args.get(QUERY)
    if chosen in LANGUAGES and chosen != request.cookies.get(COOKIE):
        response.set_cookie(
            COOKIE,
            chosen,
            max_age=ONE_YEAR,
            secure=request.is_secure,
            httponly=True,
            samesite="Lax",
        )
    if response.mimetype == "text/html":
        response.headers.setdefault("Content-Language", language())
        response.vary.add("Cookie")
    return response


if __name__ == "__main__":
    gaps = catalogue_gaps(APP_ROOT)
    sys.stdout.writelines(f"{gap}\n" for gap in gaps)
    sys.exit(1 if gaps else 0)
