"""Error pages: what happened, what to do next, a way home. They name no region for an unknown host,
and they still render when the database or a context processor is what failed."""

from flask import Flask, Response, current_app, g, json, request
from werkzeug.exceptions import HTTPException

from app.services.ui.i18n import Lazy, for_programs, lazy

TEXTS: dict[int, tuple[Lazy, Lazy]] = {
    400: (
        lazy("Permintaan tidak dapat dibaca"),
        lazy(
            "Kembali ke halaman sebelumnya, muat ulang, lalu coba sekali lagi. "
            "Isian Anda belum terkirim."
        ),
    ),
    401: (
        lazy("Silakan masuk dulu"),
        lazy("Halaman ini memerlukan akun. Masuk, lalu buka kembali alamat ini."),
    ),
    403: (
        lazy("Anda tidak berwenang membuka halaman ini"),
        lazy("Masuk dengan akun yang berwenang, atau minta hak akses kepada admin daerah Anda."),
    ),
    404: (
        lazy("Halaman tidak ditemukan"),
        lazy("Periksa kembali alamatnya. Halaman mungkin sudah dipindahkan atau tidak pernah ada."),
    ),
    405: (
        lazy("Tindakan ini tidak tersedia di alamat ini"),
        lazy("Buka kembali halaman asalnya dan gunakan tombol yang ada di sana."),
    ),
    413: (
        lazy("Berkas terlalu besar"),
        lazy(
            "Kompres berkas atau unggah per bagian, lalu kirim lagi. "
            "Batas ukuran tertulis di samping isian berkas."
        ),
    ),
    414: (
        lazy("Alamat terlalu panjang"),
        lazy("Kurangi jumlah saringan, atau mulai lagi dari halaman awal daftar."),
    ),
    422: (
        lazy("Isian belum dapat diterima"),
        lazy("Kembali ke formulir, perbaiki isian yang ditandai, lalu kirim lagi."),
    ),
    429: (
        lazy("Terlalu banyak permintaan"),
        lazy(
            "Tunggu sebentar, lalu coba lagi. "
            "Pembatasan ini menjaga layanan tetap lancar bagi semua orang."
        ),
    ),
    500: (
        lazy("Terjadi kesalahan di sistem kami"),
        lazy(
            "Ini bukan kesalahan Anda. Coba lagi beberapa menit lagi; "
            "bila berulang, sampaikan kepada admin daerah."
        ),
    ),
    503: (
        lazy("Layanan sedang tidak tersedia"),
        lazy("Data Anda aman. Coba lagi beberapa saat lagi."),
    ),
}


def render_error(code: int, title: str, help: str) -> str:  # noqa: A002 (the word that page authors use)
    """The error page as HTML. Uses no context processor: one of them may be what failed."""
    template = current_app.jinja_env.get_template("ui/error.html")
    return template.render(code=code, title=str(title), help=str(help), site=g.get("site"))


def problem(code: int, title: str, detail: str) -> str:
    """The same as RFC 9457 problem details, for programs."""
    return json.dumps(
        {"status": code, "title": str(title), "detail": str(detail)}, ensure_ascii=False
    )


def wants_problem() -> bool:
    if for_programs() or request.path.endswith(".json"):
        return True
    accepted = request.accept_mimetypes
    return accepted["application/json"] > accepted["text/html"]


def handle(error: HTTPException) -> Response:
    """Answer with the page (or problem details), keeping headers such as Allow and Retry-After."""
    response = error.get_response()
    if not isinstance(response, Response):
        response = Response(status=error.code, headers=list(response.headers))
    code = error.code or 500
    title, help_text = (str(part) for part in TEXTS[code])
    if error.description and error.description != type(error).description:
        # Who raised it knew more than the status code does, and said so in the reader's language.
        help_text = error.description
    if wants_problem():
        response.set_data(problem(code, title, help_text))
        response.content_type = "application/problem+json"
        return response
    response.set_data(render_error(code, title, help_text))
    response.content_type = "text/html; charset=utf-8"
    return response


def init_app(app: Flask) -> None:
    for code in TEXTS:
        app.register_error_handler(code, handle)
