"""What the address asks for, checked; and what is sent back as a file."""

import re
from collections.abc import Iterable

from flask import Response, g, request, stream_with_context
from werkzeug.exceptions import UnprocessableEntity

from app.services.ui.i18n import _
from app.tenancy.context import keep

LONGEST_PHRASE = 200
#: More digits than any number of an address has; a longer one is refused before it is a number.
MOST_DIGITS = 9


def number(name: str, least: int, most: int) -> int | None:
    """A whole number of the address, None when absent; raises UnprocessableEntity with the range."""
    value = request.args.get(name, "").strip()
    if not value:
        return None
    whole = value.isascii() and value.isdigit() and len(value) <= MOST_DIGITS
    if not whole or not least <= int(value) <= most:
        raise UnprocessableEntity(
            _("%(name)s harus angka %(least)s sampai %(most)s.", name=name, least=least, most=most)
        )
    return int(value)


def choice(name: str, allowed: Iterable[str]) -> str | None:
    """One of the words that the page offers, None when absent; raises UnprocessableEntity."""
    value = request.args.get(name)
    if value is not None and value not in allowed:
        raise UnprocessableEntity(_("Pilihan %(name)s tidak dikenal. Kembali ke daftar dan pilih lagi.", name=name))
    return value


def phrase(name: str) -> str:
    """Words of the address, '' when absent; raises UnprocessableEntity for what no search can hold."""
    value = request.args.get(name, "").strip()
    if len(value) > LONGEST_PHRASE or "\0" in value:
        raise UnprocessableEntity(
            _("%(name)s terlalu panjang; pakai paling banyak %(most)s huruf.", name=name, most=LONGEST_PHRASE)
        )
    return value


def code(name: str, pattern: re.Pattern[str], example: str) -> str:
    """A code of the address, '' when absent; raises UnprocessableEntity with an example."""
    value = request.args.get(name, "").strip()
    if value and not pattern.fullmatch(value):
        raise UnprocessableEntity(_("%(name)s ditulis seperti %(example)s.", name=name, example=example))
    return value


def download(lines: Iterable[bytes], mimetype: str, name: str) -> Response:
    """A streamed file, named after the region, made in the context of now."""
    response = Response(stream_with_context(keep(lines)), mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{g.site.subdomain}-{name}"'
    return response
