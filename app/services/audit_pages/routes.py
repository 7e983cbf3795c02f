"""The region's log for those who may read it, one's own history for everybody, and the public roots."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, g, jsonify, render_template, request
from flask_login import current_user
from werkzeug.exceptions import UnprocessableEntity

from app.services import audit
from app.services.audit import queries, roots
from app.services.audit.events import EXPORT, event_label, events
from app.services.audit.queries import LogFilter, LogRow
from app.services.audit.roots import Root
from app.services.identity import accounts
from app.services.identity.permissions import AUDIT_LIHAT, MASUK, PUBLIK, requires
from app.services.opendata.tables import csv_lines
from app.services.ui.asking import choice, download, number, phrase
from app.services.ui.i18n import _
from app.tenancy.database import db

bp = Blueprint("audit", __name__, template_folder="templates")
CSV_COLUMNS = [
    "nomor", "waktu", "kejadian", "jenis_subjek", "subjek", "pelaku", "peran", "atas_nama", "alamat", "permintaan",
    "alasan", "sebelum", "sesudah", "sidik",
]  # fmt: skip
#: Names in the address -> parts of the filter that are compared as they are.
WORDS = {"kejadian": "event", "pelaku": "actor", "q": "subject", "permintaan": "request"}
SHOWN_DAYS = 60


def _day(name: str) -> date | None:
    value = request.args.get(name, "").strip()
    try:
        return date.fromisoformat(value) if value else None
    except ValueError as error:
        message = _("%(name)s harus tanggal, ditulis seperti 2026-11-01.", name=name)
        raise UnprocessableEntity(message) from error


def _midnight(day: date | None, days: int = 0) -> datetime | None:
    """The moment when a day begins in the region, `days` later."""
    if day is None:
        return None
    try:
        return datetime.combine(day + timedelta(days=days), time(), ZoneInfo(g.site.time_zone))
    except OverflowError as error:
        raise UnprocessableEntity(_("Tanggal di luar jangkauan.")) from error


def _filter() -> LogFilter:
    words = {part: phrase(name) for name, part in WORDS.items()}
    return LogFilter(**words, since=_midnight(_day("dari")), until=_midnight(_day("sampai"), 1))


def _names(rows: Iterable[LogRow]) -> dict[str, str]:
    """Who the actors and subjects of these rows are called, by id."""
    return accounts.names({name for row in rows for name in (row.actor, row.subject_id, row.acting_for)})


def _role_words() -> Callable[[str], str]:
    """Makes `admin:opd` what these roles are called in this region."""
    known = accounts.role_names()
    return lambda codes: ", ".join(known.get(code, code) for code in codes.split(":") if code)


@bp.get("/pengaturan/audit")
@requires(AUDIT_LIHAT)
def log() -> str:
    """The region's log, newest first."""
    wanted = _filter()
    listing = queries.listing(wanted, number("halaman", 1, 1_000_000) or 1)
    return render_template(
        "audit/log.html",
        wanted=wanted,
        asked=request.args,
        listing=listing,
        names=_names(listing.rows),
        label=event_label,
        roles=_role_words(),
        options=[(code, str(words)) for code, words in events().items()],
        query=request.query_string.decode("ascii", "replace"),
        root=next(iter(roots.roots_of(g.site.region_id)), None),
    )


@bp.get("/pengaturan/audit.csv")
@requires(AUDIT_LIHAT)
def log_csv() -> Response:
    """What the filter shows, as CSV; that it was taken is in the log before its first line leaves."""
    wanted = _filter()
    filtered = wanted.given()
    # Somebody may have typed a person's number where a file's belongs.
    subject = {"subject": str(filtered.pop("subject"))} if wanted.subject else None
    audit.note(
        EXPORT, "audit_log", str(g.site.region_id), after={"bentuk": "CSV", "saringan": filtered}, personal=subject
    )
    db.session.commit()
    return download(csv_lines(CSV_COLUMNS, _csv_rows(wanted)), "text/csv", "audit.csv")


def _csv_rows(wanted: LogFilter) -> Iterator[tuple[object, ...]]:
    for row in queries.stream(wanted):
        yield (
            row.seq, row.at, row.event, row.subject_type, row.subject_id, row.actor, row.role, row.acting_for,
            row.address, row.request_id, row.reason, row.before, row.after, row.hash,
        )  # fmt: skip


@bp.post("/pengaturan/audit/orang")
@requires(AUDIT_LIHAT)
def people() -> str | tuple[str, int]:
    """Accounts by a part of name or e-mail: posted, because neither belongs into an address."""
    wanted = request.form.get("orang", "").strip()
    if not 3 <= len(wanted) <= 200:
        error = _("Tulis sedikitnya tiga huruf dari nama atau surel.")
        return render_template("audit/orang.html", wanted=wanted, found=[], error=error), 422
    audit.look(queries.ACCOUNT_LIST, str(g.site.region_id), "nama akun yang dicari")
    return render_template("audit/orang.html", wanted=wanted, found=accounts.like(wanted), error="")


@bp.get("/akun/riwayat")
@requires(MASUK)
def history() -> str:
    """Who looked at my data; or everything that happened to my account."""
    everything = choice("tampil", ("dilihat", "semua")) == "semua"
    page = number("halaman", 1, 1_000_000) or 1
    listing = queries.history(current_user.id, page, looks_only=not everything)
    return render_template(
        "audit/riwayat.html",
        listing=listing,
        everything=everything,
        names=_names(listing.rows),
        label=event_label,
        roles=_role_words(),
    )


@bp.get("/audit")
@requires(PUBLIK)
def public_roots() -> str:
    """The region's published roots; on the bare domain those of all regions, one day at a time."""
    if g.site.room == "landing":
        day, found = _national()
        signed = roots.sign(day, found) if day else None
        return render_template(
            "audit/nasional.html", signed=signed, roots=found, days=roots.days(SHOWN_DAYS), key=roots.public_key()
        )
    found = roots.roots_of(g.site.region_id)
    return render_template("audit/akar.html", roots=found[:SHOWN_DAYS], count=len(found))


@bp.get("/audit.json")
@requires(PUBLIK)
def public_roots_json() -> Response:
    """The same for programs; the shape that docs/audit_verify.py reads."""
    if g.site.room == "landing":
        day, found = _national()
        signed = asdict(roots.sign(day, found)) if day else {}
        return _json({**signed, "public_key": roots.public_key(), "roots": [_as_json(root) for root in found]})
    found = roots.roots_of(g.site.region_id)
    return _json({"region": str(g.site.region_id), "name": g.site.name, "roots": [_as_json(root) for root in found]})


def _national() -> tuple[date | None, list[Root]]:
    """The day in the address, or the latest with a root, and its roots.

    Raises:
        NotFound: no root was published on the day asked for.
    """
    asked = _day("hari")
    day = asked or next(iter(roots.days(1)), None)
    found = roots.roots_on(day) if day else []
    if asked and not found:
        abort(404)
    return day, found


def _as_json(root: Root) -> dict[str, Any]:
    return {"region": str(root.region_id), "code": root.code, "name": root.name, "day": root.day.isoformat(),
            "seq": root.seq, "hash": root.hash}  # fmt: skip


def _json(content: dict[str, Any]) -> Response:
    return jsonify({name: value.isoformat() if isinstance(value, date) else value for name, value in content.items()})
