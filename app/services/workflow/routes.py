"""The desk: my queue, one file with what I may do, many files at once; and the public proof of the draws."""

import json
from uuid import UUID

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import UnprocessableEntity
from werkzeug.wrappers import Response as BaseResponse

from app.kernel.identifiers import uuid7
from app.services.identity.permissions import MASUK, PUBLIK, TUGAS, requires
from app.services.ui.i18n import _
from app.services.workflow import assigning, calendar, clocks, forms, people, queue
from app.services.workflow.acting import act
from app.services.workflow.models import WorkflowFile
from app.services.workflow.offers import next_word, offers, process_and_subject
from app.services.workflow.process import OWNER, Order, Refused, known, process_of
from app.services.workflow.timeline import public_steps
from app.tenancy.database import db

bp = Blueprint("workflow", __name__, template_folder="templates")
Page = str | tuple[str, int] | BaseResponse
MOST_AT_ONCE = 50


def _file(file_id: UUID) -> WorkflowFile:
    """The file, if it is the reader's own or one that somebody with his duties handles; else 404."""
    file = queue.one(file_id) or abort(404)
    if not known(file.process, file.version):
        abort(404)
    if file.owner_id == current_user.id:
        return file
    roles = {duty.role for duty in people.duties()}
    involved = {role for t in process_of(file.process, file.version).transitions for role in t.who} - {OWNER}
    return file if roles & involved or "inspektorat" in roles else abort(404)


def _filter() -> queue.Filter:
    wanted = request.args.get("q", "").strip()
    if len(wanted) > queue.LONGEST_SEARCH or "\0" in "".join(request.args.values()):
        raise UnprocessableEntity(_("Pencarian terlalu panjang; pakai paling banyak 100 huruf."))
    return queue.Filter(
        wanted, request.args.get("proses", ""), request.args.get("keadaan", ""), request.args.get("lewat") == "1"
    )


@bp.get("/tugas")
@requires(TUGAS)
def desk() -> str:
    """My queue over all processes."""
    page = request.args.get("halaman", "1")
    wanted = _filter()
    listing = queue.listing(wanted, int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 1)
    return render_template("workflow/tugas.html", wanted=wanted, listing=listing, today=calendar.today())


@bp.post("/tugas/ambil")
@requires(TUGAS)
def take_next() -> BaseResponse:
    """The file that waits longest becomes mine."""
    file = assigning.take_next()
    db.session.commit()
    if file is None:
        flash(_("Tidak ada berkas yang menunggu dan belum ditugaskan."))
        return redirect(url_for("workflow.desk"), 303)
    return redirect(url_for("workflow.file", file_id=file.id), 303)


@bp.post("/tugas/sekaligus")
@requires(TUGAS)
def at_once() -> BaseResponse:
    """One act on many files, each in its own transaction; says which were refused and why."""
    chosen = [UUID(text) for text in request.form.getlist("berkas")[:MOST_AT_ONCE] if _is_uuid(text)]
    action, order = request.form.get("action", ""), Order(reason=request.form.get("reason", "").strip())
    done, refusals = 0, []
    for file_id in chosen:
        file = _file(file_id)
        process, number = process_of(file.process, file.version), file.nomor
        if not any(t.bulk for t in process.transitions if t.action == action):
            abort(422)
        try:
            with act(process, file.subject, action, order):
                pass
            done += 1
        except Refused as refused:
            refusals.append(f"{number}: {refused}")
    flash(_("%(done)s berkas selesai, %(refused)s ditolak.", done=done, refused=len(refusals)))
    for text in refusals:
        flash(text, "awas")
    return redirect(url_for("workflow.desk"), 303)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@bp.get("/tugas/<uuid:file_id>")
@requires(MASUK)
def file(file_id: UUID) -> Page:
    """One file: where it stands, its clocks, its timeline, and what I may do."""
    return _page(_file(file_id))


def _page(file: WorkflowFile, action: str = "", typed: MultiDict[str, str] | None = None,
          errors: dict[str, str] | None = None) -> str:  # fmt: skip
    process, subject = process_and_subject(file)
    return render_template(
        "workflow/berkas.html",
        file=file, process=process, subject=subject, state=process.state(file.state), url=process.url(subject),
        offers=offers(file), steps=public_steps(file), holder=next_word(file), action=action,
        clocks=clocks.read(file, process, calendar.region_calendar(), calendar.today()),
        typed=typed or MultiDict(), errors=errors or {}, key=str(uuid7()),
    )  # fmt: skip


@bp.post("/tugas/<uuid:file_id>/<action>")
@requires(MASUK)
def do(file_id: UUID, action: str) -> Page:
    """One act; a refusal comes back beside the form, with everything that was typed."""
    file = _file(file_id)
    process, subject = process_and_subject(file)
    transition = process.find(file.state, action)
    try:
        order = forms.read_order(transition, request.form, subject)
        with act(process, file.subject, action, order) as acting:
            process.apply(acting.subject, action, order)
    except Refused as refused:
        again = queue.one(file_id) or abort(404)
        errors = {refusal.code: refusal.message for refusal in refused.refusals}
        return _page(again, action, request.form, errors), 409 if refused.code in CHANGED else 422
    flash(_("“%(title)s” tercatat.", title=str(transition.title if transition else action)))
    return redirect(url_for("workflow.file", file_id=file_id), 303)


CHANGED = {"sudah-berubah", "sudah-dilakukan"}


@bp.post("/tugas/<uuid:file_id>/benturan")
@requires(TUGAS)
def conflict(file_id: UUID) -> Page:
    """I know the applicant: somebody else takes the file."""
    file = _file(file_id)
    try:
        assigning.declare_conflict(file, request.form.get("reason", ""))
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        return _page(_file(file_id), "benturan", request.form, {refused.code: str(refused)}), 422
    flash(_("Benturan kepentingan dicatat; Anda tidak akan ditugaskan pada berkas ini."))
    return redirect(url_for("workflow.desk"), 303)


@bp.get("/undian")
@requires(PUBLIK)
def draws() -> str:
    """The hash of each day's seed, the seed afterwards, every draw: enough to compute each one again."""
    days = assigning.draw_days()
    return render_template("workflow/undian.html", days=[(day, assigning.drawn_on(day)) for day in days])


@bp.get("/undian.json")
@requires(PUBLIK)
def draws_json() -> Response:
    """The same for a program."""
    days = [
        {"hari": day.day.isoformat(), "hash": day.seed_hash, "benih": day.seed,
         "undian": [vars(drawn) for drawn in assigning.drawn_on(day)]}
        for day in assigning.draw_days()
    ]  # fmt: skip
    return Response(json.dumps(days, ensure_ascii=False), mimetype="application/json")
