"""Sessions of one host, and the one place that holds what `@requires` declares."""

from flask import Flask, Response, abort, current_app, g, redirect, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask.wrappers import Request
from flask_login import LoginManager, current_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from itsdangerous import URLSafeTimedSerializer
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as BaseResponse

from app.services.identity import accounts
from app.services.identity.permissions import MASUK, OPEN_ENDPOINTS, PUBLIK
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
    permission = getattr(current_app.view_functions[request.endpoint], "permission", None)
    if permission is None:
        abort(403)
    if "_user_id" in session and current_user.is_authenticated:
        _act_as(current_user)
    if permission == PUBLIK:
        return None
    if not current_user.is_authenticated:
        if request.method == "GET":
            return redirect("/masuk?lanjut=" + request.path)
        abort(401)
    if permission not in current_user.permissions:
        abort(403)
    return None


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
    manager.user_loader(accounts.load)
    CSRFProtect(app)
    app.register_error_handler(CSRFError, _csrf_failed)
    app.before_request(guard)
    app.teardown_request(_stop_acting)
    app.context_processor(lambda: {"sign_in_open": g.get("site") and g.site.room != "landing", "may": _may})


def _may(permission: str) -> bool:
    return current_user.is_authenticated and (permission == MASUK or permission in current_user.permissions)
