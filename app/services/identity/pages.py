"""What every page of this room shares: the blueprint, a form's answer, and how a sign-in becomes a session."""

from urllib.parse import quote
from uuid import UUID

from flask import Blueprint, abort, g, redirect, render_template, request, session
from flask_login import login_user
from werkzeug.wrappers import Response

from app.services.identity import accounts, sessions
from app.services.identity.factors.passkeys import Party
from app.services.identity.onward import onward
from app.services.identity.permissions import Stage
from app.services.identity.refusals import Refused, TooMany
from app.tenancy.database import db
from app.tenancy.site import clean_host

bp = Blueprint("identity", __name__, template_folder="templates")
Page = str | tuple[str, int] | Response
SESSION_ID = "sid"
#: What the log calls an act on the region's own rules.
REGION = "region"


@bp.before_request
def only_sites_with_accounts() -> None:
    """The landing page has no accounts."""
    if g.site.room == "landing":
        abort(404)


def address() -> str:
    """Where the request comes from, for counting attempts."""
    return request.remote_addr or "-"


def party() -> Party:
    """This host, as passkeys know it."""
    return Party(clean_host(request.host), request.host_url[:-1], g.site.name)


def answer(template: str, refused: Refused | None, **values: object) -> Page:
    """The page; with what was wrong beside its field, and its status, when something was."""
    errors = {refused.field: str(refused)} if refused else {}
    page = render_template(f"identity/{template}.html", errors=errors, **values)
    if refused is None:
        return page
    return page, 429 if isinstance(refused, TooMany) else 422


def step(account: accounts.Account, stage: Stage, next_path: str) -> str:
    """Where to go now: on to `next_path`, or to what is still owed. A set-up takes a while and ends at its own page."""
    return onward(account, next_path) if stage is Stage.FULL else owed(stage, next_path)


def owed(stage: Stage, next_path: str) -> str:
    """The page of what an unfinished sign-in still owes."""
    return "/akun/keamanan/pasang" if stage is Stage.SETUP else f"/masuk/faktor?lanjut={quote(next_path)}"


def enter(
    account: accounts.Account, how: str, next_path: str, *, factor: bool = False, proved_at: float | None = None
) -> Response:
    """Begin a session after a first proof (`sessions.start` says of what kind) and lead on. Commits."""
    standing = begin_session(account, how, factor=factor, proved_at=proved_at)
    if standing.stage is Stage.FULL:
        accounts.signed_in(account, how)
    db.session.commit()
    return redirect(step(account, standing.stage, next_path), 303)


def begin_session(
    account: accounts.Account, how: str, *, factor: bool, proved_at: float | None = None
) -> sessions.Standing:
    """A session in the place of what this browser was signed in to before; the caller commits."""
    end_session()
    device = sessions.device_of(request.user_agent.string)
    number = sessions.start(account.id, how, device, factor=factor, proved_at=proved_at)
    _remember(account, number)
    standing = sessions.look_up(number, account.id, account.roles)
    assert standing is not None
    return standing


def prove(account: accounts.Account, *, factor: bool) -> None:
    """Something was proved in this session: it goes on under a new id, finished if only that was missing. Commits."""
    standing: sessions.Standing = g.standing
    number = sessions.renew(standing.id, factor=factor)
    if standing.stage is Stage.FULL:
        session[SESSION_ID] = str(number)
    else:
        accounts.signed_in(account, standing.how)
        _remember(account, number)
    db.session.commit()


def end_session() -> None:
    """End the session that this browser holds, if any; the caller commits."""
    if SESSION_ID in session:
        sessions.end(UUID(session[SESSION_ID]))


def _remember(account: accounts.Account, number: UUID) -> None:
    session.clear()
    session.permanent = True
    if not login_user(account):
        raise RuntimeError("akun yang tidak aktif tidak boleh sampai di sini")
    session[SESSION_ID] = str(number)
