"""Sessions of one host, and the one place that holds what `@requires` declares."""

from collections.abc import Callable
from urllib.parse import quote
from uuid import UUID

from flask import Flask, Response, abort, current_app, g, redirect, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask.wrappers import Request
from flask_login import LoginManager, current_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from itsdangerous import URLSafeTimedSerializer
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as BaseResponse

from app.services.identity import accounts, sessions
from app.services.identity.pages import SESSION_ID, owed
from app.services.identity.permissions import MASUK, OPEN_ENDPOINTS, PUBLIK, STAGES, Stage
from app.services.ui.errors import handle
from app.services.ui.i18n import _
from app.tenancy.database import db
from app.tenancy.site import BadHost, clean_host
from config.logs import LogContext, log_context
from config.settings import Settings


class HostSessions(SecureCookieSessionInterface):
    """Signed cookies whose key is derived for each host: a cookie of one region is noise on another."""

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """The serializer of the host that is being asked; None for a Host header that is no host name."""
        settings: Settings = app.extensions["settings"]
        try:
            host = clean_host(request.host)
        except BadHost:
            return None
        return URLSafeTimedSerializer(
            # The last one signs; what an earlier master key signed is still good.
            [key.hex() for key in reversed(settings.derive_all(f"session:{host}"))],
            salt=self.salt,
            serializer=self.serializer,
            signer_kwargs={"key_derivation": self.key_derivation, "digest_method": self.digest_method},
        )

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        """The session; an empty one for a bad host (the door answers 400)."""
        return super().open_session(app, request) or self.session_class()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write the cookie unless the host is bad."""
        if self.get_signing_serializer(app) is not None:
            super().save_session(app, session, response)


def guard() -> BaseResponse | None:
    """Hold the route's declaration; the transaction then acts as the account that signed in."""
    if "site" not in g or request.endpoint in OPEN_ENDPOINTS or request.endpoint is None:
        return None
    view = current_app.view_functions[request.endpoint]
    permission = getattr(view, "permission", None)
    if permission is None:
        abort(403)
    standing = _standing()
    if standing and standing.stage is not Stage.FACTOR:
        _act_as(g.signing_in)
    if permission == PUBLIK:
        return None
    if standing is None:
        return _led_to("/masuk?lanjut=" + quote(request.path))
    if standing.stage not in STAGES.get(permission, STAGES[MASUK]):
        return _led_to(owed(standing.stage, request.path))
    if permission not in g.signing_in.permissions:
        abort(403)
    return _proof_of_late(view, standing)


def _standing() -> sessions.Standing | None:
    """What the session is worth (asking for the user makes Flask-Login call `_load`); without one it costs no query."""
    if "_user_id" not in session or (current_user.is_anonymous and g.get("standing") is None):
        return None
    found: sessions.Standing = g.standing
    return found


def _led_to(path: str) -> BaseResponse:
    if request.method != "GET":
        abort(401)
    return redirect(path)


def _proof_of_late(view: Callable[..., object], standing: sessions.Standing) -> BaseResponse | None:
    """What `@requires_fresh` declares; setting up what a role demands comes minutes after the password anyway."""
    minutes = getattr(view, "fresh_minutes", None)
    if minutes is None or standing.stage is not Stage.FULL or standing.fresh(minutes):
        return None
    return redirect("/masuk/faktor?lanjut=" + quote(request.path), 303)


def _load(user_id: str) -> accounts.Account | None:
    """Flask-Login's user: the account of a finished sign-in. One that is not finished is nobody yet.

    Leaves in `g` what the cookie's session is worth (`standing`) and whose it is (`signing_in`).
    """
    account, number = accounts.load(user_id), session.get(SESSION_ID)
    standing = sessions.look_up(UUID(number), account.id, account.roles) if account and number else None
    g.standing, g.signing_in = standing, account if standing else None
    return account if standing and standing.stage is Stage.FULL else None


def _act_as(account: accounts.Account) -> None:
    """From here on, transactions carry the account's id as their actor."""
    db.session.rollback()
    g.acting = accounts.as_self(account)
    g.acting.__enter__()
    log_context.set(LogContext(g.request_id, account.region_id, str(account.id)))


def _stop_acting(_error: BaseException | None) -> None:
    entered = g.pop("acting", None)
    if entered is not None:
        entered.__exit__(None, None, None)


def _csrf_failed(_error: CSRFError) -> Response:
    return handle(BadRequest(_("Halaman ini terlalu lama terbuka. Kembali, muat ulang, lalu kirim lagi.")))


def init_app(app: Flask) -> None:
    """Install sessions, sign-in, CSRF protection and the guard."""
    settings: Settings = app.extensions["settings"]
    app.session_interface = HostSessions()
    app.config.update(
        SESSION_COOKIE_NAME="__Host-sesi" if settings.tls else "sesi",
        SESSION_COOKIE_SECURE=settings.tls,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        PERMANENT_SESSION_LIFETIME=12 * 3600,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
    )
    manager = LoginManager(app)
    manager.user_loader(_load)
    CSRFProtect(app)
    app.register_error_handler(CSRFError, _csrf_failed)
    app.before_request(guard)
    app.teardown_request(_stop_acting)
    app.context_processor(lambda: {"sign_in_open": g.get("site") and g.site.room != "landing", "may": _may})


def _may(permission: str) -> bool:
    return current_user.is_authenticated and (permission == MASUK or permission in current_user.permissions)
