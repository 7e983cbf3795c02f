"""Signing in and out, one's own account, the links of letters, and the region's accounts."""

from uuid import UUID

from flask import abort, current_app, flash, g, redirect, render_template, request, session, url_for
from flask_login import current_user, logout_user

from app.services import audit
from app.services.audit.queries import ACCOUNT_LIST
from app.services.identity import accounts
from app.services.identity.factors import keeping
from app.services.identity.onward import path_here
from app.services.identity.pages import Page, address, answer, begin_session, bp, end_session, enter
from app.services.identity.permissions import AKUN_KELOLA, KELUAR, MASUK, PENGATURAN_LIHAT, PUBLIK, requires
from app.services.identity.refusals import Refused
from app.services.identity.settings_page import settings_page
from app.services.identity.sso import provider
from app.services.messages.mail import letters
from app.services.ui.i18n import _
from app.tenancy.database import db
from app.tenancy.site import site_url


def _own_address() -> str:
    return site_url(g.site, current_app.extensions["settings"])


def sign_in_page(refused: Refused | None, email: str = "", next_path: str = "/akun") -> Page:
    """The form, with the other ways in that this region offers."""
    return answer("masuk", refused, email=email, next_path=next_path, sso=provider.name_on_door())


@bp.get("/masuk")
@requires(PUBLIK)
def sign_in() -> Page:
    """The form."""
    if current_user.is_authenticated:
        return redirect("/akun")
    return sign_in_page(None, next_path=path_here(request.args.get("lanjut", "/akun")))


@bp.post("/masuk")
@requires(PUBLIK)
def sign_in_now() -> Page:
    """Check the credentials; keeps the address that was typed."""
    next_path = path_here(request.form.get("lanjut", "/akun"))
    email = request.form.get("email", "")
    try:
        account = accounts.sign_in(email, request.form.get("sandi", ""), address())
    except Refused as refused:
        return sign_in_page(refused, email, next_path)
    return enter(account, "sandi", next_path)


@bp.get("/keluar")
@requires(KELUAR)
def ask_sign_out() -> Page:
    """Confirm."""
    return answer("keluar", None)


@bp.post("/keluar")
@requires(KELUAR)
def sign_out() -> Page:
    """End this session, for every copy of its cookie."""
    end_session()
    if current_user.is_authenticated:
        accounts.sign_out(current_user)
    db.session.commit()
    logout_user()
    session.clear()
    return redirect("/", 303)


@bp.get("/akun")
@requires(MASUK)
def account() -> Page:
    """One's own account."""
    return answer("akun", None, roles=accounts.names_of(current_user.roles))


@bp.post("/akun/sandi")
@requires(MASUK)
def change_password() -> Page:
    """A new password ends every session but this one."""
    form = request.form
    try:
        if not accounts.verify(current_user, form.get("lama", "")):
            raise Refused("lama", _("Kata sandi lama tidak cocok."))
        accounts.check_password(current_user, form.get("sandi", ""), form.get("ulangi", ""))
    except Refused as refused:
        return answer("akun", refused, roles=accounts.names_of(current_user.roles))
    how, factor = g.standing.how, g.standing.factor_at is not None
    begin_session(accounts.set_password(current_user, form["sandi"]), how, factor=factor)
    db.session.commit()
    flash(_("Kata sandi diganti. Semua sesi lain sudah berakhir."))
    return redirect("/akun", 303)


@bp.get("/lupa-sandi")
@requires(PUBLIK)
def forgotten() -> Page:
    """Ask for a link."""
    return answer("lupa", None, email="", sent=False)


@bp.post("/lupa-sandi")
@requires(PUBLIK)
def send_reset() -> Page:
    """The same answer whether the account exists or not."""
    email = request.form.get("email", "")
    try:
        accounts.ask_reset(email, address(), _own_address())
    except Refused as refused:
        return answer("lupa", refused, email=email, sent=False)
    return answer("lupa", None, email=email, sent=True)


@bp.get("/sandi/<token>")
@requires(PUBLIK)
def new_password(token: str) -> Page:
    """The page behind the link of a letter."""
    owner = accounts.owner_of(token)
    return answer("sandi", None, owner=owner) if owner else (render_template("identity/tautan_mati.html"), 404)


@bp.post("/sandi/<token>")
@requires(PUBLIK)
def set_new_password(token: str) -> Page:
    """Set it, use the link up, sign in."""
    owner = accounts.owner_of(token)
    if owner is None:
        return render_template("identity/tautan_mati.html"), 404
    try:
        accounts.check_password(owner, request.form.get("sandi", ""), request.form.get("ulangi", ""))
    except Refused as refused:
        return answer("sandi", refused, owner=owner)
    return enter(accounts.set_password(owner, request.form["sandi"]), "tautan", "/akun")


@bp.get("/pengaturan")
@requires(PENGATURAN_LIHAT)
def settings() -> Page:
    """The region's settings, how it was provisioned, what was imported."""
    return answer("pengaturan", None, **settings_page())


@bp.get("/pengaturan/akun")
@requires(AKUN_KELOLA)
def people() -> Page:
    """The region's accounts and the form of an invitation."""
    return _people(None)


def _people(refused: Refused | None) -> Page:
    audit.look(ACCOUNT_LIST, str(g.site.region_id), "nama, surel dan peran semua akun")
    names = accounts.role_names()
    return answer("akun_daerah", refused, people=accounts.everyone(), options=list(names.items()), names=names,
                  holders=keeping.holders(), typed=request.form)  # fmt: skip


@bp.post("/pengaturan/akun")
@requires(AKUN_KELOLA)
def invite() -> Page:
    """Invite somebody by e-mail."""
    form = request.form
    try:
        accounts.invite(form.get("email", ""), form.get("nama", ""), frozenset(form.getlist("peran")), _own_address())
    except Refused as refused:
        db.session.rollback()
        return _people(refused)
    db.session.commit()
    flash(_("Undangan dikirim ke %(email)s.", email=form["email"]))
    return redirect(url_for("identity.people"), 303)


@bp.post("/pengaturan/akun/<uuid:account_id>/tutup")
@requires(AKUN_KELOLA)
def close(account_id: UUID) -> Page:
    """Close an account."""
    try:
        known = accounts.close(account_id, current_user)
    except Refused as refused:
        return _people(refused)
    if not known:
        abort(404)
    flash(_("Akun ditutup; semua sesinya berakhir."))
    return redirect(url_for("identity.people"), 303)


@bp.get("/contoh/surat")
@requires(PUBLIK)
def demo_letters() -> Page:
    """The letters of the demonstration; nowhere else."""
    deployment = current_app.extensions["settings"]
    if not (deployment.demo and g.site.demo) or deployment.smtp_url:
        abort(404)
    return answer("surat", None, letters=letters(deployment))
