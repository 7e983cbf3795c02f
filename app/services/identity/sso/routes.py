"""Going to the region's identity provider and coming back, and the administrator's page about it."""

import hmac
import logging
from dataclasses import asdict, replace

from flask import abort, flash, g, redirect, render_template, request, session

from app.kernel.clock import now
from app.services import audit
from app.services.identity.onward import path_here
from app.services.identity.pages import REGION, Page, answer, bp, enter, prove
from app.services.identity.permissions import KEAMANAN_KELOLA, PUBLIK, Stage, requires, requires_fresh
from app.services.identity.refusals import Refused
from app.services.identity.sso import provider
from app.services.identity.sso.provider import Provider, ProviderFailed, Request
from app.services.ui.i18n import _
from app.tenancy.database import db

log = logging.getLogger(__name__)
KEY = "sso"
MINUTES = 10


def _return_address() -> str:
    return request.host_url + "masuk/sso/kembali"


def _chosen() -> Provider:
    """The provider in use; the connection goes back to the pool, because what follows waits for a stranger."""
    found = provider.active()
    db.session.rollback()
    if found is None:
        abort(404)
    return found


def _failed(title: str, text: str, status: int) -> Page:
    return render_template("identity/sso_gagal.html", heading=title, text=text), status


@bp.get("/masuk/sso")
@requires(PUBLIK)
def go_to_provider() -> Page:
    """Send the browser to the provider; `ulang=1` when it must ask the person anew."""
    # Authlib and requests are 10 MB that only a region with a provider needs.
    from app.services.identity.sso import oidc

    chosen = _chosen()
    try:
        url, asked = oidc.begin(chosen, _return_address(), again=request.args.get("ulang") == "1")
    except ProviderFailed as error:
        return _unreachable(chosen, error)
    until = now().timestamp() + MINUTES * 60
    session[KEY] = {**asdict(asked), "lanjut": path_here(request.args.get("lanjut", "/akun")), "sampai": until}
    return redirect(url)


def _unreachable(chosen: Provider, error: ProviderFailed) -> Page:
    log.warning("sso: %s", error)
    text = _("%(name)s sedang tidak dapat dihubungi atau jawabannya tidak dapat dipercaya. Coba lagi beberapa menit"
             " lagi, atau masuk dengan kata sandi.", name=chosen.name)  # fmt: skip
    return _failed(_("SSO tidak menjawab"), text, 503)


@bp.get("/masuk/sso/kembali")
@requires(PUBLIK)
def back_from_provider() -> Page:
    """The browser comes back with a code; what it opens is decided here, by this region's accounts."""
    from app.services.identity.sso import oidc

    chosen, kept = _chosen(), session.pop(KEY, None)
    try:
        asked, next_path = _asked(kept, chosen)
        claims = oidc.finish(chosen, _return_address(), request.args.get("code", ""), asked)
        account = provider.account_of(claims, chosen)
    except ProviderFailed as error:
        db.session.rollback()
        return _unreachable(chosen, error)
    except Refused as refused:
        db.session.rollback()
        return _failed(_("Belum dapat masuk"), str(refused), 422)
    standing = g.get("standing")
    if asked.since and standing and standing.stage is Stage.FULL and standing.account_id == account.id:
        # A second factor of ours is not replaced by a proof elsewhere: who has one is asked for it.
        if not standing.has_factor:
            prove(account, factor=False)
        return redirect(next_path, 303)
    return enter(account, "sso", next_path, proved_at=float(claims.get("auth_time", 0)))


def _asked(kept: dict[str, object] | None, chosen: Provider) -> tuple[Request, str]:
    """What this browser asked for, when this is the answer to it.

    Raises:
        Refused: cancelled, too late, not asked for by this browser, or an answer in another provider's name.
    """
    if not kept or not hmac.compare_digest(str(kept["state"]).encode(), request.args.get("state", "").encode()):
        raise Refused("sso", _("Permintaan masuk ini tidak dimulai di peramban ini. Mulai lagi dari halaman Masuk."))
    if float(str(kept["sampai"])) < now().timestamp():
        raise Refused("sso", _("Permintaan masuk ini sudah kedaluwarsa. Mulai lagi dari halaman Masuk."))
    if request.args.get("iss", chosen.issuer) != chosen.issuer:
        raise Refused("sso", _("Jawaban datang dari penyedia lain. Mulai lagi dari halaman Masuk."))
    if "error" in request.args:
        raise Refused("sso", _("%(name)s tidak memberi izin masuk, atau Anda membatalkannya.", name=chosen.name))
    asked = Request(str(kept["state"]), str(kept["nonce"]), str(kept["verifier"]), float(str(kept["since"])))
    return asked, str(kept["lanjut"])


@bp.get("/pengaturan/sso")
@requires(KEAMANAN_KELOLA)
@requires_fresh()
def sso_settings() -> Page:
    """The provider as it is set; its secret is never shown."""
    return _settings_page(None, provider.stored() or Provider())


def _settings_page(refused: Refused | None, shown: Provider) -> Page:
    return answer("sso", refused, provider=replace(shown, client_secret=""), return_address=_return_address())


@bp.post("/pengaturan/sso")
@requires(KEAMANAN_KELOLA)
@requires_fresh(30)
def save_sso_settings() -> Page:
    """Check it with the provider itself, then keep it."""
    from app.services.identity.sso import oidc

    typed = _typed(provider.stored())
    db.session.rollback()
    try:
        provider.check(typed)
        oidc.check_issuer(typed.issuer)
    except Refused as refused:
        return _settings_page(refused, typed)
    provider.save(typed)
    audit.note(
        "sso.atur", REGION, str(g.site.region_id), after={"penerbit": typed.issuer, "keadaan": typed.state}
    )
    db.session.commit()
    flash(_("Pengaturan SSO disimpan."))
    return redirect("/pengaturan/sso", 303)


def _typed(before: Provider | None) -> Provider:
    """The form; an empty secret keeps the stored one, but never for another issuer, who would then be told it."""
    form = {name: value.strip() for name, value in request.form.items()}
    issuer, secret = form.get("penerbit", ""), form.get("rahasia", "")
    if not secret and before and before.issuer == issuer:
        secret = before.client_secret
    domains = tuple(form.get("domain", "").lower().replace(",", " ").split())
    state = "AKTIF" if form.get("aktif") else "NONAKTIF"
    return Provider(
        form.get("nama", ""), issuer, form.get("klien", ""), secret, domains,
        form.get("klaim", ""), form.get("nilai", ""), state,
    )  # fmt: skip
