"""Showing the second factor at sign-in, showing again that it is you, and signing in by passkey alone."""

from flask import Response as JsonResponse
from flask import g, redirect, request

from app.services.identity import accounts, attempts
from app.services.identity.factors import passkeys, proof
from app.services.identity.onward import onward, path_here
from app.services.identity.pages import Page, address, answer, bp, enter, party, prove
from app.services.identity.permissions import FAKTOR, PUBLIK, Stage, requires
from app.services.identity.refusals import Refused, TooMany
from app.services.identity.routes import sign_in_page
from app.services.identity.sso import provider
from app.tenancy.database import db


def _page(refused: Refused | None, next_path: str) -> Page:
    account, standing = g.signing_in, g.standing
    return answer(
        "faktor", refused, account=account, next_path=next_path, again=standing.stage is Stage.FULL,
        factor=standing.has_factor, passkey=passkeys.usable_here(account.id, party().host),
        password=accounts.has_password(account), sso=provider.name_on_door(),
    )  # fmt: skip


@bp.get("/masuk/faktor")
@requires(FAKTOR)
def ask_factor() -> Page:
    """The second step of signing in; for who is in already, the proof that it is still the same person."""
    return _page(None, path_here(request.args.get("lanjut", "/akun")))


@bp.post("/masuk/faktor")
@requires(FAKTOR)
def give_factor() -> Page:
    """A code, a passkey's answer, or, where there is no second factor, the password."""
    next_path = path_here(request.form.get("lanjut", "/akun"))
    account, has_factor = g.signing_in, g.standing.has_factor
    try:
        if "tanggapan" in request.form:
            proof.by_passkey(account, request.form["tanggapan"], party(), address())
        elif has_factor:
            proof.by_code(account, request.form.get("kode", ""), address())
        else:
            proof.by_password(account, request.form.get("sandi", ""), address())
    except Refused as refused:
        return _page(refused, next_path)
    prove(account, factor=has_factor)
    return redirect(onward(account, next_path), 303)


@bp.post("/masuk/faktor/tantangan")
@requires(FAKTOR)
def factor_challenge() -> JsonResponse:
    """What the browser needs to ask for one of the account's passkeys."""
    return JsonResponse(passkeys.request_options(party(), g.signing_in), mimetype="application/json")


@bp.post("/masuk/passkey/tantangan")
@requires(PUBLIK)
def sign_in_challenge() -> JsonResponse:
    """What the browser needs to offer the passkeys that it knows for this host."""
    return JsonResponse(passkeys.request_options(party()), mimetype="application/json")


@bp.post("/masuk/passkey")
@requires(PUBLIK)
def sign_in_by_passkey() -> Page:
    """Sign in without a password: the passkey checked its owner, so it counts for both factors."""
    next_path = path_here(request.form.get("lanjut", "/akun"))
    try:
        attempts.hold("masuk", address(), address(), most=attempts.PER_ADDRESS, field="passkey")
        account = passkeys.accept(request.form.get("tanggapan", ""), party())
    except TooMany as refused:
        return sign_in_page(refused, next_path=next_path)
    except Refused as refused:
        attempts.note("masuk", address(), address())
        db.session.commit()
        return sign_in_page(refused, next_path=next_path)
    return enter(account, "passkey", next_path, factor=True)
