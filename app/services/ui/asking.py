"""What the address asks for, checked; and what is sent back as a file."""

from collections.abc import Iterable

from flask import Response, g, request, stream_with_context
from werkzeug.exceptions import UnprocessableEntity

from app.services.ui.i18n import _
from app.tenancy.context import keep


def number(name: str, least: int, most: int) -> int | None:
    """A whole number of the address, None when absent; raises UnprocessableEntity with the range."""
    value = request.args.get(name, "").strip()
    if not value:
        return None
    if not value.isascii() or not value.isdigit() or not least <= int(value[:9]) <= most:
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


def download(lines: Iterable[bytes], mimetype: str, name: str) -> Response:
    """A streamed file, named after the region, made in the context of now."""
    response = Response(stream_with_context(keep(lines)), mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{g.site.subdomain}-{name}"'
    return response
