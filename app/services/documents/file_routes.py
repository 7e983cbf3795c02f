"""Sending files in chunks, fetching documents, the region's arms."""

import tempfile
from typing import IO
from uuid import UUID

from flask import Blueprint, abort, flash, g, jsonify, redirect, render_template, request
from flask_login import current_user
from werkzeug.exceptions import ClientDisconnected
from werkzeug.wrappers import Response

from app.services import audit
from app.services.documents import arms, store, uploads
from app.services.documents.kinds import FileRefused, accept_attribute, kinds
from app.services.documents.storage import Missing
from app.services.documents.uploads import Upload, WrongOffset
from app.services.identity.permissions import MASUK, PENGATURAN_UBAH, PUBLIK, requires
from app.services.ui.i18n import _
from app.tenancy.database import db

bp = Blueprint("documents", __name__, template_folder="templates")
Page = str | tuple[str, int] | Response | tuple[Response, int]
CHUNK = 1024 * 1024
OFFSET = "Upload-Offset"
#: A browser that shows the file in spite of everything runs nothing of it.
SANDBOX = "default-src 'none'; sandbox"
PUBLIC_SECONDS = 3600


@bp.before_request
def only_sites_of_regions() -> None:
    """The landing page has no documents."""
    if g.site.room == "landing":
        abort(404)


def refusal(refused: FileRefused) -> tuple[Response, int]:
    """For unggah.js: RFC 9457 problem details with the sentence for the person."""
    return jsonify(status=422, code=refused.code, detail=str(refused)), 422


def _state(upload: Upload) -> dict[str, object]:
    return {"url": f"/unggahan/{upload.id}", "received": upload.received, "size": upload.size, "chunk": CHUNK}


def _at(upload: Upload | None) -> Response:
    if upload is None:
        abort(404)
    return Response(status=204, headers={OFFSET: str(upload.received)})


def _elsewhere(wrong: WrongOffset) -> Response:
    return Response(status=409, headers={OFFSET: str(wrong.received)})


@bp.post("/unggahan")
@requires(MASUK)
def begin_upload() -> Page:
    """Begin: kind, name and size are said before a byte is sent."""
    kind = kinds().get(request.form.get("kind", ""))
    size = request.form.get("size", type=int)
    if kind is None or size is None:
        abort(422)
    try:
        return jsonify(_state(uploads.create(kind, request.form.get("name", ""), size))), 201
    except FileRefused as refused:
        return refusal(refused)


@bp.get("/unggahan/<uuid:upload_id>")
@requires(MASUK)
def upload_state(upload_id: UUID) -> Page:
    """Where the server is."""
    upload = uploads.find(upload_id)
    return jsonify(_state(upload)) if upload else abort(404)


@bp.patch("/unggahan/<uuid:upload_id>")
@requires(MASUK)
def continue_upload(upload_id: UUID) -> Page:
    """One chunk from where the server is; of a chunk whose line broke, what arrived is kept."""
    upload = uploads.find(upload_id)
    db.session.rollback()
    if upload is None:
        abort(404)
    start = request.headers.get(OFFSET, type=int)
    if start is None or not 0 < (request.content_length or 0) <= uploads.CHUNK_LIMIT:
        abort(422)
    if start != upload.received:
        return _elsewhere(WrongOffset(upload.received))
    with tempfile.SpooledTemporaryFile(max_size=CHUNK) as body:
        size = _arrived(body)
        body.seek(0)
        try:
            return _at(uploads.append(upload_id, start, body, size))
        except WrongOffset as wrong:
            return _elsewhere(wrong)


def _arrived(body: IO[bytes]) -> int:
    """Copy what arrives of the request's body; returns how much, also when the line breaks."""
    try:
        while chunk := request.stream.read(64 * 1024):
            body.write(chunk)
    except (ClientDisconnected, OSError):
        return body.tell()
    return body.tell()


@bp.post("/unggahan/<uuid:upload_id>/selesai")
@requires(MASUK)
def finish_upload(upload_id: UUID) -> Page:
    """Check the whole file; the form's own button then takes it."""
    try:
        upload = uploads.finish(upload_id)
    except WrongOffset as wrong:
        return _elsewhere(wrong)
    except FileRefused as refused:
        return refusal(refused)
    return jsonify(_state(upload)) if upload else abort(404)


@bp.get("/dokumen/<uuid:document_id>")
@requires(PUBLIK)
def download(document_id: UUID) -> Page:
    """A document to whoever may read it, else 404; the public sees a picture without what the camera wrote in it."""
    document = store.readable(document_id, current_user if current_user.is_authenticated else None)
    if document is None:
        abort(404)
    public = document.visibility == "publik"
    try:
        content = store.content(document, whole=not public)
    except Missing:
        abort(404)
    if not public:
        audit.look("document", document.id, document.kind)
    response = Response(content, mimetype=document.media_type)
    response.content_length = document.shown_size(whole=not public)
    response.headers.set("Content-Disposition", "attachment", filename=document.file_name)
    response.headers["Content-Security-Policy"] = SANDBOX
    if public:
        response.headers["Cache-Control"] = f"public, max-age={PUBLIC_SECONDS}"
        response.set_etag(document.id.hex)
        response.make_conditional(request)
    return response


@bp.get("/pengaturan/lambang")
@requires(PENGATURAN_UBAH)
def show_arms() -> Page:
    """The arms in use and the form for new ones."""
    return _arms_page(None)


@bp.post("/pengaturan/lambang")
@requires(PENGATURAN_UBAH)
def replace_arms() -> Page:
    """New arms; the old ones stay, letters that carry them too."""
    try:
        document = uploads.take(request.form, request.files, "berkas", arms.KIND, arms.PLACE)
    except FileRefused as refused:
        db.session.rollback()
        return _arms_page(refused), 422
    audit.note("lambang.ganti", "document", document.id, after={"sha256": document.sha256})
    db.session.commit()
    arms.forget(g.site.region_id)
    flash(_("Lambang daerah diganti."), "baik")
    return redirect("/pengaturan/lambang", 303)


def _arms_page(refused: FileRefused | None) -> str:
    return render_template(
        "documents/lambang.html", errors={refused.field: str(refused)} if refused else {}, kind=arms.KIND,
        accept=accept_attribute(arms.KIND), document=arms.current(),
    )  # fmt: skip
