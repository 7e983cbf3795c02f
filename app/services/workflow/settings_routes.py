"""The administrator's pages of the workflow: calendar, standing in, limits and optional steps."""

from datetime import date
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.kernel.dates import BadDate, parse_date
from app.services.identity import accounts
from app.services.identity.permissions import AKUN_KELOLA, PENGATURAN_LIHAT, PENGATURAN_UBAH, requires
from app.services.ui.i18n import _
from app.services.workflow import calendar, delegations, settings
from app.services.workflow.process import Process, Refusal, Refused, processes
from app.tenancy.database import db

bp = Blueprint("workflow_settings", __name__, template_folder="templates")
Page = str | tuple[str, int] | Response
FIRST_YEAR, LAST_YEAR = calendar.FIRST_YEAR, calendar.LAST_YEAR


def _day(name: str) -> date:
    """A date of the form; Refused with the input's name otherwise."""
    try:
        return parse_date(request.form.get(name, ""))
    except BadDate as error:
        raise Refused(Refusal(name, str(error))) from error


def _number(name: str) -> UUID:
    try:
        return UUID(request.form.get(name, ""))
    except ValueError as error:
        raise Refused(Refusal(name, _("Pilih salah satu dari daftar."))) from error


def _errors(refused: Refused | None) -> dict[str, str]:
    return {refusal.code: refusal.message for refusal in refused.refusals} if refused else {}


@bp.get("/pengaturan/kalender")
@requires(PENGATURAN_LIHAT)
def days() -> str:
    """Holidays and joint leave of a year, and the region's own days."""
    return _calendar_page(None)


def _calendar_page(refused: Refused | None) -> str:
    asked = request.args.get("tahun", "")
    year = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else calendar.today().year
    year = min(max(year, FIRST_YEAR), LAST_YEAR)
    return render_template("workflow/kalender.html", year=year, days=calendar.days_of(year), typed=request.form,
                           errors=_errors(refused))  # fmt: skip


@bp.post("/pengaturan/kalender")
@requires(PENGATURAN_UBAH)
def set_day() -> Page:
    """The region's own rule for one day."""
    form = request.form
    try:
        day = _day("day")
        if not form.get("name", "").strip():
            raise Refused(Refusal("name", _("Tulis nama harinya, misalnya Hari Jadi Kota.")))
        if not form.get("basis", "").strip():
            raise Refused(Refusal("basis", _("Tulis dasar hukumnya.")))
        name, basis = form["name"].strip(), form["basis"].strip()
        calendar.set_day(day, works=form.get("works") == "1", name=name, legal_basis=basis)
    except Refused as refused:
        return _calendar_page(refused), 422
    db.session.commit()
    flash(_("Kalender disimpan. Batas waktu yang dihitung sesudah ini memakainya."))
    return redirect(url_for("workflow_settings.days", tahun=day.year), 303)


@bp.post("/pengaturan/kalender/hapus")
@requires(PENGATURAN_UBAH)
def forget_day() -> Page:
    """Take the region's own rule for a day back."""
    try:
        day = _day("day")
    except Refused as refused:
        return _calendar_page(refused), 422
    calendar.forget_day(day)
    db.session.commit()
    return redirect(url_for("workflow_settings.days", tahun=day.year), 303)


@bp.get("/pengaturan/pelimpahan")
@requires(AKUN_KELOLA)
def standing_in() -> str:
    """Who stands in for whom."""
    return _delegations_page(None)


def _delegations_page(refused: Refused | None) -> str:
    people = [account for account in accounts.everyone() if account.is_active]
    return render_template(
        "workflow/pelimpahan.html", rows=delegations.everything(), today=calendar.today(), typed=request.form,
        people=[(str(person.id), person.nama) for person in people], roles=list(accounts.role_names().items()),
        errors=_errors(refused),
    )  # fmt: skip


@bp.post("/pengaturan/pelimpahan")
@requires(AKUN_KELOLA)
def lend() -> Page:
    """Lend a role between two dates."""
    form = request.form
    try:
        wanted = delegations.Wanted(
            _number("giver"), _number("taker"), form.get("role", ""), form.get("kind", ""), _day("starts_on"),
            _day("ends_on"), form.get("letter_no", ""),
        )  # fmt: skip
        delegations.lend(wanted)
    except Refused as refused:
        db.session.rollback()
        return _delegations_page(refused), 422
    db.session.commit()
    flash(_("Pelimpahan tugas dicatat."))
    return redirect(url_for("workflow_settings.standing_in"), 303)


@bp.post("/pengaturan/pelimpahan/akhiri")
@requires(AKUN_KELOLA)
def end() -> Page:
    """End a delegation before its day."""
    try:
        delegations.end(_number("id"))
    except Refused as refused:
        return _delegations_page(refused), 422
    db.session.commit()
    flash(_("Pelimpahan tugas diakhiri."))
    return redirect(url_for("workflow_settings.standing_in"), 303)


def _process(code: str) -> Process:
    return next((process for process in processes() if process.code == code), None) or abort(404)


@bp.get("/pengaturan/alur")
@requires(PENGATURAN_LIHAT)
def rules() -> str:
    """Limits and optional steps of every process, with what was changed, by whom and from when."""
    return _rules_page(None)


def _rules_page(refused: Refused | None) -> str:
    day = calendar.today()
    shown = [
        (process, settings.names_of(process), settings.rules_on(process, day), settings.everything(process))
        for process in processes()
    ]
    return render_template("workflow/alur.html", shown=shown, typed=request.form, errors=_errors(refused))


@bp.post("/pengaturan/alur")
@requires(PENGATURAN_UBAH)
def propose() -> Page:
    """Propose a change; another person approves it."""
    form = request.form
    try:
        settings.propose(
            _process(form.get("process", "")), form.get("nama", ""), form.get("nilai", "").strip(),
            form.get("dasar", ""), _day("berlaku"),
        )  # fmt: skip
    except Refused as refused:
        db.session.rollback()
        return _rules_page(refused), 422
    db.session.commit()
    flash(_("Perubahan diusulkan; orang lain menyetujuinya."))
    return redirect(url_for("workflow_settings.rules"), 303)


@bp.post("/pengaturan/alur/setujui")
@requires(PENGATURAN_UBAH)
def approve() -> Page:
    """Approve what somebody else proposed."""
    try:
        settings.approve(_number("id"))
    except Refused as refused:
        db.session.rollback()
        return _rules_page(refused), 422
    db.session.commit()
    flash(_("Perubahan disetujui. Berkas yang sudah dibuka tetap memakai aturan lamanya."))
    return redirect(url_for("workflow_settings.rules"), 303)
