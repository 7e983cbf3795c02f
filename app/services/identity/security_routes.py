"""One's own security page, the region's rules on second factors, and the administrator's reset."""

from uuid import UUID

from flask import abort, flash, g, redirect, request
from flask_login import current_user

from app.services import audit
from app.services.audit.queries import ACCOUNT
from app.services.identity import accounts, policy, sessions
from app.services.identity.factors import keeping, recovery
from app.services.identity.pages import REGION, Page, answer, bp
from app.services.identity.permissions import AKUN_KELOLA, KEAMANAN_KELOLA, MASUK, requires, requires_fresh
from app.services.identity.refusals import Refused
from app.services.ui.i18n import _
from app.tenancy.database import db


@bp.get("/akun/keamanan")
@requires(MASUK)
def security() -> Page:
    """Factors, recovery codes, sign-in elsewhere, sessions."""
    return _security_page(None)


def _security_page(refused: Refused | None) -> Page:
    return answer(
        "keamanan", refused, factors=keeping.factors(current_user), codes=recovery.left(current_user),
        few=recovery.FEW, demanded=g.standing.demanded, has_factor=g.standing.has_factor,
        sessions=sessions.open_sessions(current_user.id), here=g.standing.id,
    )  # fmt: skip


@bp.post("/akun/keamanan/sesi")
@requires(MASUK)
def end_other_sessions() -> Page:
    """End every session but this one."""
    ended = sessions.end_all(current_user.id, but=g.standing.id)
    audit.note("sesi.akhiri", ACCOUNT, current_user.id, after={"jumlah": ended})
    db.session.commit()
    flash(_("%(count)s sesi lain diakhiri.", count=ended))
    return redirect("/akun/keamanan", 303)


@bp.post("/akun/keamanan/sesi/<uuid:session_id>")
@requires(MASUK)
def end_one_session(session_id: UUID) -> Page:
    """End one of one's own sessions: the browser at the office, the phone that was lost."""
    if not sessions.end_of(current_user.id, session_id):
        abort(404)
    audit.note("sesi.akhiri", ACCOUNT, current_user.id, after={"jumlah": 1})
    db.session.commit()
    flash(_("Sesi itu diakhiri."))
    return redirect("/akun/keamanan", 303)


def _own_factor(factor_id: UUID) -> keeping.Factor:
    found = [factor for factor in keeping.factors(current_user) if factor.id == factor_id]
    if not found:
        abort(404)
    return found[0]


@bp.get("/akun/keamanan/hapus/<uuid:factor_id>")
@requires(MASUK)
@requires_fresh()
def ask_remove(factor_id: UUID) -> Page:
    """Confirm."""
    return answer("hapus_faktor", None, factor=_own_factor(factor_id))


@bp.post("/akun/keamanan/hapus/<uuid:factor_id>")
@requires(MASUK)
@requires_fresh()
def remove_factor(factor_id: UUID) -> Page:
    """Take a factor away."""
    try:
        keeping.remove(current_user, _own_factor(factor_id), g.standing.id)
    except Refused as refused:
        return _security_page(refused)
    flash(_("Dihapus. Semua sesi lain sudah berakhir."))
    return redirect("/akun/keamanan", 303)


@bp.get("/pengaturan/keamanan")
@requires(KEAMANAN_KELOLA)
@requires_fresh()
def security_rules() -> Page:
    """Which roles must have a second factor, and how many already do."""
    return answer("keamanan_daerah", None, roles=policy.role_counts(accounts.role_names()))


@bp.post("/pengaturan/keamanan")
@requires(KEAMANAN_KELOLA)
@requires_fresh(30)
def set_security_rules() -> Page:
    """Demand a second factor of the chosen roles."""
    roles, before = frozenset(request.form.getlist("peran")), policy.enforced_roles()
    try:
        policy.enforce(roles)
    except Refused as refused:
        return answer("keamanan_daerah", refused, roles=policy.role_counts(accounts.role_names()))
    audit.note(
        "faktor-kedua.kewajiban", REGION, str(g.site.region_id), before={"peran": sorted(before)},
        after={"peran": sorted(roles)},
    )  # fmt: skip
    db.session.commit()
    flash(_("Disimpan. Kewajiban ini berlaku mulai sekarang, juga untuk yang sedang masuk."))
    return redirect("/pengaturan/keamanan", 303)


@bp.get("/pengaturan/akun/<uuid:account_id>/faktor")
@requires(AKUN_KELOLA)
@requires_fresh()
def ask_reset_factor(account_id: UUID) -> Page:
    """Confirm, with the person's name."""
    person = accounts.of_number(account_id)
    if person is None:
        abort(404)
    return answer("atur_ulang_faktor", None, person=person)


@bp.post("/pengaturan/akun/<uuid:account_id>/faktor")
@requires(AKUN_KELOLA)
@requires_fresh()
def reset_factor(account_id: UUID) -> Page:
    """Take every factor of a person away; a letter tells."""
    person = accounts.of_number(account_id)
    if person is None:
        abort(404)
    try:
        keeping.reset(account_id, current_user)
    except Refused as refused:
        return answer("atur_ulang_faktor", refused, person=person)
    flash(_("Faktor kedua %(nama)s diatur ulang; semua sesinya berakhir dan ia mendapat surat.", nama=person.nama))
    return redirect("/pengaturan/akun", 303)
