"""Reading other people's tables: hostile files, foreign headers; and the minutes of what came in."""

from pathlib import Path

from flask import Flask

from app.services.documents.kinds import FileRefused, FileType, register_type
from app.services.documents.letters.layouts import register_letter
from app.services.identity.permissions import PENGATURAN_LIHAT
from app.services.imports import minutes, routes
from app.services.imports.limits import TableError
from app.services.imports.tabular import open_table
from app.services.ui.i18n import lazy
from app.services.ui.portal import OwnPage, register_own_page

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _check(suffix: str, path: Path) -> None:
    """Read the whole table once.

    Raises:
        FileRefused: it is none, or a trap.
    """
    try:
        with open_table(path, f"tabel{suffix}") as table:
            for _row in table:
                pass
    except TableError as error:
        raise FileRefused(error.code, str(error)) from error


def init_app(app: Flask) -> None:
    """Register the pages, the letter, and tables as types of documents."""
    app.register_blueprint(routes.bp)
    register_letter(minutes.LETTER)
    register_own_page(
        OwnPage(
            lazy("Riwayat impor"),
            lazy("Berkas yang pernah masuk, dan berita acaranya."),
            "/pengaturan/impor",
            PENGATURAN_LIHAT,
        )
    )
    register_type(FileType("xlsx", XLSX, ".xlsx", lambda head: head.startswith(b"PK\x03\x04"),
                           lambda path: _check(".xlsx", path)))  # fmt: skip
    register_type(
        FileType("csv", "text/csv", ".csv", lambda head: b"\0" not in head, lambda path: _check(".csv", path))
    )
