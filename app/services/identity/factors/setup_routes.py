"""Setting up a second factor: an authenticator application, a passkey, recovery codes."""

from flask import Response as PictureResponse
from flask import abort, flash, g, redirect, request

from app.services import audit
from app.services.audit.queries import ACCOUNT
from app.services.identity.factors import keeping, passkeys, recovery, totp
from app.services.identity.onward import onward
from app.services.identity.pages import Page, answer, bp, party, prove
from app.services.identity.permissions import MASUK, PASANG, requires, requires_fresh
from app.services.identity.refusals import Refused
from app.services.identity.sessions import device_of
from app.services.ui.i18n import _
from app.tenancy.database import db

APP_PAGE, CODES_PAGE = "/akun/keamanan/aplikasi", "/akun/keamanan/kode"


@bp.get("/akun/keamanan/pasang")
@requires(PASANG)
def choose_factor() -> Page:
    """Which kind; whose role demands one sees nothing else until it is there."""
    return answer("pasang", None, demanded=g.standing.demanded and not g.standing.has_factor)


@bp.get(APP_PAGE)
@requires(PASANG)
@requires_fresh()
def show_app() -> Page:
    """The QR code and the field for its first code, once a secret waits."""
    return _app_page(None)


def _app_page(refused: Refused | None) -> Page:
    secret = totp.waiting_secret(g.signing_in)
    shown = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4)) if secret else ""
    uri = totp.uri(g.signing_in, secret, g.site.name) if secret else ""
    return answer("aplikasi", refused, secret=shown, uri=uri)


@bp.post(APP_PAGE)
@requires(PASANG)
@requires_fresh()
def set_up_app() -> Page:
    """Without a code: make a secret. With its first code: take it into use."""
    code = request.form.get("kode")
    if code is None:
        totp.begin(g.signing_in)
        db.session.commit()
        return redirect(APP_PAGE, 303)
    if not totp.activate(g.signing_in, code.replace(" ", "")):
        wrong = _("Kode tidak cocok. Periksa jam ponsel, lalu tulis kode yang tampil sekarang.")
        return _app_page(Refused("kode", wrong))
    return _added(keeping.APP)


@bp.get(APP_PAGE + "/qr.svg")
@requires(PASANG)
@requires_fresh()
def app_picture() -> PictureResponse:
    """The QR code of the waiting secret."""
    secret = totp.waiting_secret(g.signing_in)
    if secret is None:
        abort(404)
    return PictureResponse(totp.qr(totp.uri(g.signing_in, secret, g.site.name)), mimetype="image/svg+xml")


@bp.get("/akun/keamanan/passkey")
@requires(PASANG)
@requires_fresh()
def show_passkey() -> Page:
    """The button that asks the browser for a new passkey."""
    return _passkey_page(None, device_of(request.user_agent.string))


def _passkey_page(refused: Refused | None, label: str) -> Page:
    return answer("passkey", refused, label=label)


@bp.post("/akun/keamanan/passkey/tantangan")
@requires(PASANG)
@requires_fresh()
def passkey_challenge() -> PictureResponse:
    """What the browser needs to make one."""
    return PictureResponse(passkeys.creation_options(g.signing_in, party()), mimetype="application/json")


@bp.post("/akun/keamanan/passkey")
@requires(PASANG)
@requires_fresh()
def add_passkey() -> Page:
    """Keep the passkey that the browser made."""
    typed = "".join(letter for letter in request.form.get("label", "") if letter.isprintable())
    label = typed.strip() or device_of(request.user_agent.string) or "Passkey"
    try:
        passkeys.register(g.signing_in, request.form.get("tanggapan", ""), label, party())
    except Refused as refused:
        return _passkey_page(refused, label)
    return _added(keeping.PASSKEY)


def _added(kind: str) -> Page:
    """The person has just shown the new factor: this session has passed it. Without recovery codes, they come next."""
    account = g.signing_in
    keeping.tell_added(account, kind)
    missing = recovery.left(account) == 0
    prove(account, factor=True)
    flash(_("Faktor kedua dipasang."))
    return redirect(onward(account, CODES_PAGE if missing else "/akun/keamanan"), 303)


@bp.get(CODES_PAGE)
@requires(MASUK)
@requires_fresh()
def ask_codes() -> Page:
    """What the codes are for, how many are left, and the button that makes new ones."""
    if not g.standing.has_factor:
        return redirect("/akun/keamanan/pasang")
    return answer("kode", None, codes=[], left=recovery.left(g.signing_in))


@bp.post(CODES_PAGE)
@requires(MASUK)
@requires_fresh()
def make_codes() -> Page:
    """Ten new codes. This answer is their only copy, so it is a page and no redirect: nothing stores them readable."""
    if not g.standing.has_factor:
        return redirect("/akun/keamanan/pasang", 303)
    codes = recovery.issue(g.signing_in)
    audit.note("faktor-kedua.kode-dibuat", ACCOUNT, g.signing_in.id)
    db.session.commit()
    return answer("kode", None, codes=codes, left=len(codes))
