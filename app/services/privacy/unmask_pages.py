"""The two screens of a subject with sealed values: covered, and one value opened. Modules' routes answer with them."""

from flask import render_template, request
from flask_login import current_user
from werkzeug.wrappers import Response

from app.services import audit
from app.services.identity.refusals import Refused, TooMany
from app.services.privacy import unmasking
from app.services.privacy.unmasking import Subject

Page = str | tuple[str, int] | Response


def covered(subject: Subject, refused: Refused | None = None) -> Page:
    """All values covered, and the form that opens one; that somebody looked is logged first."""
    audit.look(subject.type, subject.ref, "data pribadi tersamar")
    errors = {refused.field: str(refused)} if refused else {}
    asked = request.form if refused else request.args
    page = render_template(
        "privacy/subjek.html",
        subject=subject,
        rows=[(secret, secret.covered()) for secret in subject.secrets if secret.sealed is not None],
        wanted=asked.get("data", ""),
        reason=request.form.get("alasan", ""),
        errors=errors,
    )
    if refused is None:
        return page
    return page, 429 if isinstance(refused, TooMany) else 422


def opened(subject: Subject) -> Page:
    """The value that the form asks for. It is in this one answer, which nobody may keep: not in an address, not in a
    session, not in a log."""
    name = request.form.get("data", "")
    try:
        value = unmasking.reveal(subject, name, request.form.get("alasan", ""), current_user)
    except Refused as refused:
        return covered(subject, refused)
    return render_template("privacy/terbuka.html", subject=subject, secret=subject.secret(name), value=value)
