"""The rules for whoever tunes them: volume and precision, parameters with the effect of a change, pauses."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.kernel.dates import BadDate, parse_date
from app.services.identity import accounts
from app.services.identity.permissions import TEMUAN_ATUR, requires
from app.services.integrity import precision, preview, queries, tuning
from app.services.integrity.precision import LEAST_DECIDED, Record
from app.services.integrity.rules import SEVERITY_LOOK, RedFlag, all_flags, flag_of
from app.services.ui.i18n import _
from app.services.workflow import calendar
from app.services.workflow.process import Refusal, Refused
from app.tenancy.database import db

bp = Blueprint("integrity_rules", __name__, template_folder="templates")
Page = str | tuple[str, int] | Response


@bp.get("/temuan/aturan")
@requires(TEMUAN_ATUR)
def rules() -> str:
    """Every rule: whether it runs, how much it found, how often it was right."""
    return render_template(
        "integrity/aturan.html", flags=all_flags(), records=precision.records(), outcomes=queries.outcomes(),
        severity=SEVERITY_LOOK, nothing=Record(""), decided=LEAST_DECIDED, scans=queries.last_scans(),
    )  # fmt: skip


def _flag(rule: str) -> RedFlag:
    flag = flag_of(rule)
    return flag if flag is not None and flag.find is not None else abort(404)


def _errors(refused: Refused | None) -> dict[str, str]:
    return {refusal.code: refusal.message for refusal in refused.refusals} if refused else {}


def _page(rule: str, typed: Mapping[str, str], effect: Any = None, refused: Refused | None = None) -> Page:
    flag = _flag(rule)
    values, changes = tuning.values_of(flag), tuning.changes_of(flag)
    shown = {param.name: typed.get(param.name) or param.write(values[param.name]) for param in flag.tunable}
    page = render_template(
        "integrity/satu_aturan.html", flag=flag, record=precision.records().get(rule, Record(rule)), changes=changes,
        names=accounts.names({str(change.proposed_by) for change in changes}), shown=shown, typed=typed, effect=effect,
        errors=_errors(refused), severity=SEVERITY_LOOK, decided=LEAST_DECIDED, today=calendar.today(),
    )  # fmt: skip
    return (page, 422) if refused else page


@bp.get("/temuan/aturan/<rule>")
@requires(TEMUAN_ATUR)
def rule(rule: str) -> Page:
    """One rule; with values in the address, what they would change on last year's data."""
    flag = _flag(rule)
    typed = {param.name: request.args.get(param.name, "") for param in flag.tunable}
    if not any(typed.values()):
        return _page(rule, typed)
    try:
        effect = preview.effect(flag, typed)
    except Refused as refused:
        return _page(rule, typed, refused=refused)
    return _page(rule, typed, effect)


@bp.post("/temuan/aturan/<rule>")
@requires(TEMUAN_ATUR)
def propose(rule: str) -> Page:
    """Propose a change; another person approves it."""
    flag = _flag(rule)
    try:
        tuning.propose(flag, request.form, request.form.get("alasan", ""), _day("berlaku"))
    except Refused as refused:
        db.session.rollback()
        return _page(rule, request.form, refused=refused)
    db.session.commit()
    flash(_("Perubahan diusulkan; orang lain menyetujuinya."))
    return redirect(url_for("integrity_rules.rule", rule=rule), 303)


def _day(name: str) -> Any:
    try:
        return parse_date(request.form.get(name, ""))
    except BadDate as error:
        raise Refused(Refusal(name, str(error))) from error


@bp.post("/temuan/aturan/<rule>/setujui")
@requires(TEMUAN_ATUR)
def approve(rule: str) -> Page:
    """Approve what somebody else proposed."""
    try:
        tuning.approve(_number("id"))
    except Refused as refused:
        db.session.rollback()
        return _page(rule, {}, refused=refused)
    db.session.commit()
    flash(_("Perubahan disetujui dan dipakai pada pemindaian berikutnya."))
    return redirect(url_for("integrity_rules.rule", rule=rule), 303)


def _number(name: str) -> UUID:
    try:
        return UUID(request.form.get(name, ""))
    except ValueError as error:
        raise Refused(Refusal(name, _("Pilih salah satu dari daftar."))) from error


@bp.post("/temuan/aturan/<rule>/lanjutkan")
@requires(TEMUAN_ATUR)
def resume(rule: str) -> Page:
    """Let a rule that had paused itself run again; its record begins anew."""
    reason = request.form.get("alasan_lanjut", "").strip()
    if not reason:
        return _page(
            rule, {}, refused=Refused(Refusal("alasan_lanjut", _("Tulis mengapa aturan ini dijalankan lagi.")))
        )
    precision.resume(rule, reason)
    db.session.commit()
    flash(_("Aturan dijalankan lagi; ketepatannya dihitung dari awal."))
    return redirect(url_for("integrity_rules.rule", rule=rule), 303)
