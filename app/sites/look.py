"""The look of a region's portal: colours with a contrast check, and the language that a first visitor reads."""

import json

from flask import Blueprint, flash, g, redirect, render_template, request
from sqlalchemy import text
from werkzeug.wrappers import Response

from app.services import audit
from app.services.identity.permissions import PENGATURAN_UBAH, requires
from app.services.ui.i18n import LANGUAGES, _
from app.services.ui.tokens import check_tokens
from app.tenancy.database import db

bp = Blueprint("look", __name__, template_folder="templates")
COLOURS = ("utama", "aksen")


@bp.get("/pengaturan/tampilan")
@requires(PENGATURAN_UBAH)
def look() -> str:
    """The form, filled with what is in force."""
    tokens = g.site.tokens
    return _page({name: tokens.get(name, "") for name in COLOURS} | {"bahasa": g.site.language}, [])


@bp.post("/pengaturan/tampilan")
@requires(PENGATURAN_UBAH)
def save() -> str | tuple[str, int] | Response:
    """Keep the colours if they can be read, else say which pair cannot."""
    typed = {name: request.form.get(name, "").strip() for name in (*COLOURS, "bahasa")}
    tokens = {name: typed[name].lower() for name in COLOURS if typed[name]}
    errors = [("utama", problem) for problem in check_tokens(tokens)]
    if typed["bahasa"] not in LANGUAGES:
        errors.append(("bahasa", _("Pilih salah satu bahasa.")))
    if errors:
        return _page(typed, errors), 422
    statement = text("SELECT tenancy.set_site_look(:tokens, :language)")
    db.session.execute(statement, {"tokens": json.dumps(tokens), "language": typed["bahasa"]})
    audit.note(
        "daerah.tampilan", "region", str(g.site.region_id),
        before={**g.site.tokens, "bahasa": g.site.language}, after={**tokens, "bahasa": typed["bahasa"]},
    )  # fmt: skip
    db.session.commit()
    flash(_("Tampilan disimpan; seluruh halaman memakainya dalam beberapa detik."))
    return redirect("/pengaturan/tampilan", 303)


def _page(typed: dict[str, str], errors: list[tuple[str, str]]) -> str:
    return render_template("sites/look.html", typed=typed, errors=errors)
